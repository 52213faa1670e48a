"""Keys that only one payout can ever take."""

from __future__ import annotations

from dataclasses import dataclass
from unicodedata import normalize

from caseway.engine.value import Value

LONGEST = 500
"""How many characters a key may have."""


@dataclass(frozen=True, slots=True)
class Once:
    """How a payout makes its key. Within a scope, each key is taken once."""

    key: Value
    scope: str

    def full(self, key: str) -> str:
        """Return a key as stores keep it: one text that is written in two ways, as é can be, is one key."""
        return f"{self.scope}/{normalize('NFC', key)}"


def own_scope(process: str, payout: str) -> str:
    """Return the scope of a payout that names none. One that stands in its place, under another name, names it as it is written here."""
    return f"{process}.{payout}"


def plain_key(full: str) -> str:
    """Return a key as the process made it."""
    return full.partition("/")[2]
