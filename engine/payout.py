"""Paying, and taking back what was paid: actions, which work on one step's Reaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caseway.engine.case import Paid
from caseway.engine.effect import AlreadyPaid, ClawBack, Payout, Share
from caseway.engine.expression import Activation
from caseway.engine.expression.function import percent as percent_of
from caseway.engine.flaw import MOST, Look, amount_flaw, key_flaw, owner_flaw, percent_flaw, weight_flaw
from caseway.engine.guard import Faulty, Guard
from caseway.engine.once import Once
from caseway.engine.split import shares
from caseway.engine.value import Computed, Literal, Value, found

if TYPE_CHECKING:
    from caseway.engine.reaction import Reaction


@dataclass(frozen=True, slots=True)
class Split:
    """Among whom an amount is shared: for each item of a list, who is meant by it, and how much it weighs.

    `items` is the path of a list in the case's data, which may be absent, or gives a list.
    """

    items: tuple[str, ...] | Value
    name: str
    payee: Value
    weight: Value

    def weights(self, reaction: Reaction, place: str) -> dict[str, int]:
        """Return how much each payee weighs in all, in order of their first appearance; whoever has no weight is left out."""
        weights: dict[str, int] = {}
        for item in self._listed(reaction):
            seen = reaction.activation.extended(**{self.name: item})
            weight = _sound(self.weight, weight_flaw, seen, place)
            if weight:
                payee = _sound(self.payee, owner_flaw, seen, place)
                weights[payee] = weights.get(payee, 0) + weight
        if sum(weights.values()) > MOST:
            raise _faulty(self.weight, place, f"all weights together are more than {MOST:,}")
        return weights

    def _listed(self, reaction: Reaction) -> Iterable[Any]:
        if isinstance(self.items, tuple):
            return found(reaction.data, self.items) or ()
        listed: Iterable[Any] = self.items.evaluate(reaction.activation)
        return listed


@dataclass(frozen=True, slots=True)
class Pay:
    """Move an amount of minor units from one account to another, or share it among many.

    Where `when` does not hold, or there is nothing to pay or nobody to pay it to, nothing happens.
    """

    payout: str
    amount: Value
    unit: str
    payee: Value | Split
    account: str
    payer: Value
    payer_account: str
    purpose: str
    implements: tuple[str, ...]
    place: str
    when: Guard | None = None
    once: Once | None = None

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        if self.when is not None and not self.when.holds(activation):
            return
        amount = _sound(self.amount, amount_flaw, activation, self.place)
        weights = self._weights(reaction) if amount else {}
        if not weights:
            return
        payer = _sound(self.payer, owner_flaw, activation, self.place)
        key = None if self.once is None else self.once.full(_sound(self.once.key, key_flaw, activation, self.place))
        taken_by = None if key is None else reaction.taken_by(key)
        if key is not None and taken_by is not None:
            reaction.effects.append(AlreadyPaid(reaction.effect_id(), self.payout, key, taken_by))
            return
        if amount + sum(each.amount for each in reaction.paid if each.payout == self.payout) > MOST:
            raise _faulty(self.amount, self.place, f"one case would pay more than {MOST:,} minor units by it")
        reaction.move(self._payouts(amount, weights, payer, key, reaction))

    def _weights(self, reaction: Reaction) -> Mapping[str, int]:
        """Return who is to be paid, by weight."""
        if isinstance(self.payee, Split):
            return self.payee.weights(reaction, self.place)
        return {_sound(self.payee, owner_flaw, reaction.activation, self.place): 1}

    def _payouts(
        self, amount: int, weights: Mapping[str, int], payer: str, key: str | None, reaction: Reaction
    ) -> Iterator[Payout]:
        whole = sum(weights.values())
        for payee, units in shares(amount, weights, reaction.named(self.payout)).items():
            if units:
                yield Payout(
                    id=reaction.effect_id(),
                    payout=self.payout,
                    amount=units,
                    unit=self.unit,
                    payee=payee,
                    account=self.account,
                    payer=payer,
                    payer_account=self.payer_account,
                    purpose=self.purpose,
                    implements=self.implements,
                    share=Share(weights[payee], whole, amount) if isinstance(self.payee, Split) else None,
                    once=key,
                )


@dataclass(frozen=True, slots=True)
class TakeBack:
    """Take back so many percent of what a payout of this case paid and has not taken back; of each payee their share of it."""

    payout: str
    percent: Value
    purpose: str
    implements: tuple[str, ...]
    place: str

    def perform(self, reaction: Reaction) -> None:
        percent = _sound(self.percent, percent_flaw, reaction.activation, self.place)
        paid = [each for each in reaction.paid if each.payout == self.payout]
        for unit in dict.fromkeys(each.unit for each in paid):
            reaction.move(self._claw_backs([each for each in paid if each.unit == unit], percent, reaction))

    def _claw_backs(self, paid: Iterable[Paid], percent: int, reaction: Reaction) -> Iterator[ClawBack]:
        """Yield what is taken back of what was paid in one unit."""
        lines = _by_payee(paid)
        still = {name: each.amount for name, each in lines.items()}
        total = percent_of(sum(still.values()), percent)
        for name, units in shares(total, still, reaction.named(self.payout)).items():
            if units:
                line = lines[name]
                yield ClawBack(
                    id=reaction.effect_id(),
                    payout=self.payout,
                    amount=units,
                    unit=line.unit,
                    payee=line.payee,
                    account=line.account,
                    payer=line.payer,
                    payer_account=line.payer_account,
                    purpose=self.purpose,
                    implements=self.implements,
                )


def _by_payee(paid: Iterable[Paid]) -> dict[str, Paid]:
    """Name each line by its payee; of one who was paid in several ways, each after the first has a longer name."""
    named: dict[str, Paid] = {}
    for each in paid:
        name = each.payee
        while name in named:
            name += "\0"
        named[name] = each
    return named


def _sound(value: Value, look: Look, activation: Activation, place: str) -> Any:
    """Return what a value is now. Raises Faulty where something stands against it."""
    given = value.evaluate(activation)
    flaw = look(given)
    if flaw is not None:
        raise _faulty(value, place, flaw.told)
    return given


def _faulty(value: Value, place: str, problem: str) -> Faulty:
    if isinstance(value, Computed):
        return Faulty(value.place, value.program.text, problem)
    return Faulty(place, str(value.value) if isinstance(value, Literal) else "computed", problem)
