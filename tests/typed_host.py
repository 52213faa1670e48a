"""A host as a type checker sees it: `make types` checks this file, and that what is ignored here would be a fault."""

from __future__ import annotations

from datetime import UTC, datetime

import caseway


def owed(runtime: caseway.Runtime, person: str) -> int:
    anna = caseway.Actor(person, frozenset({"worker"}))
    return sum(each.amount for each in runtime.ledger.balances(owner=person, unit="EUR", actor=anna))


def settled(runtime: caseway.Runtime) -> caseway.Batch:
    plan: caseway.Plan = runtime.ledger.plan("EUR")
    objections: list[str] = [f"{each.payee} {each.problem}" for each in plan.objections]
    if objections:
        raise caseway.InvalidInput("; ".join(objections))
    return runtime.ledger.settle("EUR", batch="W-12")


def moved(runtime: caseway.Runtime, case: str) -> dict[str, int]:
    paid: dict[str, int] = {}
    view: caseway.CaseView = runtime.show(case)
    for each in view.case.paid:
        paid[each.payee] = paid.get(each.payee, 0) + each.amount
    return paid


def sent(runtime: caseway.Runtime) -> int | None:
    entry: caseway.Entry = runtime.send("R-1", "accept", {}, now=datetime.now(UTC))
    for effect in entry.effects:
        if isinstance(effect, caseway.Payout):
            return effect.amount
    return None


def mistaken(runtime: caseway.Runtime, posting: caseway.Posting) -> None:
    caseway.opne()  # type: ignore[attr-defined]  # no such name
    runtime.ledgr  # type: ignore[attr-defined]  # noqa: B018  # no such name
    runtime.ledger.settle("EUR", minimum=1.5)  # type: ignore[arg-type]  # money is in whole units
    posting.amuont  # type: ignore[attr-defined]  # noqa: B018  # no such name
    runtime.send(1, "accept", {})  # type: ignore[arg-type]  # an id is a text
