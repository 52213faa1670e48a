"""Documents: what is read, what is refused, and where everything stands."""

from __future__ import annotations

import os
import pathlib

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from caseway.adapters.yaml_document import Document, UnreadableDocument, bound, offset, parse, read, tree
from caseway.adapters.yaml_document.line import Lines
from caseway.engine.errors import InvalidDefinition

EXAMPLE = """\
# a comment
process: orange-friends-visit
version: 1
title: {en: Orange Friends visit, pl: "Wizyta"}
states:
  offered:
    on: {accept: {target: contacting}}
    after:
      - delay: PT1H
        guard: >-
          case.attempts + 1
          >= param.most
  contacting:
    entry:
      - set: {a: 1}
  empty:
"""


def refused(text: str | bytes) -> UnreadableDocument:
    with pytest.raises(UnreadableDocument) as caught:
        parse("v1.yaml", text)
    return caught.value


def codes(text: str | bytes) -> list[str]:
    return [fault.code for fault in refused(text).faults]


def places(error: UnreadableDocument) -> list[tuple[str, int, int]]:
    found = []
    for fault in error.faults:
        place = error.document.position(fault.path, at_key=fault.at_key, offset=fault.offset)
        found.append((fault.code, place.line, place.column))
    return found


def under(document: Document, *path: str | int, at_key: bool = False, at: int | None = None) -> str:
    """Return the text that a position covers."""
    place = document.position(path, at_key=at_key, offset=at)
    return document.line(place.line)[place.column - 1 : place.end_column - 1]


