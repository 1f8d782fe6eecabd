"""What the suite runs around a tested service: its process, ports, databases, mock servers and a collector.

Imports the backends and the model; `program`, `instance` and the checks may import it.
"""
