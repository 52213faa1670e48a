"""The double-entry lines of a payout."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Posting:
    """One line in the book: `amount` minor units of `unit` into (negative: out of) an owner's account.

    `effect` is the payout's id and `line` the place within it; together they are the posting's key.
    """

    effect: str
    line: int
    case: str
    revision: int
    process: str
    version: int
    at: datetime
    owner: str
    account: str
    amount: int
    unit: str
    payout: str
    purpose: str
    implements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Balance:
    """What an owner's account holds of a unit, in minor units."""

    owner: str
    account: str
    unit: str
    amount: int
