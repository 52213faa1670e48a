"""Places in the data of a case, as people name them: `case.conversation[2].body`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from caseway.engine.fault import suggestion

EACH = "[]"
"""The key that stands for every item of a list."""

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
