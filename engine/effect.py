"""Something to be done, as data.

The id of an effect is `<case>:<revision>:<index>`, counted within its step. Only what arms the nth timer of a series has the id
of what armed the first, with `#<n>` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from caseway.engine.case import Link


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
class File:
    """A document that was made: the name and the media type of a file, and what it holds."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document of the definition with this hash, to be made of these data when it is delivered: a file in each format.

    `at` is when it was sent. `files` is empty until then; no record keeps them.
    """

    document: str
    definition: str
    formats: tuple[str, ...]
    data: Mapping[str, Any]
    at: datetime
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """Tell one recipient something. `subject` and `body` hold one text per language."""

    id: str
    message: str
    to: str
    subject: Mapping[str, str]
    body: Mapping[str, str]
    attached: tuple[Attachment, ...] = ()


Reason = Literal["condition", "nobody", "no-weight", "zero", "nothing-left"]
"""Why no money moves: a guard says no; nobody is to be paid, or to give back; none of them has weight; the amount is 0; nothing is left to take back."""

Purpose = str | Mapping[str, str]
"""What money moves for, as its process says it: a text, or one for each language."""

Movement = Literal["payout", "claw-back"]
"""Which way money was to move."""


@dataclass(frozen=True, slots=True)
class Share:
    """What part of a whole somebody gets or gives back: `weight` parts in `of`, of `total` minor units."""

    weight: int
    of: int
    total: int


@dataclass(frozen=True, slots=True)
class Payout:
    """Move `amount` minor units of `unit` from the payer's account to the payee's. Never negative.

    `share` is set where an amount was split among many: each gets a Payout. `once` is the key that nobody else can take any more;
    all shares of a split have the same.
    """

    id: str
    payout: str
    amount: int
    unit: str
    payee: str
    account: str
    payer: str
    payer_account: str
    purpose: Purpose
    implements: tuple[str, ...] = ()
    share: Share | None = None
    once: str | None = None


@dataclass(frozen=True, slots=True)
class ClawBack:
    """Take `amount` minor units, which a payout of this case paid before, back from the payee's account to the payer's.

    `percent` of what those had of it from whom it is taken: `share.of` minor units, of which the payee had `share.weight`.
    """

    id: str
    payout: str
    amount: int
    unit: str
    payee: str
    account: str
    payer: str
    payer_account: str
    purpose: Purpose
    implements: tuple[str, ...] = ()
    share: Share | None = None
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class AlreadyPaid:
    """Nothing was paid: the once key of the payout is taken. `by` is the id of the effect that took it."""

    id: str
    payout: str
    once: str
    by: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """Nothing was paid by a payout, or (`of` says which) taken back of what it had paid, and why."""

    id: str
    payout: str
    reason: Reason
    of: Movement = "payout"


@dataclass(frozen=True, slots=True)
class StartCase:
    """Start another case with this id and these data, as of the instant `at`.

    `parent` is the new case's link to the one that starts it.
    """

    id: str
    process: str
    case: str
    data: Mapping[str, Any]
    at: datetime
    parent: Link

    @property
    def link(self) -> str:
        return self.parent.name


@dataclass(frozen=True, slots=True)
class SendEvent:
    """Send an event to another case, as of the instant `at`."""

    id: str
    case: str
    event: str
    data: Mapping[str, Any]
    at: datetime


Outbound = Message | StartCase | SendEvent
"""What leaves a case by the outbox."""

OUTBOUND = (Message, StartCase, SendEvent)

Effect = SetTimer | CancelTimer | Message | Payout | ClawBack | AlreadyPaid | Unpaid | StartCase | SendEvent


def recipient(effect: Outbound) -> str:
    """Return who gets it: a person, or `case:<id>`. What goes to one of them from one case keeps its order."""
    return effect.to if isinstance(effect, Message) else f"case:{effect.case}"
