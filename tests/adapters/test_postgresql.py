"""What is true of stores in PostgreSQL alone: other connections, locks, and what a server does wrong."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import takewhile
from random import Random
from threading import Barrier, Event

import psycopg
import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.cursor import compiled
from caseway.adapters.sql.statement import AWAIT, CHANNEL, KNOWN, LOAD, MOVE_ALL, TAKEN_ON_POSTGRESQL, step_at_once
from caseway.adapters.sql.trouble import Place, told
from caseway.engine.case import Case
from caseway.engine.errors import (
    CaseConflict,
    CasewayError,
    InvalidInput,
    UnknownCase,
    UnknownProcess,
    VersionChanged,
    WorldError,
)
from caseway.engine.ports import CaseQuery
from caseway.engine.posting import Balance
from tests import postgres, program
from tests.balance import summed
from tests.contracts.sample import (
    PATIENCE,
    batch,
    keep_definition,
    message,
    minutes,
    moving,
    opened,
    opening,
    payout,
    timer,
)

SOON, LATE = minutes(1), minutes(10_000)


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.database() as url:
        SqlStore.open(url).close()
        yield url


@pytest.fixture
def host(database: str) -> Iterator[Engine]:
    """A host's own engine, on a database that holds a table of its own, and nothing of ours."""
    engine = create_engine(postgres.with_psycopg(database))
    with engine.begin() as connection:
        postgres.empty(connection)
        connection.exec_driver_sql("DROP TABLE IF EXISTS visit; CREATE TABLE visit (id int)")
    yield engine
    engine.dispose()


@pytest.fixture
def store(database: str, host: Engine) -> Iterator[SqlStore]:
    """A store with one case in it."""
    store = SqlStore.open(database)
    keep_definition(store)
    opened(store, timers=[timer("t", 1)], effects=[message("OF-1:1:0"), payout("OF-1:1:1")])
    yield store
    store.close()


def listed(store: SqlStore) -> list[str]:
    return [line.id for line in store.cases(CaseQuery())]


def insert_visit(connection: Connection) -> None:
    connection.execute(text("INSERT INTO visit VALUES (1)"))


def visits(host: Engine) -> int:
    with host.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM visit")).scalar_one())


def end_all_other_connections(host: Engine) -> None:
    with host.connect() as connection:
        connection.exec_driver_sql(
            f"SELECT pg_terminate_backend(pid, {PATIENCE * 1000:.0f}) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).all()


def with_claim(store: SqlStore, limit: int = 10):
    return store.claimed(LATE, limit)


def with_messages(store: SqlStore, limit: int = 9, at: datetime = SOON):
    return store.claimed_messages(limit, at, at + timedelta(minutes=1))


# Connections


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_url_may_name_the_driver_or_leave_it_out(database, scheme):
    address = make_url(database).set(drivername=scheme)
    SqlStore.open(address.render_as_string(hide_password=False)).close()


@pytest.mark.parametrize("scheme", ["postgresql+psycopg2", "postgresql+asyncpg", "postgres"])
def test_another_driver_is_refused(scheme):
    with pytest.raises(InvalidInput, match="PostgreSQL by psycopg"):
        SqlStore.open(f"{scheme}://u:secret@localhost/x")


def test_our_connections_are_set_up_whatever_the_server_is_set_to(store):
    with store._access.writing() as connection:
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar()
            for name in ("transaction_isolation", "plan_cache_mode", "jit", "enable_seqscan")
        }
    assert shown == {
        "transaction_isolation": "read committed",
        "plan_cache_mode": "force_generic_plan",
        "jit": "off",
        "enable_seqscan": "off",
    }


def test_every_plan_of_an_event_finds_its_rows_by_an_index_even_while_tables_are_empty(store, host):
    at_once = step_at_once(opens=False, disarms=True, arms=True, changes=True, sends=True, posts=True, takes=True)
    with store._access.reading() as connection:
        cursor = connection.connection.cursor()
        for statement in (LOAD, at_once, MOVE_ALL, KNOWN, TAKEN_ON_POSTGRESQL):
            sql = compiled(statement, "postgresql")
            values = dict.fromkeys(_names(statement), None)
            cursor.execute(f"EXPLAIN {sql}", values)
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan
            assert "Hash" not in plan


