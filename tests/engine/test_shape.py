import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from caseway.engine.bound import DEPTH, INTEGER, LIST_LENGTH, NODES, TEXT_LENGTH, exceeded
from caseway.engine.fit import predicate
from caseway.engine.format import EXAMPLES, FORMATS
from caseway.engine.shape import LIST_DEPTH, Shape, shape_faults

VISIT = {
    "type": "object",
    "required": ["customer"],
    "properties": {
        "customer": {
            "type": "object",
            "properties": {"name": {"type": "string", "minLength": 1}, "vip": {"type": "boolean", "default": False}},
            "x-visible-to": ["dispatcher"],
        },
        "attempts": {"type": "integer", "default": 0, "maximum": 5},
        "price": {"type": "number", "multipleOf": 0.1},
        "planned": {"type": ["string", "null"], "format": "date-time"},
        "answers": {
            "type": "array",
            "default": [],
            "items": {"type": "object", "properties": {"stars": {"type": "integer", "default": 1}}},
        },
        "tags": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        "votes": {"type": "object", "additionalProperties": {"type": "integer"}},
        "size": {"enum": ["small", "large", 3]},
    },
}


def faults(value):
    return [(fault.code, fault.path) for fault in Shape(VISIT).faults(value)]


def test_defaults_are_filled_in_at_every_level():
    value = {"customer": {"name": "Ewa"}, "answers": [{}, {"stars": 5}]}
    assert Shape(VISIT).complete(value) == {
        "customer": {"name": "Ewa", "vip": False},
        "attempts": 0,
        "answers": [{"stars": 1}, {"stars": 5}],
    }
    assert value == {"customer": {"name": "Ewa"}, "answers": [{}, {"stars": 5}]}


def test_an_absent_object_is_not_made_of_its_fields_defaults():
    assert Shape(VISIT).defaults() == {"attempts": 0, "answers": []}


def test_defaults_are_not_shared_between_values():
    shape = Shape(VISIT)
    shape.defaults()["answers"].append("x")
    assert shape.defaults()["answers"] == []


def test_a_whole_float_becomes_an_integer_where_one_is_declared():
    completed = Shape(VISIT).complete({"attempts": 3.0, "price": 3.0, "votes": {"a": 2.0}, "answers": [{"stars": 4.0}]})
    assert [type(completed["attempts"]), type(completed["price"]), type(completed["votes"]["a"])] == [int, float, int]
    assert type(completed["answers"][0]["stars"]) is int


def test_completing_leaves_what_does_not_fit():
    value = {"customer": 3, "answers": "none", "attempts": 2.5, "other": [1]}
    assert Shape(VISIT).complete(value) == value
    assert Shape(VISIT).complete("text") == "text"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"customer": {}}, []),
        ({}, [("missing-field", ())]),
        ([], [("wrong-type", ())]),
        ({"customer": {}, "attempts": "3"}, [("wrong-type", ("attempts",))]),
        ({"customer": {}, "attempts": True}, [("wrong-type", ("attempts",))]),
        ({"customer": {}, "attempts": 6}, [("bad-value", ("attempts",))]),
        ({"customer": {}, "price": 0.3}, []),
        ({"customer": {}, "price": 0.35}, [("bad-value", ("price",))]),
        ({"customer": {"name": ""}}, [("too-short", ("customer", "name"))]),
        ({"customer": {"nam": "x"}}, [("unknown-field", ("customer", "nam"))]),
        ({"customer": {}, "planned": None}, []),
        ({"customer": {}, "planned": "2026-02-30T09:00:00Z"}, [("bad-format", ("planned",))]),
        ({"customer": {}, "tags": ["a", "b", "a"]}, [("not-unique", ("tags",))]),
        ({"customer": {}, "answers": [{}, {"stars": None}]}, [("wrong-type", ("answers", 1, "stars"))]),
        ({"customer": {}, "votes": {"anna": 1, "bert": "2"}}, [("wrong-type", ("votes", "bert"))]),
        ({"customer": {}, "size": "medium"}, [("not-allowed", ("size",))]),
        ({"customer": {}, "size": 3.0}, []),
        ({"customer": None, "x": 1}, [("wrong-type", ("customer",)), ("unknown-field", ("x",))]),
    ],
)
def test_every_fault_of_data_is_found_in_its_place(value, expected):
    assert faults(value) == expected


