"""What takes content out of everything that was written about a case: by place, by text wherever it stands, and out of items of a list."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from caseway.engine.blank import GONE, Schema, blanked, is_declared, is_measured, may_go, member, neutral, shape_at
from caseway.engine.case import Case, Timer, Tombstone, Work, mark_of
from caseway.engine.copying import copying_of
from caseway.engine.effect import Effect, Message, SendEvent, StartCase
from caseway.engine.event import START
from caseway.engine.excision import cut_out
from caseway.engine.origin import Origin
from caseway.engine.outcome import Entry, Refusal, Step
from caseway.engine.source import ADDRESS, CASE, DOCUMENT, EVENT, LINK, WORK
from caseway.engine.spot import EACH, Spot, texts_in, values_at
from caseway.engine.spread import Spread, is_searchable
from caseway.engine.taking import OPENING, Taking, Trace

if TYPE_CHECKING:
    from caseway.engine.definition import Definition

_CUT = 60
"""To how many characters the sentences about faulty data cut the texts that they quote."""

_NAMED = ("candidates", "tags", "excluded")
"""What of a piece of work is made of the data; who passed, had or did it stays, as does whoever acted."""


@dataclass(frozen=True)
class Erasure:
    """What is to be erased of a case, and why.

    `texts` are taken out wherever they stand. `spots` are places in the data: what stands there, and stood there at the revision
    in `since` or later, is erased whatever it is. Of the journal's lines of `revisions`, the data of the event are erased as a whole. `cuts` are
    beginnings of longer texts, for sentences that quote no more than that. `marks` is what earlier redactions left behind.

    `takings` are items of lists that lose something; `traces` the texts which they lose, or which another case has passed on. A trace goes from
    where it stands and from the places that it is copied to or from, where it is all that stands there; others who say the same keep theirs.
    `is_learned`: the journal was read for all this.
    """

    definition: Definition
    reason: str
    spots: tuple[Spot, ...] = ()
    texts: frozenset[str] = frozenset()
    revisions: frozenset[int] = frozenset()
    since: Mapping[Spot, int] = field(default_factory=dict)
    cuts: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    takings: tuple[Taking, ...] = ()
    traces: frozenset[Trace] = frozenset()
    is_learned: bool = False

    @cached_property
    def mark(self) -> str:
        """What stands in the place of a text."""
        return mark_of(self.reason)

    def passed_on(self, link: str) -> frozenset[Trace]:
        """Return the traces that a case which was started by a link has in its own data."""
        return self._spread.passed_on(link)

    # what there is to look for

    def seeing(self, data: Mapping[str, Any], schema: Schema, spots: Iterable[Spot]) -> Erasure:
        """Return the erasure that also looks for the texts which stand at some places of these data."""
        found = {
            text
            for spot in spots
            for value in values_at(data, spot)
            for text in self._texts_in(shape_at(schema, spot), value)
            if is_searchable(text, self.mark)
        }
        return self if found <= self.texts else replace(self, texts=self.texts | found)

    def learned(self, lines: Sequence[Entry], case: Case) -> Erasure:
        """Return the erasure that knows a case's journal, and what the case is now: what stood at its places before, and which texts were quoted in part.

        An index names the same item only since the list was last shortened: of what stood there before, nothing is taken for it.
        """
        if self.is_learned:
            return self
        marks = self.marks | {each.mark for each in case.tombstones}
        schema = self.definition.data.schema
        traced = tuple(each.traced(lines, case, copying_of(self.definition)) for each in self.takings)
        traces = self.traces | {
            trace
            for each in traced
            for found in (each.traces(lines, schema), self._origin(each, lines, case, marks).traces())
            for trace in found
            if trace.text not in marks
        }
        since = {spot: _since(spot, lines, case) for spot in self.spots}
        made = replace(self, marks=marks, since=since, takings=traced, traces=traces, is_learned=True)
        made = made.seeing(case.data, schema, self.spots)
        for line in lines:
            spots = [spot for spot in self.spots if line.revision >= since[spot]]
            made = made.seeing(line.change.get("data", {}), schema, spots)
            if line.event.name == START:
                made = made.seeing(line.event.data, schema, spots)
            if line.revision in self.revisions:
                made = made.seeing(
                    {"": line.event.data}, {"properties": {"": self._of_event(line.event.name)}}, [("",)]
                )
        return made.quoted_in_part(lines)

    def _origin(self, taking: Taking, lines: Sequence[Entry], case: Case, marks: frozenset[str]) -> Origin:
        definition = self.definition
        return Origin(
            taking,
            lines,
            case.data,
            copying_of(definition),
            definition.data.schema,
            self._of_event,
            marks | {self.mark},
        )

    def tracing(self) -> Erasure:
        """Return the erasure that knows which texts go from the items that are chosen now."""
        schema = self.definition.data.schema
        found = {trace for each in self.takings for trace in each.traces((), schema) if trace.text not in self.marks}
        return replace(self, traces=self.traces | found)

    def quoted_in_part(self, lines: Iterable[Entry]) -> Erasure:
        """Return the erasure that also knows how texts begin in which one that is erased stands: sentences quote no more of them."""
        return replace(self, cuts=frozenset(self._cut(lines)))

    def _texts_in(self, schema: Schema, value: Any) -> Iterator[str]:
        """Yield the texts within a value that are somebody's content."""
        match value:
            case str() if value not in self.marks and value != self.mark and not is_declared(schema):
                yield value
                yield value.strip()
            case dict():
                for name, each in value.items():
                    yield from self._texts_in(member(schema, name), each)
            case list():
                for each in value:
                    yield from self._texts_in(schema.get("items") or {}, each)

    def _cut(self, lines: Iterable[Entry]) -> Iterator[str]:
        pattern = self._pattern
        if pattern is None:
            return
        for line in lines:
            for text in texts_in([line.change.get("data"), line.event.data]):
                match = pattern.search(text) if len(text) > _CUT else None
                if match and match.start() < _CUT:
                    yield text[:_CUT]

    # what becomes of what is written

    def words(self, text: str) -> str:
        """Return a text without those that are erased."""
        return text if self._pattern is None else self._pattern.sub(lambda _: self.mark, text)

    def quoting(self, text: str) -> str:
        """Return a sentence that may quote data, in part or with signs escaped, without what is erased."""
        return text if self._quoted is None else self._quoted.sub(lambda _: self.mark, text)

    def data(
        self, data: Mapping[str, Any], spots: Iterable[Spot] | None = None, revision: int | None = None
    ) -> dict[str, Any]:
        """Return data of the case as it was at a revision, or some fields of them, with the places and texts erased."""
        schema = self.definition.data.schema
        made: Any = dict(data)
        for spot in self.spots if spots is None else spots:
            made = self._emptied(schema, made, spot)
        for taking in self.takings:
            made = self._taken(schema, made, taking, taking.items, revision)
        made = self._spread.cleared(schema, made, (CASE,), revision)
        swept: dict[str, Any] = self._swept(schema, made)
        return swept

    def case(self, case: Case) -> Case:
        """Return a case without what is erased. Who did something, and who has it, stays."""
        return replace(
            case,
            data=self.data(case.data, revision=case.revision),
            timers=tuple(map(self._timer, case.timers)),
            work=tuple(map(self._work, case.work)),
            tombstones=tuple(map(self.tombstone, case.tombstones)),
        )

    def tombstone(self, stone: Tombstone) -> Tombstone:
        """Return a tombstone without what is erased: people write content into reasons, too."""
        lost = None if stone.lost is None else tuple(map(self.words, stone.lost))
        return replace(stone, reason=self.words(stone.reason), paths=tuple(map(self.words, stone.paths)), lost=lost)

    def step(self, step: Step) -> Step:
        """Return a step that leaves nothing behind of what it erases."""
        event = replace(step.event, data=self._event_data(step.event.name, step.event.data, step.after.revision))
        effects = tuple(map(self.effect, step.effects))
        return replace(step, event=event, after=self.case(step.after), effects=effects)

    def entry(self, line: Entry) -> Entry:
        """Return a line of the journal without what is erased."""
        event = replace(line.event, data=self._event_data(line.event.name, line.event.data, line.revision))
        refusal = line.refusal and self._refusal(line.refusal)
        effects = tuple(map(self.effect, line.effects))
        return replace(line, event=event, change=self._change(line), effects=effects, refusal=refusal)

    def effect(self, effect: Effect) -> Effect:
        """Return an effect without what is erased. The ledger stays as it is, and so do payouts, with their once keys."""
        match effect:
            case Message():
                return replace(
                    effect,
                    to=self.words(self._spread.cleared({}, effect.to, (ADDRESS, effect.message))),
                    subject=self._any(self._spread.subject(effect)),
                    body=self._any(self._spread.body(effect)),
                    attached=tuple(
                        replace(each, data=self._any(self._spread.cleared({}, each.data, (DOCUMENT, each.document))))
                        for each in effect.attached
                    ),
                )
            case StartCase():
                return replace(
                    effect, data=self._any(self._spread.cleared({}, effect.data, (LINK, effect.parent.name)))
                )
            case SendEvent():
                return replace(effect, data=self._any(effect.data))
        return effect

    def record(self, record: Any) -> Any:
        """Return any JSON without the texts that are erased, where nothing more is known of it."""
        return self._any(record)

    def _change(self, line: Entry) -> Mapping[str, Any]:
        spots = [spot for spot in self.spots if line.revision >= self.since.get(spot, 0)]
        made = dict(line.change)
        if "data" in made:
            made["data"] = self.data(made["data"], spots, line.revision)
        if "work" in made:
            made["work"] = [self._offered(item) for item in made["work"]]
        for name, each in (("timers", ("fault",)), ("work", _NAMED), ("tombstones", ("reason", "paths", "lost"))):
            if name in made:
                made[name] = [self._within(item, each) for item in made[name]]
        return made

    def _within(self, record: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Return a record with some of its fields erased; a fault quotes."""
        return {
            name: value if name not in names else self.quoting(value) if isinstance(value, str) else self._any(value)
            for name, value in record.items()
        }

    def _event_data(self, name: str, data: Mapping[str, Any], revision: int) -> Mapping[str, Any]:
        if name == START and revision == 1:
            data = self.data(data, [spot for spot in self.spots if self.since.get(spot, 0) <= revision], OPENING)
        else:
            data = self._spread.cleared(self._of_event(name), dict(data), (EVENT,))
        schema = self._of_event(name)
        if revision in self.revisions:
            data = blanked(schema, dict(data), self.mark, self.marks)
        swept: Mapping[str, Any] = self._swept(schema, dict(data))
        return swept

    def _of_event(self, name: str) -> Schema:
        if name == START:
            return self.definition.data.schema
        rule = self.definition.events.get(name)
        return rule.data.schema if rule else {}

    def _refusal(self, refusal: Refusal) -> Refusal:
        facts = {
            name: self.quoting(value) if isinstance(value, str) else self._any(value)
            for name, value in refusal.facts.items()
        }
        return Refusal(refusal.code, self.quoting(refusal.message), facts)

    def _timer(self, timer: Timer) -> Timer:
        return timer if timer.fault is None else replace(timer, fault=self.quoting(timer.fault))

    def _work(self, work: Work) -> Work:
        place: Spot = (WORK, work.state)
        candidates = (
            None
            if work.candidates is None
            else tuple(map(self.words, self._spread.cleared({}, work.candidates, place)))
        )
        tags, excluded = (
            tuple(map(self.words, self._spread.cleared({}, each, place))) for each in (work.tags, work.excluded)
        )
        return replace(work, candidates=candidates, tags=tags, excluded=excluded)

    def _offered(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """Return the record of a piece of work without what was copied into it."""
        place: Spot = (WORK, record["state"])
        return {
            name: self._spread.cleared({}, value, place) if name in _NAMED else value for name, value in record.items()
        }

    def _any(self, value: Any) -> Any:
        return self._swept({}, value)

    # how

    def _emptied(self, schema: Schema, value: Any, spot: Spot) -> Any:
        """Return a value in which what stands at a place is blanked."""
        if not spot:
            return blanked(schema, value, self.mark, self.marks)
        key, rest = spot[0], spot[1:]
        if isinstance(value, list) and (key == EACH or isinstance(key, int)):
            items = schema.get("items") or {}
            return [self._emptied(items, item, rest) if key in (EACH, at) else item for at, item in enumerate(value)]
        if not isinstance(value, dict) or not isinstance(key, str) or key not in value:
            return value
        field_ = member(schema, key)
        if rest:
            made = self._emptied(field_, value[key], rest)
        else:
            made = blanked(field_, value[key], self.mark, self.marks, optional=may_go(schema, key))
        return {name: made if name == key else each for name, each in value.items() if name != key or made is not GONE}

    def _taken(self, schema: Schema, value: Any, taking: Taking, rest: Sequence[str], revision: int | None) -> Any:
        """Return data in which the items of a taking have lost what they lose."""
        if rest:
            if not isinstance(value, dict) or rest[0] not in value:
                return value
            return value | {rest[0]: self._taken(member(schema, rest[0]), value[rest[0]], taking, rest[1:], revision)}
        if not isinstance(value, list):
            return value
        items = schema.get("items") or {}
        return [
            self._stripped(items, item, taking) if taking.fate(revision, index) else item
            for index, item in enumerate(value)
        ]

    def _stripped(self, schema: Schema, item: Any, taking: Taking) -> Any:
        for spot in taking.fields:
            item = (
                self._emptied(schema, item, spot)
                if taking.part is None
                else _part_out(item, spot, taking.part, self.mark, self.marks)
            )
        return item

    def _swept(self, schema: Schema, value: Any, *, optional: bool = False) -> Any:
        """Return a value without the texts that are erased, wherever they stand in it; or GONE."""
        match value:
            case str() if self._pattern is not None and not is_declared(schema):
                made = self.words(value)
                return neutral(schema, value, optional=optional) if made != value and is_measured(schema) else made
            case Mapping():
                return self._swept_fields(schema, value)
            case list() | tuple():
                return [self._swept(schema.get("items") or {}, item) for item in value]
        return value

    def _swept_fields(self, schema: Schema, value: Mapping[str, Any]) -> dict[str, Any]:
        declared = schema.get("properties") or {}
        made: dict[str, Any] = {}
        for name, each in value.items():
            swept = self._swept(member(schema, name), each, optional=may_go(schema, name))
            if swept is not GONE:
                made[name if name in declared else self._key(name, made)] = swept
        return made

    def _key(self, name: str, taken: Mapping[str, Any]) -> str:
        """Return the name of a free entry without what is erased, and unlike the others."""
        made = self.words(name)
        if made == name:
            return name
        others = (f"{made} {number}" for number in range(2, len(taken) + 3))
        return next(each for each in (made, *others) if each not in taken)

    @cached_property
    def _spread(self) -> Spread:
        return Spread(self.definition, self.traces, self.takings, self.mark, self.marks)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        return _any_of(self.texts)

    @cached_property
    def _quoted(self) -> re.Pattern[str] | None:
        traced = (trace.text if trace.part is None else trace.part for trace in self.traces)
        told = [text for text in traced if is_searchable(text, self.mark)]
        told += [text[:_CUT] for text in told if len(text) > _CUT]
        return _any_of(each for text in (*self.texts, *self.cuts, *told) for each in _spellings(text))


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds any of some texts, the longest first."""
    found = sorted(set(texts), key=lambda text: (-len(text), text))
    return re.compile("|".join(map(re.escape, found))) if found else None


def _spellings(text: str) -> tuple[str, ...]:
    """Return a text as sentences quote it: as it is, and as JSON and Python write it."""
    return text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]


