"""Puts the pieces together, for the command line and for hosts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal

from caseway.adapters.catalogue import VERSION_FILE, FolderCatalogue
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.csv_transfer import CsvTransfer
from caseway.adapters.diagnostic import Diagnostic, diagnose
from caseway.adapters.document_renderer import DocumentRenderer
from caseway.adapters.machine import RandomIds, SystemClock
from caseway.adapters.memory_store import MemoryStore
from caseway.adapters.process_template import Templates, written_out
from caseway.adapters.routed_delivery import Route, RoutedDelivery, routes
from caseway.adapters.sepa_transfer import SepaTransfer
from caseway.adapters.shared_calendar import inlined, is_shared, misnamed
from caseway.adapters.template_source import TemplateSource
from caseway.adapters.yaml_document import Document, UnreadableDocument, read
from caseway.engine.compiler import Neighbour, calendar_faults, compile_process, neighbour
from caseway.engine.definition import Definition
from caseway.engine.errors import DefinitionError, InvalidDefinition, InvalidInput, UnknownProcess
from caseway.engine.fault import Fault
from caseway.engine.ports import Bank, Clock, Delivery, Directory, Ids, Store
from caseway.engine.runtime import Runtime
from caseway.engine.scenario import EPOCH, Play, Scenario, scenario_faults, scenarios

SHIPPED = Path(__file__).parent.parent / "processes"
"""The processes that come with Caseway."""

MEMORY = "memory:"
"""The database URL of a store that lives as long as its runtime."""

SCENARIO_SUFFIX = ".scenarios.yaml"

BANKS: tuple[Bank, ...] = (SepaTransfer(), CsvTransfer())
"""The formats in which money leaves; the first that takes a unit is the one where none is asked for."""

Kind = Literal["process", "scenarios", "calendar"]


# runtimes


def open(  # noqa: A001  # caseway.open reads as what it does
    url: str = MEMORY,
    *,
    processes: str | Path | None = None,
    delivery: Delivery | str | None = None,
    outbox: str | Path | None = None,
    directory: Directory | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    create: bool = True,
) -> Runtime:
    """Return a Runtime on a database.

    `url` is an SQLAlchemy URL, such as `sqlite:///caseway.db`, or `memory:`. `processes` is a folder of processes (default: those
    that come with Caseway). Messages are delivered by `delivery` (or what `delivery_to` makes of a text), or as files into the folder
    `outbox`. Persons come from
    `directory` (default: a table of the database). With `create=False` a missing SQLite file is an error. Raises WorldError where the database cannot be used.
    """
    folder = Path(processes) if processes is not None else SHIPPED
    catalogue = FolderCatalogue(folder, definition_in)
    store = _store(url, create=create)
    if isinstance(delivery, str):
        delivery = delivery_to(delivery, directory or store.directory())
    return Runtime(
        store,
        catalogue,
        clock or SystemClock(),
        ids or RandomIds(),
        delivery or _delivery(outbox),
        renderer=DocumentRenderer(),
        directory=directory,
        banks=BANKS,
    )


def over(
    connection: Any,
    *,
    processes: str | Path | None = None,
    directory: Directory | None = None,
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
    return Runtime(store, catalogue, clock or SystemClock(), ids or RandomIds(), directory=directory, banks=BANKS)


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
    return None if outbox is None else _in_folder(outbox)


def _in_folder(folder: str | Path) -> Delivery:
    from caseway.adapters.folder_delivery import FolderDelivery  # noqa: PLC0415  # only the worker needs it

    return FolderDelivery(Path(folder))


# deliveries

# Environment variables.
WEBHOOK_KEY = "CASEWAY_WEBHOOK_SECRET"
SMTP_USER, SMTP_LOGIN = "CASEWAY_SMTP_USER", "CASEWAY_SMTP_PASSWORD"


def delivery_to(target: str, directory: Directory, environ: Mapping[str, str] = os.environ) -> Delivery:
    """Return what delivers to `folder:PATH`, `webhook+https://...`, `smtp://...`, `smtps://...`, or by the routes in a TOML file.

    Secrets come from the environment alone. Raises InvalidInput.
    """
    if not target.endswith(".toml") or ":" in target:
        return _way(Route(target), directory, environ)
    try:
        text = Path(target).read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidInput(f"The routes in {target} cannot be read: {error}.") from error
    return RoutedDelivery([(route, _way(route, directory, environ)) for route in routes(text, target)])


def _way(route: Route, directory: Directory, environ: Mapping[str, str]) -> Delivery:
    """Return the delivery of one route; each is imported by those who need it."""
    scheme, _, rest = route.deliver.partition(":")
    timeout: dict[str, Any] = {} if route.timeout is None else {"timeout": route.timeout}
    match scheme:
        case "folder" if rest:
            return _in_folder(rest)
        case "webhook+https" | "webhook+http":
            from caseway.adapters.webhook_delivery import WebhookDelivery  # noqa: PLC0415

            secret = _secret(route.secret or WEBHOOK_KEY, environ)
            return WebhookDelivery(route.deliver.removeprefix("webhook+"), secret, role=route.role, **timeout)
        case "smtp" | "smtps":
            from caseway.adapters.smtp_delivery import Addressee, SmtpDelivery  # noqa: PLC0415

            def addressee(to: str) -> Addressee:
                person = directory.person(to)
                return Addressee(person.mail, person.languages) if person else Addressee(to if "@" in to else None)

            user, password = environ.get(SMTP_USER), environ.get(SMTP_LOGIN)
            return SmtpDelivery(route.deliver, user=user, password=password, addressee=addressee, **timeout)
    raise InvalidInput(
        f"Nothing can be delivered to {scheme if rest else route.deliver!r}; possible: folder:PATH, webhook+https://..., smtp://..., "
        "smtps://..., or a file of routes, NAME.toml."
    )


def _secret(name: str, environ: Mapping[str, str]) -> str:
    found = environ.get(name)
    if not found:
        raise InvalidInput(
            f"The environment variable {name} is not set; it holds the secret that requests are signed with."
        )
    return found


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


def check_process(path: Path, *, alone: bool = False) -> Checked:
    """Check one process file, to the last fault.

    It is sound by itself whatever stands beside it, and its definition is given; but unless it is looked at `alone`, what it says of the
    processes that it links to must be so as well.
    """
    from caseway.schemas.validator import faults  # noqa: PLC0415  # jsonschema is imported by those who need it

    try:
        document = read(path)
    except UnreadableDocument as error:
        return _unreadable(path, "process", error)
    templates = written_out(document.content, path)
    whole = inlined(templates.content, path, lambda file: _calendar(file)[1])
    made = compile_process(whole.content, (*faults(document.content, "process"), *whole.faults, *templates.faults))
    found = made.faults
    if made.definition is not None and made.definition.links and not alone:
        found = compile_process(whole.content, neighbours=_neighbours(path, made.definition)).faults
    told = [fault for fault in found if whole.tells(fault)]
    if made.definition is None or not made.definition.documents:
        return Checked(path, "process", _diagnosed(document, told), made.definition)
    return _with_templates(Checked(path, "process", (), made.definition), document, templates, told)


def _with_templates(sound: Checked, document: Document, templates: Templates, told: Sequence[Fault]) -> Checked:
    """Check the templates of a process that is sound otherwise: those in it, and those in files of their own."""
    from caseway.adapters.document_template import template_faults  # noqa: PLC0415  # Jinja is imported by those who need it

    assert sound.definition is not None, "it is sound"
    inside, outside, is_wrong = list(told), [], False
    for name, rule in sound.definition.documents.items():
        found = template_faults(rule.template, rule.shapes, is_printed="pdf" in rule.formats)
        is_wrong = is_wrong or bool(found)
        if name in templates.files:
            file, text = templates.files[name]
            outside += [diagnose(TemplateSource(str(file), text), fault) for fault in found]
        else:
            inside += [fault.within(("documents", name, "template", "text")) for fault in found]
    diagnostics = (*_diagnosed(document, inside), *outside)
    return replace(sound, diagnostics=diagnostics, definition=None if is_wrong else sound.definition)


def _neighbours(path: Path, definition: Definition) -> Mapping[str, Neighbour | None] | None:
    """Return the processes beside the one in a file; those that it links to as far as they are sound. None: nobody knows where they stand."""
    home = path.absolute().parent
    if not VERSION_FILE.fullmatch(path.name) or home.name != definition.process:
        return None
    folder = home.parent
    found: dict[str, Neighbour | None] = {}
    linked = {link.process for link in definition.links.values()}
    for name, numbers in FolderCatalogue(folder, definition_in).processes().items():
        newest = folder / name / f"v{numbers[-1]}.yaml"
        there = check_process(newest, alone=True).definition if name in linked else None
        found[name] = neighbour(there) if there else None
    return found


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
    found = check_process(path, alone=True)
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


def roles(processes: Path) -> set[str]:
    """Return the roles that the newest versions of a folder's processes declare, of those that compile."""
    catalogue = FolderCatalogue(processes, definition_in)
    found: set[str] = set()
    for name in catalogue.processes():
        with suppress(DefinitionError):
            found.update(catalogue.latest(name).roles)
    return found


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
    process = check_process(beside, alone=True)
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
