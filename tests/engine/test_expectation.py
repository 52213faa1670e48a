"""What people are shown, as scenarios expect it: what is told where it is otherwise, and of names that mean nothing."""

from __future__ import annotations

from typing import Any

import pytest

from caseway.adapters.catalogue import Only
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.machine import RandomIds
from caseway.adapters.memory_store import MemoryStore
from caseway.engine.compiler import compile_process
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH, Play, scenario_faults, scenarios
from caseway.schemas.validator import faults

DOCUMENT: dict[str, Any] = {
    "process": "jury",
    "version": 1,
    "sources": {"JU-1": "Be fair.", "JU-2": "Be quick.", "JU-3": "Nobody judges what is their own."},
    "roles": {"juror": "Juror", "clerk": "Clerk"},
    "data": {
        "type": "object",
        "properties": {
            "letters": {"type": "array", "items": {"type": "string"}, "default": ["a1", "a2"]},
            "secrets": {"type": "array", "items": {"type": "string"}, "default": ["s1"], "x-visible-to": ["clerk"]},
        },
    },
    "events": {
        "judge": {
            "by": ["juror"],
            "data": {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}},
        },
        "take": {"by": ["clerk"]},
        "finish": {"by": ["clerk"]},
        "peek": {
            "by": ["juror"],
            "data": {"type": "object", "required": ["item"], "properties": {"item": {"type": "string"}}},
        },
    },
    "states": {
        "judging": {
            "type": "parallel",
            "implements": ["JU-3"],
            "guidance": [
                {"role": "juror", "text": "Be fair and quick.", "implements": ["JU-2", "JU-1"]},
                {"role": "juror", "text": "Be quick.", "implements": ["JU-2"]},
                {"role": "clerk", "text": {"nl": "Zet koffie.", "en": "Make coffee."}},
            ],
            "states": {
                "letters": {
                    "work": {"role": "juror", "do": "judge", "each": "case.letters", "as": "letter", "key": "letter"}
                },
                "desk": {"work": {"role": "clerk", "claim": "take"}},
                "vault": {
                    "work": {"role": "juror", "do": "peek", "each": "case.secrets", "as": "thing", "key": "thing"}
                },
            },
            "on": {"finish": {"target": "over"}},
        },
        "over": {"type": "final"},
    },
}
PEOPLE = {"anna": {"roles": ["juror"]}, "celina": {"id": "c-7", "roles": ["clerk"]}}
JUDGED = {"send": "judge", "as": "anna", "data": {"item": "a1"}}
TAKEN = {"send": "take", "as": "celina"}

FOUND = compile_process(DOCUMENT, faults(DOCUMENT, "process"))
assert FOUND.definition, FOUND.faults
DEFINITION = FOUND.definition


def told(expect: dict[str, Any], *steps: dict[str, Any]) -> list[str]:
    """Play what is expected in the end, and return what is otherwise."""
    content = document(expect, *steps)
    assert faults(content, "scenarios") == ()
    runtime = Runtime(MemoryStore(rehearsal=True), Only(DEFINITION), SimulatedClock(EPOCH), RandomIds())
    (scenario,) = scenarios(content)
    return list(Play(runtime, DEFINITION, scenario, PEOPLE).failures())


def document(expect: dict[str, Any], *steps: dict[str, Any]) -> dict[str, Any]:
    scenario = {"name": "n", "steps": list(steps), "expect": expect}
    return {"process": "jury", "version": 1, "people": PEOPLE, "scenarios": [scenario]}


def guidance(**people: list[str]) -> dict[str, Any]:
    return {"guidance": people}


def work(**people: dict[str, list[str]]) -> dict[str, Any]:
    return {"work": people}


SHOWN = [
    (guidance(anna=["JU-2", "JU-1"], celina=["Zet koffie."]), ()),
    ({"guidance": {"juror+clerk:ewa": ["JU-2", "JU-1", "Zet koffie."], "clerk:anna": ["Zet koffie."]}}, ()),
    (work(anna={"offered": ["judging.vault", "judging.letters/a2", "judging.letters/a1"], "mine": []}), ()),
    (work(anna={"offered": ["judging.letters/a2", "judging.vault"]}), [JUDGED]),
    (work(celina={"offered": [], "mine": ["judging.desk"]}), [TAKEN]),
    ({"work": {"clerk:ewa": {"offered": [], "mine": []}, "clerk:c-7": {"mine": ["judging.desk"]}}}, [TAKEN]),
]


@pytest.mark.parametrize(("expect", "steps"), SHOWN)
def test_what_people_are_shown_is_as_expected(expect, steps):
    assert told(expect, *steps) == []
    assert list(scenario_faults(document(expect, *steps), DEFINITION)) == []


