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
from caseway.engine.errors import CasewayError, Refused, WorldError
from caseway.engine.settlement import batch_postings
from tests import postgres
from tests.contracts.sample import keep_definition, minutes, moving, opening, payout
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
    made = of.settle("EUR", account="cash", format="csv", by="carl")
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
    first = of.settle("EUR", account="cash", batch="week-10")
    earn(store, {"anna": 7}, case="OF-2")
    again = of.settle("EUR", account="cash", batch="week-10")
    assert again == first
    assert of.file(again) == of.file(first)
    assert held(of) == {"anna/cash": 7, "anna/settled": 225}


def test_what_the_bank_sends_back_is_open_again_and_settled_again(store):
    earn(store, {"anna": 225, "ben": 500})
    of = known(store)
    first = of.settle("EUR", account="cash")
    back = of.reject(first.id, "anna", "account closed", by="carl")
    assert of.reject(first.id, "anna", "account closed") == back
    with pytest.raises(Refused, match="was sent back already"):
        of.reject(first.id, "anna", "wrong name")
    assert of.rejections(first.id) == [back]
    second = of.settle("EUR", account="cash")
    assert [(line.payee.id, line.amount) for line in second.lines] == [("anna", 225)]
    assert [each.id for each in of.batches()] == ["EUR-20260302-2", "EUR-20260302-1"]
    assert not list(of.verify())


def test_whoever_owes_is_paid_again_when_they_have_earned_it_back(store):
    earn(store, {"anna": 225})
    of = known(store)
    of.settle("EUR", account="cash")
    earn(store, {"anna": -100}, case="OF-2")
    with pytest.raises(Refused, match=r"anna owes 1\.00 EUR"):
        of.settle("EUR", account="cash")
    earn(store, {"anna": 250}, case="OF-3")
    assert of.settle("EUR", account="cash").total == 150


def test_a_refused_settlement_leaves_nothing_behind(store):
    earn(store, {"anna": 225, "zoe": 5})
    of = known(store)
    with pytest.raises(Refused, match="zoe has no bank details"):
        of.settle("EUR", account="cash")
    assert held(of) == {"anna/cash": 225, "zoe/cash": 5}
    assert not list(of.batches())
    assert of.settle("EUR", account="cash", leave_out=["zoe"]).total == 225


def test_a_statement_has_what_was_earned_and_what_was_paid_out(store):
    earn(store, {"anna": 225, "ben": 5})
    of = known(store)
    of.settle("EUR", account="cash")
    made = of.statement("anna", since=minutes(30))
    assert [(each.account, each.opening, each.closing) for each in made.sections] == [
        ("cash", 225, 0),
        ("settled", 0, 225),
    ]


# two who settle at once


@pytest.fixture(params=["sqlite", "postgresql"])
def shared(request, tmp_path):
    """Two stores on one database of each kind, and its URL."""
    url = f"sqlite:///{tmp_path / 'cases.db'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    one, other = SqlStore.open(url), SqlStore.open(url)
    keep_definition(one)
    yield url, one, other
    one.close()
    other.close()


def at_once(*dos):
    """Do things at the same moment, each in a thread of its own, and return what came of each."""
    ready = Barrier(len(dos))

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
    done = at_once(*(lambda of=of: of.settle("EUR", account="cash") for of in (first, second)))
    refusals = [each.refusal.code for each in done if isinstance(each, Refused)]
    assert refusals == ["nothing-to-settle"], done
    assert len(list(first.batches())) == 1
    assert held(first) == {"anna/cash": 0, "anna/settled": 225, "ben/cash": 0, "ben/settled": 5}
    assert not list(first.verify())


def test_two_who_settle_the_same_batch_at_once_get_the_same(shared):
    _, one, other = shared
    earn(one, {"anna": 225})
    first, second = known(one), ledger(other)
    done = at_once(*(lambda of=of: of.settle("EUR", account="cash", batch="B") for of in (first, second)))
    assert done[0] == done[1] == first.batch("B")


