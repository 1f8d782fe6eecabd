"""Golden traces: the signature of a trace, its folder, what has changed and its review.

Imports the model and expectations' drawing; the client and the command line may import it.
"""
