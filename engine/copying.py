"""Where a process copies what stands somewhere: from the data of an event into those of the case, from there into messages and linked cases."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from caseway.engine.action import Action, Append, Change, Raise, Set, Start, Tell, When
from caseway.engine.expression import Program, Template
from caseway.engine.source import ADDRESS, CASE, DOCUMENT, EVENT, LINK, WORK, is_near, is_whole, made_of
from caseway.engine.spot import EACH, Spot, covers
from caseway.engine.value import Computed, Fields, Items, Value

if TYPE_CHECKING:
    from caseway.engine.definition import Definition

_KEPT: dict[str, Copying] = {}
_MOST = 64
_FAR, _DEEP = 1000, 32
"""To how many places something is followed, and into how many keys: copies that go round in circles end somewhere."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A place that is given a value, and the places that the value is made of. `whole`: one of these as it is, and not a text composed of them."""

    target: Spot
    sources: tuple[Spot, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression in a template: the how many-eth part it is, the places that it is made of, and whether it gives one of these as it is."""

    nth: int
    sources: tuple[Spot, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Saying:
    """A text of a message: its template, and the expressions in it."""

    template: Template
    holes: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class Copying:
    """All that a process copies, the places at which it changes what is there, and the subjects and bodies of its messages by their names and languages."""

    copies: tuple[Copy, ...]
    changed: frozenset[Spot]
    subjects: Mapping[str, Mapping[str, Saying]]
    bodies: Mapping[str, Mapping[str, Saying]]

    def is_lasting(self, place: Spot) -> bool:
        """Say whether what is within an item of a list stays as it was for as long as the item is there."""
        return not any(is_near(each, place) for each in self.changed)

    def reach(self, start: Spot, whole: bool = True) -> dict[tuple[Spot, bool], None]:
        """Return all places that what stands at a place may have come from or gone to, and whether it stands there as it is.

        Where it is not `whole`, it stands at the start in texts that are composed of it.
        """
        found: dict[tuple[Spot, bool], None] = {(start, whole): None}
        waiting = [(start, whole)]
        while waiting and len(found) < _FAR:
            place, is_copied = waiting.pop(0)
            for each in self.along(place, whole=is_copied):
                if each not in found and len(each[0]) <= _DEEP:
                    found[each] = None
                    waiting.append(each)
        return found

    def along(self, place: Spot, *, whole: bool) -> Iterator[tuple[Spot, bool]]:
        """Yield the places to which what stands at a place is copied, and those from which it was; and whether as it is."""
        for copy in self.copies:
            if whole:
                yield from ((source, True) for source in _origins(copy, place))
            if any(is_near(source, place) for source in copy.sources):
                yield copy.target, whole and copy.whole

    def origins(self, place: Spot) -> Iterator[Spot]:
        """Yield the places from which what stands at a place may have been copied, or of which it may have been composed."""
        for copy in self.copies:
            yield from _origins(copy, place)


NOTHING = Copying((), frozenset(), {}, {})


def _origins(copy: Copy, place: Spot) -> Iterator[Spot]:
    return (source + place[len(copy.target) :] for source in copy.sources if covers(copy.target, place))


def copying_of(definition: Definition) -> Copying:
    """Return what a definition copies; it is kept, for it does not change."""
    found = _KEPT.get(definition.hash)
    if found is None:
        if len(_KEPT) >= _MOST:
            _KEPT.clear()
        found = _KEPT[definition.hash] = _copying(definition)
    return found


def _copying(definition: Definition) -> Copying:
    copies: list[Copy] = []
    changed: set[Spot] = set()
    subjects: dict[str, Mapping[str, Saying]] = {}
    bodies: dict[str, Mapping[str, Saying]] = {}
    for action in _actions(definition):
        copies += _copies(action)
        changed.update(_changed(action))
        if isinstance(action, Tell):
            subjects[action.message], bodies[action.message] = _said(action.subject), _said(action.body)
    for state in definition.states.values():
        if state.work is not None:
            people = (state.work.candidates, *state.work.excluded, *state.work.tags)
            copies += (copy for each in people for copy in _given((WORK, state.path), each))
    return Copying(tuple(copies), frozenset(changed), subjects, bodies)


def _said(templates: Mapping[str, Template]) -> Mapping[str, Saying]:
    return {
        language: Saying(
            template,
            tuple(
                Hole(nth, made_of(part), is_whole(part))
                for nth, part in enumerate(template.parts)
                if isinstance(part, Program)
            ),
        )
        for language, template in templates.items()
    }


def _copies(action: Action) -> Iterator[Copy]:
    match action:
        case Set(fields=fields):
            for path, value in fields:
                yield from _given((CASE, *path), value)
        case Append(to=to, item=item):
            yield from _given((CASE, *to, EACH), item)
        case Change(among=among, fields=fields):
            for path, value in fields:
                yield from _given((CASE, *among, EACH, *path), value, (CASE, *among, EACH))
        case Raise(data=data):
            yield from _given((EVENT,), data)
        case Start(link=link, data=data):
            yield from _given((LINK, link), data)
        case Tell(message=message, to=to, attached=documents):
            yield from _given((ADDRESS, message), to)
            for rule in documents:
                yield from _given((DOCUMENT, rule.name), rule.data)


def _changed(action: Action) -> Iterator[Spot]:
    """Yield the places at which an action changes what is there, or may; a list that it gives anew, item by item, has none of those it had."""
    match action:
        case Set(fields=fields):
            for path, value in fields:
                place = (CASE, *path)
                sources = (source for copy in _given(place, value) for source in copy.sources)
                if not isinstance(value, Items) or any(is_near(source, place) for source in sources):
                    yield place
        case Change(among=among, fields=fields):
            yield from ((CASE, *among, EACH, *path) for path, _ in fields)


def _given(target: Spot, value: Value | None, item: Spot = ()) -> Iterator[Copy]:
    match value:
        case Computed(program=program):
            yield Copy(target, made_of(program, item), is_whole(program))
        case Items(values=values):
            for each in values:
                yield from _given((*target, EACH), each, item)
        case Fields(values=fields):
            for name, each in fields.items():
                yield from _given((*target, name), each, item)


def _actions(definition: Definition) -> Iterator[Action]:
    for state in definition.states.values():
        for actions in (state.entry, state.exit, *(transition.actions for transition in state.transitions)):
            for action in actions:
                while isinstance(action, When):
                    action = action.action  # noqa: PLW2901  # what it comes to
                yield action
