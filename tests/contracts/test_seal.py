"""The seal of a batch on every kind of store: whatever somebody changes in it by hand is told, and nothing is made of it any more."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from functools import reduce
from typing import Any

import pytest
from sqlalchemy import text

from caseway.adapters.memory_store import MemoryStore
from caseway.engine.batch_record import (
    batch_from_record,
    batch_record,
    rejection_from_record,
    rejection_record,
)
from caseway.engine.errors import Refused
from caseway.engine.ports import Store
from caseway.engine.runtime.ledger import Ledger
from caseway.engine.seal import sealed
from tests.engine.ledgers import EVERYBODY, NOOR, earn, ledger

Record = dict[str, Any]

HEAD = {
    ("account",): "bank",
    ("at",): "2026-03-02T09:59:00Z",
    ("due",): "2026-03-09",
    ("debtor", "id"): "ben",
    ("debtor", "name"): "Mr Evil",
    ("debtor", "iban"): NOOR.iban,
    ("debtor", "bic"): None,
    ("format",): "csv",
    ("by",): "dora",
    ("rehearsal",): True,
    ("asked", "minimum"): 500,
    ("asked", "due"): "2026-03-02",
    ("asked", "only"): ["ben"],
    ("asked", "leave_out"): ["noor"],
    ("follows",): "0" * 64,
}
LINE = {
    ("number",): 7,
    ("payee", "id"): "mallory",
    ("payee", "name"): "Mr Evil",
    ("payee", "iban"): NOOR.iban,
    ("payee", "bic"): "ABNANL2A",
    ("amount",): 500_000,
}


@pytest.fixture
def of(store: Store) -> Ledger:
    """The ledger of a store in which batch B pays anna 2.25 and ben 5.00 EUR."""
    earn(store, {"anna": 225, "ben": 500})
    made = ledger(store)
    made.keep_payees(EVERYBODY)
    made.settle("EUR", account="payable", batch="B", by="carl")
    assert not list(made.verify())
    return made


def spoil(store: Store, change: Callable[[Record], None], batch: str = "B") -> None:
    """Change the record of a batch behind the store's back."""
    book: Any = store.book()
    record = deepcopy(batch_record(book.batch(batch)))
    change(record)
    if isinstance(store, MemoryStore):
        book._batches[batch] = batch_from_record(record)
        return
    with book._access.writing() as connection:
        statement = text("UPDATE caseway_batch SET document = :told WHERE id = :batch")
        assert connection.execute(statement, {"told": json.dumps(record), "batch": batch}).rowcount == 1


def take_out(store: Store, batch: str) -> None:
    """Delete a batch behind the store's back, and all lines that it wrote."""
    book: Any = store.book()
    if isinstance(store, MemoryStore):
        del book._batches[batch], book._seals[batch]
        book._lines[:] = [line for line in book._lines if line.batch != batch]
        return
    with book._access.writing() as connection:
        for table, key in (("caseway_posting", "batch"), ("caseway_batch", "id")):
            connection.execute(text(f"DELETE FROM {table} WHERE {key} = :batch"), {"batch": batch})


def put(record: Record, path: tuple[Any, ...], value: Any) -> None:
    *way, last = path
    inner = reduce(lambda found, key: found[key], way, record)
    assert inner[last] != value
    inner[last] = value


def refused(attempt: Callable[[], object]) -> str | None:
    try:
        attempt()
    except Refused as error:
        return error.refusal.code
    return None


def of_kind(of: Ledger, kind: str) -> list[tuple[dict[str, Any], str]]:
    return [(dict(each.row), each.message) for each in of.verify() if each.kind == kind]


def test_every_field_of_a_batch_is_changed_here(of: Ledger) -> None:
    record = batch_record(of.batch("B"))
    head = {(key, *inner) for key, value in record.items() for inner in _within(value) if key != "lines"}
    assert head == {*HEAD, ("id",), ("unit",)}
    assert {(key, *inner) for key, value in record["lines"][0].items() for inner in _within(value)} == {*LINE}


def _within(value: Any) -> list[tuple[str, ...]]:
    return [(key,) for key in value] if isinstance(value, dict) else [()]


@pytest.mark.parametrize("path", HEAD, ids=".".join)
def test_a_batch_whose_head_was_changed_by_hand_is_named(store: Store, of: Ledger, path: tuple[str, ...]) -> None:
    spoil(store, lambda record: put(record, path, HEAD[path]))
    [(row, told)] = of_kind(of, "seal")
    assert row == {"batch": "B"}
    assert told.startswith("Batch B is not as it was settled: when, by whom,")


@pytest.mark.parametrize("path", LINE, ids=".".join)
@pytest.mark.parametrize("index", [0, 1])
def test_a_line_that_was_changed_by_hand_is_named(store: Store, of: Ledger, path: tuple[str, ...], index: int) -> None:
    spoil(store, lambda record: put(record, ("lines", index, *path), LINE[path]))
    [(row, told)] = of_kind(of, "seal")
    assert row == {"batch": "B", "line": index + 1}
    assert "is not as it was settled: whom it pays, their name or bank details, or how much was changed" in told


