"""Bank details kept in this program's memory, gone when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from threading import Lock

from caseway.engine.payee import Payee, PayeeChange, change


class MemoryPayeeRegistry:
    """A registry without a disk. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._payees: dict[str, Payee] = {}
        self._changes: list[PayeeChange] = []

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        with self._lock:
            found = sorted(self._payees.values(), key=lambda payee: payee.id)
        return (payee for payee in found if ids is None or payee.id in ids)

    def keep(self, payees: Sequence[Payee], at: datetime, by: str | None = None) -> None:
        last = {payee.id: payee for payee in payees}
        with self._lock:
            changed = [each for id_, each in sorted(last.items()) if self._payees.get(id_) != each]
            self._changes += [change(each.id, each, at, by) for each in changed]
            self._payees.update(last)

    def remove(self, id: str, at: datetime, by: str | None = None) -> bool:  # noqa: A002 - the glossary's word
        with self._lock:
            was_there = self._payees.pop(id, None) is not None
            if was_there:
                self._changes.append(change(id, None, at, by))
            return was_there

    def changes(self, id: str) -> Sequence[PayeeChange]:  # noqa: A002 - the glossary's word
        with self._lock:
            return [each for each in self._changes if each.payee == id]
