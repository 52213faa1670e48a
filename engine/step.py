"""`step(definition, case, event, now, facts) -> Step | Refusal`: the whole engine is this arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from caseway.engine import access
from caseway.engine import timer as timing
from caseway.engine.candidacy import taken, work_refusal
from caseway.engine.case import Case, Link, Load, Timer
from caseway.engine.definition import Definition, EventRule
from caseway.engine.effect import CancelTimer, Effect, SetTimer
from caseway.engine.event import START, Event
from caseway.engine.fault import suggestion
from caseway.engine.guard import Faulty
from caseway.engine.link import ended_child
from caseway.engine.outcome import Refusal, Step, Unread
from caseway.engine.reaction import Reaction
from caseway.engine.redaction import redacting
from caseway.engine.sparing import spared
from caseway.engine.statechart import EndlessLoop
from caseway.engine.work import deed, perform

FAULTY_CODES = frozenset({"faulty-expression", "endless-loop", "faulty-data", "faulty-definition"})
"""Refusals that the author of the process can mend, not the sender of the event."""


def step(
    definition: Definition,
    case: Case,
    event: Event,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    *,
    load: Load | None = None,
    paid: Mapping[str, str | None] | None = None,
) -> Step | Refusal:
    """Let one event happen to a case, to rest. Reads nothing but its arguments and changes none of them.

    A case of revision 0 is opened by the event `start`, whose data become the case's. `now` is an aware UTC instant; for a
    timer the instant at which it was due counts instead, and where either lies before the case's last step, that step's
    instant does. `facts` are what expressions see as `fact`. `load` is how much claimed work the person has whom
    `candidacy.bounded` names; without it, limits are not looked at, as where an event of the past is run again.

    `paid` says of once keys which effect has taken them, or None where they are free; raises Unread where that is not known of one that the
    step needs. Without it nobody looks, and all keys are free but for what the step takes itself.
    """
    reaction = Reaction(definition, case, event, _instant(case, event, now), facts or {}, keys=paid)
    if not case.revision:
        return _open(reaction)
    child = ended_child(case, event) if case.links else None
    if child is not None:
        return _hear_end(reaction, child)
    if event.due is not None:
        return _fire(reaction)
    outcome = _hear(reaction, load)
    return outcome if load is None or isinstance(outcome, Refusal) else replace(outcome, load=load)


def lapse(case: Case, event: Event, refusal: Refusal, definition: Definition | None = None) -> Step:
    """Return the step in which a timer fires in vain: it is consumed, or, where the process is faulty, set aside.

    The definition is needed, where there is one, for the next of a series, which is armed though this one came to nothing.
    """
    assert event.due is not None, "only timers lapse"
    now = _instant(case, event, event.due)
    timers = case.timers
    effects: tuple[Effect, ...] = ()
    if refusal.code not in FAULTY_CODES:
        rest = _rest(case, event, now, definition)
        if isinstance(rest, Refusal):
            refusal = rest
        else:
            timers, effects = rest
    if refusal.code in FAULTY_CODES:
        fault = refusal.message
        timers = tuple(replace(timer, fault=fault) if timer.id == event.id else timer for timer in case.timers)
    after = replace(case, revision=case.revision + 1, timers=timers, last_at=now)
    return Step(event, now, case, after, effects=effects, refusal=refusal)


def _rest(
    case: Case, event: Event, now: datetime, definition: Definition | None
) -> tuple[tuple[Timer, ...], tuple[Effect, ...]] | Refusal:
    """Return the timers that are left when one has fired in vain, with the effect that arms the next of its series."""
    fired = next((timer for timer in case.timers if timer.id == event.id), None)
    if fired is None or definition is None or fired.name not in definition.series:
        return tuple(timer for timer in case.timers if timer is not fired), ()
    reaction = Reaction(definition, case, event, now)
    timing.fire(fired, reaction)
    try:
        timing.settle(reaction)
    except Faulty as faulty:
        return _faulty(reaction, event, faulty)
    return reaction.timers, tuple(reaction.effects)


def rearm(case: Case, event: Event, now: datetime) -> Step | Refusal:
    """Return the step in which a timer that was set aside is armed anew, due when it was; the event's data name it.

    The new one has an id of its own: under the old one the journal keeps the firing that failed. In a series it keeps its number.
    """
    key = event.data["timer"]
    failed = next((timer for timer in case.timers if timer.id == key and timer.fault is not None), None)
    if failed is None:
        return not_set_aside(case, key)
    revision = case.revision + 1
    void = CancelTimer(f"{case.id}:{revision}:0", failed.name, failed.id)
    number = f"#{failed.nth}" if failed.nth > 1 else ""
    arm = SetTimer(f"{case.id}:{revision}:1{number}", failed.name, failed.due)
    armed = Timer(arm.id, arm.timer, arm.due)
    timers = tuple(armed if timer is failed else timer for timer in case.timers)
    at = _instant(case, event, now)
    after = replace(case, revision=revision, timers=timers, last_at=at)
    return Step(event, at, case, after, effects=(void, arm))


def not_set_aside(case: Case, key: str | None = None) -> Refusal:
    """Say that nothing of a case, or nothing of this id, waits to be tried again."""
    what = f' under the id "{key}"' if key else ""
    told = f"Nothing of case {case.id} is set aside{what}; `caseway worker status` lists what is."
    return Refusal("not-set-aside", told, {"case": case.id, "id": key})


def _instant(case: Case, event: Event, now: datetime) -> datetime:
    """Return the instant that counts: the case's own time does not run backwards, and a timer is never late."""
    at = event.due or now
    return max(at, case.last_at) if case.last_at else at