# What is read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("on", "on"),
        ("yes", "yes"),
        ("NO", "NO"),
        ("22:30", "22:30"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00:00Z"),
        ("010", 10),
        ("0o10", 8),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("-7", -7),
        ("+7", 7),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("", None),
        ("1.2.3", "1.2.3"),
        ("٣", "٣"),
        ("true", True),
        ("TRUE", True),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("''", ""),
        ("'1'", "1"),
        ('"null"', "null"),
        (str(bound.INTEGER), bound.INTEGER),
        (str(-bound.INTEGER), -bound.INTEGER),
        ("PT1H", "PT1H"),
        ("0" * 500 + "x", "0" * 500 + "x"),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    read_value = parse("x", f"a: {text}").content["a"]
    assert read_value == value
    assert type(read_value) is type(value)


def test_on_is_a_key_like_any_other() -> None:
    assert parse("x", "on: {no: 1, yes: 2}").content == {"on": {"no": 1, "yes": 2}}


def test_a_mark_for_the_byte_order_is_no_part_of_the_text() -> None:
    document = parse("x", "\ufeffprocess: visit".encode())
    assert document.content == {"process": "visit"}
    assert document.position(("process",), at_key=True).column == 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_may_end_in_any_of_three_ways(end: str) -> None:
    document = parse("x", EXAMPLE.replace("\n", end))
    assert document.content == parse("x", EXAMPLE).content
    assert under(document, "states", "offered", "on", "accept", "target") == "contacting"
    assert document.position(("states", "offered", "after", 0, "guard"), offset=20).line == 12


def test_aliases_share_what_their_anchor_has() -> None:
    document = parse("x", "a: &x {b: [1, 2]}\nc: *x\nd: &y text\ne: [*y, *y]")
    assert document.content == {"a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": "text", "e": ["text", "text"]}
    assert under(document, "c") == "*x"
    assert under(document, "c", "b", 1) == "2"
    assert document.position(("c", "b", 1)).line == 1
    assert under(document, "e", 1) == "*y"
    assert under(document, "e", 1, at=0) == "text"


def test_an_anchor_may_be_declared_again() -> None:
    assert parse("x", "a: &x 1\nb: *x\nc: &x 2\nd: *x").content == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_yaml_version_and_a_document_start_are_fine() -> None:
    assert parse("x", "# top\n%YAML 1.2\n--- # start\na: 1\n...\n# end\n").content == {"a": 1}


def test_a_value_without_a_text_after_its_colon_is_null_in_braces_too() -> None:
    assert parse("x", "{a: , b: 1}").content == {"a": None, "b": 1}


# Where things stand


@pytest.mark.parametrize(
    ("path", "at_key", "line", "column", "covered"),
    [
        ((), False, 2, 1, "process: orange-friends-visit"),
        (("process",), True, 2, 1, "process"),
        (("process",), False, 2, 10, "orange-friends-visit"),
        (("title", "pl"), False, 4, 39, '"Wizyta"'),
        (("title",), False, 4, 8, '{en: Orange Friends visit, pl: "Wizyta"}'),
        (("states", "offered"), False, 6, 3, "offered"),
        (("states", "offered"), True, 6, 3, "offered"),
        (("states", "offered", "on", "accept", "target"), False, 7, 27, "contacting"),
        (("states", "offered", "after", 0), False, 9, 9, "delay: PT1H"),
        (("states", "offered", "after", 0, "guard"), False, 10, 16, ">-"),
        (("states", "empty"), False, 16, 3, "empty"),
        (("states", "offered", "nowhere"), False, 6, 3, "offered"),
        (("states", "offered", "nowhere", 3, "x"), True, 6, 3, "offered"),
        (("states", "contacting", "entry", 7), False, 14, 5, "entry"),
        (("nowhere",), True, 2, 1, "process: orange-friends-visit"),
    ],
)
def test_every_path_has_a_place(path: tuple, at_key: bool, line: int, column: int, covered: str) -> None:
    document = parse("x", EXAMPLE)
    place = document.position(path, at_key=at_key)
    assert (place.line, place.column) == (line, column)
    assert under(document, *path, at_key=at_key) == covered


def test_an_offset_in_a_folded_block_finds_its_word() -> None:
    document = parse("x", EXAMPLE)
    path = ("states", "offered", "after", 0, "guard")
    value = "case.attempts + 1 >= param.most"
    assert [under(document, *path, at=value.index(word)) for word in ("attempts", ">=", "most")] == [
        "attempts",
        ">",
        "most",
    ]
    assert document.position(path, offset=value.index("most")).line == 12


def test_an_offset_beyond_the_value_is_just_after_it() -> None:
    document = parse("x", "a: bc\nd: 1")
    assert document.position(("a",), offset=99).column == 6
    assert document.position(("a",), offset=-5).column == 4
    assert document.position(("d",), offset=99).column == 5


def test_an_offset_can_be_a_blank_at_the_start_of_a_line() -> None:
    document = parse("x", "a: |2\n    x y\n   z\n")
    assert document.content == {"a": "  x y\n z\n"}
    found = [document.position(("a",), offset=at) for at in range(8)]
    assert [(place.line, place.column) for place in found] == [
        *((2, column) for column in (3, 4, 5, 6, 7, 8)),
        *((3, column) for column in (3, 4)),
    ]


def test_an_offset_can_be_in_a_key() -> None:
    document = parse("x", "a: {'it''s a key': 1}")
    assert under(document, "a", "it's a key", at_key=True, at=7) == "key"


def test_columns_count_characters() -> None:
    document = parse("x", "a: {🙂é: ok, b: bad}")
    assert under(document, "a", "b") == "bad"
    assert document.position(("a", "b")).column == 16


LETTERS = st.text(st.sampled_from("ab é🙂\xa0'\"\\#:-{}[]&*!|>%@,.?`~\n\t "), max_size=30)
ODD = st.text(st.sampled_from("ab \n\t\x07\x85\u2028\u2029\ufeff\x00/_é"), max_size=30)
MARKER = "MARKER"


def assert_found(text: str, path: tuple, value: str) -> None:
    document = parse("x", text)
    found = document.content
    for part in path:
        found = found[part]
    assert found == value
    place = document.position(path, offset=value.index(MARKER))
    covered = document.line(place.line)[place.column - 1 :]
    assert covered.startswith(MARKER), (text, place)
    assert_every_character(document, path, value)


def assert_every_character(document: Document, path: tuple, value: str) -> None:
    """Hold each character that is not blank to the one in the text, or to the escape that says it."""
    _, node, _, _ = document._find(path)
    node = node.target or node
    places = offset.indexes(document.text, node, value)
    assert len(places) == len(value)
    assert places == sorted(places)
    for character, index in zip(value, places, strict=True):
        if character not in " \t\n":
            there = document.text[index]
            assert there == character or (there == "\\" and node.style == '"'), (character, there)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(LETTERS, LETTERS, st.sampled_from([None, "'", '"', "|", ">"]), st.sampled_from([20, 1000]), st.booleans())
def test_an_offset_is_found_in_every_style(before, after, style, width, allow_unicode) -> None:
    value = before + MARKER + after
    text = yaml.dump({"key": [{"k": value}]}, default_style=style, width=width, allow_unicode=allow_unicode)
    assert_found(text, ("key", 0, "k"), value)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(ODD, ODD, st.sampled_from([10, 1000]), st.booleans())
def test_an_offset_is_found_among_escapes(before, after, width, allow_unicode) -> None:
    value = before + MARKER + after
    text = yaml.dump({"k": value}, default_style='"', width=width, allow_unicode=allow_unicode)
    assert_found(text, ("k",), value)


LINE = st.text(st.sampled_from("ab:#'\"é&* \t"), max_size=8).map(lambda line: line.lstrip("\t "))


@settings(derandomize=True, max_examples=300, deadline=None)
@given(
    before=st.lists(st.tuples(st.integers(0, 3), LINE), max_size=4),
    after=st.lists(st.tuples(st.integers(0, 3), LINE), max_size=4),
    header=st.tuples(st.sampled_from("|>"), st.booleans(), st.sampled_from(["", "-", "+"])),
    indent=st.integers(1, 4),
    around=st.tuples(st.sampled_from(["", "&anchor ", "&anchor\n     "]), st.sampled_from(["", " # why", "\t # a"])),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_an_offset_is_found_in_blocks_written_by_hand(*, before, after, header, indent, around, end) -> None:
    (style, explicit, chomping), (anchor, comment) = header, around
    lines = [*before, (0, MARKER), *after]
    body = "\n".join(" " * (2 + indent + extra) + line if line else "" for extra, line in lines)
    first = f"{style}{indent if explicit else ''}{chomping}{comment}"
    text = f"k:\n- x\n-\n  a: {anchor}{first}\n{body}\n  b: 1\n".replace("\n", end)
    try:
        value = yaml.load(text, Loader=yaml.CSafeLoader)["k"][1]["a"]
    except yaml.YAMLError:
        value = ""
    assume(MARKER in value)
    assert_found(text, ("k", 1, "a"), value)


@pytest.mark.parametrize(
    "scalar",
    [
        f"one\n  two {MARKER}\n\n\n  three",
        f"'it''s\n  '' two\n\n  {MARKER} '''",
        f'"a \\\n  b \\\n\n  \\ c\\x20 \\u0020 \\t {MARKER}\\U0001F642 d"',
        f'"\\"\\\\ \\N\\_\\L\\P {MARKER}"',
        f"&a {MARKER}",
        f"&a # a comment\n  # another &b\n  '{MARKER}'",
        f'&a\n  "x {MARKER}"',
        f"x#y {MARKER} # a comment",
        f"a\tb\t{MARKER}",
    ],
)
def test_an_offset_is_found_in_scalars_written_by_hand(scalar: str) -> None:
    text = f"k: {scalar}\nother: 1\n"
    assert_found(text, ("k",), yaml.load(text, Loader=yaml.CSafeLoader)["k"])


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_both_parsers_give_the_same_tree(loader) -> None:
    text = EXAMPLE + "more: &a [1, *b]\nquoted: &b 'x'\n"
    lines = Lines.of(text.replace("*b", "2"))
    assert tree.grow(lines, loader) == tree.grow(lines)
    assert not tree.grow(lines).faults


# What is refused


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\nb: 4\na: 5", [("duplicate-key", 3, 1), ("duplicate-key", 4, 1), ("duplicate-key", 5, 1)]),
        ("1: a\ntrue: b\n~: c", [("key-not-text", 1, 1), ("key-not-text", 2, 1), ("key-not-text", 3, 1)]),
        ("a:\n  ? [b]\n  : c", [("key-not-text", 2, 5)]),
        ("*a : 1", [("unknown-anchor", 1, 1)]),
        ("a: &a k\n*a : 1", [("key-not-text", 2, 1)]),
        (": 1", [("yaml-syntax", 1, 1)]),
        ("? \n: 1", [("key-not-text", 1, 2)]),
        ("a: &a {b: 1}\nc: {<<: *a}", [("merge-key", 2, 5)]),
        ("guard: !has(x)", [("tag", 1, 8)]),
        ("a: !!str 5\nb: !x {c: 1}\nd: !!python/name:os.system ''", [("tag", 1, 4), ("tag", 2, 4), ("tag", 3, 4)]),
        ("a: .nan\nb: -.INF", [("not-a-number", 1, 4), ("not-a-number", 2, 4)]),
        ("a: 9223372036854775808", [("number-too-big", 1, 4)]),
        ("a: -9223372036854775808", [("number-too-big", 1, 4)]),
        ("a: " + "9" * 60_000, [("number-too-big", 1, 4)]),
        ("a: 0x" + "f" * 60_000, [("number-too-big", 1, 4)]),
        ("a: 1e999", [("number-too-big", 1, 4)]),
        ("a: *b", [("unknown-anchor", 1, 4)]),
        ("a: &a [*a]", [("recursive-alias", 1, 8)]),
        ("%TAG ! x:\n---\na: 1", [("directive", 1, 1)]),
        ("%YAML 1.2\n%FOO\n---\na: 1", [("directive", 2, 1)]),
        ("a: 1\n---\nb: 2", [("several-documents", 2, 1)]),
        ("a: 1\n...\nb: 2", [("several-documents", 3, 1)]),
        ("---\n---\n", [("several-documents", 2, 1)]),
        ("", [("empty-document", 1, 1)]),
        ("# only\n# comments\n", [("empty-document", 1, 1)]),
        ("---\n", [("empty-document", 1, 1)]),
        ("a:\n\tb: 1", [("tab-indentation", 2, 1)]),
        ("\ta: 1", [("tab-indentation", 1, 1)]),
        ("a: b\x00c", [("not-text", 1, 5)]),
        ("a: 1\nb: \x1b[31m", [("not-text", 2, 4)]),
        ("a: b\u2028c", [("not-text", 1, 5)]),
        ("a: \ud800", [("not-text", 1, 4)]),
        (b"a: 1\nb\xc3\xa9: \xff", [("not-utf-8", 2, 5)]),
        ("\ufeffa: 1".encode("utf-16-le"), [("not-utf-8", 1, 1)]),
        ("a: 1".encode("utf-16-le"), [("not-text", 1, 2)]),
        (bytes(range(256)), [("not-utf-8", 3, 115)]),
    ],
)
def test_what_yaml_may_say_but_a_process_may_not(text: str | bytes, expected: list) -> None:
    assert places(refused(text)) == expected


