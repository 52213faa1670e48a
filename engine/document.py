"""Documents that go with messages: what they are made of, and the file that each format comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from caseway.engine.effect import Attachment

if TYPE_CHECKING:
    from datetime import datetime

    from caseway.engine.expression import Activation, Schema
    from caseway.engine.value import Fields

FORMATS: Mapping[str, str] = {"html": "text/html", "pdf": "application/pdf"}
"""The formats of documents, with their media types."""


@dataclass(frozen=True, slots=True)
class DocumentRule:
    """A document of a process: a template, and the values that it is made of, computed when it is sent.

    `shapes` are those of the values, as far as they are known (None: nothing is).
    """

    name: str
    template: str
    data: Fields
    shapes: Mapping[str, Schema | None]
    formats: tuple[str, ...]
    title: Mapping[str, str] = field(default_factory=dict)

    def attachment(self, definition: str, activation: Activation, at: datetime) -> Attachment:
        """Fix what the document will say, at the instant at which it is sent. Raises Faulty."""
        values = self.data.evaluate(activation)
        data = {name: filled(value, self.shapes.get(name)) for name, value in values.items()}
        return Attachment(self.name, definition, self.formats, data, at)


def filled(value: Any, shape: Schema | None) -> Any:
    """Return a value with null for every declared field that it lacks, so that a template can ask for each of them."""
    if shape is None:
        return value
    if isinstance(value, Mapping):
        fields, free = shape.get("properties") or {}, shape.get("additionalProperties")
        known = {
            key: filled(each, fields.get(key, free if isinstance(free, Mapping) else None))
            for key, each in value.items()
        }
        return dict.fromkeys(fields) | known
    if isinstance(value, list):
        items = shape.get("items")
        return [filled(each, items if isinstance(items, Mapping) else None) for each in value]
    return value
