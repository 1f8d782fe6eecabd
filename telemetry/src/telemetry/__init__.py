"""Tracing, tenants and errors for FastAPI and grpc.aio services."""
