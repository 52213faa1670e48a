"""Settling on every kind of store: exact, once, and all or nothing; and a book in a database that somebody changed by hand."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import create_engine

from caseway.adapters.sql import SqlStore
from caseway.engine.actor import Actor
from caseway.engine.errors import CasewayError, InvalidInput, Refused, UnknownCase
from caseway.engine.posting import PostingQuery
from caseway.engine.settlement import batch_postings
from tests import postgres
from tests.contracts.sample import PATIENCE, keep_definition, minutes, moving, opening, payout
from tests.engine.ledgers import EVERYBODY, earn, ledger

ONCE = "orange.visit/anna"


def held(of):
    return {f"{each.owner}/{each.account}": each.amount for each in of.balances(unit="EUR") if each.owner != "platform"}


def known(store, at=60):
    """A ledger of a store which knows everybody's bank details."""
    of = ledger(store, at)
    of.keep_payees(EVERYBODY)
    return of


# every kind of store


def test_a_settlement_closes_balances_of_which_some_are_in_a_checkpoint(store):
    earn(store, {"anna": 225, "ben": 500})
    of = known(store)
    assert of.checkpoint() == 4
    earn(store, {"anna": 7, "noor": 10**12}, case="OF-2")
    made = of.settle("EUR", account="payable", format="csv", by="carl")
    assert [(line.payee.id, line.amount) for line in made.lines] == [("anna", 232), ("ben", 500), ("noor", 10**12)]
    assert {key: amount for key, amount in held(of).items() if amount} == {
        "anna/settled": 232,
        "ben/settled": 500,
        "noor/settled": 10**12,
    }
    assert of.batch(made.id) == made
    assert not list(of.verify())


def test_the_same_batch_is_settled_once_whatever_came_meanwhile(store):
    earn(store, {"anna": 225})
    of = known(store)
    first = of.settle("EUR", account="payable", batch="week-10")
    earn(store, {"anna": 7}, case="OF-2")
    again = of.settle("EUR", account="payable", batch="week-10")
    assert again == first
    assert of.file(again) == of.file(first)
    assert held(of) == {"anna/payable": 7, "anna/settled": 225}


def test_what_the_bank_sends_back_is_open_again_and_settled_again(store):
    earn(store, {"anna": 225, "ben": 500})
    of = known(store)
    first = of.settle("EUR", account="payable")
    back = of.reject(first.id, "anna", "account closed", by="carl")
    assert of.reject(first.id, "anna", "account closed") == back
    with pytest.raises(Refused, match="was sent back already"):
        of.reject(first.id, "anna", "wrong name")
    assert of.rejections(first.id) == [back]
    second = of.settle("EUR", account="payable")
    assert [(line.payee.id, line.amount) for line in second.lines] == [("anna", 225)]
    assert [each.id for each in of.batches()] == ["EUR-20260302-2", "EUR-20260302-1"]
    assert not list(of.verify())


def test_whoever_owes_is_paid_again_when_they_have_earned_it_back(store):
    earn(store, {"anna": 225})
    of = known(store)
    of.settle("EUR", account="payable")
    earn(store, {"anna": -100}, case="OF-2")
    with pytest.raises(Refused, match=r"anna owes 1\.00 EUR"):
        of.settle("EUR", account="payable")
    earn(store, {"anna": 250}, case="OF-3")
    assert of.settle("EUR", account="payable").total == 150


def test_a_refused_settlement_leaves_nothing_behind(store):
    earn(store, {"anna": 225, "zoe": 5})
    of = known(store)
    with pytest.raises(Refused, match="zoe has no bank details"):
        of.settle("EUR", account="payable")
    assert held(of) == {"anna/payable": 225, "zoe/payable": 5}
    assert not list(of.batches())
    assert of.settle("EUR", account="payable", leave_out=["zoe"]).total == 225


