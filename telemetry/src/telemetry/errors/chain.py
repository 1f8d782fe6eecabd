"""The causes of an error, and the members of a group: bounded in number, and safe with cycles."""

from __future__ import annotations

from collections.abc import Iterator

_DEEPEST = 10
_MOST_LEAVES = 20


def causes(error: BaseException) -> Iterator[BaseException]:
    """Return the causes as Python's traceback shows them, the nearest first; at most ten."""
    seen = {id(error)}
    for _depth in range(_DEEPEST):
        behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if behind is None or id(behind) in seen:
            return
        seen.add(id(behind))
        yield behind
        error = behind


def leaves(group: BaseException) -> Iterator[BaseException]:
    """Return the errors in a group that are not groups, depth first; at most twenty."""
    waiting, found = [group], 0
    while waiting and found < _MOST_LEAVES:
        each = waiting.pop()
        if isinstance(each, BaseExceptionGroup):
            waiting.extend(reversed(each.exceptions[:_MOST_LEAVES]))
        else:
            found += 1
            yield each
