"""A template as a document that knows where its characters stand, for diagnostics."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from caseway.engine.fault import Path


@dataclass(frozen=True, slots=True)
class Spot:
    """A line and columns, from 1; `end_column` is just after."""

    line: int
    column: int
    end_column: int


class TemplateSource:
    """The text of a template's file. A fault in it has no path, and an offset in characters."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self._lines = name, text.split("\n")
        begins = [0]
        for line in self._lines:
            begins.append(begins[-1] + len(line) + 1)
        self._begins = begins[:-1]

    def line(self, number: int) -> str:
        return self._lines[number - 1]

    def position(self, path: Path, *, at_key: bool = False, offset: int | None = None) -> Spot:  # noqa: ARG002 - a template has no parts
        at = offset or 0
        line = bisect_right(self._begins, at)
        column = at - self._begins[line - 1] + 1
        return Spot(line, column, column + 1)

    def remark(self, path: Path, offset: int) -> str:  # noqa: ARG002 - a template is written as it is read
        return ""
