"""Steps as JSON: what the journal keeps of them, and how it gives the case back.

A record is plain JSON (dicts, lists, str, int, float, bool, None): what any store may write. Instants are RFC 3339 in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Level, Link, Memory, Timer, Tombstone, Work
from caseway.engine.duration import duration_text, parse_duration
from caseway.engine.effect import Attachment, CancelTimer, Effect, Message, Payout, SendEvent, SetTimer, StartCase
from caseway.engine.event import Event
from caseway.engine.outcome import Entry, Refusal, Step

Record = dict[str, Any]

_EXACT = frozenset({str, int, bool, type(None)})
"""Types of which equal values are the same JSON; 0.0 and -0.0 are not."""


def instant_text(at: datetime) -> str:
    """Write an instant as RFC 3339 in UTC, with microseconds only where there are some."""
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return f"{utc.isoformat()[:-6]}Z"


def instant(text: str) -> datetime:
    """Read what `instant_text` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


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
    for name, write in _FIELDS.items():
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


def case_record(case: Case) -> Record:
    """Write a case as JSON."""
    fixed = {"id": case.id, "process": case.process, "version": case.version, "definition": case.definition}
    return fixed | {name: write(getattr(case, name)) for name, write in _FIELDS.items()} | {"data": dict(case.data)}


def case_from_record(record: Mapping[str, Any]) -> Case:
    """Read what `case_record` wrote, or what folding changes gave; what is missing has its default."""
    read = record.get  # not field by field through a table: every event comes here
    return Case(
        id=record["id"],
        process=record["process"],
        version=record["version"],
        definition=record["definition"],
        revision=read("revision", 0),
        configuration=tuple(read("configuration", ())),
        memory=tuple([(history, tuple(leaves)) for history, leaves in read("memory", ())]),
        data=read("data", {}),
        timers=tuple(map(_read_timer, read("timers", ()))),
        work=tuple(map(_read_work, read("work", ()))),
        levels=tuple(map(_read_level, read("levels", ()))),
        links=tuple(map(_read_link, read("links", ()))),
        tombstones=tuple(map(_read_tombstone, read("tombstones", ()))),
        assignee=read("assignee"),
        entered={state: instant(at) for state, at in read("entered", {}).items()},
        opened_at=_read_optional_instant(read("opened_at")),
        last_at=_read_optional_instant(read("last_at")),
        closed=read("closed", False),
        final=read("final", False),
    )


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
            _read_optional_instant(event.get("due")),
            _read_optional_instant(event.get("fired_at")),
            _read_link(event["parent"]) if "parent" in event else None,
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


def effect_record(effect: Effect) -> Record:
    """Write an effect as JSON; `kind` tells which it is."""
    match effect:
        case SetTimer():
            return {"kind": "set-timer", "id": effect.id, "timer": effect.timer, "due": instant_text(effect.due)}
        case CancelTimer():
            return {"kind": "cancel-timer", "id": effect.id, "timer": effect.timer, "armed_by": effect.armed_by}
        case Message():
            return {
                "kind": "message",
                "id": effect.id,
                "message": effect.message,
                "to": effect.to,
                "subject": dict(effect.subject),
                "body": dict(effect.body),
            } | ({"attached": list(map(_attachment, effect.attached))} if effect.attached else {})
        case Payout():
            return {
                "kind": "payout",
                "id": effect.id,
                "payout": effect.payout,
                "amount": effect.amount,
                "unit": effect.unit,
                "payee": effect.payee,
                "account": effect.account,
                "payer": effect.payer,
                "payer_account": effect.payer_account,
                "purpose": effect.purpose,
                "implements": list(effect.implements),
            }
        case StartCase():
            return {
                "kind": "start-case",
                "id": effect.id,
                "link": effect.link,
                "process": effect.process,
                "case": effect.case,
                "data": dict(effect.data),
                "at": instant_text(effect.at),
                "parent": link_record(effect.parent),
            }
        case SendEvent():
            return {
                "kind": "send-event",
                "id": effect.id,
                "case": effect.case,
                "event": effect.event,
                "data": dict(effect.data),
                "at": instant_text(effect.at),
            }


def effect_from_record(record: Mapping[str, Any]) -> Effect:
    """Read what `effect_record` wrote."""
    fields = {name: value for name, value in record.items() if name != "kind"}
    match record["kind"]:
        case "set-timer":
            return SetTimer(**fields | {"due": instant(fields["due"])})
        case "cancel-timer":
            return CancelTimer(**fields)
        case "message":
            return Message(**fields | {"attached": tuple(map(_read_attachment, fields.get("attached", ())))})
        case "payout":
            return Payout(**fields | {"implements": tuple(fields["implements"])})
        case "start-case":
            del fields["link"]
            return StartCase(**fields | {"at": instant(fields["at"]), "parent": _read_link(fields["parent"])})
        case "send-event":
            return SendEvent(**fields | {"at": instant(fields["at"])})
        case kind:
            raise ValueError(f"a journal holds an effect of the unknown kind {kind!r}")


