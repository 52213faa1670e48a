from __future__ import annotations

import json
import os
import signal
from contextlib import closing
from importlib import import_module

import pytest

from caseway.adapters import wiring
from caseway.cli.input import parse_instant
from caseway.engine.errors import Undeliverable
from tests import program
from tests.delivery.receiver import receiving

OPENED = "2026-03-02T09:00:00Z"


def test_one_turn_fires_what_is_due_and_delivers_what_came_of_it(terminal):
    terminal.start()

    result = terminal.run("worker", "once", "--now", "2026-03-02T10:05:00Z")

    assert result.stdout.splitlines() == [
        "R-1: waiting.after.remind: stays in waiting (revision 2)",
        "  due 2026-03-02 10:00:00Z, fired 2026-03-02 10:05:00Z",
        "  message reminder to office",
        "message R-1:2:0 delivered",
    ]
    assert result.stderr == "1 fired, 1 delivered, 0 not delivered\n"
    [file] = (terminal.folder / "caseway-outbox").iterdir()
    assert json.loads(file.read_text(encoding="utf-8"))["to"] == "office"


def test_one_turn_comes_as_json_lines(terminal):
    terminal.start()

    fired, delivered = terminal.lines("worker", "once", "--now", "2026-03-02T10:05:00Z")

    assert fired["kind"] == "fired"
    assert (fired["case"], fired["event"], fired["due"], fired["fired_at"]) == (
        "R-1",
        "waiting.after.remind",
        "2026-03-02T10:00:00Z",
        "2026-03-02T10:05:00Z",
    )
    assert delivered == {"kind": "delivered", "effect": "R-1:2:0"}


def test_one_turn_does_all_that_is_due(terminal):
    runtime = wiring.open("sqlite:///caseway.db", processes="processes")
    for _ in range(103):  # more than one pass takes
        runtime.start("repair", {"owner": {"name": "Jan"}}, now=parse_instant(OPENED))
    runtime.close()

    assert "103 fired, 103 delivered" in terminal.run("worker", "once", "--now", "2026-03-02T10:05:00Z").stderr


def test_with_nothing_due_nothing_is_said_but_the_count(terminal):
    terminal.start()

    result = terminal.run("worker", "once", "--now", "2026-03-02T09:05:00Z")

    assert (result.stdout, result.stderr) == ("", "0 fired, 0 delivered, 0 not delivered\n")


def test_messages_go_beside_the_database_or_where_one_says(terminal):
    (terminal.folder / "data").mkdir()
    database = ("--database", "sqlite:///data/x.db")
    for name, more in (("R-1", ()), ("R-2", ("--outbox", "mine"))):
        terminal.start(name, *database)
        terminal.run("worker", "once", *database, *more)

    assert len(list((terminal.folder / "data" / "caseway-outbox").iterdir())) == 1
    assert len(list((terminal.folder / "mine").iterdir())) == 1


def test_a_message_that_cannot_be_delivered_is_the_worlds_fault(terminal):
    terminal.start()
    (terminal.folder / "file").write_text("", encoding="utf-8")

    result = terminal.run("worker", "once", "--outbox", "file/inner", code=5)

    assert "message R-1:2:0 not delivered: " in result.stdout
    terminal.start("R-2")
    assert [each["kind"] for each in terminal.lines("worker", "once", "--outbox", "file/inner", code=5)] == [
        "fired",
        "failed",
    ]


def test_a_message_that_failed_is_left_alone_for_a_while(terminal):
    terminal.start()
    (terminal.folder / "file").write_text("", encoding="utf-8")
    terminal.run("worker", "once", "--outbox", "file/inner", code=5)

    assert terminal.lines("worker", "once", "--outbox", "file/inner") == []
    waiting = terminal.json("worker", "status")["waiting"]
    assert (waiting["count"], waiting["failing"]) == (1, 1)
    told = terminal.run("worker", "status").stdout.splitlines()
    assert told[2] == "1 of them could not be delivered yet and will be tried again"


