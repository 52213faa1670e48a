"""Which once keys are taken."""

from __future__ import annotations

from collections.abc import Collection

from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import document
from caseway.adapters.sql.statement import TAKEN_ON_POSTGRESQL, TAKEN_ON_SQLITE


def taken(cursor: Cursor, keys: Collection[str]) -> dict[str, str]:
    """Return those keys that are taken, each with the effect that took it."""
    if not keys:
        return {}
    which = TAKEN_ON_POSTGRESQL if cursor.speaks == "postgresql" else TAKEN_ON_SQLITE
    rows = cursor.rows(which, {"wanted_keys": document(sorted(keys), "what was asked for")})
    return {key: effect for key, effect in rows}  # noqa: C416 - rows, not pairs
