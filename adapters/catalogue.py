"""Definitions from a folder: one folder a process, one file a version (`NAME/vN.yaml`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.errors import InvalidDefinition, UnknownProcess
from caseway.engine.fault import suggestion

SHIPPED = Path(__file__).parent.parent / "processes"
"""The processes that come with Caseway."""
CALENDARS = "calendars"
"""The folder beside those of the processes that holds calendars; no process can have its name."""
VERSION_FILE = re.compile(r"v([1-9][0-9]*)\.yaml")


class FolderCatalogue:
    """Reads a version when it is first asked for, and keeps it. `read` gives the definition that a file holds.

    The same file is compiled once in the life of a catalogue; a changed file is seen by the next one.
    """

    def __init__(self, folder: Path, read: Callable[[Path], Definition]) -> None:
        self.folder, self._read = folder, read
        self._files: dict[Path, Definition] = {}
        self._compiled: dict[str, Definition] = {}

    def processes(self) -> Mapping[str, Sequence[int]]:
        """Return the versions of each process, both in order."""
        if not self.folder.is_dir():
            return {}
        folders = [path for path in sorted(self.folder.iterdir()) if path.is_dir() and path.name != CALENDARS]
        found = {path.name: versions(path) for path in folders}
        return {name: numbers for name, numbers in found.items() if numbers}

    def latest(self, process: str) -> Definition:
        return self.version(process, self._versions(process)[-1])

    def version(self, process: str, version: int) -> Definition:
        numbers = self._versions(process)
        if version not in numbers:
            there = ", ".join(map(str, numbers))
            raise UnknownProcess(
                f"{process} has no version {version}; there are {there}.", process=process, versions=list(numbers)
            )
        path = self.folder / process / f"v{version}.yaml"
        if path not in self._files:
            definition = self._read(path)
            if (definition.process, definition.version) != (process, version):
                told = f"{path} holds {definition.process} version {definition.version}; its place says {process} version {version}."
                raise InvalidDefinition(told, process=definition.process, version=definition.version)
            self._files[path] = definition
            self._compiled[definition.hash] = definition
        return self._files[path]

    def compiled(self, hash: str, content: Callable[[], Mapping[str, Any]]) -> Definition:  # noqa: A002  # the port's name
        if hash not in self._compiled:
            made = compile_process(content(), kept=True)
            if made.definition is None:
                told = "; ".join(fault.message for fault in made.faults if fault.severity == "error")
                raise InvalidDefinition(f"A definition in the database does not compile any more: {told}", made.faults)
            self._compiled[hash] = made.definition
        return self._compiled[hash]

    def _versions(self, process: str) -> Sequence[int]:
        known = self.processes()
        if process not in known:
            raise UnknownProcess(
                f'There is no process "{process}" in {self.folder}; {suggestion(process, known)}',
                process=process,
                folder=str(self.folder),
            )
        return known[process]


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


def versions(folder: Path) -> Sequence[int]:
    """Return the version numbers of the process in a folder, in order."""
    return sorted(int(found[1]) for path in folder.iterdir() if (found := VERSION_FILE.fullmatch(path.name)))
