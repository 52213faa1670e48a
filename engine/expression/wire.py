"""Protocol buffer messages as they lie on the wire."""

from __future__ import annotations

_VARINT = 0
_FIXED = {1: 8, 5: 4}
"""The wire types of a fixed size in bytes."""
_LAST = 127
"""The largest number that is one byte long."""
_SIGN = 63


def fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Return the fields of a message in order: numbers as unsigned integers, everything else as bytes.

    Nearly every key and size is one byte long; those are read in place, since checking a definition comes here often.
    """
    found: list[tuple[int, int | bytes]] = []
    at, end = 0, len(message)
    while at < end:
        key = message[at]
        at += 1
        if key > _LAST:
            key, at = _varint(message, at - 1)
        form = key & 7
        if form in _FIXED:
            size = _FIXED[form]
        else:
            size = message[at]
            at += 1
            if size > _LAST:
                size, at = _varint(message, at - 1)
            if form == _VARINT:
                found.append((key >> 3, size))
                continue
        found.append((key >> 3, message[at : at + size]))
        at += size
    return found


def number(value: int | bytes) -> int:
    """Return a field that holds an unsigned integer."""
    assert isinstance(value, int)
    return value


def signed(value: int | bytes) -> int:
    """Return a field that holds an integer of 64 bits with a sign."""
    whole = number(value)
    return whole - (1 << 64) if whole >> _SIGN else whole


def content(value: int | bytes) -> bytes:
    """Return a field that holds bytes or a message."""
    assert isinstance(value, bytes)
    return value


def text(value: int | bytes) -> str:
    """Return a field that holds a text."""
    return content(value).decode()


def _varint(message: bytes, at: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = message[at]
        at += 1
        result |= (byte & 127) << shift
        if byte <= _LAST:
            return result, at
        shift += 7