def test_a_fault_of_data_says_what_is_possible():
    (fault,) = Shape(VISIT).faults({"customer": {}, "attempt": 1})
    assert (fault.message, fault.hint) == ('field "attempt" is not known here', 'did you mean "attempts"?')
    assert fault.at_key
    (fault,) = Shape(VISIT).faults({"customer": {}, "attempts": "3"})
    assert fault.message == '"attempts" is the text "3", not a whole number'
    assert (fault.hint, fault.value) == ("give a whole number, 3 without quotes", "3")


def test_a_field_has_a_shape_of_its_own():
    shape = Shape(VISIT)
    assert shape.field("attempts") is shape.field("attempts")
    assert shape.field("attempts").faults(3) == ()
    assert shape.field("votes").field("anyone").faults("x")[0].code == "wrong-type"
    with pytest.raises(KeyError, match="attempts"):
        shape.field("attempt")


def test_a_path_leads_to_a_schema():
    shape = Shape(VISIT)
    assert shape.at(("customer", "name")) == {"type": "string", "minLength": 1}
    assert shape.at(("votes", "anna")) == {"type": "integer"}
    assert shape.at(()) is shape.schema
    for nowhere in (("custom",), ("attempts", "x"), ("customer", "name", "x")):
        assert shape.at(nowhere) is None


def test_the_schema_says_that_undeclared_fields_are_not_allowed():
    schema = Shape(VISIT).schema
    assert schema["additionalProperties"] is False
    assert schema["properties"]["answers"]["items"]["additionalProperties"] is False
    assert schema["properties"]["votes"]["additionalProperties"] == {"type": "integer"}
    assert "additionalProperties" not in VISIT
    assert Shape({"type": ["object", "null"]}).schema["additionalProperties"] is False


def test_ten_thousand_items_are_compared_in_linear_time():
    shape = Shape({"type": "array", "uniqueItems": True, "items": {"type": "object", "additionalProperties": {}}})
    value = [{"a": number} for number in range(LIST_LENGTH)]
    assert shape.faults(value) == ()
    assert [fault.code for fault in shape.faults([*value[1:], {"a": 5.0}])] == ["not-unique"]


# --- bounds


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def cycle():
    value = {}
    value["self"] = [value]
    return value


