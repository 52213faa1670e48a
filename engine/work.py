"""Work while a step runs: states offer it, and people claim, do, pass, give back or are handed it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from caseway.engine.case import Case, Work
from caseway.engine.event import Event
from caseway.engine.guard import Faulty
from caseway.engine.value import Computed, Value, found

if TYPE_CHECKING:
    from caseway.engine.definition import Definition, Each, WorkRule
    from caseway.engine.expression import Activation
    from caseway.engine.reaction import Reaction

EXHAUSTED = "work.exhausted"
"""The event that a case sends itself once where nobody is left whom an offer could be for."""

ITEM, RECEIVER = "item", "to"
"""The fields of an event's data that name the item of a piece of work, and the person who is handed it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What an event does to the work of a case: the pieces that it claims, does, passes, gives back and hands on."""

    claimed: tuple[Work, ...] = ()
    done: tuple[Work, ...] = ()
    passed: tuple[Work, ...] = ()
    released: tuple[Work, ...] = ()
    reassigned: tuple[Work, ...] = ()

    @property
    def taken(self) -> tuple[Work, ...]:
        """The pieces that somebody must be a candidate of."""
        return (*self.claimed, *self.done, *self.passed)

    def __bool__(self) -> bool:
        return bool(self.taken or self.released or self.reassigned)


def deed(definition: Definition, case: Case, event: Event) -> Deed:
    """Return what an event would do to the work of a case. One that names no item means any."""
    taken: dict[str, list[Work]] = {"claimed": [], "done": [], "passed": []}
    released, reassigned = [], []
    item, name = event.data.get(ITEM), event.name
    for work in case.work:
        rule = definition.states[work.state].work
        if rule is None or name not in rule.events():
            continue
        if work.offered and (rule.each is None or item is None or item == work.item):
            for what, by in (("claimed", rule.claim), ("done", rule.do), ("passed", rule.pass_)):
                if by == name:
                    taken[what].append(work)
        if work.holder is not None and rule.release == name:
            released.append(work)
        if (work.offered or work.holder is not None) and rule.reassign == name:
            reassigned.append(work)
    own = [work for work in released if event.actor is not None and work.holder == event.actor.id]
    return Deed(
        **{what: tuple(each) for what, each in taken.items()},
        released=tuple(own or released),
        reassigned=tuple(reassigned),
    )


def perform(did: Deed, event: Event, reaction: Reaction) -> None:
    """Let the pieces be claimed, done, passed, given back or handed on, before the transitions of the event are taken."""
    definition, actor = reaction.definition, event.actor
    for work in did.released:
        # Where the state was left, it offers the work again when it is entered again; else at once.
        is_open = {"offered": True, "exhausted": False, "opened_at": reaction.now} if _is_active(work, reaction) else {}
        _put(reaction, work, holder=None, had=_with(work.had, work.holder), **is_open)
        reaction.assign(_holder(reaction))
    for work in did.reassigned:
        person = event.data[RECEIVER]
        _put(reaction, work, offered=False, holder=person)
        reaction.assign(person)
    if actor is None:
        return
    for work in did.claimed:
        _put(reaction, work, offered=False, holder=actor.id)
        reaction.assign(actor.id)
    for work in did.done:
        _settle(reaction, replace(work, done=_with(work.done, actor.id)), definition)
    for work in did.passed:
        _settle(reaction, replace(work, passed=_with(work.passed, actor.id)), definition)


def offer(state: str, rule: WorkRule, reaction: Reaction) -> None:
    """Offer the work of a state that is entered; that of items is offered when the case comes to rest."""
    if rule.each is not None:
        return
    before = next((work for work in reaction.work if work.state == state), None)
    opened = _opened(rule, before or Work(state, rule.role), reaction.activation, reaction)
    reaction.work = (*(work for work in reaction.work if work.state != state), opened)
    if rule.claim is not None:
        _free(state, reaction)


def withdraw(state: str, reaction: Reaction) -> None:
    """Close what a state that is left offers."""
    reaction.work = tuple(replace(work, offered=False) if work.state == state else work for work in reaction.work)


def look(reaction: Reaction) -> None:
    """Offer what new items of lists bring, and tell the case where nobody is left; called when nothing else is to be done."""
    for state, rule, each in reaction.definition.itemised:
        if state in reaction.entered and (reaction.data is not reaction.given or reaction.has_entered(state)):
            reaction.work = tuple(_itemised(state, rule, each, reaction))
    for work in reaction.work:
        if work.offered and not work.exhausted and work.left() == ():
            _put(reaction, work, exhausted=True)
            reaction.raise_event(EXHAUSTED)


