"""The examples run as they stand."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from click.testing import CliRunner
from pypdf import PdfReader

from caseway.cli.main import program as caseway
from tests import program

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_host_service_runs_cases_in_its_own_transactions(tmp_path):
    done = program.done(program.PYTHON, EXAMPLES / "embed.py", f"sqlite:///{tmp_path / 'host.db'}", cwd=tmp_path)
    assert done.stdout.splitlines() == [
        "offered.asking",
        (
            'not-a-candidate: The work of case order-7 in "offered.asking" is not offered to friend:piotr, '
            "who is not one of its candidates."
        ),
        "taken.contacting",
    ]
    assert done.stderr == ""


def test_the_host_service_is_about_twenty_lines():
    lines = [line for line in (EXAMPLES / "embed.py").read_text().splitlines() if line.strip()]
    assert len(lines) <= 30


def test_every_command_of_the_demo_is_a_verb_that_there_is():
    verbs = {"start", "send", "show", "history", "list", "report", "worker", "ledger", "payee"}
    for story in (EXAMPLES / "demo").glob("*.txt"):
        for line in story.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or line.removeprefix("! ").split()[0] in verbs


def test_the_bill_of_the_demo_is_a_pdf_in_polish_letters_that_adds_up(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(EXAMPLES / "demo" / "visit.json", tmp_path)
    runner = CliRunner()
    assert runner.invoke(caseway, ["db", "init", "--rehearsal"]).exit_code == 0
    for line in (EXAMPLES / "demo" / "orange-friends-visit.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            done = runner.invoke(caseway, shlex.split(line.removeprefix("! ")))
            assert done.exit_code == (4 if line.startswith("!") else 0), f"{line}: {done.output}"

    bills = [PdfReader(path).pages[0].extract_text() for path in tmp_path.rglob("*.bill.pdf")]

    assert len(bills) == 2  # one for the customer, one for who came
    for bill in bills:
        assert "Zapłacono gotówką" in bill
        *lines, total, commission = [
            int(found.replace(".", "")) for found in re.findall(r"([0-9]+\.[0-9]{2}) PLN", bill)
        ]
        assert len(lines) == 2
        assert sum(lines) == total
        assert commission == total * 15 // 100