TERMS = {"minimum": 3, "due": minutes(60).date(), "only": ["ben", "anna"], "leave_out": ["noor"]}


def test_the_same_batch_on_the_same_terms_is_the_same_on_any_later_day(store):
    earn(store, {"anna": 225, "ben": 5})
    of = known(store)
    first = of.settle("EUR", batch="B", **TERMS)
    assert of.batch("B") == first
    swapped = TERMS | {"only": ["anna", "ben", "anna"]}
    later = ledger(store, 60 + 3 * 24 * 60)
    assert later.settle("EUR", batch="B", **swapped) == first
    earn(store, {"anna": 7}, case="OF-2")
    second = of.settle("EUR", batch="C")
    assert later.settle("EUR", batch="C") == second  # the day is that of the settlement, whenever it is asked for again


@pytest.mark.parametrize("name", TERMS)
def test_the_same_batch_on_another_term_is_refused_and_the_term_named(store, name):
    earn(store, {"anna": 225, "ben": 5})
    of = known(store)
    first = of.settle("EUR", batch="B", **TERMS)
    for do in (of.settle, of.plan):
        with pytest.raises(Refused, match="There is a batch B already, settled on other terms") as caught:
            do("EUR", batch="B", **{each: value for each, value in TERMS.items() if each != name})
        assert caught.value.refusal.code == "batch-id-reused"
        assert [*caught.value.facts["differing"]] == [name]
    assert list(of.batches()) == [first]


def test_nothing_is_settled_before_it_was_there(store):
    earn(store, {"anna": 225}, at=30)
    of = known(store)
    for do in (of.settle, of.plan):
        with pytest.raises(InvalidInput, match="would be settled before it was there"):
            do("EUR", now=minutes(29))
    assert not list(of.batches())
    assert of.settle("EUR", now=minutes(30)).at == minutes(30)


def test_a_clock_that_is_a_little_behind_settles_when_the_newest_posting_was_written(store):
    earn(store, {"anna": 225}, at=30)
    assert known(store, 29.5).settle("EUR").at == minutes(30)
    earn(store, {"anna": 225}, at=40, case="OF-2")
    with pytest.raises(InvalidInput, match="would be settled before"):
        known(store, 35).settle("EUR")


def test_several_lines_come_back_together_by_payee_or_by_what_the_bank_calls_them(store):
    earn(store, {"anna": 225, "ben": 500, "noor": 1})
    of = known(store)
    of.settle("EUR", batch="B")
    with pytest.raises(
        Refused, match="Batch B pays nothing to B-4, and has no transfer of that name; it pays anna, ben"
    ):
        of.reject_lines("B", {"anna": "closed", "B-4": "closed"})
    assert not of.rejections("B")
    done = of.reject_lines("B", {"B-3": "AC04", "anna": "closed"}, by="carl")
    assert [(each.line.payee.id, each.rejection.reason, each.is_new) for each in done] == [
        ("noor", "AC04", True),
        ("anna", "closed", True),
    ]
    again = of.reject_lines("B", {"noor": "AC04", "B-2": "wrong"})
    assert [(each.line.payee.id, each.is_new) for each in again] == [("noor", False), ("ben", True)]
    assert len(of.reject_lines("B", {"ben": "wrong", "B-2": "wrong"})) == 1
    assert held(of) == {"anna/payable": 225, "anna/settled": 0, "ben/payable": 500, "ben/settled": 0} | {
        "noor/payable": 1,
        "noor/settled": 0,
    }
    assert not list(of.verify())


def test_a_payee_who_is_called_like_a_transfer_goes_first(store):
    earn(store, {"anna": 225, "B-1": 5})
    of = known(store)
    of.settle("EUR", batch="B", format="csv")
    (back,) = of.reject_lines("B", {"B-2": "closed"})
    assert back.line.payee.id == "anna"
    (other,) = of.reject_lines("B", {"B-1": "closed"})
    assert (other.line.number, other.line.payee.id) == (1, "B-1")


