from __future__ import annotations

import json

import pytest

from tests.cli.test_completion import completed

ANNA = {"id": "anna", "name": "Anna Ż.", "iban": "NL91ABNA0417164300", "bic": "ABNANL2A"}
GIVEN = ("--name", "Anna Ż.", "--iban", "nl91 abna 0417 1643 00", "--bic", "ABNANL2A")


@pytest.fixture
def anna(terminal):
    """A terminal that knows where anna's money goes."""
    terminal.run("payee", "set", "anna", *GIVEN)
    return terminal


def kept(terminal):
    shown = terminal.json("payee", "show", "anna")
    return {key: shown[key] for key in ANNA}


def file(terminal, text, name="payees.csv"):
    (terminal.folder / name).write_text(text, encoding="utf-8")
    return name


# set


def test_a_payee_is_set_and_shown_whole(terminal):
    assert terminal.json("payee", "set", "anna", *GIVEN) == ANNA | {"changed": True}
    shown = terminal.json("payee", "show", "anna")
    assert {key: shown[key] for key in ANNA} == ANNA
    assert [{**each, "at": ""} for each in shown["changes"]] == [
        {"at": "", "by": None, "removed": False, "name": "Anna Ż.", "iban": "NL************4300", "bic": "ABNANL2A"}
    ]
    assert terminal.run("payee", "show", "anna").stdout.splitlines() == [
        "payee  anna",
        "name   Anna Ż.",
        "iban   NL91 ABNA 0417 1643 00",
        "bic    ABNANL2A",
    ]


def test_setting_again_changes_nothing(anna):
    assert anna.json("payee", "set", "anna", *GIVEN)["changed"] is False
    assert anna.run("payee", "set", "anna").stdout == "anna: unchanged\n"


def test_what_is_not_given_stays_and_an_empty_text_takes_away(anna):
    anna.run("payee", "set", "anna", "--bic", "", "--name", "Anna Żak")

    assert kept(anna) == ANNA | {"name": "Anna Żak", "bic": None}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "Name a payee"),
        (("anna", "--file", "payees.csv"), "--file alone"),
        (("--file", "payees.csv", "--name", "x"), "--file alone"),
        (("--file", "nowhere.csv"), "nowhere.csv"),
        (("anna", "--name", "Anna", "--by", ""), "is not 1 to 200"),
        (("anna", "--name", "Anna", "--as", "clerk:anna"), "leave --as out"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error_and_nothing_is_kept(terminal, arguments, told):
    file(terminal, "id,name\nanna,Anna\n")

    error = terminal.json("payee", "set", *arguments, code=2)["error"]
    assert error["code"] == "usage"
    assert told in error["message"]
    assert not (terminal.folder / "caseway.db").exists() or terminal.lines("payee", "list") == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("anna", "--iban", "NL91ABNA0417164300"), "needs a name"),
        (("anna", "--name", ""), "needs a name"),
        (("anna", "--name", " "), "cannot be the name"),
        (("anna", "--name", "x" * 71), "cannot be the name"),
        (("anna", "--name", "Anna", "--iban", "NL92ABNA0417164300"), "The check digits"),
        (("anna", "--name", "Anna", "--iban", "NL02ABNA041716430012"), "No account has the IBAN NL02ABNA041716430012"),
        (("anna", "--name", "Anna", "--iban", "NL5312340417164300"), "No account has the IBAN"),
        (("anna", "--name", "Anna", "--iban", "US64SVBKUS6S3300958879"), "its country has none"),
        (("anna", "--name", "Anna", "--iban", "٣" * 20), "is no IBAN"),
        (("anna", "--name", "Anna", "--bic", "?"), "is no BIC"),
        (("a\nb", "--name", "Anna"), "cannot be the id"),
        (("", "--name", "Anna"), "cannot be the id"),
    ],
)
def test_details_that_cannot_be_are_refused_and_nothing_is_kept(terminal, arguments, told):
    error = terminal.json("payee", "set", *arguments, code=4)["error"]
    assert error["code"] == "invalid-input"
    assert told in error["message"]
    assert terminal.lines("payee", "list") == []


# who changed what


def test_it_is_shown_who_changed_bank_details_and_when(anna):
    now = ("--now", "2026-03-03T10:00:00Z")
    anna.run("payee", "set", "anna", "--iban", "BE68539007547034", "--by", "eva", *now)
    told = anna.run("payee", "show", "anna", "--history").stdout.splitlines()
    assert told[5].split() == ["changed", "by", "name", "iban", "bic"]
    assert told[7].split() == ["2026-03-03", "10:00:00Z", "eva", "Anna", "Ż.", "BE**********7034", "ABNANL2A"]
    anna.run("payee", "remove", "anna", "--by", "dora", *now)
    anna.run("payee", "show", "anna", code=4)
    gone = anna.run("payee", "show", "anna", "--history")
    assert gone.stderr == "The bank details of anna were removed.\n"
    assert gone.stdout.splitlines()[-1].split() == ["2026-03-03", "10:00:00Z", "dora", "(removed)"]
    shown = anna.json("payee", "show", "anna", "--history")
    assert (shown["id"], shown["iban"], len(shown["changes"])) == ("anna", None, 3)
    assert "NL91ABNA0417164300" not in json.dumps(shown)


