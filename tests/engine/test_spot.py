"""Places in the data of a case."""

from __future__ import annotations

import pytest

from caseway.engine.spot import EACH, NoSpot, parse_spot, spot_text, values_at

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "notes": {"type": "array", "items": {"type": "object", "properties": {"body": {"type": "string"}}}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
DATA = {"name": "Jan", "notes": [{"body": "a"}, {}, {"body": "b"}], "labels": {"a b": "x"}}


@pytest.mark.parametrize(
    ("text", "spot", "values"),
    [
        ("case", (), [DATA]),
        ("case.name", ("name",), ["Jan"]),
        ("case.notes[2].body", ("notes", 2, "body"), ["b"]),
        ("case.notes[1].body", ("notes", 1, "body"), []),
        ("case.notes[9].body", ("notes", 9, "body"), []),
        ("case.notes[].body", ("notes", EACH, "body"), ["a", "b"]),
        ('case.labels["a b"]', ("labels", "a b"), ["x"]),
        ("case.labels.c", ("labels", "c"), []),
    ],
)
def test_a_path_names_a_place_and_is_written_again_as_it_was(text, spot, values):
    assert parse_spot(text, SCHEMA) == spot
    assert spot_text(spot) == text
    assert list(values_at(DATA, spot)) == values


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("name", "begin with case."),
        ("casename", "begin with case."),
        ("case.nmae", 'did you mean "name"'),
        ("case.name.first", "nothing"),
        ("case.name[0]", "leave the brackets out"),
        ("case.notes.body", "case.notes[0]"),
        ("case.notes[-1].body", "case.list[0]"),
        ("case.notes[", "case.list[0]"),
        ("case..name", "case.field"),
        ("case.labels['a']", "case.field"),
    ],
)
def test_what_is_no_place_is_told_with_what_is_possible(text, hint):
    with pytest.raises(NoSpot) as caught:
        parse_spot(text, SCHEMA)
    assert hint in caught.value.hint or hint in caught.value.message