@pytest.mark.parametrize(
    ("line", "code", "column", "said"),
    [
        ("guard: a ? b : c", "yaml-syntax", 14, "quote the whole text, or write it as a >- block"),
        ("guard: [1].exists(v, v > 1)", "yaml-syntax", 11, "text goes on after the list"),
        ("guard: case.x in [1] && y: 2", "yaml-syntax", 26, "stands where no key can be"),
        ("guard: && case.x", "yaml-syntax", 9, "a leading & is a YAML anchor"),
        ("guard: *case.x", "yaml-syntax", 13, "a leading * is a YAML alias"),
        ("guard: - case.x", "yaml-syntax", 8, 'a leading "- " is an item of a YAML list'),
        ("guard: !has(x)", "tag", 8, "a leading ! is a YAML tag: quote the whole text"),
        ("guard: !has(x) && y", "yaml-syntax", 17, "a leading ! is a YAML tag"),
        ('guard: "a" == case.x', "yaml-syntax", 12, "text goes on after the closing quote"),
        ("guard: > 5", "yaml-syntax", 10, "begin the text on the next line"),
        ("guard: @x", "yaml-syntax", 8, "no text can begin with this character"),
        ("guard: {{ meta.case }}", "key-not-text", 9, "a text with {{ }} in it"),
        ("body: {{ meta.case }} is here", "key-not-text", 8, "a text with {{ }} in it"),
        ("on: {guard: exists(v, v.x), target: b}", "cut-text", 13, '"exists(v" was cut at a comma'),
        ("on: [exists(v, v.x)]", "cut-text", 6, '"exists(v" was cut at a comma'),
        ("on: {accept, decline: {target: b}}", "key-without-value", 6, '"accept" has no value'),
        ('guard: "open', "yaml-syntax", 8, "this quote is never closed"),
        (r'guard: "\q"', "yaml-syntax", 9, "no such escape"),
        ("on: {a: 1", "yaml-syntax", 10, 'goes on without a "," or "}"'),
        ("on: }", "yaml-syntax", 5, "a value is missing here"),
        ("on: {: 1}", "yaml-syntax", 6, "a key is missing here"),
    ],
)
def test_traps_of_yaml_say_the_way_out(line: str, code: str, column: int, said: str) -> None:
    error = refused(f"first: 1\nstates:\n  {line}")
    assert places(error) == [(code, 3, column + 2)]
    assert said in f"{error.faults[0].message}; {error.faults[0].hint}"


