"""The demo: its order, its menu of failures, its console."""