def test_lines_tell_in_which_order_they_were_written_but_to_actors(store):
    earn(store, {"anna": 225}, at=30)
    earn(store, {"anna": 7}, case="OF-2", at=10)
    of = known(store)
    numbers = [line.seq for line in of.postings()]
    assert numbers == sorted({*numbers})
    mine = list(of.postings(actor=Actor("anna", frozenset({"friend"}))))
    assert [(line.amount, line.seq) for line in mine] == [(225, None), (7, None)]


def test_lines_of_what_there_is_not_are_refused_to_the_host(store):
    earn(store, {"anna": 225})
    of = known(store)
    with pytest.raises(Refused, match="There is no batch NOPE"):
        of.postings(PostingQuery(batch="NOPE"))
    with pytest.raises(UnknownCase):
        of.postings(PostingQuery(case="NOPE"))
    assert list(of.postings(PostingQuery(case="OF-1", owner="nobody"))) == []
    assert list(of.postings(PostingQuery(case="NOPE"), actor=Actor("anna", frozenset({"friend"})))) == []


def test_a_statement_has_what_was_earned_and_what_was_paid_out(store):
    earn(store, {"anna": 225, "ben": 5})
    of = known(store)
    of.settle("EUR", account="payable")
    made = of.statement("anna", since=minutes(30))
    assert [(each.account, each.opening, each.closing) for each in made.sections] == [
        ("payable", 225, 0),
        ("settled", 0, 225),
    ]


# two who settle at once


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    """Two stores on one database of each kind, and its URL."""
    file = f"sqlite:///{tmp_path / 'cases.db'}?timeout={PATIENCE:g}"
    url = file if request.param == "sqlite" else request.getfixturevalue("postgresql")
    one, other = SqlStore.open(url), SqlStore.open(url)
    keep_definition(one)
    yield url, one, other
    one.close()
    other.close()


def at_once(*dos):
    """Do things at the same moment, each in a thread of its own, and return what came of each."""
    ready = Barrier(len(dos), timeout=PATIENCE)

    def do(each):
        ready.wait()
        try:
            return each()
        except CasewayError as error:
            return error

    with ThreadPoolExecutor(len(dos)) as pool:
        return list(pool.map(do, dos))


def test_two_who_settle_at_once_pay_nobody_twice(shared):
    _, one, other = shared
    earn(one, {"anna": 225, "ben": 5})
    first, second = known(one), ledger(other)
    done = at_once(*(lambda of=of: of.settle("EUR", account="payable") for of in (first, second)))
    refusals = [each.refusal.code for each in done if isinstance(each, Refused)]
    assert refusals == ["nothing-to-settle"], done
    assert len(list(first.batches())) == 1
    assert held(first) == {"anna/payable": 0, "anna/settled": 225, "ben/payable": 0, "ben/settled": 5}
    assert not list(first.verify())


def test_two_who_settle_the_same_batch_at_once_get_the_same(shared):
    _, one, other = shared
    earn(one, {"anna": 225})
    first, second = known(one), ledger(other)
    done = at_once(*(lambda of=of: of.settle("EUR", account="payable", batch="B") for of in (first, second)))
    assert done[0] == done[1] == first.batch("B")


def test_two_who_send_the_same_line_back_at_once_do_so_once(shared):
    _, one, other = shared
    earn(one, {"anna": 225})
    first, second = known(one), ledger(other)
    first.settle("EUR", account="payable", batch="B")
    done = at_once(*(lambda of=of: of.reject("B", "anna", "closed") for of in (first, second)))
    assert done[0] == done[1]
    assert held(first) == {"anna/payable": 225, "anna/settled": 0}


