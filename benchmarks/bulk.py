"""Databases with many cases in them: copies, made by the database, of cases that the runtime wrote."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, create_engine, text

from benchmarks import load, sent
from caseway.engine.runtime import Runtime

_SAME_CASE = "process, version, definition, revision, closed, final, assignee, state"
_NUMBERS = "WITH RECURSIVE number (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM number WHERE i < {count})"
_MICROSECONDS = "substr('000000' || i, length('000000' || i) - 5) || 'Z'"
_ID = "'{id}-' || i"


def multiply(runtime: Runtime, url: str, id: str, count: int, ago: timedelta) -> None:  # noqa: A002
    """Open a case so long ago, and give it so many copies: case, journal line and timer, each with ids and instants of its own.

    The id must be a text that stands nowhere else in a document.
    """
    at = (datetime.now(UTC) - ago).replace(microsecond=0) + timedelta(microseconds=1)
    runtime.start(load.PROCESS, load.opening(), id=id, now=at)
    (timer,) = runtime.store.load(id, "").case.timers
    with _loading(url) as connection:
        numbers, copy = _NUMBERS.format(count=count), _ID.format(id=id)
        opened, due = _instant(at), _instant(timer.due)
        document = (
            f"replace(replace(replace(document, '{id}', {copy}), '{_text(at)}', {opened}), '{_text(timer.due)}', {due})"
        )
        for statement in (
            f"""INSERT INTO caseway_case (id, {_SAME_CASE}, opened_at, last_at, document)
                {numbers} SELECT {copy}, {_SAME_CASE}, {opened}, {opened}, {document} FROM caseway_case, number WHERE id = '{id}'""",
            f"""INSERT INTO caseway_journal ("case", revision, event_id, document)
                {numbers} SELECT {copy}, revision, replace(event_id, '{id}', {copy}), {document}
                FROM caseway_journal, number WHERE "case" = '{id}'""",
            f"""INSERT INTO caseway_timer (id, "case", process, name, due)
                {numbers} SELECT replace(id, '{id}', {copy}), {copy}, process, name, {due}
                FROM caseway_timer, number WHERE "case" = '{id}'""",
        ):
            connection.execute(text(statement.replace(":", "\\:")))


def lengthen(runtime: Runtime, url: str, id: str, lines: int) -> None:  # noqa: A002
    """Open a case whose journal has so many lines: the last ones as the runtime wrote them, those before as copies."""
    runtime.start(load.PROCESS, load.opening(), id=id)
    for _ in range(2):
        runtime.send(id, "note", sent.SAID, actor=sent.AGENT)
    more = lines - 3
    if more <= 0:
        return
    # The copies come between the second line and the third, which moves up by as many revisions as there are copies.
    with _loading(url) as connection:
        moved = 3 + more
        for statement in (
            f"""UPDATE caseway_journal SET revision = {moved},
                document = replace(document, '"revision":3', '"revision":{moved}') WHERE "case" = '{id}' AND revision = 3""",
            f"""UPDATE caseway_case SET revision = {moved},
                document = replace(document, '"revision":3', '"revision":{moved}') WHERE id = '{id}'""",
            f"""INSERT INTO caseway_journal ("case", revision, event_id, document)
                {_NUMBERS.format(count=more)} SELECT "case", 2 + i, event_id || '-' || i,
                replace(document, '"revision":2', '"revision":' || (2 + i)) FROM caseway_journal, number
                WHERE "case" = '{id}' AND revision = 2""",
        ):
            connection.execute(text(statement.replace(":", "\\:")))


def repeat(url: str, id: str, count: int) -> None:  # noqa: A002
    """Give a case that has ended so many copies: case and journal, each under an id of its own, all at the same instants.

    The id must be a text that stands nowhere else in a document.
    """
    with _loading(url) as connection:
        numbers, copy = _NUMBERS.format(count=count), _ID.format(id=id)
        document = f"replace(document, '{id}', {copy})"
        for statement in (
            f"""INSERT INTO caseway_case (id, {_SAME_CASE}, opened_at, last_at, document)
                {numbers} SELECT {copy}, {_SAME_CASE}, opened_at, last_at, {document} FROM caseway_case, number WHERE id = '{id}'""",
            f"""INSERT INTO caseway_journal ("case", revision, event_id, document)
                {numbers} SELECT {copy}, revision, replace(event_id, '{id}', {copy}), {document}
                FROM caseway_journal, number WHERE "case" = '{id}'""",
        ):
            connection.execute(text(statement.replace(":", "\\:")))


def pay(url: str, case: str, count: int, accounts: int) -> None:
    """Let what a case paid first be paid so many times more, by owners in turn, so that there are so many accounts.

    Nothing is written but postings, under effects of their own; no journal explains them.
    """
    with _loading(url) as connection:
        first = connection.exec_driver_sql("SELECT coalesce(max(seq), 0) FROM caseway_posting").scalar_one()
        same = '"case", revision, process, version, payout, implements'
        statement = f"""INSERT INTO caseway_posting (effect, line, kind, "at", owner, account, amount, unit, purpose, {same})
            {_NUMBERS.format(count=count)} SELECT effect || '-' || ({first} + i), line, kind, "at",
                CASE line WHEN 0 THEN owner ELSE 'owner-' || (i % ({accounts} - 2) + 1) END,
                account, amount * (i % 97 + 1), unit, purpose, {same}
            FROM number, (SELECT * FROM caseway_posting WHERE "case" = '{case}' ORDER BY seq LIMIT 2) AS model
            ORDER BY i, line"""
        connection.execute(text(statement))


def settle(url: str) -> None:
    """Have the database look at what was loaded, as it does by itself after a while."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        sqlite = engine.dialect.name == "sqlite"
        connection.exec_driver_sql("ANALYZE" if sqlite else "VACUUM (ANALYZE)")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)" if sqlite else "CHECKPOINT")
    engine.dispose()


def counted(url: str, table: str) -> int:
    """Return how many rows a table has."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())
    engine.dispose()
    return found


@contextmanager
def _loading(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def _instant(at: datetime) -> str:
    """Return an SQL expression: the same second, at another microsecond for each copy."""
    return f"'{at.astimezone(UTC).isoformat(timespec='seconds').removesuffix('+00:00')}.' || {_MICROSECONDS}"


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
