"""Which traces are recorded: samplers by name, chances, and rules from a file.

Imports context and config; trace and setup may import it.
"""
