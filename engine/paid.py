"""What the payouts of a case have paid and not taken back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from caseway.engine.case import Paid
from caseway.engine.effect import ClawBack, Payout
from caseway.engine.outcome import Entry

Way = tuple[str, str, str, str, str, str]
"""Payout and unit, payee and account, payer and account."""


def paid_after(paid: tuple[Paid, ...], moved: Iterable[Payout | ClawBack]) -> tuple[Paid, ...]:
    """Return what has been paid once these have moved as well: one entry for what goes the same way, and none where nothing is left."""
    left = {_way(each): each for each in paid}
    for effect in moved:
        way = payout, *rest = _way(effect)
        known = left.get(way) or Paid(payout, 0, *rest)
        left[way] = replace(
            known, amount=known.amount + (effect.amount if isinstance(effect, Payout) else -effect.amount)
        )
    return tuple(each for each in left.values() if each.amount)


def totals(paid: Iterable[Paid], payouts: Mapping[str, int]) -> dict[str, int]:
    """Return what each payout has paid in all, in minor units; `payouts` has a 0 for each."""
    sums = dict(payouts)
    for each in paid:
        if each.payout in sums:  # which it is not where the case came from another version
            sums[each.payout] += each.amount
    return sums


def net(journal: Iterable[Entry]) -> dict[Way, int]:
    """Return the minor units that the lines of a case's journal have paid each way and not taken back."""
    moved = (effect for line in journal for effect in line.effects if isinstance(effect, (Payout, ClawBack)))
    return by_way(paid_after((), moved))


def by_way(paid: Iterable[Paid]) -> dict[Way, int]:
    """Return the minor units that went each way."""
    sums: dict[Way, int] = {}
    for each in paid:
        sums[_way(each)] = sums.get(_way(each), 0) + each.amount
    return sums


def _way(moved: Paid | Payout | ClawBack) -> Way:
    return moved.payout, moved.unit, moved.payee, moved.account, moved.payer, moved.payer_account
