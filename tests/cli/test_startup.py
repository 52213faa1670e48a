from __future__ import annotations

import pytest

from tests import program

LATER = {
    "rich",
    "sqlalchemy",
    "jsonschema",
    "cel_expr_python",
    "transitions",
    "yaml",
    "google.protobuf",
    "orjson",
    "isodate",
    "caseway.adapters",
    "caseway.engine",
    "caseway.schemas",
}
VERBS = (
    *("check", "test", "diagram", "rule", "start", "send", "redact", "show", "history", "list", "work", "report"),
    *("worker", "person", "ledger", "payee", "db"),
)


def modules_after(*arguments: str) -> set[str]:
    text = (
        "import sys\n"
        "from caseway.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print('\\n'.join(sys.modules), file=sys.stderr)\n"
    )
    done = program.done(program.PYTHON, "-c", text, *arguments)
    assert done.stdout.startswith("Usage: caseway")
    return set(done.stderr.splitlines())


def test_the_help_imports_no_verb_and_nothing_heavy():
    found = modules_after("--help")

    assert not found & LATER
    assert not {f"caseway.cli.{name}" for name in ("check", "event", "show", "worker", "output")} & found


@pytest.mark.parametrize("verb", ["show", "worker", "ledger", "payee"])
def test_the_help_of_a_verb_imports_nothing_heavy(verb):
    assert not modules_after(verb, "--help") & LATER


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help(terminal, verb):
    assert terminal.run(verb, "--help").stdout.startswith(f"Usage: caseway {verb}")


def test_the_help_names_every_verb(terminal):
    told = terminal.run("--help").stdout

    assert "\n    2  the command line is wrong\n" in told
    assert "\n    2  the command line is wrong\n" in told
    assert [line.split()[0] for line in told.partition("Verbs:\n")[2].splitlines()] == list(VERBS)
