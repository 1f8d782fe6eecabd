"""Faults of the catalogue: injected, run and judged."""
