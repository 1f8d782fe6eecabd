"""The resource: attributes of the service, process, host, container and Kubernetes pod.

Imports config; setup may import it.
"""
