"""The rules of the language, one small file each: a process, and scenarios that would come out otherwise without the rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from caseway.adapters.clock import SimulatedClock
from caseway.adapters.diagnostic import diagnose
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.yaml_document import Document, read
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import CasewayError
from caseway.engine.fault import Fault
from caseway.engine.journal import replay
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH, Play, Scenario, scenario_faults, scenarios
from caseway.schemas.validator import faults

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.yaml"))
KEYS = {"rule", "says", "document", "warnings", "people", "scenarios"}
NEEDED = {"rule", "says", "document", "scenarios"}
HEAD = {"process": "semantics", "version": 1}


@dataclass(frozen=True)
class Rule:
    """One file: the sentence, the process that shows it, and what is wrong with either."""

    name: str
    content: Mapping[str, Any]
    told: tuple[str, ...]
    warnings: tuple[str, ...]
    definition: Definition | None
    scenarios: tuple[Scenario, ...]

    @property
    def people(self) -> Mapping[str, Any]:
        people: Mapping[str, Any] = self.content.get("people", {})
        return people


@dataclass
class Shelf:
    """A catalogue of one definition, and ids in order."""

    definition: Definition
    numbers: count[int] = field(default_factory=lambda: count(1))

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {self.definition.process: (self.definition.version,)}

    def latest(self, process: str) -> Definition:
        return self.definition

    def version(self, process: str, version: int) -> Definition:
        return self.definition

    def compiled(self, hash: str, content: Any) -> Definition:  # noqa: A002  # the port's name
        return self.definition

    def new(self) -> str:
        return f"{next(self.numbers)}"


@cache
def rule_in(path: Path) -> Rule:
    document = read(path)
    content = document.content
    process = {**HEAD, **content.get("document", {})}
    told = {**HEAD, "scenarios": content.get("scenarios", [])}
    told |= {"people": content["people"]} if "people" in content else {}
    compiled = compile_process(process, faults(process, "process"))
    found = [fault.within(("document",)) for fault in compiled.faults]
    misshapen = faults(told, "scenarios")
    found += misshapen
    if compiled.definition and not misshapen:
        found += scenario_faults(told, compiled.definition)
    return Rule(
        path.stem,
        content,
        tuple(placed(document, fault) for fault in found if fault.severity == "error"),
        tuple(fault.code for fault in found if fault.severity == "warning"),
        compiled.definition,
        () if misshapen else scenarios(told),
    )


def placed(document: Document, fault: Fault) -> str:
    at = diagnose(document, fault)
    return f"{at.file}:{at.line}:{at.column}: {at.code}: {at.message}; {at.hint}"


def every_scenario() -> list[Any]:
    rules = map(rule_in, FILES)
    return [pytest.param(rule, each, id=f"{rule.name}: {each.name}") for rule in rules for each in rule.scenarios]


def runtime_of(definition: Definition) -> Runtime:
    shelf = Shelf(definition)
    return Runtime(MemoryStore(rehearsal=True), shelf, SimulatedClock(EPOCH), shelf)


def failures(rule: Rule, scenario: Scenario) -> list[str]:
    assert rule.definition is not None, rule.told
    return list(Play(runtime_of(rule.definition), rule.definition, scenario, rule.people).failures())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_rule_is_told_by_a_sound_process(path: Path) -> None:
    rule = rule_in(path)
    assert rule.told == ()
    assert Counter(rule.warnings) == Counter(rule.content.get("warnings", ()))
    assert rule.content.keys() <= KEYS
    assert rule.content.keys() >= NEEDED
    assert all(isinstance(rule.content[key], str) and rule.content[key].strip() for key in ("rule", "says"))


@pytest.mark.parametrize(("rule", "scenario"), every_scenario())
def test_the_language_keeps_its_rules(rule: Rule, scenario: Scenario) -> None:
    assert failures(rule, scenario) == []


@pytest.mark.parametrize(("rule", "scenario"), every_scenario())
def test_what_a_scenario_leaves_behind_adds_up(rule: Rule, scenario: Scenario) -> None:
    assert rule.definition is not None
    runtime = runtime_of(rule.definition)
    play = Play(runtime, rule.definition, scenario, rule.people)
    assert list(play.failures()) == []
    case = runtime.show(play.case, now=play.now).case
    assert replay(runtime.history(case.id)) == case
    units: Counter[str] = Counter()
    for line in runtime.ledger.postings():
        units[line.unit] += line.amount
    assert not any(units.values())
    assert not (case.final and case.timers)


@pytest.mark.parametrize(("rule", "scenario"), every_scenario())
def test_every_expectation_of_a_scenario_bites(rule: Rule, scenario: Scenario) -> None:
    spoilt = list(spoilt_scenarios(scenario))
    assert spoilt, "this scenario expects nothing"
    for what, other in spoilt:
        try:
            told = failures(rule, other)
        except CasewayError as error:
            told = [error.message]
        assert told, f"it makes no difference that {what} is expected"


def test_there_are_many_rules_and_each_is_told_once() -> None:
    told = Counter(rule_in(path).content["rule"] for path in FILES)
    assert len(FILES) >= 45
    assert [sentence for sentence, times in told.items() if times > 1] == []


def spoilt_scenarios(scenario: Scenario) -> Iterator[tuple[str, Scenario]]:
    """Yield the scenario once for each thing that it expects, with something else expected instead."""
    for name, expect in spoilt_expectations(scenario.expect):
        yield f"{name} in the end", replace(scenario, expect=expect)
    for index, step in enumerate(scenario.steps):
        for name, other in spoilt_steps(step):
            steps = [*scenario.steps[:index], other, *scenario.steps[index + 1 :]]
            yield f"{name} in step {index + 1}", replace(scenario, steps=steps)


def spoilt_steps(step: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if "refused" in step:
        yield step["refused"], {key: value for key, value in step.items() if key != "refused"}
        yield step["refused"], {**step, "refused": "otherwise"}
    for name, expect in spoilt_expectations(step.get("expect", {})):
        yield name, {"expect": expect}


def spoilt_expectations(expect: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in expect.items():
        if name in {"data", "balances", "paid", "guidance"}:
            for field_name, each in value.items():
                yield f"{name}.{field_name}", {**expect, name: {**value, field_name: spoilt(each)}}
        elif name == "work":
            for person, lists in value.items():
                for kind, each in lists.items():
                    yield f"{name}.{person}.{kind}", {**expect, name: {**value, person: {**lists, kind: spoilt(each)}}}
        elif name in {"messages", "postings", "links"}:
            yield name, {**expect, name: [*value, {}]}
            for index, line in enumerate(value):
                for key, each in line.items():
                    other = [*value[:index], {**line, key: spoilt(each)}, *value[index + 1 :]]
                    yield f"{name} {index + 1} {key}", {**expect, name: other}
        else:
            yield name, {**expect, name: spoilt(value)}


def spoilt(value: Any) -> Any:
    """Return something else of the same kind."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}, but otherwise"
        case list():
            return [*value, "otherwise"]
        case None:
            return "otherwise"
        case _:
            return {**value, "otherwise": True}
