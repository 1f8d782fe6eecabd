"""Runs the stack as processes: the demo, the smoke test, the end-to-end tests."""
