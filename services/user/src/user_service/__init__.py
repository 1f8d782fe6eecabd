"""The users of a tenant, over gRPC."""
