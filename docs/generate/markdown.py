"""What every page is written in: the note at its head, tables, and sentences of the source."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

NOTE = "<!-- Written by `python -m docs.generate`; do not edit. -->"

Rows = list[tuple[str, ...]]


def table(head: tuple[str, ...], rows: list[Any]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(_cell(cell) for cell in line)} |" for line in (head, *rows)]
    return "\n".join([lines[0], "|---" * len(head) + "|", *lines[1:]])


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def first(thing: Any) -> str:
    """Return what the docstring of a thing says, in one line."""
    return inspect.cleandoc(thing.__doc__ or "").replace("\n", " ")


def bounds(title: str, module: ModuleType, more: str = "") -> str:
    """List the constants of a module with the text below each."""
    body = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body
    rows: Rows = []
    for constant, text in pairwise(body):
        target = constant.targets[0] if isinstance(constant, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id.isupper() and isinstance(text, ast.Expr):
            told = ast.literal_eval(text.value)
            rows.append((f"{getattr(module, target.id):,}", " ".join(told.split())))
    return f"## {title}\n\n{more}{chr(10) * 2 if more else ''}{table(('at most', 'what'), rows)}"
