"""The words of an expression, as far as positions, brackets and hints need them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_LEXEME = re.compile(
    r"""
      (?P<space>[ \t\r\n\f]+|//[^\n]*)
    | (?P<text>(?:[rR][bB]?|[bB][rR])(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')
        |[bB]?(?:\"{3}(?:[^\\]|\\[\s\S])*?\"{3}|'{3}(?:[^\\]|\\[\s\S])*?'{3}|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'))
    | (?P<number>0[xX][0-9a-fA-F]+[uU]?|(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?[uU]?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>===|!==|==|!=|<=|>=|<>|&&|\|\||[\s\S])
    """,
    re.VERBOSE,
)
OPENING = {"(": ")", "[": "]", "{": "}"}
CLOSING = frozenset(OPENING.values())


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A word, number, quoted text or sign, with its character offset."""

    kind: Literal["text", "number", "name", "sign"]
    text: str
    offset: int

    @property
    def end(self) -> int:
        return self.offset + len(self.text)


def lexemes(text: str, start: int = 0, end: int | None = None) -> Iterator[Lexeme]:
    """Yield the words from an offset on. Whatever is no word of CEL is a sign of one character."""
    for match in _LEXEME.finditer(text, start, len(text) if end is None else end):
        if match.lastgroup != "space":
            yield Lexeme(match.lastgroup, match[0], match.start())  # type: ignore[arg-type]  # the groups above
