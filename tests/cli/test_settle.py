"""`caseway ledger settle`, `batch`, `batches` and `reject`."""

from __future__ import annotations

import json
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal
from tests.cli.test_completion import completed

NOW = ("--now", "2026-03-03T10:00:00Z")
PLATFORM = ("--name", "Caseway B.V.", "--iban", "NL02ABNA0123456789")


@pytest.fixture
def owing(terminal: Terminal) -> Terminal:
    """A terminal whose ledger owes anna 2.25 EUR; where money comes from and goes to is known."""
    terminal.paid()
    terminal.run("payee", "set", "platform", *PLATFORM)
    terminal.run("payee", "set", "anna", "--name", "Anna Ż.", "--iban", "NL91ABNA0417164300")
    return terminal


def settled(terminal: Terminal, *more: str, code: int = 0):
    return terminal.json("ledger", "settle", "--unit", "EUR", *NOW, *more, code=code)


def owed(terminal: Terminal) -> list[tuple[str, int]]:
    return [(each["owner"], each["amount"]) for each in terminal.lines("ledger", "balance", "--account", "payable")]


# settle


def test_what_is_owed_is_settled_and_a_file_tells_the_bank(owing: Terminal):
    done = settled(owing, "--output", "bank", "--by", "Eva")

    assert done == {
        "id": "EUR-20260303-1",
        "unit": "EUR",
        "account": "payable",
        "at": "2026-03-03T10:00:00Z",
        "due": "2026-03-03",
        "format": "pain.001",
        "by": "Eva",
        "debtor": {"id": "platform", "name": "Caseway B.V.", "iban": "NL02ABNA0123456789", "bic": None},
        "total": 225,
        "rehearsal": False,
        "seal": done["seal"],
        "asked": {"minimum": 1, "due": None, "only": [], "leave_out": []},
        "shared_accounts": [],
        "lines": [
            {
                "number": 1,
                "payee": {"id": "anna", "name": "Anna Ż.", "iban": "NL91ABNA0417164300", "bic": None},
                "amount": 225,
                "rejected": None,
            }
        ],
        "file": done["file"],
        "changed": True,
    }
    [file] = (owing.folder / "bank").iterdir()
    assert done["file"] == f"bank/{file.name}"
    assert len(done["seal"]) == 64
    assert "<IBAN>NL91ABNA0417164300</IBAN>" in file.read_text(encoding="utf-8")
    assert owed(owing) == [("anna", 0)]


def test_people_are_told_what_was_settled_and_see_the_ends_of_account_numbers(owing: Terminal):
    done = owing.run("ledger", "settle", "--unit", "EUR", "--by", "Eva", *NOW)

    assert done.stdout.splitlines() == [
        "batch    EUR-20260303-1, settled 2026-03-03 10:00:00Z",
        "by       Eva",
        "debtor   platform (Caseway B.V., NL************6789)",
        "account  payable",
        "due      2026-03-03",
        "format   pain.001",
        "total    2.25 EUR to 1 payee",
        "",
        "no  payee  name     iban                  amount",
        " 1  anna   Anna Ż.  NL************4300  2.25 EUR",
    ]
    assert done.stderr == "`caseway ledger batch EUR-20260303-1 --output DIR` writes its file.\n"
    assert [path.name for path in owing.folder.iterdir() if path.suffix in {".xml", ".csv"}] == []