def _attachment(attached: Attachment) -> Record:
    return {
        "document": attached.document,
        "definition": attached.definition,
        "formats": list(attached.formats),
        "data": dict(attached.data),
        "at": instant_text(attached.at),
    }


def _read_attachment(record: Mapping[str, Any]) -> Attachment:
    return Attachment(**dict(record) | {"formats": tuple(record["formats"]), "at": instant(record["at"])})


def link_record(link: Link) -> Record:
    """Write a link as JSON."""
    record = {"name": link.name, "case": link.case, "process": link.process, "kind": link.kind, "state": link.state}
    return record if link.kind == "child" else record | {"depth": link.depth, "line": list(link.line)}


def _read_link(record: Mapping[str, Any]) -> Link:
    return Link(**record) if record["kind"] == "child" else Link(**dict(record) | {"line": tuple(record["line"])})


def _tombstones(tombstones: Iterable[Tombstone]) -> list[Record]:
    return [
        {
            "paths": list(stone.paths),
            "reason": stone.reason,
            "at": instant_text(stone.at),
            "by": stone.by,
            "revision": stone.revision,
        }
        for stone in tombstones
    ]


def _read_tombstone(record: Mapping[str, Any]) -> Tombstone:
    return Tombstone(tuple(record["paths"]), record["reason"], instant(record["at"]), record["by"], record["revision"])


def _timers(timers: Iterable[Timer]) -> list[Record]:
    return [{"id": t.id, "name": t.name, "due": instant_text(t.due), "fault": t.fault} for t in timers]


def _work(work: Iterable[Work]) -> list[Record]:
    return [_piece(each) for each in work]


def _piece(work: Work) -> Record:
    record: Record = {
        "state": work.state,
        "role": work.role,
        "candidates": None if work.candidates is None else list(work.candidates),
        "passed": list(work.passed),
        "offered": work.offered,
    }
    more: Record = {name: list(getattr(work, name)) for name in _PEOPLE}
    more |= {"item": work.item, "holder": work.holder, "exhausted": work.exhausted}
    more["opened_at"] = _optional_instant(work.opened_at)
    return record | {name: value for name, value in more.items() if value}


def _levels(levels: Iterable[Level]) -> list[Record]:
    return [
        {
            "name": level.name,
            "run": level.run,
            "status": level.status,
            "budget": duration_text(level.budget),
            "consumed": duration_text(level.consumed),
            "begun_at": instant_text(level.begun_at),
            "since": _optional_instant(level.since),
            "due": _optional_instant(level.due),
            "warned": list(level.warned),
            "ended_at": _optional_instant(level.ended_at),
        }
        for level in levels
    ]


def _read_timer(record: Mapping[str, Any]) -> Timer:
    return Timer(record["id"], record["name"], instant(record["due"]), record["fault"])


def _read_work(record: Mapping[str, Any]) -> Work:
    candidates = record["candidates"]
    return Work(
        state=record["state"],
        role=record["role"],
        candidates=None if candidates is None else tuple(candidates),
        passed=tuple(record["passed"]),
        offered=record["offered"],
        item=record.get("item", ""),
        holder=record.get("holder"),
        exhausted=record.get("exhausted", False),
        opened_at=_read_optional_instant(record.get("opened_at")),
        **{name: tuple(record.get(name, ())) for name in _PEOPLE},
    )


def _read_level(record: Mapping[str, Any]) -> Level:
    return Level(
        name=record["name"],
        run=record["run"],
        status=record["status"],
        budget=parse_duration(record["budget"]),
        consumed=parse_duration(record["consumed"]),
        begun_at=instant(record["begun_at"]),
        since=_read_optional_instant(record["since"]),
        due=_read_optional_instant(record["due"]),
        warned=tuple(record["warned"]),
        ended_at=_read_optional_instant(record["ended_at"]),
    )


def _memory(memory: Memory) -> list[list[Any]]:
    return [[history, list(leaves)] for history, leaves in memory]


def _same(value: Any) -> Any:
    return value


def _read_optional_instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _optional_instant(at: datetime | None) -> str | None:
    return None if at is None else instant_text(at)


# Of a piece of work, what most pieces have nothing of.
_PEOPLE = ("tags", "excluded", "had", "done")

# Everything in which two revisions of a case can differ, but for its data.
_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "revision": _same,
    "configuration": list,
    "memory": _memory,
    "timers": _timers,
    "work": _work,
    "levels": _levels,
    "links": lambda links: list(map(link_record, links)),
    "tombstones": _tombstones,
    "assignee": _same,
    "entered": lambda entered: {state: instant_text(at) for state, at in entered.items()},
    "opened_at": _optional_instant,
    "last_at": _optional_instant,
    "closed": _same,
    "final": _same,
}
