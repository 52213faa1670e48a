from __future__ import annotations

import json

import pytest

from tests.cli.test_completion import completed

ANNA = {
    "id": "anna",
    "name": "Anna Ż.",
    "active": True,
    "roles": ["clerk"],
    "tags": ["glass", "wood"],
    "languages": ["nl", "en"],
    "limits": {"repair": 3},
    "mail": "anna@example.org",
}
GIVEN = (
    *("--role", "clerk", "--tag", "wood", "--tag", "glass", "--language", "nl", "--language", "en"),
    *("--limit", "repair=3", "--name", "Anna Ż.", "--mail", "anna@example.org"),
)


@pytest.fixture
def anna(terminal):
    """A terminal whose directory knows anna."""
    terminal.run("person", "set", "anna", *GIVEN)
    return terminal


def file(terminal, *lines, name="people.jsonl"):
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    (terminal.folder / name).write_text(text, encoding="utf-8")
    return name


# set


def test_a_person_is_set_and_shown(terminal):
    told = terminal.json("person", "set", "anna", *GIVEN)

    assert told == ANNA | {"changed": True, "warnings": []}
    assert terminal.json("person", "show", "anna") == ANNA


def test_setting_again_changes_nothing(anna):
    assert anna.json("person", "set", "anna", *GIVEN)["changed"] is False
    assert anna.run("person", "set", "anna").stdout == "anna: unchanged\n"


def test_what_is_not_given_stays_and_what_is_given_replaces_all_there_was(anna):
    anna.run("person", "set", "anna", "--tag", "iron", "--inactive")

    assert anna.json("person", "show", "anna") == ANNA | {"tags": ["iron"], "active": False}


def test_an_empty_text_empties(anna):
    empty = [part for option in ("role", "tag", "language", "limit", "name", "mail") for part in (f"--{option}", "")]
    anna.run("person", "set", "anna", *empty)

    nothing = {"roles": [], "tags": [], "languages": [], "limits": {}, "name": None, "mail": None}
    assert anna.json("person", "show", "anna") == ANNA | nothing


def test_a_role_that_no_process_declares_is_taken_with_a_warning(terminal):
    result = terminal.run("person", "set", "ben", "--role", "clark", "--role", "owner")

    assert result.stdout == "ben: set\n"
    assert result.stderr == ('Warning: ben: no process of processes declares the role "clark"; did you mean "clerk"?\n')
    assert terminal.json("person", "set", "ben")["warnings"] == [
        'no process of processes declares the role "clark"; did you mean "clerk"?'
    ]
    assert terminal.json("person", "show", "ben")["roles"] == ["clark", "owner"]