@pytest.mark.parametrize(("path", "value"), [(("id",), "C"), (("unit",), "PLN")])
def test_a_batch_that_names_itself_otherwise_is_told(
    store: Store, of: Ledger, path: tuple[str, ...], value: str
) -> None:
    spoil(store, lambda record: put(record, path, value))
    assert ({"batch": "B"}, "seal") in [(each.row, each.kind) for each in of.verify()]


def test_a_line_that_was_taken_out_or_put_in_is_named(store: Store, of: Ledger) -> None:
    spoil(store, lambda record: record["lines"].pop())
    assert of_kind(of, "seal") == [({"batch": "B", "line": 2}, "Line 2 of batch B is missing.")]


def test_a_line_that_was_put_in_is_named(store: Store, of: Ledger) -> None:
    spoil(store, lambda record: record["lines"].append(record["lines"][0] | {"number": 3}))
    [(row, told)] = of_kind(of, "seal")
    assert (row, told) == ({"batch": "B", "line": 3}, "Line 3 of batch B, to anna, was added after it was settled.")


def test_a_head_and_a_line_that_were_changed_are_both_told(store: Store, of: Ledger) -> None:
    def change(record: Record) -> None:
        put(record, ("due",), "2026-03-09")
        put(record, ("lines", 1, "payee", "iban"), NOOR.iban)

    spoil(store, change)
    assert [row for row, _ in of_kind(of, "seal")] == [{"batch": "B", "line": 2}, {"batch": "B"}]


def test_a_batch_that_was_taken_out_with_its_lines_is_missed_by_the_one_after_it(store: Store, of: Ledger) -> None:
    earn(store, {"noor": 100}, case="OF-2")
    assert of.settle("EUR", account="payable", batch="C").follows == sealed(of.batch("B")).whole
    assert not list(of.verify())
    take_out(store, "B")
    [(row, told)] = of_kind(of, "missing")
    assert row == {"batch": "C"}
    assert told.startswith("The batch that was settled before batch C is missing")


def test_a_batch_that_was_put_in_is_told_where_it_follows_what_another_follows(store: Store, of: Ledger) -> None:
    earn(store, {"noor": 100}, case="OF-2")
    of.settle("EUR", account="payable", batch="C")
    spoil(store, lambda record: put(record, ("follows",), None), "C")
    assert [row for row, _ in of_kind(of, "added")] == [{"batch": "C"}]


def test_nothing_is_made_of_a_batch_that_was_changed(store: Store, of: Ledger) -> None:
    before, lines = of.batch("B"), list(of.postings())
    assert of.is_as_settled(before)
    spoil(store, lambda record: put(record, ("lines", 0, "payee", "iban"), NOOR.iban))
    changed = of.batch("B")
    attempts: tuple[Callable[[], object], ...] = (
        lambda: of.file(changed),
        lambda: of.file(before),  # what was read before is sound, and so is its file
        lambda: of.settle("EUR", account="payable", batch="B"),
        lambda: of.reject("B", "anna", "closed"),
    )
    codes = [refused(attempt) for attempt in attempts]
    assert codes == ["broken-seal", None, "broken-seal", "broken-seal"]
    assert not of.is_as_settled(changed)
    assert (list(of.postings()), list(of.rejections("B"))) == (lines, [])


SENT_BACK = {"batch": "C", "number": 2, "reason": "a mistake", "at": "2026-03-02T09:59:00Z", "by": None}


@pytest.mark.parametrize("field", SENT_BACK)
def test_a_rejection_that_was_changed_by_hand_is_named(store: Store, of: Ledger, field: str) -> None:
    made = of.reject("B", "anna", "closed", by="carl")
    assert not list(of.verify())
    assert {*rejection_record(made)} == {*SENT_BACK}
    record = rejection_record(made) | {field: SENT_BACK[field]}
    book: Any = store.book()
    if isinstance(store, MemoryStore):
        book._rejections["B", 1] = rejection_from_record(record)
    else:
        with book._access.writing() as connection:
            connection.execute(text("UPDATE caseway_rejection SET document = :told"), {"told": json.dumps(record)})
    [(row, told)] = of_kind(of, "seal")
    assert row == {"batch": "B", "number": 1}
    assert told.startswith("What was sent back of line 1 of batch B is not as it was written: ")


def test_what_was_never_settled_has_no_file(of: Ledger) -> None:
    plan = of.plan("EUR", account="payable", leave_out=["anna", "ben"])
    with pytest.raises(Refused, match="There is no batch X; the last one is B"):
        of.file(plan.batch("X", None))


def test_the_seal_stays_whatever_becomes_of_bank_details_and_of_what_the_bank_sends_back(of: Ledger) -> None:
    was = sealed(of.batch("B"))
    of.reject("B", "anna", "closed")
    of.keep_payees([NOOR])
    of.remove_payee("anna")
    assert sealed(of.batch("B")) == was
    assert of.is_as_settled(of.batch("B"))
    assert not list(of.verify())