def test_statements_that_the_server_has_forgotten_are_prepared_again(store):
    def forget(cursor):
        cursor.run("DEALLOCATE ALL")

    case = store.load("OF-1", "").case
    for event in ("e2", "e3"):
        store._access._with_held(forget)
        assert store.load("OF-1", "").case == case
        store._access._with_held(forget)
        store.commit(moving(case, event))
        case = store.load("OF-1", event).case


def test_a_statement_is_prepared_once_for_a_connection_whatever_fails_on_it(store):
    def prepared(cursor):
        return cursor.rows(text("SELECT name FROM pg_prepared_statements WHERE name LIKE 'caseway%'"), {})

    case = store.load("OF-1", "").case
    for _ in range(5):
        with pytest.raises(UnknownCase):
            store.load("nobody", "")
        with pytest.raises(CaseConflict):
            store.commit(moving(replace(case, revision=7)))
    assert len(store._access._with_held(prepared)) <= len({"read", "opened", "moved", "this one"})


def test_a_step_that_pays_once_is_one_statement_and_asking_for_its_key_another(store):
    case = store.load("OF-1", "").case
    before = sum(store._access._with_held(prepared_runs))
    assert store.taken(["welcome/anna"]) == {}
    store.commit(moving(case, effects=[payout("OF-1:2:0", once="welcome/anna"), message("OF-1:2:1")]))
    assert sum(store._access._with_held(prepared_runs)) - before == len({"the key", "the step"})


def prepared_runs(cursor) -> list[int]:
    """How often each of our statements was run on this connection."""
    counted = (
        "SELECT generic_plans + custom_plans FROM pg_prepared_statements "
        "WHERE name LIKE 'caseway%' AND statement NOT LIKE '%pg_prepared%'"
    )
    return [int(count) for (count,) in cursor.rows(text(counted), {})]


def _names(statement) -> list[str]:
    return list(statement.compile().params)


def test_the_statement_of_a_step_is_short_enough_for_the_driver_to_keep():
    at_once = step_at_once(opens=True, disarms=True, arms=True, changes=True, sends=True, posts=True)
    assert len(compiled(at_once, "postgresql")) < 4096
    assert len(_names(at_once)) < 50


FORKING = """
import os, sys
from caseway.adapters.sql import SqlStore
from tests.contracts.sample import moving

store = SqlStore.open(sys.argv[1])
store.load("OF-1", "")
if child := os.fork():
    assert os.waitpid(child, 0)[1] == 0
    assert store.load("OF-1", "").case.revision == 2
else:
    store.commit(moving(store.load("OF-1", "").case))
    os._exit(0)
"""


def test_a_fork_leaves_the_connections_to_the_process_that_made_them(store, database):
    program.done(program.PYTHON, "-c", FORKING, database, cwd=program.HOUSE)
    assert store.load("OF-1", "").case.revision == 2


# What the world does wrong


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(WorldError, match=r"The server of the database .*nowhere.* cannot be reached") as caught:
        SqlStore.open("postgresql://anna:secret@/cases?host=/tmp/nowhere&password=secret")
    assert "secret" not in caught.value.message


def test_a_database_that_is_not_there_is_named(database):
    url = make_url(database).set(database="nosuch").render_as_string(hide_password=False)
    with pytest.raises(WorldError, match=r"nosuch.* does not exist on its server"):
        SqlStore.open(url)


