"""Which lines of a journal can happen again."""

from __future__ import annotations

from collections.abc import Iterable

from caseway.engine.outcome import Entry


def unrepeatable(lines: Iterable[Entry]) -> range:
    """Return the revisions of a journal that cannot happen again: those of which content was redacted, and those that ran on it until it was.

    All others can, each on what folding the lines before it gives.
    """
    touched = [line for line in lines if line.redacted]
    if not touched:
        return range(0)
    return range(touched[0].revision, max(revision for line in touched for revision in line.redacted) + 1)