def test_a_second_key_names_the_line_of_the_first() -> None:
    [fault] = refused("a: 1\n\nb: {}\na: 2").faults
    assert fault.message == '"a" stands here a second time; the first is on line 1'
    assert fault.value == "a"


def test_a_long_value_is_quoted_by_its_beginning() -> None:
    long = "x" * 60_000
    [fault] = refused(f"? '{long}'\n: 1\n? '{long}'\n: 2").faults
    assert fault.message == f'"{"x" * 60}…" stands here a second time; the first is on line 1'


def test_all_faults_are_found_before_the_syntax_breaks() -> None:
    assert codes("a: 1\na: 2\nb: .inf\nc: !x 1\n1: x\nd: }\n") == [
        "duplicate-key",
        "not-a-number",
        "tag",
        "key-not-text",
        "yaml-syntax",
    ]


def test_an_unreadable_document_is_an_invalid_definition() -> None:
    error = refused("a: 1\na: 2\na: 3")
    assert isinstance(error, InvalidDefinition)
    assert error.facts == {"file": "v1.yaml"}
    assert str(error) == 'v1.yaml cannot be read: "a" stands here a second time; the first is on line 1 (and 1 more)'


def test_faults_stop_at_a_hundred() -> None:
    found = codes("\n".join(f"{number}: x" for number in range(1000)))
    assert found == ["key-not-text"] * bound.FAULTS + ["too-many-faults"]