def test_settling_a_batch_again_changes_nothing_and_writes_the_same_file(owing: Terminal):
    first = settled(owing, "--batch", "march", "--output", "one")
    owing.paid("R-2")
    again = settled(owing, "--batch", "march", "--output", "two")

    assert again == first | {"changed": False, "file": again["file"]}
    [one], [two] = (list((owing.folder / name).iterdir()) for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert owed(owing) == [("anna", 225)]
    told = owing.run("ledger", "settle", "--unit", "EUR", "--batch", "march", *NOW).stderr
    assert told.startswith("Batch march was settled before; nothing changed.")


def test_a_file_of_csv_needs_no_bank_details(terminal: Terminal):
    terminal.paid()
    done = settled(terminal, "--format", "csv", "--output", "bank")

    assert (done["format"], done["lines"][0]["payee"]["iban"]) == ("csv", None)
    [file] = (terminal.folder / "bank").iterdir()
    assert file.read_text(encoding="utf-8").splitlines()[1:] == [f"{done['id']},1,anna,anna,,2.25,EUR"]


@pytest.mark.parametrize("day", ["2026-03-03", "2026-03-05", "2027-03-03"])
def test_the_day_may_be_said(owing: Terminal, day: str):
    assert settled(owing, "--due", day)["due"] == day


def test_who_is_owed_less_or_is_left_out_waits(owing: Terminal):
    error = settled(owing, "--minimum", "2.26", code=4)["error"]
    assert error["code"] == "nothing-to-settle"
    assert "nobody has 2.26 EUR or more" in error["message"]
    assert settled(owing, "--except", "anna", code=4)["error"]["code"] == "nothing-to-settle"
    assert settled(owing, "--only", "ben", code=4)["error"]["code"] == "cannot-settle"
    assert settled(owing, "--minimum", "2.25", "--only", "anna")["total"] == 225
    told = owing.run("ledger", "settle", "--unit", "EUR", *NOW, code=4).stderr
    assert told.startswith("Refused: There is nothing to settle")
    assert "`caseway ledger batch EUR-20260303-1 --output DIR`" in told


def test_all_that_stands_against_it_is_told_at_once_and_nothing_is_settled(terminal: Terminal):
    terminal.paid()
    error = settled(terminal, code=4)["error"]

    assert error["code"] == "cannot-settle"
    assert [each["payee"] for each in error["facts"]["objections"]] == ["platform", "anna"]
    assert owed(terminal) == [("anna", 225)]
    assert terminal.lines("ledger", "batches") == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "--unit"),
        (("--unit", "eur"), 2, "'eur' is no unit"),
        (("--unit", "EUR", "--minimum", "1.234"), 2, "which has 2 digits after the point"),
        (("--unit", "EUR", "--minimum", "1e3"), 2, "'1e3' is no amount of EUR"),
        (("--unit", "EUR", "--minimum", "-5"), 2, "'-5' is no amount of EUR"),
        (("--unit", "EUR", "--minimum", "٣"), 2, "is no amount of EUR"),
        (("--unit", "EUR", "--minimum", "1,50"), 2, "write it like 1250.00"),
        (("--unit", "EUR", "--due", "tomorrow"), 2, "'tomorrow' is not a day"),
        (("--unit", "EUR", "--format", "pain"), 2, "--format"),
        (("--unit", "EUR", "--as", "clerk:anna"), 2, "leave --as out"),
        (("--unit", "EUR", "--batch", "a/b"), 2, "cannot be the id of a batch"),
        (("--unit", "EUR", "--by", "\n"), 2, "is not 1 to 200 printable characters"),
        (("--unit", "EUR", "--account", "cash"), 4, 'The account "cash" holds what changed hands already'),
        (
            ("--unit", "EUR", "--debtor", "ghost", "--format", "csv"),
            4,
            "ghost is to pay, and nobody of this id is kept",
        ),
        (("--unit", "EUR", "--now", "2026-03-02T09:19:00Z"), 4, "would be settled before it was there"),
        (("--unit", "EUR", "--due", "1999-01-01"), 4, "1999-01-01"),
        (
            (*("--unit", "EUR", "--due", "2027-03-04"), *NOW),
            4,
            "A bank takes orders up to 365 days ahead, and 2027-03-04",
        ),
        (("--unit", "EUR", "--due", "9999-12-31"), 4, "up to 365 days ahead"),
        (("--unit", "PLN", "--format", "pain.001"), 4, "no PLN"),
        (("--unit", "STARS"), 4, "nothing to settle"),
        (("--unit", "EUR", "--account", "\x1b[2J"), 4, "nothing to settle"),
        (("--unit", "EUR", "--debtor", "nobody"), 4, "nobody is to pay"),
    ],
)
def test_what_cannot_be_settled_is_told(owing: Terminal, arguments: tuple[str, ...], code: int, told: str):
    result = owing.run("ledger", "settle", *arguments, code=code)

    assert told in result.stderr
    assert (result.stdout, owed(owing)) == ("", [("anna", 225)])


