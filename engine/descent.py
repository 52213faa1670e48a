"""Which item of a list was which, from one of its versions to the next: lists are kept whole, and indexes shift."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any


def lasting_pairs(new: Sequence[Any], old: Sequence[Any], lasting: Collection[str]) -> dict[int, int]:
    """Return the items of a list, and which they were in the version before, of which that is certain.

    They are known by a value of a `lasting` field, one that nothing changes for as long as an item is there, which only one item has in each version. Of an
    item that is there no more this may be another one that has the same.
    """
    then = _own(old, range(len(old)), lasting)
    found = ((one, then[value]) for value, one in _own(new, range(len(new)), lasting).items() if value in then)
    return {one: other for one, other in found if _agree(new[one], old[other], lasting)}


def forebears(
    new: Sequence[Any], old: Sequence[Any], lasting: Collection[str] = (), certain: Mapping[int, int] | None = None
) -> list[int | None]:
    """Return for each item of a list the index that it most likely had in the version before; None: it was not there.

    Of all but those of which that is `certain`, items that are equal are the same, in their order. Of what stands between such, objects are the same that have
    most values which only they have; then those that have something in common: by their place where as much is left there as before, else those that
    have most of it. Items that differ in a `lasting` field are never the same.
    """
    found = [None if certain is None else certain.get(one) for one in range(len(new))]
    taken = set(found)
    ones = [one for one, other in enumerate(found) if other is None]
    others = [other for other in range(len(old)) if other not in taken]
    for one, other in _pairs([new[one] for one in ones], [old[other] for other in others], lasting):
        found[ones[one]] = others[other]
    return found


def _pairs(new: Sequence[Any], old: Sequence[Any], lasting: Collection[str]) -> Iterator[tuple[int, int]]:
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
            yield from _alike(new, old, range(start + first, start + last), range(start + begin, start + stop), lasting)


def _alike(
    new: Sequence[Any], old: Sequence[Any], ones: range, others: range, lasting: Collection[str]
) -> Iterator[tuple[int, int]]:
    """Yield which of some changed items were which. What is no object has nothing by which it can be known again."""
    left, right = dict.fromkeys(ones), dict.fromkeys(others)
    for one, other in _by_own_values(new, old, ones, others):
        if one in left and other in right and _agree(new[one], old[other], lasting):
            yield one, other
            del left[one], right[other]
    if len(left) == len(right):
        places = zip(left, right, strict=True)
        yield from ((one, other) for one, other in places if _may_be(new[one], old[other], lasting))
        return
    for one in left:
        best = max(right, key=lambda other: _likeness(new[one], old[other], lasting), default=None)
        if best is not None and _likeness(new[one], old[best], lasting):
            yield one, best
            del right[best]


def _by_own_values(
    new: Sequence[Any], old: Sequence[Any], ones: Iterable[int], others: Iterable[int]
) -> list[tuple[int, int]]:
    """Return the pairs of items that have values which no other item has there, those with most of them first."""
    then = _own(old, others)
    votes = Counter((one, then[value]) for value, one in _own(new, ones).items() if value in then)
    return sorted(votes, key=lambda pair: (-votes[pair], pair))


def _own(
    items: Sequence[Any], where: Iterable[int], names: Collection[str] | None = None
) -> dict[tuple[str, Any], int]:
    """Return by field and value the one item that has it; of some fields, or of all."""
    found: dict[tuple[str, Any], int] = {}
    shared = set()
    for index in where:
        item = items[index]
        if isinstance(item, dict):
            for name in item if names is None else names:
                if name in item:
                    value = item[name]
                    key = name, (value if isinstance(value, str | int) else _text(value))
                    if found.setdefault(key, index) != index:
                        shared.add(key)
    return {key: index for key, index in found.items() if key not in shared}


def _agree(one: Any, other: Any, lasting: Collection[str]) -> bool:
    """Say whether two items do not differ in what lasts."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return True
    return all(one.get(name) == other.get(name) for name in lasting)


def _may_be(one: Any, other: Any, lasting: Collection[str]) -> bool:
    """Say whether two objects at the same place may be one: something of them is the same, or there is only one thing that may have changed."""
    single = isinstance(one, dict) and isinstance(other, dict) and len(one) == len(other) == 1
    return (single and _agree(one, other, lasting)) or _likeness(one, other, lasting) > 0


def _likeness(one: Any, other: Any, lasting: Collection[str]) -> int:
    """Count the fields that two objects have in common; none, if they cannot be the same."""
    if not isinstance(one, dict) or not isinstance(other, dict) or not _agree(one, other, lasting):
        return 0
    return sum(1 for name, value in one.items() if name in other and other[name] == value)


def _text(item: Any) -> str:
    return json.dumps(item, sort_keys=True)
