from __future__ import annotations

import csv
import os
import sqlite3
from contextlib import closing

import pytest


def test_the_lines_of_the_ledger_say_why(terminal):
    terminal.paid()
    told = terminal.run("ledger", "postings").stdout.splitlines()

    assert told[0].split() == ["time", "source", "owner", "account", "amount", "for"]
    assert told[1].split() == [
        "2026-03-02",
        "09:20:00Z",
        "R-1",
        "platform",
        "payouts",
        "-2.25",
        "EUR",
        "Fee",
        "[RE-02]",
    ]
    assert told[2].split() == ["2026-03-02", "09:20:00Z", "R-1", "anna", "payable", "2.25", "EUR", "Fee", "[RE-02]"]


def test_the_lines_of_the_ledger_come_as_json_lines(terminal):
    terminal.paid()
    lines = terminal.lines("ledger", "postings", "--case", "R-1")

    assert sum(line["amount"] for line in lines) == 0
    assert lines[1] == {
        "effect": lines[0]["effect"],
        "line": 1,
        "kind": "payout",
        "case": "R-1",
        "revision": 3,
        "process": "repair",
        "version": 1,
        "batch": None,
        "at": "2026-03-02T09:20:00Z",
        "owner": "anna",
        "account": "payable",
        "amount": 225,
        "unit": "EUR",
        "payout": "fee",
        "purpose": "Fee",
        "implements": ["RE-02"],
        "seq": 2,
    }


def test_balances_sum_what_was_paid(terminal):
    terminal.paid("R-1")
    terminal.paid("R-2")

    assert terminal.run("ledger", "balance").stdout.splitlines()[1].split() == ["anna", "payable", "4.50", "EUR"]
    assert terminal.lines("ledger", "balance", "--owner", "anna") == [
        {"owner": "anna", "account": "payable", "unit": "EUR", "amount": 450}
    ]


def test_an_empty_ledger_says_so_beside_the_data(terminal):
    terminal.start()

    for verb in ("postings", "balance"):
        result = terminal.run("ledger", verb)
        assert result.stdout == ""
        assert result.stderr.startswith("There are no such")
        assert terminal.lines("ledger", verb) == []


def test_a_ledger_without_a_database_is_the_worlds_fault(terminal):
    for verb in ("postings", "balance"):
        assert "does not exist" in terminal.run("ledger", verb, code=5).stderr
        assert terminal.json("ledger", verb, code=5)["error"]["code"] == "world"


def test_balances_may_be_narrowed(terminal):
    terminal.paid()

    def owners(*arguments):
        return [each["owner"] for each in terminal.lines("ledger", "balance", *arguments)]

    assert owners("--account", "payouts") == ["platform"]
    assert owners("--unit", "EUR") == ["anna", "platform"]
    assert owners("--unit", "PLN") == []


def test_lines_may_be_narrowed_by_time(terminal):
    terminal.paid()

    def count(*arguments):
        return len(terminal.lines("ledger", "postings", *arguments))

    assert count("--since", "2026-03-02", "--until", "2026-03-02") == 2
    assert count("--since", "2026-03-02T09:20:00Z") == 2
    assert count("--until", "2026-03-02T09:20:00Z") == 0
    assert count("--until", "2026-03-01") == count("--since", "2026-03-03") == 0
    assert count("--since", "2026-03-02T23:00:00+14:00", "--unit", "EUR", "--until", "9999-12-31") == 2