def test_a_batch_on_other_terms_is_not_the_same_and_what_differs_is_told(owing: Terminal):
    settled(owing, "--batch", "march", "--only", "anna")

    other = ("--only", "ben", "--minimum", "5", "--due", "2026-03-08", "--batch", "march")
    for more in ((), ("--dry-run",)):
        error = settled(owing, *other, *more, code=4)["error"]
        assert error["code"] == "batch-id-reused"
        assert (
            "minimum was 0.01 EUR, and is 5.00 EUR; due was the day of the settlement, and is 2026-03-08"
            in error["message"]
        )
        assert error["facts"]["differing"]["only"] == {"was": ["anna"], "asked": ["ben"]}
    later = ("--now", "2026-03-09T10:00:00Z")
    assert settled(owing, "--batch", "march", "--only", "anna", *later)["changed"] is False


def test_a_dry_run_refuses_what_settling_refuses(owing: Terminal):
    for wrong, code in ((("--batch", "bad id"), 2), (("--by", ""), 2), (("--account", "cash"), 4)):
        errors = [settled(owing, *wrong, *more, code=code)["error"] for more in ((), ("--dry-run",))]
        assert errors[0] == errors[1]


def test_one_bank_account_of_several_is_told_and_settled(owing: Terminal):
    owing.run("payee", "set", "anna", "--iban", "NL02ABNA0123456789")
    told = owing.run("ledger", "settle", "--unit", "EUR", *NOW, "--dry-run").stderr
    assert told == "Look at this: platform, anna have the same bank account, NL************6789.\n"
    done = settled(owing)
    assert done["shared_accounts"] == [{"iban": "NL02ABNA0123456789", "payees": ["platform", "anna"]}]


def test_a_batch_of_another_kind_is_not_the_same(owing: Terminal):
    settled(owing, "--batch", "march")

    error = settled(owing, "--batch", "march", "--account", "other", code=4)["error"]
    assert error["code"] == "batch-id-reused"


# the file


@pytest.mark.parametrize("folder", ["file/inner", "file", "/proc/nowhere"])
def test_where_no_file_can_be_written_nothing_is_settled(owing: Terminal, folder: str):
    (owing.folder / "file").write_text("", encoding="utf-8")

    result = owing.run("ledger", "settle", "--unit", "EUR", *NOW, "--output", folder, code=2 if folder == "file" else 5)
    assert result.stdout == ""
    assert owed(owing) == [("anna", 225)]


def test_a_file_that_fails_after_the_settlement_says_how_it_is_written(owing: Terminal):
    name = settled(owing, "--batch", "march", "--output", "one")["file"].removeprefix("one/")
    (owing.folder / "two" / name).mkdir(parents=True)  # a folder stands where the file would

    told = owing.run("ledger", "batch", "march", "--output", "two", code=5).stderr
    assert "The file of batch march could not be written into two: Is a directory." in told
    assert "The batch is settled; `caseway ledger batch march --output DIR` writes its file." in told
    assert [path.name for path in (owing.folder / "two").iterdir()] == [name]


def test_the_file_of_a_batch_is_written_anew_the_same(owing: Terminal):
    first = settled(owing, "--output", "one")
    shown = owing.json("ledger", "batch", first["id"], "--output", "two")

    assert shown["lines"] == first["lines"]
    names = [first["file"], shown["file"]]
    assert len({(owing.folder / name).read_bytes() for name in names}) == 1
    assert owing.json("ledger", "batch", first["id"])["file"] is None


