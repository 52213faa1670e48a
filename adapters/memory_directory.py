"""Persons kept in this program's memory, gone when it ends."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from threading import Lock

from caseway.engine.person import Person


class MemoryDirectory:
    """A directory without a disk. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._persons: dict[str, Person] = {}

    def person(self, id: str) -> Person | None:  # noqa: A002 - the glossary's word
        return self._persons.get(id)

    def persons(self, *, role: str | None = None, tag: str | None = None) -> Iterator[Person]:
        with self._lock:
            found = sorted(self._persons.values(), key=lambda person: person.id)
        return (person for person in found if person.fits(role, tag))

    def known(self, ids: Collection[str]) -> Mapping[str, Person]:
        return {id_: person for id_ in ids if (person := self._persons.get(id_))}

    def keep(self, persons: Sequence[Person], at: datetime) -> Sequence[str]:  # noqa: ARG002 - nobody asks a memory when
        with self._lock:
            new = [person for person in persons if self._persons.get(person.id) != person]
            self._persons.update((person.id, person) for person in new)
        return [person.id for person in new]

    def remove(self, id: str) -> bool:  # noqa: A002 - the glossary's word
        with self._lock:
            return self._persons.pop(id, None) is not None
