"""Texts that go from the places between which a process copies them, where they are all that stands there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from caseway.engine.blank import GONE, Schema, is_declared, is_measured, may_go, member, neutral
from caseway.engine.copying import NOTHING, Copying, Saying, copying_of
from caseway.engine.imprint import replaced_in
from caseway.engine.source import CASE, LINK, is_near
from caseway.engine.spot import EACH, Spot, covers
from caseway.engine.taking import Taking, Trace

if TYPE_CHECKING:
    from caseway.engine.definition import Definition
    from caseway.engine.effect import Message

SHORTEST = 4
"""How many characters a text needs to be searched for: shorter ones stand in too many words."""


def is_searchable(text: str, mark: str) -> bool:
    """Say whether a text is looked for wherever it may stand: it is long enough, and not a word of this redaction itself."""
    return len(text.strip()) >= SHORTEST and text.strip() not in mark


@dataclass(frozen=True)
class Spread:
    """Where some traces have come to stand in a process, and what is left when they are gone. Items that the takings know to be others keep theirs."""

    definition: Definition
    traces: frozenset[Trace]
    takings: tuple[Taking, ...]
    mark: str
    marks: frozenset[str] = frozenset()

    def cleared(
        self, schema: Schema, value: Any, path: Spot, revision: int | None = None, *, optional: bool = False
    ) -> Any:
        """Return a value that stands at a place without the traces that are all of a text there; or GONE. Items that are known to be others keep them."""
        if not self.traces:
            return value
        match value:
            case str() if not is_declared(schema):
                made = self._without_traces(value, path)
                return neutral(schema, value, optional=optional) if made != value and is_measured(schema) else made
            case Mapping():
                fields = {
                    name: self.cleared(
                        member(schema, name), each, (*path, name), revision, optional=may_go(schema, name)
                    )
                    for name, each in value.items()
                }
                return {name: each for name, each in fields.items() if each is not GONE}
            case list() | tuple():
                others = [each for each in self.takings if each.place == path]
                items = schema.get("items") or {}
                return [
                    item
                    if any(each.fate(revision, index) is False for each in others)
                    else self.cleared(items, item, (*path, EACH), revision)
                    for index, item in enumerate(value)
                ]
        return value

    def _without_traces(self, text: str, path: Spot) -> str:
        """Return a text without the traces that come to stand at its place."""
        for (place, is_copied), traces in self._reached.items():
            if covers(place, path):
                if text in traces:
                    return self._left(traces[text])
                if not is_copied:
                    for trace in traces.values():
                        text = self._searched(text, trace)
        return text

    def _searched(self, text: str, trace: Trace) -> str:
        """Return a text that is composed of others without a trace that may be one of them, where that is long enough to be known again."""
        return text.replace(trace.text, self._left(trace)) if is_searchable(trace.text, self.mark) else text

    def _left(self, trace: Trace) -> str:
        return trace.left(self.mark, self.marks)

    def subject(self, message: Message) -> dict[str, str]:
        """Return the subject of a message without what its expressions took from where it goes."""
        return self._said(message.subject, self._copying.subjects.get(message.message, {}))

    def body(self, message: Message) -> dict[str, str]:
        """Return the body of a message without what its expressions took from where it goes."""
        return self._said(message.body, self._copying.bodies.get(message.message, {}))

    def passed_on(self, link: str) -> frozenset[Trace]:
        """Return the traces that a case which was started by a link has in its own data, as they are or in texts composed of them."""
        return frozenset(
            replace(trace, place=(CASE, *place[2:]), whole=is_copied)
            for (place, is_copied), traces in self._reached.items()
            for trace in traces.values()
            if place[:2] == (LINK, link)
        )

    def _said(self, said: Mapping[str, str], sayings: Mapping[str, Saying]) -> dict[str, str]:
        """Return the subject or the body of a message, by language, without what its expressions took from where it goes."""
        return {
            language: self._rendered(text, sayings[language]) if language in sayings else text
            for language, text in said.items()
        }

    def _rendered(self, text: str, saying: Saying) -> str:
        for hole in saying.holes:
            for (place, is_copied), traces in self._reached.items():
                if any(is_near(source, place) for source in hole.sources):
                    for trace in traces.values():
                        if trace.text in text:
                            text = replaced_in(text, saying.template, hole.nth, trace.text, self._left(trace))
                            text = text if hole.whole and is_copied else self._searched(text, trace)
        return text

    @cached_property
    def _copying(self) -> Copying:
        return copying_of(self.definition) if self.traces else NOTHING

    @cached_property
    def _reached(self) -> Mapping[tuple[Spot, bool], Mapping[str, Trace]]:
        """The traces by each place at which they may stand, and whether they stand there as they are, and not only in texts composed of them."""
        reached: dict[tuple[Spot, bool], Mapping[tuple[Spot, bool], None]] = {}
        found: dict[tuple[Spot, bool], dict[str, Trace]] = {}
        for trace in sorted(
            self.traces, key=lambda each: (-len(each.text), each.text, str(each.place), each.part or "", each.whole)
        ):
            start = trace.place, trace.whole
            if start not in reached:
                reached[start] = self._copying.reach(*start)
            for place in reached[start]:
                found.setdefault(place, {}).setdefault(trace.text, trace)
        return found
