"""What looks at what payouts have paid: it is made of what their amounts are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from caseway.engine.fault import Path
from caseway.engine.private import Private

_ROOT = "meta.paid"
_WHOLE = frozenset({"meta", _ROOT})

Thing = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Glance:
    """A place in the document that looks at what a payout has paid: what is made there, and in which role it is read, if anybody reads it.

    `offset` counts characters within the text at `path`.
    """

    payout: str
    thing: Thing
    is_read: bool
    reader: str | None
    path: Path
    offset: int


def amount_of(payout: str) -> Thing:
    """Name the amount of a payout as a thing that is made of private fields."""
    return "payout", payout, "amount"


def looked_at(reads: Iterable[str], payouts: Collection[str]) -> Iterator[str]:
    """Yield the payouts of which an expression sees what they have paid, from the paths that it reads."""
    for read in reads:
        if read in _WHOLE:
            yield from payouts
        elif read.startswith(f"{_ROOT}."):
            name = read.split(".")[2]
            if name in payouts:
                yield name


def place_in(text: str, payout: str) -> int:
    """Return where a text looks at what a payout has paid."""
    return max(text.find(f"{_ROOT}.{payout}"), 0)


def privates(
    payouts: Iterable[str], made_of: Mapping[Thing, tuple[Private, ...]], glances: Collection[Glance]
) -> dict[str, frozenset[tuple[str, frozenset[str]]]]:
    """Return, for each payout, of which private fields what it pays is made, by path and roles, also where that looks at other payouts."""
    found = {name: frozenset((each.path, each.roles) for each in made_of.get(amount_of(name), ())) for name in payouts}
    ways = [(each.thing[1], each.payout) for each in glances if each.thing[:1] + each.thing[2:] == ("payout", "amount")]
    for _ in found:  # after as many rounds as there are payouts, nothing is new any more
        for name, other in ways:
            found[name] |= found[other]
    return found
