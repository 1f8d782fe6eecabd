"""A copy without the example services, by the rules of templates/stack: what goes, and what the rest loses with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pathspec import GitIgnoreSpec

from scaffold.errors import ScaffoldError

RULES = Path("templates/stack/without-examples.yaml")

_INSTEAD = Path("templates/stack/without-examples")
_SUFFIX = ".txt"  # no tool takes them for code of this repository


@dataclass(frozen=True, slots=True)
class Examples:
    """What belongs to the example services.

    Attributes:
        removed: The files that go.
        cuts: By path, texts from the first of two up to the second, or up to the end.
        puts: By path, texts and what they become.
        instead: By path, the text of a file that takes the place of another.
    """

    removed: GitIgnoreSpec
    cuts: Mapping[str, Sequence[tuple[str, str | None]]]
    puts: Mapping[str, Sequence[tuple[str, str]]]
    instead: Mapping[str, str]

    @classmethod
    def read(cls, root: Path) -> Examples:
        """Read the rules of a repository."""
        rules: dict[str, Any] = yaml.safe_load((root / RULES).read_text(encoding="utf-8"))
        folder = root / _INSTEAD
        instead = {
            str(path.relative_to(folder)).removesuffix(_SUFFIX): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob(f"*{_SUFFIX}"))
        }
        return cls(GitIgnoreSpec.from_lines(rules["remove"]), rules["cut"], rules["put"], instead)

    def left(self, texts: Mapping[str, str | None]) -> dict[str, str | None]:
        """Give the files that stay, as they are without the examples.

        Args:
            texts: The repository's files by path; None for one that is no text.

        Raises:
            ScaffoldError: A rule finds nothing: the repository has changed, and the rule has not.
        """
        kept = {path: text for path, text in texts.items() if not self.removed.match_file(path)}
        for path in (*self.cuts, *self.puts):
            if kept.get(path) is None:
                raise ScaffoldError(f"{RULES}: {path} is not there, or goes: expected a file that stays")
        for path, cuts in self.cuts.items():
            for begin, end in cuts:
                kept[path] = _cut(path, kept[path] or "", begin, end)
        for path, puts in self.puts.items():
            for old, new in puts:
                kept[path] = _put(path, kept[path] or "", old, new)
        return {**kept, **self.instead}


def _cut(path: str, text: str, begin: str, end: str | None) -> str:
    start = _place(path, text, begin)
    if end is None:
        return text[:start].rstrip("\n") + "\n"
    stop = text.find(end, start + len(begin))
    if stop < 0:
        raise ScaffoldError(f"{RULES}: {path} has no {end!r} behind {begin!r}")
    return text[:start] + text[stop:]


def _put(path: str, text: str, old: str, new: str) -> str:
    start = _place(path, text, old)
    return text[:start] + new + text[start + len(old) :]


def _place(path: str, text: str, wanted: str) -> int:
    if (found := text.count(wanted)) != 1:
        raise ScaffoldError(f"{RULES}: {path} has {wanted!r} {found} times: expected it once")
    return text.index(wanted)
