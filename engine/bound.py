"""How large data may be. Whatever enters a case stays within these bounds, so that nothing later can hang or crash on it."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from caseway.engine.fault import Fault, Path

DEPTH = 32
"""Lists and mappings within each other: expressions over deeper data would overflow the stack."""
LIST_LENGTH = 10_000
"""Items of one list: an expression may walk a list within a list."""
TEXT_LENGTH = 65_536
"""Characters of one text, keys included."""
NODES = 100_000
"""Values in all, lists and mappings among them: what one event may make the engine look at."""
INTEGER = 2**63 - 1
"""The largest integer, and negated the smallest: what databases and expressions hold exactly."""

_Link = tuple["_Link", str | int] | None


def exceeded(value: Any, *, depth: int = DEPTH, nodes: int = NODES) -> Fault | None:
    """Return the first bound that a value breaks, or None. Deep and cyclic values are safe to ask about."""
    fault = _scalar(value)
    if fault or not isinstance(value, (list, dict)):
        return fault
    seen = 1
    waiting: list[tuple[list[Any] | dict[Any, Any], int, _Link]] = [(value, 1, None)]
    while waiting:
        container, level, link = waiting.pop()
        fault = _container(container) if level <= depth else _too_deep(depth)
        if fault:
            return fault.within(_path(link))
        seen += len(container)
        if seen > nodes:
            return Fault("too-large", f"this holds more than {nodes:,} values", hint="keep less of it here")
        for key, item in _items(container):
            # Most values are short plain texts and small numbers: pass over them without a call.
            kind = type(item)
            if (kind is str and len(item) <= TEXT_LENGTH and item.isascii()) or (
                kind is int and -INTEGER <= item <= INTEGER
            ):
                continue
            fault = _scalar(item)
            if fault:
                return fault.within(_path((link, key)))
            if isinstance(item, (list, dict)):
                waiting.append((item, level + 1, (link, key)))
    return None


def _items(container: list[Any] | dict[Any, Any]) -> Iterator[tuple[Any, Any]]:
    return iter(container.items()) if isinstance(container, dict) else enumerate(container)


def _too_deep(depth: int) -> Fault:
    return Fault("too-deep", f"this is nested more than {depth} levels deep", hint="use fewer levels")


def _container(container: list[Any] | dict[Any, Any]) -> Fault | None:
    if isinstance(container, list):
        length = len(container)
        if length > LIST_LENGTH:
            return Fault(
                "list-too-long", f"the list has {length:,} items", hint=f"at most {LIST_LENGTH:,} are possible"
            )
        return None
    for key in container:
        if type(key) is str and len(key) <= TEXT_LENGTH and key.isascii():
            continue
        if not isinstance(key, str):
            return Fault("not-json", f"a key here is a {type(key).__name__}, not a text", hint="keys are texts")
        if fault := _text(key):
            return fault
    return None


def _scalar(value: Any) -> Fault | None:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, list, dict)):
        return None
    if isinstance(value, int):
        if -INTEGER <= value <= INTEGER:
            return None
        return Fault("integer-too-large", "the number has more than 64 bits", hint=f"at most {INTEGER} is possible")
    if isinstance(value, float):
        return None if isfinite(value) else Fault("not-json", f"{value} is not a number", hint="give a finite number")
    kind = type(value).__name__
    return Fault(
        "not-json", f"a {kind} cannot be kept", hint="data are texts, numbers, true, false, null, lists and mappings"
    )


def _text(text: str) -> Fault | None:
    if len(text) > TEXT_LENGTH:
        return Fault(
            "text-too-long", f"the text has {len(text):,} characters", hint=f"at most {TEXT_LENGTH:,} are possible"
        )
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return Fault("not-json", "the text holds half of a character (a lone surrogate)", hint="give it in UTF-8")
    return None


def _path(link: _Link) -> Path:
    path: list[str | int] = []
    while link is not None:
        link, key = link
        path.append(key)
    return tuple(reversed(path))
