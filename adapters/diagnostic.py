"""Faults with their places, and how people, programs and code hosts are told of them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Protocol
from urllib.parse import quote

from caseway.engine.fault import Fault, Path, Severity

WIDTH = 120
"""Columns of a source line that are shown; a longer line is cut around the place."""

_INDENT = "    "
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Place(Protocol):
    """A line and columns, from 1, in characters; `end_column` is just after the last one."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...
    @property
    def end_column(self) -> int: ...


class Source(Protocol):
    """A document that knows where its values stand."""

    @property
    def name(self) -> str: ...
    def line(self, number: int) -> str: ...
    def position(self, path: Path, *, at_key: bool = False, offset: int | None = None) -> Place: ...
    def remark(self, path: Path, offset: int) -> str: ...


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A fault as its author meets it. `line` and the columns count from 1; `value` is JSON, None: nothing to show."""

    file: str
    line: int
    column: int
    end_column: int
    code: str
    message: str
    hint: str = ""
    severity: Severity = "error"
    value: Any = None
    source_line: str = ""


def diagnose(document: Source, fault: Fault) -> Diagnostic:
    """Find the place of a fault in the document that it was found in."""
    place = document.position(fault.path, at_key=fault.at_key, offset=fault.offset)
    source = document.line(place.line)
    remark = "" if fault.offset is None or fault.at_key else document.remark(fault.path, fault.offset)
    return Diagnostic(
        file=document.name,
        line=place.line,
        column=place.column,
        end_column=max(place.end_column, _end_of_value(source, place.column, fault.value)),
        code=fault.code,
        message=fault.message,
        hint="; ".join(filter(None, (fault.hint, remark))),
        severity=fault.severity,
        value=_json(fault.value),
        source_line=source,
    )


def as_text(diagnostics: Iterable[Diagnostic]) -> str:
    """Return lines for people: a sentence for each diagnostic, the source line, and carets under the place."""
    return "".join(f"{line}\n" for diagnostic in diagnostics for line in _lines(diagnostic))


def as_json(diagnostics: Iterable[Diagnostic]) -> list[dict[str, Any]]:
    """Return each diagnostic as a JSON object with the fields of `Diagnostic`."""
    return [
        {
            "file": diagnostic.file,
            "line": diagnostic.line,
            "column": diagnostic.column,
            "end_column": diagnostic.end_column,
            "code": diagnostic.code,
            "message": diagnostic.message,
            "hint": diagnostic.hint,
            "severity": diagnostic.severity,
            "value": diagnostic.value,
            "source_line": diagnostic.source_line,
        }
        for diagnostic in diagnostics
    ]


def as_sarif(diagnostics: Sequence[Diagnostic], version: str) -> dict[str, Any]:
    """Return a SARIF 2.1.0 log with one run. `version` is Caseway's."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    rules = [
        {"id": code, "name": _pascal(code), "shortDescription": {"text": code.replace("-", " ")}} for code in codes
    ]
    driver = {"name": "caseway", "version": version, "rules": rules}
    results = [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics]
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def escaped(text: str) -> str:
    """Return a text that a terminal can only show: controls and direction marks are written as escapes."""
    return "".join(_SHORT.get(character) or _visible(character) for character in text)


def _sentence(diagnostic: Diagnostic) -> str:
    return "; ".join(filter(None, (diagnostic.message, diagnostic.hint)))


def _lines(diagnostic: Diagnostic) -> Iterator[str]:
    severity = "warning: " if diagnostic.severity == "warning" else ""
    place = f"{diagnostic.file}:{diagnostic.line}:{diagnostic.column}"
    yield escaped(f"{place}: {severity}{diagnostic.code}: {_sentence(diagnostic)}")
    if diagnostic.source_line.strip():
        before, marked, after = _cut(diagnostic)
        yield f"{_INDENT}{_shown(before + marked + after)}".rstrip()
        yield f"{_INDENT}{_blank(before)}{'^' * max(_columns(marked), 1)}"


def _cut(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """Return the source line before, at and after the place; a line that is too long is cut at both ends."""
    line = diagnostic.source_line
    start, end = diagnostic.column - 1, max(diagnostic.end_column - 1, diagnostic.column)
    before, marked, after = line[:start], line[start:end], line[end:]
    if len(line) <= WIDTH:
        return before, marked, after
    if len(marked) > WIDTH // 2:
        marked, after = marked[: WIDTH // 2], "…"
    left = max(WIDTH // 2 - len(marked) // 2, 0)
    if len(before) > left:
        before = f"…{before[-left:]}"
    room = WIDTH - len(before) - len(marked)
    return before, marked, after if len(after) <= room else f"{after[:room]}…"


def _shown(text: str) -> str:
    """Return a source line for a terminal: tabs stay, what cannot be shown takes one column as it would."""
    return "".join(c if c == "\t" or _visible(c) == c else "\N{REPLACEMENT CHARACTER}" for c in text)


def _blank(text: str) -> str:
    """Return as much room as a text takes, its tabs preserved."""
    return "".join("\t" if character == "\t" else " " * _columns(character) for character in text)


def _columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_column(character) for character in text)


def _column(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _visible(character: str) -> str:
    """Return the character, or an escape where it would act on a terminal (Unicode's control and format characters)."""
    if unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp"):
        return character
    code = ord(character)
    if code <= 0xFF:  # noqa: PLR2004 - what two digits can say
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004 - what four digits can say


def _end_of_value(source: str, column: int, value: Any) -> int:
    """Return the column after the offending value, where the source says it from there on."""
    if isinstance(value, str) and value and source.startswith(value, column - 1):
        return column + len(value)
    return 0


def _json(value: Any, depth: int = 8) -> Any:
    """Return a value as JSON can say it: what it cannot, or what lies too deep, is shown as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dict() | list() | tuple() if not depth:
            return "…"
        case dict():
            return {str(key): _json(each, depth - 1) for key, each in value.items()}
        case list() | tuple():
            return [_json(each, depth - 1) for each in value]
        case _:
            return str(value)


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    region = {
        "startLine": diagnostic.line,
        "startColumn": diagnostic.column,
        "endLine": diagnostic.line,
        "endColumn": diagnostic.end_column,
    }
    physical = {"artifactLocation": {"uri": _uri(diagnostic.file)}, "region": region}
    return {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity,
        "message": {"text": _sentence(diagnostic)},
        "locations": [{"physicalLocation": physical}],
    }


def _uri(file: str) -> str:
    """Return a reference relative to wherever the command ran, or a file URI where the name is absolute."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _pascal(code: str) -> str:
    return "".join(word.capitalize() for word in code.split("-"))