def test_nobody_but_its_owner_may_read_the_file(owing: Terminal):
    done = settled(owing, "--output", "bank")
    path = owing.folder / done["file"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    owing.run("ledger", "batch", done["id"], "--output", "bank")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_where_the_output_cannot_be_written_people_are_told_what_was_settled(owing: Terminal):
    for number, more in enumerate((("--output", "bank"), ("--json",), ()), 1):
        owing.paid(f"R-{number + 1}")
        line = ("-m", "caseway.cli.main", "ledger", "settle", "--unit", "EUR", *NOW, *more)
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, *line], check=False, cwd=owing.folder, stdout=full, stderr=subprocess.PIPE, text=True
            )
        id_ = f"EUR-20260303-{number}"
        file = f" Its file is bank/{id_}.xml." if "--output" in more else ""
        assert done.returncode == 5
        assert f"Batch {id_} is settled.{file} `caseway ledger batch {id_} --output DIR` shows it and" in done.stderr
        assert "No space left on device" in done.stderr
    assert len(owing.lines("ledger", "batches")) == 3


# a batch that somebody changed


@pytest.fixture
def changed(owing: Terminal) -> Terminal:
    """A terminal whose batch march has another bank account now than the one it was settled with."""
    settled(owing, "--batch", "march")
    with closing(sqlite3.connect(owing.folder / "caseway.db")) as database:
        database.execute("UPDATE caseway_batch SET document = replace(document, 'NL91ABNA', 'NL92ABNA')")
        database.commit()
    return owing


@pytest.mark.parametrize(
    "arguments",
    [
        ("batch", "march", "--output", "bank"),
        ("settle", "--unit", "EUR", "--batch", "march", "--output", "bank"),
        ("settle", "--unit", "EUR", "--batch", "march"),
        ("reject", "march", "anna", "--reason", "closed"),
    ],
)
def test_nothing_is_made_of_a_batch_that_was_changed(changed: Terminal, arguments: tuple[str, ...]):
    told = changed.run("ledger", *arguments, code=4)
    assert told.stdout == ""
    assert told.stderr.startswith("Refused: Batch march is not as it was settled")
    assert changed.json("ledger", *arguments, code=4)["error"]["code"] == "broken-seal"
    assert not list((changed.folder / "bank").glob("*"))
    assert owed(changed) == [("anna", 0)]


def test_a_batch_that_was_changed_can_be_looked_at_and_says_so(changed: Terminal):
    shown = changed.run("ledger", "batch", "march")
    assert shown.stderr == "This is not what was settled: `caseway ledger verify` says where batch march was changed.\n"
    assert changed.json("ledger", "batch", "march")["as_settled"] is False
    told = changed.run("ledger", "verify", code=4)
    assert told.stdout.startswith("Line 1 of batch march, to anna, is not as it was settled")
    assert told.stderr.startswith("1 difference in ")


# a rehearsal


def test_what_was_settled_in_a_rehearsal_says_so_in_the_file_and_its_name(terminal: Terminal):
    terminal.run("db", "init", "--rehearsal")
    terminal.paid()
    terminal.run("payee", "set", "platform", *PLATFORM)
    terminal.run("payee", "set", "anna", "--name", "Anna Ż.", "--iban", "NL91ABNA0417164300")
    done = settled(terminal, "--batch", "march", "--output", "bank")

    assert (done["id"], done["rehearsal"], done["file"]) == ("march", True, "bank/REHEARSAL-march.xml")
    text = (terminal.folder / done["file"]).read_text(encoding="utf-8")
    for tag in ("MsgId", "PmtInfId", "Ustrd"):
        assert f"<{tag}>REHEARSAL-march</{tag}>" in text
    assert "<EndToEndId>march-1</EndToEndId>" in text


def test_a_dry_run_says_what_would_be_and_writes_nothing(owing: Terminal):
    plan = settled(owing, "--dry-run", "--output", "bank", "--batch", "march")

    assert [(line["payee"]["id"], line["amount"]) for line in plan["lines"]] == [("anna", 225)]
    assert (plan["total"], plan["minimum"], plan["left_out"], plan["objections"]) == (225, 1, [], [])
    told = owing.run("ledger", "settle", "--unit", "EUR", "--dry-run", *NOW).stdout.splitlines()
    assert told[0] == "batch    this is what would be settled; nothing is written"
    assert told[-1].split() == ["1", "anna", "Anna", "Ż.", "NL************4300", "2.25", "EUR"]
    assert not (owing.folder / "bank").exists()
    assert owing.lines("ledger", "batches") == []


