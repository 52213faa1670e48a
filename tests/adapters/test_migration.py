"""The tables as their revisions make them, and the way from one revision to the next."""

import json
import sqlite3
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.database import reach
from caseway.adapters.sql.migration import plan, script
from caseway.adapters.sql.migration.plan import VERSION_TABLE
from caseway.adapters.sql.migration.upgrade import Upgrade, upgrade
from caseway.adapters.sql.soundness import check
from caseway.adapters.sql.status import status
from caseway.adapters.sql.table import metadata
from caseway.engine.errors import InvalidInput, WorldError
from tests import postgres, program
from tests.adapters.migrating import newer_caseway
from tests.contracts.sample import keep_definition, message, opened, payout, timer

COLUMNS = """
SELECT table_name, column_name, ordinal_position, data_type, collation_name, is_nullable, column_default, character_maximum_length
FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 3
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "cases.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, file: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{file}"
        return
    with postgres.database() as made:
        yield made


@pytest.fixture
def at(url: str) -> Callable[..., list[tuple[object, ...]]]:
    """Run statements behind the store's back; the rows of the last."""
    return lambda *statements: run(url, *statements)


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    engine = create_engine(postgres.with_psycopg(url))
    try:
        with engine.begin() as connection:
            for statement in statements:
                result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def made(url: str) -> None:
    """Make a database with a case in it that has one of everything."""
    with closing(SqlStore.open(url)) as store:
        keep_definition(store)
        opened(store, timers=[timer("t", 1)], effects=[message("OF-1:1:0"), payout("OF-1:1:1", once="welcome/anna")])


def upgraded(url: str) -> Upgrade:
    engine, place = reach(url, create=False)
    try:
        return upgrade(engine, place)
    finally:
        engine.dispose()


def migrated(url: str) -> tuple[list[object], list[str]]:
    """Make the tables by the scripts alone; return how they differ from what the code works with, and their revisions."""
    engine, _ = reach(url, create=True)
    try:
        with engine.begin() as connection:
            script.run(connection, plan.SHIPPED)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            return compare_metadata(context, metadata) + script.differences(connection), list(
                context.get_current_heads()
            )
    finally:
        engine.dispose()


def described(url: str) -> list[object]:
    """Everything that a database says of its tables."""
    if url.startswith("sqlite"):
        rows = run(url, "SELECT type, name, sql FROM sqlite_master ORDER BY type, name")
        # Alembic writes parts of a statement in another place.
        return [(kind, name, sorted(str(sql).replace(",", " ").split())) for kind, name, sql in rows]
    return [
        run(url, statement)
        for statement in (
            COLUMNS,
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1",
            "SELECT relname, reloptions FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1",
        )
    ]


# The tables


def test_the_scripts_make_the_tables_that_the_code_works_with(url):
    assert migrated(url) == ([], [plan.SHIPPED.newest])


def test_a_database_made_at_once_is_the_one_that_the_scripts_make(url, tmp_path):
    migrated(url)
    by_scripts = described(url)
    if url.startswith("sqlite"):
        other = f"sqlite:///{tmp_path / 'other.db'}"
        SqlStore.open(other).close()
        assert described(other) == by_scripts
        return
    with postgres.database() as other:
        SqlStore.open(other).close()
        assert described(other) == by_scripts


def test_the_plan_names_every_script_in_order():
    scripts = ScriptDirectory.from_config(script.configuration(plan.SHIPPED))
    assert [each.revision for each in scripts.walk_revisions()][::-1] == list(plan.SHIPPED.revisions)
    assert scripts.get_heads() == [plan.SHIPPED.newest]


def test_alembic_waits_for_an_upgrade_to_be_imported(url, file):
    made(url)
    text = (
        "import json, sys\n"
        "from caseway.adapters.sql import SqlStore\n"
        "SqlStore.open(sys.argv[1]).close()\n"
        "SqlStore.open(sys.argv[2]).close()\n"
        "print(json.dumps([name for name in sys.modules if name.startswith('alembic')]))\n"
    )
    done = program.done(program.PYTHON, "-c", text, url, f"sqlite:///{file.with_name('new.db')}")
    assert json.loads(done.stdout) == []


# A file of our own


def test_a_file_that_caseway_made_upgrades_itself_when_it_is_opened(file, monkeypatch):
    url = f"sqlite:///{file}"
    made(url)
    newer_caseway(monkeypatch)
    with closing(SqlStore.open(url, create=False)) as store:
        assert store.load("OF-1", "").case.id == "OF-1"
    assert run(url, "SELECT id, marked FROM caseway_case") == [("OF-1", "OF-1!")]
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == [("0002",)]
    assert run(url, "SELECT count(*) FROM caseway_journal") == [
        (1,)
    ]  # what refers to a table that was made anew is there
    SqlStore.open(url, create=False).close()


