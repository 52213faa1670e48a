"""Records in a file, each with an id: JSON Lines, or CSV with a head."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from caseway.cli.input import LARGEST, parse_record

if TYPE_CHECKING:
    from caseway.engine.errors import InvalidInput

MOST = 100_000
"""How many lines a file may have."""

NAMED = 5
"""How many of the lines that are wrong are told of."""

T = TypeVar("T")
Problems = list[tuple[int, str]]
"""What is wrong, each with the number of its line."""


@dataclass(frozen=True, slots=True)
class Line:
    """A record, and the number of its line, from 1."""

    number: int
    record: Mapping[str, Any]

    @property
    def id(self) -> Any:
        return self.record["id"]


def made_of(file: IO[bytes], lines: Iterable[Line], make: Callable[[Line], T]) -> list[T]:
    """Make something of every line; raise InvalidInput that tells of each one of which `make` raised ValueError."""
    made: list[T] = []
    problems: Problems = []
    for line in lines:
        try:
            made.append(make(line))
        except ValueError as error:
            problems.append((line.number, str(error)))
    if problems:
        raise _unfit(file, problems)
    return made


def json_lines(file: IO[bytes]) -> list[Line]:
    """Read a file of JSON objects, one a line, no id twice; raise InvalidInput where a line makes no sense."""
    return _told_apart(file, _numbered(file))


def json_lines_or_csv(file: IO[bytes]) -> list[Line]:
    """Read a file of JSON Lines or of CSV whose head names the keys; an empty cell is None. Raises as `json_lines` does."""
    lines = list(_numbered(file))
    if lines and not lines[0][1].lstrip(b"\xef\xbb\xbf \t").startswith((b"{", b"[")):
        return _of_table(file, lines)
    return _told_apart(file, lines)


def _told_apart(file: IO[bytes], lines: Iterable[tuple[int, bytes]]) -> list[Line]:
    problems: Problems = []
    found: list[Line] = []
    for number, content in lines:
        try:
            found.append(Line(number, parse_record(content)))
        except ValueError as error:
            problems.append((number, str(error)))
    return _each_once(file, found, problems)


def _each_once(file: IO[bytes], lines: Iterable[Line], problems: Problems) -> list[Line]:
    """Return the lines; raise InvalidInput for what is wrong already, for a line without an id and for an id that was there before."""
    first: dict[str, int] = {}
    kept: list[Line] = []
    for line in lines:
        id_ = line.record.get("id")
        if not isinstance(id_, str):
            told = f"{id_!r:.40} is no id." if id_ is not None else 'there is no "id".'
            problems.append((line.number, told))
        elif id_ in first:
            problems.append((line.number, f"{id_} stands in line {first[id_]}, too."))
        else:
            first[id_] = line.number
            kept.append(line)
    if problems:
        raise _unfit(file, sorted(problems))
    return kept


def _of_table(file: IO[bytes], lines: list[tuple[int, bytes]]) -> list[Line]:
    texts = [_text(file, number, content) for number, content in lines]
    separator = ";" if ";" in texts[0] and "," not in texts[0] else ","
    rows = csv.reader(texts, delimiter=separator, strict=True)
    try:
        head = [name.strip().lower() for name in next(rows)]
        found, problems = _rows(head, lines, rows)
    except csv.Error as error:
        number = lines[min(rows.line_num, len(lines)) - 1][0]
        raise _unfit(file, [(number, f"this is no CSV: {error}.")]) from error
    twice = [(lines[0][0], f"the head names {name!r} twice.") for name in dict.fromkeys(head) if head.count(name) > 1]
    return _each_once(file, found, twice + problems)


def _rows(head: list[str], lines: list[tuple[int, bytes]], rows: Any) -> tuple[list[Line], Problems]:
    found: list[Line] = []
    problems: Problems = []
    for cells in rows:
        number = lines[rows.line_num - 1][0]
        if len(cells) != len(head):
            problems.append((number, f"there are {len(cells)} cells, and {len(head)} in the head."))
        else:
            found.append(Line(number, {name: cell.strip() or None for name, cell in zip(head, cells, strict=True)}))
    return found, problems


def _text(file: IO[bytes], number: int, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unfit(file, [(number, "this is not UTF-8.")]) from error


def _unfit(file: IO[bytes], problems: Problems) -> InvalidInput:
    from caseway.engine.errors import InvalidInput

    name = _name(file)
    told = " ".join(f"Line {number}: {problem}" for number, problem in problems[:NAMED])
    more = f" And {len(problems) - NAMED} more." if len(problems) > NAMED else ""
    return InvalidInput(
        f"Nothing of {name} was taken. {told}{more}",
        file=name,
        lines=[{"line": number, "problem": problem} for number, problem in problems],
    )


def _numbered(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
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
