"""Which item of a list was which, from one of its versions to the next: lists are kept whole, and indexes shift."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any


def forebears(new: Sequence[Any], old: Sequence[Any]) -> list[int | None]:
    """Return for each item of a list the index that it had in the version before; None: it was not there.

    Items that are equal are the same, in their order. Of what stands between such, objects that have something in common are the same: by their place where
    as much stands there as before, else those that have most of it.
    """
    found: list[int | None] = [None] * len(new)
    for one, other in _pairs(new, old):
        found[one] = other
    return found


def _pairs(new: Sequence[Any], old: Sequence[Any]) -> Iterator[tuple[int, int]]:
    start, shorter = 0, min(len(new), len(old))
    while start < shorter and new[start] == old[start]:
        yield start, start
        start += 1
    end = 0
    while end < shorter - start and new[-1 - end] == old[-1 - end]:
        yield len(new) - 1 - end, len(old) - 1 - end
        end += 1
    ones, others = list(map(_text, new[start : len(new) - end])), list(map(_text, old[start : len(old) - end]))
    for kind, first, last, begin, stop in SequenceMatcher(None, ones, others, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from zip(range(start + first, start + last), range(start + begin, start + stop), strict=True)
        elif kind == "replace":
            yield from _alike(new, old, range(start + first, start + last), range(start + begin, start + stop))


def _alike(new: Sequence[Any], old: Sequence[Any], ones: range, others: range) -> Iterator[tuple[int, int]]:
    """Yield which of some changed items were which. What is no object has nothing by which it can be known again."""
    if len(ones) == len(others):
        yield from ((one, other) for one, other in zip(ones, others, strict=True) if _may_be(new[one], old[other]))
        return
    left = list(others)
    for one in ones:
        best = max(left, key=lambda other: _likeness(new[one], old[other]), default=None)
        if best is not None and _likeness(new[one], old[best]):
            yield one, best
            left.remove(best)


def _may_be(one: Any, other: Any) -> bool:
    """Say whether two objects at the same place may be one: something of them is the same, or there is only one thing that may have changed."""
    single = isinstance(one, dict) and isinstance(other, dict) and len(one) == len(other) == 1
    return single or _likeness(one, other) > 0


def _likeness(one: Any, other: Any) -> int:
    """Count the fields that two objects have in common."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0
    return sum(1 for name, value in one.items() if name in other and other[name] == value)


def _text(item: Any) -> str:
    return json.dumps(item, sort_keys=True)
