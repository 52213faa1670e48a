"""Senders with little patience, but only where they are about to be kept waiting: how fast the machine is decides nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from caseway.engine.effect import Message
from caseway.engine.ports import Answer, Delivery

SOON, PATIENT = 0.3, 20.0
"""How many seconds a sender waits who is kept waiting on purpose, and any other."""

PATIENCE = 60.0
"""How many seconds a server may take to notice that nobody listens any more."""


@dataclass
class Talks:
    """The conversations of a server, each of which is over before the next begins."""

    begun: int = 0
    ended: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def one(self) -> Iterator[None]:
        """Begin one, as a sender; then wait until the server is done with it too."""
        self.begun += 1
        try:
            yield
        finally:
            with self.changed:
                assert self.changed.wait_for(lambda: self.ended >= self.begun, PATIENCE), "the server goes on"

    def end(self) -> None:
        """End one, as the server."""
        with self.changed:
            self.ended += 1
            self.changed.notify_all()


@dataclass(frozen=True)
class Impatient:
    """Sends with `SOON` where `is_stalled` says that it will be kept waiting, else with `PATIENT`."""

    sender: Callable[[float], Any]
    is_stalled: Callable[[Message], bool]
    talks: Talks

    def deliver(self, case: str, message: Message) -> Answer | None:
        delivery: Delivery = self.sender(SOON if self.is_stalled(message) else PATIENT)
        with self.talks.one():
            return delivery.deliver(case, message)
