"""Cases that a case may start: of which process, and what is heard of their end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseway.engine.compiler.compilation import Compilation
from caseway.engine.compiler.state import words
from caseway.engine.definition import LinkRule


def link_rules(compilation: Compilation) -> dict[str, LinkRule]:
    """Return every link that a process declares."""
    return {name: _rule(compilation, name, written) for name, written in compilation.links.items()}


def _rule(compilation: Compilation, name: str, written: Mapping[str, Any]) -> LinkRule:
    return LinkRule(
        name=name,
        process=written.get("process", ""),
        scope=compilation.scope_of_end(name),
        title=words(written.get("title")),
        implements=compilation.implements(written, ("links", name)),
    )
