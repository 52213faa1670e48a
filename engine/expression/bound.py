"""How large an expression may be. How large data may be stands in `caseway.engine.bound`."""

from __future__ import annotations

LENGTH = 4_096
"""Characters of one expression."""
NODES = 400
"""Names, constants, operators and calls of one expression, once its macros are written out."""
BRACKETS = 30
"""Brackets within each other: cel-cpp gives up a little later, and without saying where."""
LOOPS = 2
"""`all`, `exists`, `map` or `filter` within each other."""
ITERATIONS = 10_000
"""Rounds that the loops of one evaluation may take together; cel-cpp stops there."""
COMPARED = 10_000
"""Values in all that an expression may read whose loops compare lists or objects: a second or two at worst."""
GONE_THROUGH = 2_500
"""Items of a list that `map` and `filter` may go through: cel-cpp copies what they have made in each round (100 MB)."""
RESULT_LENGTH = 1_000_000
"""Characters of all texts of one result together."""
