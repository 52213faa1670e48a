"""How long it takes to say no to what was made to hurt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from benchmarks.option import sized
from benchmarks.report import Goal, Report, table
from caseway.adapters.checked_file import check_process, definition_in
from caseway.engine.case import Case
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.event import START, Event
from caseway.engine.expression import Language
from caseway.engine.outcome import Refusal
from caseway.engine.step import step

ROUNDS = sized(3, 1)
LIMIT = 1.0
"""Seconds."""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LARGE = 10_000_000
HEAD = "process: hostile\nversion: 1\n"
VICTIM = """
process: victim
version: 1
data: {type: object, properties: {items: {type: array, items: {type: integer}, default: []}}}
events: {feed: {data: {type: object, properties: {items: {type: array, items: {type: integer}}}}}, search: {}, spin: {}}
initial: idle
states:
  idle:
    on:
      feed: {actions: [{set: {items: "has(event.data.items) ? event.data.items : []"}}]}
      search: {guard: "case.items.all(a, case.items.all(b, a != b + 1))", target: ended}
      spin: {target: left}
  left: {always: {guard: size(case.items) >= 0, target: right}}
  right: {always: [{guard: size(case.items) >= 0, target: left}, {target: ended}]}
  ended: {type: final}
"""

Attempt = Callable[[], str]
"""Tries something, and returns the code with which it was refused; an empty one where it was not."""


def run() -> list[Report]:
    with TemporaryDirectory() as folder:
        attempts = [*_documents(Path(folder)), *_expressions(), *_events(Path(folder))]
        found = [_measured(attempt) for attempt in attempts]
    rows = [(each.what, each.code, f"{each.seconds:.3f}") for each in found]
    slowest = max(found, key=lambda each: each.seconds)
    accepted = [each.what for each in found if not each.code]
    goals = (
        Goal(f"the slowest refusal ({slowest.what})", slowest.seconds, most=LIMIT, unit="s"),
        Goal("not refused" + (f" ({', '.join(accepted)})" if accepted else ""), len(accepted), most=0, unit="of them"),
    )
    return [Report("Hostile input", (table(["what", "refused as", "seconds"], rows),), goals)]


@dataclass(frozen=True, slots=True)
class Answer:
    """With which code something was refused, and after how many seconds."""

    what: str
    code: str
    seconds: float


def _measured(named: tuple[str, Attempt]) -> Answer:
    what, attempt = named
    times, code = [], ""
    for _ in range(ROUNDS):
        begun = perf_counter()
        code = attempt()
        times.append(perf_counter() - begun)
    return Answer(what, code, median(times))


def _documents(folder: Path) -> list[tuple[str, Attempt]]:
    laughs = "".join(f"l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 9)}]\n" for n in range(9))
    nested = "".join(f"{'  ' * depth}s{depth}:\n{'  ' * depth} states:\n" for depth in range(1, 300))
    texts = {
        "200,000 nested brackets": "[" * 200_000,
        "200,000 nested mappings": "{a: " * 200_000,
        "alias bomb": "l0: &l0 [lol]\n" + laughs,
        "list that holds itself": "states: &a [*a]\n",
        "file of 10 MB": HEAD + "title: x\n" * (LARGE // 9),
        "text of 10 MB": HEAD + "title: " + "x" * LARGE,
        "60,000 times the same key": HEAD + "title: x\n" * 60_000,
        "number of 500,000 digits": f"process: hostile\nversion: {'9' * 500_000}\nstates: {{a: {{type: final}}}}\n",
        "states 300 deep": HEAD + "states:\n" + nested,
        "zeros": "\0" * 100_000,
    }
    return [(what, _document(folder / f"{number}.yaml", text)) for number, (what, text) in enumerate(texts.items())]


def _document(path: Path, text: str) -> Attempt:
    path.write_text(text, encoding="utf-8")

    def attempt() -> str:
        errors = [each.code for each in check_process(path).diagnostics if each.severity == "error"]
        return errors[0] if errors else ""

    return attempt


def _expressions() -> list[tuple[str, Attempt]]:
    scope = Language().scope({"case": {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}})
    texts = {
        "CEL of 10 MB": "case.a == 1 || " * (LARGE // 15) + "true",
        "CEL in 1,500 brackets": "(" * 1_500 + "true" + ")" * 1_500,
        "CEL of lists in 1,500 lists": "[" * 1_500 + "]" * 1_500 + " == []",
        "CEL of 190 conditions within each other": "case.a == 1 ? true : " * 190 + "false",
        "CEL of 12 loops within each other": "[1, 2, 3].all(x, " * 12 + "true" + ")" * 12,
        "CEL that reads a field of a field, 1,500 times": "case" + ".a" * 1_500 + " == 1",
    }

    def attempt(text: str) -> Attempt:
        def compiled() -> str:
            _, faults = scope.compile(text, {"type": "boolean"})
            return faults[0].code if faults else ""

        return compiled

    found = [(what, attempt(text)) for what, text in texts.items()]
    content = {"process": "hostile", "version": 1, "states": {"a": {"always": {"guard": "(" * LARGE}}}}
    return [*found, ("guard of 10 MB in a document", lambda: compile_process(content).faults[0].code)]


def _events(folder: Path) -> list[tuple[str, Attempt]]:
    path = folder / "victim.yaml"
    path.write_text(VICTIM, encoding="utf-8")
    definition = definition_in(path)
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    cyclic: dict[str, Any] = {}
    cyclic["items"] = [cyclic]
    full = {"items": list(range(0, 20_000, 2))}
    return [
        ("event data 100,000 deep", _event(definition, "feed", {"items": deep})),
        ("event data that hold themselves", _event(definition, "feed", cyclic)),
        ("event data of 1,000,000 items", _event(definition, "feed", {"items": [1] * 1_000_000})),
        ("event data with a number of 10,000 digits", _event(definition, "feed", {"items": [10**10_000]})),
        ("event of a name of 10 MB", _event(definition, "x" * LARGE, {})),
        ("loop within a loop over 10,000 items", _event(definition, "search", {}, full)),
        ("eventless transitions without end", _event(definition, "spin", {})),
    ]


def _event(
    definition: Definition, name: str, data: Mapping[str, Any], given: Mapping[str, Any] | None = None
) -> Attempt:
    case = Case("case", definition.process, definition.version, definition.hash)
    opened = step(definition, case, Event(START, given or {}, START), NOW)
    assert not isinstance(opened, Refusal), opened

    def attempt() -> str:
        outcome = step(definition, opened.after, Event(name, data, "1"), NOW)
        return outcome.code if isinstance(outcome, Refusal) else ""

    return attempt
