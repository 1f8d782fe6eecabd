"""Spans of SQLAlchemy's statements and metrics of its connection pools.

Imports trace and semconv; setup and programs may import it.
"""
