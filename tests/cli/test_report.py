from __future__ import annotations

import csv
import io
from shutil import copytree

import pytest

from tests.cli.conftest import Terminal

INQUIRY = """
process: inquiry
version: 1
title: {en: Inquiry, nl: Klantvraag}
roles: {agent: Agent, chief: Chief}
data:
  type: object
  required: [partner]
  properties: {partner: {type: string, x-visible-to: [chief]}}
events: {answer: {by: [agent]}, archive: {by: [agent]}}
states:
  open: {on: {answer: {target: answered}}}
  answered: {closed: true, on: {archive: {target: archived}}}
  archived: {type: final}
service_levels:
  answer:
    title: {en: Answered within a day, nl: Binnen een dag beantwoord}
    budget: PT24H
    runs_in: [open]
    met_in: [answered]
    target: {on_time: 90, late: 1}
report: {by: case.partner, per: week}
"""
LATER = "2026-05-20T09:00:00Z"
PLACE = ("--processes", "own")


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A folder with two partners in one week: one answers three of four late, the other one in time, and two weeks later a case is open."""
    terminal = Terminal(tmp_path_factory.mktemp("lived"))
    folder = terminal.folder / "own" / "inquiry"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(INQUIRY, encoding="utf-8")
    place = ("--processes", str(folder.parent), "--database", f"sqlite:///{terminal.folder / 'caseway.db'}")

    def live(case: str, partner: str, *events: tuple[str, str], at: str = "2026-05-04T09:00:00Z") -> None:
        terminal.run("start", "inquiry", "--id", case, "--data", f"partner={partner}", "--now", at, *place)
        for event, when in events:
            terminal.run("send", case, event, "--as", "agent:jo", "--now", when, *place)

    for number in range(3):
        live(f"late-{number}", "acme", ("answer", "2026-05-06T09:00:00Z"))
    live("good", "acme", ("answer", "2026-05-04T10:00:00Z"))
    live("fine", "[bold]bo\nlster", ("answer", "2026-05-04T12:00:00Z"), ("archive", "2026-05-11T09:00:00Z"))
    live("new", "acme", at="2026-05-20T08:00:00Z")
    return terminal.folder


@pytest.fixture
def reported(terminal, lived):
    """The same folder, to do with what one likes."""
    copytree(lived, terminal.folder, dirs_exist_ok=True)
    return terminal


def report(terminal, *arguments, code=0):
    return terminal.run("report", *arguments, "--now", LATER, *PLACE, code=code)


def test_a_report_shows_what_happened_and_which_targets_were_missed(reported):
    assert (
        report(reported, "inquiry").stdout
        == """\
inquiry  Inquiry  2 targets MISSED
per week in UTC, by case.partner, from 2026-04-27

Cases
week               partner          opened  closed  ended
2026-W19           [bold]bo\\nlster       1       1      0
2026-W19           acme                  4       4      0
2026-W20           [bold]bo\\nlster       0       0      1
2026-W21 (so far)  acme                  1       0      0

Service levels
week      partner          service level          met  breached  on time  target
2026-W19  [bold]bo\\nlster  Answered within a day    1         0   100.0%  kept
2026-W19  acme             Answered within a day    1         3    25.0%  BELOW TARGET, at least 90%
                                                                          3 LATE, more than 1

Time in states, of the stays that ended in the period
week      partner          state     stays  median  90% within
2026-W19  [bold]bo\\nlster  open          1      3h          3h
2026-W19  acme             open          4      2d          2d
2026-W20  [bold]bo\\nlster  answered      1  6d 21h      6d 21h

Open now
partner  state  cases
acme     open       1

