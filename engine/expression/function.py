"""The functions that CEL lacks: exact percentages, and what lists need."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from caseway.engine.bound import INTEGER
from caseway.engine.duration import parse_duration
from caseway.engine.expression import wording
from caseway.engine.expression.conversion import span, timestamp

DURATION = "duration_of"
"""CEL's `duration`, which reads ISO 8601 as well; expressions say `duration`."""

DECLARATIONS = """
functions:
- {name: percent, overloads: [{id: percent_int, signature: "percent(int,int)", return: int}]}
- {name: sum, overloads: [{id: sum_list, signature: "sum(list<int>)", return: int}]}
- {name: uniq, overloads: [{id: uniq_list, signature: "uniq(list<~T>)", return: "list<~T>"}]}
- {name: sorted, overloads: [{id: sorted_list, signature: "sorted(list<~T>)", return: "list<~T>"}]}
- {name: keys, overloads: [{id: keys_map, signature: "keys(map<string,~T>)", return: "list<string>"}]}
- {name: duration_of, overloads: [{id: duration_of_string, signature: "duration_of(string)", return: duration}]}
"""
"""The functions as CEL's environment configuration declares them, generic where they are."""

OWN = frozenset({"percent", "sum", "uniq", "sorted", "keys"})
LISTING = OWN - {"percent"}
STANDARD = frozenset(
    {"size", "has", "int", "double", "string", "timestamp", "duration", "matches", "type", "dyn", "bool"}
)
GLOBAL = OWN | STANDARD
TEXT_MEMBERS = frozenset({"startsWith", "endsWith", "contains", "matches", "size"})
LIST_MEMBERS = frozenset({"all", "exists", "exists_one", "map", "filter", "size"})
TIME_MEMBERS = frozenset(
    {
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
    }
)
MEMBERS = TEXT_MEMBERS | LIST_MEMBERS | TIME_MEMBERS
FORBIDDEN: Mapping[str, str] = {
    "bind": "write the value out where it is needed",
    "replace": "texts cannot be rewritten; keep the text that you want",
    "format": "write a template with {{ }} where a text is put together",
    "join": "write a template with {{ }} where a text is put together",
    "bytes": "texts are enough here",
    "uint": "write int(...)",
}
"""Functions of CEL or its extensions that are left out, and what to do instead."""

_PART = re.compile(r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})(h|ms|m|s|us|ns)")
_CEL_DURATION = re.compile(rf"[-+]?(?:{_PART.pattern})+")
_MICROSECONDS = {"h": "3600000000", "m": "60000000", "s": "1000000", "ms": "1000", "us": "1", "ns": "0.001"}


def percent(amount: int, rate: int) -> int:
    """Return `rate` percent of an amount, exactly, halves away from zero."""
    product = amount * rate
    share = (2 * abs(product) + 100) // 200
    return _bounded(share if product >= 0 else -share)


def total(values: Sequence[int]) -> int:
    """Sum whole numbers."""
    for value in values:
        if type(value) is not int:
            raise ValueError(wording.not_whole(value))
    return _bounded(sum(values))


def unique(values: Sequence[Any]) -> list[Any]:
    """Keep the first of equal values."""
    seen: dict[Any, Any] = {}
    for value in values:
        seen.setdefault(_frozen(value), value)
    return [_thawed(value) for value in seen.values()]


def ordered(values: Sequence[Any]) -> list[Any]:
    """Sort from small to large; texts by code point."""
    try:
        return [_thawed(value) for value in sorted(values)]
    except TypeError:
        raise ValueError(wording.not_comparable()) from None


def keys(mapping: Mapping[Any, Any]) -> list[str]:
    """Return the keys of a map, sorted."""
    return sorted(map(str, mapping))


def duration(text: str) -> timedelta:
    """Read a duration as CEL writes it (`8h`, `1h30m`) or as ISO 8601 does (`PT8H`)."""
    if text[:1] == "P":
        return parse_duration(text)
    if not _CEL_DURATION.fullmatch(text):
        raise ValueError(wording.no_duration(text))
    try:
        whole = timedelta(
            microseconds=int(
                sum(Decimal(amount) * Decimal(_MICROSECONDS[unit]) for amount, unit in _PART.findall(text))
            )
        )
    except OverflowError:
        raise ValueError(wording.no_duration(text)) from None
    return -whole if text[0] == "-" else whole


def duration_of(text: str) -> Any:
    """Read a duration for CEL."""
    return span(duration(text))


IMPLEMENTATIONS: Mapping[str, Callable[..., Any]] = {
    "percent_int": percent,
    "sum_list": total,
    "uniq_list": unique,
    "sorted_list": ordered,
    "keys_map": keys,
    "duration_of_string": duration_of,
}
"""By overload."""


def _bounded(value: int) -> int:
    if not -INTEGER <= value <= INTEGER:
        raise ValueError(wording.integer_limit())
    return value


def _frozen(value: Any) -> Any:
    """Return something hashable that is equal where CEL would say so."""
    match value:
        case bool():
            return (bool, value)
        case dict():
            return (dict, frozenset((key, _frozen(each)) for key, each in value.items()))
        case list():
            return (list, tuple(_frozen(each) for each in value))
        case _:
            return value


def _thawed(value: Any) -> Any:
    """Return a value as CEL takes it back within a list."""
    match value:
        case datetime():
            return timestamp(value)
        case timedelta():
            return span(value)
        case dict():
            return {key: _thawed(each) for key, each in value.items()}
        case list():
            return [_thawed(each) for each in value]
        case _:
            return value
