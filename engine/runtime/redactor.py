"""Redactions, which change what was written about a case and about those that came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from caseway.engine import redaction
from caseway.engine.case import Case
from caseway.engine.effect import Message
from caseway.engine.errors import Refused, UnknownCase
from caseway.engine.event import REDACTED, Event
from caseway.engine.journal import entry
from caseway.engine.link import parent_of
from caseway.engine.outcome import Step
from caseway.engine.ports import Delivery, Rewritable, Store
from caseway.engine.redaction import Redaction, Rewriting, Wanted
from caseway.engine.runtime.enclosure import Enclosures
from caseway.engine.runtime.pins import Pins
from caseway.engine.view import entry_view


@dataclass(frozen=True, slots=True)
class Redactor:
    """Takes content out of all that was written: all rows together or none of them, then the files."""

    store: Store
    pins: Pins
    delivery: Delivery | None
    enclosures: Enclosures

    def over(self, store: Store) -> Redactor:
        """Return the same on another store, such as one that holds cases."""
        pins = replace(self.pins, store=store)
        return replace(self, store=store, pins=pins, enclosures=replace(self.enclosures, pins=pins))

    def redact(self, case: str, wanted: Wanted, event: Event, now: datetime) -> Redaction:
        """Take out of a case what somebody wants out of it."""
        with self.store.locked(self.family(self.store.load(case, "").case, event.id)) as store:
            done = self.over(store)._redact(case, wanted, event, now)  # noqa: SLF001  # itself
        return replace(done, files=sum(map(self._refiled, (case, *done.linked))))

    def rewritten(self, step: Step) -> Step:
        """Write a redacting step, and return it as it was written."""
        with self.store.locked(self.family(step.after, step.event.id)) as store:
            held = self.over(store)
            made = held._rewriting(step)  # noqa: SLF001  # itself
            done = held._rewrite(made)  # noqa: SLF001  # itself
        for case in (step.after.id, *done.linked):
            self._refiled(case)
        return made.step

    def refile(self, case: str) -> int:
        """Have the delivery write anew what it keeps of the messages of a case and of those that came of it; return how many these are."""
        return sum(self._refiled(each) for each, _ in self.family(self.store.load(case, "").case, ""))

    def family(self, case: Case, event: str) -> Sequence[tuple[str, str]]:
        """Return the ids of a case and of all that came of it by links, as far as these are there, as `locked` takes them."""
        found, waiting = {case.id: event}, [case]
        while waiting:
            for link in waiting.pop().links:
                if link.kind == "child" and link.case not in found:
                    with suppress(UnknownCase):
                        waiting.append(self.store.load(link.case, "").case)
                        found[link.case] = ""
        return list(found.items())

    def _redact(self, case_id: str, wanted: Wanted, event: Event, now: datetime) -> Redaction:
        found = self.store.load(case_id, event.id).case
        definition = self.pins.of(found)
        refusal = redaction.objection(definition, found, event.actor)
        if refusal:
            raise Refused(refusal)
        lines = list(self.store.journal(case_id))
        erasure = redaction.erasure_of(definition, found, wanted, lines).learned(lines, found)
        told = {"revisions": list(wanted.revisions)} if wanted.revisions else {}
        step = redaction.redact(found, replace(event, data=told), now, erasure, wanted.paths)
        made = self._rewriting(step)
        done = self._rewrite(made)
        line = done.entry and entry_view(definition, done.entry, made.step.after, event.actor)
        return replace(done, entry=line)

    def _rewriting(self, step: Step) -> Rewriting:
        case = step.before.id
        return redaction.rewriting(step, list(self.store.journal(case)), [out.message for out in self.store.sent(case)])

    def _rewrite(self, made: Rewriting) -> Redaction:
        """Write what a redaction makes of a case and of those linked to it; the store holds them. What can fail comes first."""
        step, case = made.step, made.step.after.id
        followers = self._followers(step)
        copies = [copy for each in (made, *followers) for copy in self.store.redact_copies(each.step)]
        for each in (made, *followers):
            if each is made and made.is_idle and step.event.name == REDACTED:
                continue
            self.store.commit(each.step)
            self.store.rewrite(each.step.after.id, each.lines, each.messages, _quoting(each.step))
        written = None if made.is_idle and step.event.name == REDACTED else entry(step)
        spots = [spot for erasure in step.erasures for spot in erasure.spots]
        return Redaction(
            case,
            written,
            len(made.lines),
            len(made.messages),
            linked=tuple(each.step.after.id for each in followers),
            copies=tuple(dict.fromkeys(copies)),
            too_short=redaction.too_short(step.before.data, spots),
            kept=redaction.kept((*self.store.journal(case),), step.after, step.erasures),
        )

    def _followers(self, source: Step) -> Sequence[Rewriting]:
        """Return what a redaction changes in the cases that were started with what it takes out of this one."""
        made = []
        erased = {source.after.id: source.erasures}
        for case_id, _ in self.family(source.after, "")[1:]:  # those that start others come before these
            found = self.store.load(case_id, "").case
            lines, parent = list(self.store.journal(case_id)), parent_of(found.links)
            passed_on = erased.get(parent.case, ()) if parent else ()
            step = redaction.followed(found, self.pins.of(found), source, lines, passed_on)
            erased[case_id] = step.erasures
            follower = self._rewriting(step)
            if not follower.is_idle:
                made.append(follower)
        return made

    def _refiled(self, case: str) -> int:
        """Have the delivery write anew what it keeps of a case's messages; return how many these are."""
        if not isinstance(self.delivery, Rewritable):
            return 0
        sent = (out.message for out in self.store.sent(case))
        messages = (message for message in sent if isinstance(message, Message))
        return sum(self.delivery.rewrite(case, self.enclosures.enclosed_if_possible(each)) for each in messages)


def _quoting(step: Step) -> Callable[[str], str]:
    """Return what takes out of a sentence what a step erases."""

    def quoting(text: str) -> str:
        for erasure in step.erasures:
            text = erasure.quoting(text)
        return text

    return quoting
