"""What is wrong with a document, by place in the document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. The YAML adapter turns `path`, `at_key` and `offset` into file, line and column.

    `path` leads from the document's root to the value, by key and index. `at_key` points at the last key of
    the path rather than at its value. `offset` counts characters within the scalar at `path`. `value` is the
    offending value (None: nothing to show). `message` says what is wrong, `hint` what is possible instead.
    """

    code: str
    message: str
    path: Path = ()
    hint: str = ""
    value: Any = None
    offset: int | None = None
    at_key: bool = False
    severity: Severity = "error"

    def within(self, path: Sequence[str | int]) -> Fault:
        """Return the same fault, seen from further out."""
        return replace(self, path=(*path, *self.path))


def suggestion(name: str, possible: Iterable[str]) -> str:
    """Say what was probably meant, or else what there is."""
    known = sorted(set(possible))
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f'did you mean "{near[0]}"?'
    if not known:
        return "there are none here"
    shown = ", ".join(known[:12])
    return f"possible: {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")  # noqa: PLR2004
