"""What a trace is expected to be: span patterns, matching, rules, signals and the report of a mismatch.

Imports the model; documents, the client and the plugin may import it.
"""
