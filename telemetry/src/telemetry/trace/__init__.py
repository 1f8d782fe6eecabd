"""Spans: the tracer provider, the tracer, the recording span and its limits.

Imports otlp, sampling, errors and context; instrumentation, export and setup may import it.
"""
