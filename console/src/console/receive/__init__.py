"""Takes what OTLP's exporters send, over HTTP and gRPC."""
