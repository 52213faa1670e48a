"""Places in the data of a case, as people name them: `case.conversation[2].body`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from caseway.engine.fault import suggestion

EACH = "[]"
"""The key that stands for every item of a list."""

_ABSENT = object()

Spot = tuple[str | int, ...]
"""A place in the data by keys: names of fields, indexes of items from 0, and EACH."""

_PART = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]{1,9})\]|(\[\])|\[(\"(?:[^\"\\]|\\.)*\")\]")


class NoSpot(ValueError):  # noqa: N818  # it says what a text is not
    """A text that names no place in the data. `hint` says what is possible instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def parse_spot(text: str, schema: Mapping[str, Any]) -> Spot:
    """Read a path such as `case.notes`, `case.answers[2].body`, `case.answers[].body` or `case.labels["any key"]`; raise NoSpot.

    Every part has to be declared in the shape of the data.
    """
    if text != "case" and not text.startswith(("case.", "case[")):
        raise NoSpot(f'"{text}" is no place in the data', "begin with case. and the name of a field")
    keys: list[str | int] = []
    at, shape = len("case"), schema
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            told = f'"{text}" cannot be read from "{text[at:]}" on'
            raise NoSpot(told, "write case.field, case.list[0].field, or case.list[].field for every item")
        key = _key(match)
        shape = _within(shape, key, text[:at], text)
        keys.append(key)
        at = match.end()
    return tuple(keys)


def keys_of(text: str) -> Spot:
    """Return the keys of a path that was read before; of one that cannot be read, because something of it was redacted, those before that."""
    keys: list[str | int] = []
    at = len("case")
    while (match := _PART.match(text, at)) is not None:
        keys.append(_key(match))
        at = match.end()
    return tuple(keys)


def spot_text(spot: Spot) -> str:
    """Write a place as `parse_spot` reads it."""
    return "case" + "".join(map(_part, spot))


def values_at(value: Any, spot: Spot) -> Iterator[Any]:
    """Yield what stands at a place; of every item, where the place names each."""
    if not spot:
        yield value
        return
    key, rest = spot[0], spot[1:]
    if key == EACH:
        for item in value if isinstance(value, list) else ():
            yield from values_at(item, rest)
    elif isinstance(key, int):
        if isinstance(value, list) and key < len(value):
            yield from values_at(value[key], rest)
    elif isinstance(value, Mapping) and key in value:
        yield from values_at(value[key], rest)


def changed(before: Any, after: Any, spot: Spot = ()) -> Iterator[Spot]:
    """Yield the places at which two values differ, as deep as they have the same form."""
    if before is after or before == after:
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping) and after.keys() <= before.keys():
        for key, value in before.items():
            yield from changed(value, after.get(key, _ABSENT), (*spot, key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from changed(one, other, (*spot, index))
    else:
        yield spot


def swept(before: Mapping[str, Any], after: Mapping[str, Any], named: Iterable[Spot]) -> Iterator[str]:
    """Yield the places in the data that a redaction changed besides those that it names."""
    known = list(named)
    for spot in changed(before, after):
        if not any(covers(each, spot) for each in known):
            yield spot_text(spot)


def lost(before: Mapping[str, Any], after: Mapping[str, Any], named: Iterable[Spot]) -> Iterator[str]:
    """Yield the places in the data of which a redaction leaves nobody knowing what stood there.

    A value that is named is one, whatever has come in its place. Of an object or a list that is named, only what changed within.
    """
    for spot in named:
        found = list(values_at(before, spot))
        if not found or not all(isinstance(value, Mapping | list) for value in found):
            yield spot_text(spot)
    yield from map(spot_text, changed(before, after))


def covers(place: Spot, other: Spot) -> bool:
    """Say whether a place is another one, or what that is within. An item may be any where either names every one."""
    return len(place) <= len(other) and all(
        one == two or EACH in (one, two) for one, two in zip(place, other[: len(place)], strict=True)
    )


def texts_in(value: Any) -> Iterator[str]:
    """Yield the texts within a value."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from texts_in(each)
        case list() | tuple():
            for each in value:
                yield from texts_in(each)


def _key(match: re.Match[str]) -> str | int:
    name, index, each, quoted = match.groups()
    if name is not None:
        return name
    if index is not None:
        return int(index)
    return EACH if each is not None else str(json.loads(quoted))


def _part(key: str | int) -> str:
    if key == EACH or isinstance(key, int):
        return EACH if key == EACH else f"[{key}]"
    return f".{key}" if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _within(shape: Mapping[str, Any], key: str | int, so_far: str, whole: str) -> Mapping[str, Any]:
    items = shape.get("items")
    if key == EACH or isinstance(key, int):
        if not isinstance(items, Mapping):
            raise NoSpot(f'"{whole}": {so_far} is not a list', "leave the brackets out")
        return items
    if isinstance(items, Mapping):
        hint = f"name an item, {so_far}[0], or every one, {so_far}[]"
        raise NoSpot(f'"{whole}": {so_far} is a list', hint)
    fields: Mapping[str, Any] = shape.get("properties") or {}
    free = shape.get("additionalProperties")
    if key in fields:
        found: Mapping[str, Any] = fields[key]
        return found
    if isinstance(free, Mapping):
        return free
    raise NoSpot(f'"{whole}" is not a field of the data: nothing is declared as "{key}"', suggestion(key, fields))
