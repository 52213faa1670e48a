"""What one actor may see of a case, and what is withheld from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Paid
from caseway.engine.definition import Definition
from caseway.engine.effect import AlreadyPaid, ClawBack, Effect, Message, Payout, SetTimer, StartCase, Unpaid
from caseway.engine.payee import owner_id
from caseway.engine.visibility import WITHHELD, sees_all, visible

T = TypeVar("T")
M = TypeVar("M", Payout, ClawBack, Paid)
Moved = Payout | ClawBack | Paid

_SHELVES = {"timer": "timers", "work": "work", "level": "service_levels"}
"""Where the things of a case stand that may be withheld, by their kind."""


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
                yield seen

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

    # money

    def paid(self, paid: Iterable[Paid]) -> Iterator[Paid]:
        """Yield what was paid as the actor may see it: what the ledger tells the parties, and the rest to whoever sees what it is made of."""
        for each in paid:
            if self._tells_amount(each):
                yield self._parties(each, "paid")
            else:
                self.withhold(f"paid.{each.payout}")

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
        """Return it to those who see the key: it tells who was paid before."""
        if self.sees("payout", told.payout, "once") and self.sees("payout", told.payout, "amount"):
            return told
        self.withhold(f"effects.already_paid.{told.payout}")
        return None

    def _unpaid(self, told: Unpaid) -> Unpaid | None:
        """Return it to those who see what it comes of; from others it is withheld as a payment would be, which it might have been."""
        made_of = "when" if told.reason == "condition" else "amount"
        if self.sees("payout", told.payout, made_of):
            return told
        self.withhold(f"effects.{told.of.replace('-', '_')}.{told.payout}")
        return None

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
