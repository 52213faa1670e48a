"""A case and its journal as one actor may see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from caseway.engine.acceptance import Acceptance, acceptances
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Case, Level, LevelStatus, Link, Paid, Timer
from caseway.engine.case_record import case_record, paid_record
from caseway.engine.definition import Definition, Guidance, LevelRule, speak
from caseway.engine.duration import duration_text
from caseway.engine.effect import Message
from caseway.engine.event import START
from caseway.engine.link import link_of
from caseway.engine.outcome import Entry
from caseway.engine.service_level import used
from caseway.engine.sight import Sight
from caseway.engine.timestamp import instant_text
from caseway.engine.visibility import hides, is_all_seeing, refusal_view


@dataclass(frozen=True, slots=True)
class LevelView:
    """A service level as it stands now. `consumed` is what is used of the budget until now; `title` is for people."""

    name: str
    title: str
    status: LevelStatus
    budget: timedelta
    consumed: timedelta
    due: datetime | None
    warned: tuple[int, ...]
    run: int


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link to another case. `title` is for people, `state` the one in which a case ended that this one started."""

    name: str
    title: str
    case: str
    process: str
    kind: Literal["parent", "child"]
    state: str | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as an actor may see it; `withheld` names the fields that are not theirs to see, and what is made of these.

    `case` is the case without what is withheld; so are `data`, `levels` and `timers`, and what was paid.
    `title` names the state for people, `guidance` what to mind in it, both in the language asked for.
    """

    case: Case
    data: Mapping[str, Any]
    withheld: tuple[str, ...]
    title: str
    guidance: tuple[str, ...]
    levels: tuple[LevelView, ...]
    links: tuple[LinkView, ...]
    accepts: tuple[Acceptance, ...]

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The armed timers, next due first."""
        return tuple(sorted(self.case.timers, key=lambda timer: timer.due))


def case_view(
    definition: Definition, case: Case, actor: Actor | None, language: str, now: datetime, *, held: int | None = None
) -> CaseView:
    """Return a case as an actor may see it now. `held` is how much claimed work they have, where `candidacy.is_bounded`."""
    seen, withheld = case_seen(definition, case, actor)
    guidance = hints(definition, definition.active(case.configuration), actor, language)
    title = state_title(definition, case.configuration, language)
    levels = tuple(_level_view(definition.levels[level.name], level, language, now) for level in seen.levels)
    links = tuple(_link_view(definition, link, language) for link in seen.links)
    accepts = tuple(acceptances(definition, case, actor, now, held))
    return CaseView(seen, seen.data, withheld, title, tuple(guidance), levels, links, accepts)


def hints(definition: Definition, states: Iterable[str], actor: Actor | None, language: str) -> Iterator[str]:
    """Yield the guidance that states give somebody, in a language."""
    return (speak(hint.text, language) for hint in advice(definition, states, actor))


def advice(definition: Definition, states: Iterable[str], actor: Actor | None) -> Iterator[Guidance]:
    """Yield the guidance that states give somebody, as the process has it."""
    for path in states:
        for hint in definition.states[path].guidance:
            if actor is None or not hint.roles or actor.roles.intersection(hint.roles):
                yield hint


def state_title(definition: Definition, states: Iterable[str], language: str) -> str:
    """Name states for people."""
    named = (definition.states[path] for path in states)
    return ", ".join(speak(state.title, language) or state.path for state in named)


def case_seen(definition: Definition, case: Case, actor: Actor | None) -> tuple[Case, tuple[str, ...]]:
    """Return a case without what is not the actor's to see, and the names of what was withheld."""
    if not hides(definition, case, actor):
        return case, ()
    sight = Sight(definition, case, actor)
    data = sight.data(definition.data.schema, case.data, "")
    timers = tuple(
        # One that was set aside is put back by its id.
        replace(timer, id=sight.id(timer.id)) if timer.fault is None else replace(timer, fault=sight.fault(timer.name))
        for timer in sight.among("timer", case.timers, lambda timer: timer.name)
    )
    work = sight.among("work", case.work, lambda work: work.state)
    levels = sight.among("level", case.levels, lambda level: level.name)
    paid = tuple(sight.paid(case.paid))
    seen = replace(case, data=data, timers=timers, work=tuple(work), levels=tuple(levels), paid=paid)
    return seen, sight.withheld


def _level_view(rule: LevelRule, level: Level, language: str, now: datetime) -> LevelView:
    return LevelView(
        name=level.name,
        title=speak(rule.title, language) or level.name,
        status=level.status,
        budget=level.budget,
        consumed=used(rule, level, now),
        due=level.due,
        warned=level.warned,
        run=level.run,
    )