def test_a_dry_run_of_a_batch_that_is_there_says_that_nothing_would_change(owing: Terminal):
    first = settled(owing, "--batch", "march")
    owing.paid("R-2")

    assert settled(owing, "--batch", "march", "--dry-run", "--output", "bank") == first | {"changed": False}
    assert owed(owing) == [("anna", 225)]
    assert not (owing.folder / "bank").exists()


def test_a_dry_run_says_what_stands_against_it(terminal: Terminal):
    terminal.paid()
    plan = settled(terminal, "--dry-run", code=4)

    assert [each["payee"] for each in plan["objections"]] == ["platform", "anna"]
    assert (
        "Refused: Nothing was settled: platform is to pay"
        in terminal.run("ledger", "settle", "--unit", "EUR", "--dry-run", *NOW, code=4).stderr
    )
    few = terminal.run(
        "ledger", "settle", "--unit", "EUR", "--format", "csv", "--minimum", "3", "--dry-run", *NOW, code=4
    )
    assert few.stderr.startswith("Left out: anna, 2.25 EUR (below minimum)\nRefused: There is nothing to settle")
    assert "total    0.00 EUR to 0 payees" in few.stdout


# batches


def test_batches_are_listed_the_newest_first(owing: Terminal):
    assert owing.run("ledger", "batches").stderr == "Nothing was settled yet.\n"
    settled(owing, "--by", "Eva")
    owing.paid("R-2")
    settled(owing)

    assert [(each["id"], each["count"], each["total"]) for each in owing.lines("ledger", "batches")] == [
        ("EUR-20260303-2", 1, 225),
        ("EUR-20260303-1", 1, 225),
    ]
    told = owing.run("ledger", "batches").stdout.splitlines()
    assert told[0].split() == ["batch", "settled", "account", "payees", "amount", "format", "by"]
    assert told[2].split()[3:] == ["payable", "1", "2.25", "EUR", "pain.001", "Eva"]


def test_a_batch_that_is_not_there_is_refused(owing: Terminal):
    for arguments in (
        ("batch", "march"),
        ("batch", "march", "--output", "bank"),
        ("reject", "march", "anna", "--reason", "x"),
    ):
        assert owing.json("ledger", *arguments, code=4)["error"]["code"] == "unknown-batch"
    assert not (owing.folder / "bank").exists()


def test_what_a_settlement_moved_stands_in_the_ledger(owing: Terminal):
    batch = settled(owing)["id"]

    lines = owing.lines("ledger", "postings", "--batch", batch)
    assert [(line["kind"], line["case"], line["account"], line["amount"]) for line in lines] == [
        ("settlement", None, "payable", -225),
        ("settlement", None, "settled", 225),
    ]
    told = owing.run("ledger", "postings", "--batch", batch).stdout.splitlines()[1]
    assert told.split()[2:6] == [batch, "anna", "payable", "-2.25"]


# what the bank sends back


def test_what_the_bank_sent_back_is_open_again(owing: Terminal):
    batch = settled(owing)["id"]
    reject = (
        "ledger",
        "reject",
        batch,
        "anna",
        "--reason",
        "Account closed",
        "--by",
        "Eva",
        "--now",
        "2026-03-04T10:00:00Z",
    )
    done = owing.json(*reject)

    assert done == {
        "batch": batch,
        "number": 1,
        "payee": "anna",
        "amount": 225,
        "unit": "EUR",
        "reason": "Account closed",
        "at": "2026-03-04T10:00:00Z",
        "by": "Eva",
        "changed": True,
    }
    assert owing.json(*reject[:-2]) == done | {"changed": False}
    assert owed(owing) == [("anna", 225)]
    rejected = {"reason": "Account closed", "at": "2026-03-04T10:00:00Z", "by": "Eva"}
    assert owing.json("ledger", "batch", batch)["lines"][0]["rejected"] == rejected
    told = owing.run("ledger", "batch", batch).stdout.splitlines()
    assert told[-2].endswith("amount  sent back")
    assert told[-1].endswith("2.25 EUR  2026-03-04 10:00:00Z: Account closed")
    assert settled(owing, code=4)["error"]["facts"] == {"earliest": "2026-03-04T10:00:00Z"}
    assert settled(owing, "--now", "2026-03-04T10:00:00Z")["total"] == 225


