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
LISTED = 100_000
"""Items that `sum`, `uniq`, `sorted` and `keys` may look at in one evaluation."""
COMPARED = 20_000
"""Values in all that one evaluation may read whose loops compare lists and maps, or sum and sort them."""
RESULT_LENGTH = 1_000_000
"""Characters of all texts of one result together."""
