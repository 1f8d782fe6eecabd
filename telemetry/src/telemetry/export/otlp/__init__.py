"""Exporters of OTLP over gRPC and HTTP: how they connect, what they trust, and how they send encoded requests.

Imports `telemetry.otlp` and config; the rest of export may import it.
"""
