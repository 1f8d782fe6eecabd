"""The encoding of spans and log records as OTLP protobuf, each encoded once.

Imports nothing of this distribution but semconv; trace, logs and export may import it.
"""