def test_a_user_who_is_not_there_is_not_let_in(database):
    url = make_url(database).set(username="nobody").render_as_string(hide_password=False)
    with pytest.raises(WorldError, match=r"does not let this user in .*nobody"):
        SqlStore.open(url)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('FATAL:  password authentication failed for user "anna"', "does not let this user in"),
        ("connection failed: fe_sendauth: no password supplied", "does not let this user in"),
        ("FATAL:  no pg_hba.conf entry for host", "does not let this user in"),
        ("FATAL:  sorry, too many clients already", "takes no more connections"),
        ("FATAL:  the database system is starting up", "starting or shutting down"),
        ("connection refused", "cannot be reached"),
    ],
)
def test_what_a_server_says_at_the_door_becomes_a_sentence(said, sentence):
    refused = DBAPIError.instance(None, None, psycopg.OperationalError(said), psycopg.Error)
    with pytest.raises(WorldError, match=sentence), told(Place("cases")):
        raise refused


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (psycopg.errors.DiskFull, WorldError, "The disk that holds the database cases is full"),
        (psycopg.errors.OutOfMemory, WorldError, "The server of the database cases is out of memory"),
        (psycopg.errors.ReadOnlySqlTransaction, WorldError, "The database cases is read-only"),
        (psycopg.errors.InsufficientPrivilege, WorldError, "does not allow this user"),
        (psycopg.errors.InFailedSqlTransaction, WorldError, "Roll the transaction back"),
        (psycopg.errors.QueryCanceled, WorldError, "broke a statement off"),
        (psycopg.errors.LockNotAvailable, WorldError, "did not give a lock"),
        (psycopg.errors.IoError, WorldError, "The disk or system"),
        (psycopg.errors.SyntaxError, WorldError, "The database cases failed: said so"),
        (psycopg.errors.SerializationFailure, CaseConflict, "only one of both can be kept"),
        (psycopg.errors.DeadlockDetected, CaseConflict, "only one of both can be kept"),
        (psycopg.errors.NumericValueOutOfRange, InvalidInput, "cannot hold a value"),
        (psycopg.errors.ProgramLimitExceeded, InvalidInput, "cannot hold a value"),
    ],
)
def test_what_a_server_says_of_a_statement_becomes_a_sentence(error, kind, sentence):
    failed = DBAPIError.instance("SELECT", None, error("said so"), psycopg.Error)
    with pytest.raises(kind, match=sentence), told(Place("cases")):
        raise failed


def test_a_connection_that_was_lost_while_nobody_used_it_is_replaced(store, host):
    case = store.load("OF-1", "").case
    end_all_other_connections(host)
    assert store.load("OF-1", "").case == case
    store.commit(moving(case))
    end_all_other_connections(host)
    assert listed(store) == ["OF-1"]


def test_a_connection_lost_while_writing_says_that_nobody_knows(store, host):
    case = store.load("OF-1", "").case
    end_all_other_connections(host)
    with pytest.raises(WorldError, match=r"nobody knows whether it was.*the same event id"):
        store.commit(moving(case))
    store.commit(moving(store.load("OF-1", "e2").case))
    assert store.load("OF-1", "").case.revision == 2


def test_a_connection_lost_while_cases_are_held_has_written_nothing(store, host):
    with pytest.raises(WorldError, match="was lost"), store.locked([("OF-1", "e2")]) as held:  # noqa: PT012 - what fails is the end of the block
        held.commit(moving(held.load("OF-1", "e2").case))
        end_all_other_connections(host)
    assert store.load("OF-1", "e2").case.revision == 1


def test_a_server_that_may_only_be_read_says_so(store, host, database):
    name = make_url(database).database
    case = store.load("OF-1", "").case
    with host.begin() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    try:
        with closing(SqlStore.open(database)) as reading, pytest.raises(WorldError, match="is read-only"):  # noqa: PT012 - what fails is the end of the block
            assert reading.load("OF-1", "").case == case
            reading.commit(moving(case))
    finally:
        with host.connect() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.commit()
            connection.exec_driver_sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")
            connection.commit()


# What cannot be kept


@pytest.mark.parametrize("value", [object(), "\udc80", 2**70, {1: 2}])
def test_data_that_json_cannot_keep_is_refused_and_nothing_is_written(store, value):
    case = store.load("OF-1", "").case
    for attempt in (store.commit, lambda step: commit_held(store, step)):
        with pytest.raises(InvalidInput, match="Case OF-1"):
            attempt(moving(case, data={"value": value}))
    assert store.load("OF-1", "").case == case


def commit_held(store: SqlStore, *steps) -> None:
    with store.locked([(step.after.id, step.event.id) for step in steps]) as held:
        for step in steps:
            held.commit(step)


