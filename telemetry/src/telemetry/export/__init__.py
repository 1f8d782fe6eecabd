"""Where telemetry leaves the process: the batch queues, the exporters, their losses and retries.

Imports otlp, trace and config; logs, metrics and setup may import it.
"""
