"""Two small processes that know of each other, for the tests of links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import UnknownProcess
from caseway.engine.ports import Delivery, Store
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH
from caseway.schemas.validator import faults

VISIT: dict[str, Any] = {
    "process": "visit",
    "version": 1,
    "roles": {"friend": "Friend", "judge": "Judge"},
    "data": {
        "type": "object",
        "properties": {
            "amount": {"type": "integer", "default": 5},
            "secret": {"type": "string", "default": "hush", "x-visible-to": ["judge"]},
            "heard": {"type": "string", "default": ""},
        },
    },
    "events": {"harm": {}, "end": {}, "note": {}},
    "messages": {"hello": {"to": {"text": "anna"}, "subject": "Hello", "body": "Hello."}},
    "links": {
        "damage": {
            "process": "claim",
            "title": {"en": "Claim", "pl": "Roszczenie"},
            "data": {"visit": "meta.case", "amount": "case.amount", "secret": "case.secret"},
        }
    },
    "states": {
        "open": {
            "on": {
                "harm": {"actions": [{"message": "hello"}, {"start": "damage"}]},
                "note": {"actions": [{"set": {"amount": "case.amount + 1"}}]},
                "damage.ended": {
                    "guard": "event.data.state != 'refused'",
                    "actions": [{"set": {"heard": "event.data.case + ' ' + event.data.state"}}],
                },
                "end": {"target": "over"},
            }
        },
        "over": {"type": "final"},
    },
}
CLAIM: dict[str, Any] = {
    "process": "claim",
    "version": 1,
    "data": {
        "type": "object",
        "required": ["visit"],
        "properties": {
            "visit": {"type": "string"},
            "amount": {"type": "integer", "minimum": 0},
            "secret": {"type": "string"},
        },
    },
    "events": {"pay": {}, "refuse": {}},
    "states": {
        "open": {
            "on": {"pay": {"target": "paid"}, "refuse": {"target": "refused"}},
            "after": [{"delay": "P1D", "target": "lapsed"}],
        },
        "paid": {"type": "final"},
        "refused": {"type": "final"},
        "lapsed": {"type": "final"},
    },
}


def starting(process: str, links: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A process that starts cases as soon as it is opened."""
    return {
        "process": process,
        "version": 1,
        "events": {"end": {}, "again": {}},
        "links": {name: {"process": other} for name, other in links.items()},
        "states": {
            "open": {
                "entry": [{"start": name} for name in links],
                "on": {"end": {"target": "over"}, "again": {"actions": [{"start": name} for name in links]}},
            }
            | more,
            "over": {"type": "final"},
        },
    }


class Shelf:
    """A catalogue of some documents, which may change, and ids in order."""

    def __init__(self, *documents: Mapping[str, Any]) -> None:
        self.definitions = {document["process"]: compiled(document) for document in documents}
        self._numbers = count(1)

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {name: (each.version,) for name, each in self.definitions.items()}

    def latest(self, process: str) -> Definition:
        if process not in self.definitions:
            raise UnknownProcess(f'There is no process "{process}".', process=process)
        return self.definitions[process]

    def version(self, process: str, version: int) -> Definition:
        return self.latest(process)

    def compiled(self, hash: str, content: Any) -> Definition:  # noqa: A002  # the port's name
        there = (each for each in self.definitions.values() if each.hash == hash)
        return next(there, None) or compiled(content())

    def new(self) -> str:
        return f"{next(self._numbers)}"


def compiled(document: Mapping[str, Any]) -> Definition:
    assert faults(document, "process") == ()
    made = compile_process(document)
    assert made.definition, made.faults
    return made.definition


def runtime(*documents: Mapping[str, Any], store: Store | None = None, delivery: Delivery | None = None) -> Runtime:
    """A runtime of these documents, or of a visit and a claim, at nine in the morning."""
    shelf = Shelf(*(documents or (VISIT, CLAIM)))
    return Runtime(store or MemoryStore(rehearsal=True), shelf, SimulatedClock(EPOCH), shelf, delivery)
