"""Templates of documents: files beside that of their process (`NAME.html.j2`).

What a process takes from there becomes part of it when it is read, so that its hash covers it and a store keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from caseway.engine.bound import TEXT_LENGTH
from caseway.engine.fault import Fault, suggestion

SUFFIX = ".j2"


@dataclass(frozen=True, slots=True)
class Templates:
    """A process with its templates written out, the file of each by the name of its document, and those that could not be read."""

    content: Any
    files: Mapping[str, tuple[Path, str]] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()


def written_out(content: Any, process: Path) -> Templates:
    """Write out the templates that the content of a process file names. One that cannot be read stays a name, with one fault."""
    documents = content.get("documents") if isinstance(content, Mapping) else None
    if not isinstance(documents, Mapping):
        return Templates(content)
    folder, files, faults = process.parent, {}, []
    for name, rule in documents.items():
        named = rule.get("template") if isinstance(rule, Mapping) else None
        if not isinstance(named, str) or not _is_plain(named):
            continue
        text = _read(folder, named)
        if isinstance(text, Fault):
            faults.append(text.within(("documents", name, "template")))
        else:
            files[name] = (folder / named, text)
    if files:
        told = {name: {**documents[name], "template": {"text": text}} for name, (_, text) in files.items()}
        content = {**content, "documents": {**documents, **told}}
    return Templates(content, files, tuple(faults))


def _is_plain(name: str) -> bool:
    """Say whether this is the name of a file, and no way to another folder; the schema tells of others."""
    return name.endswith(SUFFIX) and not name.startswith(".") and not set(name) & set("/\\:\0")


def _read(folder: Path, name: str) -> str | Fault:
    there = sorted(path.name for path in folder.glob(f"*{SUFFIX}"))
    if name not in there:
        hint = suggestion(name, there) if there else "it is a file beside that of the process"
        return Fault("missing-template", f'there is no template "{name}"', hint=hint, value=name)
    try:
        with (folder / name).open(encoding="utf-8", newline="") as file:
            text = file.read(TEXT_LENGTH + 1)
    except UnicodeDecodeError:
        return Fault("template-unreadable", f'the template "{name}" is not UTF-8', hint="save it as UTF-8", value=name)
    except OSError as error:
        told = f'the template "{name}" cannot be read: {error.strerror}'
        return Fault("template-unreadable", told, hint="may you read that file?", value=name)
    if len(text) > TEXT_LENGTH:
        told = f'the template "{name}" has more than {TEXT_LENGTH:,} characters'
        return Fault("template-unreadable", told, hint="use a shorter one", value=name)
    return text.replace("\r\n", "\n")