def test_a_process_that_does_not_compile_keeps_nobody_from_being_kept(terminal):
    (terminal.folder / "processes").unlink()
    (terminal.folder / "processes/broken").mkdir(parents=True)
    (terminal.folder / "processes/broken/v1.yaml").write_text("process: broken\n", encoding="utf-8")

    assert "declares the role" in terminal.run("person", "set", "ben", "--role", "clerk").stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Name a person"),
        (("anna", "--file", "people.jsonl"), "--file alone"),
        (("--file", "people.jsonl", "--role", "clerk"), "--file alone"),
        (("--file", "nowhere.jsonl"), "nowhere.jsonl"),
        (("a\nb",), "cannot be the id"),
        (("anna", "--role", "The Clerk"), "cannot be a role"),
        (("anna", "--role", "assignee"), "Caseway gives it"),
        (("anna", "--language", "?"), "not a language code"),
        (("anna", "--mail", "anna"), "not a mail address"),
        (("anna", "--limit", "repair"), "no PROCESS=N"),
        (("anna", "--limit", "repair=-1"), "no PROCESS=N"),
        (("anna", "--limit", f"repair={'9' * 6000}"), "no whole number"),
        (("anna", "--limit", "=1"), "no PROCESS=N"),
        (("anna", "--as", "clerk:anna"), "leave --as out"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(terminal, arguments, told):
    file(terminal, {"id": "anna"})

    error = terminal.json("person", "set", *arguments, code=2)["error"]
    assert error["code"] == "usage"
    assert told in error["message"]
    assert not (terminal.folder / "caseway.db").exists() or terminal.lines("person", "list") == []


# a file


def test_a_file_of_persons_is_kept_as_the_list_prints_it(anna):
    anna.run("person", "set", "ben", "--role", "owner")
    printed = anna.run("person", "list", "--json").stdout
    anna.run("person", "remove", "anna", "ben")

    done = anna.run("person", "set", "--file", "-", stdin=printed)
    assert (done.stdout, done.stderr) == ("anna: set\nben: set\n", "2 set, 0 unchanged\n")
    assert anna.run("person", "list", "--json").stdout == printed
    again = anna.run("person", "set", "--file", "-", "--json", stdin=printed)
    assert [json.loads(line)["changed"] for line in again.stdout.splitlines()] == [False, False]


def test_what_a_line_does_not_name_stays(anna):
    anna.run("person", "set", "--file", file(anna, {"id": "anna", "tags": []}, "", {"id": "ben"}))

    assert anna.lines("person", "list")[0] == ANNA | {"tags": []}
    assert [line["id"] for line in anna.lines("person", "list")] == ["anna", "ben"]


def test_of_a_file_with_lines_that_make_no_sense_nothing_is_taken(anna):
    wrong = ({"id": "ben"}, "{", "[1]", {"name": "x"}, {"id": 7}, {"id": "ben"}, {"id": "c", "rolls": []})
    name = file(anna, *wrong)

    error = anna.json("person", "set", "--file", name, code=4)["error"]
    assert error["code"] == "invalid-input"
    assert error["message"].startswith("Nothing of people.jsonl was taken. Line 2: this is not JSON: column 2")
    assert [each["line"] for each in error["facts"]["lines"]] == [2, 3, 4, 5, 6]
    name = file(anna, {"id": "ben"}, {"id": "c", "rolls": []}, {"id": "d", "roles": ["No"]})
    told = anna.run("person", "set", "--file", name, code=4).stderr
    assert 'Line 2: a person has no "rolls"; did you mean "roles"?' in told
    assert "Line 3: 'No' cannot be a role" in told
    assert [line["id"] for line in anna.lines("person", "list")] == ["anna"]


# show, list, remove


def test_a_person_is_shown_to_people(anna):
    assert anna.run("person", "show", "anna").stdout.splitlines() == [
        "person     anna",
        "name       Anna Ż.",
        "mail       anna@example.org",
        "roles      clerk",
        "tags       glass, wood",
        "languages  nl, en",
        "limits     repair=3",
    ]


def test_nobody_is_shown_who_is_not_there(anna):
    assert anna.json("person", "show", "ann", code=4)["error"] == {
        "code": "unknown-person",
        "message": "There is nobody of the id ann in the directory.",
        "facts": {"person": "ann"},
    }


def test_persons_are_listed_and_may_be_narrowed(anna):
    anna.run("person", "set", "ben", "--role", "owner", "--tag", "wood", "--inactive")
    told = anna.run("person", "list").stdout.splitlines()

    assert told[0].split() == ["person", "name", "roles", "tags", "languages", "limits"]
    assert [line.split()[0] for line in told[1:]] == ["anna", "ben"]
    assert "ben (not active)" in told[2]
    assert [each["id"] for each in anna.lines("person", "list", "--role", "clerk")] == ["anna"]
    assert [each["id"] for each in anna.lines("person", "list", "--tag", "wood")] == ["anna", "ben"]
    result = anna.run("person", "list", "--role", "owner", "--tag", "glass")
    assert (result.stdout, result.stderr) == ("", "There are no such persons.\n")


def test_a_person_is_removed_and_removing_again_changes_nothing(anna):
    assert anna.lines("person", "remove", "anna", "ben") == [
        {"id": "anna", "removed": True},
        {"id": "ben", "removed": False},
    ]
    assert anna.run("person", "remove", "anna").stdout == "anna: was not there\n"


@pytest.mark.parametrize("verb", [("show", "anna"), ("list",), ("remove", "anna")])
def test_without_a_database_there_are_no_persons(terminal, verb):
    assert terminal.json("person", *verb, code=5)["error"]["code"] == "world"
    assert terminal.json("person", *verb, "--as", "clerk:anna", code=2)["error"]["code"] == "usage"
    assert not (terminal.folder / "caseway.db").exists()


# acting


def test_somebody_acts_in_their_own_roles_alone(anna):
    anna.start()
    error = anna.json("send", "R-1", "take", "--as", "owner:anna", code=4)["error"]
    assert error["code"] == "not-your-role"
    anna.run("person", "set", "anna", "--inactive")
    assert anna.json("send", "R-1", "take", "--as", "clerk:anna", code=4)["error"]["code"] == "not-active"
    assert anna.json("show", "R-1", "--as", "clerk:anna", code=4)["error"]["code"] == "not-active"
    anna.run("person", "set", "anna", "--active")
    assert anna.json("send", "R-1", "take", "--as", "clerk:anna")["to"] == ["taken"]


def test_somebody_reads_in_their_own_language(anna):
    anna.start()
    for arguments, word in ((("--as", "clerk:anna"), "Wacht"), (("--as", "clerk:anna", "--lang", "en"), "Waiting")):
        assert word in anna.run("show", "R-1", *arguments).stdout
    assert "Waiting" in anna.run("show", "R-1").stdout


# completion


def test_persons_and_roles_are_offered(anna):
    anna.run("person", "set", "ben", "--role", "clerk", "--role", "owner")
    anna.run("person", "set", "carl", "--role", "clerk", "--inactive")

    assert completed("person") == ["list", "remove", "set", "show"]
    assert completed("person", "show") == ["anna", "ben", "carl"]
    assert completed("person", "remove", "anna", incomplete="b") == ["ben"]
    assert completed("person", "set", "ben", "--role") == ["clerk", "owner"]
    assert completed("send", "--as") == ["clerk:anna", "clerk:ben", "owner:ben"]
    assert completed("--as", incomplete="owner") == ["owner:ben"]


def test_where_there_is_no_directory_nobody_is_offered(terminal):
    assert completed("person", "show") == []
    assert completed("send", "--as") == []
