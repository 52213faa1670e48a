"""Definitions as pictures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from caseway.adapters.checked_file import definition_in
from caseway.engine.diagram import mermaid
from tests.engine.claim import CLAIM, compiled

PROCESSES = Path(__file__).parents[2] / "processes"


@pytest.mark.parametrize("path", sorted(PROCESSES.glob("*/v1.yaml")), ids=lambda path: path.parent.name)
def test_every_state_and_transition_is_in_the_picture(path):
    definition = definition_in(path)
    drawn = mermaid(definition)
    for state in definition.states.values():
        assert f" as {state.path.replace('.', '__')}\n" in drawn
    arrows = re.findall(r"^ +(\w+) --> (\w+): ", drawn, re.MULTILINE)
    for transition in definition.transitions.values():
        for target in transition.targets or (transition.source,):
            assert (transition.source.replace(".", "__"), target.replace(".", "__")) in arrows


def test_what_a_designer_writes_cannot_break_the_picture():
    hostile = 'A "quoted"; {braced}: <tag> #1\nsecond line'
    states = {
        "open": {"title": hostile, "on": {"go": {"guard": "'{\";' != ''", "target": "end"}}},
        "end": {"type": "final"},
    }
    drawn = mermaid(compiled({"process": "p", "version": 1, "title": hostile, "events": {"go": {}}, "states": states}))
    label = "A #quot;quoted#quot;#59; #123;braced#125;#58; #lt;tag#gt; #35;1 second line"
    assert f'state "{label}" as open' in drawn
    assert f"title: {label}" in drawn
    assert "[*] --> open" in drawn
    assert "end --> [*]" in drawn


def test_regions_stand_side_by_side():
    region = {"states": {"one": {"on": {"go": {"target": "two"}}}, "two": {"type": "final"}}}
    states = {
        "both": {"type": "parallel", "states": {"left": region, "right": region}, "done": {"target": "end"}},
        "end": {"type": "final"},
    }
    drawn = mermaid(compiled({"process": "p", "version": 1, "events": {"go": {}}, "states": states}))
    assert [line.strip() for line in drawn.splitlines()].count("--") == 1
    assert "both --> end: done" in drawn


def test_a_timer_says_when_it_fires():
    starts_at = {"type": ["string", "null"], "format": "date-time"}
    office = {"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}}
    told = {
        "after 1 h": {"delay": "param.patience"},
        "after 8 h working time (office)": {"delay": {"working": "PT8H", "calendar": "office"}},
        "after case.pause": {"delay": "case.pause"},
        "at case.visit.starts_at": {"at": "case.visit.starts_at"},
        "1 day before case.visit.starts_at": {"at": "case.visit.starts_at", "minus": "P1D"},
        "30 min after case.visit.starts_at": {"at": "case.visit.starts_at", "plus": "PT30M"},
        "every 1 h, 3 times": {"every": "PT1H", "times": 3},
        "every 7 days": {"every": "P7D"},
        "after 30 min, then every 1 h, twice": {"delay": "PT30M", "every": "PT1H", "times": 2},
        "at case.visit.starts_at, then every 1 day, once": {"at": "case.visit.starts_at", "every": "P1D", "times": 1},
    }
    content = {
        "process": "p",
        "version": 1,
        "parameters": {"patience": "PT1H"},
        "calendars": {"office": office},
        "data": {
            "type": "object",
            "properties": {
                "pause": {"type": "string", "default": "PT2H"},
                "visit": {"type": "object", "properties": {"starts_at": starts_at}},
            },
        },
        "states": {"open": {"after": [{**each, "target": "end"} for each in told.values()]}, "end": {"type": "final"}},
    }
    drawn = mermaid(compiled(content))
    assert re.findall("open --> end: (.*)", drawn) == list(told)


def test_titles_are_in_the_language_asked_for():
    states = {
        "open": {"title": {"en": "Open", "nl": "Geopend"}, "on": {"take": {"target": "end"}}},
        "end": {"type": "final"},
    }
    definition = compiled(
        {**CLAIM, "title": {"en": "Claim", "nl": "Klacht"}, "states": states, "messages": {}, "payouts": {}}
    )
    assert 'state "Geopend" as open' in mermaid(definition, "nl")
    assert "title: Klacht" in mermaid(definition, "nl")
    assert 'state "Open" as open' in mermaid(definition, "pl")
