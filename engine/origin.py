"""What items of a list said before they stood there: drafts that were changed until one was sent, and the texts of which an item is composed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from caseway.engine.blank import Schema, is_declared, member, shape_at
from caseway.engine.copying import Copying
from caseway.engine.event import START
from caseway.engine.excision import is_within
from caseway.engine.outcome import Entry
from caseway.engine.source import CASE, EVENT
from caseway.engine.spot import EACH, Spot, values_at
from caseway.engine.spread import SHORTEST
from caseway.engine.taking import NOW, Taking, Trace

_FAR = 1000
"""To how many places texts are followed back: copies that go round in circles end somewhere."""


@dataclass(frozen=True)
class Origin:
    """The journal of a case, in which to find what came to be what a taking takes. `data` is what the case is now, `shape` that of an event's data."""

    taking: Taking
    lines: Sequence[Entry]
    data: Mapping[str, Any]
    copying: Copying
    schema: Schema
    shape: Callable[[str], Schema]
    marks: frozenset[str]

    def traces(self) -> Iterator[Trace]:
        """Yield the texts that go as well, but for those that other items of the list say, and that stay with these.

        With a part: whatever has it at a place from which the items can have got their texts. Else what stood at the very places whose texts became
        theirs, back to when these were empty, or were what another item says.
        """
        return self._drafts() if self.taking.part is None else self._having(self.taking.part)

    def _having(self, part: str) -> Iterator[Trace]:
        places = dict.fromkeys(trace.place for trace in self.taking.traces(self.lines, self.schema))
        waiting = list(places)
        while waiting:
            for origin in self.copying.origins(waiting.pop()):
                if origin not in places and len(places) < _FAR:
                    places[origin] = None
                    waiting.append(origin)
        for place in places:
            for at, text in self._ever(place):
                if text not in self._others and is_within(part, text, self.marks):
                    yield Trace(at, text, part)

    def _ever(self, place: Spot) -> Iterator[tuple[Spot, str]]:
        """Yield the texts that ever stood at a place."""
        if place[0] == CASE:
            shape = shape_at(self.schema, place[1:])
            for data in (*self._states[:1], *(line.change.get("data", {}) for line in self.lines), self.data):
                yield from _texts(shape, values_at(data, place[1:]), place)
        elif place[0] == EVENT:
            for line in self.lines:
                yield from self._brought(line, place)

    def _brought(self, line: Entry, place: Spot) -> Iterator[tuple[Spot, str]]:
        """Yield the texts at a place in the data of a line's event. What a case is opened with are its data."""
        if line.event.name != START:
            shape = shape_at(self.shape(line.event.name), place[1:])
            yield from _texts(shape, values_at(line.event.data, place[1:]), place)

    def _drafts(self) -> Iterator[Trace]:
        numbers = {line.revision: number for number, line in enumerate(self.lines) if line.change}
        waiting = [
            (trace.place, len(self.lines) if revision == NOW else numbers[revision], trace.text)
            for revision, trace in self.taking.arrived(self.lines, self.schema)
            if revision == NOW or revision in numbers
        ]
        seen = set(waiting)
        while waiting:
            place, number, text = waiting.pop()
            for origin in self.copying.origins(place):
                found = list(self._before(origin, number, text))
                for made in [(origin, number, text), *((origin, at, each) for at, each in found)]:
                    if made not in seen:
                        seen.add(made)
                        waiting.append(made)
                yield from (Trace(origin, each) for _, each in found)

    def _before(self, place: Spot, number: int, text: str) -> Iterator[tuple[int, str]]:
        """Yield what stood at a place when a line made a text of it, and before that, each with the number of the line since which it did."""
        if number < 0:
            return
        if place[0] == EVENT and number < len(self.lines):
            for _, brought in self._brought(self.lines[number], place):
                if _is_in(brought, text) and brought not in self._others:
                    yield number, brought
        elif place[0] == CASE and EACH not in place and not is_declared(shape_at(self.schema, place[1:])):
            # The state with a number is that before the line with it.
            stood = self._stood(place, number)
            if not _is_in(stood, text):
                return
            while isinstance(stood, str) and stood.strip() and self._is_taken(stood, text):
                since = number
                while since > 0 and self._stood(place, since - 1) == stood:
                    since -= 1
                yield since - 1, stood
                number = since - 1
                stood = self._stood(place, number) if number >= 0 else None

    def _is_taken(self, stood: str, text: str) -> bool:
        return _is_in(stood, text) or (stood not in self._others and stood not in self.marks)

    def _stood(self, place: Spot, number: int) -> Any:
        return next(values_at(self._states[number], place[1:]), None)

    @cached_property
    def _others(self) -> frozenset[str]:
        return self.taking.others(self.lines)

    @cached_property
    def _states(self) -> Sequence[Mapping[str, Any]]:
        """The data before each line, and after the last one. Before the first there is what the case was opened with."""
        opening = next((line.event.data for line in self.lines[:1] if line.event.name == START), {})
        states: list[Mapping[str, Any]] = [opening]
        for line in self.lines:
            gone = line.change.get("without", ())
            kept = {name: value for name, value in states[-1].items() if name not in gone}
            states.append(kept | line.change.get("data", {}))
        return states


def _is_in(piece: Any, text: str) -> bool:
    """Say whether a text may have been made of another one: it is that one, or has it, where that is long enough to be known again."""
    return isinstance(piece, str) and (piece == text or (len(piece.strip()) >= SHORTEST and piece in text))


def _texts(shape: Schema, values: Iterator[Any], place: Spot) -> Iterator[tuple[Spot, str]]:
    """Yield the texts within values of a shape that the process does not declare itself, each with its place."""
    for value in values:
        match value:
            case str() if value and not is_declared(shape):
                yield place, value
            case dict():
                for name, each in value.items():
                    yield from _texts(member(shape, name), iter((each,)), (*place, name))
            case list():
                yield from _texts(shape.get("items") or {}, iter(value), (*place, EACH))
