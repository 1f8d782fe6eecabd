"""Removes instrumentation, a statement at a time, and counts how often the trace tests notice: ``make mutants``."""
