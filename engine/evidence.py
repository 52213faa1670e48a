"""What the book says, beside what it should say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from caseway.engine.paid import Way
from caseway.engine.posting import Posting


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the book says of one source, a case or a batch, and what it should say by the journal of the case, or by the batch.

    `taken` are the once keys that are kept for effects of the case, `owed` those that its journal took. `kept` is what the case
    itself says that it has paid and not taken back, `net` what its journal makes of that.
    """

    source: str
    expected: tuple[Posting, ...]
    found: tuple[Posting, ...]
    owed: Mapping[str, str]
    taken: Mapping[str, str]
    kept: Mapping[Way, int] = field(default_factory=dict)
    net: Mapping[Way, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """What a checkpoint keeps for an account, and what the postings up to its mark sum to, in minor units."""

    owner: str
    account: str
    unit: str
    kept: int
    summed: int