def test_an_actor_sees_their_own_lines_alone(terminal):
    terminal.paid()

    for verb in ("postings", "balance", "export"):
        told = terminal.run("ledger", verb, "--as", "clerk:anna").stdout
        assert "anna" in told
        assert "platform" not in told
    for arguments in (("balance", "--owner", "anna"), ("statement", "anna")):
        assert terminal.json("ledger", *arguments, "--as", "owner:jan", code=4)["error"]["code"] == "not-allowed"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("postings", "--since", "yesterday"), 2, "neither a day"),
        (("postings", "--since", "2026-03-02T09:00:00"), 2, "neither a day"),
        (("postings", "--since", "2026-03-04", "--until", "2026-03-02"), 4, "before it begins"),
        (("postings", "--unit", "eur"), 2, "written in capitals"),
        (("export", "--json", "--format", "csv"), 2, "give one"),
        (("statement",), 2, "PAYEE"),
        (("statement", "anna", "--format", "doc"), 2, "--format"),
        (("statement", "anna", "--json", "--format", "csv"), 2, "give one"),
        (("statement", "anna", "--output", "x.txt"), 2, "--format csv or --format pdf"),
        (("statement", "anna", "--format", "csv", "--output", "."), 2, "directory"),
        (("statement", "anna", "--format", "csv", "--output", "none/x.csv"), 5, "none/x.csv"),
        (("verify", "--as", "clerk:anna"), 2, "leave --as out"),
    ],
)
def test_what_makes_no_sense_is_told(terminal, arguments, code, told):
    terminal.paid()

    result = terminal.run("ledger", *arguments, code=code)
    assert told in result.stderr + result.stdout


# export


def test_the_book_is_exported_for_a_spreadsheet(terminal):
    terminal.paid()
    rows = list(csv.DictReader(terminal.run("ledger", "export").stdout.splitlines()))

    assert [(row["owner"], row["amount"], row["unit"]) for row in rows] == [
        ("platform", "-2.25", "EUR"),
        ("anna", "2.25", "EUR"),
    ]
    assert rows[1] == {
        "at": "2026-03-02T09:20:00Z",
        "owner": "anna",
        "account": "payable",
        "amount": "2.25",
        "unit": "EUR",
        "purpose": "Fee",
        "kind": "payout",
        "case": "R-1",
        "batch": "",
        "process": "repair",
        "version": "1",
        "revision": "3",
        "payout": "fee",
        "implements": "RE-02",
        "effect": rows[0]["effect"],
        "line": "1",
        "seq": "2",
    }


def test_no_cell_of_an_export_is_a_formula(terminal):
    terminal.start("=1+1")
    for event, more in (("take", ()), ("finish", ("--data", "works=true"))):
        terminal.run("send", "=1+1", event, "--as", "clerk:@anna", *more)

    row = list(csv.DictReader(terminal.run("ledger", "export").stdout.splitlines()))[1]
    assert (row["case"], row["owner"]) == ("'=1+1", "'@anna")


def test_an_export_of_json_is_what_postings_prints(terminal):
    terminal.paid()
    lines = terminal.run("ledger", "postings", "--json").stdout

    assert terminal.run("ledger", "export", "--json").stdout == lines
    assert terminal.run("ledger", "export", "--format", "json").stdout == lines
    assert terminal.run("ledger", "export", "--unit", "PLN").stdout.count("\n") == 1


# a statement


@pytest.fixture
def paid_twice(terminal):
    """A terminal whose ledger owes anna for two repairs of different days."""
    terminal.paid("R-1")
    terminal.start("R-2")
    for event, more in (("take", ()), ("finish", ("--data", "works=true"))):
        terminal.run("send", "R-2", event, "--as", "clerk:anna", "--now", "2026-03-05T09:20:00Z", *more)
    return terminal


def test_a_statement_says_what_was_held_before_and_after(paid_twice):
    told = paid_twice.run("ledger", "statement", "anna", "--since", "2026-03-03").stdout.splitlines()

    assert told[0] == "payable, EUR"
    assert [line.split() for line in told[1:]] == [
        ["time", "source", "for", "amount", "balance"],
        ["before", "2.25"],
        ["2026-03-05", "09:20:00Z", "R-2:4", "Fee", "[RE-02]", "2.25", "4.50"],
        ["after", "4.50"],
    ]


def test_a_statement_is_one_document_of_json(paid_twice):
    made = paid_twice.json("ledger", "statement", "anna", "--until", "2026-03-04", "--as", "clerk:anna")

    [section] = made["sections"]
    assert (made["owner"], made["since"], made["until"]) == ("anna", None, "2026-03-05T00:00:00Z")
    assert (section["account"], section["unit"], section["opening"], section["closing"]) == ("payable", "EUR", 0, 225)
    [line] = section["lines"]
    assert (line["case"], line["amount"], line["share"], line["balance"]) == ("R-1", 225, None, 225)


