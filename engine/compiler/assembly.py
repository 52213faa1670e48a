"""From the tree of states to the machine that runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from caseway.engine import work
from caseway.engine.definition import State, TimerRule, Transition, WorkRule
from caseway.engine.guard import Guard
from caseway.engine.reaction import Reaction
from caseway.engine.statechart import Statechart
from caseway.engine.timer import start

Callback = Callable[[Reaction], object]


def statechart(states: Mapping[str, State], initial: tuple[str, ...]) -> Statechart:
    """Return the machine of a process.

    On entry a state's own actions run, then its timers are armed and its work is offered, so that both see what the actions
    set. On exit the work is withdrawn and the timers are void first.
    """
    nodes: list[dict[str, Any]] = [
        {
            "name": state.path,
            "parent": state.parent,
            "kind": state.kind,
            "initial": state.initial,
            "deep": state.deep,
            "on_enter": [*(action.perform for action in state.entry), *_arming(state)],
            "on_exit": [*_disarming(state), *(action.perform for action in state.exit)],
        }
        for state in states.values()
    ]
    arcs = [_arc(transition) for state in states.values() for transition in state.transitions]
    return Statechart(nodes, arcs, initial)


def _arc(transition: Transition) -> dict[str, Any]:
    return {
        "trigger": transition.event,
        "source": transition.source,
        "dest": transition.targets or None,
        "conditions": [_condition(transition.guard)] if transition.guard is not None else [],
        "actions": [action.perform for action in transition.actions],
        "internal": transition.internal,
        "label": transition.id,
    }


def _condition(guard: Guard) -> Callable[[Reaction], bool]:
    return lambda reaction: guard.holds(reaction.activation)


def _arming(state: State) -> Iterator[Callback]:
    for rule in state.timers:
        yield _armed(rule)
    if state.work is not None:
        yield _offered(state.path, state.work)


def _disarming(state: State) -> Iterator[Callback]:
    if state.work is not None:
        yield lambda reaction: work.withdraw(state.path, reaction)
    for rule in state.timers:
        yield _voided(rule)


def _armed(rule: TimerRule) -> Callback:
    return lambda reaction: start(rule, reaction)


def _voided(rule: TimerRule) -> Callback:
    return lambda reaction: reaction.void(rule.name)


def _offered(state: str, rule: WorkRule) -> Callback:
    return lambda reaction: work.offer(state, rule, reaction)
