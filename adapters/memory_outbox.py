"""Messages kept in this program's memory until they are delivered, gone when it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from caseway.engine.effect import Message, Outbound, recipient
from caseway.engine.outbox import ADDRESSLESS, ready
from caseway.engine.ports import Outgoing


class MemoryOutbox:
    """An outbox without a disk. Whoever uses it holds the lock of its store."""

    def __init__(self) -> None:
        self._items: dict[str, Outgoing] = {}  # undelivered, in order of writing
        self._aside: set[str] = set()

    def write(self, case: str, messages: Iterable[Outbound]) -> None:
        """Add the messages of a case, which have ids that nobody has."""
        self._items.update((message.id, Outgoing(case, message)) for message in messages)

    def claim(self, limit: int, now: datetime, until: datetime, *, only_to_cases: bool) -> Sequence[Outgoing]:
        """Return what may go now, and hold it back from others until an instant."""
        going = ready(self.waiting(), now)
        wanted = (item for item in going if not (only_to_cases and isinstance(item.message, Message)))
        claimed = list(islice(wanted, max(limit, 0)))
        self._hold(claimed, until)
        return claimed

    def release(self, claimed: Sequence[Outgoing], until: datetime) -> None:
        """Let go of what was claimed until an instant, and is here still."""
        kept = [self._items.get(item.message.id) for item in claimed]
        self._hold([item for item in kept if item is not None and item.not_before == until], None)

    def waiting(self) -> Iterator[Outgoing]:
        """Yield what is to be delivered."""
        return (item for effect, item in self._items.items() if effect not in self._aside)

    def set_aside(self) -> Iterator[Outgoing]:
        """Yield what was set aside."""
        return (item for effect, item in self._items.items() if effect in self._aside)

    def count_set_aside(self) -> int:
        """Return how much was set aside."""
        return len(self._aside)

    def of(self, case: str) -> Sequence[Outgoing]:
        """Return what a case sent, set aside or not."""
        return [item for item in self._items.values() if item.case == case]

    def delivered(self, effect: str) -> None:
        """Forget what was delivered."""
        self._items.pop(effect, None)
        self._aside.discard(effect)

    def undelivered(self, effect: str, error: str, *, set_aside: bool, not_before: datetime | None) -> None:
        """Note that a delivery failed, and when it is tried again; or set the message aside."""
        item = self._items.get(effect)
        if item is None:
            return
        self._items[effect] = replace(item, attempts=item.attempts + 1, error=error, not_before=not_before)
        if set_aside:
            self._aside.add(effect)
        else:
            self._aside.discard(effect)

    def put_back(self, case: str, effect: str) -> bool:
        """Let what was set aside wait again, as if it had never been tried, and say whether there was such."""
        item = self._items.get(effect)
        if item is None or item.case != case or effect not in self._aside:
            return False
        self._aside.discard(effect)
        self._items[effect] = Outgoing(case, item.message)
        return True

    def rewrite(self, case: str, messages: Sequence[Outbound], quoting: Callable[[str], str]) -> None:
        """Put messages in the place of those with their ids, and tell all errors of the case anew."""
        for message in messages:
            self._replace(message)
        for item in self.of(case):
            if item.error is not None:
                self._items[item.message.id] = replace(item, error=quoting(item.error))

    def snapshot(self) -> Mapping[str, Any]:
        """Copy everything, so that it can be as it was."""
        return {name: copy(value) for name, value in self.__dict__.items()}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """Let everything be as it was when a snapshot was taken."""
        self.__dict__.update(kept)

    def _hold(self, items: Iterable[Outgoing], until: datetime | None) -> None:
        self._items.update({item.message.id: replace(item, not_before=until) for item in items})

    def _replace(self, message: Outbound) -> None:
        item = self._items.get(message.id)
        if item is None:
            return
        is_lost = recipient(message) != recipient(item.message)
        self._items[message.id] = replace(item, message=message, error=ADDRESSLESS if is_lost else item.error)
        if is_lost:
            self._aside.add(message.id)
