"""Where traces are fetched from: Jaeger, memory, OTLP JSON files; when a trace is whole.

Imports the model; the client and the plugin may import it.
"""
