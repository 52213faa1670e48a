"""Shapes as the types that CEL checks against."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from cel_expr_python import cel
from google.protobuf import duration_pb2, struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool

from caseway.engine.expression import kind, wire
from caseway.engine.expression.kind import INSTANT, NULL, SPAN, Schema

_SCALARS: dict[str | None, FieldDescriptorProto.Type.ValueType] = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "integer": FieldDescriptorProto.TYPE_INT64,
    "number": FieldDescriptorProto.TYPE_DOUBLE,
    "boolean": FieldDescriptorProto.TYPE_BOOL,
}
_WRAPPERS: dict[str | None, str] = {
    "string": "google.protobuf.StringValue",
    "integer": "google.protobuf.Int64Value",
    "number": "google.protobuf.DoubleValue",
    "boolean": "google.protobuf.BoolValue",
}
_TYPES: dict[str | None, Any] = {
    "string": cel.Type.STRING,
    "integer": cel.Type.INT,
    "number": cel.Type.DOUBLE,
    "boolean": cel.Type.BOOL,
}
_INSTANT = "google.protobuf.Timestamp"
_ANYTHING = "google.protobuf.Value"
_KNOWN = (wrappers_pb2, timestamp_pb2, struct_pb2, duration_pb2)
_RESERVED = range(19_000, 20_000)
_PRIMITIVES: dict[int, Schema] = {
    1: {"type": "boolean"},
    2: {"type": "integer"},
    3: {"type": "uint"},
    4: {"type": "number"},
    5: {"type": "string"},
    6: {"type": "bytes"},
}
_SPECIAL: dict[int, Schema] = {2: INSTANT, 3: SPAN}


class Vocabulary:
    """The types of all shapes of one definition: equal shapes share a type, and all of them one descriptor pool.

    An object becomes a protocol buffer message, so that CEL knows its fields; a date-time becomes a timestamp, a
    nullable scalar a wrapper. What messages cannot say (lists of lists, nullable lists) is left dynamic here and
    followed by `Inspection`.
    """

    def __init__(self) -> None:
        self.pool = DescriptorPool()
        for known in _KNOWN:
            self.pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        self.messages: dict[str, Schema] = {}
        self._types: dict[str, Any] = {}
        self._keys: dict[int, tuple[Schema, str]] = {}
        self._schemas: dict[bytes, Schema | None] = {}

    def key(self, schema: Schema) -> str:
        """Return a text that is equal for equal shapes."""
        known = self._keys.get(id(schema))
        if known is None:
            # The shape is kept beside its key: while it lives, no other object can have its identity.
            known = self._keys[id(schema)] = (schema, json.dumps(schema, sort_keys=True, default=str))
        return known[1]

    def type(self, schema: Schema) -> Any:
        """Return the CEL type of a shape."""
        key = self.key(schema)
        if key not in self._types:
            self._types[key] = self._type(schema)
        return self._types[key]

    def schema(self, encoded: bytes) -> Schema | None:
        """Return the shape of an encoded CEL type, or None where it is dynamic."""
        if encoded not in self._schemas:
            self._schemas[encoded] = self._schema(encoded)
        return self._schemas[encoded]

    def _type(self, schema: Schema) -> Any:
        base, null = kind.kind(schema)
        if kind.refined(schema) == "instant":
            return cel.Type.TIMESTAMP
        if base == "object":
            free = schema.get("additionalProperties")
            return (
                cel.Type.Map(cel.Type.STRING, self.type(free))
                if kind.is_map(schema) and free is not None
                else cel.Type(self._message(schema))
            )
        if base == "array" and not null:
            return cel.Type.List(self.type(kind.items(schema) or {}))
        if null:
            return cel.Type(_WRAPPERS[base]) if base in _WRAPPERS else cel.Type.DYN
        return _TYPES.get(base, cel.Type.DYN)

    def _message(self, schema: Schema) -> str:
        package = f"shape{len(self.messages)}"
        file = _File(package)
        name = file.message(schema)
        self.pool.AddSerializedFile(file.descriptor.SerializeToString())
        self.messages.update(file.messages)
        return name

    def _schema(self, encoded: bytes) -> Schema | None:
        for field, value in wire.fields(encoded):
            match field:
                case 2:
                    return NULL
                case 3:
                    return _PRIMITIVES.get(wire.number(value))
                case 4:
                    return {"type": [(_PRIMITIVES.get(wire.number(value)) or {}).get("type", "null"), "null"]}
                case 5:
                    return _SPECIAL.get(wire.number(value))
                case 6:
                    return {"type": "array", "items": self._inner(value, 1)}
                case 7:
                    return {"type": "object", "additionalProperties": self._inner(value, 2)}
                case 9:
                    return self.messages.get(wire.text(value))
                case 11:
                    return {"type": "type"}
        return None

    def _inner(self, value: int | bytes, field: int) -> Schema:
        part = dict(wire.fields(wire.content(value))).get(field, b"")
        return self.schema(wire.content(part)) or {}


class _File:
    """One object shape and all objects within it, as messages of one package."""

    def __init__(self, package: str) -> None:
        self.descriptor = FileDescriptorProto(
            name=f"{package}.proto",
            package=package,
            syntax="proto3",
            dependency=[known.DESCRIPTOR.name for known in _KNOWN],
        )
        self.messages: dict[str, Schema] = {}

    def message(self, schema: Schema) -> str:
        """Add a message for an object; return its full name."""
        name = f"M{len(self.messages)}"
        full = f"{self.descriptor.package}.{name}"
        self.messages[full] = schema
        message = self.descriptor.message_type.add(name=name)
        # `a_1` and `a1` would be one name in protobuf's JSON, which nobody uses here.
        message.options.deprecated_legacy_json_field_conflicts = True
        numbers = (number for number in count(1) if number not in _RESERVED)
        for field, declared in schema.get("properties", {}).items():
            self._field(message, field, next(numbers), declared)
        return full

    def _field(self, message: DescriptorProto, name: str, number: int, schema: Schema) -> None:
        field = message.field.add(
            name=name, number=number, json_name=f"{name}{number}", label=FieldDescriptorProto.LABEL_OPTIONAL
        )
        base, null = kind.kind(schema)
        item = kind.items(schema) or {}
        free = schema.get("additionalProperties")
        if base == "array" and not null and self._repeatable(item):
            field.label = FieldDescriptorProto.LABEL_REPEATED
            self._value(field, item)
        elif base == "object" and not null and kind.is_map(schema) and free is not None and self._repeatable(free):
            self._map(message, field, free)
        else:
            self._value(field, schema)

    def _value(self, field: FieldDescriptorProto, schema: Schema) -> None:
        base, null = kind.kind(schema)
        if kind.refined(schema) == "instant":
            _refer(field, _INSTANT)
        elif base == "object" and not kind.is_map(schema):
            _refer(field, self.message(schema))
        elif base in _SCALARS and not null:
            field.type = _SCALARS[base]
        else:
            _refer(field, _WRAPPERS.get(base, _ANYTHING))

    def _map(self, message: DescriptorProto, field: FieldDescriptorProto, schema: Schema) -> None:
        """Make a field a map; one whose entries would share a name with others' stays dynamic."""
        name = f"{''.join(word.capitalize() for word in field.name.split('_'))}Entry"
        if any(other.name == name for other in message.nested_type):
            _refer(field, _ANYTHING)
            return
        entry = message.nested_type.add(name=name)
        entry.options.map_entry = True
        label = FieldDescriptorProto.LABEL_OPTIONAL
        entry.field.add(name="key", number=1, label=label, type=FieldDescriptorProto.TYPE_STRING)
        self._value(entry.field.add(name="value", number=2, label=label), schema)
        field.label = FieldDescriptorProto.LABEL_REPEATED
        _refer(field, f"{self.descriptor.package}.{message.name}.{name}")

    @staticmethod
    def _repeatable(schema: Schema) -> bool:
        """Say whether a message can hold many of these: no lists of lists, no maps of maps."""
        base, _ = kind.kind(schema)
        return base != "array" and not (base == "object" and kind.is_map(schema))


def _refer(field: FieldDescriptorProto, message: str) -> None:
    field.type = FieldDescriptorProto.TYPE_MESSAGE
    field.type_name = f".{message}"
