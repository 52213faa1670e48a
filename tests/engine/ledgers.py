"""A ledger for tests, on any store: who earned what, whose bank details are known."""

from __future__ import annotations

from collections.abc import Mapping

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.csv_transfer import CsvTransfer
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.sepa_transfer import SepaTransfer
from caseway.engine.payee import Payee
from caseway.engine.ports import Store
from caseway.engine.runtime.ledger import Ledger
from tests.contracts.sample import keep_definition, minutes, opening, payout

PLATFORM = Payee("platform", "The Platform", "NL91ABNA0417164300", "ABNANL2A")
ANNA = Payee("anna", "Anna Łęcka", "PL61109010140000071219812874")
BEN = Payee("ben", "Ben de Boer", "BE68539007547034", "GKCCBEBB")
NOOR = Payee("noor", "Noor & Zonen", "DE89370400440532013000")
EVERYBODY = (PLATFORM, ANNA, BEN, NOOR)


def ledger(store: Store, at: float = 60) -> Ledger:
    """The ledger of a store, at so many minutes past nine, which takes actors at their word."""
    return Ledger(store, SimulatedClock(minutes(at)), (SepaTransfer(), CsvTransfer()), lambda actor: actor)


def earn(store: Store, earned: Mapping[str, int], *, case: str = "OF-1", unit: str = "EUR", at: float = 0) -> None:
    """Let a case pay each of them so many minor units into `payable`; below 0: from them to the platform."""
    effects = [
        payout(f"{case}:1:{index}", amount, owner, unit)
        if amount >= 0
        else _taken(f"{case}:1:{index}", -amount, owner, unit)
        for index, (owner, amount) in enumerate(earned.items())
    ]
    store.commit(opening(case, at=at, event=f"start {case}", effects=effects))


def _taken(key: str, amount: int, owner: str, unit: str):
    from dataclasses import replace

    return replace(payout(key, amount, "platform", unit), payer=owner, payer_account="payable", account="payouts")


def earning(**earned: int) -> Ledger:
    """A ledger in memory in which these earned so many cents, and everybody's details are known."""
    store = MemoryStore()
    keep_definition(store)
    earn(store, earned)
    made = ledger(store)
    made.keep_payees(EVERYBODY)
    return made
