"""Tracing, tenants, deadlines and errors for ``grpc.aio``."""
