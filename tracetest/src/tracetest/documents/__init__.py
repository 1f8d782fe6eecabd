"""Expectations written as YAML documents: reading, running, JUnit results.

Imports expectations and the client; the command line may import it.
"""
