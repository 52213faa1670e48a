"""The seal of a batch, computed once more by hand."""

import json
from dataclasses import fields, replace
from datetime import date
from hashlib import sha256

import pytest

from caseway.engine.batch_record import batch_from_record, batch_record
from caseway.engine.evidence import Evidence, KeptBatch, Unreadable
from caseway.engine.payee import Payee
from caseway.engine.seal import Seal, seal_from_text, seal_text, sealed
from caseway.engine.settlement import Asked, Batch, BatchLine, batch_postings
from caseway.engine.verification import source_differences
from tests.contracts.sample import batch, minutes

MADE = batch(("anna", 225), ("Zoë", 5))


def by_hand(value):
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return sha256(text.encode("ascii")).hexdigest()


def test_a_seal_is_the_sha_256_of_canonical_json():
    record = batch_record(MADE)
    lines = [by_hand(line) for line in record["lines"]]
    assert sealed(MADE) == Seal(by_hand(record | {"lines": lines}), tuple(lines))


def test_the_seal_of_one_batch_is_known():
    payee = Payee("anna", "Anna Łęcka", "PL61109010140000071219812874")
    made = Batch("B", "EUR", "payable", minutes(0), date(2026, 3, 9), payee, "csv", (BatchLine(1, payee, 225),))
    assert sealed(made).whole == "71b8213553ab39ee1373004cb7bb8613916114eca1cbcd95d138faff4bf095df"


def test_a_record_tells_all_of_a_batch():
    assert {*batch_record(MADE)} == {each.name for each in fields(Batch) if each.compare}
    assert {*batch_record(MADE)["debtor"]} == {each.name for each in fields(Payee)}
    assert {*batch_record(MADE)["lines"][0]} == {each.name for each in fields(BatchLine)}
    assert {*batch_record(MADE)["asked"]} == {each.name for each in fields(Asked)}
    assert batch_from_record(json.loads(json.dumps(batch_record(MADE)))) == MADE


@pytest.mark.parametrize("text", ["", " ", "nonsense", "a b c", "0 1"])
def test_whatever_text_there_is_can_be_read_as_a_seal(text):
    assert seal_from_text(text) != sealed(MADE)
    assert isinstance(seal_text(seal_from_text(text)), str)


def test_a_seal_is_read_as_it_was_written():
    assert seal_from_text(seal_text(sealed(MADE))) == sealed(MADE)


def looked(kept, *unreadable):
    lines = tuple(batch_postings(MADE))
    return [
        each.row
        for each in source_differences(Evidence("EUR-1", lines, lines, {}, {}, batch=kept, unreadable=unreadable))
    ]


def test_a_line_that_was_changed_with_its_digest_still_breaks_the_seal_of_the_whole():
    """Whoever changes the digest of the line as well would have to change that of the whole, too."""
    spoilt = replace(MADE, lines=(MADE.lines[0], replace(MADE.lines[1], amount=6)))
    assert looked(KeptBatch(spoilt, sealed(MADE))) == [{"batch": "EUR-1", "line": 2}]
    assert looked(KeptBatch(spoilt, Seal(sealed(MADE).whole, sealed(spoilt).lines))) == [{"batch": "EUR-1"}]
    assert looked(KeptBatch(spoilt, sealed(spoilt))) == []


def test_a_batch_without_a_change_is_silent_and_its_columns_are_looked_at():
    assert looked(KeptBatch(MADE, sealed(MADE), {"id": MADE.id, "unit": "EUR", "at": MADE.at})) == []
    assert looked(KeptBatch(MADE, sealed(MADE), {"id": MADE.id, "unit": "PLN"})) == [{"batch": "EUR-1"}]


def test_of_ten_lines_the_first_that_was_sent_back_unreadably_hides_no_other():
    """The ids of effects begin alike: line 1 and line 10."""
    row = {"batch": "EUR-1", "number": 1}
    found = tuple(
        replace(each, effect=f"rejection/EUR-1/{n}") for n in (1, 10) for each in batch_postings(batch(("anna", 1)))
    )
    evidence = Evidence("EUR-1", (), found, {}, {}, unreadable=(Unreadable(row, "nonsense"),))
    rows = [each.row for each in source_differences(evidence)]
    assert rows == [row, {"effect": "rejection/EUR-1/10", "line": 0}, {"effect": "rejection/EUR-1/10", "line": 1}]
