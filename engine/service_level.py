"""Service levels: a budget of time that runs across states, stands still in some, warns, and is met or breached."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from caseway.engine.case import Level, LevelStatus
from caseway.engine.guard import Faulty

if TYPE_CHECKING:
    from caseway.engine.definition import LevelRule
    from caseway.engine.reaction import Reaction


@dataclass(frozen=True, slots=True)
class Happened:
    """What a service level looks at in a step: the events heard, the states entered, and how the case is left."""

    events: Collection[str]
    entered: Collection[str]
    active: Collection[str]
    final: bool


def settle(reaction: Reaction, happened: Happened) -> None:
    """Let every service level take note of a step that has come to rest, and arm and void what it waits for."""
    levels = {level.name: level for level in reaction.levels}
    for rule in reaction.definition.levels.values():
        before = levels.get(rule.name)
        after = _after(rule, before, happened, reaction)
        if after is None or after is before:
            continue
        levels[rule.name] = after
        if (after.since, after.run) != ((before.since, before.run) if before else (None, 1)):
            _rearm(rule, after, reaction)
    reaction.levels = tuple(levels.values())


def used(rule: LevelRule, level: Level, now: datetime) -> timedelta:
    """Return how much of the budget is used at an instant."""
    if level.since is None:
        return level.consumed
    return level.consumed + rule.budget.reckoning.between(level.since, now)


def _after(rule: LevelRule, before: Level | None, happened: Happened, reaction: Reaction) -> Level | None:
    """Return what a step makes of a service level. None: it has not begun."""
    now = reaction.now
    runs = rule.runs(happened.active)
    if _any(rule.restarts_on, happened.events):
        level = _begun(rule, reaction, before.run + 1 if before else 1)
    elif before is not None:
        level = before if before.ended_at is not None else _told_by_clock(rule, before, happened.events)
    elif runs:
        level = _begun(rule, reaction, 1)
    else:
        return None
    if level.ended_at is not None:
        return level
    if _any(rule.met_on, happened.events) or _any(rule.met_in, happened.entered):
        is_late = level.status == "breached" or (level.due is not None and now > level.due)
        return _stopped(rule, replace(level, status="breached" if is_late else "met", ended_at=now), now)
    if happened.final:
        return _stopped(rule, replace(level, status=_unless_breached(level, "void"), ended_at=now), now)
    if runs and level.since is None:
        return _running(rule, level, now)
    if not runs and level.since is not None:
        return _stopped(rule, replace(level, status=_unless_breached(level, "standing")), now)
    return level


def _begun(rule: LevelRule, reaction: Reaction, run: int) -> Level:
    budget = rule.budget.length(reaction.activation)
    return Level(rule.name, "standing", budget, timedelta(), reaction.now, run=run)


def _told_by_clock(rule: LevelRule, level: Level, events: Collection[str]) -> Level:
    if rule.breached in events:
        return replace(level, status="breached")
    given = tuple(percent for percent in rule.warnings if percent in level.warned or rule.warned(percent) in events)
    return level if given == level.warned else replace(level, warned=given)


def _running(rule: LevelRule, level: Level, now: datetime) -> Level:
    if level.status == "breached":  # it was due when it was due
        return replace(level, since=now)
    return replace(level, status="running", since=now, due=_at(rule, level, now, level.budget))


def _stopped(rule: LevelRule, level: Level, now: datetime) -> Level:
    due = level.due if level.status == "breached" else None
    return replace(level, consumed=used(rule, level, now), since=None, due=due)


def _rearm(rule: LevelRule, level: Level, reaction: Reaction) -> None:
    """Have the clock send what is still to come of a run; whatever it was to send before is void."""
    for event in rule.events():
        reaction.void(event)
    if level.status != "running" or level.since is None or level.due is None:
        return
    for percent in rule.warnings:
        if percent not in level.warned:
            reaction.arm(rule.warned(percent), _at(rule, level, level.since, level.budget * percent / 100))
    reaction.arm(rule.breached, level.due)


def _at(rule: LevelRule, level: Level, since: datetime, share: timedelta) -> datetime:
    """Return when so much of the budget is used, where it runs since an instant without a break."""
    try:
        return rule.budget.reckoning.plus(since, max(share - level.consumed, timedelta()))
    except (ValueError, OverflowError) as error:
        raise Faulty(f"service_levels.{rule.name}.budget", str(level.budget), str(error)) from error


def _unless_breached(level: Level, status: LevelStatus) -> LevelStatus:
    return "breached" if level.status == "breached" else status


def _any(some: Collection[str], others: Collection[str]) -> bool:
    return any(each in others for each in some)