def test_messages_are_delivered_where_one_says(terminal, monkeypatch):
    terminal.start()
    monkeypatch.setenv("CASEWAY_WEBHOOK_SECRET", "s3cret")
    with receiving() as receiver:
        receiver.plans["R-1:2:0"] += [(200, {}, b'{"event": "repaired"}'), (200, {}, b'{"event": "nonsense"}')]
        done = terminal.run("worker", "once", "--deliver", f"webhook+{receiver.url}")
        again = terminal.lines("worker", "once", "--deliver", f"webhook+{receiver.url}")
    assert done.stdout.splitlines()[-2] == "message R-1:2:0 delivered"
    assert done.stdout.splitlines()[-1].startswith("  the answer repaired to R-1:2:0: ")
    assert (receiver.came, again) == (["R-1:2:0"], [])


def test_messages_go_the_ways_that_a_file_says(terminal):
    terminal.start()
    routes = """
        [[route]]
        messages = ["bill_*"]
        deliver = "folder:bills"
        [[route]]
        deliver = "folder:rest"
    """
    (terminal.folder / "routes.toml").write_text(routes, encoding="utf-8")

    terminal.run("worker", "once", "--deliver", "routes.toml")

    assert [path.name[:6] for path in (terminal.folder / "rest").iterdir()] == ["r-1-2-"]
    assert not (terminal.folder / "bills").exists()


@pytest.mark.parametrize(
    ("target", "code", "told"),
    [
        ("pigeon:loft", "invalid-input", "folder:PATH"),
        ("nothing", "invalid-input", "folder:PATH"),
        ("webhook+https://bank.example/x", "invalid-input", "CASEWAY_WEBHOOK_SECRET"),
        ("smtp://user:pw@mail.example", "invalid-input", "environment"),
        ("missing.toml", "invalid-input", "cannot be read"),
    ],
)
def test_a_target_that_nothing_can_be_delivered_to_is_told(terminal, target, code, told):
    terminal.start()

    error = terminal.json("worker", "once", "--deliver", target, code=4)["error"]

    assert (error["code"], told in error["message"]) == (code, True)


def test_messages_go_to_one_place(terminal):
    terminal.start()
    assert "--deliver" in terminal.run("worker", "once", "--outbox", "a", "--deliver", "folder:b", code=2).stderr


def test_a_worker_that_runs_has_no_time_of_its_own(terminal):
    terminal.start()

    assert "worker once" in terminal.run("worker", "run", "--now", "2026-03-02T10:05:00Z", code=2).stderr
    for every in ("0", "nan", "soon"):
        assert terminal.json("worker", "run", "--every", every, code=2)["error"]["code"] == "usage"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_runs_until_it_is_told_to_end(terminal, ending):
    terminal.start()
    with program.started(*program.CASEWAY, "worker", "run", "--json", "--every", "3600") as running:
        assert json.loads(running.stdout.readline())["kind"] == "fired"
        assert json.loads(running.stdout.readline())["kind"] == "delivered"
        os.kill(running.pid, ending)
        assert running.communicate() == ("", "")
    assert running.returncode == 0


def test_a_worker_goes_on_after_the_world_failed(terminal):
    terminal.start()
    (terminal.folder / "outbox").write_text("in the way", encoding="utf-8")
    often = (*program.CASEWAY, "worker", "run", "--json", "--every", "0.1", "--outbox", "outbox/inner")
    with program.started(*often) as running:
        kinds = [json.loads(running.stdout.readline())["kind"] for _ in range(2)]
        terminal.start("R-2")
        kinds += [json.loads(running.stdout.readline())["kind"] for _ in range(2)]
        running.terminate()
        running.communicate()
    assert kinds == ["fired", "failed"] * 2
    assert running.returncode == 0


def test_a_worker_tells_people_what_it_does(terminal):
    terminal.start()
    with program.started(*program.CASEWAY, "worker", "run", "--every", "3600") as running:
        assert running.stdout.readline() == "R-1: waiting.after.remind: stays in waiting (revision 2)\n"
        assert "message R-1:2:0 delivered\n" in iter(running.stdout.readline, "")
        running.terminate()
        _, err = running.communicate()
    assert err == "Working; messages go into caseway-outbox. Ctrl-C ends it.\nEnded.\n"