# Bounds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 200_000, "too-deep"),
        ("[" * 200_000 + "]" * 200_000, "too-deep"),
        ("{a: " * 200_000, "too-deep"),
        ("- " * 200_000, "too-deep"),
        ("? " * 200_000, "too-deep"),
        ("[\n" * 200_000, "too-deep"),
        ("\n".join(" " * depth + "a:" for depth in range(1400)), "too-deep"),
        ("a: [" + "x," * 300_000 + "]", "too-many-nodes"),
        ("- a\n" * 250_000, "too-many-nodes"),
        ("a: " + "x" * (bound.SCALAR + 1), "scalar-too-long"),
        ("x" * (bound.SCALAR + 1) + ": a", "scalar-too-long"),
        ("a: &x b\nc: [" + "*x, " * (bound.ALIASES + 1) + "]", "too-many-aliases"),
        ("a" * (bound.SIZE + 1), "document-too-big"),
        (b"\0" * (bound.SIZE + 1), "document-too-big"),
        ("\n".join(f"%TAG !a{number}! x:" for number in range(50_000)) + "\n--- 1", "directive"),
        ("a: 1\n...\n" + "\n".join(f"%TAG !a{number}! x:" for number in range(50_000)), "several-documents"),
        ("%YAML 1.2\r" + "\r".join(f"%TAG !a{number}! x:" for number in range(50_000)) + "\r--- 1", "directive"),
        ("a: 1\n" + "\n".join(f"%TAG !a{number}! x:" for number in range(50_000)), "several-documents"),
        ("\n" * 1_000_000, "empty-document"),
        (" " * 1_000_000, "empty-document"),
        ("# \n" * 300_000, "empty-document"),
        ("- - " * 200 + ": " * 200_000, "too-deep"),
        ("&a " * 300_000, "yaml-syntax"),
        ("a: 'b\n" + "\n" * 900_000, "yaml-syntax"),
        ("a: &x " + " " * 900_000 + "!", "tag"),
        ("a: '" + "  -" * 300_000, "yaml-syntax"),
        ("'" + "- " * 400_000 + "'b", "scalar-too-long"),
    ],
    ids=lambda given: str(given)[:12],
)
def test_a_bound_stops_what_is_too_much(text: str | bytes, code: str) -> None:
    assert codes(text) == [code]


