"""Something to be done, as data.

The id of an effect is `<case>:<revision>:<index>`, counted within its step. Only what arms the nth timer of a series has the id
of what armed the first, with `#<n>` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Arm a timer: at `due`, the clock sends the event `timer` with this effect's id."""

    id: str
    timer: str
    due: datetime


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Void the timer that the effect `armed_by` armed."""

    id: str
    timer: str
    armed_by: str


@dataclass(frozen=True, slots=True)
class Message:
    """Tell one recipient something. `subject` and `body` hold one text per language."""

    id: str
    message: str
    to: str
    subject: Mapping[str, str]
    body: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Payout:
    """Move `amount` minor units of `unit` from the payer's account to the payee's. Never negative."""

    id: str
    payout: str
    amount: int
    unit: str
    payee: str
    account: str
    payer: str
    payer_account: str
    purpose: str
    implements: tuple[str, ...] = ()


Effect = SetTimer | CancelTimer | Message | Payout
