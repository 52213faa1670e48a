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
from caseway.engine.step import guarded, objection


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether one event would be accepted from an actor now.

    `accepted` is None where it depends on the event's data: a guard reads them. `refusal` says why not, where it is False.
    """

    event: str
    by: tuple[str, ...]
    accepted: bool | None
    refusal: Refusal | None = None


def acceptances(definition: Definition, case: Case, actor: Actor | None, now: datetime) -> Iterator[Acceptance]:
    """Yield an Acceptance for each event that the process declares, in its order. Changes nothing."""
    for rule in definition.events.values():
        event = Event(rule.name, {}, "", actor)
        refusal = objection(definition, case, event, rule)
        if refusal:
            yield Acceptance(rule.name, rule.by, accepted=False, refusal=refusal)
        else:
            yield _asked(definition, case, event, rule, now)


def _asked(definition: Definition, case: Case, event: Event, rule: EventRule, now: datetime) -> Acceptance:
    reaction = Reaction(definition, case, event, now)
    open_question = False
    for arcs in definition.chart.candidates(case.configuration, case.memory, event.name):
        for arc in arcs:
            guard = definition.transitions[arc.label].guard
            if guard is not None and any(path.startswith("event.data") for path in guard.reads()):
                open_question = True
                continue
            try:
                if guard is None or guard.holds(reaction.activation):
                    return Acceptance(rule.name, rule.by, accepted=True)
            except Faulty as faulty:
                return Acceptance(
                    rule.name,
                    rule.by,
                    accepted=False,
                    refusal=Refusal("faulty-expression", str(faulty), {"place": faulty.place}),
                )
    if open_question:
        return Acceptance(rule.name, rule.by, accepted=None)
    return Acceptance(rule.name, rule.by, accepted=False, refusal=guarded(reaction))
