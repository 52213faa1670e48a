"""The rooms of the house, and what each may import."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ROOMS = ("engine", "schemas", "adapters", "cli")
SHELL = Path("engine/runtime")
"""Loads, steps, commits: all that is not pure in the engine."""
BANNED_NAMES = {"utils", "helpers", "common", "base", "core", "models", "types", "manager", "service", "handler"}

# What each room may import besides the standard library; the longest prefix of a file's path decides.
MAY_IMPORT = {
    "engine": {"caseway.engine", "transitions", "jsonschema", "cel_expr_python", "google.protobuf", "holidays"},
    "schemas": {
        "caseway.engine.bound",
        "caseway.engine.fault",
        "caseway.engine.fit",
        "caseway.engine.misfit",
        "caseway.schemas",
        "jsonschema",
    },
    "adapters/catalogue.py": {"caseway.engine"},
    "adapters/shared_calendar.py": {"caseway.engine", "caseway.adapters.catalogue"},
    "adapters/clock.py": {"caseway.engine"},
    "adapters/machine.py": {"caseway.engine"},
    "adapters/memory_directory.py": {"caseway.engine"},
    "adapters/memory_agenda.py": {"caseway.engine"},
    "adapters/memory_outbox.py": {"caseway.engine"},
    "adapters/memory_book.py": {"caseway.engine", "caseway.adapters.memory_payees"},
    "adapters/memory_payees.py": {"caseway.engine"},
    "adapters/memory_store.py": {
        "caseway.engine",
        "caseway.adapters.memory_agenda",
        "caseway.adapters.memory_book",
        "caseway.adapters.memory_directory",
        "caseway.adapters.memory_outbox",
        "caseway.adapters.memory_payees",
    },
    "adapters/folder_delivery.py": {"caseway.engine", "caseway.adapters.whole_file", "orjson"},
    "adapters/whole_file.py": set(),
    "adapters/spreadsheet.py": set(),
    "adapters/csv_transfer.py": {"caseway.engine", "caseway.adapters.spreadsheet"},
    "adapters/sepa_transfer.py": {"caseway.engine", "caseway.adapters.sepa_order"},
    "adapters/sepa_order.py": {"caseway.engine", "sepaxml", "stdnum", "text_unidecode"},
    "adapters/statement_sheet.py": {"caseway.engine", "caseway.adapters.pdf", "caseway.adapters.spreadsheet"},
    "adapters/deadline.py": set(),
    "adapters/document_renderer.py": {
        "caseway.engine",
        "caseway.adapters.document_template",
        "caseway.adapters.pdf",
        "jinja2",
    },
    "adapters/document_template.py": {"caseway.engine", "jinja2"},
    "adapters/template_fault.py": {"caseway.engine", "caseway.adapters.document_template", "jinja2"},
    "adapters/pdf.py": {"caseway.adapters.document_template", "fpdf"},
    "adapters/process_template.py": {"caseway.engine"},
    "adapters/template_source.py": {"caseway.engine"},
    "adapters/routed_delivery.py": {"caseway.engine"},
    "adapters/smtp_delivery.py": {"caseway.engine", "caseway.adapters.deadline"},
    "adapters/webhook_delivery.py": {"caseway.engine", "caseway.adapters.deadline"},
    "adapters/diagnostic.py": {"caseway.engine", "caseway.adapters.yaml_document"},
    "adapters/yaml_document": {"caseway.engine", "caseway.adapters.yaml_document", "yaml"},
    "adapters/sql/migration": {"caseway.engine", "caseway.adapters.sql", "sqlalchemy", "alembic"},
    "adapters/sql": {"caseway.engine", "caseway.adapters.sql", "sqlalchemy", "orjson"},
    "adapters/checked_file.py": {"caseway.engine", "caseway.schemas", "caseway.adapters"},
    "adapters/delivery_target.py": {"caseway.engine", "caseway.adapters"},
    "adapters/played_scenario.py": {"caseway.engine", "caseway.adapters"},
    "adapters/wiring.py": {"caseway.engine", "caseway.adapters"},
    "cli": {"caseway", "click", "rich"},
}

# What would make the pure engine depend on when and where it runs.
WORLDLY = {
    "os",
    "time",
    "random",
    "secrets",
    "uuid",
    "socket",
    "subprocess",
    "threading",
    "asyncio",
    "io",
    "pathlib",
    "tempfile",
}


def files() -> list[Path]:
    return sorted(path.relative_to(HOUSE) for room in ROOMS for path in (HOUSE / room).rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse((HOUSE / path).read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> tuple[str, ...]:
    return tuple(imported(path))


def imported(path: Path) -> Iterator[str]:
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, allowed: set[str]) -> bool:
    return any(name == prefix or name.startswith(f"{prefix}.") for prefix in allowed)


@pytest.mark.parametrize("path", files(), ids=str)
def test_a_file_imports_only_what_its_room_may(path: Path) -> None:
    rule = max((prefix for prefix in MAY_IMPORT if path.as_posix().startswith(prefix)), key=len, default=None)
    if path.name == "__init__.py" and not imports(path):
        return
    assert rule is not None, f"{path} is in no room that this test knows"
    outside = {name for name in imports(path) if name.split(".")[0] not in sys.stdlib_module_names}
    wrong = {name for name in outside if not within(name, MAY_IMPORT[rule])}
    assert not wrong, f"{path} imports {sorted(wrong)}"


@pytest.mark.parametrize("path", [path for path in files() if path.parts[0] == "engine"], ids=str)
def test_the_engine_reads_no_clock_no_random_and_no_environment(path: Path) -> None:
    assert not {name for name in imports(path) if name.split(".")[0] in WORLDLY}
    calls = {
        node.func.attr for node in nodes(path) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    if path.parent != SHELL:
        assert not calls & {"now", "utcnow", "today"}, f"{path} asks a clock"


def test_only_the_shell_calls_ports() -> None:
    for path in files():
        if path.parts[0] == "engine" and path.parent != SHELL and path.name != "ports.py":
            ports = {name for name in imports(path) if name.startswith("caseway.engine.ports")}
            assert not ports, f"{path} knows {sorted(ports)}"


@pytest.mark.parametrize("path", files(), ids=str)
def test_no_file_has_a_name_that_says_nothing(path: Path) -> None:
    assert path.stem not in BANNED_NAMES
    assert not BANNED_NAMES & set(path.parts[:-1])


def test_processes_hold_no_python() -> None:
    assert not list((HOUSE / "processes").rglob("*.py")) or {
        path.name for path in (HOUSE / "processes").rglob("*.py")
    } == {"__init__.py"}


CHANNEL_WORDS = ("friend", "ambassador", "limitless", "orange", "bol.com", "inquiry", "outlook")


@pytest.mark.parametrize("path", files(), ids=str)
def test_no_word_of_a_channel_is_in_the_code(path: Path) -> None:
    text = (HOUSE / path).read_text(encoding="utf-8").lower()
    assert not [word for word in CHANNEL_WORDS if word in text]
