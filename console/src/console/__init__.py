"""A small trace store and viewer for machines without Docker."""
