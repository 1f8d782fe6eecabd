"""The orders of a tenant, over gRPC."""