OTHERWISE = [
    (guidance(anna=["JU-1", "JU-2"]), (), 'guidance for anna is ["JU-2", "JU-1"], not ["JU-1", "JU-2"]'),
    (guidance(anna=["JU-2"]), (), 'guidance for anna is ["JU-2", "JU-1"], not ["JU-2"]'),
    (guidance(anna=[]), (), 'guidance for anna is ["JU-2", "JU-1"], not []'),
    (guidance(celina=["Make coffee."]), (), 'guidance for celina is ["Zet koffie."], not ["Make coffee."]'),
    (guidance(celina=["Zet koffie.", "JU-1"]), (), 'guidance for celina is ["Zet koffie."], not ["Zet koffie.", "JU-1"]'),
    (work(celina={"offered": []}), (), 'work of celina: offered is ["judging.desk"], not []'),
    (work(celina={"offered": ["judging.desk"]}), [TAKEN], 'work of celina: offered is [], not ["judging.desk"]'),
    (work(celina={"mine": []}), [TAKEN], 'work of celina: mine is ["judging.desk"], not []'),
    (
        work(anna={"offered": ["judging.letters/a1", "judging.vault"]}),
        [JUDGED],
        'work of anna: offered is ["judging.letters/a2", "judging.vault"], not ["judging.letters/a1", "judging.vault"]',
    ),
    (
        work(anna={"offered": ["judging.letters", "judging.vault"]}),
        [JUDGED],
        'work of anna: offered is ["judging.letters/a2", "judging.vault"], not ["judging.letters", "judging.vault"]',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("expect", "steps", "problem"), OTHERWISE)
def test_what_people_are_shown_otherwise_is_told(expect, steps, problem):
    assert told(expect, *steps) == [f"expect: {problem}"]


def test_everybody_whose_worklist_is_otherwise_is_told_of():
    problems = told(work(anna={"offered": [], "mine": ["judging.desk"]}, celina={"offered": []}))
    assert [problem.split(" is ")[0] for problem in problems] == [
        "expect: work of anna: offered",
        "expect: work of anna: mine",
        "expect: work of celina: offered",
    ]


MEANINGLESS = [
    (guidance(ana=[]), "unknown-person", ("guidance", "ana"), True, 'did you mean "anna"?'),
    ({"guidance": {"jurer:x": []}}, "unknown-role", ("guidance", "jurer:x"), True, 'did you mean "juror"?'),
    ({"guidance": {"juror+assignee:x": []}}, "unknown-role", ("guidance", "juror+assignee:x"), True, "clerk, juror"),
    (guidance(anna=["JU-2", "JU-9"]), "unknown-source", ("guidance", "anna", 1), False, 'did you mean "JU-'),
    (guidance(anna=["JU-3"]), "unknown-guidance", ("guidance", "anna", 0), False, "no guidance here implements JU-3"),
    (guidance(anna=["Be quick."]), "unknown-guidance", ("guidance", "anna", 0), False, 'says "Be quick."'),
    (guidance(celina=["Zet kofie."]), "unknown-guidance", ("guidance", "celina", 0), False, 'mean "Zet koffie."?'),
    (work(ana={"mine": []}), "unknown-person", ("work", "ana"), True, 'did you mean "anna"?'),
    ({"work": {"jurer:x": {"mine": []}}}, "unknown-role", ("work", "jurer:x"), True, 'did you mean "juror"?'),
    (work(anna={"mine": ["desk"]}), "unknown-work", ("work", "anna", "mine", 0), False, 'mean "judging.desk"?'),
    (work(anna={"offered": ["judging"]}), "unknown-work", ("work", "anna", "offered", 0), False, "no work here"),
    (
        work(anna={"offered": ["judging.desk/a1"]}),
        "unknown-work",
        ("work", "anna", "offered", 0),
        False,
        'write "judging.desk"',
    ),
]


@pytest.mark.parametrize(("expect", "code", "path", "at_key", "words"), MEANINGLESS)
def test_a_name_that_means_nothing_is_a_fault_in_its_place(expect, code, path, at_key, words):
    steps = [{"expect": expect}]
    for content, place in (
        (document(expect), ("scenarios", 0, "expect")),
        (document({"final": False}, *steps), ("scenarios", 0, "steps", 0, "expect")),
    ):
        (fault,) = scenario_faults(content, DEFINITION)
        assert (fault.code, fault.path, fault.at_key) == (code, (*place, *path), at_key)
        assert words in f"{fault.message}; {fault.hint}"
