"""An audit of settlements that finds nothing is worth something only if it finds what is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from caseway.engine.runtime import Runtime
from caseway.engine.settlement import Batch
from tests.soak.audit import audit
from tests.soak.settlement_audit import Told, digest, settlement_faults
from tests.soak.till import PEOPLE, Till

POSTING = "effect, line, kind, at, owner, account, amount, unit, purpose, implements, batch"


@dataclass(frozen=True, slots=True)
class Settled:
    """Two batches with their files, of which a line was sent back; and what the operators were told."""

    runtime: Runtime
    till: Till
    batches: tuple[Batch, ...]
    told: tuple[Told, ...]

    def faults(self, *told: Told) -> str:
        return "\n".join(settlement_faults(self.runtime, self.till.orders, told or self.told))

    def tampered(self, *statements: str) -> str:
        engine = create_engine(self.till.url)
        with engine.begin() as connection:
            for statement in statements:
                assert connection.exec_driver_sql(statement).rowcount
        engine.dispose()
        return self.faults()


@pytest.fixture
def settled(tmp_path: Path):
    till = Till(f"sqlite:///{tmp_path / 'cases.db'}", tmp_path)
    till.prepare()
    till.orders.mkdir()
    with closing(till.open()) as runtime:
        ledger = runtime.ledger
        made = []
        for id_ in ("B-1", "B-2"):
            batch = ledger.settle("EUR", batch=id_)
            file = ledger.file(batch)
            (till.orders / file.name).write_bytes(file.content)
            made.append((batch, Told(id_, None, batch.total, file.name, digest(till.orders / file.name))))
            runtime.send("P-0", "pay", {"amount": 60_000, "lucky": PEOPLE[1]})
        ledger.reject("B-1", PEOPLE[0], "account closed")
        told = (*(each for _, each in made), Told("B-1", PEOPLE[0], None, None, None))
        yield Settled(runtime, till, tuple(batch for batch, _ in made), told)


def test_nothing_is_found_where_nothing_is_wrong(settled: Settled):
    assert not settled.faults()


def test_a_draft_of_somebody_who_was_killed_is_no_file(settled: Settled):
    (settled.till.orders / ".B-3.xml.0123").write_text("<Doc")
    assert not settled.faults()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM caseway_posting WHERE effect = 'settlement/B-1/3'", "of a batch are missing"),
        ("UPDATE caseway_posting SET amount = amount * 2 WHERE effect = 'settlement/B-1/3'", "no batch has them"),
        ("UPDATE caseway_posting SET owner = 'person-07' WHERE effect = 'settlement/B-1/3'", "no batch has them"),
        ("DELETE FROM caseway_posting WHERE kind = 'rejection'", "of a batch are missing"),
        ("DELETE FROM caseway_rejection", "no batch has them"),
        ("DELETE FROM caseway_batch WHERE id = 'B-2'", "of no batch"),
        ("DELETE FROM caseway_posting WHERE kind = 'payout' AND owner = 'person-09'", "more than was theirs"),
        ("DELETE FROM caseway_posting WHERE kind = 'payout' AND owner = 'person-09'", "verify"),
        (
            "UPDATE caseway_posting SET amount = amount * 2 WHERE effect = 'P-0:2:0'",
            "verify: Line 0 of P-0:2:0: amount",
        ),
        (
            "UPDATE caseway_batch SET document = replace(document, 'Person-05', 'Person-06')",
            "is not as it was settled",
        ),
    ],
)
def test_what_was_tampered_with_is_found(settled: Settled, statement: str, found: str):
    assert found in settled.tampered(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM caseway_once",
        "UPDATE caseway_once SET effect = 'P-1:2:0'",
        "UPDATE caseway_once SET key = key || '!'",
    ],
)
def test_a_once_key_that_is_free_or_anothers_is_found(settled: Settled, statement: str):
    assert not audit(settled.runtime, settled.till.url).faults
    settled.tampered(statement)
    assert "once key" in "\n".join(audit(settled.runtime, settled.till.url).faults)


def test_a_balance_that_was_settled_twice_is_found(settled: Settled):
    """As if two operators had both read it before either wrote: batch, postings and file all fit each other."""
    columns = POSTING.replace("effect", "replace(effect, 'B-2', 'B-3')").replace("batch", "'B-3'")
    found = settled.tampered(
        "INSERT INTO caseway_batch (id, seq, at, unit, document, seal) SELECT 'B-3', seq + 1, at, unit, "
        "replace(document, '\"B-2\"', '\"B-3\"'), seal FROM caseway_batch WHERE id = 'B-2'",
        f"INSERT INTO caseway_posting ({POSTING}) SELECT {columns} FROM caseway_posting WHERE batch = 'B-2'",
        "DELETE FROM caseway_posting WHERE kind = 'payout' AND \"case\" = 'P-0' AND revision = 4",
    )
    assert "more than was theirs" in found
    assert "no batch has them" not in found


def test_a_balance_that_is_not_the_sum_of_its_postings_is_found(settled: Settled):
    settled.runtime.ledger.checkpoint()
    assert "are open" in settled.tampered("UPDATE caseway_checkpoint SET amount = amount + 1 WHERE account = 'payable'")


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda content: content[: len(content) // 2], "is not what its batch says"),
        (lambda content: content.replace(b"Person-05", b"Person-06"), "is another one now"),
        (lambda _: None, "which is not there"),
    ],
)
def test_a_file_that_is_not_whole_or_not_there_is_found(
    settled: Settled, change: Callable[[bytes], bytes | None], found: str
):
    path = settled.till.orders / str(settled.told[0].file)
    content = change(path.read_bytes())
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    assert found in settled.faults()


def test_a_file_of_no_batch_is_found(settled: Settled):
    path = settled.till.orders / str(settled.told[0].file)
    (settled.till.orders / "B-9.xml").write_bytes(path.read_bytes())
    assert "B-9.xml is of no batch" in settled.faults()


@pytest.mark.parametrize(
    ("lie", "found"),
    [
        ({"batch": "B-9"}, "batch B-9, which is not there"),
        ({"total": 1}, "was told of 1 in batch B-1"),
        ({"payee": PEOPLE[1]}, f"that {PEOPLE[1]} was sent back"),
        ({"payee": "nobody"}, "that nobody was sent back"),
        ({"file": "B-7.xml"}, "B-7.xml, which is not there"),
        ({"digest": "0"}, "is another one now"),
    ],
)
def test_an_operator_who_was_told_something_else_is_found(settled: Settled, lie: dict[str, object], found: str):
    assert found in settled.faults(replace(settled.told[0], **lie))