# a file


def test_payees_are_kept_as_the_list_prints_them(anna):
    anna.run("payee", "set", "ben", "--name", "Ben")
    printed = anna.run("payee", "list", "--json").stdout
    anna.run("payee", "remove", "anna", "ben")

    done = anna.run("payee", "set", "--file", "-", stdin=printed)
    assert (done.stdout, done.stderr) == ("anna: set\nben: set\n", "2 set, 0 unchanged\n")
    assert anna.run("payee", "list", "--json").stdout == printed
    again = anna.run("payee", "set", "--file", "-", "--json", stdin=printed)
    assert [json.loads(line)["changed"] for line in again.stdout.splitlines()] == [False, False]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,iban,bic\nanna,Anna Ż.,NL91 ABNA 0417 1643 00,\n",
        '\ufeffID;Name;IBAN;BIC\r\nanna;"Anna Ż.";NL91ABNA0417164300;\r\n\r\n',
        '{"id": "anna", "iban": "NL91ABNA0417164300", "bic": null}\n',
    ],
    ids=["csv", "semicolons", "json"],
)
def test_a_table_and_json_lines_say_the_same(anna, text):
    anna.run("payee", "set", "--file", file(anna, text))

    assert kept(anna) == ANNA | {"bic": None}


def test_a_column_that_is_not_there_says_nothing(anna):
    anna.run("payee", "set", "--file", file(anna, "name,id\nAnna Żak,anna\nBen,ben\n"))

    assert anna.lines("payee", "list") == [
        ANNA | {"name": "Anna Żak"},
        {"id": "ben", "name": "Ben", "iban": None, "bic": None},
    ]


@pytest.mark.parametrize(
    ("text", "lines", "told"),
    [
        (
            "id,name\nben,Ben\n,x\nben,Ben\ncleo\n",
            [3, 4, 5],
            'Line 3: there is no "id". Line 4: ben stands in line 2, too.',
        ),
        ("id,name,iban\nben,Ben,NL00\n\ncleo,,\n", [2, 4], "is no IBAN"),
        ("id,nmae\nben,Ben\n", [2], 'a payee has no "nmae"; did you mean "name"?'),
        ("name,name,id\na,b,c\n", [1], "the head names 'name' twice"),
        ('id,name\n"ben,Ben\n', [2], "this is no CSV"),
        ('{"id": "ben", "name": 7}\n{"id": 7}\n[]\n', [2, 3], "7 is no id"),
        ('{"id": "ben", "name": ["Ben"]}\n', [1], "\"name\" is ['Ben'], and no text"),
    ],
)
def test_of_a_file_with_lines_that_make_no_sense_nothing_is_kept(anna, text, lines, told):
    error = anna.json("payee", "set", "--file", file(anna, text), code=4)["error"]

    assert error["code"] == "invalid-input"
    assert error["message"].startswith("Nothing of payees.csv was taken. Line ")
    assert told in error["message"]
    assert [each["line"] for each in error["facts"]["lines"]] == lines
    assert anna.lines("payee", "list") == [ANNA]


def test_a_file_that_is_no_text_is_told(anna):
    (anna.folder / "payees.csv").write_bytes(b"id,name\nben,\xff\n")

    assert "Line 2: this is not UTF-8." in anna.run("payee", "set", "--file", "payees.csv", code=4).stderr


# show, list, remove


def test_a_list_masks_the_numbers_of_accounts(anna):
    anna.run("payee", "set", "ben", "--name", "Ben")
    told = anna.run("payee", "list").stdout.splitlines()

    assert told[0].split() == ["payee", "name", "iban", "bic"]
    assert told[1].split() == ["anna", "Anna", "Ż.", "NL************4300", "ABNANL2A"]
    assert told[2].split() == ["ben", "Ben"]
    assert anna.lines("payee", "list")[0] == ANNA


def test_nobody_is_shown_who_is_not_there(anna):
    assert anna.json("payee", "show", "ann", code=4)["error"] == {
        "code": "unknown-payee",
        "message": "No bank details are kept of ann; `caseway payee set` keeps some.",
        "facts": {"payee": "ann"},
    }


def test_a_payee_is_removed_and_removing_again_changes_nothing(anna):
    assert anna.lines("payee", "remove", "anna", "ben") == [
        {"id": "anna", "removed": True},
        {"id": "ben", "removed": False},
    ]
    assert anna.run("payee", "remove", "anna").stdout == "anna: was not there\n"
    result = anna.run("payee", "list")
    assert (result.stdout, result.stderr) == ("", "There are no payees.\n")


@pytest.mark.parametrize("verb", [("list",), ("show", "anna"), ("remove", "anna"), ("set", "anna")])
def test_nobody_who_acts_sees_bank_details(anna, verb):
    assert "leave --as out" in anna.run("payee", *verb, "--as", "clerk:anna", code=2).stderr


def test_payees_are_offered(anna):
    assert completed("payee", "show") == ["anna"]
    assert completed("payee", "remove", incomplete="b") == []
