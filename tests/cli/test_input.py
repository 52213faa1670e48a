from __future__ import annotations

from datetime import UTC, datetime

import pytest

from caseway.cli.input import LARGEST, parse_actor, parse_instant, parse_language
from caseway.engine.actor import Actor


def data_of(terminal, *given, stdin=None, code=0):
    more = [part for text in given for part in ("--data", text)]
    return terminal.json("start", "repair", "--id", "X", *more, stdin=stdin, code=code)


def shown_data(terminal, *given, stdin=None):
    data_of(terminal, *given, stdin=stdin)
    return terminal.json("show", "X")["data"]


def test_an_actor_is_a_role_and_an_id():
    assert parse_actor("clerk:anna") == Actor("anna", frozenset({"clerk"}))


def test_an_actor_may_have_several_roles_and_an_id_with_a_colon():
    assert parse_actor("clerk+owner:urn:anna") == Actor("urn:anna", frozenset({"clerk", "owner"}))


@pytest.mark.parametrize(
    "text", ["anna", "", ":anna", "clerk:", "clerk: ", "clerk+:anna", "Clerk:anna", "clerk:an\x1bna"]
)
def test_what_names_nobody_is_told_how_to_name_somebody(text):
    with pytest.raises(ValueError, match="such as clerk:anna"):
        parse_actor(text)


def test_an_instant_is_kept_in_utc():
    assert parse_instant("2026-03-02T10:00:00+01:00") == datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize("text", ["yesterday", "", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_told_how_to_write_one(text):
    with pytest.raises(ValueError, match="write it like"):
        parse_instant(text)


def test_an_instant_without_a_time_zone_is_not_guessed_at():
    with pytest.raises(ValueError, match="no time zone"):
        parse_instant("2026-03-02T10:00:00")


@pytest.mark.parametrize("text", ["en", "nl-BE", "zh_Hant"])
def test_a_language_is_a_code(text):
    assert parse_language(text) == text


def test_a_sentence_is_no_language():
    with pytest.raises(ValueError, match="write one like"):
        parse_language("plain English")


def test_data_come_by_key_by_file_and_by_stdin_and_the_last_one_counts(terminal):
    (terminal.folder / "more.json").write_text('{"thing": "kettle", "notes": ["old"]}', encoding="utf-8")

    data = shown_data(terminal, "-", "@more.json", "thing=lamp", stdin='{"owner": {"name": "Ewa"}}')

    assert data == {"owner": {"name": "Ewa"}, "thing": "lamp", "notes": ["old"]}


def test_a_value_is_json_where_it_reads_as_json_and_text_otherwise(terminal):
    data = shown_data(terminal, "owner.name=007", 'thing="12"', 'notes=["a", "b=c"]')

    assert data == {"owner": {"name": "007"}, "thing": "12", "notes": ["a", "b=c"]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("owner", "neither KEY=VALUE"),
        ("=x", "neither KEY=VALUE"),
        ("a..b=1", "neither KEY=VALUE"),
        ("@nowhere.json", "cannot be read"),
        ("@.", "cannot be read"),
    ],
)
def test_data_that_say_nothing_are_a_usage_error(terminal, given, told):
    error = data_of(terminal, given, code=2)["error"]

    assert error["code"] == "usage"
    assert told in error["message"]


@pytest.mark.parametrize(
    ("stdin", "told"),
    [
        ("{", "line 1, column 2"),
        ("[1]", "holds a JSON list"),
        ('{"a": NaN}', "NaN"),
        ("[" * 100_000, "is not JSON"),
        ('{"a": ' + "1" * 5_000 + "}", "is not JSON"),
        (" " * (LARGEST + 1), "more than 8 MiB"),
        ("\0", "is not JSON"),
    ],
)
def test_a_document_that_is_no_object_is_a_usage_error(terminal, stdin, told):
    assert told in data_of(terminal, "-", stdin=stdin, code=2)["error"]["message"]


def test_a_key_goes_into_objects_alone(terminal):
    assert "goes into owner" in data_of(terminal, "owner=Jan", "owner.name=Jan", code=2)["error"]["message"]


def test_data_of_the_wrong_shape_are_refused_with_every_field_named(terminal):
    error = data_of(terminal, "owner.name=1", "colour=red", code=4)["error"]

    assert error["code"] == "invalid-data"
    assert {fault["field"] for fault in error["facts"]["faults"]} == {"owner.name", "colour"}


def test_half_a_character_is_no_traceback(terminal):
    terminal.run("start", "repair", "--id", "X", "--data", r'owner.name="\ud800"', code=4)
