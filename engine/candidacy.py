"""Whose a piece of work is to take, and why it is not somebody's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Work
from caseway.engine.definition import Definition, WorkRule
from caseway.engine.event import Event
from caseway.engine.outcome import Refusal
from caseway.engine.visibility import sees_all
from caseway.engine.work import ITEM, RECEIVER, Deed, deed, is_fulfilled


def work_refusal(definition: Definition, case: Case, event: Event, held: int | None = None) -> Refusal | None:
    """Refuse an event that does to work what is not, or no longer, the actor's to do.

    `held` is how much claimed work of the process the person has whom `bounded` names; None: nobody looks at limits.
    """
    if not case.work and not definition.itemised:
        return None
    did = deed(definition, case, event)
    if not did:
        return _closed(definition, case, event)
    against = [refusal for work in did.taken if (refusal := not_offered(definition, work, case, event.actor))]
    # An event that does not say which item it means is asked about, not sent: any will do.
    if against and (len(against) == len(did.taken) or not _is_any(definition, did, event)):
        return against[0]
    return (
        next(filter(None, (_not_released(definition, work, case, event) for work in did.released)), None)
        or next(filter(None, (_not_receivable(work, case, event) for work in did.reassigned)), None)
        or _at_limit(definition, case, event, did, held)
    )


def bounded(definition: Definition, case: Case, event: Event) -> str | None:
    """Return the person of whom one must know how much work they have before this event can happen, if there is one."""
    if not case.work or not (definition.limits_work or (event.actor is not None and event.actor.limits)):
        return None
    found = _bound(definition, case, event, deed(definition, case, event))
    return found[0] if found else None


def taken(definition: Definition, case: Case, event: Event) -> Refusal | None:
    """Say to whoever claims or passes what the case has moved on with that somebody else has it."""
    for work, rule in _named_by(definition, case, event.name):
        if work.holder is not None and event.name in {rule.claim, rule.pass_}:
            return _claimed(work, case)
    return None


def is_bounded(definition: Definition, case: Case, actor: Actor | None) -> bool:
    """Say whether one must know how much work an actor has to tell what of a case they could claim."""
    if actor is None or not case.work:
        return False
    offers = (definition.states[work.state].work for work in case.work if work.offered)
    return any(rule and rule.claim and (rule.limit or case.process in actor.limits) for rule in offers)


def not_offered(definition: Definition, work: Work, case: Case, actor: Actor | None) -> Refusal | None:
    """Refuse an actor to whom this work is not offered."""
    facts: dict[str, Any] = {"state": work.state, "role": work.role, "actor": str(actor) if actor else None}
    if work.item:
        facts["item"] = work.item
    what = _named(work, case)
    if actor is None:
        told = f"{what} is taken by a person; say who with --as or actor."
        return Refusal("not-a-candidate", told, facts)
    if work.role is not None and work.role not in actor.roles:
        told = f'{what} is offered to the role "{work.role}"; {actor} does not hold it.'
        return Refusal("not-a-candidate", told, facts)
    if work.candidates is not None and actor.id not in work.candidates:
        return Refusal("not-a-candidate", f"{what} is not offered to {actor}, who is not one of its candidates.", facts)
    if actor.id in work.excluded:
        return Refusal("not-a-candidate", f"{what} is offered to others: {actor} is excluded from it.", facts)
    missing = [tag for tag in work.tags if tag not in actor.tags]
    if missing:
        # Which one is told only where it does not come from data that are hidden from whoever misses it.
        if not sees_all(definition.made_of.get(("work", work.state), ()), case, actor):
            told = f"{what} is offered to those with a tag that {actor} does not carry."
            return Refusal("not-a-candidate", told, facts)
        told = f'{what} is offered to those with the tag "{missing[0]}"; {actor} does not carry it.'
        return Refusal("not-a-candidate", told, facts | {"tag": missing[0]})
    return _over(work, what, actor, facts)


def _over(work: Work, what: str, actor: Actor, facts: dict[str, Any]) -> Refusal | None:
    if actor.id in work.passed:
        told = f"{actor} has passed {_lowered(what)} and is not offered it again."
        return Refusal("already-passed", told, facts)
    if actor.id in work.had:
        told = f"{actor} has had {_lowered(what)} and given it back, and is not offered it again."
        return Refusal("already-passed", told, facts)
    if actor.id in work.done:
        return Refusal("already-done", f"{actor} has done {_lowered(what)} already; each does it once.", facts)
    return None


def _closed(definition: Definition, case: Case, event: Event) -> Refusal | None:
    """Refuse to take the work of an active state that nobody can take now, and to give back what nobody has."""
    active = definition.active(case.configuration)
    pieces = [(work, rule) for work, rule in _named_by(definition, case, event.name) if work.state in active]
    item = event.data.get(ITEM)
    about = [(work, rule) for work, rule in pieces if rule.each is None or _is_done(rule, work, item)]
    for work, rule in about:
        facts: dict[str, Any] = {"state": work.state, "assignee": work.holder or case.assignee}
        what = _named(work, case)
        if event.name == rule.release:
            told = f"{what} has been claimed by nobody, so nobody can give it back."
            return Refusal("not-claimed", told, facts)
        if rule.do is not None:
            told = f"{what} has been done by as many people as it takes."
            return Refusal("already-done", told, {"state": work.state, "item": work.item})
        return _claimed(work, case)
    itemised = (rule for state, rule, _ in definition.itemised if state in active)
    if item is not None and any(event.name in rule.events() for rule in itemised):
        known = [
            work.item for work, _ in pieces if work.offered and not not_offered(definition, work, case, event.actor)
        ]
        return _no_such_item(case, item, known)
    return None


def _claimed(work: Work, case: Case) -> Refusal:
    person = work.holder or case.assignee
    told = f"{_named(work, case)} has been claimed by {person}; it can be neither claimed nor passed now."
    return Refusal("already-claimed", told, {"state": work.state, "assignee": person})


def _is_done(rule: WorkRule, work: Work, item: Any) -> bool:
    """Say whether the work on an item, or on any where none is named, was done by as many people as it takes."""
    return item in {None, work.item} and is_fulfilled(rule, work)


def _no_such_item(case: Case, item: Any, known: list[str]) -> Refusal:
    there = ", ".join(f'"{each}"' for each in known) or "nothing"
    told = f'Case {case.id} has no open work on "{item}"; to whoever asked it offers work on: {there}.'
    return Refusal("unknown-item", told, {"item": item, "items": known})


def _not_released(definition: Definition, work: Work, case: Case, event: Event) -> Refusal | None:
    """Refuse somebody who gives back what another has, unless the event names them in `by`."""
    actor = event.actor
    if actor is None or work.holder == actor.id or definition.events[event.name].by:
        return None
    told = f"{_named(work, case)} is with {work.holder}, who may give it back; {actor} may not."
    return Refusal(
        "not-allowed", told, {"event": event.name, "by": ["assignee"], "actor": str(actor), "assignee": work.holder}
    )


def _not_receivable(work: Work, case: Case, event: Event) -> Refusal | None:
    """Refuse to hand work to somebody who may never have it, or who has it."""
    person, what = event.data.get(RECEIVER), _named(work, case)
    facts = {"state": work.state, "to": person}
    if person is None:  # it is asked about, not sent
        return None
    if person in work.excluded:
        return Refusal("not-a-candidate", f"{what} cannot be given to {person}, who is excluded from it.", facts)
    if person == work.holder:
        return Refusal("already-claimed", f"{what} is with {person} already.", facts)
    return None


def _at_limit(definition: Definition, case: Case, event: Event, did: Deed, held: int | None) -> Refusal | None:
    found = None if held is None else _bound(definition, case, event, did)
    if held is None or found is None:
        return None
    person, limit = found
    taken = len(did.claimed) or len(did.reassigned)
    if held + taken <= limit:
        return None
    told = (
        f"{person} has {held} claimed piece{'' if held == 1 else 's'} of work of {definition.process}, "
        f"and may have {limit} at most; {case.id} can be taken once one of them is finished."
    )
    return Refusal("at-limit", told, {"person": person, "held": held, "limit": limit})


def _bound(definition: Definition, case: Case, event: Event, did: Deed) -> tuple[str, int] | None:
    """Return whom an event gives work, and how much they may have at most, where that is bounded."""
    actor = event.actor
    person = event.data.get(RECEIVER) if did.reassigned else actor.id if actor is not None else None
    taken = did.reassigned or did.claimed
    if not isinstance(person, str) or not taken:
        return None
    rules = (definition.states[work.state].work for work in taken)
    limits = [rule.limit for rule in rules if rule is not None and rule.limit is not None]
    if actor is not None and person == actor.id and case.process in actor.limits:
        limits.append(actor.limits[case.process])
    return (person, min(limits)) if limits else None


def _is_any(definition: Definition, did: Deed, event: Event) -> bool:
    """Say whether an event could mean any of several items."""
    rules = (definition.states[work.state].work for work in did.taken)
    return ITEM not in event.data and all(rule is not None and rule.each is not None for rule in rules)


def _named_by(definition: Definition, case: Case, event: str) -> Iterator[tuple[Work, WorkRule]]:
    for work in case.work:
        rule = definition.states[work.state].work
        if rule is not None and event in rule.events():
            yield work, rule


def _named(work: Work, case: Case) -> str:
    about = f' on "{work.item}"' if work.item else ""
    return f'The work of case {case.id} in "{work.state}"{about}'


def _lowered(what: str) -> str:
    return what[0].lower() + what[1:]