Service levels now
partner  service level          running  standing still  late and not met
acme     Answered within a day        1               0                 0
"""
    )


def test_titles_come_in_the_language_asked_for(reported):
    told = report(reported, "inquiry", "--lang", "nl").stdout
    assert told.startswith("inquiry  Klantvraag")
    assert "Binnen een dag beantwoord" in told


def test_a_report_is_one_document_of_json(reported):
    made = reported.json("report", "--now", LATER, *PLACE, "--no-groups")
    (section,) = made["sections"]
    week = section["periods"][0]
    assert (made["at"], made["missed"]) == (LATER, 2)
    assert (section["process"], section["by"], section["per"], section["zone"]) == ("inquiry", None, "week", "UTC")
    assert (week["period"], week["group"], week["opened"], week["closed"], week["final"]) == ("2026-W19", None, 5, 5, 0)
    assert week["service_levels"] == [
        {
            "service_level": "answer",
            "met": 2,
            "breached": 3,
            "on_time": 40.0,
            "target": {"on_time": 90, "late": 1},
            "missed": {"on_time": True, "late": True},
        }
    ]
    assert section["now"] == [
        {
            "group": None,
            "open": 1,
            "states": {"open": 1},
            "service_levels": [{"service_level": "answer", "running": 1, "standing": 0, "late": 0}],
        }
    ]


def rows(result):
    return list(csv.DictReader(io.StringIO(result.stdout, newline="")))


def test_csv_has_a_row_for_each_period_group_and_service_level(reported):
    found = rows(report(reported, "inquiry", "--csv"))
    assert [(row["period"], row["group"], row["met"], row["breached"]) for row in found] == [
        ("2026-W19", "[bold]bo\nlster", "1", "0"),
        ("2026-W19", "acme", "1", "3"),
        ("2026-W20", "[bold]bo\nlster", "0", "0"),
        ("2026-W21", "acme", "0", "0"),
    ]
    assert found[1] == {
        "process": "inquiry",
        "period": "2026-W19",
        "begin": "2026-05-04T00:00:00Z",
        "end": "2026-05-11T00:00:00Z",
        "over": "true",
        "group": "acme",
        "opened": "4",
        "closed": "4",
        "final": "0",
        "service_level": "answer",
        "met": "1",
        "breached": "3",
        "on_time": "25.0",
        "target_on_time": "90",
        "target_late": "1",
        "missed_on_time": "true",
        "missed_late": "true",
    }


def test_csv_of_a_process_without_service_levels_has_a_row_for_each_period(terminal):
    terminal.paid()
    found = rows(terminal.run("report", "--csv", "--all-time"))
    assert [(row["period"], row["final"], row["service_level"], row["on_time"]) for row in found] == [
        ("2026-W10", "1", "", "")
    ]


def test_csv_of_states_has_a_row_for_each_period_group_and_state(reported):
    (row, *_) = rows(report(reported, "inquiry", "--table", "states", "--last", "3"))
    assert (row["state"], row["stays"], row["median_seconds"], row["percentile_90_seconds"]) == (
        "open",
        "1",
        "10800.0",
        "10800.0",
    )


def test_csv_of_now_has_a_row_for_each_state_and_service_level(reported):
    found = rows(report(reported, "inquiry", "--csv", "--table", "now"))
    assert [(row["group"], row["state"], row["service_level"], row["status"], row["count"]) for row in found] == [
        ("acme", "open", "", "open", "1"),
        ("acme", "", "answer", "running", "1"),
        ("acme", "", "answer", "standing", "0"),
        ("acme", "", "answer", "late", "0"),
    ]


def test_the_time_may_be_given(reported):
    days = rows(report(reported, "--from", "2026-05-06", "--to", "2026-05-11", "--per", "day", "--csv", "--no-groups"))
    assert [row["period"] for row in days] == ["2026-05-06", "2026-05-11"]
    hour = report(reported, "--from", "2026-05-04T10:00:00Z", "--to", "2026-05-04T14:00:00+02:00")
    assert "2026-W19 (in part)" in hour.stdout


def test_a_target_that_is_missed_is_an_exit_code_where_somebody_asks_for_it(reported):
    report(reported, "--fail-on-target", code=4)
    report(reported, "--fail-on-target", "--last", "2")


def test_a_field_that_is_hidden_names_no_groups(reported):
    refused = report(reported, "--as", "agent:jo", code=4)
    assert "case.partner, which only chief may see; agent:jo may not" in refused.stderr
    report(reported, "--as", "agent:jo", "--no-groups")
    report(reported, "--as", "chief:ann")


def test_where_nothing_happened_that_is_said(reported):
    told = report(reported, "inquiry", "--from", "2026-01-01", "--to", "2026-01-31")
    assert told.stdout == "inquiry  Inquiry\nper week in UTC, by case.partner, from 2026-01-01 to 2026-01-31\n"
    assert told.stderr == "Nothing happened in that time to cases of inquiry.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["nothing"], 3, "nothing"),
        (["--by", "case.parner"], 4, "is not a field"),
        (["--zone", "Mars/Base"], 4, "is not a time zone"),
        (["--from", "2026-05-10", "--to", "2026-05-01"], 4, "must end later"),
        (["--from", "yesterday"], 2, "neither a day"),
        (["--from", "2026-13-45"], 2, "neither a day"),
        (["--from", "2026-05-04T10:00:00"], 2, "neither a day"),
        (["--from", "2026-05-10", "--all-time"], 2, "give one"),
        (["--last", "0"], 2, "--last"),
        (["--per", "year"], 2, "--per"),
        (["--by", "case.partner", "--no-groups"], 2, "give one"),
        (["--json", "--csv"], 2, "give one"),
    ],
)
def test_what_cannot_be_reported_is_told(reported, arguments, code, told):
    result = report(reported, *arguments, code=code)
    assert told in result.stderr + result.stdout
