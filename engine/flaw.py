"""What may be wrong with the numbers and names of a payment, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from caseway.engine.case import is_marked
from caseway.engine.money import LARGEST
from caseway.engine.once import LONGEST
from caseway.engine.payee import OWNER_FORM, is_owner

MOST = LARGEST
"""Minor units that one payout may pay, at once and in all, and parts that an amount may be shared in: sums of millions of these fit into what databases sum."""

ALL = 100
"""Percent of everything."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What stands against a value: the code of the fault where it is fixed in a document, what is wrong, and what is possible instead."""

    code: str
    told: str
    hint: str


Look = Callable[[Any], Flaw | None]
"""Says what stands against a value; None: nothing."""


def amount_flaw(amount: int) -> Flaw | None:
    if amount < 0:
        return Flaw("negative-amount", f"a payout of {amount} is less than nothing", "swap payee and payer instead")
    if amount > MOST:
        told = f"a payout of {amount} is more than {MOST:,} minor units"
        return Flaw("amount-too-large", told, "give it in a larger unit")
    return None


def weight_flaw(weight: int) -> Flaw | None:
    if weight < 0:
        told = f"a weight of {weight} is less than none"
        return Flaw("negative-weight", told, "give 0 to whom nothing is paid")
    return None


def percent_flaw(percent: int) -> Flaw | None:
    if 0 <= percent <= ALL:
        return None
    told = f"{percent} percent cannot be taken back of what was paid"
    return Flaw("percent-out-of-range", told, f"give a whole number from 0 to {ALL}")


def owner_flaw(owner: str) -> Flaw | None:
    if is_owner(owner) and not is_marked(owner):
        return None
    told = (
        "an empty text names nobody"
        if not owner
        else "whose name was redacted can neither pay nor be paid"
        if is_marked(owner)
        else "what this gives is nobody's id: it is too long, or has spaces around it or signs that nobody sees"
    )
    return Flaw("no-owner", told, f"give the id of a person or an account: {OWNER_FORM}")


def key_flaw(key: str) -> Flaw | None:
    if 0 < len(key) <= LONGEST and not is_marked(key):
        return None
    told = (
        "an empty text is no key"
        if not key
        else "what was redacted is no key: others have the same in its place"
        if is_marked(key)
        else f"a key of {len(key)} characters is too long"
    )
    return Flaw("bad-once-key", told, f"give a text of 1 to {LONGEST} characters, such as case.author")
