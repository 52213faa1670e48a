"""Bank details kept in this program's memory, gone when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from threading import Lock

from caseway.engine.payee import Payee


class MemoryPayeeRegistry:
    """A registry without a disk. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._payees: dict[str, Payee] = {}

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        with self._lock:
            found = sorted(self._payees.values(), key=lambda payee: payee.id)
        return (payee for payee in found if ids is None or payee.id in ids)

    def keep(self, payees: Sequence[Payee], at: datetime) -> None:  # noqa: ARG002 - nobody asks a memory when
        with self._lock:
            self._payees.update((payee.id, payee) for payee in payees)

    def remove(self, id: str) -> bool:  # noqa: A002 - the glossary's word
        with self._lock:
            return self._payees.pop(id, None) is not None
