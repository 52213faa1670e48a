from __future__ import annotations


def test_the_lines_of_the_ledger_say_why(terminal):
    terminal.paid()
    told = terminal.run("ledger", "postings").stdout.splitlines()

    assert told[0].split() == ["time", "case", "owner", "account", "amount", "for"]
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
        "case": "R-1",
        "revision": 3,
        "process": "repair",
        "version": 1,
        "at": "2026-03-02T09:20:00Z",
        "owner": "anna",
        "account": "payable",
        "amount": 225,
        "unit": "EUR",
        "payout": "fee",
        "purpose": "Fee",
        "implements": ["RE-02"],
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
