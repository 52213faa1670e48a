"""The lines of a text, and where in them a character stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Lines:
    """A text, and the index at which each of its lines starts."""

    text: str
    starts: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Lines:
        """Find the lines of a text: LF, CR LF or CR ends one."""
        return cls(text, (0, *(found.end() for found in _BREAK.finditer(text))))

    def number(self, index: int) -> int:
        """Return the number (1-based) of the line that has the character at `index`."""
        return bisect_right(self.starts, index)

    def start(self, number: int) -> int:
        """Return the index of the first character of a line."""
        return self.starts[number - 1]

    def end(self, number: int) -> int:
        """Return the index just after the last character of a line, its break not counted."""
        if number == len(self.starts):
            return len(self.text)
        start, end = self.starts[number - 1], self.starts[number]
        return start + len(self.text[start:end].rstrip("\r\n"))

    def line(self, number: int) -> str:
        """Return a line's text; empty for a line that there is not."""
        if not 1 <= number <= len(self.starts):
            return ""
        return self.text[self.start(number) : self.end(number)]
