"""Names that are so much alike that one of them is probably the other, mistyped."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

SHORTEST = 4
"""Characters below which names are alike by chance."""
LONG = 7
"""Characters from which on a name may be mistyped in two places."""


def slips(one: str, other: str) -> int:
    """Return by how many slips one text becomes another: a letter too many, too few or wrong, or two in the wrong order."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, 1):
        before, last, row = row, before, [at]
        for there, wanted in enumerate(other, 1):
            cost = min(before[there] + 1, row[there - 1] + 1, before[there - 1] + (letter != wanted))
            if at > 1 and there > 1 and (letter, one[at - 2]) == (other[there - 2], wanted):
                cost = min(cost, last[there - 2] + 1)
            row.append(cost)
    return row[-1]


def is_slip_of(name: str, known: str) -> bool:
    """Say whether a name is probably a well-known one, mistyped."""
    if name == known or len(name) < SHORTEST:
        return False
    return slips(name, known) <= (2 if min(len(name), len(known)) >= LONG else 1)


def are_alike(one: str, other: str) -> bool:
    """Say whether two names of somebody's own choice differ by a slip, and not by a number or a short ending, as in `fees_1` and `fees_nl`."""
    if one == other or min(len(one), len(other)) < SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    inner = _differing(one, other)
    # One slip is two letters long at most; whatever is longer need not be looked at, and there may be very many names.
    if max(map(len, inner)) > 2 or slips(*inner) > 1:  # noqa: PLR2004
        return False
    return _stem(one) != _stem(other)


def _differing(one: str, other: str) -> tuple[str, str]:
    """Return what is left of two texts without their common beginning and their common end."""
    begin = _in_common(zip(one, other, strict=False))
    one, other = one[begin:], other[begin:]
    end = _in_common(zip(reversed(one), reversed(other), strict=False))
    return one[: len(one) - end], other[: len(other) - end]


def _in_common(pairs: Iterable[tuple[str, str]]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _stem(name: str) -> str:
    """Return a name without what tells it from its like."""
    head, _, tail = name.rpartition("_")
    return head if head and len(tail) <= 2 else name.rstrip("0123456789")  # noqa: PLR2004  # a letter, a number, a country
