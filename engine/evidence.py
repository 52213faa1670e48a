"""What the book says, beside what it should say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from caseway.engine.paid import Way
from caseway.engine.posting import Posting
from caseway.engine.seal import Seal
from caseway.engine.settlement import Batch, Rejection


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch as it is kept: as its document says, its seal, and what is said of it once more in columns beside, by their names."""

    batch: Batch
    seal: Seal
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeptRejection:
    """What the bank sent back as it is kept: as its document says, its seal, and the number of the line that it is kept for."""

    rejection: Rejection
    seal: str
    number: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row that makes no sense, and why.

    Its key tells of what it is: `effect` and `line` name a posting, `case` and `revision` a line of a journal, `case` alone a case, `once` a
    once key, `batch` and `number` a rejection, `batch` alone a batch.
    """

    row: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the book says of one source, a case or a batch, and what it should say by the journal of the case, or by the batch.

    `taken` are the once keys that are kept for effects of the case, `owed` those that its journal took. `kept` is what the case
    itself says that it has paid and not taken back, `net` what its journal makes of that. `batch` is the batch, where the source is one, and
    `rejections` what the bank sent back of it.
    `unreadable` rows are in none of these.
    """

    source: str
    expected: tuple[Posting, ...]
    found: tuple[Posting, ...]
    owed: Mapping[str, str]
    taken: Mapping[str, str]
    kept: Mapping[Way, int] = field(default_factory=dict)
    net: Mapping[Way, int] = field(default_factory=dict)
    batch: KeptBatch | None = None
    rejections: tuple[KeptRejection, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """What a checkpoint keeps for an account, and what the postings up to its mark sum to, in minor units."""

    owner: str
    account: str
    unit: str
    kept: int
    summed: int