def _open(reaction: Reaction) -> Step | Refusal:
    definition, event = reaction.definition, reaction.event
    data = definition.data.complete(event.data)
    faults = definition.data.faults(data)
    if faults:
        return _invalid(f"The data of a new {definition.process} do not fit", faults)
    reaction.begin(data)
    if event.parent is not None:
        reaction.links = (event.parent,)
    return _run(reaction, lambda: definition.chart.start(reaction))


def _fire(reaction: Reaction) -> Step | Refusal:
    definition, case, event = reaction.definition, reaction.case, reaction.event
    fired = next((timer for timer in case.timers if timer.id == event.id), None)
    if fired is None:
        told = f'The timer "{event.name}" of case {case.id} is not armed any more.'
        return Refusal("stale-timer", told, {"timer": event.name})
    timing.fire(fired, reaction)
    heard = bool(definition.chart.candidates(case.configuration, case.memory, event.name))
    # What the clock says of a service level is a step by itself, whether or not the states make anything of it.
    if definition.is_level_event(event.name):
        return _run(reaction, lambda: (heard and definition.chart.react(reaction, event.name)) or None)
    if not heard:
        return _not_accepted(definition, case, event, reaction.now)
    return _run(reaction, lambda: definition.chart.react(reaction, event.name))


def _hear_end(reaction: Reaction, child: Link) -> Step | Refusal:
    """Take note that a case which this one started has ended: a step by itself, whatever the states make of it, and even after the end."""
    definition, case, event = reaction.definition, reaction.case, reaction.event
    reaction.hear_end(child, event.data["state"])
    if case.final:
        return Step(event, reaction.now, case, reaction.after())
    heard = bool(definition.chart.candidates(case.configuration, case.memory, event.name))
    return _run(reaction, lambda: (heard and definition.chart.react(reaction, event.name)) or None)


def _hear(reaction: Reaction, load: Load | None) -> Step | Refusal:
    definition, case, event = reaction.definition, reaction.case, reaction.event
    rule = definition.events.get(event.name)
    if rule is None:
        return _unknown(definition, case, event)
    refusal = objection(reaction, rule, load.held if load else None)
    if refusal is None and rule.only_if is not None and not rule.asks_its_data:
        refusal = unfit(reaction, rule)
    if refusal:
        return refusal
    data = rule.data.complete(event.data)
    if data != {} or rule.data.schema.get("required"):  # most events say nothing but their name
        faults = rule.data.faults(data)
        if faults:
            return _invalid(f'The data of "{event.name}" do not fit', faults)
        reaction.told(data)
    if rule.asks_its_data:
        refusal = unfit(reaction, rule)
        if refusal:
            return refusal
    if case.work:
        did = deed(definition, case, reaction.event)
        if did:
            perform(did, reaction.event, reaction)
    return _run(reaction, lambda: definition.chart.react(reaction, event.name))


def objection(reaction: Reaction, rule: EventRule, held: int | None = None) -> Refusal | None:
    """Say what stands against an event before its data and guards are looked at: the state, the right, the work.

    `held` is how much claimed work the person has who is given some, where that is bounded.
    """
    definition, case, event = reaction.definition, reaction.case, reaction.event
    if case.final:
        return Refusal(
            "case-final",
            f'Case {case.id} has ended in "{", ".join(case.configuration)}" and accepts nothing more.',
            {"state": list(case.configuration)},
        )
    if not definition.chart.candidates(case.configuration, case.memory, event.name):
        return taken(definition, case, event) or _not_accepted(definition, case, event, reaction.now)
    return access.not_allowed(rule, case, event.actor) or work_refusal(definition, case, event, held)


