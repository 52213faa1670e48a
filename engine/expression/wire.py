"""Protocol buffer messages as they lie on the wire."""

from __future__ import annotations

from collections.abc import Iterator

_SIGN = 63


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message in order: numbers as unsigned integers, everything else as bytes."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        match key & 7:
            case 0:
                value, at = _varint(message, at)
                yield key >> 3, value
                continue
            case 2:
                size, at = _varint(message, at)
            case 1:
                size = 8
            case 5:
                size = 4
            case other:
                raise ValueError(f"a message cannot hold wire type {other}")
        yield key >> 3, message[at : at + size]
        at += size


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
        if byte < 128:  # noqa: PLR2004  # the highest bit says that more follows
            return result, at
        shift += 7
