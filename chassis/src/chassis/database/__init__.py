"""The database engine, its outages, column types and migrations.

Imports telemetry; services may import it.
"""