def test_cases_go_on_paying_while_others_settle(shared):
    _, one, other = shared
    of = known(one)

    def pay():
        for number in range(30):
            earn(other, {"anna": 1}, case=f"OF-{number}")

    def settle():
        for number in range(10):
            try:
                of.settle("EUR", account="payable", batch=f"B{number}")
            except Refused as error:
                assert error.refusal.code == "nothing-to-settle"  # noqa: PT017 - it is one of two things
            of.checkpoint()

    done = at_once(pay, settle)
    assert done == [None, None]
    ends = held(of)
    assert ends["anna/payable"] + ends.get("anna/settled", 0) == 30
    assert ends.get("anna/settled", 0) == sum(each.total for each in of.batches())
    assert not list(of.verify())


# changed by hand


@pytest.fixture
def spoilt(shared):
    """A sound book with a checkpoint, a settlement and a once key, and what changes it by hand and returns the differences."""
    url, store, _ = shared
    effects = [replace(payout("OF-1:1:0"), once=ONCE), payout("OF-1:1:1", 5, "ben")]
    step = opening(effects=effects)
    store.commit(step)
    store.commit(moving(step.after))
    of = known(store)
    of.checkpoint()
    of.settle("EUR", account="payable", batch="B", only=["ben"])
    assert not list(of.verify())
    engine = create_engine(postgres.with_psycopg(url))

    def spoil(statement):
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # for whoever may do anything
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            assert connection.exec_driver_sql(statement).rowcount == 1
        return list(of.verify())

    yield spoil
    engine.dispose()


