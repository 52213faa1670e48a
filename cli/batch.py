"""`caseway send --batch`: many events from JSON Lines, and what came of each."""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, TypeVar

import click

from caseway.cli.input import LARGEST, parse_actor, parse_record
from caseway.cli.option import Setting
from caseway.cli.output import print_line, say, watched

if TYPE_CHECKING:
    from caseway.engine.actor import Actor
    from caseway.engine.errors import CasewayError
    from caseway.engine.event import Event
    from caseway.engine.runtime import Outcome, Runtime

R = TypeVar("R")

DEFINITION, CASE = 3, 4
KEYS = ("case", "event", "data", "as", "id")
LONGEST = 200
"""How many characters the ids and names in a line may have."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A file of events, how many are committed at a time, and whether those without an id get a new one."""

    file: IO[bytes]
    together: int
    new_ids: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file, by its number from 1: an event to a case.

    Where there is a `problem`, the case and the event have what could be read of them, and else nothing.
    """

    number: int
    case: str
    event: Event
    problem: str | None = None


def batch_options(function: Callable[..., R]) -> Callable[..., R]:
    """Give a verb the options of a batch, and its function the Batch that they come to, or None."""

    @functools.wraps(function)
    def verb(*args: Any, **kwargs: Any) -> R:
        file, together, new_ids = (kwargs.pop(name) for name in ("batch_file", "together", "new_ids"))
        if file is None and (new_ids or together != _TOGETHER):
            raise click.UsageError("--together and --new-ids go with --batch.")
        return function(*args, batch=Batch(file, together, new_ids) if file else None, **kwargs)

    return _BATCH(_AT_A_TIME(_NEW_IDS(verb)))


_TOGETHER = 100
_BATCH = click.option(
    "--batch",
    "batch_file",
    metavar="FILE",
    type=click.File("rb", lazy=False),
    help='Send the events of FILE, or - for stdin, a JSON object a line: "case", "event", "id", and maybe "data" and '
    '"as" (default: that of --as). What came of each is printed as a JSON object a line, in the same order.',
)
_AT_A_TIME = click.option(
    "--together",
    type=click.IntRange(min=1, max=10_000),
    default=_TOGETHER,
    show_default=True,
    metavar="N",
    help="With --batch: how many events are read, sent and committed at a time.",
)
_NEW_IDS = click.option(
    "--new-ids",
    is_flag=True,
    help="With --batch: give lines without an id a new one. Sending the file again then sends those events again.",
)


def send_batch(setting: Setting, batch: Batch) -> None:
    """Send the events of a file, print what came of each, and leave with the code of the worst."""
    from caseway.engine.errors import CasewayError

    counted: Counter[str] = Counter()
    with setting.runtime() as runtime:
        try:
            for record in _watched(_records(runtime, setting, batch)):
                print_line(record)
                counted[record["status"]] += 1
        except CasewayError as error:
            _end_early(setting, error, counted)
    if not setting.json:
        say(_summary(counted))
    click.get_current_context().exit(DEFINITION if counted["failed"] else CASE if counted["refused"] else 0)


def _records(runtime: Runtime, setting: Setting, batch: Batch) -> Iterator[dict[str, Any]]:
    """Yield what came of each line, a group at a time: what is yielded is committed."""
    lines = _lines(batch.file, setting.actor, new_ids=batch.new_ids)
    while group := list(islice(lines, batch.together)):
        events = [(line.case, line.event) for line in group if line.problem is None]
        outcomes = iter(runtime.send_many(events, together=batch.together, now=setting.now))
        for line in group:
            yield _refused(line) if line.problem is not None else _came_of(line, next(outcomes))
        sys.stdout.flush()


def _lines(file: IO[bytes], actor: Actor | None, *, new_ids: bool) -> Iterator[Line]:
    for number, content in enumerate(_contents(file), 1):
        if content is None:
            mebibytes = LARGEST // 1024 // 1024
            yield _unfit(number, {}, f"it has more than {mebibytes} MiB, which is the most that a line may have.")
        elif content.strip():
            yield _line(number, content, actor, new_ids=new_ids)


def _contents(file: IO[bytes]) -> Iterator[bytes | None]:
    """Yield the lines of a file; None for one that is too long to be read."""
    while content := _read(file):
        if len(content) <= LARGEST:
            yield content
            continue
        while content and not content.endswith(b"\n"):
            content = _read(file)
        yield None


def _read(file: IO[bytes]) -> bytes:
    from caseway.engine.errors import WorldError

    try:
        return file.readline(LARGEST + 1)
    except OSError as error:
        raise WorldError(f"{file.name} cannot be read any further: {error.strerror or error}.") from error


def _line(number: int, content: bytes, actor: Actor | None, *, new_ids: bool) -> Line:
    from caseway.engine.event import Event

    record: dict[str, Any] = {}
    try:
        record = parse_record(content)
        _assert_known(record)
        case, name = _text(record, "case"), _text(record, "event")
        key = "" if new_ids and "id" not in record else _id(record)
        who = parse_actor(_text(record, "as")) if "as" in record else actor
        data = record.get("data", {})
        if not isinstance(data, dict):
            raise ValueError('"data" is no JSON object.')  # noqa: TRY004, TRY301  # all are told alike
    except ValueError as error:
        return _unfit(number, record, str(error))
    return Line(number, case, Event(name, data, key, who))


def _unfit(number: int, record: dict[str, Any], problem: str) -> Line:
    from caseway.engine.event import Event

    case, event, key = (_shown(record, name) or "" for name in ("case", "event", "id"))
    return Line(number, case, Event(event, {}, key), problem)


def _assert_known(record: dict[str, Any]) -> None:
    from caseway.engine.fault import suggestion

    unknown = next((key for key in record if key not in KEYS), None)
    if unknown is not None:
        raise ValueError(f'a line has no key "{unknown}"; {suggestion(unknown, KEYS)}')


def _text(record: dict[str, Any], key: str) -> str:
    if key not in record:
        raise ValueError(f'there is no "{key}".')
    text = _shown(record, key)
    if text is None:
        raise ValueError(f'"{key}" is no text of 1 to {LONGEST} printable characters.')
    return text


def _id(record: dict[str, Any]) -> str:
    if "id" not in record:
        raise ValueError(
            'there is no "id", by which the event would be known if the file is sent again. '
            "Give it one, or send the file with --new-ids, and then only once."
        )
    return _text(record, "id")


def _shown(record: dict[str, Any], key: str) -> str | None:
    """Return a text of a line where it is one."""
    text = record.get(key)
    return text if isinstance(text, str) and 0 < len(text) <= LONGEST and text.isprintable() else None


def _refused(line: Line) -> dict[str, Any]:
    error = {"code": "invalid-line", "message": f"Line {line.number}: {line.problem}", "facts": {"line": line.number}}
    return _told(line, line.event, "refused") | {"error": error}


def _came_of(line: Line, outcome: Outcome) -> dict[str, Any]:
    if outcome.error is not None:
        return _told(line, outcome.event, _status(outcome.error)) | {"error": _error(outcome.error)}
    from caseway.cli.event import outcome_record

    assert outcome.entry is not None
    done = outcome_record(outcome.entry)
    came = ("revision", "from", "to", "effects", "withheld")
    return _told(line, outcome.event, "done") | {name: done[name] for name in came if name in done}


def _told(line: Line, event: Event, status: str) -> dict[str, Any]:
    """Write which line it is about; what cannot be read of it is null."""
    named = {"case": line.case or None, "event": event.name or None, "id": event.id or None}
    return {"line": line.number, **named, "status": status}


def _status(error: CasewayError) -> str:
    from caseway.engine.errors import DefinitionError

    return "failed" if isinstance(error, DefinitionError) else "refused"


def _error(error: CasewayError) -> dict[str, Any]:
    from caseway.cli.failure import described, error_record

    inner: dict[str, Any] = error_record(*described(error))["error"]
    return inner


def _end_early(setting: Setting, error: CasewayError, counted: Counter[str]) -> None:
    """Say that the rest was not sent, and leave."""
    from caseway.cli.failure import exit_code

    told = _error(error)
    if setting.json:
        print_line({"error": told})
    else:
        say(f"Error: {told['message']}")
        say(
            f"{_summary(counted)}; the rest was not sent. Send the file again: what has an id and is done stays as it is."
        )
    click.get_current_context().exit(exit_code(error))


def _summary(counted: Counter[str]) -> str:
    return f"{counted['done']} done, {counted['refused']} refused, {counted['failed']} failed"


def _watched(records: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Count on the terminal, unless the outcomes themselves are seen there."""
    return records if sys.stdout.isatty() else watched(records, "events sent")
