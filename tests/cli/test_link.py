"""Linked cases at the command line: started and told by a worker, shown from both ends, set aside and put back."""

from __future__ import annotations

import json

import pytest

from tests.engine.linked import CLAIM, VISIT

OPENED, HARMED, LATER = "2026-03-02T09:00:00Z", "2026-03-02T09:10:00Z", "2026-03-02T09:20:00Z"


@pytest.fixture
def visit(terminal):
    """A case that has asked for another."""
    (terminal.folder / "processes").unlink()
    for document in (VISIT, CLAIM):
        folder = terminal.folder / "processes" / document["process"]
        folder.mkdir(parents=True)
        (folder / "v1.yaml").write_text(json.dumps(document), encoding="utf-8")
    terminal.run("start", "visit", "--id", "V-1", "--now", OPENED)
    terminal.run("send", "V-1", "harm", "--now", HARMED)
    return terminal


def test_a_worker_starts_what_was_asked_for_and_tells_of_its_end(visit):
    linked, delivered = visit.lines("worker", "once", "--now", LATER)
    assert (linked["kind"], linked["case"], linked["event"]) == ("linked", "V-1.2.1", "start")
    assert delivered["kind"] == "delivered"
    visit.run("send", "V-1.2.1", "pay", "--now", LATER)
    result = visit.run("worker", "once", "--now", LATER)
    assert result.stdout == "V-1: damage.ended: stays in open (revision 3)\n"
    assert result.stderr == "0 fired, 1 in linked cases, 0 delivered, 0 not delivered\n"
    assert visit.run("worker", "once", "--now", LATER).stderr == "0 fired, 0 delivered, 0 not delivered\n"


def test_only_timers_leaves_linked_cases_to_others(visit):
    assert visit.run("worker", "once", "--only", "timers").stdout == ""
    assert "V-1.2.1" in visit.run("worker", "once", "--only", "messages", "--now", LATER).stdout


def test_both_cases_show_the_link(visit):
    assert "links      Claim: V-1.2.1 (claim)\n" in visit.run("show", "V-1").stdout
    visit.run("worker", "once", "--now", LATER)
    visit.run("send", "V-1.2.1", "refuse", "--now", LATER)
    visit.run("worker", "once", "--now", LATER)
    shown = visit.run("show", "V-1", "--lang", "pl").stdout
    assert "links      Roszczenie: V-1.2.1 (claim), ended in refused\n" in shown
    assert "links      started by V-1 (visit) as damage\n" in visit.run("show", "V-1.2.1").stdout
    child = {"name": "damage", "case": "V-1.2.1", "process": "claim", "kind": "child", "state": "refused"}
    parent = {"name": "damage", "case": "V-1", "process": "visit", "kind": "parent", "state": None}
    assert (visit.json("show", "V-1")["links"], visit.json("show", "V-1.2.1")["links"]) == ([child], [parent])


def test_history_tells_the_link_from_both_ends(visit):
    visit.run("worker", "once", "--now", LATER)
    visit.run("send", "V-1.2.1", "pay", "--now", LATER)
    visit.run("worker", "once", "--now", LATER)
    told = visit.run("history", "V-1").stdout
    assert "starts V-1.2.1 (claim) as damage" in told
    assert "damage.ended  by case V-1.2.1" in told
    told = visit.run("history", "V-1.2.1").stdout
    assert "start  by case V-1" in told
    assert "as of 2026-03-02 09:10:00Z, done 2026-03-02 09:20:00Z" in told
    assert "tells V-1: damage.ended" in told
    started = next(line for line in visit.lines("history", "V-1") if line["revision"] == 2)["effects"][1]
    assert (started["kind"], started["link"], started["case"]) == ("start-case", "damage", "V-1.2.1")
    assert started["data"] == {"visit": "V-1", "amount": 5, "secret": "hush"}


def test_what_cannot_be_started_is_set_aside_and_put_back(visit):
    (visit.folder / "elsewhere").mkdir()
    visit.run("worker", "once", "--processes", "elsewhere", "--now", LATER, code=5)
    (item,) = visit.json("worker", "status", "--now", LATER)["set_aside"]["items"]
    assert (item["kind"], item["id"], item["name"]) == ("start", "V-1:2:1", "damage")
    assert 'no process "claim"' in item["why"]
    assert visit.run("worker", "once", "--now", LATER).stdout == ""
    assert visit.run("worker", "retry", "V-1:2:1").stdout == "start damage of V-1 (V-1:2:1) is put back\n"
    assert "V-1.2.1: start" in visit.run("worker", "once", "--now", LATER).stdout


def test_check_says_what_does_not_fit_the_process_at_the_other_end(visit):
    other = {**CLAIM, "data": {"type": "object", "properties": {"visit": {"type": "integer"}}}}
    (visit.folder / "processes" / "claim" / "v2.yaml").write_text(json.dumps({**other, "version": 2}), encoding="utf-8")
    told = visit.run("check", "processes/visit", code=3).stdout
    assert "result-type" in told
    assert "unknown-field" in told
    visit.run("start", "visit", "--id", "V-2", "--now", OPENED)  # it is sound by itself


def test_events_of_a_link_cannot_be_sent(visit):
    assert "damage.ended" in visit.run("send", "V-1", "damage.ended", code=4).stderr
