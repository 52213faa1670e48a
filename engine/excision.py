"""A part that goes out of texts. What earlier redactions left in them is no content, and stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable


def is_within(part: str, text: str, marks: Iterable[str]) -> bool:
    """Say whether a text has a part somewhere else than in the marks of redactions."""
    return any(part in piece for piece in _pieces(text, marks)[::2])


def cut_out(part: str, text: str, mark: str, marks: Iterable[str]) -> str:
    """Return a text with a mark wherever a part was, but for within the marks that it has already."""
    pieces = _pieces(text, (mark, *marks))
    pieces[::2] = [piece.replace(part, mark) for piece in pieces[::2]]
    return "".join(pieces)


def _pieces(text: str, marks: Iterable[str]) -> list[str]:
    """Return what stands before, between and behind the marks of a text, and these in between."""
    known = sorted({each for each in marks if each}, key=lambda each: (-len(each), each))
    return re.split(f"({'|'.join(map(re.escape, known))})", text) if known else [text]