def _part_out(value: Any, spot: Spot, part: str, mark: str, marks: Iterable[str]) -> Any:
    """Return a value in which the texts at a place have lost a part."""
    match value:
        case str() if not spot:
            return cut_out(part, value, mark, marks)
        case dict():
            return {
                name: _part_out(each, spot[1:], part, mark, marks) if not spot or spot[0] == name else each
                for name, each in value.items()
            }
        case list() if not spot:
            return [_part_out(each, (), part, mark, marks) for each in value]
    return value


def _since(spot: Spot, lines: Sequence[Entry], case: Case) -> int:
    """Return the first revision at which a place is the same as now."""
    lists = [spot[:depth] for depth, key in enumerate(spot) if isinstance(key, int)]
    since, lengths = 0, [0] * len(lists)
    data: dict[str, Any] = {}
    for line in lines:
        data = {name: value for name, value in data.items() if name not in line.change.get("without", ())}
        data |= line.change.get("data", {})
        now = [_length(data, each) for each in lists]
        if any(new < old for new, old in zip(now, lengths, strict=True)):
            since = line.revision
        lengths = now
    shrunk = any(_length(case.data, each) < old for each, old in zip(lists, lengths, strict=True))
    return case.revision if shrunk else since


def _length(data: Mapping[str, Any], spot: Spot) -> int:
    """Return the length of the longest list at a place."""
    return max((len(value) for value in values_at(data, spot) if isinstance(value, list)), default=0)
