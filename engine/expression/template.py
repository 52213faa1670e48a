"""Text with expressions inside: `Dear {{ case.customer.name }}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from caseway.engine.bound import TEXT_LENGTH
from caseway.engine.expression import wording
from caseway.engine.expression.activation import Activation
from caseway.engine.expression.bound import LENGTH
from caseway.engine.expression.errors import ExpressionError
from caseway.engine.expression.lexeme import CLOSING, OPENING, lexemes
from caseway.engine.expression.program import Program
from caseway.engine.fault import Fault
from caseway.engine.private import Private

OPEN, CLOSE = "{{", "}}"


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """Fixed texts and programs by turns. `reads` are the paths that the programs look at.

    `private` are the fields among them that not everybody may see, with offsets in the whole text.
    """

    text: str
    parts: tuple[str | Program, ...]
    private: tuple[Private, ...] = ()

    @property
    def reads(self) -> frozenset[str]:
        return frozenset[str]().union(*(part.reads for part in self.parts if isinstance(part, Program)))

    def render(self, activation: Activation) -> str:
        """Return the text with its values in place; null is empty. Raises ExpressionError."""
        rendered = "".join(part if isinstance(part, str) else _shown(part.evaluate(activation)) for part in self.parts)
        if len(rendered) > TEXT_LENGTH:
            raise ExpressionError("limit", wording.result(wording.text_limit(len(rendered))))
        return rendered


@dataclass(frozen=True, slots=True)
class Hole:
    """An expression within a text, with the offset of its first character."""

    text: str
    offset: int


def split(text: str) -> Iterator[str | Hole | Fault]:
    """Take a text apart; a Fault stands where braces do not match, and ends it."""
    at = 0
    while (opened := text.find(OPEN, at)) >= 0:
        yield from _fixed(text, at, opened)
        begin = opened + len(OPEN)
        closed = _closing(text, begin)
        if closed is None:
            message, hint = wording.unclosed_braces()
            yield Fault("syntax", message, hint=hint, value=OPEN, offset=opened)
            return
        yield Hole(text[begin:closed], begin)
        at = closed + len(CLOSE)
    yield from _fixed(text, at, len(text))


def _fixed(text: str, begin: int, end: int) -> Iterator[str | Fault]:
    stray = text.find(CLOSE, begin, end)
    if stray >= 0:
        message, hint = wording.bare_braces()
        yield Fault("syntax", message, hint=hint, value=CLOSE, offset=stray)
    if begin < end:
        yield text[begin:end]


def _closing(text: str, begin: int) -> int | None:
    """Return where the expression that begins here ends; braces of its own and quoted texts do not end it."""
    depth = 0
    for word in lexemes(text, begin, min(len(text), begin + LENGTH + 1)):
        if word.kind != "sign":
            continue
        if word.text == "}" and depth == 0:
            return word.offset if text.startswith(CLOSE, word.offset) else None
        depth += (word.text in OPENING) - (word.text in CLOSING)
        depth = max(depth, 0)
    return _nearest(text, begin)


def _nearest(text: str, begin: int) -> int | None:
    """Fall back on the next braces, where the brackets or quotation marks of an expression do not match."""
    closed = text.find(CLOSE, begin)
    return closed if closed >= 0 else None


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)
