"""A talk with a customer, and runtimes to have it on."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from caseway.adapters.catalogue import FolderCatalogue
from caseway.adapters.checked_file import definition_in
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.folder_delivery import FolderDelivery
from caseway.adapters.machine import RandomIds
from caseway.engine.actor import Actor
from caseway.engine.journal import entry_record
from caseway.engine.ports import Delivery, Store
from caseway.engine.runtime import Runtime
from tests.contracts.sample import NINE

PROCESSES = Path(__file__).parent / "processes"
CATALOGUE = FolderCatalogue(PROCESSES, definition_in)
EVA = Actor("eva", frozenset({"moderator"}))
CLERK = Actor("carl", frozenset({"clerk"}))

NAME = 'Żółć "Gęś" O\'Neil/x\nBąk'
CARD = "my card is 4111-1111-1111-1111, <b>please</b>"


def runtime_on(store: Store, *, folder: Path | None = None, catalogue: Any = CATALOGUE) -> Runtime:
    delivery: Delivery | None = None if folder is None else FolderDelivery(folder)
    return Runtime(store, catalogue, SimulatedClock(NINE), RandomIds(), delivery)


def talked(runtime: Runtime, case: str = "Q-1") -> Runtime:
    """Have a customer say a card number, and then a harmless thing."""
    runtime.start("talk", {"customer": NAME, "age": 44, "score": 9, "rate": 2.5, "born": "1980-02-03"}, id=case)
    runtime.send(case, "say", {"body": CARD}, event_id="said")
    runtime.send(case, "say", {"body": "And hello.", "stars": 5})
    return runtime


def records(runtime: Runtime, cases: Iterable[str] = ("Q-1",)) -> list[dict[str, Any]]:
    return [entry_record(line) for case in cases for line in runtime.history(case)]


def body(runtime: Runtime, index: int = 0, case: str = "Q-1") -> Any:
    return runtime.show(case).data["conversation"][index]["body"]
