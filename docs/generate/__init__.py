"""Writes the reference: what the code knows about itself, as pages.

python -m docs.generate
"""

from __future__ import annotations

from pathlib import Path

from docs.codes import HOUSE
from docs.generate.architecture import ARCHITECTURE, architecture
from docs.generate.command_line import command_line
from docs.generate.document import process_document, scenarios
from docs.generate.error import errors
from docs.generate.expression import expressions

REFERENCE = HOUSE / "docs" / "reference"


def pages() -> dict[Path, str]:
    """Return the pages of the reference, by path."""
    made = {
        "process-document.md": process_document(),
        "scenarios.md": scenarios(),
        "command-line.md": command_line(),
        "errors.md": errors(),
        "expressions.md": expressions(),
    }
    return {REFERENCE / name: text for name, text in made.items()} | {ARCHITECTURE: architecture()}
