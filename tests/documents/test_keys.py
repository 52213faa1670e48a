"""The keys that the schemas allow are used in one document each, and the compiler reads them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from caseway.adapters.checked_file import check_scenarios
from caseway.adapters.diagnostic import as_text
from caseway.adapters.yaml_document import read
from caseway.engine.compiler import compile_process
from caseway.schemas import validator

HERE = Path(__file__).parent
EVERYTHING = read(HERE / "everything.yaml").content
STORIES = read(HERE / "everything.scenarios.yaml").content

# Keys that are there for people and editors alone.
FOR_PEOPLE = {"title", "description"}

# Shapes are read by the checker of data, which a property test holds to the JSON Schema library.
SHAPES = ("data", "properties", "items")


class Watched(dict):
    """A mapping that knows which of its keys were asked for."""

    def __init__(self, content, path=()):
        super().__init__({key: watched(value, (*path, key)) for key, value in content.items()})
        self.path, self.asked = path, set()

    def __getitem__(self, key):
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key):
        self.asked.add(key)
        return super().__contains__(key)

    def get(self, key, default=None):
        self.asked.add(key)
        return super().get(key, default)

    def items(self):
        self.asked.update(super().keys())
        return super().items()

    def values(self):
        self.asked.update(super().keys())
        return super().values()


def watched(value, path=()):
    if isinstance(value, dict):
        return Watched(value, path)
    if isinstance(value, list):
        return [watched(item, (*path, index)) for index, item in enumerate(value)]
    return value


def unread(value) -> Iterator[tuple]:
    if isinstance(value, Watched):
        for key in dict.keys(value):
            if key not in value.asked:
                yield (*value.path, key)
            yield from unread(dict.__getitem__(value, key))
    elif isinstance(value, list):
        for item in value:
            yield from unread(item)


def of_the_language(path) -> bool:
    return path[-1] not in FOR_PEOPLE and not (path[0] in ("data", "events") and any(key in SHAPES for key in path))


def test_the_document_with_every_key_is_sound():
    assert validator.faults(EVERYTHING, "process") == ()
    made = compile_process(EVERYTHING)
    assert [fault for fault in made.faults if fault.severity == "error"] == []


def test_the_scenarios_with_every_key_are_sound():
    found = check_scenarios(HERE / "everything.scenarios.yaml")
    assert found.is_sound, as_text(found.diagnostics)


def test_the_compiler_reads_every_key_of_that_document():
    document = watched(EVERYTHING)
    compile_process(document)
    assert [path for path in unread(document) if of_the_language(path)] == []


# Where the schema names a key only to say more of one that it allows elsewhere.
SAID_ELSEWHERE = {"value.then.text", "objectShape.allOf.1.type", "ordinaryState.type"}


def described(node, path=()) -> Iterator[tuple]:
    """Yield where the schema allows a key, but for the branches of a choice, which repeat what stands elsewhere, or refuse it."""
    if isinstance(node, dict):
        for name, value in node.get("properties", {}).items():
            here = (*path, "properties", name)
            refused = "not" in value
            if not refused and ".".join(map(str, here[1:])).replace("properties.", "") not in SAID_ELSEWHERE:
                yield here
            yield from described(value, here)
        for key, value in node.items():
            if key == "definitions":
                for name, definition in value.items():
                    yield from described(definition, (*path, key, name))
            elif key not in ("if", "oneOf", "examples", "default", "properties"):
                yield from described(value, (*path, key))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from described(value, (*path, index))


@pytest.mark.parametrize(
    ("name", "path"),
    [(name, path) for name in ("process", "scenarios") for path in described(validator.schema(name))],
    ids=lambda part: part if isinstance(part, str) else ".".join(map(str, part)),
)
def test_the_document_with_every_key_uses_each_that_the_schema_allows(name, path):
    schema = copy.deepcopy(validator.schema(name))
    node = schema
    for key in path[:-1]:
        node = node[key]
    del node[path[-1]]
    document = {"process": EVERYTHING, "scenarios": STORIES}[name]
    assert not jsonschema.Draft7Validator(schema).is_valid(document), f"{path[-1]} is not used in everything of {name}"
