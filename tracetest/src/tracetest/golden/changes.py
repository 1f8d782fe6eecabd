"""What has changed from one signature to another, in the words of a review."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from tracetest.golden.signature import Node, Signature

_MANY = 2  # so many more of the same below one span look like one for each row
_Path: TypeAlias = "tuple[tuple[str, str], ...]"


class _Index:
    """A signature, taken apart by where its spans are."""

    def __init__(self, signature: Signature) -> None:
        self.numbers: Counter[_Path] = Counter()
        self.kinds: dict[_Path, Counter[str]] = defaultdict(Counter)
        self.marks: dict[_Path, Counter[str]] = defaultdict(Counter)
        self.children: dict[_Path, list[str]] = defaultdict(list)
        self.hops: Counter[tuple[str, str]] = Counter()
        for root in signature.roots:
            self._add(root, (), 1)

    def _add(self, node: Node, above: _Path, times: int) -> None:
        path, number = (*above, (node.service, node.name)), times * node.count
        self.numbers[path] += number
        self.kinds[path][node.kind] += number
        for mark in node.marks:
            self.marks[path][mark] += number
        self.children[above].append(f"{short(node.name)}{_times(node.count)}")
        if above and above[-1][0] != node.service:
            self.hops[above[-1][0], node.service] += number
        for child in node.children:
            self._add(child, path, number)

    def without(self, key: str) -> int:
        """Count the spans that lack an attribute."""
        return sum(marks[f"without {key}"] for marks in self.marks.values())

    @property
    def spans(self) -> int:
        """Count the spans."""
        return sum(self.numbers.values())


def changes(before: Signature, now: Signature) -> list[str]:
    """Say what has changed, a line each; nothing when the signatures are the same.

    Such as ``+3 SELECT users under CreateOrder: an N+1``, ``lost tenant.id on 2 spans`` or ``+1 hop order→user``.
    """
    if before == now:
        return []
    old, new = _Index(before), _Index(now)
    words = [
        *_numbers(old, new),
        *_hops(old, new),
        *_kinds(old, new),
        *_marks(old, new),
        *_attributes(before, now, old, new),
    ]
    return words or list(_orders(old, new))


def short(name: str) -> str:
    """Give the method of an RPC, and other names as they are: a route has a slash, too, but no package before it."""
    package, _, method = name.rpartition("/")
    return method if package and " " not in package and "." in package else name


def _numbers(old: _Index, new: _Index) -> Iterator[str]:
    for path in dict.fromkeys((*old.numbers, *new.numbers)):
        was, now = old.numbers[path], new.numbers[path]
        above = path[:-1]
        follows = above and (old.numbers[above] != new.numbers[above])
        if was == now or (follows and (was == 0 or now == 0 or _per(old, path) == _per(new, path))):
            continue
        more = now - was
        suspicion = ": an N+1" if more >= _MANY and "CLIENT" in new.kinds[path] else ""
        yield f"{more:+d} {short(path[-1][1])}{_under(path)}{suspicion}"


def _per(index: _Index, path: _Path) -> float:
    return index.numbers[path] / (index.numbers[path[:-1]] or 1)


def _hops(old: _Index, new: _Index) -> Iterator[str]:
    for hop in dict.fromkeys((*old.hops, *new.hops)):
        if more := new.hops[hop] - old.hops[hop]:
            yield f"{more:+d} hop{'s' if abs(more) > 1 else ''} {hop[0]}→{hop[1]}"


def _kinds(old: _Index, new: _Index) -> Iterator[str]:
    for path in _in_both(old, new):
        if old.kinds[path].keys() != new.kinds[path].keys():
            kinds = (" and ".join(sorted(index.kinds[path])) for index in (new, old))
            yield f"{short(path[-1][1])}{_under(path)} is {' and was '.join(kinds)}".replace(" and was ", ", was ")


def _marks(old: _Index, new: _Index) -> Iterator[str]:
    for path in _in_both(old, new):
        was, now = old.marks[path], new.marks[path]
        for mark in dict.fromkeys((*was, *now)):
            if mark.startswith("without ") or was[mark] == now[mark]:
                continue
            more = now[mark] - was[mark]
            of = f" on {abs(more)} of {new.numbers[path]}" if new.numbers[path] > 1 else ""
            yield f"{short(path[-1][1])}{_under(path)} has {'' if more > 0 else 'no longer '}{mark}{of}"


def _attributes(before: Signature, now: Signature, old: _Index, new: _Index) -> Iterator[str]:
    for key in dict.fromkeys((*before.tracked, *now.tracked)):
        was = old.without(key) if key in before.tracked else old.spans
        is_now = new.without(key) if key in now.tracked else new.spans
        if key in before.tracked and is_now > was:
            yield f"lost {key} on {_spans(is_now - was)}"
        elif key in now.tracked and is_now < was:
            yield f"gained {key} on {_spans(was - is_now)}"


def _orders(old: _Index, new: _Index) -> Iterator[str]:
    for path in dict.fromkeys((*old.children, *new.children)):
        if old.children[path] != new.children[path]:
            place = short(path[-1][1]) if path else "the roots"
            yield f"the order under {place} is {', '.join(new.children[path])}; was {', '.join(old.children[path])}"


def _in_both(old: _Index, new: _Index) -> Iterator[_Path]:
    return (path for path in old.numbers if path in new.numbers)


def _under(path: _Path) -> str:
    return f" under {short(path[-2][1])}" if len(path) > 1 else ""


def _spans(count: int) -> str:
    return "1 span" if count == 1 else f"{count} spans"


def _times(count: int) -> str:
    return f" ×{count}" if count > 1 else ""  # noqa: RUF001  it is a multiplication sign
