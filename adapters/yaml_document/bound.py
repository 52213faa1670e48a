"""How large a document may be. Every bound has a fault of its own."""

from __future__ import annotations

SIZE = 1024 * 1024
"""Bytes of a file."""

DEPTH = 64
"""Mappings and lists inside each other, what aliases stand for included."""

NODES = 200_000
"""Mappings, lists, keys and values, what aliases stand for included."""

SCALAR = 64 * 1024
"""Characters of one text, key or number."""

ALIASES = 100
"""References (`*name`) to anchors."""

CHARACTERS = 4 * SIZE
"""Characters of all texts, keys and numbers together, what aliases stand for included."""

FAULTS = 100
"""Faults that are collected before reading stops."""

INTEGER = 2**63 - 1
"""The largest whole number, either side of zero."""

DIGITS = 400
"""Digits of one number; more of them cannot be within any other bound."""