BOUNDS = {
    "as deep as possible": (nested(DEPTH), None),
    "one deeper": (nested(DEPTH + 1), "too-deep"),
    "a hundred thousand deep": (nested(100_000), "too-deep"),
    "within itself": (cycle(), "too-deep"),
    "the longest list": ([0] * LIST_LENGTH, None),
    "one item more": ([0] * (LIST_LENGTH + 1), "list-too-long"),
    "as many values as possible": ([[0] * (LIST_LENGTH - 1)] * 9 + [[0] * (LIST_LENGTH - 2)], None),
    "one value more": ([[0] * (LIST_LENGTH - 1)] * 10, "too-large"),
    "too many keys": ({str(number): 0 for number in range(NODES)}, "too-large"),
    "the longest text": ("x" * TEXT_LENGTH, None),
    "one character more": ("x" * (TEXT_LENGTH + 1), "text-too-long"),
    "a long key": ({"x" * (TEXT_LENGTH + 1): 1}, "text-too-long"),
    "the largest integer": (INTEGER, None),
    "the smallest integer": (-INTEGER, None),
    "one larger": (INTEGER + 1, "integer-too-large"),
    "ten thousand digits": (10**10_000, "integer-too-large"),
    "not a number": (float("nan"), "not-json"),
    "infinity": ([float("-inf")], "not-json"),
    "a key that is no text": ({1: 2}, "not-json"),
    "an endless key": ({10**10_000: 2}, "not-json"),
    "a tuple": ({"a": (1, 2)}, "not-json"),
    "bytes": (b"bytes", "not-json"),
    "half a character": ("\ud800", "not-json"),
    "half a character in a key": ({"\ud800": 1}, "not-json"),
    "any other text": ("zażółć \x00 🦊", None),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_data_stay_within_their_bounds(name):
    value, code = BOUNDS[name]
    fault = exceeded(value)
    assert (fault.code if fault else None) == code


def test_a_broken_bound_is_found_in_its_place():
    fault = exceeded({"notes": [{"text": "fine"}, {"text": INTEGER + 1}]})
    assert fault is not None
    assert fault.path == ("notes", 1, "text")


@pytest.mark.parametrize("name", BOUNDS)
def test_a_shape_survives_whatever_it_is_given(name):
    value, code = BOUNDS[name]
    for shape in (Shape(VISIT), Shape({"type": "array"}), Shape({"type": "integer"}), Shape({"enum": [1, [2]]})):
        found = [fault.code for fault in shape.faults(shape.complete(value))]
        assert code is None or found == [code]


# --- formats


@pytest.mark.parametrize("name", FORMATS)
def test_the_example_of_a_format_has_it(name):
    assert all(FORMATS[name](example) for example in EXAMPLES[name].split(" or "))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date-time", "2026-03-02T09:00:00.25+01:00"),
        ("date", "2028-02-29"),
        ("time", "23:59:59Z"),
        ("duration", "P1DT2H"),
        ("email", "zofia@poczta"),
        ("uri", "urn:isbn:1"),
    ],
)
def test_a_format_is_known_when_seen(name, text):
    assert FORMATS[name](text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date-time", "2026-03-02"),
        ("date-time", "2026-03-02T09:00:00"),
        ("date-time", "2026-03-02T25:00:00Z"),
        ("date-time", "2026-03-02T09:00:00Z\n"),
        ("date-time", "0001-01-01T00:00:00+14:00"),
        ("date", "2026-02-29"),
        ("date", "02-03-2026"),
        ("time", "9:00"),
        ("time", "24:01"),
        ("duration", "1h"),
        ("email", "nobody"),
        ("email", "a b@c"),
        ("uri", "//example.org"),
        ("uri", "no scheme"),
        ("uuid", "123e4567"),
    ],
)
def test_a_format_is_missed_when_absent(name, text):
    assert not FORMATS[name](text)


# --- declarations


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (VISIT, []),
        ({"type": "integer", "default": "x"}, [("bad-default", ("default",))]),
        ({"type": "integer", "default": 3.0, "enum": [3, 4]}, []),
        ({"type": "integer", "default": 5, "enum": [3, 4]}, [("bad-default", ("default",))]),
        ({"type": ["string", "null"], "default": None}, []),
        ({"type": "string", "default": None}, [("bad-default", ("default",))]),
        ({"type": "string", "enum": ["a", 3]}, [("bad-enum", ("enum", 1))]),
        ({"type": "string", "const": 3}, [("bad-const", ("const",))]),
        ({"enum": ["a", 3]}, []),
        ({"type": "object", "required": ["a"]}, [("unknown-field", ("required", 0))]),
        ({"type": "object", "required": ["a"], "additionalProperties": {"type": "string"}}, []),
        ({"type": "integer", "minimum": 3, "maximum": 2}, [("empty-range", ("maximum",))]),
        ({"type": "integer", "minimum": 3, "maximum": 3}, []),
        ({"type": "integer", "minimum": 3, "exclusiveMaximum": 3}, [("empty-range", ("exclusiveMaximum",))]),
        ({"type": "string", "minLength": 3, "maxLength": 2}, [("empty-range", ("maxLength",))]),
        ({"type": "array", "minItems": 3, "maxItems": 2}, [("empty-range", ("maxItems",))]),
        ({"type": "string", "minimum": 3}, [("idle-keyword", ("minimum",))]),
        ({"type": ["integer", "null"], "minimum": 3}, []),
        (
            {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "string", "const": 1}}}},
            [("bad-const", ("properties", "a", "items", "const"))],
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string", "items": {"type": "string"}}},
            [("idle-keyword", ("additionalProperties", "items"))],
        ),
        (
            {"type": "object", "properties": {"a": {"type": "object", "default": {"b": "x"}}}},
            [("bad-default", ("properties", "a", "default", "b"))],
        ),
    ],
)
def test_a_declaration_is_checked_beyond_its_form(schema, expected):
    assert [(fault.code, fault.path) for fault in shape_faults(schema)] == expected


