"""OpenTelemetry's protocol: requests in protobuf and JSON, read into what the console holds, and written again."""
