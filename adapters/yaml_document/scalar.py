"""What a plain (unquoted) scalar means: YAML 1.2's core schema, without what JSON cannot say."""

from __future__ import annotations

import math
import re

from caseway.adapters.yaml_document import bound
from caseway.adapters.yaml_document.excerpt import excerpt
from caseway.engine.fault import Fault

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START = frozenset("0123456789+-.")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def resolve(text: str) -> Scalar | Fault:
    """Return the value of a plain scalar, or what is wrong with it."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START:
        return text
    if len(text) > bound.DIGITS:
        return _too_long(text)
    if _INTEGER.fullmatch(text):
        return _bounded(int(text), text)
    if based := _BASED.fullmatch(text):
        octal, hexadecimal = based.groups()
        return _bounded(int(octal, 8) if octal else int(hexadecimal, 16), text)
    if _FLOAT.fullmatch(text):
        return _finite(float(text), text)
    if _SPECIAL.fullmatch(text):
        return Fault("not-a-number", f"{text} is not a number to count with", hint="give a finite one", value=text)
    return text


def _too_long(text: str) -> str | Fault:
    return _too_big(text) if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text) or _BASED.fullmatch(text) else text


def _bounded(number: int, text: str) -> int | Fault:
    return number if abs(number) <= bound.INTEGER else _too_big(text)


def _finite(number: float, text: str) -> float | Fault:
    return number if math.isfinite(number) else _too_big(text)


def _too_big(text: str) -> Fault:
    shown = excerpt(text)
    hint = f"whole numbers go up to {bound.INTEGER}; quote it if it is a text"
    return Fault("number-too-big", f"{shown} is too big a number", hint=hint, value=shown)
