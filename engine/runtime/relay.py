"""What waits in the outbox: messages for people, and what cases have for each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from caseway.engine.actor import Actor
from caseway.engine.effect import Message, SendEvent, StartCase
from caseway.engine.errors import CaseConflict, CaseError, DefinitionError, Undeliverable, WorldError
from caseway.engine.event import Event
from caseway.engine.outbox import LONGEST_PAUSE, pause
from caseway.engine.outcome import Entry, Outcome
from caseway.engine.ports import Answer, Clock, Delivery, Outgoing, Store
from caseway.engine.runtime.enclosure import Enclosures

DELIVERY_ATTEMPTS = 12
"""How often the delivery of a message may fail before it is set aside; from the first to the last it takes one to two hours and a half."""

LEASE = timedelta(minutes=1)
"""For how long a worker keeps messages to itself that it delivers. It begins no delivery in the second half of that time."""


@dataclass(frozen=True, slots=True)
class Relayed:
    """What one pass over the outbox did: effect ids delivered, and those that failed with the reason.

    `answers` is what came of the events that receivers sent back at once, `linked` what came of it in other cases: those that were
    started, and those that heard of an end.
    """

    delivered: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    answers: tuple[Outcome, ...] = ()
    linked: tuple[Entry, ...] = ()


class Cases(Protocol):
    """Where what is relayed arrives: other cases, and events that receivers answer with."""

    def start_linked(self, start: StartCase, *, now: datetime | None = None) -> Entry: ...
    def hear_end(self, end: SendEvent, *, now: datetime | None = None) -> Entry: ...
    def send(
        self,
        case: str,
        event: str,
        data: Mapping[str, Any] | None = None,
        *,
        actor: Actor | None = None,
        event_id: str | None = None,
    ) -> Entry: ...


@dataclass(frozen=True, slots=True)
class Relay:
    """Delivers, as one worker among many. `delivery`: where messages to people go; without it they wait."""

    store: Store
    clock: Clock
    delivery: Delivery | None
    enclosures: Enclosures
    cases: Cases

    def relay(self, limit: int, now: datetime, at: datetime | None) -> Relayed:
        """Do what waits, at most `limit` of it, as at `now`; `at` is the instant that counts for other cases where it is not the clock's."""
        delivered: list[str] = []
        failed: list[tuple[str, str]] = []
        answers: list[Outcome] = []
        linked: list[Entry] = []
        waiting: set[tuple[str, str]] = set()
        begun = self.clock.now()
        ahead = max(now - begun, timedelta())  # only where rehearsals are ahead of the clock
        claim = self.store.claimed_messages(
            limit, begun + ahead, begun + ahead + LEASE, only_to_cases=self.delivery is None
        )
        with claim as (outgoing, store):
            for out in outgoing:
                instant = self.clock.now()
                if instant - begun > LEASE / 2:
                    break
                if out.line in waiting:
                    continue
                try:
                    came = self._relayed(out, instant if at is None else at)
                except WorldError as error:
                    failed.append((out.message.id, error.message))
                    if not _fail(store, out, error, instant + ahead):
                        waiting.add(out.line)
                else:
                    if isinstance(came, Entry):
                        linked.append(came)
                    else:
                        answers += [came] if came else []
                        delivered.append(out.message.id)
                    store.delivered(out.message.id, instant)
        return Relayed(tuple(delivered), tuple(failed), tuple(answers), tuple(linked))

    def _relayed(self, out: Outgoing, now: datetime) -> Entry | Outcome | None:
        """Do what an effect in the outbox asks for; return what came of it in another case, or of an event that was answered.

        Raises WorldError where it could not be done.
        """
        if not isinstance(out.message, Message):
            return self._linked(out.message, now)
        assert self.delivery is not None, "without one, messages are not claimed"
        answer = self.delivery.deliver(out.case, self.enclosures.enclosed(out.message))
        return None if answer is None else self._answered(out, answer)

    def _linked(self, effect: StartCase | SendEvent, now: datetime) -> Entry:
        """Start a linked case, or let one hear of an end: alone in its transaction, so that no two cases are ever held at once."""
        try:
            if isinstance(effect, StartCase):
                return self.cases.start_linked(effect, now=now)
            return self.cases.hear_end(effect, now=now)
        except CaseConflict as error:
            raise WorldError(error.message, **error.facts) from error
        except (CaseError, DefinitionError) as error:
            raise Undeliverable(error.message, **error.facts) from error

    def _answered(self, out: Outgoing, answer: Answer) -> Outcome:
        """Send a receiver's answer to the case. Delivered again, the message has the same answer, which changes nothing then."""
        event = Event(answer.event, answer.data, f"{out.message.id}:answer", answer.actor)
        try:
            line = self.cases.send(out.case, event.name, event.data, actor=event.actor, event_id=event.id)
        except CaseConflict as error:
            raise WorldError(f"It was delivered, and its answer has to wait: {error.message}") from error
        except (CaseError, DefinitionError) as error:
            return Outcome(out.case, event, None, error)
        return Outcome(out.case, event, line, None)


def _fail(store: Store, out: Outgoing, error: WorldError, now: datetime) -> bool:
    """Record a delivery that failed, to be tried again later, and say whether it was set aside instead."""
    attempts = out.attempts + 1
    is_lost = isinstance(error, Undeliverable) or attempts >= DELIVERY_ATTEMPTS
    asked = timedelta(seconds=error.facts.get("retry_after", 0))
    wait = max(pause(out.message.id, attempts), min(asked, LONGEST_PAUSE))
    store.undelivered(out.message.id, error.message, set_aside=is_lost, not_before=None if is_lost else now + wait)
    return is_lost