COLUMNS = {
    "kind": "'claw-back'",
    "at": "'2026-03-02T09:01:00.000000Z'",
    "owner": "'ben'",
    "account": "'bank'",
    "amount": "226",
    "unit": "'PLN'",
    "purpose": "'Bribe'",
    "revision": "2",
    "process": "'blue'",
    "version": "2",
    "payout": "'gift'",
    "implements": "'[\"OF-03\"]'",
    "batch": "'B'",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_a_posting_that_was_changed_by_hand_is_named_with_its_row(spoilt, column):
    found = spoilt(f"UPDATE caseway_posting SET {column} = {COLUMNS[column]} WHERE effect = 'OF-1:1:0' AND line = 1")
    first = found[0]
    assert (first.kind, first.row, first.source, first.field) == (
        "changed",
        {"effect": "OF-1:1:0", "line": 1},
        "OF-1",
        column,
    )
    assert all(each.kind in {"unbalanced", "checkpoint"} for each in found[1:])


@pytest.mark.parametrize(
    ("change", "missing", "added"),
    [
        ("effect = 'OF-1:1:9'", ("OF-1", "OF-1:1:0"), ("OF-1", "OF-1:1:9")),
        ("line = 7", ("OF-1", "OF-1:1:0"), ("OF-1", "OF-1:1:0")),
        ("\"case\" = 'OF-9'", ("OF-1", "OF-1:1:0"), ("OF-9", "OF-1:1:0")),
        ('"case" = NULL', ("OF-1", "OF-1:1:0"), ("", "OF-1:1:0")),
        ("\"case\" = NULL, batch = 'B'", ("OF-1", "OF-1:1:0"), ("B", "OF-1:1:0")),
        ("\"case\" = NULL, batch = 'C'", ("OF-1", "OF-1:1:0"), ("C", "OF-1:1:0")),
    ],
)
def test_a_posting_of_another_key_or_source_is_missing_in_one_place_and_added_in_the_other(
    spoilt, change, missing, added
):
    found = spoilt(f"UPDATE caseway_posting SET {change} WHERE effect = 'OF-1:1:0' AND line = 1")
    told = {each.kind: (each.source, each.row["effect"]) for each in found}
    assert told == {"missing": missing, "added": added}


@pytest.mark.thorough
@pytest.mark.parametrize("column", [each for each in COLUMNS if each not in {"batch", "implements"}])
def test_a_settlement_that_was_changed_by_hand_is_named_as_well(spoilt, column):
    found = spoilt(
        f"UPDATE caseway_posting SET {column} = {COLUMNS[column]}{' || 1' if column == 'owner' else ''} WHERE effect = 'settlement/B/1' AND line = 1"
    )
    assert (found[0].kind, found[0].source, found[0].field) == ("changed", "B", column)


def test_a_posting_that_was_deleted_by_hand_is_missing(spoilt):
    found = spoilt("DELETE FROM caseway_posting WHERE effect = 'OF-1:1:0' AND line = 0")
    assert (found[0].kind, found[0].row) == ("missing", {"effect": "OF-1:1:0", "line": 0})
    assert {each.kind for each in found[1:]} == {"unbalanced", "checkpoint"}


@pytest.mark.parametrize(("source", "named"), [("'OF-1'", "OF-1"), ("'OF-9'", "OF-9"), ("NULL", "")])
def test_a_posting_that_was_added_by_hand_is_told(spoilt, source, named):
    found = spoilt(
        'INSERT INTO caseway_posting (effect, line, kind, at, owner, account, amount, unit, purpose, "case", implements) '
        f"VALUES ('x', 0, 'payout', '2026-03-02T09:00:00.000000Z', 'ben', 'payable', 100, 'EUR', 'Bribe', {source}, '[]')"
    )
    assert [(each.kind, each.source, each.row) for each in found] == [
        ("added", named, {"effect": "x", "line": 0}),
        ("unbalanced", None, {"unit": "EUR"}),
    ]


def test_a_checkpoint_that_was_changed_by_hand_is_told(spoilt):
    found = spoilt("UPDATE caseway_checkpoint SET amount = amount + 1 WHERE owner = 'anna'")
    assert [each.message for each in found] == [
        "The checkpoint of anna/payable/EUR keeps 226 minor units; its postings up to then are 225."
    ]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"DELETE FROM caseway_once WHERE key = '{ONCE}'", "is free, although OF-1:1:0 took it"),
        (
            f"UPDATE caseway_once SET effect = 'OF-1:1:1' WHERE key = '{ONCE}'",
            "is kept for OF-1:1:1, and should be for",
        ),
        ("UPDATE caseway_once SET key = 'mine'", "is kept for OF-1:1:0, which did not take it"),
        ("UPDATE caseway_once SET \"case\" = 'OF-9'", "is free, although OF-1:1:0 took it"),
    ],
)
def test_a_once_key_that_was_changed_by_hand_is_told(spoilt, statement, said):
    found = spoilt(statement)
    assert {each.kind for each in found} == {"once-key"}
    assert any(said in each.message for each in found)


def test_a_batch_that_was_deleted_by_hand_leaves_postings_that_nothing_paid(spoilt):
    found = spoilt("DELETE FROM caseway_batch WHERE id = 'B'")
    assert {(each.kind, each.row["effect"]) for each in found} == {("added", "settlement/B/1")}


def test_a_batch_that_was_changed_by_hand_does_not_fit_its_postings(spoilt, shared):
    _, store, _ = shared
    assert [line.amount for line in batch_postings(known(store).batch("B"))] == [-5, 5]
    found = spoilt("UPDATE caseway_batch SET document = replace(document, '\"amount\":5', '\"amount\":6')")
    assert [(each.kind, each.field, each.found, each.expected) for each in found[1:]] == [
        ("changed", "amount", -5, -6),
        ("changed", "amount", 5, 6),
    ]
    assert (found[0].kind, found[0].row) == ("seal", {"batch": "B", "line": 1})


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ("unit = 'PLN'", "unit", "Batch B: unit is 'PLN', and should be 'EUR'."),
        ("at = '2026-03-02T10:00:01.000000Z'", "at", "Batch B: at is 2026-03-02T10:00:01+00:00, and should be 2026-"),
        ("at = 'yesterday'", "at", "Batch B: at is 'yesterday', and should be"),
        ("id = 'C'", "id", "Batch C: id is 'C', and should be 'B'."),
        ("seal = 'mine'", "seal", "Batch B is not as it was settled"),
        ("seal = ''", "seal", "Batch B is not as it was settled"),
        ("seal = replace(seal, ' ', ' 0')", "seal", "Line 1 of batch B, to ben, is not as it was settled"),
        ("seal = seal || ' 0'", "seal", "Line 2 of batch B is missing"),
    ],
)
def test_a_column_of_a_batch_that_was_changed_by_hand_is_named(spoilt, change, field, said):
    found = spoilt(f"UPDATE caseway_batch SET {change}")
    [told] = [each for each in found if each.field == field and each.message.startswith(said)]
    assert told.row["batch"] == ("C" if field == "id" else "B")