def test_what_something_is_for_is_told_in_the_language_of_whoever_asks(paid_twice):
    paid_twice.run("person", "set", "anna", "--role", "clerk", "--language", "nl")

    for verb in (("ledger", "statement", "anna"), ("ledger", "postings"), ("history", "R-1"), ("ledger", "export")):
        for who, language in (((), "en"), (("--lang", "nl"), "nl"), (("--as", "clerk:anna"), "nl")):
            told = paid_twice.run(*verb, *who).stdout
            assert ("Vergoeding" in told, "Fee" in told) == (language == "nl", language == "en"), (verb, who)
    told = paid_twice.run("ledger", "statement", "anna", "--lang", "nl", "--format", "csv").stdout
    assert ",payout,Vergoeding,R-2,4,RE-02,repair,1,fee,,R-2:4:0,,2.25,4.50\n" in told
    assert paid_twice.lines("ledger", "postings", "--lang", "nl")[0]["purpose"] == "Vergoeding"
    assert paid_twice.lines("history", "R-1")[2]["effects"][-1]["purpose"] == {"en": "Fee", "nl": "Vergoeding"}


def test_a_statement_tells_what_part_of_what_a_share_is(terminal):
    folder = terminal.folder / "shared" / "tip"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(TIP, encoding="utf-8")
    terminal.run("start", "tip", "--id", "T-1", "--processes", "shared", "--data", 'who=["anna", "anna", "ben"]')
    where = ("ledger", "statement", "anna", "--processes", "shared")

    assert "share it" in terminal.run(*where).stdout
    assert ",2 of 3 parts of 10 POINTS,T-1:1:0," in terminal.run(*where, "--format", "csv").stdout
    [line] = terminal.json(*where, "--as", "friend:anna")["sections"][0]["lines"]
    assert line["share"] == {"weight": 2, "of": 3, "total": 10}


TIP = """
process: tip
version: 1
data: {type: object, properties: {who: {type: array, items: {type: string}}}}
payouts:
  tip: {amount: 10, unit: POINTS, split: {among: case.who, payee: item}, purpose: share it}
states:
  open: {entry: [{pay: tip}], on: {go: {target: done}}}
  done: {type: final}
events: {go: {}}
"""


def test_a_statement_may_be_a_file(paid_twice):
    result = paid_twice.run("ledger", "statement", "anna", "--format", "csv")
    assert len(result.stdout.splitlines()) == 5
    told = paid_twice.run("ledger", "statement", "anna", "--format", "csv", "--output", "anna.csv")
    assert (told.stdout, told.stderr) == ("", "The statement is in anna.csv.\n")
    assert (paid_twice.folder / "anna.csv").read_text(encoding="utf-8") == result.stdout
    assert (paid_twice.folder / "anna.csv").stat().st_mode & 0o777 == 0o600
    paid_twice.run("ledger", "statement", "anna", "--format", "pdf", "--output", "anna.pdf")
    assert (paid_twice.folder / "anna.pdf").read_bytes().startswith(b"%PDF")


def test_a_statement_goes_where_a_link_leads_and_the_link_stays(paid_twice):
    (paid_twice.folder / "link.csv").symlink_to("real.csv")
    for _ in range(2):
        paid_twice.run("ledger", "statement", "anna", "--format", "csv", "--output", "link.csv")
        assert (paid_twice.folder / "link.csv").is_symlink()
    assert (paid_twice.folder / "real.csv").read_text(encoding="utf-8").startswith("owner,")


def test_a_statement_is_written_to_a_pipe_and_not_put_in_its_place(paid_twice):
    pipe = paid_twice.folder / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    paid_twice.run("ledger", "statement", "anna", "--format", "csv", "--output", "pipe")
    assert os.read(reading, 6) == b"owner,"
    os.close(reading)
    assert pipe.is_fifo()


