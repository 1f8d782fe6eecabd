"""Which callers are trusted, and with what: policies by route and by peer.

Imports settings; instrumentation and setup may import it.
"""
