"""What a scenario expects: the names in it, and how it tells what people are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from caseway.engine.definition import Definition, Guidance
from caseway.engine.fault import Fault, Path, suggestion
from caseway.engine.work_item import WorkItem

_RULE = re.compile(r"[A-Z][A-Z0-9]*-[0-9]+")


def expectation_faults(
    expect: Mapping[str, Any], people: Mapping[str, Any], definition: Definition, path: Path
) -> Iterator[Fault]:
    """Yield the names in an expectation that mean nothing to the process or its scenarios."""
    for index, line in enumerate(expect.get("links", ())):
        if line["link"] not in definition.links:
            yield unknown("link", line["link"], definition.links, (*path, "links", index, "link"))
    for name in expect.get("paid", {}):
        if name not in definition.payouts:
            yield unknown("payout", name, definition.payouts, (*path, "paid", name), at_key=True)
    for index, name in enumerate(expect.get("already_paid", ())):
        if name not in definition.payouts:
            yield unknown("payout", name, definition.payouts, (*path, "already_paid", index))
    for index, line in enumerate(expect.get("unpaid", ())):
        name = line.get("payout")
        if name is not None and name not in definition.payouts:
            yield unknown("payout", name, definition.payouts, (*path, "unpaid", index, "payout"))
    for name in expect.get("service_levels", {}):
        if name not in definition.levels:
            yield unknown("service-level", name, definition.levels, (*path, "service_levels", name), at_key=True)
    for name, lines in expect.get("guidance", {}).items():
        at = (*path, "guidance", name)
        yield from _person_faults(name, people, definition, at)
        yield from _guidance_faults(lines, definition, at)
    for name, lists in expect.get("work", {}).items():
        at = (*path, "work", name)
        yield from _person_faults(name, people, definition, at)
        for kind, pieces in lists.items():
            for index, piece in enumerate(pieces):
                yield from _work_faults(piece, definition, (*at, kind, index))


def unknown(what: str, name: str, known: Iterable[str], path: Path, *, at_key: bool = False) -> Fault:
    """Return the fault of a name that there is not."""
    told = f'no {what.replace("-", " ")} here is called "{name}"'
    return Fault(f"unknown-{what}", told, path, suggestion(name, known), name, at_key=at_key)


def guidance_told(guidance: Iterable[Guidance]) -> list[str]:
    """Return how an expectation tells of guidance: its rules in order, each once; without any, its text in its first language."""
    return list(dict.fromkeys(name for each in guidance for name in _told(each)))


def work_told(items: Iterable[WorkItem]) -> dict[str, list[str]]:
    """Return how an expectation tells of a worklist: each piece by its state, and its item where there is one, sorted."""
    told: dict[str, list[str]] = {"offered": [], "mine": []}
    for item in items:
        told[item.kind].append(item.work if item.item is None else f"{item.work}/{item.item}")
    return {kind: sorted(pieces) for kind, pieces in told.items()}


def _told(guidance: Guidance) -> tuple[str, ...]:
    return guidance.implements or tuple(guidance.text.values())[:1]


def _person_faults(name: str, people: Mapping[str, Any], definition: Definition, path: Path) -> Iterator[Fault]:
    """Check somebody who is shown something. Unlike for who sends, a role that there is not has no use here."""
    if name in people:
        return
    roles, colon, _ = name.partition(":")
    if not colon:
        yield unknown("person", name, people, path, at_key=True)
        return
    for role in roles.split("+"):
        if role not in definition.roles:
            yield unknown("role", role, definition.roles, path, at_key=True)


def _guidance_faults(lines: Sequence[str], definition: Definition, path: Path) -> Iterator[Fault]:
    possible = guidance_told(each for state in definition.states.values() for each in state.guidance)
    for index, line in enumerate(lines):
        if line in possible:
            continue
        if line in definition.sources:
            told = f"no guidance here implements {line}"
        elif _RULE.fullmatch(line):
            yield unknown("source", line, definition.sources, (*path, index))
            continue
        else:
            told = f'no guidance here without rules says "{line}"'
        yield Fault("unknown-guidance", told, (*path, index), suggestion(line, possible), line)


def _work_faults(piece: str, definition: Definition, path: Path) -> Iterator[Fault]:
    name, slash, _ = piece.partition("/")
    offers = {state.path: state.work for state in definition.states.values() if state.work is not None}
    if name not in offers:
        yield unknown("work", name, offers, path)
    elif slash and offers[name].each is None:
        told = f'the work of "{name}" is about the whole case, not about items'
        yield Fault("unknown-work", told, path, f'write "{name}"', piece)
