"""Which item of a list was which in the version before, and what an expression left in a text."""

from __future__ import annotations

from typing import Any

import pytest

from caseway.engine.descent import forebears, lasting_pairs
from caseway.engine.expression import Language
from caseway.engine.imprint import replaced_in

A, B, C = ({"id": name, "text": f"I am {name}"} for name in "abc")


@pytest.mark.parametrize(
    ("new", "old", "found"),
    [
        ([], [A], []),
        ([A], [], [None]),
        ([A, B], [A], [0, None]),
        ([B], [A, B], [1]),
        ([A, C], [A, B, C], [0, 2]),
        ([A, A], [A], [0, None]),
        ([{**A, "text": "x"}, B], [A, B], [0, 1]),
        ([{**B, "text": "x"}], [A, B], [1]),
        ([{**A, "text": "x"}, {**C, "text": "y"}], [A, B, C], [0, 2]),
        ([{"id": "new", "text": "z"}], [A, B], [None]),
        (["a", "c"], ["a", "b"], [0, None]),
        (["b"], ["a", "b", "b"], [2]),
        ([1, 2], [2, 1], [1, None]),
        ([A, B], [{"id": "x", "text": "x"}, B], [None, 1]),
        ([{"text": "x"}, {"text": "y"}], [{"text": "a"}, {"text": "y"}], [0, 1]),
        ([{**B, "seen": 1}, {**C, "seen": 1}], [{**A, "seen": 0}, {**B, "seen": 0}], [1, None]),
        ([{**B, "by": "x"}, {**C, "by": "x"}], [{**A, "by": "x"}, {**B, "by": "x"}], [1, None]),
        ([{**C, "text": "x"}, {**A, "text": "y"}, {**B, "text": "z"}], [A, B, C], [2, 0, 1]),
        (
            [{"by": "x", "text": "a", "seen": 1}, {"by": "x", "text": "c", "seen": 1}],
            [{"by": "x", "text": text, "seen": 0} for text in "ba"],
            [1, 0],
        ),
    ],
)
def test_an_item_is_known_again(new: list[Any], old: list[Any], found: list[int | None]):
    assert forebears(new, old) == found


@pytest.mark.parametrize(
    ("new", "old", "certain", "found"),
    [
        ([A, B], [A, B], {0: 0, 1: 1}, [0, 1]),
        ([{**B, "text": "x"}, {**C, "text": "x"}], [A, B], {0: 1}, [1, None]),
        ([{**B, "text": A["text"]}], [A, B], {0: 1}, [1]),
        ([A, A], [A, B], {}, [0, None]),
        ([A], [A, A], {}, [0]),
        ([{"text": "x"}], [{"text": "x"}, {"text": "y"}], {}, [0]),
        (["a"], ["a"], {}, [0]),
        ([{**A, "text": "x"}, B, B], [A, B, B], {0: 0}, [0, 1, 2]),
        ([{"id": ["a"], "text": "x"}], [{"id": ["a"], "text": "y"}], {0: 0}, [0]),
    ],
)
def test_by_what_lasts_an_item_is_known_for_certain(
    new: list[Any], old: list[Any], certain: dict[int, int], found: list[int | None]
):
    assert lasting_pairs(new, old, ["id"]) == certain
    assert forebears(new, old, ["id"], certain) == found


def test_what_is_another_by_one_of_several_fields_that_last_is_another():
    new, old = [{"id": 2, "by": "x", "text": "b"}], [{"id": 1, "by": "x", "text": "a"}]
    assert lasting_pairs(new, old, ["id", "by"]) == {}
    assert forebears(new, old, ["id", "by"]) == [None]
    assert forebears(new, old) == [0]


@pytest.mark.parametrize(
    ("template", "rendered", "nth", "old", "made"),
    [
        ("{{ a }}", "like", 0, "like", "#"),
        ("{{ a }}", "I like it", 0, "like", "I like it"),
        ("Dear {{ a }}!", "Dear like!", 1, "like", "Dear #!"),
        ("I like {{ a }}.", "I like like.", 1, "like", "I like #."),
        ("{{ a }} said: {{ b }}", "like said: like", 0, "like", "# said: like"),
        ("{{ a }} said: {{ b }}", "like said: like", 2, "like", "like said: #"),
        ("{{ a }} said: {{ b }}", "like said: I like", 2, "like", "like said: I like"),
        ("{{ a }} said: {{ b }}", "x said: y", 2, "z", "x said: y"),
        ("{{ a }}, {{ b }}, {{ a }}", "a, a, a", 2, "a", "a, #, a"),
        ("{{ a }}{{ b }}", "aab", 0, "a", "#ab"),
        ("Other {{ a }}", "Not of this template", 1, "this", "Not of this template"),
        ("{{ a }}", "", 0, "", ""),
    ],
)
def test_what_an_expression_gave_is_found_in_a_text(template: str, rendered: str, nth: int, old: str, made: str):
    text = {"type": "string"}
    compiled, faults = Language().scope({"a": text, "b": text}).template(template)
    assert compiled is not None, faults
    assert replaced_in(rendered, compiled, nth, old, "#") == made