@pytest.mark.parametrize("key", ["a\0b", "\udc80", Random(1).randbytes(6000).hex()])
def test_an_id_that_no_column_holds_is_refused_and_nothing_is_written(store, key):
    case = store.load("OF-1", "").case
    for wrong in (
        opening(key),
        moving(case, key),
        moving(case, timers=(timer(key, 1),)),
        moving(case, effects=[message(key)]),
    ):
        for attempt in (store.commit, lambda step: commit_held(store, step, opening("OF-7"))):
            with pytest.raises(CasewayError, match=r"cannot hold a value|cannot keep|several"):
                attempt(wrong)
    assert store.load("OF-1", "").case == case
    assert listed(store) == ["OF-1"]


def test_an_amount_that_no_column_holds_is_refused_and_nothing_is_written(store):
    case = store.load("OF-1", "").case
    for amount in (2**63, 2**70):
        with pytest.raises(InvalidInput):
            store.commit(moving(case, effects=[payout("OF-1:2:0", amount)]))
    assert store.load("OF-1", "").case == case


def test_many_steps_on_a_definition_that_was_never_kept_are_told_so(store):
    first = opening("OF-2", definition="0000")
    with pytest.raises(UnknownProcess, match="orange version 1"):
        commit_held(store, first, moving(first.after))
    assert listed(store) == ["OF-1"]


# Races


def test_of_threads_that_move_the_same_case_at_once_exactly_one_wins(store):
    start, case = Barrier(4, timeout=PATIENCE), store.load("OF-1", "").case

    def move(name: str) -> str:
        start.wait()
        try:
            store.commit(moving(case, name, effects=[payout("OF-1:2:0")]))
        except CaseConflict:
            return "conflict"
        return "moved"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(move, "abcd")) == ["conflict", "conflict", "conflict", "moved"]
    assert len(list(store.journal("OF-1"))) == 2
    assert len(list(store.book().postings())) == 4


@pytest.mark.parametrize("content", [{}, {"process": "pear"}])
def test_of_two_that_keep_a_definition_at_once_the_second_finds_it_kept(host, store, content):
    with ThreadPoolExecutor(1) as threads:
        with host.begin() as connection:
            store.join(connection).keep_definition("77", "pear", 1, {})
            waiting = threads.submit(store.keep_definition, "77", "pear", 1, content)
        waiting.result()
    assert store.definition("77") == {}


def test_of_two_that_keep_a_version_with_other_content_the_second_is_told(host, store):
    with ThreadPoolExecutor(1) as threads:
        with host.begin() as connection:
            store.join(connection).keep_definition("77", "pear", 1, {})
            waiting = threads.submit(store.keep_definition, "78", "pear", 1, {})
        with pytest.raises(VersionChanged, match="77, now 78"):
            waiting.result()


def test_whoever_waits_for_a_held_case_sees_what_its_holder_wrote(store):
    case, asked = store.load("OF-1", "").case, Event()

    def second() -> tuple[int, bool]:
        asked.set()
        with store.locked([("OF-1", "e2")]) as held:
            loaded = held.load("OF-1", "e2")
            return loaded.case.revision, loaded.known is not None

    with ThreadPoolExecutor(1) as threads:
        with store.locked([("OF-1", "e2")]) as held:
            held.commit(moving(case))
            waiting = threads.submit(second)
            assert asked.wait(PATIENCE)
        assert waiting.result() == (2, True)


def test_of_threads_that_take_the_same_once_key_at_once_exactly_one_wins(store):
    names = ("OF-2", "OF-3", "OF-4", "OF-5")
    cases, start = [opened(store, name) for name in names], Barrier(4, timeout=PATIENCE)

    def pay(case: Case) -> str:
        start.wait()
        try:
            store.commit(moving(case, effects=[payout(f"{case.id}:2:0", once="welcome/anna")]))
        except CaseConflict:
            return "conflict"
        return "paid"

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(pay, cases)) == ["conflict", "conflict", "conflict", "paid"]
    assert sum(store.load(name, "").case.revision for name in names) == 5