@pytest.mark.parametrize("amount", [0, 224, 999])
def test_what_a_case_has_paid_is_held_against_its_journal(spoilt, amount):
    found = spoilt(f"UPDATE caseway_case SET document = replace(document, '\"amount\":225', '\"amount\":{amount}')")
    assert [(each.kind, each.source, each.found, each.expected) for each in found] == [("paid", "OF-1", amount, 225)]


def test_a_case_that_forgot_what_it_paid_is_told(spoilt):
    found = spoilt("UPDATE caseway_case SET document = replace(document, '\"paid\":[', '\"unpaid\":[')")
    assert {(each.kind, each.found) for each in found} == {("paid", 0)}
    assert {each.expected for each in found} == {225, 5}


def test_a_mark_beyond_all_postings_which_would_hide_what_comes_is_told(spoilt):
    found = spoilt("INSERT INTO caseway_checkpoint_mark (seq, at) VALUES (99999, '2026-03-02T09:00:00.000000Z')")
    assert [each.row for each in found if each.row == {"mark": 99999}]


def test_a_rejection_that_was_made_up_lacks_its_postings(spoilt):
    told = '{"batch":"B","number":7,"reason":"x","at":"2026-03-02T09:00:00Z","by":null}'
    found = spoilt(f"INSERT INTO caseway_rejection (batch, number, document, seal) VALUES ('B', 1, '{told}', 'x')")
    assert (found[0].kind, found[0].row) == ("seal", {"batch": "B", "number": 1})
    assert {(each.kind, each.row["effect"]) for each in found[1:]} == {("missing", "rejection/B/1")}


# rows that cannot be read


def senseless(found):
    """The rows among differences that make no sense, and the others."""
    return [each.row for each in found if each.kind == "unreadable"], [
        each for each in found if each.kind != "unreadable"
    ]


@pytest.mark.parametrize("number", [0, 2])
def test_a_rejection_of_a_line_that_no_batch_has_is_told(spoilt, number):
    told = f'{{"batch":"B","number":{number},"reason":"x","at":"2026-03-02T09:00:00Z","by":null}}'
    [found] = spoilt(
        f"INSERT INTO caseway_rejection (batch, number, document, seal) VALUES ('B', {number}, '{told}', 'x')"
    )
    assert (found.kind, found.source, found.row) == ("unreadable", "B", {"batch": "B", "number": number})
    assert found.message.endswith(f"makes no sense: there is no line {number} of a batch B.")


def test_a_rejection_of_a_batch_that_is_not_there_is_told(spoilt):
    told = '{"batch":"C","number":1,"reason":"x","at":"2026-03-02T09:00:00Z","by":null}'
    [found] = spoilt(f"INSERT INTO caseway_rejection (batch, number, document, seal) VALUES ('C', 1, '{told}', 'x')")
    assert found.row == {"batch": "C", "number": 1}


GARBAGE = ("'nonsense'", "'[]'", "'7'", "''", "'{}'", "'null'", "'{\"id\":'")


