"""Persons in a file, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO, Any

from caseway.cli.input import LARGEST, parse_record

MOST = 100_000
"""How many persons a file may hold."""

NAMED = 5
"""How many of the lines that are wrong are told of."""

Records = Mapping[str, tuple[int, Mapping[str, Any]]]
"""By id: the number of the line, from 1, and what it says."""


def read_persons(file: IO[bytes]) -> Records:
    """Read what a file says of persons; raise InvalidInput where a line makes no sense."""
    found: dict[str, tuple[int, Mapping[str, Any]]] = {}
    problems: list[tuple[int, str]] = []
    for number, content in _lines(file):
        try:
            record = _record(content)
            earlier = found.get(record["id"])
            if earlier is not None:
                raise ValueError(f"{record['id']} stands in line {earlier[0]}, too.")  # noqa: TRY301  # all are told alike
            found[record["id"]] = number, record
        except ValueError as error:
            problems.append((number, str(error)))
    assert_fit(file, problems)
    return found


def assert_fit(file: IO[bytes], problems: list[tuple[int, str]]) -> None:
    """Raise InvalidInput where there are problems, each with the number of its line."""
    from caseway.engine.errors import InvalidInput

    if not problems:
        return
    name = _name(file)
    told = " ".join(f"Line {number}: {problem}" for number, problem in problems[:NAMED])
    more = f" And {len(problems) - NAMED} more." if len(problems) > NAMED else ""
    raise InvalidInput(
        f"Nothing of {name} was taken. {told}{more}",
        file=name,
        lines=[{"line": number, "problem": problem} for number, problem in problems],
    )


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold something, with their numbers."""
    from caseway.engine.errors import InvalidInput, WorldError

    number = 0
    try:
        while content := file.readline(LARGEST + 1):
            number += 1
            if len(content) > LARGEST or number > MOST:
                most = f"{LARGEST // 1024 // 1024} MiB in a line" if number <= MOST else f"{MOST} lines"
                raise InvalidInput(
                    f"Nothing of {_name(file)} was taken: it has more than {most}, which is the most there may be."
                )
            if content.strip():
                yield number, content
    except OSError as error:
        raise WorldError(f"{_name(file)} cannot be read any further: {error.strerror or error}.") from error


def _name(file: IO[bytes]) -> str:
    return getattr(file, "name", "stdin").strip("<>")


def _record(content: bytes) -> dict[str, Any]:
    from caseway.engine.person import checked_id

    record = parse_record(content)
    if "id" not in record:
        raise ValueError('there is no "id".')
    checked_id(record["id"])
    return record
