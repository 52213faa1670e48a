"""Items of a list that lose something, and the texts that they lose, wherever these were copied from or to."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from caseway.engine.blank import Schema, is_declared, member, shape_at
from caseway.engine.case import Case
from caseway.engine.descent import forebears, lasting_pairs
from caseway.engine.event import START
from caseway.engine.excision import cut_out, is_within
from caseway.engine.outcome import Entry
from caseway.engine.source import CASE, is_near
from caseway.engine.spot import EACH, Spot, keys_of, texts_in, values_at

if TYPE_CHECKING:
    from caseway.engine.copying import Copying

NOW = -1
"""In the place of a revision: in the middle of the step that redacts."""

OPENING = 0
"""In the place of a revision: in what the case was opened with."""


@dataclass(frozen=True, slots=True)
class Trace:
    """A text, where it stands, and what of it is to go: `part`, or None for all of it. Where it is not `whole`, other texts are composed of it there."""

    place: Spot
    text: str
    part: str | None = None
    whole: bool = True

    def left(self, mark: str, marks: Iterable[str] = ()) -> str:
        """Return what is left of the text, in which marks stay as they are."""
        return mark if self.part is None else cut_out(self.part, self.text, mark, marks)


@dataclass(frozen=True, slots=True)
class Taking:
    """Some items of a list, `chosen` by their indexes in what was `listed`, and which `fields` of them are to go (none named: all), or what part of their texts.

    `fates` says of each item that the list had at a revision whether it is one of those (True), known to be another (False), or either, as
    far as one can tell (None); `known` are these revisions, the first one first, and `last` is the last of which anything is known.
    """

    items: tuple[str, ...]
    listed: tuple[Any, ...]
    chosen: frozenset[int]
    fields: tuple[Spot, ...] = ((),)
    part: str | None = None
    fates: Mapping[int, Sequence[bool | None]] = field(default_factory=dict)
    known: tuple[int, ...] = ()
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
        at = bisect(self.known, revision)
        fates = self.fates[self.known[at - 1]] if at else ()
        return fates[index] if index < len(fates) else None

    def narrowed(self, marks: Iterable[str] = ()) -> Taking:
        """Return the same without the items that have nothing of the part that is to go, or only in marks of redactions."""
        if self.part is None:
            return self
        part, listed = self.part, self.listed
        has = (
            index for index in self.chosen if any(is_within(part, text, marks) for text in self._said(listed[index]))
        )
        return replace(self, chosen=frozenset(has))

    def _said(self, item: Any) -> Iterator[str]:
        return (text for spot in self.fields for value in values_at(item, spot) for text in texts_in(value))

    def traced(self, lines: Sequence[Entry], case: Case, copying: Copying) -> Taking:
        """Return the same with what was which item in the journal of a case: an item is known again by what it has in common with the next version.

        That an item is another is known only by what nothing ever changes in it: one that was changed may be one that was chosen.
        """
        lasting = self._lasting(copying, [keys_of(path) for stone in case.tombstones for path in stone.paths])
        fates: dict[int, Sequence[bool | None]] = {}
        listed: Sequence[Any] = self.listed
        known: Sequence[bool | None] = [index in self.chosen for index in range(len(listed))]
        for revision, before in reversed(list(self._versions(lines))):
            made: list[bool | None] = [None] * len(before)
            certain = lasting_pairs(listed, before, lasting)
            for new, old in enumerate(forebears(listed, before, lasting, certain)):
                if old is not None and (known[new] or new in certain):
                    made[old] = known[new]
            fates[revision] = known = made
            listed = before
        return replace(self, fates=fates, known=tuple(sorted(fates)), last=case.revision)

    def _lasting(self, copying: Copying, redacted: Sequence[Spot]) -> frozenset[str]:
        """Return the fields of an item that are what they were from the first: the process changes them nowhere, and nothing of them was redacted."""
        names = {name for item in self.listed if isinstance(item, dict) for name in item}
        places: dict[str, Spot] = {name: (*self.place, EACH, name) for name in names}
        return frozenset(
            name
            for name, place in places.items()
            if copying.is_lasting(place) and not any(is_near((CASE, *each), place) for each in redacted)
        )

    def traces(self, lines: Sequence[Entry], schema: Schema) -> Iterator[Trace]:
        """Yield the texts that go: those that stand there, and those that stood there before."""
        for revision, items in ((NOW, self.listed), *self._versions(lines)):
            yield from self._chosen(revision, items, schema)

    def arrived(self, lines: Sequence[Entry], schema: Schema) -> Iterator[tuple[int, Trace]]:
        """Yield the texts that go with each revision at which they came to stand there."""
        before: Mapping[Trace, None] = {}
        for revision, items in (*self._versions(lines), (NOW, self.listed)):
            now = dict.fromkeys(self._chosen(revision, items, schema))
            yield from ((revision, trace) for trace in now if trace not in before)
            before = now

    def others(self, lines: Sequence[Entry]) -> frozenset[str]:
        """Return what stands, or ever stood, in the same fields of items that are known to be others."""
        return frozenset(
            text
            for revision, items in ((NOW, self.listed), *self._versions(lines))
            for index, item in enumerate(items)
            if self.fate(revision, index) is False
            for text in self._said(item)
        )

    def _chosen(self, revision: int, items: Sequence[Any], schema: Schema) -> Iterator[Trace]:
        """Yield the texts that go from the list as it was at a revision."""
        shape = shape_at(schema, (*self.items, EACH))
        for index, item in enumerate(items):
            if self.fate(revision, index):
                for spot in self.fields:
                    for value in values_at(item, spot):
                        yield from self._texts(shape_at(shape, spot), value, (*self.place, EACH, *spot))

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
