"""A sqlite3 program that writes, for this one process, the rows that Caseway writes: every journal line, timer, message, posting.

Nothing of it is general: what each event does stands in the code. It knows repeated events, and moves a case only from the
revision that it read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson

from benchmarks import load
from benchmarks.byhand import connected
from benchmarks.sent import Cases
from caseway.adapters.sql.column import instant_text
from caseway.adapters.sql.table import AT_ONCE
from caseway.engine.case_record import case_record
from caseway.engine.journal import replay
from caseway.engine.runtime import Runtime

_READ = """
    SELECT caseway_case.document, caseway_journal.document FROM caseway_case
    LEFT JOIN caseway_journal ON caseway_journal."case" = caseway_case.id AND caseway_journal.event_id = ?
    WHERE caseway_case.id = ?
"""
_MOVE = """
    UPDATE caseway_case SET process = ?, version = ?, definition = ?, revision = ?, closed = ?, final = ?, assignee = ?,
        state = ?, last_at = ?, document = ? WHERE id = ? AND revision = ?
"""
_WRITE = 'INSERT INTO caseway_journal ("case", revision, event_id, document) VALUES (?, ?, ?, ?)'
_ARM = 'INSERT INTO caseway_timer (id, "case", process, name, due, fault) VALUES (?, ?, ?, ?, ?, NULL)'
_DISARM = "DELETE FROM caseway_timer WHERE id = ?"
_SEND = f"""
    INSERT INTO caseway_outbox (effect, "case", recipient, document, attempts, set_aside, not_before)
    VALUES (?, ?, ?, ?, 0, 0, '{instant_text(AT_ONCE)}')
"""
_POST = """
    INSERT INTO caseway_posting (effect, line, kind, "case", revision, process, version, "at", owner, account, amount, unit,
        payout, purpose, implements) VALUES (?, ?, 'payout', ?, ?, ?, ?, ?, ?, ?, ?, 'EUR', 'fee', 'fee', '[]')
"""
_TIMER = "open.waiting.after.1"
_FEE = 250
_DAYS = 30

Rows = list[tuple[str, tuple[Any, ...]]]


class SameRows(Cases):
    """The program, and a check that Caseway takes its rows for its own."""

    def __init__(self, opened: Callable[[], Runtime], file: str) -> None:
        super().__init__(opened())
        self.connection = connected(file)

    def run(self, count: int) -> None:
        for number in range(count):
            turn, index = divmod(number, load.CASES)
            self._send(self.cases[index], load.name(index, turn), uuid4().hex)

    def check(self, count: int) -> None:
        self.connection.close()
        for case in self.cases[:5]:
            stored = self.runtime.store.load(case, "").case
            folded = replay(self.runtime.store.journal(case))
            assert folded is not None
            assert case_record(folded) == case_record(stored)
        super().check(count)

    def _send(self, id: str, event: str, event_id: str) -> None:  # noqa: A002
        execute = self.connection.execute
        document, known = execute(_READ, (event_id, id)).fetchone()
        assert known is None
        case = orjson.loads(document)
        if case["data"]["count"] >= load.LIMIT:
            raise AssertionError
        now = datetime.now(UTC)
        line, rows = _reacted(case, event, event_id, now)
        execute("BEGIN IMMEDIATE")
        moved = execute(_MOVE, _case_row(case))
        assert moved.rowcount == 1
        execute(_WRITE, (id, case["revision"], event_id, orjson.dumps(line).decode()))
        for statement, values in rows:
            execute(statement, values)
        execute("COMMIT")


def _reacted(case: dict[str, Any], event: str, event_id: str, now: datetime) -> tuple[dict[str, Any], Rows]:
    """Change a case, and return the journal's line and what else is to be written."""
    source, at, process, version = case["configuration"], _text(now), case["process"], case["version"]
    case["revision"] = revision = case["revision"] + 1
    case["last_at"] = at
    id, effect = case["id"], f"{case['id']}:{revision}:0"  # noqa: A001
    change: dict[str, Any] = {"revision": revision}
    effects: list[dict[str, Any]] = []
    rows: Rows = []
    if event in {"take", "put_back"}:
        target = "open.working" if event == "take" else "open.waiting"
        case["configuration"] = [target]
        case["entered"] = {"open": case["entered"]["open"], target: at}
        if event == "take":
            armed = case["timers"][0]["id"]
            case["timers"] = []
            effects.append({"kind": "cancel-timer", "id": effect, "timer": _TIMER, "armed_by": armed})
            rows.append((_DISARM, (armed,)))
        else:
            due = _text(now + timedelta(days=_DAYS))
            case["timers"] = [{"id": effect, "name": _TIMER, "due": due, "fault": None}]
            effects.append({"kind": "set-timer", "id": effect, "timer": _TIMER, "due": due})
            rows.append((_ARM, (effect, id, process, _TIMER, due)))
        change.update(configuration=case["configuration"], timers=case["timers"], entered=case["entered"])
    data = case["data"]
    data["count"] += 1
    data["last"] = load.TEXT
    if event == "tell":
        body = f"{data['customer']['name']}: {data['last']}"
        message = {"kind": "message", "id": effect, "message": "told", "to": data["customer"]["id"]}
        message.update(subject={"": "News of your visit"}, body={"": body})
        effects.append(message)
        rows.append((_SEND, (effect, id, message["to"], orjson.dumps(message).decode())))
    if event == "settle":
        payout = {"kind": "payout", "id": effect, "payout": "fee", "amount": _FEE, "unit": "EUR", "payee": load.AGENT}
        payout.update(account="payable", payer="platform", payer_account="payouts", purpose="fee", implements=[])
        effects.append(payout)
        written = (id, revision, process, version, _padded(at))
        rows.append((_POST, (effect, 0, *written, "platform", "payouts", -_FEE)))
        rows.append((_POST, (effect, 1, *written, load.AGENT, "payable", _FEE)))
    change.update(last_at=at, data={"count": data["count"], "last": data["last"]})
    line = {
        "case": id,
        "revision": revision,
        "process": process,
        "version": version,
        "definition": case["definition"],
        "at": at,
        "event": {
            "id": event_id,
            "name": event,
            "data": {"text": load.TEXT},
            "actor": {"id": load.AGENT, "roles": [load.ROLE], "tags": []},
        },
        "source": source,
        "target": case["configuration"],
        "change": change,
        "transitions": [f"{source[0] if event in {'take', 'put_back'} else 'open'}.on.{event}.1"],
        "effects": effects,
    }
    return line, rows


def _case_row(case: dict[str, Any]) -> tuple[Any, ...]:
    revision = case["revision"]
    state = "".join(f"/{leaf}." for leaf in case["configuration"])
    pinned = (case["process"], case["version"], case["definition"], revision, case["closed"], case["final"])
    document = orjson.dumps(case).decode()
    return (*pinned, case["assignee"], state, _padded(case["last_at"]), document, case["id"], revision - 1)


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _padded(text: str) -> str:
    """Return an instant as the columns have it: always with microseconds."""
    return text if "." in text else text.replace("Z", ".000000Z")
