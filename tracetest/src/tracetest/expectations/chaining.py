"""``a > b > c``: spans joined into a path, although Python reads a chain of comparisons as ``(a > b) and (b > c)``.

Python evaluates ``a > b``, asks whether that is true, and if so evaluates ``b > c`` and gives it alone: what began the
chain would be lost. So a path that is asked whether it is true leaves itself with its last span, and a comparison that
starts at that span goes on from there. It does so only where both stand in one chain of the source, which the positions
of the two instructions tell. Everywhere else a path is neither true nor false and says so: in ``bool(a > b)``, in
``(a > b) and (b > c)``, and in pytest's own reading of ``assert a > b > c``.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from itertools import islice
from threading import local
from types import CodeType, FrameType
from typing import Literal

Relation = Literal[">", ">>"]
_Place = tuple[CodeType, tuple[int | None, ...]]


class Item(ABC):
    """Something that may stand among the children of a span, or in a path."""

    def __gt__(self, child: Item) -> Path:
        """Say that this span has that child."""
        place = _place(sys._getframe(1))
        return _joined(self, ">", child, place)

    def __lt__(self, parent: Item) -> Path:
        """Say that this span is a child of that one: what linters make of ``ORDER > span(…)``."""
        _check(parent, f"{parent!r} > {self!r}")
        place = _place(sys._getframe(1))
        return Path(parent).then(">", _begun.taken(self, place), place, compared_with=parent)

    def __rshift__(self, descendant: Item) -> Path:
        """Say that this span has that descendant, at any depth below it."""
        return _joined(self, ">>", descendant, None)

    def holding(self, relation: Relation, below: Item) -> Item:
        """Give a copy that asks for something below it, too; raises TypeError where nothing can be below."""
        raise TypeError(f"{below!r} after {relation}: nothing can come below {self!r}")

    @abstractmethod
    def __repr__(self) -> str:
        """Say it as one would write it."""


class Path(Item):
    """Spans one below the other, as ``>`` and ``>>`` join them."""

    def __init__(
        self,
        first: Item,
        *steps: tuple[Relation, Item],
        place: _Place | None = None,
        compared_with: Item | None = None,
    ) -> None:
        self._first = first
        self._steps = steps
        self._place = place
        self._compared_with = compared_with

    def __bool__(self) -> bool:
        """Be true inside a chain of comparisons alone, and remember what it has so far."""
        place = _place(sys._getframe(1))  # noqa: SLF001
        if place != self._place:
            raise TypeError(
                f"{self!r} is neither true nor false: give it to expect(…); "
                "in an assert statement pytest takes a chain of > apart"
            )
        if self._compared_with is not None:
            _begun.chains[place] = (self._compared_with, self)
        return True

    def then(self, relation: Relation, below: Item, place: _Place | None, *, compared_with: Item) -> Path:
        """Give a path that goes on; `compared_with` is what stood right of the sign."""
        parts = below.parts() if isinstance(below, Path) else [(relation, below)]
        steps = (*self._steps, (relation, parts[0][1]), *parts[1:])
        return Path(self._first, *steps, place=place, compared_with=compared_with)

    def parts(self) -> list[tuple[Relation, Item]]:
        """Give what is joined, the first as if it were a child."""
        return [(">", self._first), *self._steps]

    def folded(self) -> Item:
        """Give the first span, with the others below it."""
        parts = self.parts()
        (relation, folded) = parts.pop()
        while parts:
            above, item = parts.pop()
            folded = item.holding(relation, folded)
            relation = above
        return folded

    def __repr__(self) -> str:
        return " ".join([repr(self._first), *(f"{relation} {item!r}" for relation, item in self._steps)])


class _Begun(local):
    def __init__(self) -> None:
        self.chains: dict[_Place, tuple[Item, Path]] = {}

    def taken(self, left: Item, place: _Place) -> Item:
        """Give what a chain in this place has so far, if it goes on at this item; otherwise the item."""
        before, path = self.chains.pop(place, (None, None))
        return path if before is left and path is not None else left


_begun = _Begun()


def folded(item: Item) -> Item:
    """Give what a path stands for; anything else as it is."""
    return item.folded() if isinstance(item, Path) else item


def _joined(left: Item, relation: Relation, right: Item, place: _Place | None) -> Path:
    _check(right, f"{left!r} {relation} {right!r}")
    begun = left if place is None else _begun.taken(left, place)
    path = begun if isinstance(begun, Path) else Path(begun)
    return path.then(relation, right, place, compared_with=right)


def _check(item: object, said: str) -> None:
    if not isinstance(item, Item):
        raise TypeError(f"{said}: expected span(…) or another matcher")


def _place(frame: FrameType) -> _Place:
    """Tell where in the source a frame is: lines and columns of the expression."""
    code = frame.f_code
    position = next(islice(code.co_positions(), frame.f_lasti // 2, None), ())
    return code, position