# Checkpoints


def book_of(store: SqlStore) -> tuple[list[Balance], list[Balance]]:
    """The balances as they are read, and as all postings sum to."""
    return list(store.book().balances()), summed(store.book().postings())


def test_a_checkpoint_loses_nothing_of_a_step_that_ends_after_later_ones(host, store):
    late, soon = opened(store, "OF-2"), opened(store, "OF-3")
    with host.connect() as connection:
        store.join(connection).commit(moving(late, effects=[payout("OF-2:2:0", 7)]))
        store.commit(moving(soon, effects=[payout("OF-3:2:0", 9)]))
        assert store.book().checkpoint(SOON) == 0  # since it cannot be told what lies below the newest number
        connection.commit()
    assert store.book().checkpoint(SOON) == 6
    assert all(each.kept == each.summed for each in store.book().checkpointed())
    read, summed = book_of(store)
    assert read == summed


def test_a_step_goes_on_while_a_checkpoint_waits_for_another(host, store):
    late, soon = opened(store, "OF-2"), opened(store, "OF-3")
    with host.connect() as connection, ThreadPoolExecutor(1) as threads:
        store.join(connection).commit(moving(late, effects=[payout("OF-2:2:0", 7)]))
        waiting = threads.submit(store.book().checkpoint, SOON)
        store.commit(moving(soon, effects=[payout("OF-3:2:0", 9)]))
        assert waiting.result() == 0


def test_checkpoints_lose_nothing_while_many_write(store):
    cases, start = [opened(store, f"W-{number}") for number in range(4)], Barrier(5, timeout=PATIENCE)

    def write(case: Case) -> None:
        start.wait()
        for number in range(25):
            step = moving(case, f"e{number}", effects=[payout(f"{case.id}:{number}:0", number + 1, case.id)])
            store.commit(step)
            case = step.after

    def check() -> int:
        start.wait()
        return sum(store.book().checkpoint(SOON) for _ in range(40))

    with ThreadPoolExecutor(5) as threads:
        checked = threads.submit(check)
        list(threads.map(write, cases))
        checked.result()
    store.book().checkpoint(SOON)
    read, summed = book_of(store)
    assert read == summed
    assert all(each.kept == each.summed for each in store.book().checkpointed())
    assert [each.amount for each in read if each.owner.startswith("W-")] == [325] * 4


def test_of_two_that_make_a_checkpoint_at_once_one_does(host, store):
    with host.connect() as connection:
        assert store.join(connection).book().checkpoint(SOON) == 2
        assert store.book().checkpoint(SOON) == 0
        connection.rollback()
    assert store.book().checkpoint(SOON) == 2


def test_a_transaction_that_sees_the_past_makes_no_checkpoint_and_settles_nothing(host, store):
    with host.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        book = store.join(connection).book()
        assert book.checkpoint(SOON) == 0
        with pytest.raises(InvalidInput, match="isolation repeatable read"), book.closing():
            pass


def test_who_settles_waits_for_who_does_already(host, store):
    with host.connect() as connection, ThreadPoolExecutor(1) as threads:
        with store.join(connection).book().closing() as closing_:
            closing_.add_batch(batch(("anna", 225)))

        def settle() -> list[int]:
            with store.book().closing() as other:
                return [each.amount for each in other.balances(owner="anna")]

        waiting = threads.submit(settle)
        connection.commit()
        assert waiting.result() == [0, 225]


# Claims


def test_what_one_worker_claims_another_passes_over(store):
    opened(store, "OF-2", timers=[timer("u", 2), timer("v", 3)])
    opened(store, "OF-3", timers=[timer("w", 4)])
    with with_claim(store, 2) as (first, _), with_claim(store) as (second, _), with_claim(store) as (third, _):
        assert [each.timer.id for each in first] == ["t", "u"]
        assert [each.timer.id for each in second] == ["w"]  # "v" is of a case that the first worker holds
        assert list(third) == []


def test_a_case_that_a_sender_holds_is_passed_over(store):
    opened(store, "OF-2", timers=[timer("u", 2)])
    with store.locked([("OF-1", "e2")]), with_claim(store) as (due, _):
        assert [each.timer.id for each in due] == ["u"]


