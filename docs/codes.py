"""The codes of refusals and faults, as they stand in the source, and what they mean."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
MEANINGS = HOUSE / "docs" / "reference" / "codes.toml"
TEMPLATES = ("adapters/process_template.py", "adapters/template_fault.py")
FILES = ("adapters/yaml_document", "adapters/shared_calendar.py", "adapters/checked_file.py")
ROOMS = ("engine", "schemas", *FILES, *TEMPLATES)

_MAKERS = {
    "Fault": "fault",
    "Flaw": "fault",
    "fault": "fault",
    "_fault": "fault",
    "_at": "fault",
    "warn": "warning",
    "Refusal": "refusal",
}


@dataclass(frozen=True, slots=True)
class Made:
    """A code as the source makes it; `*` stands for a part that is worked out."""

    code: str
    kind: str


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """Return what each code means, by the part of the page that it stands in."""
    return tomllib.loads(MEANINGS.read_text(encoding="utf-8"))


@cache
def made() -> frozenset[Made]:
    """Return every code that the source makes where it can be read off."""
    return frozenset(found for tree in _trees() for found in _codes(tree))


@cache
def words() -> frozenset[str]:
    """Return every text of the source that looks like a code."""
    return frozenset(code for tree in _trees() for node in ast.walk(tree) if (code := _code(node)))


def undocumented() -> list[str]:
    """Return what the source makes and nothing explains."""
    told = {code for part in meanings().values() for code in part}
    return sorted(each.code for each in made() if not any(fnmatchcase(code, each.code) for code in told))


def unmade() -> list[str]:
    """Return what is explained and does not occur in the source."""
    told = {code for part in meanings().values() for code in part}
    return sorted(code for code in told if not any(fnmatchcase(code, word) for word in words()))


def is_warning(code: str) -> bool:
    """Say whether a fault of this code is a warning."""
    return any(each.kind == "warning" and fnmatchcase(code, each.code) for each in made())


@cache
def _trees() -> tuple[ast.Module, ...]:
    paths = [HOUSE / room for room in ROOMS]
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]
    return tuple(ast.parse(file.read_text(encoding="utf-8")) for file in files)


def _codes(tree: ast.Module) -> Iterator[Made]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        kind = _MAKERS.get(getattr(node.func, "id", getattr(node.func, "attr", "")))
        if kind and any(ast.unparse(given) == "severity='warning'" for given in node.keywords):
            kind = "warning"
        if kind:
            possible = (each for argument in node.args[:2] for each in _branches(argument))
            yield from (Made(code, kind) for each in possible if (code := _code(each)))


def _branches(node: ast.expr) -> tuple[ast.expr, ...]:
    """Return what an expression may come to."""
    return (node.body, node.orelse) if isinstance(node, ast.IfExp) else (node,)


def _code(node: ast.AST) -> str:
    """Return the code that an expression is, if it looks like one; `*` stands for a part that is worked out."""
    match node:
        case ast.Constant(value=str(text)):
            code = text
        case ast.JoinedStr(values=parts):
            code = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
        case _:
            return ""
    return code if code and code.strip("*-") and all(letter.islower() or letter in "-*8" for letter in code) else ""
