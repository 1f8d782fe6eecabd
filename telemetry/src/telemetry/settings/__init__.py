"""Reading and checking values of the environment; `ConfigError`, one line for a wrong value.

Imports nothing of this distribution; everything may import it.
"""