def test_two_workers_never_wait_for_each_other(store):
    for name in ("OF-2", "OF-3", "OF-4"):
        opened(store, name, timers=[timer(f"{name}:{count}", count) for count in range(5)])
    start = Barrier(2, timeout=PATIENCE)

    def work(_: int) -> int:
        fired = 0
        start.wait()
        while store.due(LATE, 1):
            with store.claimed(LATE, 3) as (due, held):
                for case in {each.case for each in due}:
                    loaded = held.load(case, "").case
                    held.commit(moving(loaded, f"{case}:{loaded.revision}", timers=loaded.timers[1:]))
                    fired += bool(loaded.timers)  # the other may have fired it since it was looked for
        return fired

    with ThreadPoolExecutor(2) as threads:
        assert sum(threads.map(work, range(2))) == 16


def test_a_worker_that_dies_holds_nothing(store, host):
    with pytest.raises(WorldError), with_claim(store) as (_, held):  # noqa: PT012 - what fails is the end of the block
        held.commit(moving(held.load("OF-1", "").case, "t", timers=()))
        end_all_other_connections(host)
        with with_claim(store) as (due, _):
            assert [each.timer.id for each in due] == ["t"]
    assert store.load("OF-1", "").case.revision == 1


def test_a_claim_is_shared_fairly_among_processes(store):
    store.keep_definition("77", "apple", 1, {})
    opened(store, "A", process="apple", definition="77", timers=[timer("apple", 500)])
    opened(store, "O", timers=[timer(f"{count:03}", count) for count in range(2, 60)])
    with with_claim(store, 10) as (due, _):
        assert [each.timer.id for each in due] == ["t", "002", "003", "004", "005", "apple"]
    with with_claim(store, 1) as (due, _):
        assert [each.timer.id for each in due] == ["t"]


def test_a_line_of_messages_has_one_worker_and_others_take_other_lines(store):
    opened(store, "OF-2", effects=[message("b1", "ben"), message("a1"), message("b2", "ben")])
    with with_messages(store, 2) as (first, _), with_messages(store) as (second, held):
        assert [each.message.id for each in first] == ["OF-1:1:0", "b1"]
        assert [each.message.id for each in second] == ["a1"]
        held.delivered("a1", LATE)
        with with_messages(store) as (third, _):
            assert list(third) == []
    with with_messages(store) as (left, _):
        assert [each.message.id for each in left] == ["OF-1:1:0", "b1", "b2"]


def test_a_worker_that_dies_while_delivering_leaves_its_messages_to_others(store, host):
    with with_messages(store) as (out, _):
        end_all_other_connections(host)
        assert [each.message.id for each in out] == ["OF-1:1:0"]
        with with_messages(store, at=minutes(1.9)) as (left, _):
            assert list(left) == []
        with with_messages(store, at=minutes(2)) as (back, _):
            assert [each.message.id for each in back] == ["OF-1:1:0"]


def test_no_transaction_is_open_while_messages_are_delivered(store, host):
    wanted = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'")
    with with_messages(store) as (out, _), host.connect() as connection:
        assert len(out) == 1
        assert connection.execute(wanted).scalar() == 0


def test_two_workers_that_claim_at_the_same_moment_share_no_line(store):
    opened(store, "OF-2", effects=[message(f"m{number}", f"p{number % 4}") for number in range(40)])
    barrier, claims = Barrier(2, timeout=PATIENCE), ExitStack()  # neither lets go of anything before both have claimed

    def claimed(_: int) -> list[str]:
        barrier.wait()
        out, _ = claims.enter_context(with_messages(store, 20))
        return [each.message.id for each in out]

    with claims, ThreadPoolExecutor(2) as pool:
        one, other = pool.map(claimed, range(2))
    assert not set(one) & set(other)
    assert set(one) | set(other) <= {"OF-1:1:0", *(f"m{number}" for number in range(40))}
    for person in range(4):
        mine = [f"m{number}" for number in range(40) if number % 4 == person]
        got = [each for each in mine if each in one], [each for each in mine if each in other]
        assert [] in got
        assert [*got[0], *got[1]] == mine[: len(got[0]) + len(got[1])]