def test_an_unreadable_batch_is_named_and_what_hangs_on_it_is_not_told_besides(spoilt, shared):
    known(shared[1]).reject("B", "ben", "closed")
    for garbage in GARBAGE:
        [found] = spoilt(f"UPDATE caseway_batch SET document = {garbage}")
        assert (found.kind, found.source, found.row) == ("unreadable", "B", {"batch": "B"})
        assert found.message.startswith("Batch B makes no sense: ")


@pytest.mark.parametrize(
    ("was", "is_"),
    [
        ('"amount":5', '"amount":"5"'),
        ('"amount":5', '"amount":null'),
        ('"number":1', '"number":true'),
        ('"name":"Ben de Boer"', '"name":["Ben"]'),
        ('"rehearsal":false', '"rehearsal":0'),
        ('"unit":"EUR"', '"unit":1'),
        ('"due":"', '"due":"x'),
    ],
)
def test_a_batch_with_a_value_of_another_kind_is_unreadable(spoilt, was, is_):
    [found] = spoilt(f"UPDATE caseway_batch SET document = replace(document, '{was}', '{is_}')")
    assert (found.kind, found.row) == ("unreadable", {"batch": "B"})


def test_an_unreadable_rejection_is_named_and_its_postings_are_not_told_besides(spoilt, shared):
    known(shared[1]).reject("B", "ben", "closed")
    for garbage in GARBAGE:
        [found] = spoilt(f"UPDATE caseway_rejection SET document = {garbage}")
        assert (found.kind, found.source, found.row) == ("unreadable", "B", {"batch": "B", "number": 1})


def test_an_unreadable_line_of_a_journal_is_named_and_what_it_paid_is_not_told_besides(spoilt):
    for garbage in ("'nonsense \"payout\"'", "'[\"payout\"]'", "'{\"payout\": 7}'"):
        change = f"UPDATE caseway_journal SET document = {garbage} WHERE \"case\" = 'OF-1' AND revision = 1"
        [found] = spoilt(change)
        assert (found.kind, found.source, found.row) == ("unreadable", "OF-1", {"case": "OF-1", "revision": 1})
        assert found.message.startswith("Line 1 of the journal of case OF-1 makes no sense: ")


@pytest.mark.parametrize(
    ("was", "is_"), [("225", '"225"'), ("225", '{"a":1}'), ('"anna"', '["anna"]'), ('"OF-1:1:0"', "7")]
)
def test_a_line_of_a_journal_that_paid_something_of_another_kind_is_named(spoilt, was, is_):
    found = spoilt(
        f"UPDATE caseway_journal SET document = replace(document, '{was}', '{is_}') WHERE \"case\" = 'OF-1' AND revision = 1"
    )
    assert [(each.kind, each.row) for each in found] == [("unreadable", {"case": "OF-1", "revision": 1})]


def test_an_unreadable_case_is_named(spoilt):
    for garbage in (*GARBAGE[:4], "'{\"paid\": 7}'", '\'{"paid": [{"payout": 7}]}\''):
        [found] = spoilt(f"UPDATE caseway_case SET document = {garbage}")
        assert (found.kind, found.source, found.row) == ("unreadable", "OF-1", {"case": "OF-1"})


@pytest.mark.parametrize("change", ["implements = '5'", "implements = ''", "at = 'yesterday'", "at = ''"])
def test_an_unreadable_posting_is_named_and_the_others_are_looked_at(spoilt, change):
    spoilt("UPDATE caseway_posting SET purpose = 'Bribe' WHERE effect = 'settlement/B/1' AND line = 1")
    rows, others = senseless(spoilt(f"UPDATE caseway_posting SET {change} WHERE effect = 'OF-1:1:0' AND line = 1"))
    assert rows == [{"effect": "OF-1:1:0", "line": 1}]
    assert [(each.kind, each.row) for each in others] == [
        ("changed", {"effect": "settlement/B/1", "line": 1}),
        ("unbalanced", {"unit": "EUR"}),
    ]
    assert others[1].message == "All postings in EUR that can be read together are -225 minor units, and should be 0."