def test_a_name_that_is_no_utf_8_is_said_to_be_none(paid_twice):
    result = paid_twice.run("ledger", "balance", "--owner", "\udcff", code=4)
    assert result.stderr.endswith("cannot hold a value that it was given: a text that is no UTF-8.\n")


def test_a_statement_of_nobody_says_so(terminal):
    terminal.paid()

    result = terminal.run("ledger", "statement", "ben")
    assert (result.stdout, result.stderr) == ("", "Nobody of the name ben has an account.\n")
    for verb in (("balance", "--owner", "ben"), ("postings", "--owner", "ben")):
        result = terminal.run("ledger", *verb)
        assert (result.stdout, result.stderr) == ("", "Nobody of the name ben has an account.\n")
    early = terminal.run("ledger", "statement", "anna", "--until", "2026-01-01")
    assert early.stderr == "There is nothing on the accounts of anna in that time.\n"
    assert terminal.json("ledger", "statement", "ben")["sections"] == []


@pytest.mark.parametrize(("name", "code"), [("--batch", "unknown-batch"), ("--case", "unknown-case")])
def test_lines_of_what_there_is_not_are_refused(terminal, name, code):
    terminal.paid()

    assert terminal.json("ledger", "postings", name, "NOPE", code=4)["error"]["code"] == code
    assert terminal.run("ledger", "postings", name, "NOPE", "--as", "clerk:anna").stdout == ""


# verify


def by_hand(terminal, statement):
    with closing(sqlite3.connect(terminal.folder / "caseway.db")) as database:
        database.execute(statement)
        database.commit()


def test_a_book_that_is_as_it_should_be_is_said_to_be(terminal):
    terminal.paid("R-1")
    terminal.paid("R-2")

    told = terminal.run("ledger", "verify")
    assert told.stdout.startswith("The book is as it should be: 4 lines, 2 cases and batches, ")
    assert terminal.lines("ledger", "verify") == []


def test_what_was_changed_by_hand_is_told_row_by_row(terminal):
    terminal.paid()
    by_hand(terminal, "UPDATE caseway_posting SET amount = 999 WHERE line = 1")

    told = terminal.run("ledger", "verify", code=4)
    assert "amount is 999, and should be 225." in told.stdout
    assert told.stderr.startswith("2 differences in 2 lines, 1 case or batch, ")
    changed, unbalanced = terminal.lines("ledger", "verify", code=4)
    assert changed == {
        "kind": "changed",
        "row": {"effect": changed["row"]["effect"], "line": 1},
        "source": "R-1",
        "field": "amount",
        "found": 999,
        "expected": 225,
        "message": changed["message"],
    }
    assert (unbalanced["kind"], unbalanced["found"]) == ("unbalanced", 774)


def test_a_line_that_is_gone_is_told_with_what_it_said(terminal):
    terminal.paid()
    lines = terminal.lines("ledger", "postings")
    by_hand(terminal, "DELETE FROM caseway_posting")

    found = terminal.lines("ledger", "verify", code=4)
    assert [each["kind"] for each in found] == ["missing", "missing"]
    assert [each["expected"] for each in found] == [line | {"seq": None} for line in lines]


# sums that are kept


def test_a_worker_that_is_idle_keeps_sums_where_there_is_much_to_sum(terminal, monkeypatch):
    terminal.paid("R-1")
    assert terminal.lines("worker", "once") == []
    monkeypatch.setattr("caseway.cli.worker.due.CHECKPOINT", 2)
    terminal.paid("R-2")

    assert terminal.lines("worker", "once") == [{"kind": "checkpoint", "postings": 4}]
    assert terminal.lines("worker", "once") == []
    terminal.paid("R-3")
    told = terminal.run("worker", "once", "--only", "messages")
    assert told.stdout == "2 lines of the ledger were taken into its sums\n"
    assert terminal.run("ledger", "balance", "--owner", "anna").stdout.splitlines()[1].split()[2] == "6.75"
    assert terminal.run("ledger", "verify").stdout.endswith(", 2 kept sums.\n")