# Inside a caller's transaction


def nothing(connection: Connection) -> None:
    """A caller who has not written yet."""


@pytest.mark.parametrize("first", [insert_visit, nothing])
def test_a_commit_of_the_caller_keeps_both(host, store, first: Callable[[Connection], None]):
    with host.connect() as connection:
        first(connection)
        joined = store.join(connection)
        opened(joined, "OF-2", effects=[payout("OF-2:1:0")])
        assert joined.load("OF-2", "").case.revision == 1
        assert listed(store) == ["OF-1"]
        connection.commit()
    assert listed(store) == ["OF-1", "OF-2"]
    assert visits(host) == (first is insert_visit)


@pytest.mark.parametrize("first", [insert_visit, nothing])
def test_a_rollback_of_the_caller_leaves_nothing(host, store, first: Callable[[Connection], None]):
    with host.connect() as connection:
        first(connection)
        joined = store.join(connection)
        joined.commit(moving(joined.load("OF-1", "").case, effects=[message("OF-1:2:0"), payout("OF-1:2:1")]))
        with joined.claimed(LATE, 9) as (due, held):
            held.commit(moving(held.load(due[0].case, "").case, "t", timers=()))
        opened(joined, "OF-2")
        joined.delivered("OF-1:1:0", minutes(1))
        connection.rollback()
    assert listed(store) == ["OF-1"]
    assert store.load("OF-1", "").case.revision == 1
    assert [item.message.id for item in store.outgoing(9)] == ["OF-1:1:0"]
    assert visits(host) == 0


def test_a_step_that_fails_takes_nothing_of_the_callers_with_it(host, store):
    with host.begin() as connection:
        insert_visit(connection)
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        with pytest.raises(CaseConflict):
            joined.commit(moving(case, timers=(), effects=[message("OF-1:2:0"), payout("OF-1:1:1")]))
        with pytest.raises(CaseConflict), joined.locked([("OF-1", "e2")]) as held:
            held.commit(moving(case, timers=(), effects=[message("OF-1:2:0"), payout("OF-1:1:1")]))
        insert_visit(connection)
    assert store.load("OF-1", "").case == case
    assert visits(host) == 2


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_the_callers_isolation_level_is_kept_and_whoever_is_overtaken_repeats_the_whole_transaction(host, store, level):
    with host.connect().execution_options(isolation_level=level) as connection:
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        store.commit(moving(case, "e2"))
        assert joined.load("OF-1", "").case == case  # as at the beginning of the transaction
        with pytest.raises(CaseConflict, match="roll it back and repeat all of it"):
            joined.commit(moving(case, "e3"))
        with pytest.raises(CaseConflict, match="roll it back"), joined.locked([("OF-1", "e3")]):
            pass
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == level.lower()
        connection.rollback()
        joined.commit(moving(joined.load("OF-1", "").case, "e3"))
        connection.commit()
    assert store.load("OF-1", "").case.revision == 3


def test_under_read_committed_whoever_is_overtaken_may_read_again_and_go_on(host, store):
    with host.begin() as connection:
        insert_visit(connection)
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        store.commit(moving(case, "e2"))
        with pytest.raises(CaseConflict, match="was moved by somebody else"):
            joined.commit(moving(case, "e3"))
        joined.commit(moving(joined.load("OF-1", "e3").case, "e3"))
    assert store.load("OF-1", "").case.revision == 3
    assert visits(host) == 1


def test_a_connection_in_autocommit_has_no_transaction_to_join(host, store):
    with (
        host.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
        pytest.raises(InvalidInput, match="autocommit"),
    ):
        opened(store.join(connection), "OF-2")
    assert listed(store) == ["OF-1"]


def test_a_connection_of_the_caller_that_was_lost_says_so(host, store, database):
    with other_engine(database) as other, host.connect() as connection:
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        insert_visit(connection)
        end_all_other_connections(other)
        with pytest.raises(WorldError, match="was lost"):
            joined.commit(moving(case))
        connection.rollback()
    assert store.load("OF-1", "").case.revision == 1
    assert visits(host) == 0


