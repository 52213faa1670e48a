"""The part of the variables that a program reads: no more than that is converted for cel-cpp."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from caseway.engine.expression.activation import Activation
from caseway.engine.expression.conversion import Form


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything at a path."""

    path: str
    form: Form

    def taken(self, value: Any, activation: Activation) -> Any:
        return activation.computed(value, self.form, self.path)


@dataclass(frozen=True, slots=True)
class Part:
    """Some fields of what stands at a path. Where no object stands there, what does is taken as it is."""

    path: str
    form: Form
    fields: tuple[tuple[str, Selection], ...]

    def taken(self, value: Any, activation: Activation) -> Any:
        if type(value) is not dict and not isinstance(value, Mapping):
            return activation.computed(value, self.form, self.path)
        found = {}
        for name, part in self.fields:  # a comprehension is a call, and every evaluation makes several
            if name in value:
                found[name] = part.taken(value[name], activation)
        return found


Selection = Whole | Part


def selection(reads: Iterable[str], form: Form) -> Part:
    """Return the selection of dotted paths from variables of a form."""
    return _part("", sorted(read.split(".") for read in reads), form)


def _part(path: str, reads: list[list[str]], form: Form) -> Part:
    fields: list[tuple[str, Selection]] = []
    for name in dict.fromkeys(read[0] for read in reads):
        below = [read[1:] for read in reads if read[0] == name]
        at = f"{path}.{name}" if path else name
        inner = form.of(name)
        fields.append((name, Whole(at, inner) if [] in below else _part(at, below, inner)))
    return Part(path, form, tuple(fields))
