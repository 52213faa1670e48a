"""What is wrong with a document, by place in the document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Literal

Path = tuple[str | int, ...]
Severity = Literal["error", "warning"]

NONE = "there are none here"
"""What a hint says where no name at all is possible."""
SHOWN = 12
"""Names that a hint lists; of more, it says how many."""
COMPARED = 500
"""Names among which one that is spelt alike is looked for: among more, that would take seconds."""
COMPARABLE = 100
"""Characters of a name that may be a misspelt one: comparing longer ones would take minutes."""


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
    meant = nearest(name, known)
    if meant is not None:
        return f'did you mean "{meant}"?'
    if not known:
        return NONE
    shown = ", ".join(known[:SHOWN])
    return f"possible: {shown}" + (f" and {len(known) - SHOWN} more" if len(known) > SHOWN else "")


def nearest(name: str, known: Sequence[str]) -> str | None:
    """Return the name that was probably meant: one that ends in this one after a dot, or one that is spelt alike."""
    within = next((each for each in known if each.endswith(f".{name}")), None)
    if within is not None or len(known) > COMPARED or len(name) > COMPARABLE:
        return within
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    return near[0] if near else None