FAULTY = """
process: trap
version: 1
data: {type: object, properties: {notes: {type: array, items: {type: string}, default: []}}}
states:
  waiting:
    after: [{name: snap, delay: PT1H, guard: "1 / size(case.notes) > 5", target: over}]
  over: {type: final}
"""


def test_a_timer_whose_process_is_faulty_is_set_aside_and_its_author_told(terminal):
    folder = terminal.folder / "mine" / "trap"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(FAULTY, encoding="utf-8")
    mine = ("--processes", "mine")
    terminal.run("start", "trap", "--id", "T-1", "--now", OPENED, *mine)

    assert "division by zero" in terminal.run("worker", "once", *mine, code=3).stdout
    assert "set aside: " in terminal.run("show", "T-1", *mine).stdout
    assert terminal.lines("worker", "once", *mine) == []


def stuck(terminal):
    """Bring about a timer and a message that are set aside, and return the options to see them with."""
    folder = terminal.folder / "mine" / "trap"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(FAULTY, encoding="utf-8")
    mine = ("--processes", "mine", "--now", "2026-03-02T10:30:00Z")
    terminal.run("start", "trap", "--id", "T-1", "--now", OPENED, "--processes", "mine")
    terminal.start()
    terminal.run("worker", "once", "--only", "timers", *mine, code=3)
    with closing(wiring.open("sqlite:///caseway.db", processes="processes", delivery=Refusing())) as runtime:
        runtime.relay()
    return mine


class Refusing:
    """Will never take a message."""

    def deliver(self, case, message):
        raise Undeliverable("Nobody of that name lives here.")


def test_the_status_says_that_there_is_nothing_to_do(terminal):
    terminal.run("db", "init")

    assert terminal.run("worker", "status").stdout == "0 timers are due\n0 messages wait\n0 set aside\n"
    found = terminal.json("worker", "status")
    assert (found["next_due"], found["help"]) == (None, None)


def test_the_status_says_what_is_due_and_since_when(terminal):
    terminal.start()
    terminal.start("R-2")

    assert terminal.run("worker", "status", "--now", "2026-03-02T12:00:00Z").stdout.splitlines() == [
        "2 timers are due since 2026-03-02 10:00:00Z (2h ago)",
        "0 messages wait",
        "0 set aside",
        "try: caseway worker run",
    ]
    assert terminal.run("worker", "status", "--now", "2026-03-02T09:30:00Z").stdout.splitlines() == [
        "0 timers are due",
        "0 messages wait",
        "the next timer is due 2026-03-02 10:00:00Z (in 30min)",
        "0 set aside",
    ]


def test_the_status_comes_as_json(terminal):
    mine = stuck(terminal)

    found = terminal.json("worker", "status", *mine)

    timer, message = found["set_aside"].pop("items")
    assert (timer["kind"], timer["id"], timer["case"], timer["name"]) == (
        "timer",
        "T-1:1:0",
        "T-1",
        "waiting.after.snap",
    )
    assert (timer["since"], message["since"]) == ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")
    assert "division by zero" in timer["why"]
    assert (message["kind"], message["id"], message["name"]) == ("message", "R-1:2:0", "reminder")
    nothing = {"count": 0, "or_more": False, "oldest": None}
    assert found == {
        "at": "2026-03-02T10:30:00Z",
        "due": nothing,
        "waiting": nothing | {"failing": 0},
        "next_due": None,
        "set_aside": {"timers": 1, "messages": 1},
        "help": "caseway worker retry --all",
    }


def test_the_status_says_what_was_set_aside_and_what_helps(terminal, monkeypatch):
    mine = stuck(terminal)

    lines = terminal.run("worker", "status", *mine).stdout.splitlines()

    assert lines[:4] == [
        "0 timers are due",
        "0 messages wait",
        "2 set aside",
        "  timer waiting.after.snap of T-1 (T-1:1:0) since 2026-03-02 10:00:00Z (30min ago)",
    ]
    assert lines[5] == "  message reminder of R-1 (R-1:2:0) since 2026-03-02 10:00:00Z (30min ago)"
    assert lines[7:] == ["try: mend what is wrong, and then caseway worker retry --all"]
    monkeypatch.setattr(import_module("caseway.cli.worker.status"), "LISTED", 1)
    assert terminal.run("worker", "status", *mine).stdout.splitlines()[5:] == ["  ...", lines[7]]


