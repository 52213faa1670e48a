"""Steps as the journal keeps them, and how it gives the case back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.case import Case
from caseway.engine.case_record import FIELDS, Record, case_from_record, link_from_record, link_record
from caseway.engine.effect_record import effect_from_record, effect_record
from caseway.engine.event import Event
from caseway.engine.outcome import Entry, Refusal, Step
from caseway.engine.timestamp import instant, instant_text, optional_instant

_EXACT = frozenset({str, int, bool, type(None)})
"""Types of which equal values are the same JSON; 0.0 and -0.0 are not."""


def entry(step: Step, written: Record | None = None) -> Entry:
    """Write a step down as the journal keeps it. `written`: the record of the case after, where there is one already."""
    after = step.after
    return Entry(
        case=after.id,
        revision=after.revision,
        process=after.process,
        version=after.version,
        definition=after.definition,
        event=step.event,
        at=step.at,
        source=step.before.configuration,
        target=after.configuration,
        change=difference(step.before, after, written),
        transitions=step.transitions,
        effects=step.effects,
        refusal=step.refusal,
        redacted=(after.revision,) if step.erasures else (),
    )


def difference(before: Case, after: Case, written: Record | None = None) -> Record:
    """What `after` has that `before` had not: whole fields, and within `data` whole top-level fields.

    `written`: the record of `after`, where there is one already.
    """
    change: Record = {}
    for name, write in FIELDS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old is not new and old != new:
            change[name] = write(new) if written is None else written[name]
    if before.data is not after.data:
        changed = {
            key: value
            for key, value in after.data.items()
            if key not in before.data or _differ(before.data[key], value)
        }
        gone = sorted(key for key in before.data if key not in after.data)
        if changed:
            change["data"] = changed
        if gone:
            change["without"] = gone
    return change


def _differ(old: Any, new: Any) -> bool:
    """Say whether two values are different JSON: Python takes 1, 1.0 and true for equal, wherever they stand."""
    if type(old) is type(new) and type(new) in _EXACT:
        return bool(old != new)
    return old is not new and (old != new or json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True))


def replay(entries: Iterable[Entry]) -> Case | None:
    """Fold the recorded changes of a case's journal, in order. None: the journal is empty."""
    record: Record = {}
    for line in entries:
        change = line.change
        data = {key: value for key, value in record.get("data", {}).items() if key not in change.get("without", ())}
        record.update(id=line.case, process=line.process, version=line.version, definition=line.definition)
        record.update({name: value for name, value in change.items() if name not in {"data", "without"}})
        record["data"] = data | change.get("data", {})
    return case_from_record(record) if record else None


def entry_record(line: Entry) -> Record:
    """Write a journal line as JSON; what is empty is left out."""
    event = line.event
    record: Record = {
        "case": line.case,
        "revision": line.revision,
        "process": line.process,
        "version": line.version,
        "definition": line.definition,
        "at": instant_text(line.at),
        "event": {"id": event.id, "name": event.name, "data": dict(event.data)},
        "source": list(line.source),
        "target": list(line.target),
        "change": dict(line.change),
        "transitions": list(line.transitions),
        "effects": [effect_record(effect) for effect in line.effects],
    }
    if event.actor is not None:
        record["event"]["actor"] = actor_record(event.actor)
    if event.due is not None:
        record["event"]["due"] = instant_text(event.due)
    if event.fired_at is not None:
        record["event"]["fired_at"] = instant_text(event.fired_at)
    if event.parent is not None:
        record["event"]["parent"] = link_record(event.parent)
    if line.refusal is not None:
        record["refusal"] = refusal_record(line.refusal)
    if line.withheld:
        record["withheld"] = list(line.withheld)
    if line.redacted:
        record["redacted"] = list(line.redacted)
    return record


def entry_from_record(record: Mapping[str, Any]) -> Entry:
    """Read what `entry_record` wrote."""
    event = record["event"]
    actor, refusal = event.get("actor"), record.get("refusal")
    return Entry(
        case=record["case"],
        revision=record["revision"],
        process=record["process"],
        version=record["version"],
        definition=record["definition"],
        event=Event(
            event["name"],
            event["data"],
            event["id"],
            Actor(actor["id"], frozenset(actor["roles"]), frozenset(actor["tags"])) if actor else None,
            optional_instant(event.get("due")),
            optional_instant(event.get("fired_at")),
            link_from_record(event["parent"]) if "parent" in event else None,
        ),
        at=instant(record["at"]),
        source=tuple(record["source"]),
        target=tuple(record["target"]),
        change=record["change"],
        transitions=tuple(record["transitions"]),
        effects=tuple(effect_from_record(effect) for effect in record["effects"]),
        refusal=Refusal(refusal["code"], refusal["message"], refusal["facts"]) if refusal else None,
        withheld=tuple(record.get("withheld", ())),
        redacted=tuple(record.get("redacted", ())),
    )


def actor_record(actor: Actor) -> Record:
    """Write an actor as JSON."""
    return {"id": actor.id, "roles": sorted(actor.roles), "tags": sorted(actor.tags)}


def refusal_record(refusal: Refusal) -> Record:
    """Write a refusal as JSON."""
    return {"code": refusal.code, "message": refusal.message, "facts": dict(refusal.facts)}
