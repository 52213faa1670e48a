"""Files that were checked: processes, their scenarios and calendars; and the definitions that files hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from caseway.adapters.catalogue import SHIPPED, VERSION_FILE, FolderCatalogue, versions
from caseway.adapters.diagnostic import Diagnostic, diagnose
from caseway.adapters.process_template import Templates, written_out
from caseway.adapters.shared_calendar import inlined, is_shared, misnamed
from caseway.adapters.template_source import TemplateSource
from caseway.adapters.yaml_document import Document, UnreadableDocument, read
from caseway.engine.compiler import Neighbour, calendar_faults, compile_process, forgotten_keys, neighbour
from caseway.engine.definition import Definition
from caseway.engine.errors import DefinitionError, InvalidDefinition, UnknownProcess
from caseway.engine.fault import Fault
from caseway.engine.scenario import scenario_faults

SCENARIO_SUFFIX = ".scenarios.yaml"

Kind = Literal["process", "scenarios", "calendar"]


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
    if made.definition is not None and not alone:
        told += forgotten_keys(_before(path), whole.content)
    if made.definition is None or not made.definition.documents:
        return Checked(path, "process", _diagnosed(document, told), made.definition)
    return _with_templates(Checked(path, "process", (), made.definition), document, templates, told)


def _with_templates(sound: Checked, document: Document, templates: Templates, told: Sequence[Fault]) -> Checked:
    """Check the templates of a process that is sound otherwise: those in it, and those in files of their own."""
    from caseway.adapters.template_fault import template_faults  # noqa: PLC0415  # Jinja is imported by those who need it

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


def _before(path: Path) -> Any:
    """Return what the file of the version before the one in a file holds; None: there is none, or it cannot be read."""
    found = VERSION_FILE.fullmatch(path.name)
    earlier = [number for number in versions(path.absolute().parent) if number < int(found[1])] if found else []
    try:
        return read(path.with_name(f"v{earlier[-1]}.yaml")).content if earlier else None
    except UnreadableDocument:
        return None


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
    return checked_scenarios(path)[0]


def checked_scenarios(path: Path) -> tuple[Checked, Mapping[str, Any]]:
    """Return with what was checked the content of the file, empty where that is not looked at."""
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
        numbers = versions(path)
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
