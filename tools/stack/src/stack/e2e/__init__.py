"""The stack as the end-to-end tests use it."""