def test_the_copy_holds_everything_as_it_was(file, monkeypatch):
    made(f"sqlite:///{file}")
    file.chmod(0o640)
    before = described(f"sqlite:///{file}")
    newer_caseway(monkeypatch)
    SqlStore.open(f"sqlite:///{file}").close()
    copy = file.with_name("cases.db.before-0002")
    assert described(f"sqlite:///{copy}") == before
    assert run(f"sqlite:///{copy}", "SELECT id FROM caseway_case") == [("OF-1",)]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o640
    monkeypatch.undo()
    with closing(SqlStore.open(f"sqlite:///{copy}")) as store:
        assert store.load("OF-1", "").case.id == "OF-1"


def test_references_are_checked_again_after_an_upgrade(file, monkeypatch):
    made(f"sqlite:///{file}")
    newer_caseway(monkeypatch)
    with closing(SqlStore.open(f"sqlite:///{file}")) as store, store._access.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_of_many_who_open_an_old_file_one_upgrades_it(file, monkeypatch):
    url = f"sqlite:///{file}"
    made(url)
    newer_caseway(monkeypatch)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: SqlStore.open(url).close(), range(8)))
    assert run(url, "SELECT marked FROM caseway_case") == [("OF-1!",)]
    assert run(f"sqlite:///{file}.before-0002", f"SELECT version_num FROM {VERSION_TABLE}") == [("0001",)]


def test_a_file_of_somebody_else_waits_for_its_owner(file, monkeypatch):
    url = f"sqlite:///{file}"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE customer (id)")
    made(url)
    newer_caseway(monkeypatch)
    with pytest.raises(WorldError, match="caseway db upgrade"):
        SqlStore.open(url)
    assert not list(file.parent.glob("*.before-*"))
    assert upgraded(url) == Upgrade("0001", "0002", file.with_name("cases.db.before-0002"))
    SqlStore.open(url).close()


def test_a_file_that_cannot_be_copied_is_not_upgraded(file, monkeypatch):
    url = f"sqlite:///{file}"
    made(url)
    file.with_name("cases.db.before-0002").mkdir()
    newer_caseway(monkeypatch)
    with pytest.raises(WorldError, match=r"not upgraded, because it could not be copied to .*before-0002"):
        SqlStore.open(url)
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == [("0001",)]
    assert not list(file.parent.glob("*.part"))


def test_a_damaged_file_takes_no_sound_copy_away(file, monkeypatch):
    url = f"sqlite:///{file}"
    made(url)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 999 WHERE name = 'caseway_posting_owner'")
        connection.commit()
    copy = file.with_name("cases.db.before-0002")
    copy.write_bytes(b"sound")
    newer_caseway(monkeypatch)
    with pytest.raises(WorldError):
        SqlStore.open(url)
    assert copy.read_bytes() == b"sound"
    assert not list(file.parent.glob("*.part"))


# Every database


def test_a_database_with_a_server_waits_for_db_upgrade(monkeypatch):
    with postgres.database() as url:
        made(url)
        newer_caseway(monkeypatch)
        with pytest.raises(WorldError, match=r"revision 0001, .*works with 0002.*caseway db upgrade"):
            SqlStore.open(url)
        assert upgraded(url) == Upgrade("0001", "0002")
        assert run(url, "SELECT id, marked FROM caseway_case") == [("OF-1", "OF-1!")]
        assert upgraded(url) == Upgrade("0002", "0002")
        with closing(SqlStore.open(url)) as store:
            assert store.load("OF-1", "").case.id == "OF-1"


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(url, at, file, monkeypatch):
    made(url)
    before, rows = described(url), at("SELECT * FROM caseway_case")
    newer_caseway(monkeypatch, "failing")
    for _ in range(2):  # the second finds the copy of the first
        with pytest.raises(WorldError, match=r"could not be upgraded .*as it was before.*no_such_column") as told:
            upgraded(url)
    assert described(url) == before
    assert at("SELECT * FROM caseway_case") == rows
    if url.startswith("sqlite"):
        copy = file.with_name("cases.db.before-0002")
        assert told.value.facts["copy"] == str(copy)
        assert f"A copy of it is in {copy}." in told.value.message
        assert run(f"sqlite:///{copy}", "SELECT * FROM caseway_case") == rows
    monkeypatch.undo()
    SqlStore.open(url).close()


def test_a_newer_database_is_refused_and_left_alone(url, at, monkeypatch):
    made(url)
    newer_caseway(monkeypatch)
    upgraded(url)
    before = described(url)
    monkeypatch.undo()
    for use in (SqlStore.open, upgraded):
        with pytest.raises(WorldError, match=r"revision 0002; this Caseway knows those up to 0001\. .*upgrade Caseway"):
            use(url)
    assert described(url) == before


@pytest.mark.parametrize("statement", [f"DELETE FROM {VERSION_TABLE}", f"DROP TABLE {VERSION_TABLE}"])
def test_a_database_that_does_not_say_its_revision_is_left_alone(url, at, statement):
    made(url)
    at(statement)
    for use in (SqlStore.open, upgraded, status, check):
        with pytest.raises(WorldError, match="not say which revision"):
            use(url)