def unfit(reaction: Reaction, rule: EventRule) -> Refusal | None:
    """Say whether the event's own condition on who may send it is against its sender. The reaction has not moved."""
    try:
        return access.unfit(rule, reaction)
    except Faulty as faulty:
        return _faulty(reaction, reaction.event, faulty)


def _run(reaction: Reaction, react: Callable[[], bool | None]) -> Step | Refusal:
    outcome = _outcome(reaction, react)
    if reaction.unread:  # what came of it may be another thing once they are known
        raise Unread(reaction.unread)
    return outcome


def _outcome(reaction: Reaction, react: Callable[[], bool | None]) -> Step | Refusal:
    case, event = reaction.case, reaction.event
    try:
        if react() is False:
            return guarded(reaction)
        unfit = _misshapen(reaction)
        if unfit is not None:
            return unfit
        reaction.settle()
    except EndlessLoop as loop:
        told = f"{_version(reaction)} does not come to rest: {loop}"
        return Refusal("endless-loop", told, {"states": list(loop.states)})
    except Faulty as faulty:
        return _faulty(reaction, event, faulty)
    after = reaction.after()
    done = Step(event, reaction.now, case, after, tuple(reaction.taken), tuple(reaction.effects))
    return redacting(done, reaction.erasures) if reaction.erasures else done


def _faulty(reaction: Reaction, event: Event, faulty: Faulty) -> Refusal:
    told = f'{_version(reaction)} failed on "{event.name}" at {faulty.place}: {faulty.text}: {faulty.problem}'
    facts = {"place": faulty.place, "expression": faulty.text, "problem": faulty.problem}
    return Refusal("faulty-expression", told, facts)


def _misshapen(reaction: Reaction) -> Refusal | None:
    """Refuse a step that would leave data which the process does not allow. Only what changed is looked at."""
    definition, data, before = reaction.definition, reaction.data, reaction.given
    if data is before:
        return None
    for name, value in data.items():
        if name in before and before[name] is value:
            continue
        for fault in spared(definition.data.field(name), value, before.get(name), reaction.tombstones):
            where = ".".join(str(key) for key in ("case", name, *fault.path))
            told = f"{_version(reaction)} would make {where} unfit: {fault.message}"
            return Refusal("faulty-data", told, {"field": where, "value": fault.value})
    return None


def guarded(reaction: Reaction) -> Refusal:
    """Say which guards are against an event. The reaction has not moved."""
    reasons: list[str] = []
    definition, case, event = reaction.definition, reaction.case, reaction.event
    for arcs in definition.chart.candidates(case.configuration, case.memory, event.name):
        for arc in arcs:
            guard = definition.transitions[arc.label].guard
            if guard is not None:
                reasons += [reason for reason in guard.against(reaction.activation) if reason not in reasons]
    return Refusal(
        "guarded",
        f'Case {case.id} in "{", ".join(case.configuration)}" does not accept "{event.name}" now: {"; ".join(reasons)}.',
        {"state": list(case.configuration), "guards": reasons},
    )


def _not_accepted(definition: Definition, case: Case, event: Event, now: datetime) -> Refusal:
    may = [
        name
        for name, rule in definition.events.items()
        if definition.chart.candidates(case.configuration, case.memory, name)
        and access.may_send(rule, case, event.actor)
        and not work_refusal(definition, case, Event(name, {}, "", event.actor))
        and (rule.asks_its_data or not unfit(Reaction(definition, case, Event(name, {}, "", event.actor), now), rule))
    ]
    who = str(event.actor) if event.actor else "the local operator"
    return Refusal(
        "not-accepted",
        f'Case {case.id} is in "{", ".join(case.configuration)}" and does not accept "{event.name}"; {who} may send: {", ".join(may) or "nothing"}.',
        {"state": list(case.configuration), "accepts": may},
    )


def _unknown(definition: Definition, case: Case, event: Event) -> Refusal:
    if event.name == START or "." in event.name:
        return Refusal(
            "reserved-event",
            f'"{event.name}" is sent by Caseway itself, not to case {case.id} from outside.',
            {"event": event.name},
        )
    hint = suggestion(event.name, definition.events)
    return Refusal(
        "unknown-event",
        f'{definition.process} has no event "{event.name}"; {hint}',
        {"event": event.name, "events": list(definition.events)},
    )


def _version(reaction: Reaction) -> str:
    return f"{reaction.definition.process} version {reaction.definition.version}"


def _invalid(what: str, faults: Any) -> Refusal:
    found = [{"field": ".".join(map(str, fault.path)), "problem": fault.message} for fault in faults]
    told = "; ".join(f"{each['field']}: {each['problem']}" if each["field"] else each["problem"] for each in found)
    return Refusal("invalid-data", f"{what}: {told}", {"faults": found})
