"""A small process for tests of the runtime: a parcel claim with a deadline, a payout and a message."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.actor import Actor
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.runtime import Runtime

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
CLERK = Actor("anna", frozenset({"clerk"}))
OTHER_CLERK = Actor("piotr", frozenset({"clerk"}))
CUSTOMER = Actor("maria", frozenset({"customer"}))

CLAIM: dict[str, Any] = {
    "process": "parcel-claim",
    "version": 1,
    "roles": {"clerk": "Clerk", "customer": "Customer"},
    "parameters": {"limit": 5000},
    "data": {
        "type": "object",
        "required": ["customer", "amount"],
        "properties": {
            "customer": {"type": "string"},
            "amount": {"type": "integer", "minimum": 0},
            "share": {"type": "integer", "default": 100},
            "secret": {"type": "string", "default": "", "x-visible-to": ["clerk"]},
            "notes": {"type": "array", "items": {"type": "string"}, "default": []},
        },
    },
    "events": {
        "take": {"by": ["clerk"]},
        "grant": {"by": ["assignee"]},
        "note": {"data": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}},
        "whisper": {
            "by": ["clerk"],
            "data": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": "string", "x-visible-to": ["clerk"]}},
            },
        },
        "divide": {"data": {"type": "object", "required": ["by"], "properties": {"by": {"type": "integer"}}}},
        "blow": {"data": {"type": "object", "required": ["to"], "properties": {"to": {"type": "integer"}}}},
    },
    "messages": {
        "granted": {"to": "case.customer", "subject": {"en": "Granted"}, "body": {"en": "You get {{ case.amount }}."}}
    },
    "payouts": {"compensation": {"amount": "case.amount", "unit": "EUR", "payee": "case.customer"}},
    "states": {
        "open": {
            "work": {"role": "clerk", "claim": "take"},
            "on": {
                "take": {"target": "taken"},
                "note": {"actions": [{"append": {"to": "notes", "item": "event.data.text"}}]},
                "whisper": {"actions": [{"set": {"secret": "event.data.text"}}]},
                "divide": {"guard": "case.amount / event.data.by > 1"},
                "blow": {"actions": [{"set": {"amount": "event.data.to"}}]},
            },
            "after": [
                {"name": "remind", "delay": "PT1H", "actions": [{"append": {"to": "notes", "item": {"text": "late"}}}]},
                {"name": "vain", "delay": "PT2H", "guard": "case.amount > param.limit", "target": "closed"},
                {"name": "faulty", "delay": "PT3H", "guard": "100 / case.share > 1", "target": "closed"},
                {"name": "give_up", "delay": "P1D", "target": "closed"},
            ],
        },
        "taken": {
            "on": {
                "grant": {
                    "guard": "case.amount <= param.limit",
                    "target": "closed",
                    "actions": [{"pay": "compensation"}, {"message": "granted"}],
                }
            }
        },
        "closed": {"type": "final"},
    },
}


def compiled(content: dict[str, Any] | None = None) -> Definition:
    made = compile_process(content or CLAIM)
    assert made.definition is not None, made.faults
    return made.definition


class Counting:
    """Ids in order."""

    def __init__(self) -> None:
        self.last = 0

    def new(self) -> str:
        self.last += 1
        return f"id-{self.last}"


def runtime(**more: Any) -> Runtime:
    parts = {"store": MemoryStore(), "catalogue": Only(compiled()), "clock": SimulatedClock(MORNING), "ids": Counting()}
    return Runtime(**parts | more)
