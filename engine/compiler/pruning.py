"""A document without the parts whose shape is wrong, so that the rest can be checked for meaning."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from caseway.engine.fault import Fault, Path


def sound(content: Any, faults: Iterable[Fault]) -> Any:
    """Return a copy of a document in which what the faults point at is left out."""
    bad = {fault.path for fault in faults if fault.path}
    return _copied(content, (), bad) if bad else content


def _copied(value: Any, path: Path, bad: set[Path]) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item, (*path, key), bad) for key, item in value.items() if (*path, key) not in bad}
    if isinstance(value, list):
        return [_copied(item, (*path, index), bad) for index, item in enumerate(value) if (*path, index) not in bad]
    return value
