"""Paying, and taking back what was paid: actions, which work on one step's Reaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from caseway.engine.case import Paid
from caseway.engine.effect import AlreadyPaid, ClawBack, Movement, Payout, Purpose, Reason, Share, Unpaid
from caseway.engine.expression import Activation
from caseway.engine.expression.function import percent as percent_of
from caseway.engine.flaw import MOST, Look, amount_flaw, key_flaw, owner_flaw, percent_flaw, weight_flaw
from caseway.engine.guard import Faulty, Guard
from caseway.engine.loss import listed_in, refuse_lost
from caseway.engine.once import Once
from caseway.engine.payee import owner_id
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
        if isinstance(self.items, Computed):
            refuse_lost(reaction, self.items.place, self.items.program)
        else:
            refuse_lost(reaction, f"{place}.split.among", self.items)
        refuse_lost(reaction, place, self.payee, self.weight, names=[(self.name, listed_in(self.items))])
        weights: dict[str, int] = {}
        for item in self._listed(reaction):
            seen = reaction.activation.extended(**{self.name: item})
            weight = _sound(self.weight, weight_flaw, seen, place)
            if weight:
                payee = _owner(self.payee, seen, place)
                weights[payee] = weights.get(payee, 0) + weight
        if sum(weights.values()) > MOST:
            raise _faulty(self.weight, place, f"all weights together are more than {MOST:,}")
        return weights

    def lacks(self, reaction: Reaction) -> Reason:
        """Say why nobody has weight."""
        return "no-weight" if any(True for _ in self._listed(reaction)) else "nobody"

    def _listed(self, reaction: Reaction) -> Iterable[Any]:
        if isinstance(self.items, tuple):
            return found(reaction.data, self.items) or ()
        listed: Iterable[Any] = self.items.evaluate(reaction.activation)
        return listed


@dataclass(frozen=True, slots=True)
class Pay:
    """Move an amount of minor units from one account to another, or share it among many.

    Where `when` does not hold, or there is nothing to pay or nobody to pay it to, only that is noted. Where something that it reads
    on the way was redacted, it is Faulty.
    """

    payout: str
    amount: Value
    unit: str
    payee: Value | Split
    account: str
    payer: Value
    payer_account: str
    purpose: Purpose
    implements: tuple[str, ...]
    place: str
    when: Guard | None = None
    once: Once | None = None

    def perform(self, reaction: Reaction) -> None:
        activation = reaction.activation
        refuse_lost(reaction, self.place, self.when)
        if self.when is not None and not self.when.holds(activation):
            _note_nothing(reaction, self.payout, "condition")
            return
        refuse_lost(reaction, self.place, self.amount)
        amount = _sound(self.amount, amount_flaw, activation, self.place)
        if not amount:
            _note_nothing(reaction, self.payout, "zero")
            return
        refuse_lost(reaction, self.place, self.payer, self.once and self.once.key)
        weights = self._weights(reaction)
        if isinstance(self.payee, Split) and not weights:
            _note_nothing(reaction, self.payout, self.payee.lacks(reaction))
            return
        payer = _owner(self.payer, activation, self.place)
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
        refuse_lost(reaction, self.place, self.payee)
        return {_owner(self.payee, reaction.activation, self.place): 1}

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
    """Take back so many percent of what a payout of this case paid and has not taken back; of each payee their share of it.

    `payee` gives one or several from whom it is taken, and of nobody else; None: of all. Where there is nothing to take, only that is noted.
    """

    payout: str
    percent: Value
    purpose: Purpose
    implements: tuple[str, ...]
    place: str
    payee: Value | None = None

    def perform(self, reaction: Reaction) -> None:
        refuse_lost(reaction, self.place, self.percent, self.payee)
        percent = _sound(self.percent, percent_flaw, reaction.activation, self.place)
        paid = [each for each in reaction.paid if each.payout == self.payout]
        if self.payee is not None:
            payees = self._payees(self.payee, reaction)
            if not payees:
                _note_nothing(reaction, self.payout, "nobody", "claw-back")
                return
            paid = [each for each in paid if each.payee in payees]
        before = len(reaction.effects)
        for unit in dict.fromkeys(each.unit for each in paid):
            reaction.move(self._claw_backs([each for each in paid if each.unit == unit], percent, reaction))
        if len(reaction.effects) == before:
            _note_nothing(reaction, self.payout, "zero" if paid else "nothing-left", "claw-back")

    def _payees(self, payee: Value, reaction: Reaction) -> frozenset[str]:
        given = payee.evaluate(reaction.activation)
        names: list[str] = [given] if isinstance(given, str) else given
        return frozenset(_owner_named(payee, name, self.place) for name in names)

    def _claw_backs(self, paid: Iterable[Paid], percent: int, reaction: Reaction) -> Iterator[ClawBack]:
        """Yield what is taken back of what was paid in one unit."""
        lines = _by_payee(paid)
        still = {name: each.amount for name, each in lines.items()}
        whole = sum(still.values())
        total = percent_of(whole, percent)
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
                    share=Share(still[name], whole, total),
                    percent=percent,
                )


@dataclass(frozen=True, slots=True)
class MoveNothing:
    """What is left of a payment, or of taking it back, where the guard of the action says no: a note of that."""

    payout: str
    of: Movement

    def perform(self, reaction: Reaction) -> None:
        _note_nothing(reaction, self.payout, "condition", self.of)


def _note_nothing(reaction: Reaction, payout: str, reason: Reason, of: Movement = "payout") -> None:
    reaction.effects.append(Unpaid(reaction.effect_id(), payout, reason, of))


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


def _owner(value: Value, activation: Activation, place: str) -> str:
    """Return whose account a value names now, as the book has them. Raises Faulty where nobody can be meant."""
    return _owner_named(value, value.evaluate(activation), place)


def _owner_named(value: Value, name: Any, place: str) -> str:
    owner = owner_id(name)
    flaw = owner_flaw(owner)
    if flaw is not None:
        raise _faulty(value, place, flaw.told)
    return owner


def _faulty(value: Value, place: str, problem: str) -> Faulty:
    if isinstance(value, Computed):
        return Faulty(value.place, value.program.text, problem)
    return Faulty(place, str(value.value) if isinstance(value, Literal) else "computed", problem)
