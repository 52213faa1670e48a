"""A document without the parts whose shape is wrong, so that the rest can be checked for meaning."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count, islice
from typing import Any

from caseway.engine.fault import Fault, Path


def sound(content: Any, faults: Iterable[Fault]) -> Any:
    """Return a copy of a document in which what the faults point at is left out."""
    bad = _bad(faults)
    return _copied(content, (), bad) if bad else content


def unpruned(path: Path, faults: Iterable[Fault]) -> Path:
    """Return where in the whole document stands what has this path in the pruned one: items before it may be gone."""
    bad = _bad(faults)
    found: Path = ()
    for key in path:
        found = (*found, _index(found, key, bad) if isinstance(key, int) else key)
    return found


def _bad(faults: Iterable[Fault]) -> set[Path]:
    return {fault.path for fault in faults if fault.path}


def _index(around: Path, kept: int, bad: set[Path]) -> int:
    """Return the index, in the whole list, of the item that is the `kept`th of those not left out."""
    return next(islice((index for index in count() if (*around, index) not in bad), kept, None))


def _copied(value: Any, path: Path, bad: set[Path]) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item, (*path, key), bad) for key, item in value.items() if (*path, key) not in bad}
    if isinstance(value, list):
        return [_copied(item, (*path, index), bad) for index, item in enumerate(value) if (*path, index) not in bad]
    return value
