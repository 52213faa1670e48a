"""Expressions that run as Python functions give what cel-cpp gives: the same value of the same type, or the same error."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.message import Message
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from caseway.adapters.checked_file import definition_in
from caseway.engine.expression import ExpressionError, Language, Program
from caseway.engine.expression.reading import UNUSUAL
from tests.engine.expression.conftest import INSTANT, INTEGER, STRING, listed, record

ROOT = Path(__file__).parents[3]
BOOLEAN = {"type": "boolean"}
REVIEW = {
    "type": "object",
    "required": ["by", "stars", "seen", "tags", "at"],
    "properties": {
        "by": STRING,
        "stars": INTEGER,
        "seen": BOOLEAN,
        "tags": listed(STRING),
        "note": STRING,
        "at": INSTANT,
        "mark": {"type": ["integer", "null"]},
    },
}
CASE = {
    "type": "object",
    "required": [
        "flag", "count", "size", "limit", "paid", "name", "nick", "status", "rating", "opened", "closed", "tags",
        "numbers", "levels", "reviews", "customer", "scores", "anything",
    ],
    "properties": {
        "flag": BOOLEAN,
        "count": INTEGER,
        "size": INTEGER,
        "limit": {"type": ["integer", "null"]},
        "paid": {"type": ["boolean", "null"]},
        "name": STRING,
        "nick": {"type": ["string", "null"]},
        "note": STRING,
        "status": {"enum": ["open", "shut"]},
        "rating": {"type": "number"},
        "opened": INSTANT,
        "closed": {"type": ["string", "null"], "format": "date-time"},
        "tags": listed(STRING),
        "numbers": listed(INTEGER),
        "levels": listed({"type": ["integer", "null"]}),
        "reviews": listed(REVIEW),
        "customer": {"type": "object", "required": ["id"], "properties": {"id": STRING, "name": STRING}},
        "scores": {"type": "object", "additionalProperties": INTEGER},
        "anything": {},
    },
}  # fmt: skip
SCOPE = Language().scope({"case": CASE, "actor": record(id=STRING, roles=listed(STRING)), "now": INSTANT})
NOW = datetime(2026, 1, 2, 9, 30, tzinfo=UTC)
PLAIN: Mapping[str, Any] = {
    "case": {
        "flag": True,
        "count": 2,
        "size": -7,
        "limit": 5,
        "paid": False,
        "name": "Anna",
        "nick": "anna",
        "note": "b",
        "status": "open",
        "rating": 4,
        "opened": "2026-01-01T10:00:00+01:00",
        "closed": None,
        "tags": ["a", "b"],
        "numbers": [3, 2],
        "levels": [1, None],
        "reviews": [
            {"by": "anna", "stars": 4, "seen": True, "tags": ["a"], "at": "2026-01-01T00:00:00Z", "note": "b"},
            {"by": "b", "stars": 2, "seen": False, "tags": [], "at": "2026-01-03T00:00:00Z", "mark": None},
        ],
        "customer": {"id": "c1", "name": "Anna"},
        "scores": {"anna": 2},
        "anything": 1,
    },
    "actor": {"id": "anna", "roles": ["friend", "b"]},
    "now": NOW,
}  # fmt: skip
ABSENT = object()
ODD: list[Any] = [
    ABSENT, None, True, False, 0, 1, 3.0, 3.5, -0.0, float("nan"), 2**63 - 1, 1 - 2**63, -(2**63), 2**63, 1e300,
    "", "b", "Żółć 😀", "a\uffffb", "x\0y", "\ud800", "x" * 65_536, "x" * 65_537, "é" * 65_537, "2026-01-01T09:00:00Z",
    "2026-01-02T09:30:00", "2026-01-02\x0009:30:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-W01-5T09:30+00:00", NOW, NOW.astimezone(timezone(timedelta(hours=9))), NOW.replace(tzinfo=None),
    datetime.max.replace(tzinfo=UTC), [], ["b", 1, True, None, [2], {"by": "b"}], [1.0, 2, True], [2**63], ["x\0y"], [True], ["b"] * 5_001,
    {}, {"by": "b", "id": 1}, {1: 2}, (1, 2), Message(),
]  # fmt: skip

EXPRESSIONS = [
    *("true", "null", "1", "'Żółć'", "case.flag", "case.count", "case.limit", "case.paid", "case.name", "case.nick"),
    *("case.note", "case.status", "now", "case.opened", "case.closed", "case.tags", "case.numbers", "case.levels"),
    *("case.customer.id", "actor.id", "actor.roles", "[case.name, actor.id]", "[case.count, -case.size]", "[1, 2][case.count]"),
    *(f"case.count {sign} case.size" for sign in ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")),
    *(f"case.name {sign} actor.id" for sign in ("==", "!=", "<", "<=", ">", ">=", "+")),
    *(f"case.opened {sign} now" for sign in ("==", "!=", "<", "<=", ">", ">=")),
    *("case.flag == true", "case.paid == null", "null != case.closed", "case.closed != null && case.closed < now"),
    *("case.limit == 2", "case.limit != null && case.limit < 3", "case.nick == case.name", "case.status in ['open', 'shut']"),
    *("case.paid != null && case.paid", "case.paid == case.flag", "case.flag ? case.limit : 1", "case.flag ? case.tags : []"),
    *("has(case.note) && case.note == 'b'", "!has(case.note) || case.note > 'a'", "has(case.note) ? case.note : ''"),
    *("has(case.opened)", "has(case.anything)", "has(case.customer)", "has(case.customer) && has(case.customer.name)"),
    *("case.anything == null", "case.customer != null", "case.customer == null", "case.anything == 1", "case.anything > 1"),
    *("case.flag && case.count > 1", "case.flag || case.count > 1", "!case.flag", "-case.count", "-case.size + -1"),
    *("case.name in case.tags", "case.nick in actor.roles", "case.count in case.numbers", "case.count in [1, case.size]"),
    *("null in case.levels", "'anna' in case.scores", "case.note in []", "'b' in ['b', case.name]", "case.flag in [true, case.flag]"),
    *("size(case.name)", "case.name.size()", "size(case.tags)", "case.reviews.size() + 1", "size([case.name, actor.id])"),
    *("case.name.startsWith('A')", "case.name.endsWith(actor.id)", "case.name.contains('n')", "case.nick.contains('n')"),
    *("string(case.count)", "string(case.name)", "string(case.limit)", "string(case.flag)", "string(now)", "case.anything.contains('b')"),
    *("percent(case.count, case.size)", "sum(case.numbers)", "sum([case.count, 1])", "case.count + 9223372036854775807 - case.size"),
    *("case.numbers[0]", "case.tags[case.count - 1]", "case.levels[1]", "case.levels[0] == null", "case.numbers[case.size]"),
    *("case.reviews[0].by", "case.reviews[size(case.reviews) - 1].stars", "case.reviews[0].at", "has(case.reviews[1].note)"),
    *("case.tags.exists(tag, tag == 'b')", "case.numbers.all(number, number > case.size)", "case.levels.exists(level, level == null)"),
    *("case.tags.exists(tag, case.flag)", "[1, case.count].exists(number, number == 2)", "case.reviews.all(review, review.seen)"),
    *("case.reviews.exists(review, review.by == actor.id && review.stars > case.count)", "case.numbers.all(n, case.flag)"),
    *("case.reviews.exists(review, has(review.note) && review.note == 'b')", "case.reviews.all(review, review.at < now)"),
    *("case.reviews.exists(review, 'a' in review.tags)", "case.reviews.exists(review, review.tags[0] == 'a')"),
    *("case.reviews.all(review, size(review.tags) > 0)", "case.reviews.exists(now, now.by == 'b')"),
    *("case.tags.all(a, a != '') && case.tags.exists(b, b == 'b')", "case.tags.all(a, case.tags.exists(b, a == b))"),
    *("case.rating > 3.5", "case.tags.filter(tag, tag != 'b')", "case.reviews.map(review, review.by)", "case.tags + case.tags"),
    *("1 in case.numbers", "case.numbers == [1]", "case.count > -(-9223372036854775808)"),
    *("case.nick != null ? [case.nick] : []", "case.flag ? [case.name] : case.flag ? case.tags : actor.roles"),
    *("size(case.flag ? [] : case.numbers)", "case.name in (case.flag ? case.tags : [])", "(case.flag ? case.tags : ['b'])[0]"),
    *("now - case.opened > duration('1h')", "now.getHours()", "case.scores.anna", "case.scores['anna']", "case.name.matches('^A')"),
    *("case.limit + 1", "case.nick + '!'", "case.paid && true", "case.closed < now", "case.nick.startsWith('a')", "case.customer.name"),
]  # fmt: skip
"""All that is translated, and beside it some of what is not."""
KNOWN = frozenset(
    {"case.limit!", "case.nick!", "case.paid!", "case.closed!", "case.note", "case.customer.name", "case.levels[0]!"}
)
"""As if guards before had asked: so what is absent or null is met all the same."""
Oddity = tuple[tuple[Any, ...], Any]
PATHS: list[tuple[Any, ...]] = [
    ("case",),
    *(("case", name) for name in CASE["properties"]),
    *(("case", "reviews", 0, name) for name in REVIEW["properties"]),
    ("case", "reviews", 0),
    ("case", "customer", "id"),
    ("case", "customer", "name"),
    ("actor",),
    ("actor", "id"),
    ("actor", "roles"),
    ("now",),
]
"""Places in the data; within a list, those of every item."""
WANTED = (None, BOOLEAN, INTEGER, {"type": "number"}, STRING, listed(STRING), {"type": ["string", "null"]})


def test_every_operator_gives_what_cel_gives_on_odd_data() -> None:
    ways: Counter[str] = Counter()
    for text in EXPRESSIONS:
        program = compiled(text)
        for values in strange(text):
            ways[same(program, values)] += 1
    assert ways["translated"] > 2_000, ways
    assert ways["left to cel-cpp"] > 2_000, ways


def test_plain_data_need_no_cel_whatever_is_wanted() -> None:
    taken = 0
    for text, wants in product(EXPRESSIONS, WANTED):
        program, _ = SCOPE.compile(text, wants, KNOWN)
        if program is not None:
            taken += same(program, PLAIN) == "translated"
    assert taken > 250


LEAVES = st.sampled_from([text for text in EXPRESSIONS if SCOPE.compile(text, BOOLEAN, KNOWN)[0] is not None])
NUMBERS = st.recursive(
    st.sampled_from(["case.count", "case.size", "case.limit", "size(case.tags)", "3", "-1", "9223372036854775807"]),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner),
    max_leaves=4,
)
TRUTHS = st.recursive(
    st.one_of(LEAVES, st.builds("({} {} {})".format, NUMBERS, st.sampled_from(["==", "<", ">="]), NUMBERS)),
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||", "==", "!="]), inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("case.reviews.exists(review, review.seen && {})".format, inner),
    ),
    max_leaves=6,
)
ODDITIES = st.tuples(st.sampled_from(PATHS), st.sampled_from(ODD))


def test_conditions_within_each_other_give_what_cel_gives() -> None:
    ways: Counter[str] = Counter()

    @settings(max_examples=200, deadline=None, derandomize=True, database=None)
    @given(TRUTHS, st.lists(ODDITIES, min_size=1, max_size=4))
    def agree(text: str, oddities: list[Oddity]) -> None:
        program, _ = SCOPE.compile(text, BOOLEAN, KNOWN)
        if program is not None:
            for values in (PLAIN, changed(PLAIN, oddities), *(changed(PLAIN, [oddity]) for oddity in oddities)):
                ways[same(program, values)] += 1

    agree()
    assert ways["translated"] > 300, ways
    assert ways["left to cel-cpp"] > 100, ways


def test_long_loops_end_where_those_of_cel_do() -> None:
    for text, many in product(LOOPS, (4_999, 5_000, 5_001, 9_999, 10_000)):
        same(compiled(text), changed(PLAIN, [(("case", "numbers"), [1] * many), (("case", "tags"), ["a"] * many)]))


LOOPS = ("case.numbers.all(number, number == 1)", "case.tags.exists(tag, tag == case.name)")


def test_texts_that_grow_have_the_bounds_of_cel() -> None:
    for length in (32_767, 32_768, 32_769):
        values = changed(PLAIN, [(("case", "name"), "ż" * length)])
        same(compiled("case.name + case.name"), values)
        same(compiled("size(case.name + case.name + case.name)"), values)
        same(compiled(f"[{', '.join(['case.name'] * 31)}]"), values)


def test_three_in_four_expressions_of_the_shipped_processes_are_translated() -> None:
    for path in (*ROOT.glob("processes/*/v1.yaml"), *ROOT.glob("benchmarks/charts/*/v1.yaml")):
        found = {program.text: program for program in within(definition_in(path), set())}
        left = [text for text, program in found.items() if program._translated is None]
        assert 4 * len(left) <= len(found), f"{path}: {left} of {len(found)}"


def test_null_is_held_as_often_as_it_is_given() -> None:
    program, activation = compiled("case.levels"), SCOPE.activation(PLAIN)
    before = sys.getrefcount(None)
    for _ in range(1_000):
        program.interpreted(activation)
    assert abs(sys.getrefcount(None) - before) < 500


def within(value: Any, seen: set[int]) -> Iterator[Program]:
    """Yield the programs of a definition, wherever they stand in it."""
    if isinstance(value, Program):
        yield value
    elif id(value) not in seen:
        seen.add(id(value))
        parts: Any = ()
        if is_dataclass(value):
            parts = [getattr(value, part.name) for part in fields(value)]
        elif isinstance(value, Mapping):
            parts = value.values()
        elif isinstance(value, (list, tuple)):
            parts = value
        for part in parts:
            yield from within(part, seen)


def compiled(text: str) -> Program:
    program, faults = SCOPE.compile(text, known=KNOWN)
    assert program is not None, (text, faults)
    return program


def same(program: Program, values: Mapping[str, Any]) -> str:
    """Assert that both ways give the same; return which way `evaluate` went."""
    given, wanted = outcome(program.evaluate, values), outcome(program.interpreted, values)
    assert given == wanted, f"{program}: {given} instead of {wanted} on {values}"
    if program._translated is None:
        return "not translated"
    try:
        program._translated(SCOPE.activation(values))
    except UNUSUAL:
        return "left to cel-cpp"
    return "translated"


def outcome(evaluate: Any, values: Mapping[str, Any]) -> tuple[str, ...]:
    try:
        return "value", repr(evaluate(SCOPE.activation(values)))
    except ExpressionError as error:
        return "error", error.code, error.message


def strange(text: str) -> Iterator[Mapping[str, Any]]:
    """The plain data with each odd value at each place that an expression names."""
    for path in PATHS:
        if f".{path[-1]}" in text or path[-1] == 0 or path == (text,) or (path == ("case",) and "has(" in text):
            yield from (changed(PLAIN, [(path, odd)]) for odd in ODD)


def changed(values: Any, oddities: list[Oddity]) -> Any:
    """Return data with other values at some places."""
    made = values
    for (first, *rest), odd in oddities:
        if not isinstance(made, dict if isinstance(first, str) else list):
            continue
        if isinstance(made, list):
            made = [changed(each, [(tuple(rest), odd)]) if rest else odd for each in made]
        elif rest:
            made = {**made, first: changed(made.get(first), [(tuple(rest), odd)])}
        else:
            made = {name: value for name, value in made.items() if name != first}
            made |= {} if odd is ABSENT else {first: odd}
    return made
