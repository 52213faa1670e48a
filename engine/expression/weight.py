"""What a program would cost on given data, known before it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from caseway.engine.expression import wording
from caseway.engine.expression.bound import COMPARED, GONE_THROUGH
from caseway.engine.expression.errors import ExpressionError


@dataclass(slots=True)
class Weight:
    """What within an expression costs more than one look at each value.

    `compares`: a loop compares lists or objects. `lists`: a loop may sum or sort the same list each round.
    `makes`: `map` or `filter` make a list, which cel-cpp copies each round. `glues`: lists that are put together.
    """

    compares: bool = False
    lists: bool = False
    makes: bool = False
    glues: int = 0

    @property
    def light(self) -> bool:
        """Say whether the data can never be too many."""
        return not (self.compares or self.lists or self.makes)

    def check(self, data: Any) -> None:
        """Raise ExpressionError where the data are too many for what is done with them."""
        if self.light:
            return
        nodes, longest = measure(data)
        if self.compares and nodes > COMPARED:
            raise ExpressionError("limit", wording.too_heavy(nodes))
        if (self.lists or self.makes) and longest * (1 + self.glues) > GONE_THROUGH:
            raise ExpressionError("limit", wording.too_many_items(longest))


def measure(data: Any) -> tuple[int, int]:
    """Count the values within data, and the items of its longest list or map."""
    nodes = longest = 0
    waiting = [data]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (dict, list)):
            nodes += len(each)
            longest = max(longest, len(each))
            waiting.extend(each.values() if isinstance(each, dict) else each)
    return nodes, longest
