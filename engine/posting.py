"""Payouts and settlements as double entry: whatever one account gains, another loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from caseway.engine.effect import ClawBack, Payout, Purpose
from caseway.engine.outcome import Entry, Step

Kind = Literal["payout", "claw-back", "settlement", "rejection"]


@dataclass(frozen=True, slots=True)
class Posting:
    """One line in the book: `amount` minor units of `unit` into (negative: out of) an owner's account.

    `effect` is the id of what moved them and `line` the place within it; together they are the posting's key. What a case
    moved names the case, revision, version and rules; what a settlement moved names the batch. `seq` is its place in the order of writing, where
    it was read from a book: a number that grows, with gaps.
    """

    effect: str
    line: int
    kind: Kind
    at: datetime
    owner: str
    account: str
    amount: int
    unit: str
    purpose: Purpose
    case: str | None = None
    revision: int | None = None
    process: str | None = None
    version: int | None = None
    payout: str | None = None
    implements: tuple[str, ...] = ()
    batch: str | None = None
    seq: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an owner's account holds of a unit, in minor units."""

    owner: str
    account: str
    unit: str
    amount: int


@dataclass(frozen=True, slots=True)
class PostingQuery:
    """Which lines of the book to yield; what is None does not matter. `since` is included, `until` is not."""

    case: str | None = None
    owner: str | None = None
    unit: str | None = None
    batch: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def postings(of: Step | Entry) -> Iterator[Posting]:
    """Yield the lines of every payout and claw-back of a step: first of who gives, then of who gets. What moves nothing has none."""
    case, revision, process, version = (
        (of.after.id, of.after.revision, of.after.process, of.after.version)
        if isinstance(of, Step)
        else (of.case, of.revision, of.process, of.version)
    )
    for moved in of.effects:
        if not isinstance(moved, (Payout, ClawBack)) or not moved.amount:
            continue
        payer, payee = (moved.payer, moved.payer_account), (moved.payee, moved.account)
        giver, taker = (payer, payee) if isinstance(moved, Payout) else (payee, payer)
        for line, ((owner, account), amount) in enumerate(((giver, -moved.amount), (taker, moved.amount))):
            yield Posting(
                effect=moved.id,
                line=line,
                kind="payout" if isinstance(moved, Payout) else "claw-back",
                at=of.at,
                owner=owner,
                account=account,
                amount=amount,
                unit=moved.unit,
                purpose=moved.purpose,
                case=case,
                revision=revision,
                process=process,
                version=version,
                payout=moved.payout,
                implements=moved.implements,
            )


def once_keys(of: Step | Entry) -> Mapping[str, str]:
    """Return the once keys that a step takes, each with the id of the first effect that it was taken for."""
    taken: dict[str, str] = {}
    for effect in of.effects:
        if isinstance(effect, Payout) and effect.once is not None:
            taken.setdefault(effect.once, effect.id)
    return taken
