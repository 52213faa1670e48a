"""What is open while a document is read, and what its anchors stand for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from caseway.adapters.yaml_document.node import FLOW_MAPPING, FLOW_SEQUENCE, MAPPING, Node, Parts


@dataclass(slots=True)
class Frame:
    """A mapping or list that is being read.

    `key` (None: a faulty one) and `key_node` are those of the mapping's key that waits for its value. `nodes` and
    `characters` say how much of the document came before, `height` how deep it is inside so far. `is_key` holds in
    all of what stands where a key should. `cut` holds once a text in here was cut at a comma.
    """

    start: int
    style: str
    content: Any
    anchor: str | None
    is_key: bool
    nodes: int
    characters: int
    parts: Parts = field(default_factory=dict)
    key: str | None = None
    key_node: Node | None = None
    height: int = 1
    cut: bool = False

    @property
    def is_mapping(self) -> bool:
        return self.style in (MAPPING, FLOW_MAPPING)

    @property
    def is_flow(self) -> bool:
        return self.style in (FLOW_MAPPING, FLOW_SEQUENCE)

    @property
    def awaits_key(self) -> bool:
        return self.is_mapping and self.key_node is None


@dataclass(frozen=True, slots=True)
class Anchored:
    """What an anchor stands for, and how much that is."""

    value: Any
    node: Node
    nodes: int
    characters: int
    height: int
