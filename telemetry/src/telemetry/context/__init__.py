"""What travels with a call: the trace (W3C), the tenant, the deadline and baggage.

Imports config and settings; everything that records or instruments may import it.
"""
