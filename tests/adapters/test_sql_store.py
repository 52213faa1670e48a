"""What is true of stores in SQL alone: files, connections, transactions."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.schema import CreateIndex, CreateTable

from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.table import metadata
from caseway.engine.errors import CaseConflict, CasewayError, InvalidInput, UnknownCase, WorldError
from caseway.engine.ports import CaseQuery
from caseway.engine.posting import PostingQuery
from tests.contracts.sample import PATIENCE, keep_definition, message, minutes, moving, opened, opening, payout, timer


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A database with one case in it, closed."""
    path = tmp_path / "cases.db"
    with closing(SqlStore.open(f"sqlite:///{path}")) as store:
        keep_definition(store)
        opened(store, timers=[timer("t", 1)], effects=[message("OF-1:1:0"), payout("OF-1:1:1")])
    return path


def patient(url: str) -> str:
    """Return the URL for those who wait for each other, however long the disk takes."""
    return f"{url}?timeout={PATIENCE:g}"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


def sql(path: Path, *statements: str) -> list[tuple[object, ...]]:
    """Run statements behind the store's back; the rows of the last."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            rows = connection.execute(statement).fetchall()
    return rows


def listed(store: SqlStore) -> list[str]:
    return [line.id for line in store.cases(CaseQuery())]


# Tables


def test_the_same_tables_can_be_made_in_postgresql():
    made = [str(CreateTable(table).compile(dialect=postgresql.dialect())) for table in metadata.sorted_tables]
    indexes = [
        str(CreateIndex(index).compile(dialect=postgresql.dialect()))
        for table in metadata.sorted_tables
        for index in table.indexes
    ]
    assert len(made) == 18
    assert any("seq BIGSERIAL" in statement for statement in made)
    assert any("WHERE delivered_at IS NULL AND set_aside IS false" in statement for statement in indexes)


# Opening


def test_what_was_committed_is_there_when_the_database_is_opened_again(url):
    with closing(SqlStore.open(url)) as store:
        assert store.load("OF-1", "").case == opening(timers=[timer("t", 1)], effects=[payout("OF-1:1:1")]).after
        assert [line.event.id for line in store.journal("OF-1")] == ["start"]
        assert [due.timer.id for due in store.due(minutes(1), 10)] == ["t"]
        assert [item.message.id for item in store.outgoing(10)] == ["OF-1:1:0"]
        assert [line.amount for line in store.book().postings()] == [-225, 225]


def test_our_connections_are_durable_and_check_references(url, file):
    with closing(SqlStore.open(url)) as store, store._access.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}


def test_all_tables_carry_the_prefix(file):
    names = [name for (name,) in sql(file, "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")]
    assert names
    assert [name for name in names if not str(name).startswith("caseway_")] == []


def test_a_database_of_somebody_else_gets_our_tables_beside_its_own(tmp_path):
    path = tmp_path / "shop.db"
    sql(path, "CREATE TABLE customer (id)", "INSERT INTO customer VALUES (1)")
    with pytest.raises(WorldError, match="no tables of Caseway"):
        SqlStore.open(f"sqlite:///{path}", create=False)
    SqlStore.open(f"sqlite:///{path}").close()
    SqlStore.open(f"sqlite:///{path}", create=False).close()
    assert sql(path, "SELECT id FROM customer") == [(1,)]


def test_a_database_is_made_to_rehearse_in_once_and_for_all(tmp_path):
    url = f"sqlite:///{tmp_path / 'rehearsal.db'}"
    for rehearsal in (True, False, True):
        with closing(SqlStore.open(url, rehearsal=rehearsal)) as store:
            assert store.rehearsal()


def test_a_database_of_real_cases_never_becomes_one_to_rehearse_in(url, file):
    with pytest.raises(InvalidInput, match=r"cases\.db holds real cases"):
        SqlStore.open(url, rehearsal=True)
    with closing(SqlStore.open(url)) as store:
        assert not store.rehearsal()


def test_a_database_in_memory_serves_many_threads():
    with closing(SqlStore.open("sqlite:///:memory:")) as store, ThreadPoolExecutor(4) as threads:
        keep_definition(store)
        list(threads.map(lambda count: opened(store, f"OF-{count}"), range(20)))
        assert len(listed(store)) == 20


def test_many_may_open_a_new_database_at_once(tmp_path):
    url = patient(f"sqlite:///{tmp_path / 'new.db'}")
    start = Barrier(4, timeout=PATIENCE)

    def use(count: int) -> None:
        start.wait()
        with closing(SqlStore.open(url)) as store:
            keep_definition(store)
            opened(store, f"OF-{count}")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(use, range(4)))
    with closing(SqlStore.open(url, create=False)) as store:
        assert len(listed(store)) == 4


# What the world does wrong

CANCELLED = '{"kind": "cancel-timer", "id": "a", "timer": "b", "armed_by": "c"}'


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(WorldError, match=r"there is no folder .*nowhere"):
        SqlStore.open(f"sqlite:///{tmp_path / 'nowhere' / 'cases.db'}")


def test_a_folder_is_no_database(tmp_path):
    with pytest.raises(WorldError, match="is a folder"):
        SqlStore.open(f"sqlite:///{tmp_path}")


def test_a_database_that_is_not_there_is_not_made_unasked(tmp_path):
    with pytest.raises(WorldError, match=r"cases\.db does not exist.*caseway db init"):
        SqlStore.open(f"sqlite:///{tmp_path / 'cases.db'}", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path):
    path = tmp_path / "letter.db"
    path.write_text("Dear customer, " * 100)
    with pytest.raises(WorldError, match=r"letter\.db is not an SQLite database"):
        SqlStore.open(f"sqlite:///{path}")
    assert path.read_text() == "Dear customer, " * 100


def test_a_read_only_database_can_be_read_and_says_why_it_cannot_be_written(file):
    with closing(SqlStore.open(f"sqlite:///file:{file}?mode=ro&uri=true")) as store:
        case = store.load("OF-1", "").case
        with pytest.raises(WorldError, match="is read-only"):
            store.commit(moving(case))


def test_a_locked_database_says_so_when_patience_ends(url, file):
    with (
        closing(SqlStore.open(f"{url}?timeout=0.01")) as store,
        closing(sqlite3.connect(file, isolation_level=None)) as other,
    ):
        case = store.load("OF-1", "").case
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(WorldError, match=r"cases\.db is locked by another program"):
            store.commit(moving(case))
        assert store.load("OF-1", "").case == case
        other.execute("ROLLBACK")
        store.commit(moving(case))


def test_a_full_disk_says_so_and_nothing_is_written(url):
    with closing(SqlStore.open(url)) as store:
        case = store.load("OF-1", "").case

        def allow_no_more(cursor):
            ((pages,),) = cursor.rows(text("PRAGMA page_count"), {})
            cursor.run(f"PRAGMA max_page_count = {pages}")

        store._access._with_held(allow_no_more)  # the connection that the next event takes
        with pytest.raises(WorldError, match=r"The disk that holds the database .*cases\.db is full"):
            store.commit(moving(case, data={"note": "x" * 100_000}))
        assert store.load("OF-1", "").case == case


def test_a_damaged_database_says_so(url, file):
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    with pytest.raises(WorldError, match=r"cases\.db is damaged"), closing(SqlStore.open(url)) as store:
        store.load("OF-1", "")


def test_a_database_of_a_newer_caseway_is_left_alone(url, file):
    sql(file, "UPDATE caseway_alembic_version SET version_num = '0099'")
    with pytest.raises(WorldError, match=r"revision 0099.*upgrade Caseway"):
        SqlStore.open(url)


@pytest.mark.parametrize("statement", ["DELETE FROM caseway_alembic_version", "DROP TABLE caseway_alembic_version"])
def test_a_database_that_does_not_know_its_version_is_left_alone(url, file, statement):
    sql(file, statement)
    with pytest.raises(WorldError, match="which revision"):
        SqlStore.open(url)


def test_missing_tables_are_named(url, file):
    with closing(SqlStore.open(url)) as store:
        sql(file, "PRAGMA foreign_keys = OFF", "DROP TABLE caseway_journal")
        with pytest.raises(WorldError, match="no tables of Caseway"):
            store.load("OF-1", "")


@pytest.mark.parametrize("document", ["", "{", "[]", "{}", '{"id": 1, "timers": 3}', "null", CANCELLED])
def test_a_record_that_somebody_spoiled_is_a_world_error(url, file, document):
    for table in ("case", "journal", "outbox"):
        sql(file, f"UPDATE caseway_{table} SET document = '{document}'")
    with closing(SqlStore.open(url)) as store:
        with pytest.raises(WorldError, match="cannot be read"):
            store.load("OF-1", "")
        with pytest.raises(WorldError, match="cannot be read"):
            list(store.journal("OF-1"))
        with pytest.raises(WorldError, match="cannot be read"):
            store.outgoing(1)


def test_an_instant_that_somebody_spoiled_is_a_world_error(url, file):
    sql(file, "UPDATE caseway_case SET opened_at = 'yesterday'", "UPDATE caseway_timer SET due = '2'")
    with closing(SqlStore.open(url)) as store:
        with pytest.raises(WorldError, match="an instant that cannot be read"):
            listed(store)
        with pytest.raises(WorldError, match="an instant that cannot be read"):
            store.due(minutes(0), 1)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "cases.db",
        "nosuch://x/y",
        "sqlite:///x?timeout=soon",
        "sqlite://host/x",
        "oracle://u:secret@h/d",
        "http://x:port/",
        "u:secret@h",
        "sqlite:///a\0b",
    ],
)
def test_what_is_no_database_url_is_refused_without_showing_its_password(bad, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        SqlStore.open(bad)
    assert "secret" not in caught.value.message


# What cannot be kept


@pytest.mark.parametrize("value", [object(), "\udc80", 2**70, {1: 2}, {"a", "b"}])
def test_data_that_json_cannot_keep_is_refused_and_nothing_is_written(url, value):
    with closing(SqlStore.open(url)) as store:
        case = store.load("OF-1", "").case
        with pytest.raises(InvalidInput, match="Case OF-1"):
            store.commit(moving(case, data={"value": value}))
        assert store.load("OF-1", "").case == case


def test_an_amount_that_no_column_holds_is_refused_and_nothing_is_written(url):
    with closing(SqlStore.open(url)) as store:
        case = store.load("OF-1", "").case
        with pytest.raises(CasewayError):
            store.commit(moving(case, effects=[payout("OF-1:2:0", 2**63)]))
        assert store.load("OF-1", "").case == case


def test_text_that_is_no_unicode_finds_nothing_and_breaks_nothing(url):
    with closing(SqlStore.open(url)) as store:
        for ask in (
            lambda: store.load("\udc80", ""),
            lambda: store.load("OF-1", "\udc80"),
            lambda: list(store.cases(CaseQuery(state="\udc80"))),
        ):
            with pytest.raises(CasewayError):
                ask()
        with pytest.raises(UnknownCase):
            store.load("OF-2", "")


# Races


def test_of_two_connections_that_move_the_same_case_at_once_exactly_one_wins(url):
    url, start = patient(url), Barrier(2, timeout=PATIENCE)

    def move(name: str) -> str:
        with closing(SqlStore.open(url)) as store:
            case = store.load("OF-1", name).case
            start.wait()
            try:
                store.commit(moving(case, name, effects=[payout("OF-1:2:0")]))
            except CaseConflict:
                return "conflict"
            return "moved"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(move, ["e1", "e2"])) == ["conflict", "moved"]
    with closing(SqlStore.open(url)) as store:
        assert store.load("OF-1", "").case.revision == 2
        assert len(list(store.journal("OF-1"))) == 2
        assert len(list(store.book().postings())) == 4


def test_of_two_connections_that_take_the_same_once_key_at_once_exactly_one_wins(url):
    url, start = patient(url), Barrier(2, timeout=PATIENCE)

    def pay(case: str) -> str:
        with closing(SqlStore.open(url)) as store:
            before = opened(store, case)
            assert store.taken(["welcome/anna"]) == {}
            start.wait()
            try:
                store.commit(moving(before, effects=[payout(f"{case}:2:0", once="welcome/anna")]))
            except CaseConflict:
                return "conflict"
            return "paid"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(pay, ["OF-2", "OF-3"])) == ["conflict", "paid"]
    with closing(SqlStore.open(url)) as store:
        assert [line.amount for line in store.book().postings(PostingQuery(owner="anna"))] == [225, 225]
        assert len(store.taken(["welcome/anna"])) == 1


def test_of_two_connections_that_open_the_same_case_at_once_exactly_one_wins(url):
    url, start = patient(url), Barrier(2, timeout=PATIENCE)

    def open_case(name: str) -> str:
        with closing(SqlStore.open(url)) as store:
            start.wait()
            try:
                opened(store, "OF-2", event=name)
            except CaseConflict:
                return "conflict"
            return "opened"

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(open_case, ["a", "b"])) == ["conflict", "opened"]


# Inside a caller's transaction


def as_it_comes(engine: Engine) -> None:
    """The driver begins transactions when it pleases."""


def begun_by_listener(engine: Engine) -> None:
    """The recipe of SQLAlchemy's documentation."""

    @event.listens_for(engine, "connect")
    def stop_the_driver(driver: sqlite3.Connection, _record: object) -> None:
        driver.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


