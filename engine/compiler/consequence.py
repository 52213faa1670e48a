"""Faults that only follow from others: what is misspelt where it is declared is not told again wherever it is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

from caseway.engine.fault import NONE, Fault, Path, nearest

_SECTIONS = {
    "unknown-event": "events",
    "unknown-role": "roles",
    "unknown-document": "documents",
    "unknown-message": "messages",
    "unknown-payout": "payouts",
    "unknown-source": "sources",
    "unknown-condition": "conditions",
    "unknown-calendar": "calendars",
    "unknown-link": "links",
}
"""The faults of names that mean nothing, and the sections that would declare them."""
_OF_CALENDARS = {"unknown-holiday": ("holidays", 3), "idle-day": ("hours", 3), "never-open": ("hours", 1)}
"""The faults of calendars that may only follow from others: the key where those are, and how deep in the calendar they are told."""
_DECLARING = (
    *("states", "properties", "required", "items", "data", "parameters"),
    *_SECTIONS.values(),
    *(key for key, _ in _OF_CALENDARS.values()),
)
_WHOLE = (("data",), ("properties",), ("items",), ("additionalProperties",))
"""How the paths end of shapes on which nobody knows what hangs."""
_OF_FIELDS = frozenset(
    {"unknown-field", "unknown-name", "may-be-absent", "may-be-null", "not-a-list", "not-a-moment", "map-order"}
)
_ASSURED = frozenset({"may-be-absent", "may-be-null"})
_GUARDS = ("guard", "when")
_TIMERS = frozenset({"after", "arm", "delay", "timer", "name"})


def told(faults: Iterable[Fault], declared: Iterable[Fault]) -> Iterator[Fault]:
    """Yield the faults that somebody wants to hear of, each once, given those of the declarations."""
    found = list(faults)
    lost = set(_lost(declared))
    unguarded = {path for fault in found for path in _around_guard(fault.path)}
    seen = set()
    for fault in found:
        key = _sameness(fault)
        if key not in seen and not _follows(fault, lost) and not _relies(fault, unguarded):
            yield fault
        seen.add(key)


def _sameness(fault: Fault) -> tuple[object, ...]:
    """Return what faults share of which one is enough: the place, or a section that is missing altogether."""
    if fault.hint == NONE and (fault.code in _SECTIONS or fault.message.startswith(("case ", "param "))):
        return (fault.code, fault.message.replace(str(fault.value), ""))
    return fault.code, fault.path, fault.offset, fault.message


def _lost(declared: Iterable[Fault]) -> Iterator[Path]:
    """Yield the paths of what cannot be known to be there or not: what is faulty, and what was meant by a misspelt key."""
    for fault in declared:
        yield fault.path
        meant = nearest(str(fault.path[-1]), _DECLARING) if fault.code == "unknown-key" and fault.path else None
        if meant:
            yield (*fault.path[:-1], meant)


def _around_guard(path: Path) -> Iterator[Path]:
    """Yield the transitions and actions whose guard has this path, or has it within."""
    yield from (path[:index] for index, key in enumerate(path) if key in _GUARDS)


def _relies(fault: Fault, unguarded: set[Path]) -> bool:
    """Say whether a guard, if it were not faulty itself, may have made sure of what is missed here."""
    return fault.code in _ASSURED and any(
        fault.path[:index] in unguarded for index, key in enumerate(fault.path) if key not in _GUARDS
    )


def _follows(fault: Fault, lost: set[Path]) -> bool:
    name = str(fault.value)
    if fault.code in _SECTIONS:
        section = _SECTIONS[fault.code]
        return bool(lost & {(section,), (section, name)})
    if fault.code == "unknown-target":
        return any("states" in path[-2:] and path[-1] in ("states", *name.split(".")) for path in lost)
    if fault.code == "unknown-timer":
        return any(_TIMERS & set(path[-3:]) for path in lost)
    if fault.code == "result-type" and (*fault.path, "text") in lost:
        return True
    if fault.code == "hidden-field":
        return (*fault.path[:2], "as") in lost
    if fault.code in _OF_CALENDARS:
        key, depth = _OF_CALENDARS[fault.code]
        cause = (*fault.path[:-depth], key)
        return any(path[: len(cause)] == cause for path in lost)
    if fault.code in _ASSURED and any("required" in path[-2:] for path in lost):
        return True
    if fault.code in _OF_FIELDS:
        return any(_hides(path, set(name.split("."))) for path in lost)
    return False


def _hides(path: Path, names: set[str]) -> bool:
    """Say whether a declaration that is faulty at this path may be why one of these fields is not known as it should be."""
    if path[-1:] in _WHOLE or path == ("parameters",):
        return True
    fields = {field for key, field in pairwise(path) if key in ("properties", "parameters")}
    return bool(fields & names)
