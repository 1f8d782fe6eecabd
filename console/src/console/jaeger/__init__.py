"""Jaeger's query API: its parameters, its JSON in both directions, its endpoints."""
