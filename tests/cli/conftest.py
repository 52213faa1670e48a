from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from caseway.cli.main import program

PROCESSES = Path(__file__).parent / "processes"
OPENED = "2026-03-02T09:00:00Z"


@dataclass(frozen=True)
class Terminal:
    """Runs the program in a folder of its own."""

    folder: Path

    def run(self, *arguments: str, stdin: str | None = None, code: int = 0) -> Result:
        result = CliRunner().invoke(program, arguments, input=stdin)
        assert result.exit_code == code, f"{arguments}: {result.exit_code}\n{result.stdout}\n{result.stderr}"
        return result

    def json(self, *arguments: str, stdin: str | None = None, code: int = 0) -> Any:
        result = self.run(*arguments, "--json", stdin=stdin, code=code)
        assert result.stderr == ""
        return json.loads(result.stdout)

    def lines(self, *arguments: str, code: int = 0) -> list[Any]:
        result = self.run(*arguments, "--json", code=code)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def start(self, id: str = "R-1", *more: str) -> None:  # noqa: A002
        self.run("start", "repair", "--id", id, "--data", "owner.name=Jan", "--now", OPENED, *more)

    def paid(self, id: str = "R-1") -> None:  # noqa: A002
        """Bring a case to its end."""
        self.start(id)
        self.run("send", id, "take", "--as", "clerk:anna", "--now", "2026-03-02T09:10:00Z")
        self.run("send", id, "finish", "--as", "clerk:anna", "--data", "works=true", "--now", "2026-03-02T09:20:00Z")


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """A folder with the processes of these tests, and no database yet."""
    monkeypatch.chdir(tmp_path)
    for name in ("CASEWAY_DATABASE_URL", "CASEWAY_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "processes").symlink_to(PROCESSES)
    return Terminal(tmp_path)
