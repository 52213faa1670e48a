"""What people write who know another language, and what CEL says instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from caseway.engine.expression import wording
from caseway.engine.expression.lexeme import Lexeme
from caseway.engine.fault import Fault

_WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "is": "==",
    "AND": "&&",
    "OR": "||",
    "NOT": "!",
}
_VALUES = {
    "True": "true",
    "False": "false",
    "TRUE": "true",
    "FALSE": "false",
    "None": "null",
    "nil": "null",
    "NULL": "null",
    "Null": "null",
    "undefined": "null",
}
_SIGNS = {"=": "==", "<>": "!=", "===": "==", "!==": "!=", "&": "&&", "|": "||"}
_CURLY = {"\u201c": '"', "\u201d": '"', "\u201e": '"', "\u2018": "'", "\u2019": "'"}
FUNCTIONS = {
    "len": "size",
    "length": "size",
    "count": "size",
    "lower": "",
    "upper": "",
    "any": "exists",
    "str": "string",
    "float": "double",
}
"""Functions of other languages and what CEL calls them (nothing: there is none)."""


def value_of(name: str) -> str | None:
    """Return how CEL writes a constant that another language writes like this."""
    return _VALUES.get(name)


def faults(words: Sequence[Lexeme], known: Collection[str]) -> Iterator[Fault]:
    """Yield a fault for every operator of another language. Words that are names here (`known`) are left alone."""
    for word in _foreign(words, known):
        written = _SIGNS.get(word.text) or _WORDS.get(word.text) or _CURLY[word.text]
        message, hint = wording.dialect(word.text, written)
        yield Fault("syntax", message, hint=hint, value=word.text, offset=word.offset)


def repaired(text: str, words: Sequence[Lexeme], known: Collection[str]) -> str | None:
    """Return the text with its foreign operators put right, all else at its place; None where there is no room."""
    made = text
    for word in _foreign(words, known):
        written = _SIGNS.get(word.text) or _WORDS.get(word.text)
        if written is None:
            return None
        room = len(word.text)
        if len(written) > room and made[word.end : word.end + 1] == " ":
            room += 1
        if len(written) > room:
            return None
        made = made[: word.offset] + written.ljust(room) + made[word.offset + room :]
    return made if made != text else None


def is_phrase(words: Sequence[Lexeme]) -> bool:
    """Say whether this reads like fixed text: words, and hardly a sign of CEL."""
    names = [word for word in words if word.kind == "name"]
    signs = {word.text for word in words if word.kind == "sign"}
    return len(names) > 1 and signs <= {",", ".", "!", "?", "-", "'"} and not any(word.kind == "text" for word in words)


def _foreign(words: Iterable[Lexeme], known: Collection[str]) -> Iterator[Lexeme]:
    before = ""
    for word in words:
        sign = word.kind == "sign" and (word.text in _SIGNS or word.text in _CURLY)
        named = word.kind == "name" and word.text in _WORDS and word.text not in known and before != "."
        if sign or named:
            yield word
        before = word.text
