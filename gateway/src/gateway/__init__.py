"""The HTTP edge: REST in, gRPC out."""
