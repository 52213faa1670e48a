"""The seals of batches and of what banks send back: digests by which they show that somebody changed them after they were written.

A digest is the SHA-256, in hexadecimal, of canonical JSON: keys in order, no blanks, ASCII alone. That of a line is of the line's record;
that of the whole is of the batch's record with the digests of its lines in the place of the lines. A rejection has one digest, of its record.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from caseway.engine.batch_record import batch_record, rejection_record
from caseway.engine.settlement import Batch, Rejection


@dataclass(frozen=True, slots=True)
class Seal:
    """The digest of a batch, and those of its lines, in their order."""

    whole: str
    lines: tuple[str, ...]


def sealed(batch: Batch) -> Seal:
    """Return the seal that a batch gets, or that it would get as it is now."""
    record = batch_record(batch)
    lines = tuple(_digest(line) for line in record["lines"])
    return Seal(_whole(record, lines), lines)


def digest_with(batch: Batch, lines: Sequence[str]) -> str:
    """Return the digest of a batch whose lines had these digests."""
    return _whole(batch_record(batch), lines)


def rejection_seal(rejection: Rejection) -> str:
    """Return the seal that a rejection gets, or that it would get as it is now."""
    return _digest(rejection_record(rejection))


def seal_text(seal: Seal) -> str:
    """Write a seal as text: the digest of the whole, then those of the lines, a blank between two."""
    return " ".join((seal.whole, *seal.lines))


def seal_from_text(text: str) -> Seal:
    """Read what `seal_text` wrote. Whatever else it is, is a seal that fits nothing."""
    whole, *lines = str(text).split() or [""]
    return Seal(whole, tuple(lines))


def _whole(record: dict[str, Any], lines: Sequence[str]) -> str:
    return _digest(record | {"lines": list(lines)})


def _digest(record: dict[str, Any]) -> str:
    return sha256(json.dumps(record, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
