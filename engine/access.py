"""Who may do what: the rights that an event states, and the offers that work makes."""

from __future__ import annotations

from caseway.engine.actor import ASSIGNEE, Actor
from caseway.engine.case import Case, Work
from caseway.engine.definition import Definition, EventRule
from caseway.engine.outcome import Refusal


def may_send(rule: EventRule, case: Case, actor: Actor | None) -> bool:
    """Say whether the event names the actor in `by`; one that names nobody is open to anybody."""
    if not rule.by:
        return True
    if actor is None:
        return False
    return bool(actor.roles.intersection(rule.by)) or (ASSIGNEE in rule.by and case.assignee == actor.id)


def not_allowed(rule: EventRule, case: Case, actor: Actor | None) -> Refusal | None:
    """Refuse an actor whom the event does not name."""
    if may_send(rule, case, actor):
        return None
    named = ", ".join(
        f"the assignee ({case.assignee or 'nobody now'})" if name == ASSIGNEE else name for name in rule.by
    )
    who = str(actor) if actor else "the local operator"
    return Refusal(
        "not-allowed",
        f'"{rule.name}" of case {case.id} may be sent by {named}; {who} may not.',
        {"event": rule.name, "by": list(rule.by), "actor": who, "assignee": case.assignee},
    )


def offers(definition: Definition, case: Case, event: str) -> tuple[tuple[Work, ...], tuple[Work, ...]]:
    """Return the open offers that this event claims, and those that it passes."""
    claimed, passed = [], []
    for work in case.work:
        rule = definition.states[work.state].work
        if work.offered and rule is not None:
            if rule.claim == event:
                claimed.append(work)
            if rule.pass_ == event:
                passed.append(work)
    return tuple(claimed), tuple(passed)


def work_refusal(definition: Definition, case: Case, event: str, actor: Actor | None) -> Refusal | None:
    """Refuse an event that claims or passes work which is not, or no longer, offered to the actor."""
    if not case.work:
        return None
    claimed, passed = offers(definition, case, event)
    if not claimed and not passed:
        return already_claimed(definition, case, event)
    return next(filter(None, (not_offered(work, case, actor) for work in (*claimed, *passed))), None)


def already_claimed(definition: Definition, case: Case, event: str) -> Refusal | None:
    """Refuse to claim or pass the work of an active state once somebody has it."""
    active = definition.active(case.configuration)
    for work in case.work:
        rule = definition.states[work.state].work
        if not work.offered and work.state in active and rule is not None and event in (rule.claim, rule.pass_):
            return Refusal(
                "already-claimed",
                f'The work of case {case.id} in "{work.state}" has been claimed by {case.assignee}; it can be neither claimed nor passed now.',
                {"state": work.state, "assignee": case.assignee},
            )
    return None


def not_offered(work: Work, case: Case, actor: Actor | None) -> Refusal | None:
    """Refuse an actor to whom this work is not offered."""
    facts = {"state": work.state, "role": work.role, "actor": str(actor) if actor else None}
    if actor is None:
        return Refusal(
            "not-a-candidate", f"The work of case {case.id} is claimed by a person; say who with --as or actor.", facts
        )
    if work.role is not None and work.role not in actor.roles:
        return Refusal(
            "not-a-candidate",
            f'The work of case {case.id} is offered to the role "{work.role}"; {actor} does not hold it.',
            facts,
        )
    if work.candidates is not None and actor.id not in work.candidates:
        return Refusal("not-a-candidate", f"The work of case {case.id} is not offered to {actor}.", facts)
    if actor.id in work.passed:
        return Refusal(
            "already-passed", f"{actor} has passed the work of case {case.id} and is not offered it again.", facts
        )
    return None
