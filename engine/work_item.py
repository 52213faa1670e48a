"""One line of a worklist: what a person may do now, or has taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from caseway.engine.acceptance import acceptance, acceptances
from caseway.engine.actor import Actor
from caseway.engine.candidacy import not_offered
from caseway.engine.case import Case, Configuration, Work
from caseway.engine.definition import Definition
from caseway.engine.event import Event
from caseway.engine.timestamp import instant_text
from caseway.engine.view import case_seen, hints, state_title
from caseway.engine.visibility import sees_all
from caseway.engine.work import ITEM
from caseway.engine.worklist import Found, Kind, earliest_due


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A piece of work of one case, as one person sees it.

    `work` is the state that offers it, or by which it was claimed; `item` the key of the item that it is about, None where that is
    withheld or there is none. `state` are the active leaves of the case, and `title` names for people what it is in. `events` is
    what the person may send, `due` the earliest due instant of what they see of the case's timers and service levels.
    """

    case: str
    process: str
    version: int
    kind: Kind
    work: str
    item: str | None
    state: Configuration
    title: str
    events: tuple[str, ...]
    due: datetime | None
    opened_at: datetime
    guidance: tuple[str, ...]


def work_item(
    definition: Definition, found: Found, actor: Actor, language: str, now: datetime, *, held: int | None = None
) -> WorkItem | None:
    """Return a row of the index as its person sees it. None: it is not theirs after all."""
    row, case = found.row, found.case
    work = next((each for each in case.work if (each.state, each.item) == (row.state, row.item)), None)
    if work is None:
        return None
    if row.kind == "mine":
        events = tuple(
            each.event for each in acceptances(definition, case, actor, now, held) if each.accepted is not False
        )
        states = case.configuration
    else:
        events = tuple(_open(definition, work, case, actor, now=now, held=held))
        states = (row.state,)
        if not events or not work.offered:
            return None
    sees_item = sees_all(definition.made_of.get(("item", row.state), ()), case, actor)
    active = definition.active(case.configuration)
    return WorkItem(
        case=case.id,
        process=case.process,
        version=case.version,
        kind=row.kind,
        work=row.state,
        item=(row.item or None) if sees_item else None,
        state=case.configuration,
        title=state_title(definition, states, language),
        events=events,
        due=earliest_due(case_seen(definition, case, actor)[0]),
        opened_at=row.opened_at,
        guidance=tuple(hints(definition, active, actor, language)),
    )


def work_item_record(item: WorkItem) -> dict[str, Any]:
    """Write a line of a worklist as JSON, in the form that `work --json` promises."""
    return {
        "case": item.case,
        "process": item.process,
        "version": item.version,
        "kind": item.kind,
        "work": item.work,
        "item": item.item,
        "state": list(item.state),
        "title": item.title,
        "events": list(item.events),
        "due": None if item.due is None else instant_text(item.due),
        "opened_at": instant_text(item.opened_at),
        "guidance": list(item.guidance),
    }


def _open(
    definition: Definition, work: Work, case: Case, actor: Actor, *, now: datetime, held: int | None
) -> Iterator[str]:
    """Yield by which events somebody may take a piece of work or pass it; nothing where they may not take it."""
    rule = definition.states[work.state].work
    taking = (rule.claim or rule.do) if rule is not None else None
    if rule is None or taking is None or not_offered(definition, work, case, actor):
        return
    data = {ITEM: work.item} if rule.each is not None else {}
    for name in (taking, *([rule.pass_] if rule.pass_ else [])):
        answer = acceptance(definition, case, Event(name, data, "", actor), now, held)
        if answer.accepted is not False:
            yield name
        elif name == taking:
            return