@contextmanager
def other_engine(url: str) -> Iterator[Engine]:
    engine = create_engine(postgres.with_psycopg(url))
    yield engine
    engine.dispose()


def test_a_store_over_a_connection_makes_its_tables_in_the_callers_transaction():
    with postgres.database() as url, other_engine(url) as engine, engine.connect() as connection:
        with pytest.raises(WorldError, match="no tables of Caseway"):
            SqlStore.over(connection)
        made = SqlStore.over(connection, create=True)
        keep_definition(made)
        opened(made)
        connection.rollback()
        with pytest.raises(WorldError, match="no tables of Caseway"):
            SqlStore.over(connection)
        connection.rollback()


# Waiting for what is due


@contextmanager
def listening(host: Engine) -> Iterator[psycopg.Connection]:
    """A connection that hears every notice that waiting workers would."""
    with psycopg.connect(host.url.set(drivername="postgresql").render_as_string(hide_password=False)) as ear:
        ear.autocommit = True
        ear.execute(f"LISTEN {CHANNEL}")
        yield ear


def heard(ear: psycopg.Connection) -> int:
    """Count the notices until one of our own, which comes after all that were sent before it."""
    ear.execute(f"NOTIFY {CHANNEL}, 'that is all'")
    told = takewhile(lambda each: each.payload != "that is all", ear.notifies(timeout=PATIENCE))
    return len(list(told))


def a_worker_waits(host: Engine, until: float) -> None:
    with host.begin() as connection:
        connection.execute(AWAIT, {"waiting_worker": "w", "waits_until": minutes(until)})


def test_a_timer_that_is_due_sooner_than_a_worker_awaits_wakes_it(store: SqlStore, database: str) -> None:
    waiting, calls = Event(), []

    def pause(seconds: float) -> bool:
        waiting.set()
        calls.append(seconds)
        return len(calls) > 100

    def wait() -> None:
        with closing(SqlStore.open(database)) as another:
            another.await_due(60, minutes(0.5), pause)

    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(wait)
        assert waiting.wait(PATIENCE)
        case = store.load("OF-1", "").case
        store.commit(moving(case, timers=(*case.timers, timer("soon", 0.1))))
        waits.result(timeout=PATIENCE)
    assert len(calls) < 100


def test_a_worker_that_is_told_to_end_does_not_wait_on(store: SqlStore) -> None:
    store.await_due(60, minutes(0.5), lambda _: True)


def test_a_worker_does_not_wait_for_what_was_armed_before_it_said_so(store: SqlStore) -> None:
    store.await_due(60, minutes(5), lambda _: pytest.fail("it waits, although a timer is due sooner"))


def test_a_worker_that_has_waited_leaves_no_word_of_it(store: SqlStore, host: Engine) -> None:
    store.await_due(0.01, minutes(0.5), lambda _: False)
    with host.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM caseway_awaited").scalar_one() == 0


@pytest.mark.parametrize(("until", "due", "notices"), [(10, 5, 1), (10, 10, 0), (10, 20, 0), (None, 5, 0)])
def test_a_notice_is_sent_only_for_a_timer_due_sooner_than_somebody_waits(
    store: SqlStore, host: Engine, until: float | None, due: float, notices: int
) -> None:
    if until is not None:
        a_worker_waits(host, until)
    with listening(host) as ear:
        case = store.load("OF-1", "").case
        store.commit(moving(case, timers=(*case.timers, timer("new", due))))
        assert heard(ear) == notices
        case = store.load("OF-1", "").case
        with store.locked([("OF-1", "")]) as held:
            held.commit(moving(case, "another", timers=(*case.timers, timer("newer", due))))
        assert heard(ear) == notices


def test_an_event_that_arms_nothing_sends_no_notice(store: SqlStore, host: Engine) -> None:
    a_worker_waits(host, 10_000)
    with listening(host) as ear:
        store.commit(moving(store.load("OF-1", "").case, effects=[message("OF-1:2:0")]))
        assert heard(ear) == 0
