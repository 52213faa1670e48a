"""Where each value of a document stands in its text."""

from __future__ import annotations

from typing import NamedTuple

MAPPING, SEQUENCE, FLOW_MAPPING, FLOW_SEQUENCE, ALIAS, PLAIN = ":", "-", "{", "[", "*", ""
UNREAD = "?"
"""The style of a text that could not be read: all of it is one value, as it stands."""

Parts = dict[str | int, tuple["Node", "Node"]]
"""The members of a mapping (key and value) or list (twice the item), by key or index."""


class Node(NamedTuple):
    """One value in the text: from `start` up to `end`, in characters.

    `style` is the character that YAML marks such a value with, empty for plain text. The parts of an alias are
    those of its `target`. A named tuple, for there are a hundred thousand of them in a large document.
    """

    start: int
    end: int
    style: str
    parts: Parts | None = None
    target: Node | None = None

    @property
    def is_block(self) -> bool:
        """Whether this is a mapping or list that is written by indentation."""
        return self.style in (MAPPING, SEQUENCE)
