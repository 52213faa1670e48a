from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from caseway.adapters import wiring
from caseway.cli.input import parse_instant

OPENED = "2026-03-02T09:00:00Z"
CASEWAY = (sys.executable, "-m", "caseway.cli.main")


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
    assert terminal.lines("worker", "once", "--outbox", "file/inner", code=5)[0]["kind"] == "failed"


def test_a_worker_that_runs_has_no_time_of_its_own(terminal):
    terminal.start()

    assert "worker once" in terminal.run("worker", "run", "--now", "2026-03-02T10:05:00Z", code=2).stderr
    for every in ("0", "nan", "soon"):
        assert terminal.json("worker", "run", "--every", every, code=2)["error"]["code"] == "usage"


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_runs_until_it_is_told_to_end(terminal, ending):
    terminal.start()
    running = subprocess.Popen(
        [*CASEWAY, "worker", "run", "--json", "--every", "3600"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with running:
        assert json.loads(running.stdout.readline())["kind"] == "fired"
        assert json.loads(running.stdout.readline())["kind"] == "delivered"
        os.kill(running.pid, ending)
        assert running.communicate(timeout=20) == ("", "")
    assert running.returncode == 0


def test_a_worker_goes_on_after_the_world_failed(terminal):
    terminal.start()
    (terminal.folder / "outbox").write_text("in the way", encoding="utf-8")
    running = subprocess.Popen(
        [*CASEWAY, "worker", "run", "--json", "--every", "0.1", "--outbox", "outbox/inner"],
        stdout=subprocess.PIPE,
        text=True,
    )
    with running:
        kinds = [json.loads(running.stdout.readline())["kind"] for _ in range(3)]
        running.terminate()
        running.communicate(timeout=20)
    assert kinds == ["fired", "failed", "failed"]
    assert running.returncode == 0


def test_a_worker_tells_people_what_it_does(terminal):
    terminal.start()
    running = subprocess.Popen(
        [*CASEWAY, "worker", "run", "--every", "3600"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with running:
        assert running.stdout.readline() == "R-1: waiting.after.remind: stays in waiting (revision 2)\n"
        assert "message R-1:2:0 delivered\n" in iter(running.stdout.readline, "")
        running.terminate()
        _, err = running.communicate(timeout=20)
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