@pytest.fixture(params=[as_it_comes, begun_by_listener])
def host(request: pytest.FixtureRequest, url: str, file: Path) -> Iterator[Engine]:
    """A host's own engine, on a database that holds a table of its own."""
    sql(file, "CREATE TABLE visit (id)")
    engine = create_engine(url)
    request.param(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = SqlStore.open(f"{url}?timeout=0.01")
    yield store
    store.close()


def visits(file: Path) -> list[object]:
    return [visit for (visit,) in sql(file, "SELECT id FROM visit")]


def insert_visit(connection: Connection) -> None:
    connection.execute(text("INSERT INTO visit VALUES (1)"))


def nothing(connection: Connection) -> None:
    """A caller who has not written yet: the driver has not begun anything."""


@pytest.mark.parametrize("first", [insert_visit, nothing])
def test_a_commit_of_the_caller_keeps_both(host, store, file, first: Callable[[Connection], None]):
    with host.connect() as connection:
        first(connection)
        joined = store.join(connection)
        opened(joined, "OF-2", effects=[payout("OF-2:1:0")])
        assert joined.load("OF-2", "").case.revision == 1
        assert listed(store) == ["OF-1"]
        connection.commit()
    assert listed(store) == ["OF-1", "OF-2"]
    assert len(visits(file)) == (first is insert_visit)


@pytest.mark.parametrize("first", [insert_visit, nothing])
def test_a_rollback_of_the_caller_leaves_nothing(host, store, file, first: Callable[[Connection], None]):
    with host.connect() as connection:
        first(connection)
        joined = store.join(connection)
        joined.commit(moving(joined.load("OF-1", "").case, effects=[message("OF-1:2:0"), payout("OF-1:2:1")]))
        opened(joined, "OF-2")
        joined.keep_definition("77", "pear", 1, {})
        joined.delivered("OF-1:1:0", minutes(1))
        connection.rollback()
    assert listed(store) == ["OF-1"]
    assert store.load("OF-1", "").case.revision == 1
    assert [item.message.id for item in store.outgoing(9)] == ["OF-1:1:0"]
    assert len(list(store.book().postings())) == 2
    assert store.definition("77") is None
    assert visits(file) == []


@pytest.mark.parametrize("first", [insert_visit, nothing])
def test_a_step_that_fails_takes_nothing_of_the_callers_with_it(host, store, file, first: Callable[[Connection], None]):
    with host.begin() as connection:
        first(connection)
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        with pytest.raises(CaseConflict):
            joined.commit(moving(case, timers=(), effects=[message("OF-1:2:0"), payout("OF-1:1:1")]))
        insert_visit(connection)
    assert store.load("OF-1", "").case == case
    assert [due.timer.id for due in store.due(minutes(9), 9)] == ["t"]
    assert [item.message.id for item in store.outgoing(9)] == ["OF-1:1:0"]
    assert len(visits(file)) == 1 + (first is insert_visit)


def test_a_joined_store_never_ends_the_callers_transaction(host, store):
    with host.connect() as connection, connection.begin() as transaction:
        joined = store.join(connection)
        opened(joined, "OF-2")
        with pytest.raises(CaseConflict):
            opened(joined, "OF-2")
        joined.close()
        assert transaction.is_active
        transaction.rollback()
    assert listed(store) == ["OF-1"]


def test_a_caller_whose_view_has_grown_old_is_told_to_begin_again(host, store):
    with host.connect() as connection:
        joined = store.join(connection)
        connection.exec_driver_sql("SELECT 1")
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN")
        case = joined.load("OF-1", "").case
        store.commit(moving(case, "e2"))
        with pytest.raises(WorldError, match="Roll the transaction back"):
            joined.commit(moving(case, "e3"))
        connection.rollback()
        with pytest.raises(CaseConflict):
            joined.commit(moving(case, "e3"))


def test_a_disk_that_fills_up_inside_a_callers_transaction_ends_all_of_it(host, store, file):
    with host.connect() as connection:
        joined = store.join(connection)
        case = joined.load("OF-1", "").case
        connection.rollback()
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        insert_visit(connection)
        with pytest.raises(WorldError, match="is full"):
            joined.commit(moving(case, data={"note": "x" * 100_000}))
        with pytest.raises(PendingRollbackError):
            insert_visit(connection)
        connection.rollback()
        insert_visit(connection)
        connection.commit()
    assert len(visits(file)) == 1
    assert store.load("OF-1", "").case == case


def test_a_connection_in_autocommit_has_no_transaction_to_join(url, store):
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection, pytest.raises(InvalidInput, match="autocommit"):
        opened(store.join(connection), "OF-2")
    engine.dispose()
    assert listed(store) == ["OF-1"]


def test_only_a_connection_of_sqlalchemy_can_be_joined(store, file):
    with closing(sqlite3.connect(file)) as driver, pytest.raises(InvalidInput, match="not Connection"):
        store.join(driver)
    with pytest.raises(InvalidInput, match="not NoneType"):
        SqlStore.over(None)


def test_a_store_over_a_connection_needs_our_tables_unless_told_to_make_them(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}")
    with engine.connect() as connection:
        with pytest.raises(WorldError, match="no tables of Caseway"):
            SqlStore.over(connection)
        store = SqlStore.over(connection, create=True)
        keep_definition(store)
        opened(store)
        connection.rollback()
        with pytest.raises(WorldError, match="no tables of Caseway"):
            SqlStore.over(connection)
    engine.dispose()


def test_a_store_over_a_connection_knows_whether_it_is_a_rehearsal(tmp_path):
    url = f"sqlite:///{tmp_path / 'rehearsal.db'}"
    SqlStore.open(url, rehearsal=True).close()
    engine = create_engine(url)
    with engine.connect() as connection:
        assert SqlStore.over(connection).rehearsal()
    engine.dispose()


# Speed


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (
            "SELECT * FROM caseway_timer WHERE process = 'p' AND due <= 'x' AND fault IS NULL ORDER BY due, id LIMIT 9",
            "caseway_timer_due",
        ),
        (
            "SELECT * FROM caseway_outbox WHERE delivered_at IS NULL AND set_aside IS 0 ORDER BY seq LIMIT 9",
            "caseway_outbox_waiting",
        ),
        ("SELECT * FROM caseway_case ORDER BY opened_at, id LIMIT 9", "caseway_case_opened"),
    ],
)
def test_polling_reads_an_index_and_sorts_nothing(file, statement, index):
    plan = " ".join(str(row[-1]) for row in sql(file, f"EXPLAIN QUERY PLAN {statement}"))
    assert index in plan
    assert "TEMP B-TREE" not in plan


def test_what_no_lost_race_explains_is_not_told_as_one(tmp_path):
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(url)) as store:
        keep_definition(store)
        with closing(sqlite3.connect(tmp_path / "cases.db")) as other:
            other.execute(
                "CREATE TRIGGER no_case BEFORE INSERT ON caseway_case BEGIN SELECT RAISE(ABORT, 'not here'); END"
            )
            other.commit()
        with pytest.raises(WorldError, match="not here"):
            store.commit(opening())
