"""The values that expressions are evaluated on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseway.engine.expression.conversion import Form, computable

_PLAIN = frozenset({str, int, bool, float, type(None)})
"""What is converted so quickly that it is not kept."""


class Activation:
    """A snapshot of the variables: plain data, converted for CEL part by part when first read, and once.

    The data may not change while an activation is in use.
    """

    __slots__ = ("_converted", "_values")

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self._converted: dict[str, dict[tuple[str, Form], Any]] = {}

    def extended(self, **values: Any) -> Activation:
        """Return the same with more variables, or with other values for some; what was converted stays so."""
        made = Activation({**self._values, **values})
        made._converted = {root: self._converted.setdefault(root, {}) for root in self._values if root not in values}
        return made

    def variables(self) -> Mapping[str, Any]:
        """Return the plain values."""
        return self._values

    def computed(self, value: Any, form: Form, path: str) -> Any:
        """Return what stands at a path as CEL takes it."""
        if type(value) in _PLAIN and form.scalar != "instant":
            return computable(value, form, path)
        converted = self._converted.setdefault(path.partition(".")[0], {})
        key = path, form
        if key not in converted:
            converted[key] = computable(value, form, path)
        return converted[key]
