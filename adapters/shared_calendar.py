"""Calendars that processes share: one file each (`calendars/NAME.yaml`), beside the folders of the processes.

What a process takes from there becomes part of it when it is read, so that its hash covers it and a store keeps it.
"""

from __future__ import annotations

import os.path
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from caseway.adapters.catalogue import CALENDARS
from caseway.engine.fault import Fault, suggestion

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_NOWHERE = f"there are none: they are files NAME.yaml in a folder {CALENDARS}, beside the folder of the process"

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inlined:
    """A process with the calendars that it shares written out, by the names that it gives them, and those that could not be."""

    content: Any
    names: frozenset[str] = frozenset()
    faults: tuple[Fault, ...] = ()

    def tells(self, fault: Fault) -> bool:
        """Say whether a fault is one of this document: warnings about a shared calendar are told of its own file."""
        is_within = fault.path[:1] == ("calendars",) and len(fault.path) > 2 and fault.path[1] in self.names  # noqa: PLR2004  # deeper than its name
        return not (is_within and fault.severity == "warning")


def is_shared(path: Path) -> bool:
    """Say whether a file is that of a shared calendar."""
    return path.absolute().parent.name == CALENDARS


def inlined(content: Any, process: Path, read: Callable[[Path], Content | None]) -> Inlined:
    """Write out the shared calendars in the content of a process file.

    `read` gives what the file of a calendar holds, or None where something is wrong with it. A calendar that is not there, or
    is wrong, stays a name, with one fault.
    """
    calendars = content.get("calendars") if isinstance(content, Mapping) else None
    if not isinstance(calendars, Mapping):
        return Inlined(content)
    # Lexically, so that a process that is linked to from elsewhere finds the calendars that are there.
    folder = Path(os.path.normpath(process.parent / ".." / CALENDARS))
    found: dict[str, Content] = {}
    faults = []
    for name, shared in calendars.items():
        if not isinstance(shared, str) or not _NAME.fullmatch(shared):
            continue
        written = _read(shared, folder, read)
        if isinstance(written, Fault):
            faults.append(written.within(("calendars", name)))
        else:
            found[name] = {key: value for key, value in written.items() if key != "calendar"}
    if found:
        content = {**content, "calendars": {**calendars, **found}}
    return Inlined(content, frozenset(found), tuple(faults))


def misnamed(content: Any, path: Path) -> list[Fault]:
    """Report a calendar whose file has another name."""
    name = content.get("calendar") if isinstance(content, Mapping) else None
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name == path.stem:
        return []
    rename = f"rename the file to {name}.yaml"
    hint = f"write calendar: {path.stem}, or {rename}" if _NAME.fullmatch(path.stem) else rename
    told = f'this file is {path.name}, and its calendar is called "{name}"'
    return [Fault("calendar-misnamed", told, ("calendar",), hint, value=name)]


def _read(name: str, folder: Path, read: Callable[[Path], Content | None]) -> Content | Fault:
    """Return what a shared calendar holds, or why nobody knows."""
    there = _names(folder)
    if name not in there:
        hint = suggestion(name, there) if there else _NOWHERE
        return Fault("missing-calendar", f'there is no shared calendar "{name}"', hint=hint, value=name)
    path = folder / f"{name}.yaml"
    content = read(path)
    if content is None:
        told = f'the shared calendar "{name}" has faults of its own'
        return Fault("calendar-not-sound", told, hint=f"see caseway check {path}", value=name)
    return content


def _names(folder: Path) -> Sequence[str]:
    """Return the names of the calendars in a folder, as they are spelt there."""
    return sorted(path.stem for path in folder.glob("*.yaml"))
