from __future__ import annotations

from pathlib import Path

import pytest

import caseway
from caseway.adapters.catalogue import SHIPPED, FolderCatalogue
from caseway.adapters.checked_file import check, check_calendar, check_process, checked, definition_in
from caseway.adapters.played_scenario import played
from caseway.adapters.shared_calendar import inlined
from caseway.adapters.yaml_document import read
from caseway.engine.compiler import compile_process
from tests import program

OFFICE = """\
calendar: office
zone: Europe/Amsterdam
hours: {monday: ["09:00-17:00"]}
"""
PROCESS = """\
process: p
version: 1
calendars: {desk: office}
events: {go: {}}
states:
  waiting:
    on: {go: {target: over}}
    after: [{delay: {working: PT8H, calendar: desk}, target: over}]
  over: {type: final}
"""
SCENARIOS = """\
process: p
version: 1
scenarios:
  - {name: It ends, steps: [{send: go}], expect: {final: true}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one process and one calendar."""
    (tmp_path / "p").mkdir()
    (tmp_path / "calendars").mkdir()
    (tmp_path / "p" / "v1.yaml").write_text(PROCESS)
    (tmp_path / "calendars" / "office.yaml").write_text(OFFICE)
    return tmp_path


def codes(path: Path) -> list[tuple[int, int, str]]:
    return [(each.line, each.column, each.code) for each in check(path).diagnostics]


# inlining


def test_a_shared_calendar_becomes_part_of_the_process(folder: Path) -> None:
    definition = definition_in(folder / "p" / "v1.yaml")

    assert definition.content["calendars"] == {
        "desk": {"zone": "Europe/Amsterdam", "hours": {"monday": ["09:00-17:00"]}}
    }
    assert definition.calendars["desk"].hours[0] == ((9 * 60, 17 * 60),)
    assert definition.calendars["desk"].name == "desk"


def test_a_process_with_a_shared_calendar_is_the_one_that_has_it_written_out(folder: Path) -> None:
    shared = definition_in(folder / "p" / "v1.yaml")
    written = "{zone: Europe/Amsterdam, hours: {monday: ['09:00-17:00']}}"
    (folder / "p" / "v1.yaml").write_text(PROCESS.replace("office", written))

    assert definition_in(folder / "p" / "v1.yaml").hash == shared.hash


def test_a_change_of_a_shared_calendar_is_a_change_of_the_process(folder: Path) -> None:
    before = definition_in(folder / "p" / "v1.yaml").hash
    (folder / "calendars" / "office.yaml").write_text(OFFICE.replace("17:00", "18:00"))

    assert definition_in(folder / "p" / "v1.yaml").hash != before


def test_a_case_goes_on_when_the_calendars_are_gone(folder: Path) -> None:
    url = f"sqlite:///{folder / 'caseway.db'}"
    caseway.open(url, processes=folder).start("p", id="a")
    (folder / "calendars" / "office.yaml").unlink()

    entry = caseway.open(url, processes=folder).send("a", "go")

    assert entry.revision == 2


