"""What a case would accept now, and why it would not accept the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from caseway.engine.actor import Actor
from caseway.engine.case import Case
from caseway.engine.definition import Definition, EventRule
from caseway.engine.event import Event
from caseway.engine.guard import Faulty
from caseway.engine.outcome import Refusal
from caseway.engine.reaction import Reaction
from caseway.engine.step import guarded, objection, unfit
from caseway.engine.visibility import refusal_view


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether one event would be accepted from an actor now.

    `accepted` is None where it depends on the event's data: a guard, or the condition on who may send it, reads them. `refusal`
    says why not, where it is False. `only_if` is that condition in words.
    """

    event: str
    by: tuple[str, ...]
    accepted: bool | None
    refusal: Refusal | None = None
    only_if: str | None = None


def acceptances(
    definition: Definition, case: Case, actor: Actor | None, now: datetime, held: int | None = None
) -> Iterator[Acceptance]:
    """Yield an Acceptance for each event that the process declares, in its order. Changes nothing.

    `held` is how much claimed work the actor has, where `candidacy.is_bounded`.
    """
    for name in definition.events:
        yield acceptance(definition, case, Event(name, {}, "", actor), now, held)


def acceptance(definition: Definition, case: Case, event: Event, now: datetime, held: int | None = None) -> Acceptance:
    """Return the Acceptance of one event, as far as its data tell."""
    rule = definition.events[event.name]
    reaction = Reaction(definition, case, event, now)
    refusal = objection(reaction, rule, held)
    accepted, refusal = (False, refusal) if refusal else _asked(reaction, rule)
    if refusal:
        refusal = refusal_view(definition, refusal, case, event.actor)
    return Acceptance(rule.name, rule.by, accepted, refusal, rule.condition)


def _asked(reaction: Reaction, rule: EventRule) -> tuple[bool | None, Refusal | None]:
    """Ask whoever could be against an event that may be sent as such; None: its data decide."""
    open_question = rule.asks_its_data
    if not open_question and (refusal := unfit(reaction, rule)):
        return False, refusal
    accepted, refusal = _heard(reaction)
    return (None, None) if open_question and accepted else (accepted, refusal)


def _heard(reaction: Reaction) -> tuple[bool | None, Refusal | None]:
    """Ask the guards."""
    definition, case, event = reaction.definition, reaction.case, reaction.event
    open_question = False
    for arcs in definition.chart.candidates(case.configuration, case.memory, event.name):
        for arc in arcs:
            guard = definition.transitions[arc.label].guard
            if guard is not None and any(path.startswith("event.data") for path in guard.reads()):
                open_question = True
                continue
            try:
                if guard is None or guard.holds(reaction.activation):
                    return True, None
            except Faulty as faulty:
                facts = {"place": faulty.place, "expression": faulty.text}
                return False, Refusal("faulty-expression", str(faulty), facts)
    return (None, None) if open_question else (False, guarded(reaction))
