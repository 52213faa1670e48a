"""Who may do what: the rights that an event states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caseway.engine.actor import ASSIGNEE, Actor
from caseway.engine.case import Case
from caseway.engine.definition import EventRule, speak
from caseway.engine.outcome import Refusal

if TYPE_CHECKING:
    from caseway.engine.reaction import Reaction


def may_send(rule: EventRule, case: Case, actor: Actor | None) -> bool:
    """Say whether the event names the actor in `by`; one that names nobody is open to anybody."""
    if not rule.by:
        return True
    if actor is None:
        return False
    return bool(actor.roles.intersection(rule.by)) or (ASSIGNEE in rule.by and case.is_with(actor.id))


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


def unfit(rule: EventRule, reaction: Reaction) -> Refusal | None:
    """Refuse an actor for whom the event's `only_if` does not hold. Raises Faulty."""
    condition, case, actor = rule.only_if, reaction.case, reaction.event.actor
    if condition is None or condition.holds(reaction.activation):
        return None
    reason = speak(rule.because) or "; ".join(condition.against(reaction.activation))
    who = str(actor) if actor else "the local operator"
    return Refusal(
        "not-allowed",
        f'{who} may not send "{rule.name}" to case {case.id}: {reason}.',
        {"event": rule.name, "by": list(rule.by), "actor": who, "only_if": str(condition), "because": reason},
    )