def test_two_who_send_the_same_line_back_at_once_do_so_once(shared):
    _, one, other = shared
    earn(one, {"anna": 225})
    first, second = known(one), ledger(other)
    first.settle("EUR", account="cash", batch="B")
    done = at_once(*(lambda of=of: of.reject("B", "anna", "closed") for of in (first, second)))
    assert done[0] == done[1]
    assert held(first) == {"anna/cash": 225, "anna/settled": 0}


def test_cases_go_on_paying_while_others_settle(shared):
    _, one, other = shared
    of = known(one)

    def pay():
        for number in range(30):
            earn(other, {"anna": 1}, case=f"OF-{number}")

    def settle():
        for number in range(10):
            try:
                of.settle("EUR", account="cash", batch=f"B{number}")
            except Refused as error:
                assert error.refusal.code == "nothing-to-settle"  # noqa: PT017 - it is one of two things
            of.checkpoint()

    done = at_once(pay, settle)
    assert done == [None, None]
    ends = held(of)
    assert ends["anna/cash"] + ends.get("anna/settled", 0) == 30
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
    of.settle("EUR", account="cash", batch="B", only=["ben"])
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
        f"VALUES ('x', 0, 'payout', '2026-03-02T09:00:00.000000Z', 'ben', 'cash', 100, 'EUR', 'Bribe', {source}, '[]')"
    )
    assert [(each.kind, each.source, each.row) for each in found] == [
        ("added", named, {"effect": "x", "line": 0}),
        ("unbalanced", None, {"unit": "EUR"}),
    ]


def test_a_checkpoint_that_was_changed_by_hand_is_told(spoilt):
    found = spoilt("UPDATE caseway_checkpoint SET amount = amount + 1 WHERE owner = 'anna'")
    assert [each.message for each in found] == [
        "The checkpoint of anna/cash/EUR keeps 226 minor units; its postings up to then are 225."
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
    assert [(each.kind, each.field, each.found, each.expected) for each in found] == [
        ("changed", "amount", -5, -6),
        ("changed", "amount", 5, 6),
    ]


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


@pytest.mark.parametrize("number", [0, 2])
def test_a_rejection_of_a_line_that_no_batch_has_is_damage(spoilt, number):
    told = f'{{"batch":"B","number":{number},"reason":"x","at":"2026-03-02T09:00:00Z","by":null}}'
    with pytest.raises(WorldError, match=f"there is no line {number} of a batch B"):
        spoilt(f"INSERT INTO caseway_rejection (batch, number, document) VALUES ('B', {number}, '{told}')")


def test_a_rejection_that_was_made_up_lacks_its_postings(spoilt):
    told = '{"batch":"B","number":7,"reason":"x","at":"2026-03-02T09:00:00Z","by":null}'
    found = spoilt(f"INSERT INTO caseway_rejection (batch, number, document) VALUES ('B', 1, '{told}')")
    assert {(each.kind, each.row["effect"]) for each in found} == {("missing", "rejection/B/1")}


def test_a_rejection_of_a_batch_that_is_not_there_is_damage(spoilt):
    told = '{"batch":"C","number":1,"reason":"x","at":"2026-03-02T09:00:00Z","by":null}'
    with pytest.raises(WorldError, match="there is no line 1 of a batch C"):
        spoilt(f"INSERT INTO caseway_rejection (batch, number, document) VALUES ('C', 1, '{told}')")


@pytest.mark.parametrize(
    "change", ["amount = 'abc'", "line = 'two'", "unit = x'00ff'", "owner = x'41'", "implements = '5'"]
)
def test_what_only_sqlite_takes_in_a_column_is_damage_and_no_crash(tmp_path, change):
    with closing(SqlStore.open(f"sqlite:///{tmp_path / 'cases.db'}")) as store:
        keep_definition(store)
        earn(store, {"anna": 225})
        with closing(sqlite3.connect(tmp_path / "cases.db")) as database:
            database.execute(f"UPDATE caseway_posting SET {change} WHERE line = 1")
            database.commit()
        with pytest.raises(WorldError, match="something else than Caseway changed it"):
            list(ledger(store).verify())
