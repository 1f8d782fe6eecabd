"""Whether a saved file compiles."""

from __future__ import annotations

import traceback
import warnings
from pathlib import Path


def syntax_error(path: Path, shown_as: str) -> str | None:
    """Compile a file without running it; give None, or the error with file, line, the line's text and message.

    Args:
        path: Only ``.py`` files are looked at; one that is gone has no error.
        shown_as: How the error names the file.
    """
    if path.suffix != ".py":
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            compile(path.read_bytes(), shown_as, "exec", dont_inherit=True)
    except FileNotFoundError:
        return None
    except SyntaxError as error:
        return "".join(traceback.format_exception_only(error)).strip("\n")
    except ValueError as error:  # a null byte, up to Python 3.11
        return f'  File "{shown_as}"\n{type(error).__name__}: {error}'
    return None
