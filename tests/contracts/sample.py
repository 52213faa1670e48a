"""Steps made by hand: values in, values out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Paid, Timer, Work
from caseway.engine.effect import ClawBack, Effect, Message, Payout
from caseway.engine.event import START, Event
from caseway.engine.outcome import Refusal, Step
from caseway.engine.paid import paid_after
from caseway.engine.payee import Payee
from caseway.engine.ports import Store
from caseway.engine.settlement import Batch, BatchLine

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HASH = "5f1d"
ANNA = Actor("anna", frozenset({"friend"}), frozenset({"nl"}))

PATIENCE = 60.0
"""How many seconds a test waits for another thread, or a server, before something must be wrong."""


def minutes(count: float) -> datetime:
    """The instant so many minutes past nine."""
    return NINE + timedelta(minutes=count)


def keep_definition(store: Store) -> None:
    store.keep_definition(HASH, "orange", 1, {"process": "orange", "version": 1})


def timer(key: str, due: float, *, name: str = "remind", fault: str | None = None) -> Timer:
    return Timer(key, name, minutes(due), fault)


def message(key: str, to: str = "anna") -> Message:
    return Message(key, "hello", to, {"nl": "Dag", "pl": "Cześć"}, {"nl": "Er wacht een klant."})


def payout(key: str, amount: int = 225, payee: str = "anna", unit: str = "EUR", once: str | None = None) -> Payout:
    return Payout(key, "visit", amount, unit, payee, "payable", "platform", "payouts", "A visit", ("OF-02",), once=once)


def claw_back(key: str, amount: int = 225, payee: str = "anna", unit: str = "EUR") -> ClawBack:
    return ClawBack(key, "visit", amount, unit, payee, "payable", "platform", "payouts", "No visit", ("OF-03",))


def batch(*amounts: tuple[str, int], id: str = "EUR-1", at: float = 30) -> Batch:  # noqa: A002 - the field's name
    """A batch of these amounts, each for somebody with a bank account."""
    lines = tuple(
        BatchLine(number, Payee(owner, f"Zoë {owner}", "NL91ABNA0417164300"), amount)
        for number, (owner, amount) in enumerate(amounts, 1)
    )
    debtor = Payee("platform", "The platform", "NL20INGB0001234567", "INGBNL2A")
    return Batch(id, "EUR", "payable", minutes(at), date(2026, 3, 4), debtor, "pain.001", lines, "carl")


def opening(
    case: str = "OF-1",
    *,
    at: float = 0,
    event: str = "start",
    state: tuple[str, ...] = ("offered",),
    timers: Iterable[Timer] = (),
    effects: Iterable[Effect] = (),
    **changes: Any,
) -> Step:
    """The step that opens a case."""
    before = Case(case, "orange", 1, HASH)
    after = replace(
        before,
        revision=1,
        configuration=state,
        data={"customer": {"name": "Zoë"}, "attempts": 0, "tags": ["a"], "note": None},
        timers=tuple(timers),
        work=(Work("offered", "friend", ("anna", "ben"), ("carl",)),),
        entered=dict.fromkeys(state, minutes(at)),
        opened_at=minutes(at),
        last_at=minutes(at),
    )
    effects = tuple(effects)
    after = replace(after, **{"paid": _paid(before, effects)} | changes)
    return Step(Event(START, after.data, event), minutes(at), before, after, ("offered",), effects)


def moving(
    before: Case,
    event: str = "e2",
    *,
    at: float = 1,
    effects: Iterable[Effect] = (),
    refusal: Refusal | None = None,
    **changes: Any,
) -> Step:
    """A step that moves a case by one revision; `changes` are fields of the case."""
    effects = tuple(effects)
    changes = {"paid": _paid(before, effects)} | changes
    after = replace(before, revision=before.revision + 1, last_at=minutes(at), **changes)
    sent = Event("accept", {"note": "ja"}, event, ANNA)
    return Step(sent, minutes(at), before, after, ("offered.on.accept.1",), effects, refusal)


def _paid(before: Case, effects: Iterable[Effect]) -> tuple[Paid, ...]:
    return paid_after(before.paid, (each for each in effects if isinstance(each, (Payout, ClawBack))))


def opened(store: Store, case: str = "OF-1", **changes: Any) -> Case:
    """Open a case in a store and return it."""
    step = opening(case, **changes)
    store.commit(step)
    return step.after