def test_everything_may_be_unreadable_at_once(spoilt, shared):
    for table, column in (("case", "document"), ("batch", "document"), ("posting", "implements")):
        engine = create_engine(postgres.with_psycopg(shared[0]))
        with engine.begin() as connection:
            connection.exec_driver_sql(f"UPDATE caseway_{table} SET {column} = '!'")
        engine.dispose()
    rows, others = senseless(spoilt("UPDATE caseway_journal SET document = '\"payout\" !' WHERE revision = 1"))
    assert len(rows) == 3 + 6
    assert others == []


@pytest.mark.parametrize(
    "change",
    [
        "amount = 'abc'",
        "line = 'two'",
        "unit = x'00ff'",
        "owner = x'41'",
        "implements = '5'",
        "at = x'00'",
        "at = 5",
        "implements = CAST(x'ff' AS TEXT)",
    ],
)
def test_what_only_sqlite_takes_in_a_column_is_told_and_no_crash(sqlite_book, change):
    rows, others = senseless(sqlite_book(f"UPDATE caseway_posting SET {change} WHERE line = 1"))
    assert rows == [{"effect": "OF-1:1:0", "line": "two" if "two" in change else 1}]
    kinds = ["missing", "unbalanced"] if "two" in change else ["unbalanced"]
    assert [each.kind for each in others if each.kind != "checkpoint"] == kinds


@pytest.mark.parametrize(
    ("change", "kind", "row"),
    [
        ("caseway_posting SET purpose = CAST(x'41ff' AS TEXT)", "changed", {"effect": "OF-1:1:0", "line": 1}),
        ("caseway_posting SET kind = x'41'", "changed", {"effect": "OF-1:1:0", "line": 1}),
        ("caseway_posting SET amount = 9e999", "changed", {"effect": "OF-1:1:0", "line": 1}),
        ("caseway_checkpoint SET amount = 9e999", "checkpoint", {"owner": "anna", "account": "payable", "unit": "EUR"}),
        ("caseway_checkpoint SET amount = 'x'", "checkpoint", {"owner": "anna", "account": "payable", "unit": "EUR"}),
        ("caseway_once SET effect = x'41'", "unreadable", {"once": ONCE}),
    ],
)
def test_whatever_sqlite_keeps_in_a_column_verify_ends_and_tells_it(sqlite_book, change, kind, row):
    where = {"posting": "line = 1", "checkpoint": "owner = 'anna'", "once": "1"}[change.split(" ")[0].split("_")[1]]
    assert (kind, row) in [(each.kind, each.row) for each in sqlite_book(f"UPDATE {change} WHERE {where}")]


def test_sums_beyond_what_a_database_counts_are_differences(spoilt):
    most = 2**63 - 1
    spoilt(f"UPDATE caseway_posting SET amount = {most} WHERE effect = 'OF-1:1:0' AND line = 1")
    change = f"UPDATE caseway_posting SET amount = {most}, owner = 'anna' WHERE effect = 'OF-1:1:1' AND line = 1"
    (found,) = [each for each in spoilt(change) if each.kind == "checkpoint" and each.row["owner"] == "anna"]
    assert (found.found, found.expected) == (225, 2 * most)


@pytest.fixture
def sqlite_book(tmp_path):
    """A book in a file of SQLite, with a checkpoint, and what changes it by hand and returns the differences."""
    path = tmp_path / "cases.db"
    with closing(SqlStore.open(f"sqlite:///{path}")) as store:
        keep_definition(store)
        store.commit(opening(effects=[replace(payout("OF-1:1:0"), once=ONCE)]))
        ledger(store).checkpoint()

        def spoil(statement):
            with closing(sqlite3.connect(path)) as database:
                assert database.execute(statement).rowcount == 1
                database.commit()
            return list(ledger(store).verify())

        yield spoil