def test_there_is_nothing_to_upgrade_where_there_are_no_tables(url):
    run(url, "SELECT 1")
    for use in (upgraded, check):
        with pytest.raises(WorldError, match="caseway db init"):
            use(url)
    assert status(url).standing == "empty"


def test_many_may_make_the_same_database_at_once(url):
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: SqlStore.open(url).close(), range(4)))
    assert run(url, f"SELECT version_num FROM {VERSION_TABLE}") == [(plan.SHIPPED.newest,)]


def test_tables_made_in_a_callers_transaction_go_with_it(url):
    engine = create_engine(postgres.with_psycopg(url))
    with engine.connect() as connection:
        SqlStore.over(connection, create=True)
        connection.rollback()
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        SqlStore.over(connection, create=True)
    engine.dispose()
    assert not status(url).embedded


def test_a_caller_with_an_old_database_is_told_and_nothing_is_upgraded(url, monkeypatch):
    made(url)
    newer_caseway(monkeypatch)
    engine = create_engine(postgres.with_psycopg(url))
    with engine.connect() as connection, pytest.raises(WorldError, match="caseway db upgrade"):
        SqlStore.over(connection)
    engine.dispose()


def test_real_cases_are_not_even_upgraded_for_a_rehearsal(file, monkeypatch):
    made(f"sqlite:///{file}")
    newer_caseway(monkeypatch)
    with pytest.raises(InvalidInput, match="real cases"):
        SqlStore.open(f"sqlite:///{file}", rehearsal=True)
    assert not list(file.parent.glob("*.before-*"))


# What a database is, and whether it is sound


def test_the_status_of_a_database(url):
    made(url)
    found = status(url)
    assert (found.standing, found.revision, found.wanted) == ("current", "0001", "0001")
    assert found.kind == url.partition(":")[0]
    assert found.embedded == url.startswith("sqlite")
    assert found.cases == 1
    assert found.size > 10_000
    assert not found.rehearsal


def test_a_look_at_an_old_database_does_not_upgrade_it(url, monkeypatch):
    made(url)
    newer_caseway(monkeypatch)
    assert status(url).standing == "outdated"
    assert not check(url)[0].is_sound
    monkeypatch.undo()
    assert status(url).standing == "current"


def test_a_look_at_a_newer_database_says_so(url, monkeypatch):
    made(url)
    newer_caseway(monkeypatch)
    upgraded(url)
    monkeypatch.undo()
    assert status(url).standing == "unknown"
    assert check(url)[0].told == "0002, which this Caseway does not know; upgrade Caseway"


def test_a_sound_database_is_found_sound(url):
    made(url)
    file = ["file"] if url.startswith("sqlite") else []
    assert [each.check for each in check(url) if each.is_sound] == ["revision", *file, "tables", "journals", "work"]
    assert all(each.is_sound for each in check(url, full=True))
    assert len(check(url, full=True)) == len(file) + 6


SPOILED = [
    ("journals", "UPDATE caseway_case SET revision = 7", "case OF-1 has revision 7, its journal ends at 1"),
    ("journals", "DELETE FROM caseway_journal", "its journal ends at None"),
    ("work", "UPDATE caseway_work SET person = 'carl' WHERE person = 'ben'", "not listed as it is offered: case OF-1"),
    ("work", "DELETE FROM caseway_work", "not listed as it is offered: case OF-1"),
    ("lines", "UPDATE caseway_journal SET revision = 2", "case OF-1 has 1 lines for 2 revisions"),
    ("ledger", "UPDATE caseway_posting SET amount = amount + 1 WHERE line = 0", "OF-1:1:1 sums to 1"),
    ("tables", "DROP INDEX caseway_timer_due", "the index caseway_timer_due is missing"),
    ("tables", "ALTER TABLE caseway_outbox DROP COLUMN error", "caseway_outbox.error is missing"),
    ("tables", "ALTER TABLE caseway_outbox ADD COLUMN colour TEXT", "caseway_outbox.colour is not known"),
]


@pytest.mark.thorough
@pytest.mark.parametrize(("what", "statement", "phrase"), SPOILED)
def test_what_was_changed_behind_our_back_is_found(url, at, what, statement, phrase):
    made(url)
    at("CREATE TABLE customer (id INTEGER)", statement)  # a host's own tables are nobody's business
    found = {each.check: each for each in check(url, full=True)}
    assert not found[what].is_sound
    assert phrase in found[what].told


def test_a_table_that_is_gone_is_found(url, at):
    made(url)
    at("DROP TABLE caseway_outbox")
    assert [each.check for each in check(url, full=True) if not each.is_sound] == ["tables"]


def test_a_reference_to_nothing_is_found(file):
    made(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE caseway_posting SET \"case\" = 'gone'")
    assert "refers to nothing in caseway_case" in next(e.told for e in check(f"sqlite:///{file}") if not e.is_sound)


def test_a_damaged_file_is_found(file):
    url = f"sqlite:///{file}"
    made(url)
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'caseway_posting'").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    file.write_bytes(content)
    assert "damaged" in next(each.told for each in check(url) if each.check == "file")
