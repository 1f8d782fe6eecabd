"""What a service stands on: serving and draining, health, sockets, the test barrier, pagination.

Imports telemetry; services, the gateway and tools may import it.
"""
