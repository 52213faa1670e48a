"""What need not fit its shape, because a redaction made it what it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from caseway.engine.case import Tombstone
from caseway.engine.fault import Fault
from caseway.engine.shape import Shape
from caseway.engine.spot import texts_in


def spared(shape: Shape, value: Any, before: Any, tombstones: Sequence[Tombstone]) -> tuple[Fault, ...]:
    """Return what of a value does not fit its shape, but for what is as it is because of a redaction.

    That is a text with a mark in it, and what did not fit before either.
    """
    faults = shape.faults(value)
    if not faults or not tombstones:
        return faults
    marks = [stone.mark for stone in tombstones]
    known = () if before is None else [(each.code, _found(before, each.path)) for each in shape.faults(before)]
    return tuple(
        each for each in faults if not _is_marked(_found(value, each.path), marks, each.code) and (each.code, _found(value, each.path)) not in known
    )  # fmt: skip


def _found(value: Any, path: Iterable[str | int]) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _is_marked(value: Any, marks: Sequence[str], code: str) -> bool:
    if isinstance(value, str):
        return any(mark in value for mark in marks)
    if code == "not-unique" and isinstance(value, list):
        return any(_is_marked(text, marks, "") for text in texts_in(value))
    return False