def is_fulfilled(rule: WorkRule, work: Work) -> bool:
    """Say whether work that several people do has been done by as many as it takes, or by all who wanted."""
    if rule.times is not None:
        return len(work.done) >= rule.times
    return bool(work.done) and work.left() == ()


def _itemised(state: str, rule: WorkRule, each: Each, reaction: Reaction) -> Iterator[Work]:
    """Yield all work, that of a state as the items of its list have it now."""
    items = dict(_items(each, reaction))
    known = set()
    for work in reaction.work:
        if work.state != state:
            yield work
        elif work.item not in items:
            yield replace(work, offered=False)
        else:
            known.add(work.item)
            is_closed = not work.offered and not is_fulfilled(rule, work)
            yield _opened(rule, work, items[work.item], reaction) if is_closed else work
    for key, seen in items.items():
        if key not in known:
            yield _opened(rule, Work(state, rule.role, item=key), seen, reaction)


def _items(each: Each, reaction: Reaction) -> Iterator[tuple[str, Activation]]:
    """Yield the keys of a list's items, and what expressions see of each."""
    keys = set()
    for item in found(reaction.data, each.items) or []:
        seen = reaction.activation.extended(**{each.name: item})
        key = each.key.evaluate(seen)
        if key in keys:
            raise _faulty(each.key, f'two items have the key "{key}", so nobody could say which of them is done')
        keys.add(key)
        yield key, seen


def _opened(rule: WorkRule, work: Work, seen: Activation, reaction: Reaction) -> Work:
    """Return a piece of work as it is offered now; who passed it, had it or did it stays so."""
    return replace(
        work,
        role=rule.role,
        candidates=None if rule.candidates is None else tuple(rule.candidates.evaluate(seen)),
        tags=_texts(rule.tags, seen),
        excluded=_texts(rule.excluded, seen),
        offered=not is_fulfilled(rule, work),
        holder=None,
        exhausted=False,
        opened_at=reaction.now,
    )


def _texts(values: Iterable[Value], seen: Activation) -> tuple[str, ...]:
    """Return the texts that values give: one, several or none each."""
    texts: dict[str, None] = {}
    for value in values:
        given = value.evaluate(seen)
        texts.update(dict.fromkeys([given] if isinstance(given, str) else given or ()))
    return tuple(texts)


def _free(state: str, reaction: Reaction) -> None:
    """Take the case from whoever has it, for what is offered comes after it; work of other regions stays with its people."""
    states = reaction.definition.states
    reaction.work = tuple(
        replace(work, holder=None) if work.holder is not None and not _is_beside(work.state, state, states) else work
        for work in reaction.work
    )
    reaction.assign(_holder(reaction))


def _is_beside(one: str, other: str, states: Mapping[str, Any]) -> bool:
    """Say whether two states lie in different regions of a parallel one."""
    shared = []
    for mine, theirs in zip(one.split("."), other.split("."), strict=False):
        if mine != theirs:
            break
        shared.append(mine)
    around = ".".join(shared)
    return around not in ("", one, other) and states[around].kind == "parallel"


def _holder(reaction: Reaction) -> str | None:
    """Return who has the case once somebody has given a piece of it back: who has another piece, if anybody does."""
    return next((work.holder for work in reversed(reaction.work) if work.holder is not None), None)


def _settle(reaction: Reaction, work: Work, definition: Definition) -> None:
    rule = definition.states[work.state].work
    is_over = rule is not None and rule.do is not None and is_fulfilled(rule, work)
    _put(reaction, work, passed=work.passed, done=work.done, offered=not is_over)


def _put(reaction: Reaction, work: Work, **changes: Any) -> None:
    """Put a changed piece in the place of the one of its state and item."""
    reaction.work = tuple(
        replace(each, **changes) if (each.state, each.item) == (work.state, work.item) else each
        for each in reaction.work
    )


def _is_active(work: Work, reaction: Reaction) -> bool:
    return work.state in reaction.entered


def _with(people: tuple[str, ...], person: str | None) -> tuple[str, ...]:
    return people if person is None or person in people else (*people, person)


def _faulty(value: Value, problem: str) -> Faulty:
    if isinstance(value, Computed):
        return Faulty(value.place, value.program.text, problem)
    return Faulty("work.key", "key", problem)
