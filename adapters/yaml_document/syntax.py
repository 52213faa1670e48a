"""YAML's own complaints, said so that an author of processes can do something about them."""

from __future__ import annotations

import re
from typing import NamedTuple

import yaml

from caseway.adapters.yaml_document.line import Lines
from caseway.engine.fault import Fault

WHOLE = "quote the whole text, or write it as a >- block"
"""The way out of most traps."""


class _Wording(NamedTuple):
    """A complaint: what PyYAML says, what we say, and whether the place is where the construct began."""

    problem: str
    message: str
    hint: str = ""
    at_context: bool = False
    code: str = "yaml-syntax"


_TAB = _Wording(r"tab character", "a tab stands where only spaces can", "indent with spaces", code="tab-indentation")
_KEY = _Wording(r"expected key|expected <block end>", "this is neither a key nor the end of what stands above it")
_ITEM = _Wording(r"expected '-' indicator", "this is neither an item of the list above nor the end of it")
_EMPTY = _Wording(r"expected (the )?node content", "a value is missing here")
_COLON = _Wording("", "a key is missing here", 'write it before the ":"')
_WORDINGS = (
    _TAB,
    _KEY,
    _ITEM,
    _EMPTY,
    _Wording(r"mapping values are not allowed", 'a ": " stands where no key can be'),
    _Wording(r"sequence entries are not allowed", 'a "- " stands where no list can begin'),
    _Wording(r"mapping keys are not allowed", 'a "? " stands where no key can begin'),
    _Wording(r"could not find expected ':'", 'this line has no ":" after its key', at_context=True),
    _Wording(
        r"unexpected end of stream|unexpected document (indicator|separator)",
        "this quote is never closed",
        "close it",
        at_context=True,
    ),
    _Wording(
        r"unknown escape character",
        "there is no such escape in double quotes",
        r'write "\\" for a backslash, or use single quotes',
    ),
    _Wording(
        r"hexdecimal|escape sequence of|invalid Unicode",
        "this escape wants more digits",
        r'write "\\" for a backslash, or use single quotes',
    ),
    _Wording(r"expected ',' or [']?\]", 'this list in [...] goes on without a "," or "]"'),
    _Wording(r"expected ',' or [']?\}", 'this mapping in {...} goes on without a "," or "}"'),
    _Wording(
        r"comment or (a )?line break|chomping or indentation|indentation indicator",
        "text stands on the line of | or >",
        "begin the text on the next line, indented, or quote it",
    ),
    _Wording(r"expected .?<document start", "text stands outside of the document", "keep everything in one mapping"),
    _Wording(r"alphabetic or numeric", "YAML takes this for an anchor or alias, and it is none", WHOLE),
    _Wording(r"tag|URI|expected the '!'|whitespace or line break", "YAML takes this for a tag, and it is none", WHOLE),
    _Wording(r"cannot start any token", "no text can begin with this character", WHOLE),
    _Wording(r"directive|YAML document|version", "YAML takes this for a directive, and it is none", WHOLE),
)

_LEADING = {
    "[": "begins a YAML list",
    "{": "begins a YAML mapping",
    "&": "is a YAML anchor",
    "*": "is a YAML alias",
    "!": "is a YAML tag",
    "|": "begins a YAML block",
    ">": "begins a YAML block",
    "%": "is kept for YAML itself",
    "@": "is kept for YAML itself",
    "`": "is kept for YAML itself",
    '"': "makes YAML end the text at the next one",
    "'": "makes YAML end the text at the next one",
}
_CLOSED = {'"': "the closing quote", "'": "the closing quote", "[": "the list", "{": "the mapping"}
_VALUE = re.compile(r"[ ]*+(?:- +)*+(?:[^\s:#'\"\[{&*!|>%@`][^:#]*:[ ]+)?(?P<value>\S.*)?")


def reworded(error: yaml.YAMLError, lines: Lines) -> Fault:
    """Turn PyYAML's error into a fault whose offset counts characters of the whole text."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return Fault("yaml-syntax", f"this is not YAML: {str(error).splitlines()[0]}", offset=0)
    problem = error.problem or "this cannot be read"
    place = _index(error.problem_mark, lines)
    wording = _wording(problem, lines.text[place : place + 1])
    start = _index(error.context_mark, lines)
    offset = start if wording.at_context and error.context_mark else place
    message = (_overrun(wording, lines, offset) or wording.message) + _opened(error, lines, offset)
    return Fault(wording.code, message, hint=_hint(wording, lines, offset), offset=offset)


def _wording(problem: str, character: str) -> _Wording:
    """Find the wording for a problem, and for the character that it was met at."""
    if character == "\t":
        return _TAB
    known = (wording for wording in _WORDINGS if re.search(wording.problem, problem))
    found = next(known, _Wording("", f"this is not YAML: {problem}"))
    return _COLON if character == ":" and found in (_KEY, _EMPTY) else found


def _index(mark: yaml.Mark | None, lines: Lines) -> int:
    return min(mark.index, len(lines.text)) if mark else 0


def _opened(error: yaml.MarkedYAMLError, lines: Lines, offset: int) -> str:
    """Say where a construct began that was left open, if that is on another line."""
    start = _index(error.context_mark, lines)
    character = lines.text[start : start + 1]
    if character not in ("[", "{") or lines.number(start) == lines.number(offset):
        return ""
    return f' (the "{character}" is on line {lines.number(start)})'


def _overrun(wording: _Wording, lines: Lines, offset: int) -> str:
    """Say that a text goes on after what YAML took for all of it, where that is what happened."""
    start, value = _value(lines, offset)
    if wording not in (_KEY, _ITEM) or value[:1] not in _CLOSED or offset <= start:
        return ""
    return f"text goes on after {_CLOSED[value[:1]]}"


def _hint(wording: _Wording, lines: Lines, offset: int) -> str:
    """Guess which trap of YAML the author fell into, from the line."""
    start, value = _value(lines, offset)
    if wording.hint not in ("", WHOLE):
        return wording.hint
    if offset < start and wording in (_KEY, _ITEM):
        return "check the indentation, and the line above"
    if leading := _LEADING.get(value[:1]):
        return f"a leading {value[0]} {leading}: {WHOLE}"
    if value.startswith("- "):
        return f'a leading "- " is an item of a YAML list: {WHOLE}'
    if ": " in value:
        return f'": " inside a text begins a key for YAML: {WHOLE}'
    return wording.hint or f"check the indentation, and the line above; if this is one text, {WHOLE}"


def _value(lines: Lines, offset: int) -> tuple[int, str]:
    """Return where in the text the value on a line begins, after its key or dash, and that value."""
    number = lines.number(offset)
    found = _VALUE.fullmatch(lines.line(number))
    if found is None or found["value"] is None:
        return offset, ""
    return lines.start(number) + found.start("value"), found["value"]
