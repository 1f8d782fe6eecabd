"""The instrumentation of ``grpc.aio``: servers and channels with spans, tenants, deadlines and errors.

Imports trace, metrics, logs, context, edge and errors; setup and chassis may import it.
"""