def test_what_cannot_be_counted_out_is_said_to_be_more(terminal, monkeypatch):
    for module in ("caseway.adapters.sql.backlog", "caseway.engine.backlog"):
        monkeypatch.setattr(f"{module}.COUNTED", 2)
    for id in ("R-1", "R-2", "R-3"):  # noqa: A001
        terminal.start(id)

    told = terminal.run("worker", "status").stdout

    assert told.startswith("2 or more timers are due since ")


def test_all_that_was_set_aside_is_put_back(terminal):
    mine = stuck(terminal)

    result = terminal.run("worker", "retry", "--all", "--as", "clerk:anna", *mine)

    assert result.stdout.splitlines() == [
        "timer waiting.after.snap of T-1 (T-1:1:0) is put back",
        "message reminder of R-1 (R-1:2:0) is put back",
    ]
    assert result.stderr == "2 put back\n"
    assert terminal.run("worker", "retry", "--all", *mine).stderr == "0 put back\n"
    assert "timer.retry  by clerk:anna" in terminal.run("history", "T-1", *mine).stdout
    assert [each["kind"] for each in terminal.lines("worker", "once", *mine, code=3)] == ["fired", "delivered"]
    assert terminal.json("worker", "status", *mine)["set_aside"]["timers"] == 1


def test_what_was_set_aside_is_put_back_by_case_or_by_effect(terminal, monkeypatch):
    mine = stuck(terminal)

    assert terminal.lines("worker", "retry", "R-1", "R-1:2:0", *mine) == [
        {"kind": "message", "id": "R-1:2:0", "case": "R-1", "name": "reminder"}
    ]
    monkeypatch.setattr(import_module("caseway.cli.worker.retry"), "RETRIED", 1)
    assert terminal.run("worker", "retry", "T-1:1:0", *mine).stderr == "1 put back; there may be more\n"


@pytest.mark.parametrize(
    ("targets", "code", "name"),
    [
        (("T-1", "R-1:9:9"), 4, "not-set-aside"),
        (("R-2",), 4, "unknown-case"),
        (("R-2:1:0",), 4, "unknown-case"),
        (("",), 4, "unknown-case"),
        ((), 2, "usage"),
        (("T-1", "--all"), 2, "usage"),
    ],
)
def test_what_is_not_set_aside_is_told_before_anything_is_put_back(terminal, targets, code, name):
    mine = stuck(terminal)

    assert terminal.json("worker", "retry", *targets, *mine, code=code)["error"]["code"] == name
    assert terminal.json("worker", "status", *mine)["set_aside"]["timers"] == 1


def test_a_case_in_which_nothing_is_set_aside_is_told(terminal):
    terminal.start()

    told = terminal.run("worker", "retry", "R-1", code=4).stderr

    assert told == "Refused: Nothing of case R-1 is set aside; `caseway worker status` lists what is.\n"


def test_a_worker_that_waits_fires_a_timer_when_it_is_due_and_not_only_when_it_looks_again(terminal):
    folder = terminal.folder / "mine" / "soon"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(SOON, encoding="utf-8")
    terminal.run("start", "soon", "--id", "S-1", "--processes", "mine")
    seldom = ("--json", "--every", "3600", "--processes", "mine", "--only", "timers")
    with program.started(*program.CASEWAY, "worker", "run", *seldom) as running:
        assert json.loads(running.stdout.readline())["case"] == "S-1"
        running.terminate()
        assert running.communicate()[0] == ""


SOON = """
process: soon
version: 1
states:
  waiting: {after: [{delay: PT1S, target: over}]}
  over: {type: final}
"""


def test_a_worker_does_only_what_it_is_told_to(terminal):
    terminal.start()
    now = ("--now", "2026-03-02T10:05:00Z")

    assert terminal.lines("worker", "once", "--only", "messages", *now) == []
    assert [each["kind"] for each in terminal.lines("worker", "once", "--only", "timers", *now)] == ["fired"]
    assert [each["kind"] for each in terminal.lines("worker", "once", "--only", "messages", *now)] == ["delivered"]
