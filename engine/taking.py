"""Items of a list that lose something, and the texts that they lose, wherever these were copied from or to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from caseway.engine.blank import Schema, is_declared, member
from caseway.engine.case import Case
from caseway.engine.descent import forebears
from caseway.engine.event import START
from caseway.engine.outcome import Entry
from caseway.engine.source import CASE
from caseway.engine.spot import EACH, Spot, texts_in, values_at

NOW = -1
"""In the place of a revision: in the middle of the step that redacts."""

OPENING = 0
"""In the place of a revision: in what the case was opened with."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A text, where it stands, and what of it is to go: `part`, or None for all of it."""

    place: Spot
    text: str
    part: str | None = None

    def left(self, mark: str) -> str:
        """Return what is left of the text."""
        return mark if self.part is None else self.text.replace(self.part, mark)


@dataclass(frozen=True, slots=True)
class Taking:
    """Some items of a list, `chosen` by their indexes in what was `listed`, and which `fields` of them are to go (none named: all), or what part of their texts.

    `fates` says by revision of each item that the list then had whether it is one of those (True), another that is there still (False), or
    gone since (None); `last` is the last revision of which that is known.
    """

    items: tuple[str, ...]
    listed: tuple[Any, ...]
    chosen: frozenset[int]
    fields: tuple[Spot, ...] = ((),)
    part: str | None = None
    fates: Mapping[int, Sequence[bool | None]] = field(default_factory=dict)
    last: int = NOW

    @property
    def place(self) -> Spot:
        return (CASE, *self.items)

    def fate(self, revision: int | None, index: int) -> bool | None:
        """Return what becomes of an item of the list as it was at a revision; None for the revision: nothing is known of when."""
        if revision == NOW:
            return index in self.chosen
        if revision is None:
            return None
        if revision > self.last:
            return False
        fates = self.fates.get(max((each for each in self.fates if each <= revision), default=NOW), ())
        return fates[index] if index < len(fates) else None

    def narrowed(self) -> Taking:
        """Return the same without the items that have nothing of the part that is to go."""
        if self.part is None:
            return self
        part, listed = self.part, self.listed
        has = (index for index in self.chosen if any(part in text for text in self._said(listed[index])))
        return replace(self, chosen=frozenset(has))

    def _said(self, item: Any) -> Iterator[str]:
        return (text for spot in self.fields for value in values_at(item, spot) for text in texts_in(value))

    def traced(self, lines: Sequence[Entry], case: Case) -> Taking:
        """Return the same with what was which item in the journal of a case: an item is known again by what it has in common with the next version."""
        fates: dict[int, Sequence[bool | None]] = {}
        listed: Sequence[Any] = self.listed
        known: Sequence[bool | None] = [index in self.chosen for index in range(len(listed))]
        for revision, before in reversed(list(self._versions(lines))):
            made: list[bool | None] = [None] * len(before)
            for fate, old in zip(known, forebears(listed, before), strict=True):
                if old is not None:
                    made[old] = fate
            fates[revision] = known = made
            listed = before
        return replace(self, fates=fates, last=case.revision)

    def traces(self, lines: Sequence[Entry], schema: Schema) -> Iterator[Trace]:
        """Yield the texts that go: those that stand there, and those that stood there before."""
        versions = [(NOW, self.listed), *self._versions(lines)]
        shape = _at(schema, (*self.items, EACH))
        for revision, items in versions:
            for index, item in enumerate(items):
                if self.fate(revision, index):
                    for spot in self.fields:
                        for value in values_at(item, spot):
                            yield from self._texts(_at(shape, spot), value, (*self.place, EACH, *spot))

    def _texts(self, schema: Schema, value: Any, place: Spot) -> Iterator[Trace]:
        match value:
            case str() if value and not is_declared(schema) and (self.part is None or self.part in value):
                yield Trace(place, value, self.part)
            case dict():
                for name, each in value.items():
                    yield from self._texts(member(schema, name), each, (*place, name))
            case list():
                for each in value:
                    yield from self._texts(schema.get("items") or {}, each, (*place, EACH))

    def _versions(self, lines: Sequence[Entry]) -> Iterator[tuple[int, Sequence[Any]]]:
        """Yield the list as the journal has it, by revision, the oldest first."""
        for line in lines:
            if line.event.name == START and line.revision == 1:
                yield from self._version(OPENING, line.event.data)
            yield from self._version(line.revision, line.change.get("data", {}))

    def _version(self, revision: int, data: Mapping[str, Any]) -> Iterator[tuple[int, Sequence[Any]]]:
        if self.items[0] in data:
            found = next(values_at(data, self.items), None)
            yield revision, found if isinstance(found, list) else ()


def _at(schema: Schema, spot: Spot) -> Schema:
    for key in spot:
        schema = (schema.get("items") or {}) if key == EACH or isinstance(key, int) else member(schema, key)
    return schema
