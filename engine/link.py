"""Cases that start cases: how the new ones are named, how their end is told, and what keeps them from going on for ever."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from caseway.engine.actor import SYSTEM, Actor
from caseway.engine.case import Case, Link
from caseway.engine.effect import SendEvent, StartCase
from caseway.engine.event import START, Event
from caseway.engine.outcome import Refusal

if TYPE_CHECKING:
    from caseway.engine.action import Start

ANCESTORS = 100
"""How many cases may stand before one in a chain of links."""

CHILDREN = 1000
"""How many cases one case may start: it carries a link to each of them."""

BREATH = timedelta(hours=1)
"""How long after its opening what a case starts by itself counts as started in one breath with it."""

_LONGEST_ID = 200
_READABLE = 150
_ENDED = ".ended"


def ended(link: str) -> str:
    """Return the event by which a case hears that one it started under this link has ended."""
    return f"{link}{_ENDED}"


def link_of(event: str) -> str | None:
    """Return the link whose end an event tells, or None where it is another event."""
    return event.removesuffix(_ENDED) if event.endswith(_ENDED) else None


def child_id(effect: str) -> str:
    """Return the id of the case that an effect starts: the effect's own with dots, cut to length where cases start cases long enough."""
    dotted = effect.replace(":", ".")
    if len(dotted) <= _LONGEST_ID:
        return dotted
    return f"{dotted[:_READABLE]}-{sha256(dotted.encode()).hexdigest()[:32]}"


def parent_of(links: Iterable[Link]) -> Link | None:
    """Return, of a case's links, the one to the case that started it."""
    return next((link for link in links if link.kind == "parent"), None)


def lineage(case: Case, own: Link | None, rule: Start, actor: Actor | None, now: datetime) -> Link:
    """Return the link to `case` of one that it starts now, on an event of `actor`; `own` is the link to its own parent."""
    by_itself = actor == SYSTEM and now - (case.opened_at or now) < BREATH
    line = own.line if own and by_itself else ()
    depth = own.depth + 1 if own else 1
    return Link(rule.link, case.id, case.process, "parent", None, depth, (*line, rule.process))


def endless(start: StartCase) -> Refusal | None:
    """Say why a case is not to be started: it is the next of those that would go on starting each other."""
    link = start.parent
    if start.process in link.line[:-1]:
        circle = " → ".join(link.line[link.line.index(start.process) :])
        told = (
            f"{start.process} would start itself again and again ({circle}), with no person and no hour in between; "
            f"case {link.case} goes on without case {start.case}."
        )
        return Refusal("endless-links", told, {"case": start.case, "parent": link.case, "line": list(link.line)})
    if link.depth > ANCESTORS:
        told = f"Case {start.case} would be the next after {ANCESTORS} that started each other, which is as far as links go."
        return Refusal("endless-links", told, {"case": start.case, "parent": link.case, "depth": link.depth})
    return None


def opening(start: StartCase, now: datetime) -> Event:
    """Return the event that opens a linked case; `now` is when that is really done."""
    return Event(START, start.data, f"{start.case}:{START}", SYSTEM, start.at, now, start.parent)


def end(parent: Link, effect: str, case: str, state: str, at: datetime) -> SendEvent:
    """Return what tells a parent that a case which it started has ended in a state."""
    return SendEvent(effect, parent.case, ended(parent.name), {"case": case, "state": state}, at)


def hearing(end: SendEvent, now: datetime) -> Event:
    """Return the event that a case hears; `now` is when that is really done."""
    return Event(end.event, end.data, end.id, SYSTEM, end.at, now)


def ended_child(case: Case, event: Event) -> Link | None:
    """Return the link of which an event says that the case at its other end has ended; None: it says no such thing."""
    name = link_of(event.name)
    if event.actor != SYSTEM or name is None:
        return None
    wanted = ("child", name, event.data.get("case"))
    return next((link for link in case.links if (link.kind, link.name, link.case) == wanted), None)
