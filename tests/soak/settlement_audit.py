"""Holds what was settled against what was owed, what is in the folder for the bank, and what operators were told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from caseway.engine.errors import Refused
from caseway.engine.posting import Posting
from caseway.engine.runtime import Runtime
from caseway.engine.settlement import Batch

Account = tuple[str, str]
"""Owner and unit."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an operator was told: that a batch of so much was settled and its file, of this digest, was written; or that a line was sent back."""

    batch: str
    payee: str | None
    total: int | None
    file: str | None
    digest: str | None


def settlement_faults(runtime: Runtime, orders: Path, told: Iterable[Told]) -> Iterator[str]:
    """Yield a sentence about everything that is not as it must be: money that was settled twice, lost, or ordered without a booking."""
    lines = list(runtime.ledger.postings())
    batches = {batch.id: batch for batch in runtime.ledger.batches()}
    yield from _of_batches(runtime, batches, lines)
    yield from _of_balances(runtime, lines)
    yield from _of_files(runtime, batches, orders)
    yield from _of_acknowledgements(runtime, batches, orders, told)
    yield from (f"verify: {each.message}" for each in runtime.ledger.verify())


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _of_batches(runtime: Runtime, batches: dict[str, Batch], lines: Iterable[Posting]) -> Iterator[str]:
    """Every line of a batch moves its amount once, and back once where it was rejected; nothing else does."""
    moved: Counter[tuple[str, str, str, str, int]] = Counter()
    for each in lines:
        if each.batch is not None:
            moved[each.batch, each.kind, each.owner, each.account, each.amount] += 1
    expected: Counter[tuple[str, str, str, str, int]] = Counter()
    for batch in batches.values():
        sent_back = {each.number for each in runtime.ledger.rejections(batch.id)}
        for line in batch.lines:
            owner, amount = line.payee.id, line.amount
            expected[batch.id, "settlement", owner, batch.account, -amount] += 1
            expected[batch.id, "settlement", owner, "settled", amount] += 1
            if line.number in sent_back:
                expected[batch.id, "rejection", owner, "settled", -amount] += 1
                expected[batch.id, "rejection", owner, batch.account, amount] += 1
    for key, times in (moved - expected).items():
        yield f"{times} postings {key} are in the book, and no batch has them"
    for key, times in (expected - moved).items():
        yield f"{times} postings {key} of a batch are missing"


def _of_balances(runtime: Runtime, lines: Iterable[Posting]) -> Iterator[str]:
    """What was earned was settled once, or is still open; and nobody ever got more than was theirs."""
    earned: defaultdict[Account, int] = defaultdict(int)
    gone: defaultdict[Account, int] = defaultdict(int)
    for each in lines:
        if each.account == "payable":
            (earned if each.batch is None else gone)[each.owner, each.unit] += each.amount
    open_ = {(each.owner, each.unit): each.amount for each in runtime.ledger.balances(account="payable")}
    for account in earned.keys() | gone.keys() | open_.keys():
        if open_.get(account, 0) != earned[account] + gone[account]:
            yield f"{account} earned {earned[account]}, of which {-gone[account]} were settled, and {open_.get(account, 0)} are open"
        if open_.get(account, 0) < 0:
            yield f"{account} was paid {-open_[account]} more than was theirs"


def _of_files(runtime: Runtime, batches: dict[str, Batch], orders: Path) -> Iterator[str]:
    """A file is whole and says what its batch says, or it is not there; a file without a batch would be money that nobody booked."""
    expected = {}
    for batch in batches.values():
        try:
            file = runtime.ledger.file(batch)
        except Refused as error:
            yield f"the file of batch {batch.id} cannot be made: {error.message}"
        else:
            expected[file.name] = file.content
    for path in sorted(orders.iterdir()) if orders.exists() else ():
        if path.name.startswith("."):  # a draft of somebody who was killed
            continue
        if path.name not in expected:
            yield f"the file {path.name} is of no batch"
        elif path.read_bytes() != expected[path.name]:
            yield f"the file {path.name} is not what its batch says"


def _of_acknowledgements(
    runtime: Runtime, batches: dict[str, Batch], orders: Path, told: Iterable[Told]
) -> Iterator[str]:
    """What an operator was told is so, and stays so."""
    for each in told:
        batch = batches.get(each.batch)
        if batch is None:
            yield f"an operator was told of batch {each.batch}, which is not there"
        elif each.payee is not None:
            line = batch.line(each.payee)
            if line is None or line.number not in {found.number for found in runtime.ledger.rejections(each.batch)}:
                yield f"an operator was told that {each.payee} was sent back of batch {each.batch}, and nothing was"
        elif batch.total != each.total:
            yield f"an operator was told of {each.total} in batch {each.batch}, which has {batch.total}"
        elif not (orders / str(each.file)).exists():
            yield f"an operator was told of the file {each.file}, which is not there"
        elif digest(orders / str(each.file)) != each.digest:
            yield f"an operator was told of the file {each.file}, which is another one now"
