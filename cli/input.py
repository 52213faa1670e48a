"""What people type: actors, instants, and the data of events."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from caseway.engine.actor import Actor

F = TypeVar("F", bound=Callable[..., Any])

LARGEST = 8 * 1024 * 1024
"""How many bytes of data a file or stdin may hold."""

_ROLES = re.compile(r"[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_KEY = re.compile(r"[^.=]+(\.[^.=]+)*")


def parse_actor(text: str) -> Actor:
    """Read `role:id`, with `+` between several roles; raise ValueError with a sentence where it is none."""
    from caseway.engine.actor import Actor

    roles, _, id_ = text.partition(":")
    if not _ROLES.fullmatch(roles) or not id_.strip() or not id_.isprintable():
        raise ValueError(
            f"{text!r} names nobody; write a role and an id, such as clerk:anna, or clerk+editor:anna for two roles."
        )
    return Actor(id_, frozenset(roles.split("+")))


def parse_instant(text: str) -> datetime:
    """Read an instant with its offset from UTC; raise ValueError with a sentence where it is none."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} is not an instant; write it like 2026-03-02T09:00:00Z.") from None
    raise ValueError(f"{text!r} has no time zone; end it with Z for UTC, or with an offset such as +01:00.")


def parse_language(text: str) -> str:
    """Read a language code; raise ValueError with a sentence where it is none."""
    if not _LANGUAGE.fullmatch(text):
        raise ValueError(f"{text!r} is not a language code; write one like en, nl or pl.")
    return text


def data_option(function: F) -> F:
    """Give a verb the option --data, and its function the object that all of them come to."""
    return click.option(
        "--data",
        multiple=True,
        metavar="KEY=VALUE | @FILE | -",
        callback=_data,
        help="Data of the event; may be given several times. A VALUE is JSON where it reads as JSON, else text; "
        'a dot in KEY goes into an object. @FILE and - (stdin) hold a JSON object.  [example: --data note="Not at home"]',
    )(function)


def _data(ctx: click.Context, param: click.Parameter, given: Iterable[str]) -> dict[str, Any]:
    if ctx.resilient_parsing:  # completion asks for names, not for what stdin holds
        return {}
    data: dict[str, Any] = {}
    for text in given:
        try:
            _merge(data, text)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None
    return data


def _merge(data: dict[str, Any], text: str) -> None:
    """Add to the data what one --data says; raise ValueError with a sentence where it says nothing that can be added."""
    if text == "-":
        data.update(_document("stdin", sys.stdin.buffer.read(LARGEST + 1)))
    elif text.startswith("@"):
        data.update(_document(text[1:], _read(Path(text[1:]))))
    else:
        key, equals, value = text.partition("=")
        if not equals or not _KEY.fullmatch(key):
            raise ValueError(f"{text!r} is neither KEY=VALUE nor @FILE nor - for stdin.")
        _put(data, key, _value(value))


def _put(data: dict[str, Any], key: str, value: Any) -> None:
    *way, last = key.split(".")
    inner = data
    for name in way:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            shown = json.dumps(inner, ensure_ascii=False)[:40]
            raise ValueError(f"{key} goes into {name}, which another --data gives as {shown}.")  # noqa: TRY004  # all are told alike
    inner[last] = value


def _value(text: str) -> Any:
    try:
        return parse_json(text)
    except (ValueError, RecursionError):
        return text


def _document(name: str, content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise ValueError(f"{name} holds more than {LARGEST // 1024 // 1024} MiB, which is the most that data may be.")
    try:
        value = parse_json(content.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{name} is not JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} is not JSON that can be read: {error}.") from error
    if not isinstance(value, dict):
        raise ValueError(f"{name} holds a JSON {_kind(value)}; the data of an event are an object.")  # noqa: TRY004  # all are told alike
    return value


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        raise ValueError(f"{str(path)!r} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def parse_json(text: str) -> Any:
    """Read JSON; raise ValueError where it is none, or RecursionError where it is nested too deeply."""
    return json.loads(text, parse_constant=_no_number)


def parse_record(line: bytes) -> dict[str, Any]:
    """Read a line of JSON Lines that holds an object; raise ValueError with a sentence where it does not."""
    try:
        record = parse_json(line.decode("utf-8-sig").rstrip())
    except json.JSONDecodeError as error:
        raise ValueError(f"this is not JSON: column {error.colno}: {error.msg}.") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"this is not JSON that can be read: {error}.") from error
    if not isinstance(record, dict):
        raise ValueError("this is JSON, but no object.")  # noqa: TRY004  # all are told alike
    return record


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _kind(value: Any) -> str:
    if isinstance(value, list):
        return "list"
    return "text" if isinstance(value, str) else "scalar"
