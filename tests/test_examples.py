"""The examples run as they stand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parent.parent / "examples"


def test_a_host_service_runs_cases_in_its_own_transactions(tmp_path):
    done = subprocess.run(
        [sys.executable, EXAMPLES / "embed.py", f"sqlite:///{tmp_path / 'host.db'}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
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
    verbs = {"start", "send", "show", "history", "list", "report", "worker", "ledger"}
    for story in (EXAMPLES / "demo").glob("*.txt"):
        for line in story.read_text(encoding="utf-8").splitlines():
            assert line.startswith("#") or line.removeprefix("! ").split()[0] in verbs
