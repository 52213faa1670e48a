"""Timers of states while a step runs: those that follow a moment in the data, and those that fire in series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caseway.engine.case import Timer
from caseway.engine.moment import Moment

if TYPE_CHECKING:
    from datetime import datetime

    from caseway.engine.definition import TimerRule
    from caseway.engine.reaction import Reaction


def start(rule: TimerRule, reaction: Reaction) -> None:
    """Arm a timer of a state that is entered, unless it is at a moment that the data do not hold."""
    if isinstance(rule.first, Moment):
        _follow(rule, rule.first, rule.first.instant(reaction.data), reaction)
    else:
        reaction.arm(rule.name, rule.first.due(reaction))


def fire(timer: Timer, reaction: Reaction) -> None:
    """Take a timer that fires from the case. If more of its series is to come, the next is armed when the case is at rest."""
    reaction.timers = tuple(each for each in reaction.timers if each.id != timer.id)
    rule = reaction.definition.series.get(timer.name)
    if rule is not None and (rule.times is None or timer.nth < rule.times):
        reaction.turn = rule, timer


def cancel(name: str, reaction: Reaction) -> None:
    """Void a timer, and let it stay so until the moment that it is at, if it is at one, is another than now."""
    reaction.void(name)
    for rule, at in reaction.definition.moments:
        if rule.name == name:
            reaction.followed[name] = at.instant(reaction.data)


def settle(reaction: Reaction) -> None:
    """Let the timers of a case at rest follow the moments that the step has changed, and arm the next of a series.

    Only another moment arms a timer anew: one that has fired, or was cancelled, is not touched by other data.
    """
    if reaction.definition.moments and reaction.data is not reaction.given:
        for rule, at in reaction.definition.moments:
            if rule.state in reaction.entered:
                known = reaction.followed[rule.name] if rule.name in reaction.followed else at.instant(reaction.given)
                instant = at.instant(reaction.data)
                if instant != known:
                    _follow(rule, at, instant, reaction)
    if reaction.turn is not None:
        rule, timer = reaction.turn
        assert rule.every is not None, "only these take turns"
        reaction.turn = None
        due = rule.every.again(timer.due, reaction.now, reaction.activation)
        reaction.repeat(timer, due)


def _follow(rule: TimerRule, at: Moment, instant: datetime | None, reaction: Reaction) -> None:
    reaction.followed[rule.name] = instant
    if instant is None:
        reaction.void(rule.name)
    else:
        reaction.arm(rule.name, at.shifted(instant, reaction.activation))