def _link_view(definition: Definition, link: Link, language: str) -> LinkView:
    # The name of a parent's link is the parent's, and so is its title.
    rule = definition.links.get(link.name) if link.kind == "child" else None
    title = speak(rule.title, language) if rule else ""
    return LinkView(link.name, title or link.name, link.case, link.process, link.kind, link.state)


def entry_views(definition: Definition, entries: Iterable[Entry], case: Case, actor: Actor | None) -> Iterator[Entry]:
    """Yield the journal without what is not the actor's to see: data of events, changes, and what was made of them."""
    return (entry_view(definition, entry, case, actor) for entry in entries)


def entry_view(definition: Definition, entry: Entry, case: Case, actor: Actor | None) -> Entry:
    """Return a line of the journal as an actor may see it now, with the names of what was withheld.

    What a message says is for its recipient alone.
    """
    if is_all_seeing(actor) or not (hides(definition, case, actor) or _tells_others(entry, actor)):
        return entry
    sight = Sight(definition, case, actor)
    rule = definition.events.get(entry.event.name)
    schema = definition.data.schema if entry.event.name == START else rule.data.schema if rule else {}
    data = sight.data(schema, entry.event.data, "event.data")
    # What was paid is all of it, and told where that part of it changes which the actor sees.
    told = entry.change.keys() - (() if sight.changes_paid(entry.effects) else {"paid"})
    change = {name: _change_seen(sight, name, value) for name, value in entry.change.items() if name in told}
    refusal = entry.refusal and refusal_view(definition, entry.refusal, case, actor)
    if refusal != entry.refusal:
        sight.withhold("refusal")
    effects = tuple(sight.effects(entry.effects))
    event = replace(entry.event, data=data, id=_event_id(sight, entry))
    return replace(entry, event=event, change=change, effects=effects, refusal=refusal, withheld=sight.withheld)


def _event_id(sight: Sight, entry: Entry) -> str:
    """Return the id of an event; that of a timer which fires is the id of the effect that armed it."""
    event = entry.event
    fires = event.actor == SYSTEM and event.parent is None and link_of(event.name) is None
    return sight.id(event.id) if fires else event.id


def _tells_others(entry: Entry, actor: Actor | None) -> bool:
    return any(isinstance(each, Message) and actor is not None and each.to != actor.id for each in entry.effects)


def _change_seen(sight: Sight, name: str, value: Any) -> Any:
    """Return a part of what a step changed, in the form that the journal keeps."""
    match name:
        case "data":
            return sight.data(sight.definition.data.schema, value, "case")
        case "timers":
            return [
                {**each, "id": sight.id(each["id"]), "fault": each["fault"] and sight.fault(each["name"])}
                for each in sight.among("timer", value, lambda timer: timer["name"])
            ]
        case "work":
            return list(sight.among("work", value, lambda work: work["state"]))
        case "levels":
            return list(sight.among("level", value, lambda level: level["name"]))
        case "paid":
            return [paid_record(each) for each in sight.paid(Paid(**each) for each in value)]
    return value


def level_record(level: LevelView) -> dict[str, Any]:
    """Write a service level as JSON, in the form that `show --json` promises."""
    return {
        "name": level.name,
        "status": level.status,
        "due": None if level.due is None else instant_text(level.due),
        "budget": duration_text(level.budget),
        "consumed": duration_text(level.consumed),
        "warned": list(level.warned),
        "run": level.run,
    }


def link_view_record(link: LinkView) -> dict[str, Any]:
    """Write a link as JSON, in the form that `show --json` promises."""
    return {"name": link.name, "case": link.case, "process": link.process, "kind": link.kind, "state": link.state}


def view_record(view: CaseView) -> dict[str, Any]:
    """Write a view as JSON, in the form that `show --json` promises."""
    record = case_record(view.case)
    return {
        "id": view.case.id,
        "process": view.case.process,
        "version": view.case.version,
        "state": list(view.case.configuration),
        "closed": view.case.closed,
        "final": view.case.final,
        "revision": view.case.revision,
        "opened_at": record["opened_at"],
        "last_at": record["last_at"],
        "data": view.data,
        "withheld": list(view.withheld),
        "redacted": [{name: value for name, value in each.items() if name != "lost"} for each in record["tombstones"]],
        "assignee": view.case.assignee,
        "timers": [{key: timer[key] for key in ("name", "due", "fault")} for timer in record["timers"]],
        "service_levels": [level_record(level) for level in view.levels],
        "paid": [{key: paid[key] for key in ("payout", "payee", "unit", "amount")} for paid in record["paid"]],
        "links": [link_view_record(link) for link in view.links],
        "accepts": [_acceptable(each) for each in view.accepts if each.accepted is not False],
        "guidance": list(view.guidance),
    }


def _acceptable(each: Acceptance) -> dict[str, Any]:
    condition = {} if each.only_if is None else {"only_if": each.only_if}
    return {"event": each.event, "by": list(each.by), **condition}
