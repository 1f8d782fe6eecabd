"""A real Jaeger for the end-to-end tests: found, pulled or built."""
