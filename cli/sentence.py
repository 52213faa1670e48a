"""Instants, effects and journal lines in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from caseway.adapters.diagnostic import escaped
from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Configuration
from caseway.engine.definition import speak
from caseway.engine.duration import parse_duration
from caseway.engine.effect import (
    AlreadyPaid,
    CancelTimer,
    ClawBack,
    Effect,
    Message,
    Payout,
    SendEvent,
    SetTimer,
    StartCase,
    Unpaid,
)
from caseway.engine.event import Event
from caseway.engine.link import link_of
from caseway.engine.money import money
from caseway.engine.once import plain_key
from caseway.engine.outcome import Entry
from caseway.engine.timestamp import instant_text

_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


_REASONS = {
    "condition": "the condition does not hold",
    "nobody": "nobody is named",
    "no-weight": "nobody has any weight",
    "zero": "the amount is 0",
    "nothing-left": "nothing of it is left",
}
"""Why no money moved, by the code in the journal."""


def instant(at: datetime) -> str:
    """Write an instant to the second, in UTC: `2026-03-02 09:00:00Z`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"


def distance(at: datetime, now: datetime) -> str:
    """Say how far an instant is off: `in 2d 3h`, `20min ago`, `now`."""
    length = _length(abs(at - now))
    if length is None:
        return "now"
    return f"in {length}" if at > now else f"{length} ago"


def span(duration: timedelta) -> str:
    """Write a length of time in hours and what is less, since a working day has no 24: `49h 30min`, `45s`."""
    minutes, seconds = divmod(int(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{amount}{unit}" for amount, unit in ((hours, "h"), (minutes, "min")) if amount]
    return " ".join(parts) or f"{seconds}s"


def clock_span(duration: timedelta) -> str:
    """Write a length of time on the clock by its two largest units: `6d 21h`, `45s`."""
    return _length(duration) or "0s"


def _length(duration: timedelta) -> str | None:
    """Return a duration by its two largest units, or None where it is less than a second."""
    seconds = int(duration.total_seconds())
    parts: list[str] = []
    for sign, size in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount}{sign}")
        elif parts:
            break
    return " ".join(parts[:2]) or None


def who(actor: Actor | None) -> str:
    """Name an actor."""
    if actor == SYSTEM:
        return "the clock"
    return escaped(str(actor)) if actor else "the local operator"


def sender(event: Event) -> str:
    """Name whoever sent an event: an actor, or the case at the other end of a link."""
    if event.actor == SYSTEM:
        other = event.parent.case if event.parent else event.data.get("case") if link_of(event.name) else None
        if isinstance(other, str):
            return escaped(f"case {other}")
    return who(event.actor)


def states(configuration: Configuration) -> str:
    """Name the active states."""
    return ", ".join(configuration) or "nothing"


def move(entry: Entry) -> str:
    """Say where a step led: `offered → taken`, or only the state where it stayed."""
    if not entry.source:
        return f"opened in {states(entry.target)}"
    if entry.source == entry.target:
        return f"stays in {states(entry.target)}"
    return f"{states(entry.source)} → {states(entry.target)}"


def effect_text(effect: Effect, language: str = "en") -> str:
    """Say what is done: `paid 2.25 EUR to anna`."""
    match effect:
        case Payout():
            payer = "" if effect.payer == "platform" else f" from {effect.payer}"
            text = (
                f"paid {money(effect.amount, effect.unit)}{payer} to {_payee(effect)}{_part(effect)}"
                f"{_purpose(effect, language)}"
            )
        case ClawBack():
            payer = "" if effect.payer == "platform" else f" for {effect.payer}"
            text = (
                f"took back {money(effect.amount, effect.unit)} from {_payee(effect)}{payer}"
                f"{_part_back(effect)}{_purpose(effect, language)}"
            )
        case AlreadyPaid():
            text = f"paid nothing for {effect.payout}: paid already for {plain_key(effect.once)} by {effect.by}"
        case Unpaid():
            done = "paid nothing for" if effect.of == "payout" else "took back nothing of"
            text = f"{done} {effect.payout}: {_REASONS[effect.reason]}"
        case SetTimer():
            text = f"timer {effect.timer} due {instant(effect.due)}"
        case CancelTimer():
            text = f"timer {effect.timer} cancelled"
        case Message():
            text = f"message {effect.message} to {effect.to}"
        case StartCase():
            text = f"starts {effect.case} ({effect.process}) as {effect.link}"
        case SendEvent():
            text = f"tells {effect.case}: {effect.event}"
    return escaped(text)


def _payee(moved: Payout | ClawBack) -> str:
    return moved.payee if moved.account == "payable" else f"{moved.payee} ({moved.account})"


def _part(payout: Payout) -> str:
    """Say what part of a split it is."""
    share = payout.share
    if share is None or share.weight == share.of:
        return ""
    return f" ({share.weight} of {share.of} parts of {money(share.total, payout.unit)})"


def _part_back(taken: ClawBack) -> str:
    """Say what part it is of what was still paid."""
    share = taken.share
    if share is None or taken.percent is None:
        return ""
    part = f"{taken.percent} % of {money(share.of, taken.unit)}"
    if share.weight == share.of:
        return f" ({part})"
    return f" ({share.weight} of {share.of} parts of {money(share.total, taken.unit)}, {part})"


def _purpose(moved: Payout | ClawBack, language: str) -> str:
    purpose = speak(moved.purpose, language)
    return f": {purpose}" if purpose else ""


def lateness(entry: Entry) -> str | None:
    """Say when a timer was due and when it fired, or as of when something came by a link and when it did, where these differ by a second or more."""
    due, fired_at = entry.event.due, entry.event.fired_at
    if due is None or fired_at is None or _length(fired_at - due) is None:
        return None
    if entry.event.parent is not None or link_of(entry.event.name) is not None:
        return f"as of {instant(due)}, done {instant(fired_at)}"
    return f"due {instant(due)}, fired {instant(fired_at)}"


def consequences(entry: Entry, language: str = "en") -> list[str]:
    """Return what came of an event, in words, one sentence each; last, what is not for the actor to see."""
    found = [late] if (late := lateness(entry)) else []
    if entry.refusal is not None:
        found.append(f"fired in vain: {escaped(entry.refusal.message)}")
    found += [*_buried(entry), *_ended_levels(entry), *(effect_text(effect, language) for effect in entry.effects)]
    # What a message says is never told here, so nobody misses it.
    withheld = [name for name in entry.withheld if not name.startswith("effects.message.")]
    return [*found, f"withheld: {escaped(', '.join(withheld))}"] if withheld else found


def _buried(entry: Entry) -> Iterator[str]:
    """Say what a step redacted, and that content of this line was redacted since."""
    for stone in entry.change.get("tombstones", ()):
        if stone["revision"] == entry.revision:
            yield escaped(f"redacted {', '.join(stone['paths']) or 'what others had told it'}: {stone['reason']}")
    since = sorted({revision for revision in entry.redacted if revision != entry.revision})
    if since:
        yield f"content of this was redacted at revision {', '.join(map(str, since))}"


def _ended_levels(entry: Entry) -> Iterator[str]:
    """Say which service levels a step brought to their end."""
    at = instant_text(entry.at)
    for level in entry.change.get("levels", ()):
        if level["ended_at"] == at:
            ended = "ended with the case" if level["status"] == "void" else level["status"]
            yield f"service level {level['name']} {ended}, {span(parse_duration(level['consumed']))} used"
