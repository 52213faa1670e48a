"""What a journal takes for a change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from caseway.engine.case import Case
from caseway.engine.journal import difference

BEFORE = Case("c", "p", 1, "hash", revision=1, data={"said": ["hello", {"loud": True, "times": 2}], "count": 1})


def changed(**data: Any) -> Any:
    return difference(BEFORE, replace(BEFORE, revision=2, data={**BEFORE.data, **data})).get("data")


def test_a_field_that_is_given_what_it_has_is_no_change() -> None:
    assert changed(said=[str(b"hello", "ascii"), {"times": 2, "loud": True}], count=1) is None


@pytest.mark.parametrize("count", [2, 1.0, True, None, "1"])
def test_what_is_another_value_in_json_is_a_change(count: Any) -> None:
    assert changed(count=count) == {"count": count}


def test_a_change_deep_within_is_a_change_of_the_whole_field() -> None:
    said = ["hello", {"loud": 1, "times": 2}]
    assert changed(said=said) == {"said": said}
