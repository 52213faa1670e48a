"""The list of files in the page of the architecture."""

from __future__ import annotations

import ast
import re

from docs.codes import HOUSE
from docs.generate.markdown import Rows, table

ARCHITECTURE = HOUSE / "ARCHITECTURE.md"
_FILES = re.compile(r"(?<=<!-- files -->\n).*?(?=<!-- end of files -->)", re.DOTALL)


def architecture() -> str:
    """Return the page of the architecture with its list of files as they are now."""
    rows: Rows = []
    for path in sorted((HOUSE / "engine").rglob("*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        if told:
            rows.append((f"`{path.relative_to(HOUSE).as_posix()}`", told.split("\n")[0]))
    files = table(("file", "what it is about"), rows)
    return _FILES.sub(lambda _: f"\n{files}\n\n", ARCHITECTURE.read_text(encoding="utf-8"))
