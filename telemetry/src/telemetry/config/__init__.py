"""What a service's telemetry is configured with: in code, or by ``OTEL_*`` variables.

Imports settings alone; every other package may import it.
"""
