"""Finds wordings that the style of this repository avoids: ``python tools/prose.py [PATH…]``.

``prose.toml`` has the wordings and the paths that are checked when none is given. Checked are the Markdown outside of
code, the comments and strings of Python, and every other text as it is.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WORDINGS = Path(__file__).with_suffix(".toml")

_GENERATED = re.compile(r"\.lock$|_pb2(_grpc)?\.pyi?$|\.svg$|\.json$|^LICENSE$|^tools/prose\.toml$|/test_prose\.py$")
_CODE = re.compile(r"^( *)(```|~~~).*?^\1\2|`[^`\n]+`|\]\([^)\s]*\)|https?://\S+", re.MULTILINE | re.DOTALL)
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_TEXTS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}


class Finding(NamedTuple):
    """A wording to avoid: where it is, counted from 1, what it is, and what to write instead."""

    path: str
    line: int
    wording: str
    advice: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: '{self.wording}': {self.advice}"


def find(path: str, text: str, wordings: Mapping[str, str]) -> Iterator[Finding]:
    """Give the wordings in a file that are to be avoided, by line."""
    prose = _prose(path, text)
    found = [
        Finding(path, prose.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), advice)
        for wording, advice in wordings.items()
        for match in _pattern(wording).finditer(prose)
    ]
    yield from sorted(found, key=lambda finding: (finding.line, finding.wording))


def _pattern(wording: str) -> re.Pattern[str]:
    words = wording.replace(" ", r"\s+")
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)


def _prose(path: str, text: str) -> str:
    """Give the text with all that is no prose blanked; lines stay where they are."""
    if path.endswith(".py"):
        text = _python(text)
    elif path.endswith(".html"):
        text = _blank(_JINJA, text)
    return _blank(_CODE, text)


def _blank(pattern: re.Pattern[str], text: str) -> str:
    return pattern.sub(lambda match: "\n" * match[0].count("\n") or " ", text)


def _python(text: str) -> str:
    lines = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _TEXTS:
            for number, line in enumerate(token.string.splitlines(), token.start[0] - 1):
                lines[number] += " " + line.lstrip("# ")
    return "\n".join(lines)


def tracked(paths: Sequence[str], root: Path = ROOT) -> Iterator[tuple[str, str]]:
    """Give the texts that git tracks below some paths, without what is generated."""
    listing = ("git", "ls-files", "-z", "--", *paths)
    names = subprocess.run(listing, cwd=root, capture_output=True, text=True, check=True).stdout  # noqa: S603  fixed words
    for name in filter(None, names.split("\0")):
        path = root / name
        if _GENERATED.search(name) or path.is_symlink() or not path.exists():
            continue
        try:
            yield name, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture
            continue


def main(arguments: Sequence[str]) -> int:
    """Print what is found; 1 when there is anything."""
    rules = tomllib.loads(WORDINGS.read_text(encoding="utf-8"))
    found = [each for file in tracked(arguments or rules["checked"]) for each in find(*file, rules["wordings"])]
    for finding in found:
        sys.stderr.write(f"prose: {finding}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
