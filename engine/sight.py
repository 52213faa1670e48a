"""What one actor may see of a case, and what is withheld from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Paid
from caseway.engine.definition import Definition
from caseway.engine.effect import (
    AlreadyPaid,
    CancelTimer,
    ClawBack,
    Effect,
    Message,
    Payout,
    Reason,
    SetTimer,
    StartCase,
    Unpaid,
)
from caseway.engine.paid import paid_after
from caseway.engine.payee import owner_id
from caseway.engine.visibility import WITHHELD, sees_all, visible

T = TypeVar("T")
M = TypeVar("M", Payout, ClawBack, Paid)
Moved = Payout | ClawBack | Paid

_SHELVES = {"timer": "timers", "work": "work", "level": "service_levels"}
"""Where the things of a case stand that may be withheld, by their kind."""

_COMES_OF: Mapping[Reason, tuple[str, ...]] = {
    "condition": ("when",),
    "zero": ("when", "amount"),
    "nobody": ("when", "amount", "payee"),
    "no-weight": ("when", "amount", "payee"),
    "nothing-left": ("when", "amount", "payee"),
}
"""The parts of a payout that are told by why no money moved: what comes later is looked at only where a guard said yes."""


class Sight:
    """What one actor sees of a case, and the names of what was withheld on the way."""

    def __init__(self, definition: Definition, case: Case, actor: Actor | None) -> None:
        self.definition, self.case, self.actor = definition, case, actor
        self._withheld: dict[str, None] = {}

    @property
    def withheld(self) -> tuple[str, ...]:
        return tuple(self._withheld)

    def sees(self, *thing: str) -> bool:
        """Say whether all that a thing is made of is the actor's to see (see `Definition.made_of`)."""
        if thing[0] == "timer" and self.definition.is_level_event(thing[1]):
            thing = ("level", thing[1].partition(".")[0])
        return sees_all(self.definition.made_of.get(thing, ()), self.case, self.actor)

    def withhold(self, name: str) -> None:
        self._withheld[name] = None

    def data(self, schema: Mapping[str, Any], value: Any, path: str) -> Any:
        seen, withheld = visible(schema, value, self.case, self.actor, path)
        self._withheld |= dict.fromkeys(withheld)
        return seen

    def fault(self, timer: str) -> str:
        """Stand in for what a timer says that was set aside: it may quote any of the data."""
        self.withhold(f"timers.{timer}.fault")
        return WITHHELD

    def among(self, kind: str, things: Iterable[T], name: Callable[[T], str]) -> Iterator[T]:
        """Yield those of some things that are made of what the actor may see."""
        for each in things:
            if self.sees(kind, name(each)):
                yield each
            else:
                self.withhold(f"{_SHELVES[kind]}.{name(each)}")

    def effects(self, effects: Iterable[Effect]) -> Iterator[Effect]:
        for effect in effects:
            seen = self._effect(effect)
            if seen is not None:
                yield self._numberless(seen)

    def _effect(self, effect: Effect) -> Effect | None:
        match effect:
            case Message() if not self._is_actor(effect.to):
                self.withhold(f"effects.message.{effect.message}")
                to = effect.to if self.sees("message", effect.message, "to") else WITHHELD
                return replace(effect, to=to, subject={}, body={}, attached=())
            case Payout():
                return self._payout(effect)
            case ClawBack():
                return self._claw_back(effect)
            case AlreadyPaid():
                return self._already_paid(effect)
            case Unpaid():
                return self._unpaid(effect)
            case SetTimer() if not self.sees("timer", effect.timer):
                self.withhold(f"effects.timer.{effect.timer}")
            case StartCase() if not self.sees("link", effect.link):
                self.withhold(f"effects.start.{effect.link}")
            case _:
                return effect
        return None

    # ids

    @cached_property
    def _counts(self) -> bool:
        """Say whether the actor may count what moves money; if not, the number of an effect in its step would tell what went before it."""
        return all(thing[0] != "payout" or self.sees(*thing) for thing in self.definition.made_of)

    def id(self, effect: str) -> str:
        """Return the id of an effect, without its number in its step where that may tell of what is hidden."""
        return effect if self._counts else numberless(effect)

    def _numberless(self, effect: Effect) -> Effect:
        """Return an effect without its number, but not what the ledger tells a party under its id."""
        match effect:
            case Payout() | ClawBack() if self._owns(effect.payee) or self._owns(effect.payer):
                return effect
            case CancelTimer():
                return replace(effect, id=self.id(effect.id), armed_by=self.id(effect.armed_by))
            case AlreadyPaid():
                return replace(effect, id=self.id(effect.id), by=self.id(effect.by))
        return replace(effect, id=self.id(effect.id))

    # money

    def paid(self, paid: Iterable[Paid]) -> Iterator[Paid]:
        """Yield what was paid as the actor may see it: what the ledger tells the parties, and the rest to whoever sees what it is made of.

        What a payout has paid whose amount is hidden is withheld by name, also where that is nothing: nobody is to tell one from the other.
        """
        for kind, name, *part in self.definition.made_of:
            if (kind, part) == ("payout", ["amount"]) and not self.sees(kind, name, "amount"):
                self.withhold(f"paid.{name}")
        return (self._parties(each, "paid") for each in paid if self._tells_amount(each))

    def changes_paid(self, effects: Iterable[Effect]) -> bool:
        """Say whether what effects of one step leave paid is another sum than before, of what the actor may see."""
        moved = (each for each in effects if isinstance(each, (Payout, ClawBack)) and self._tells_amount(each))
        return bool(paid_after((), moved))

    def _payout(self, payout: Payout) -> Payout | None:
        """Return a payout to those who get or give it, or see all that it is made of; without what else is hidden from them."""
        if not self._tells_amount(payout):
            self.withhold(f"effects.payout.{payout.payout}")
            return None
        seen = self._parties(payout, "effects.payout")
        if seen.share is not None and not self.sees("payout", payout.payout, "amount"):
            self.withhold(f"effects.payout.{payout.payout}.share")
            seen = replace(seen, share=None)
        if seen.once is not None and not self.sees("payout", payout.payout, "once"):
            self.withhold(f"effects.payout.{payout.payout}.once")
            seen = replace(seen, once=WITHHELD)
        return seen

    def _claw_back(self, taken: ClawBack) -> ClawBack | None:
        if not self._tells_amount(taken):
            self.withhold(f"effects.claw_back.{taken.payout}")
            return None
        seen = self._parties(taken, "effects.claw_back")
        if seen.share is not None and not self.sees("payout", taken.payout, "amount"):
            self.withhold(f"effects.claw_back.{taken.payout}.share")
            seen = replace(seen, share=None, percent=None)
        return seen

    def _already_paid(self, told: AlreadyPaid) -> AlreadyPaid | None:
        """Return it to those who see the key as well: it tells who was paid before."""
        return told if self._tells_why(told.payout, ("when", "amount", "payee", "once"), "payout") else None

    def _unpaid(self, told: Unpaid) -> Unpaid | None:
        return told if self._tells_why(told.payout, _COMES_OF[told.reason], told.of.replace("-", "_")) else None

    def _tells_why(self, payout: str, parts: Iterable[str], shelf: str) -> bool:
        """Say whether the actor may know why no money moved: whether they see all that this comes of.

        From others it is withheld as a payment would be, which it might have been. Whoever would see a payment is not even told that:
        they see that there is none, and are not to learn whether there was to be one.
        """
        if all(self.sees("payout", payout, part) for part in parts):
            return True
        if not self.sees("payout", payout, "amount"):
            self.withhold(f"effects.{shelf}.{payout}")
        return False

    def _tells_amount(self, moved: Moved) -> bool:
        is_party = self._owns(moved.payee) or self._owns(moved.payer)
        return is_party or self.sees("payout", moved.payout, "amount")

    def _parties(self, moved: M, shelf: str) -> M:
        """Return it without the party that is hidden."""
        payee = self._party(moved.payout, "payee", moved.payee, shelf)
        return replace(moved, payee=payee, payer=self._party(moved.payout, "payer", moved.payer, shelf))

    def _party(self, payout: str, part: str, person: str, shelf: str) -> str:
        if self._owns(person) or self.sees("payout", payout, part):
            return person
        self.withhold(f"{shelf}.{payout}.{part}")
        return WITHHELD

    def _owns(self, owner: str) -> bool:
        """Say whether somebody's accounts are the actor's own: owners are compared as the book has them."""
        return self.actor is not None and owner_id(self.actor.id) == owner

    def _is_actor(self, person: str) -> bool:
        return self.actor is not None and self.actor.id == person


def numberless(effect: str) -> str:
    """Return the id of an effect without its number in its step, but with its place in a series of timers."""
    step, colon, number = effect.rpartition(":")
    _, sign, nth = number.partition("#")
    return f"{step}{colon}{WITHHELD}{sign}{nth}"
