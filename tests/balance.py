"""What postings sum to, added up plainly: what every book is held against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from caseway.engine.posting import Balance, Posting


def summed(lines: Iterable[Posting]) -> list[Balance]:
    """Sum postings by owner, account and unit, in that order."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for line in lines:
        sums[line.owner, line.account, line.unit] += line.amount
    return [Balance(*key, amount) for key, amount in sorted(sums.items())]