def test_lists_may_be_declared_within_lists_only_so_deep():
    schema = {"type": "string"}
    for _ in range(LIST_DEPTH):
        schema = {"type": "array", "items": schema}
    assert shape_faults(schema) == ()
    (fault,) = shape_faults({"type": "array", "items": schema})
    assert (fault.code, fault.path) == ("too-deep", ("items",) * (LIST_DEPTH + 1))


def test_a_required_field_that_is_not_declared_has_a_suggestion():
    (fault,) = shape_faults({"type": "object", "required": ["nam"], "properties": {"name": {"type": "string"}}})
    assert fault.hint == 'did you mean "name"?'


# --- agreement with jsonschema

TEXTS = st.sampled_from(["", "a", "ab", "2026-03-02", "PT1H", "aa@b"])
NUMBERS = st.sampled_from([-1, 0, 1, 2, 3, 6, 1.0, 2.5])
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=8,
)


def keywords(**possible):
    return st.fixed_dictionaries({}, optional=possible)


def declared(kind, possible):
    types = st.sampled_from([kind, [kind, "null"]])
    return st.tuples(types, possible).map(lambda pair: {"type": pair[0], **pair[1]})


SMALL = st.integers(0, 3)
LEAVES = st.one_of(
    declared(
        "string", keywords(minLength=SMALL, maxLength=SMALL, format=st.sampled_from(["date", "duration", "email"]))
    ),
    declared("integer", keywords(minimum=SMALL, exclusiveMaximum=SMALL, multipleOf=st.integers(1, 3))),
    declared("number", keywords(maximum=SMALL, exclusiveMinimum=SMALL)),
    declared("boolean", keywords(const=SCALARS)),
    st.lists(VALUES, min_size=1, max_size=3).map(lambda values: {"enum": values}),
    VALUES.map(lambda value: {"const": value}),
)
SHAPES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        declared("array", keywords(items=inner, minItems=SMALL, maxItems=SMALL, uniqueItems=st.booleans())),
        declared(
            "object",
            keywords(
                properties=st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
                required=st.lists(st.sampled_from("abc"), unique=True, max_size=1),
                additionalProperties=st.one_of(st.just(False), inner),
            ),
        ),
    ),
    max_leaves=6,
)


def checker():
    formats = FormatChecker(formats=())
    for name in ("date", "duration", "email"):
        formats.checks(name)(lambda value, test=FORMATS[name]: not isinstance(value, str) or test(value))
    return formats


CHECKER = checker()


@settings(derandomize=True, max_examples=400, deadline=None)
@given(SHAPES, VALUES)
def test_what_fits_and_what_does_not_is_as_jsonschema_says(schema, value):
    shape = Shape(schema)
    valid = Draft202012Validator(shape.schema, format_checker=CHECKER).is_valid(value)
    assert predicate(shape.schema)(value) == valid
    assert (shape.faults(value) == ()) == valid


@settings(derandomize=True, max_examples=200, deadline=None)
@given(SHAPES, VALUES)
def test_completing_twice_is_completing_once(schema, value):
    shape = Shape(schema)
    assert shape.complete(shape.complete(value)) == shape.complete(value)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(SHAPES)
def test_any_declaration_can_be_checked(schema):
    assert all(fault.message for fault in shape_faults(schema))