def bomb(levels: int, width: int) -> str:
    lines = ["a0: &a0 [lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def test_an_alias_bomb_is_never_expanded() -> None:
    error = refused(bomb(10, 9))
    assert [fault.code for fault in error.faults] == ["too-many-nodes"]
    assert 'with what "*a5" stands for' in error.faults[0].message
    assert places(error)[0][1] == 7


def test_an_alias_bomb_of_long_texts_is_stopped_by_their_characters() -> None:
    text = f"a0: &a0 {'x' * bound.SCALAR}\n" + bomb(8, 2).replace("a0: &a0 [lol]\n", "")
    assert codes(text) == ["too-many-characters"]


def test_aliases_count_with_the_depth_they_bring() -> None:
    deep = "[" * 40 + "]" * 40
    assert codes(f"a: &a {deep}\nb: {'[' * 30}*a{']' * 30}") == ["too-deep"]
    nested = "\n".join(f"a{n}: &a{n} [[[[[[[[[[*a{n - 1}]]]]]]]]]]" for n in range(1, 9))
    assert codes(f"a0: &a0 1\n{nested}") == ["too-deep"]


def test_the_bounds_themselves_are_allowed() -> None:
    assert parse("x", "[" * bound.DEPTH + "]" * bound.DEPTH).content
    assert parse("x", "a: " + "x" * bound.SCALAR).content
    assert parse("x", "a: &x b\nc: [" + "*x, " * bound.ALIASES + "]").content
    assert parse("x", "a: 1".ljust(bound.SIZE)).content == {"a": 1}


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab1 \n\t-?:,[]{}#&*!|>'\"%@`~<.\\\x00\x85\ud800\ufeff"), max_size=60))
def test_any_text_is_read_or_has_faults_with_places(text: str) -> None:
    check_any(text)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_have_faults_with_places(junk: bytes) -> None:
    check_any(junk)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab1 \n\t-?:,[]{}#&*!|>'\"%@`~<.\\"), max_size=40))
def test_the_parser_in_python_only_ever_gives_faults_either(text: str) -> None:
    grown = tree.grow(Lines.of(text), yaml.SafeLoader)
    assert all(0 <= (fault.offset or 0) <= len(text) for fault in grown.faults)


def check_any(text: str | bytes) -> None:
    found = attempted(text)
    if isinstance(found, Document):
        assert found.position(("nowhere",), offset=3).line >= 1
    else:
        assert found.faults
        assert all(line >= 1 and column >= 1 for _, line, column in places(found))


def attempted(text: str | bytes) -> Document | UnreadableDocument:
    try:
        return parse("x", text)
    except UnreadableDocument as error:
        return error


# Files


def test_a_file_is_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "v1.yaml"
    path.write_text(EXAMPLE, encoding="utf-8")
    document = read(path)
    assert document.name == path.as_posix()
    assert document.content["version"] == 1


def unread(path: pathlib.Path) -> UnreadableDocument:
    with pytest.raises(UnreadableDocument) as caught:
        read(path)
    return caught.value


def test_a_file_that_is_not_there_says_so(tmp_path: pathlib.Path) -> None:
    error = unread(tmp_path / "nothing.yaml")
    assert places(error) == [("missing-file", 1, 1)]
    assert "nothing.yaml" in error.message


def test_a_folder_is_no_document(tmp_path: pathlib.Path) -> None:
    assert places(unread(tmp_path)) == [("not-a-file", 1, 1)]


def test_a_pipe_is_not_waited_for(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert places(unread(path)) == [("not-a-file", 1, 1)]


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/inside"])
def test_names_that_no_file_can_have_say_so(tmp_path: pathlib.Path, name: str) -> None:
    (tmp_path / "file").touch()
    assert places(unread(tmp_path / name)) == [("unreadable-file", 1, 1)]


def test_a_huge_file_is_not_read_whole(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(10 * 1024 * 1024)
    error = unread(path)
    assert places(error) == [("document-too-big", 1, 1)]
    assert error.document.text == ""


# Remarks


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ('a: "hello"', 0, "write {text: hello}"),
        ("a: 'hello'", 0, "the quotes belong to YAML"),
        ("a: hello", 0, ""),
        ('a: "case.x"', 0, ""),
        ("a: size(case.x #1)", 11, 'YAML takes what follows " #" for a comment'),
        ("a: size(case.x #1)", 3, ""),
        ("a: 5", 0, ""),
    ],
)
def test_a_document_remarks_what_yaml_took_from_a_text(text: str, at: int, said: str) -> None:
    remark = parse("x", text).remark(("a",), at)
    assert said in remark
    assert bool(said) == bool(remark)


def test_places_are_right_to_the_end_of_a_large_document() -> None:
    transition = "        - {guard: case.attempts + 1 >= param.most, target: closed, title: Again}\n"
    states = "".join(f"  state_{n}:\n    on:\n      event:\n{transition * 5}" for n in range(1000))
    text = f"process: large\nstates:\n{states}"
    assert len(text) > 400_000
    document = parse("x", text)
    assert document.position(("states", "state_999", "on", "event", 4, "guard")).line == text.count("\n")