def test_people_are_told_what_came_back(owing: Terminal):
    batch = settled(owing)["id"]

    told = owing.run("ledger", "reject", batch, "anna", "--reason", "Account closed").stdout
    assert told == f"2.25 EUR of batch {batch} came back from anna: Account closed\n"


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("anna",), 2, "--reason"),
        (("ben", "--reason", "x"), 4, "ben"),
        (("anna", "--reason", ""), 2, "'' is not 1 to 200 printable characters"),
        (("--reason", "x"), 2, "Name lines of the batch, or give --file"),
        (("anna", "--file", "-", "--reason", "x"), 2, "Name lines of the batch, or give --file"),
        (("anna", "--reason", "x", "--as", "clerk:anna"), 2, "leave --as out"),
    ],
)
def test_what_cannot_come_back_is_told(owing: Terminal, arguments: tuple[str, ...], code: int, told: str):
    batch = settled(owing)["id"]

    assert told in owing.run("ledger", "reject", batch, *arguments, code=code).stderr


def test_lines_come_back_by_what_the_bank_calls_them_and_from_a_file(owing: Terminal):
    owing.paid("R-2")
    batch = settled(owing, "--batch", "march")["id"]
    text = "id,reason\nmarch-1,AC04\n"
    (done,) = [json.loads(line) for line in reject(owing, batch, "--file", "-", stdin=text).splitlines()]
    assert (done["payee"], done["reason"], done["changed"]) == ("anna", "AC04", True)
    again = owing.run("ledger", "reject", batch, "march-1", "anna", "--reason", "AC04")
    assert again.stdout == "4.50 EUR of batch march came back from anna: AC04\n"
    assert again.stderr == "Line 1 of batch march came back before; nothing changed.\n"


def reject(terminal: Terminal, *arguments: str, stdin: str, code: int = 0) -> str:
    return terminal.run("ledger", "reject", *arguments, "--json", stdin=stdin, code=code).stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id\nanna\n", 'Line 2: there is no \\"reason\\", and no --reason.'),
        ("id,why\nanna,closed\n", 'a line has no \\"why\\"'),
        ('{"id": "anna", "reason": 7}\n', "there is no"),
        ("id,reason\nanna,closed\nanna,closed\n", "anna stands in line 2, too"),
        ("id,reason\nanna,closed\nzoe,closed\n", "Batch march pays nothing to zoe"),
    ],
)
def test_of_a_file_with_lines_that_cannot_come_back_nothing_does(owing: Terminal, text: str, told: str):
    settled(owing, "--batch", "march")

    assert told in reject(owing, "march", "--file", "-", stdin=text, code=4)
    assert owed(owing) == [("anna", 0)]


def test_another_reason_is_not_the_same(owing: Terminal):
    batch = settled(owing)["id"]
    owing.run("ledger", "reject", batch, "anna", "--reason", "Account closed")

    error = owing.json("ledger", "reject", batch, "anna", "--reason", "Unknown account", code=4)["error"]
    assert error["code"] == "already-rejected"


# completion


def test_batches_and_their_payees_are_offered(owing: Terminal):
    batch = settled(owing)["id"]

    assert completed("ledger", "batch") == [batch]
    assert completed("ledger", "reject", batch) == ["anna"]
    assert completed("ledger", "settle", "--only") == ["anna", "platform"]
    assert completed("ledger", "balance", "--as", "clerk:anna", "--owner") == ["anna"]


def test_a_batch_is_one_document_of_json(owing: Terminal):
    printed = owing.run("ledger", "settle", "--unit", "EUR", "--json", *NOW)

    assert json.loads(printed.stdout)["changed"] is True
    assert printed.stderr == ""
