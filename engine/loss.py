"""What was redacted of that which a payment is made of: then nobody knows what is owed to whom, and nothing is paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from caseway.engine.case import Tombstone
from caseway.engine.expression import Look, Program
from caseway.engine.guard import Condition, Every, Faulty, Neither, Some, Test
from caseway.engine.source import EVENT
from caseway.engine.spot import EACH, Spot, keys_of
from caseway.engine.value import Computed, Fields, Items, Value

if TYPE_CHECKING:
    from caseway.engine.reaction import Reaction

ROOT = "case"
"""What the path of whatever can be redacted begins with."""


def refuse_lost(reaction: Reaction, place: str, *parts: Any, names: Iterable[tuple[str, str]] = ()) -> None:
    """Raise Faulty where one of some guards and values of a payment, or the path of a field, reads what was redacted.

    `names` are those of items, with the path of the list that they are items of. A case of which nothing was redacted is not looked at.
    """
    if not reaction.tombstones:
        return
    known = dict(names)
    for part in parts:
        for at, text, looks in _looks(part, place):
            for look in sorted(looks):
                lost = _lost(_meant(look, known), reaction.tombstones)
                if lost is not None:
                    raise Faulty(at, text, _told(*lost))


def is_known(reaction: Reaction, value: Value) -> bool:
    """Say whether a value is made of nothing that was redacted. Of what the case tells itself in an event, nobody knows what that is made of."""
    looks = [look for _, _, found in _looks(value, "") for look in found]
    if reaction.hears_itself and any(_root(path) == EVENT for path, _ in looks):
        return False
    return not any(_lost(look, reaction.tombstones) for look in looks)


def listed_in(items: tuple[str, ...] | Any) -> str:
    """Return the path of the list that a split goes through: that of a field, or what an expression gives items of."""
    if isinstance(items, tuple):
        return ".".join((ROOT, *items))
    return items.program.looks_through()[0] if isinstance(items, Computed) else ""


def _looks(part: Any, place: str) -> Iterator[tuple[str, str, Iterable[Look]]]:
    """Yield the expressions within a guard or value: where each stands, what it says, and what it looks at."""
    match part:
        case tuple():  # the path of a list, of which only what is read of its items counts
            path = listed_in(part)
            yield place, path, [(path, False)]
        case Computed(program=program, place=at) | Test(program=program, place=at):
            yield at, program.text, program.looks()
        case Items(values=parts) | Every(guards=parts) | Some(guards=parts) | Neither(guards=parts):
            for each in parts:
                yield from _looks(each, place)
        case Fields(values=fields):
            for each in fields.values():
                yield from _looks(each, place)
        case Condition(guard=guard):
            yield from _looks(guard, place)
        case Program():  # gone through, item by item
            yield place, part.text, part.looks_through()[1]


def _root(path: str) -> str:
    """Return the name that a path begins with."""
    return path.partition(".")[0].partition("[")[0]


def _meant(look: Look, names: dict[str, str]) -> Look:
    """Return a look with what its first name stands for in the place of that."""
    path, whole = look
    first = _root(path)
    return (f"{names[first]}{EACH}{path[len(first) :]}", whole) if first in names else look


def _lost(look: Look, tombstones: Sequence[Tombstone]) -> tuple[str, Tombstone] | None:
    """Return which redacted place a look falls on, if any, and the tombstone that names it."""
    path, whole = look
    if _root(path) != ROOT:
        return None
    seen = keys_of(path)
    for stone in tombstones:
        gone = next((each for each in _gone(stone) if _falls(seen, keys_of(each), whole=whole)), None)
        if gone is not None:
            return next((each for each in stone.paths if _falls(seen, keys_of(each), whole=whole)), gone), stone
    return None


def _gone(stone: Tombstone) -> tuple[str, ...]:
    return stone.paths if stone.lost is None else stone.lost


def _falls(seen: Spot, gone: Spot, *, whole: bool) -> bool:
    """Say whether a look at a place falls on what is gone: at it, into it, or if it is at all that is there, also around it."""
    shorter = min(len(seen), len(gone))
    return _is_same(seen[:shorter], gone[:shorter]) and (whole or len(gone) <= len(seen))


def _is_same(seen: Spot, gone: Spot) -> bool:
    """Say whether two places may be one. An item is any: the list may have become another since."""
    return all(one == other or EACH in (one, other) for one, other in zip(seen, gone, strict=True))


def _told(path: str, stone: Tombstone) -> str:
    return (
        f"it reads {path}, which was redacted at revision {stone.revision} ({stone.reason}), so nobody knows any more what is right, "
        "and no money moves; move it by a payout, or back by a percentage, that reads nothing of this, or outside of this case"
    )
