"""What a look at a book tells of it."""

from dataclasses import fields, replace

import pytest

from caseway.engine.evidence import Checkpointed, Evidence
from caseway.engine.posting import Posting, postings
from caseway.engine.verification import Verification
from tests.contracts.sample import minutes, opening, payout
from tests.engine.ledgers import earn, earning

LINES = tuple(postings(opening(effects=[payout("OF-1:1:0")])))
"""The two lines of a payout of 225 cents."""

OTHER = {
    "kind": "claw-back",
    "at": minutes(1),
    "owner": "ben",
    "account": "bank",
    "amount": 226,
    "unit": "PLN",
    "purpose": "Bribe",
    "case": "OF-2",
    "revision": 2,
    "process": "blue",
    "version": 2,
    "payout": "gift",
    "implements": ("OF-03",),
    "batch": "B",
}
"""Another value for each column."""


def looked(*evidence, checkpoints=()):
    return list(Verification(evidence, checkpoints))


def seen(found, *, owed=None, taken=None):
    return Evidence("OF-1", LINES, tuple(found), owed or {}, taken or {})


def test_a_book_that_says_what_the_journals_say_has_no_differences():
    looking = Verification([seen(LINES)], [Checkpointed("anna", "payable", "EUR", 225, 225)])
    assert not list(looking)
    assert (looking.sources, looking.postings, looking.accounts) == (1, 2, 1)


def test_every_column_is_looked_at():
    assert {*OTHER, "effect", "line", "seq"} == {each.name for each in fields(Posting)}


@pytest.mark.parametrize("column", OTHER)
def test_a_column_that_was_changed_is_named_with_its_row(column):
    spoilt = replace(LINES[1], **{column: OTHER[column]})
    found = looked(seen([LINES[0], spoilt]))
    assert (found[0].kind, found[0].row, found[0].source, found[0].field) == (
        "changed",
        {"effect": "OF-1:1:0", "line": 1},
        "OF-1",
        column,
    )
    assert (found[0].found, found[0].expected) == (OTHER[column], getattr(LINES[1], column))
    assert found[0].message.startswith(f"Line 1 of OF-1:1:0: {column} is ")
    assert all(each.kind == "unbalanced" for each in found[1:])


def test_every_column_of_a_row_is_told():
    spoilt = replace(LINES[1], owner="ben", purpose="Bribe")
    assert [each.field for each in looked(seen([LINES[0], spoilt]))] == ["owner", "purpose"]


def test_the_first_of_several_languages_is_looked_at():
    told = [replace(line, purpose={"nl": "Fooi", "en": "Tip"}) for line in LINES]
    turned = replace(told[1], purpose={"en": "Tip", "nl": "Fooi"})
    found = looked(Evidence("OF-1", tuple(told), (told[0], turned), {}, {}))
    assert [(each.kind, each.field) for each in found] == [("changed", "purpose")]


def test_a_row_that_is_missing_is_told_with_what_it_would_say():
    found = looked(seen(LINES[:1]))
    assert [each.message for each in found] == [
        "Line 1 of OF-1:1:0 is missing: 225 minor units of EUR, anna/payable.",
        "All postings in EUR together are -225 minor units, and should be 0.",
    ]


def test_a_row_that_nothing_paid_is_told():
    found = looked(seen([*LINES, replace(LINES[1], effect="OF-1:1:7", amount=0)]))
    assert [(each.kind, each.row) for each in found] == [("added", {"effect": "OF-1:1:7", "line": 1})]


@pytest.mark.parametrize("moved", [{"effect": "OF-1:9:9"}, {"line": 5}])
def test_a_row_with_another_key_is_missing_in_one_place_and_added_in_the_other(moved):
    found = looked(seen([LINES[0], replace(LINES[1], **moved)]))
    assert {each.kind for each in found} == {"missing", "added"}


@pytest.mark.parametrize(
    ("owed", "taken", "said"),
    [
        ({"k": "OF-1:1:0"}, {}, "is free, although OF-1:1:0 took it"),
        ({}, {"k": "OF-1:1:0"}, "is kept for OF-1:1:0, which did not take it"),
        ({"k": "OF-1:1:0"}, {"k": "OF-1:2:0"}, "is kept for OF-1:2:0, and should be for OF-1:1:0"),
    ],
)
def test_a_once_key_that_is_not_as_the_journal_took_it_is_told(owed, taken, said):
    found = looked(seen(LINES, owed=owed, taken=taken))
    assert [(each.kind, each.row) for each in found] == [("once-key", {"once": "k"})]
    assert said in found[0].message


def test_a_checkpoint_that_is_not_the_sum_of_its_postings_is_told():
    found = looked(checkpoints=[Checkpointed("anna", "payable", "EUR", 226, 225)])
    assert [each.message for each in found] == [
        "The checkpoint of anna/payable/EUR keeps 226 minor units; its postings up to then are 225."
    ]


def test_differences_come_while_the_book_is_read():
    def endless():
        while True:
            yield seen([])

    assert next(Verification(endless(), [])).kind == "missing"


def test_a_book_that_was_settled_and_sent_back_verifies():
    of = earning(anna=225, ben=5)
    of.checkpoint()
    of.reject(of.settle("EUR", account="payable").id, "anna", "closed")
    earn(of.store, {"noor": 3}, case="OF-2")
    looking = of.verify()
    assert not list(looking)
    assert (looking.sources, looking.postings) == (3, 12)


WAY = ("visit", "EUR", "anna", "payable", "platform", "payouts")


@pytest.mark.parametrize(("kept", "net"), [({WAY: 226}, {WAY: 225}), ({}, {WAY: 225}), ({WAY: 1}, {})])
def test_a_case_that_says_that_it_paid_what_its_journal_did_not_is_told(kept, net):
    (found,) = looked(Evidence("OF-1", LINES, LINES, {}, {}, kept, net))
    assert (found.kind, found.source, found.field) == ("paid", "OF-1", "amount")
    assert (found.found, found.expected) == (kept.get(WAY, 0), net.get(WAY, 0))
    assert found.row["payout"] == "visit"
    assert found.row["payee"] == "anna"


def test_a_mark_that_no_posting_has_is_told():
    (found,) = Verification([seen(LINES)], [], 99)
    assert (found.kind, found.row) == ("checkpoint", {"mark": 99})
