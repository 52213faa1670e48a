"""Puts the pieces together, for the command line and for hosts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Literal

from caseway.adapters.catalogue import VERSION_FILE, FolderCatalogue
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.diagnostic import Diagnostic, diagnose
from caseway.adapters.machine import RandomIds, SystemClock
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.shared_calendar import inlined, is_shared, misnamed
from caseway.adapters.yaml_document import Document, UnreadableDocument, read
from caseway.engine.compiler import calendar_faults, compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import InvalidDefinition, InvalidInput, UnknownProcess
from caseway.engine.fault import Fault
from caseway.engine.ports import Clock, Delivery, Ids, Store
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH, Play, Scenario, scenario_faults, scenarios

SHIPPED = Path(__file__).parent.parent / "processes"
"""The processes that come with Caseway."""

MEMORY = "memory:"
"""The database URL of a store that lives as long as its runtime."""

SCENARIO_SUFFIX = ".scenarios.yaml"

Kind = Literal["process", "scenarios", "calendar"]


# runtimes


def open(  # noqa: A001  # caseway.open reads as what it does
    url: str = MEMORY,
    *,
    processes: str | Path | None = None,
    delivery: Delivery | None = None,
    outbox: str | Path | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    create: bool = True,
) -> Runtime:
    """Return a Runtime on a database.

    `url` is an SQLAlchemy URL, such as `sqlite:///caseway.db`, or `memory:`. `processes` is a folder of processes (default: those
    that come with Caseway). Messages are delivered by `delivery`, or as files into the folder `outbox`. With `create=False` a
    missing SQLite file is an error. Raises WorldError where the database cannot be used.
    """
    folder = Path(processes) if processes is not None else SHIPPED
    catalogue = FolderCatalogue(folder, definition_in)
    return Runtime(
        _store(url, create=create), catalogue, clock or SystemClock(), ids or RandomIds(), delivery or _delivery(outbox)
    )


def over(
    connection: Any,
    *,
    processes: str | Path | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    create: bool = False,
) -> Runtime:
    """Return a Runtime in the caller's own open SQLAlchemy connection, which the caller commits or rolls back.

    With `create=True`, Caseway's tables are made first where they are missing, in the same transaction.
    """
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    catalogue = FolderCatalogue(Path(processes) if processes is not None else SHIPPED, definition_in)
    store = SqlStore.over(connection, create=create)
    return Runtime(store, catalogue, clock or SystemClock(), ids or RandomIds())


def init(url: str, *, rehearsal: bool) -> None:
    """Make a database; one to rehearse in takes instants in the future. Making it again changes nothing."""
    if url == MEMORY:
        raise InvalidInput(f'"{MEMORY}" lives only as long as the program that opens it; there is nothing to make.')
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    SqlStore.open(url, rehearsal=rehearsal).close()


def _store(url: str, *, create: bool) -> Store:
    if url == MEMORY:
        return MemoryStore()
    from caseway.adapters.sql import SqlStore  # noqa: PLC0415  # SQLAlchemy is imported by those who need it

    return SqlStore.open(url, create=create)


def _delivery(outbox: str | Path | None) -> Delivery | None:
    if outbox is None:
        return None
    from caseway.adapters.folder_delivery import FolderDelivery  # noqa: PLC0415  # only the worker needs it

    return FolderDelivery(Path(outbox))


# documents


@dataclass(frozen=True, slots=True)
class Checked:
    """A file that was checked: what is wrong with it, and the definition where nothing is."""

    path: Path
    kind: Kind
    diagnostics: tuple[Diagnostic, ...]
    definition: Definition | None = None

    @property
    def is_sound(self) -> bool:
        return all(each.severity != "error" for each in self.diagnostics)


class Unsound(InvalidDefinition):
    """A process file that does not compile. `diagnostics` says where everything is that is wrong with it."""

    def __init__(self, checked: Checked) -> None:
        errors = [each for each in checked.diagnostics if each.severity == "error"]
        first = (
            f"{errors[0].file}:{errors[0].line}:{errors[0].column}: {errors[0].message}"
            if errors
            else str(checked.path)
        )
        more = f" (and {len(errors) - 1} more; see caseway check)" if len(errors) > 1 else ""
        super().__init__(f"{first}{more}", file=str(checked.path), errors=len(errors))
        self.diagnostics = checked.diagnostics


def check_process(path: Path) -> Checked:
    """Check one process file, to the last fault."""
    from caseway.schemas.validator import faults  # noqa: PLC0415  # jsonschema is imported by those who need it

    try:
        document = read(path)
    except UnreadableDocument as error:
        return _unreadable(path, "process", error)
    whole = inlined(document.content, path, lambda file: _calendar(file)[1])
    made = compile_process(whole.content, (*faults(document.content, "process"), *whole.faults))
    told = [fault for fault in made.faults if whole.tells(fault)]
    return Checked(path, "process", _diagnosed(document, told), made.definition)


def check_calendar(path: Path) -> Checked:
    """Check one file of a shared calendar."""
    return _calendar(path)[0]


def _calendar(path: Path) -> tuple[Checked, Mapping[str, Any] | None]:
    """Return with what was checked the content of the file, where it is sound."""
    from caseway.schemas.validator import faults  # noqa: PLC0415  # jsonschema is imported by those who need it

    try:
        document = read(path)
    except UnreadableDocument as error:
        return _unreadable(path, "calendar", error), None
    content = document.content
    found = (*calendar_faults(content, faults(content, "calendar")), *misnamed(content, path))
    checked = Checked(path, "calendar", _diagnosed(document, found))
    return checked, content if checked.is_sound else None


def check_scenarios(path: Path) -> Checked:
    """Check one scenario file against its schema and the process beside it."""
    return _scenarios(path)[0]


def checked(paths: Sequence[Path]) -> Iterator[Checked]:
    """Check files, and whatever folders hold: processes, their scenarios and calendars, in order of path."""
    for path in files(paths):
        yield check(path)


def check(path: Path) -> Checked:
    """Check one file, as what its place says that it is."""
    if is_shared(path):
        return check_calendar(path)
    return check_scenarios(path) if path.name.endswith(SCENARIO_SUFFIX) else check_process(path)


def files(paths: Sequence[Path]) -> list[Path]:
    """Return the YAML files that paths name, looking into folders; a path that is not there is returned as it is."""
    found: dict[Path, None] = {}
    for path in paths:
        inside = sorted([*path.rglob("*.yaml"), *path.rglob("*.yml")]) if path.is_dir() else [path]
        found.update(dict.fromkeys(inside))
    return list(found)


def definition_in(path: Path) -> Definition:
    """Return the definition that a file holds; raise Unsound."""
    found = check_process(path)
    if found.definition is None:
        raise Unsound(found)
    return found.definition


def definition(name: str, processes: Path | None = None) -> Definition:
    """Return the definition in a file, or the newest version of a process by name."""
    path = Path(name)
    if path.suffix in {".yaml", ".yml"}:
        return definition_in(path)
    if path.is_dir():
        numbers = sorted(int(match[1]) for file in path.iterdir() if (match := VERSION_FILE.fullmatch(file.name)))
        if not numbers:
            raise UnknownProcess(f"{path} holds no vN.yaml.", folder=str(path))
        return definition_in(path / f"v{numbers[-1]}.yaml")
    return FolderCatalogue(processes or SHIPPED, definition_in).latest(name)


def _diagnosed(document: Document, found: Sequence[Fault]) -> tuple[Diagnostic, ...]:
    made = (diagnose(document, fault) for fault in found)
    return tuple(sorted(made, key=lambda each: (each.line, each.column, each.code)))


def _unreadable(path: Path, kind: Kind, error: UnreadableDocument) -> Checked:
    return Checked(path, kind, _diagnosed(error.document, error.faults))


# scenarios


@dataclass(frozen=True, slots=True)
class Played:
    """A scenario that was played: `failures` says what was not as expected."""

    path: Path
    process: str
    version: int
    scenario: str
    proves: tuple[str, ...]
    failures: tuple[str, ...]


def played(paths: Sequence[Path]) -> Iterator[Played | Checked]:
    """Play the scenarios in files and folders; a file that is not sound comes as Checked instead."""
    for path in files(paths):
        if not path.name.endswith(SCENARIO_SUFFIX):
            continue
        found, content = _scenarios(path)
        if found.definition is None or not found.is_sound:
            yield found
            continue
        for scenario in scenarios(content):
            yield _play(path, found.definition, scenario, content.get("people", {}))


def _scenarios(path: Path) -> tuple[Checked, Mapping[str, Any]]:
    from caseway.schemas.validator import faults  # noqa: PLC0415  # jsonschema is imported by those who need it

    try:
        document = read(path)
    except UnreadableDocument as error:
        return _unreadable(path, "scenarios", error), {}
    misshapen = faults(document.content, "scenarios")
    if misshapen:
        return Checked(path, "scenarios", _diagnosed(document, misshapen)), {}
    beside = path.with_name(path.name.removesuffix(SCENARIO_SUFFIX) + ".yaml")
    process = check_process(beside)
    if process.definition is None:
        told = Fault(
            "process-not-sound",
            f"the process beside this file, {beside.name}, does not compile",
            ("process",),
            f"see caseway check {beside}",
        )
        return Checked(path, "scenarios", _diagnosed(document, [told])), {}
    found = [*_mismatch(document.content, process.definition), *scenario_faults(document.content, process.definition)]
    return Checked(path, "scenarios", _diagnosed(document, found), process.definition), document.content


def _mismatch(content: Mapping[str, Any], definition: Definition) -> Iterator[Fault]:
    for key, value in (("process", definition.process), ("version", definition.version)):
        if content[key] != value:
            yield Fault(
                "other-process",
                f"these scenarios are for {key} {content[key]}",
                (key,),
                f"the file beside them holds {value}",
                content[key],
            )


def _play(path: Path, definition: Definition, scenario: Scenario, people: Mapping[str, Any]) -> Played:
    runtime = Runtime(MemoryStore(rehearsal=True), Only(definition), SimulatedClock(EPOCH), _Numbers())
    failures = tuple(Play(runtime, definition, scenario, people).failures())
    return Played(path, definition.process, definition.version, scenario.name, scenario.proves, failures)


class Only:
    """A catalogue of one definition."""

    def __init__(self, definition: Definition) -> None:
        self._definition = definition

    def processes(self) -> Mapping[str, Sequence[int]]:
        return {self._definition.process: (self._definition.version,)}

    def latest(self, process: str) -> Definition:  # noqa: ARG002  # there is one
        return self._definition

    def version(self, process: str, version: int) -> Definition:  # noqa: ARG002  # there is one
        return self._definition

    def compiled(self, hash: str, content: Any) -> Definition:  # noqa: A002, ARG002  # there is one
        return self._definition


class _Numbers:
    """Ids in order, so that a scenario runs the same each time."""

    def __init__(self) -> None:
        self._next = count(1)

    def new(self) -> str:
        return f"{next(self._next)}"