def test_the_calendars_are_found_beside_the_folder_of_the_process(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place, path in ((folder, "p/v1.yaml"), (folder / "p", "v1.yaml"), (folder / "calendars", "../p/v1.yaml")):
        monkeypatch.chdir(place)
        assert check_process(Path(path)).is_sound


def test_the_document_that_was_read_is_left_as_it_is(folder: Path) -> None:
    content = read(folder / "p" / "v1.yaml").content
    before = repr(content)
    whole = inlined(content, folder / "p" / "v1.yaml", lambda path: read(path).content)

    assert repr(content) == before
    assert whole.names == {"desk"}


def test_what_is_no_name_is_not_looked_for(folder: Path) -> None:
    (folder / "p" / "v1.yaml").write_text(PROCESS.replace("office", "../calendars/office"))

    assert codes(folder / "p" / "v1.yaml") == [(3, 19, "bad-name")]


def test_a_process_that_is_not_read_from_a_file_knows_no_shared_calendars(folder: Path) -> None:
    made = compile_process(read(folder / "p" / "v1.yaml").content)

    assert made.definition is None
    assert [(fault.code, fault.path) for fault in made.faults] == [("missing-calendar", ("calendars", "desk"))]


# faults


def test_a_calendar_that_is_not_there_is_told_of_where_it_is_named(folder: Path) -> None:
    (folder / "calendars" / "office.yaml").rename(folder / "calendars" / "offices.yaml")
    (only,) = check_process(folder / "p" / "v1.yaml").diagnostics

    assert (only.line, only.column, only.code) == (3, 19, "missing-calendar")
    assert only.hint == 'did you mean "offices"?'


def test_where_there_are_no_calendars_the_hint_says_where_they_would_be(folder: Path) -> None:
    (folder / "calendars" / "office.yaml").unlink()
    (folder / "calendars").rmdir()
    (only,) = check_process(folder / "p" / "v1.yaml").diagnostics

    assert "NAME.yaml in a folder calendars, beside the folder of the process" in only.hint


@pytest.mark.parametrize(
    "content",
    [
        OFFICE.replace("09:00-17:00", "9-17"),
        OFFICE.replace("hours", "hour"),
        OFFICE.replace("calendar: office", "calendar: other"),
        OFFICE.replace("calendar: office\n", ""),
        "[1]",
        "",
        "\t",
        "{" * 500,
    ],
    ids=["meaning", "key", "name", "no name", "a list", "nothing", "a tab", "brackets"],
)
def test_the_faults_of_a_shared_calendar_are_told_in_its_file_and_once_where_it_is_used(
    folder: Path, content: str
) -> None:
    (folder / "calendars" / "office.yaml").write_text(content)

    assert not check_calendar(folder / "calendars" / "office.yaml").is_sound
    assert codes(folder / "p" / "v1.yaml") == [(3, 19, "calendar-not-sound")]


def test_a_warning_about_a_shared_calendar_is_told_in_its_file_alone(folder: Path) -> None:
    (folder / "calendars" / "office.yaml").write_text(OFFICE + "closed: [{date: 2026-05-03, reason: A Sunday}]\n")

    assert codes(folder / "calendars" / "office.yaml") == [(4, 17, "idle-day")]
    assert codes(folder / "p" / "v1.yaml") == []


def test_faults_of_the_process_stand_where_they_are_whatever_is_inlined(folder: Path) -> None:
    text = PROCESS.replace(
        "{desk: office}", "\n  desk: office\n  own: {zone: Nowhere, hours: {monday: ['9-5']}}\n  last: office"
    )
    (folder / "p" / "v1.yaml").write_text(text)

    assert codes(folder / "p" / "v1.yaml") == [(5, 15, "unknown-zone"), (5, 41, "bad-hours")]


# folders


def test_a_folder_is_checked_with_its_calendars(folder: Path) -> None:
    (folder / "p" / "v1.scenarios.yaml").write_text(SCENARIOS)

    assert [(each.path.name, each.kind) for each in checked([folder])] == [
        ("office.yaml", "calendar"),
        ("v1.scenarios.yaml", "scenarios"),
        ("v1.yaml", "process"),
    ]


def test_a_file_in_the_folder_of_calendars_is_one_of_them_however_it_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder / "calendars")

    assert check(Path("office.yaml")).kind == "calendar"


def test_scenarios_are_played_beside_calendars(folder: Path) -> None:
    (folder / "p" / "v1.scenarios.yaml").write_text(SCENARIOS)

    assert [getattr(each, "failures", None) for each in played([folder])] == [()]


def test_the_catalogue_takes_no_calendar_for_a_process(folder: Path) -> None:
    (folder / "calendars" / "v1.yaml").write_text(OFFICE.replace("office", "v1"))

    assert FolderCatalogue(folder, definition_in).processes() == {"p": [1]}


def test_the_shipped_calendars_are_sound() -> None:
    found = list(checked([SHIPPED / "calendars"]))

    assert [each.path.stem for each in found] == ["nl-be-office", "nl-be-weekdays"]
    assert not [each.diagnostics for each in found if each.diagnostics]


# holiday data


def test_a_version_in_use_does_not_break_when_the_holiday_data_change(folder: Path) -> None:
    more = "holidays: [NL]\nopen: [{holiday: Good Friday, reason: It is no day off.}]\n"
    (folder / "calendars" / "office.yaml").write_text(OFFICE + more)
    content = dict(definition_in(folder / "p" / "v1.yaml").content)
    desk = {**content["calendars"]["desk"], "open": [{"holiday": "No longer called so", "reason": "x"}]}
    content["calendars"] = {"desk": desk}

    assert compile_process(content).definition is None
    assert compile_process(content, kept=True).definition is not None


@pytest.mark.parametrize(("kept", "loaded"), [(True, "False"), (False, "True")])
def test_holiday_data_are_loaded_to_check_a_process_but_not_to_take_it_from_a_store(kept: bool, loaded: str) -> None:
    calendar = {"zone": "Europe/Amsterdam", "hours": {"monday": ["09:00-17:00"]}, "holidays": ["NL"]}
    content = {"process": "p", "version": 1, "calendars": {"desk": calendar}, "states": {"over": {"type": "final"}}}
    text = (
        "import sys\n"
        "from caseway.engine.compiler import compile_process\n"
        f"assert compile_process({content}, kept={kept}).definition\n"
        "print('holidays' in sys.modules)\n"
    )
    done = program.done(program.PYTHON, "-c", text)

    assert done.stdout.strip() == loaded
