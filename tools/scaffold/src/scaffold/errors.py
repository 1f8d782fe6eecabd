from __future__ import annotations


class ScaffoldError(Exception):
    """It cannot be done; the message is one line that says why, and nothing was written."""
