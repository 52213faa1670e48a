"""Cases as JSON.

A record is plain JSON (dicts, lists, str, int, float, bool, None): what any store may write. Instants are RFC 3339 in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from caseway.engine.case import Case, Level, Link, Memory, Paid, Timer, Tombstone, Work
from caseway.engine.duration import duration_text, parse_duration
from caseway.engine.timestamp import instant, instant_text, optional_instant, optional_text

Record = dict[str, Any]


def case_record(case: Case) -> Record:
    """Write a case as JSON."""
    fixed = {"id": case.id, "process": case.process, "version": case.version, "definition": case.definition}
    return fixed | {name: write(getattr(case, name)) for name, write in FIELDS.items()} | {"data": dict(case.data)}


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
        links=tuple(map(link_from_record, read("links", ()))),
        tombstones=tuple(map(_read_tombstone, read("tombstones", ()))),
        paid=tuple([Paid(**each) for each in read("paid", ())]),
        assignee=read("assignee"),
        entered={state: instant(at) for state, at in read("entered", {}).items()},
        opened_at=optional_instant(read("opened_at")),
        last_at=optional_instant(read("last_at")),
        closed=read("closed", False),
        final=read("final", False),
    )


def paid_record(paid: Paid) -> Record:
    """Write what was paid as JSON."""
    return {
        "payout": paid.payout,
        "amount": paid.amount,
        "unit": paid.unit,
        "payee": paid.payee,
        "account": paid.account,
        "payer": paid.payer,
        "payer_account": paid.payer_account,
    }


def link_record(link: Link) -> Record:
    """Write a link as JSON."""
    record = {"name": link.name, "case": link.case, "process": link.process, "kind": link.kind, "state": link.state}
    return record if link.kind == "child" else record | {"depth": link.depth, "line": list(link.line)}


def link_from_record(record: Mapping[str, Any]) -> Link:
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
        | ({} if stone.lost is None else {"lost": list(stone.lost)})
        for stone in tombstones
    ]


def _read_tombstone(record: Mapping[str, Any]) -> Tombstone:
    lost = record.get("lost")
    return Tombstone(
        tuple(record["paths"]),
        record["reason"],
        instant(record["at"]),
        record["by"],
        record["revision"],
        None if lost is None else tuple(lost),
    )


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
    more["opened_at"] = optional_text(work.opened_at)
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
            "since": optional_text(level.since),
            "due": optional_text(level.due),
            "warned": list(level.warned),
            "ended_at": optional_text(level.ended_at),
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
        opened_at=optional_instant(record.get("opened_at")),
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
        since=optional_instant(record["since"]),
        due=optional_instant(record["due"]),
        warned=tuple(record["warned"]),
        ended_at=optional_instant(record["ended_at"]),
    )


def _memory(memory: Memory) -> list[list[Any]]:
    return [[history, list(leaves)] for history, leaves in memory]


def _same(value: Any) -> Any:
    return value


# Of a piece of work, what most pieces have nothing of.
_PEOPLE = ("tags", "excluded", "had", "done")


# Everything in which two revisions of a case can differ, but for its data.
FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "revision": _same,
    "configuration": list,
    "memory": _memory,
    "timers": _timers,
    "work": _work,
    "levels": _levels,
    "links": lambda links: list(map(link_record, links)),
    "tombstones": _tombstones,
    "paid": lambda paid: list(map(paid_record, paid)),
    "assignee": _same,
    "entered": lambda entered: {state: instant_text(at) for state, at in entered.items()},
    "opened_at": optional_text,
    "last_at": optional_text,
    "closed": _same,
    "final": _same,
}
