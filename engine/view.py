"""A case and its journal as one actor may see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from caseway.engine.acceptance import Acceptance, acceptances
from caseway.engine.actor import Actor
from caseway.engine.case import Case, Level, LevelStatus, Timer
from caseway.engine.definition import Definition, LevelRule, speak
from caseway.engine.duration import duration_text
from caseway.engine.effect import Message
from caseway.engine.journal import case_record, instant_text
from caseway.engine.outcome import Entry
from caseway.engine.service_level import used
from caseway.engine.visibility import visible


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
class CaseView:
    """A case as an actor may see it; `withheld` names the fields that are not theirs to see.

    `title` names the state for people, `guidance` what to mind in it, both in the language asked for.
    """

    case: Case
    data: Mapping[str, Any]
    withheld: tuple[str, ...]
    title: str
    guidance: tuple[str, ...]
    levels: tuple[LevelView, ...]
    accepts: tuple[Acceptance, ...]

    @property
    def timers(self) -> tuple[Timer, ...]:
        """The armed timers, next due first."""
        return tuple(sorted(self.case.timers, key=lambda timer: timer.due))


def case_view(definition: Definition, case: Case, actor: Actor | None, language: str, now: datetime) -> CaseView:
    """Return a case as an actor may see it now."""
    data, withheld = visible(definition.data.schema, case.data, case, actor)
    active = [definition.states[path] for path in definition.active(case.configuration)]
    guidance = (
        speak(hint.text, language)
        for state in active
        for hint in state.guidance
        if actor is None or not hint.roles or actor.roles.intersection(hint.roles)
    )
    leaves = [definition.states[path] for path in case.configuration]
    title = ", ".join(speak(state.title, language) or state.path for state in leaves)
    levels = tuple(_level_view(definition.levels[level.name], level, language, now) for level in case.levels)
    accepts = tuple(acceptances(definition, case, actor, now))
    return CaseView(case, data, withheld, title, tuple(guidance), levels, accepts)


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


def entry_views(definition: Definition, entries: Iterable[Entry], case: Case, actor: Actor | None) -> Iterator[Entry]:
    """Yield the journal without what is not the actor's to see: data of events, changes of data, messages to others."""
    if actor is None:
        yield from entries
        return
    for entry in entries:
        yield _entry_view(definition, entry, case, actor)


def _entry_view(definition: Definition, entry: Entry, case: Case, actor: Actor) -> Entry:
    rule = definition.events.get(entry.event.name)
    schema = rule.data.schema if rule else definition.data.schema
    data, _ = visible(schema, entry.event.data, case, actor)
    change = dict(entry.change)
    if "data" in change:
        change["data"], _ = visible(definition.data.schema, change["data"], case, actor)
    effects = tuple(effect for effect in entry.effects if not isinstance(effect, Message) or effect.to == actor.id)
    return replace(entry, event=replace(entry.event, data=data), change=change, effects=effects)


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
        "assignee": view.case.assignee,
        "timers": [{key: timer[key] for key in ("name", "due", "fault")} for timer in record["timers"]],
        "service_levels": [level_record(level) for level in view.levels],
        "accepts": [{"event": each.event, "by": list(each.by)} for each in view.accepts if each.accepted is not False],
        "guidance": list(view.guidance),
    }
