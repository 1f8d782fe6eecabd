"""What is measured: instruments, time series with exemplars, business and runtime metrics, the provider.

Imports export, errors and context; instrumentation and setup may import it.
"""
