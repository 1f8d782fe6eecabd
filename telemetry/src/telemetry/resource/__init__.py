"""Who sends the telemetry: service, process, host, container and Kubernetes attributes.

Imports config; setup may import it.
"""
