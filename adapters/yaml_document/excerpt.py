"""A text as a sentence can quote it."""

from __future__ import annotations

LENGTH = 60
"""Characters of a text that are quoted."""


def excerpt(text: str) -> str:
    """Return the text, or its beginning where it is too long for a sentence."""
    return text if len(text) <= LENGTH else f"{text[:LENGTH]}…"
