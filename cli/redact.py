"""`caseway redact`: take content out of a case for good."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import case_ids
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document, say

if TYPE_CHECKING:
    from caseway.engine.redaction import Redaction


@click.command(cls=Verb)
@click.argument("case", shell_complete=case_ids)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--reason", metavar="TEXT", help="Why: it stands where the content stood, for all to read.")
@click.option(
    "--text",
    "texts",
    metavar="TEXT",
    multiple=True,
    help="Redact this text wherever it stands in the case; - reads it from stdin, past the history of the shell.",
)
@click.option(
    "--revision",
    "revisions",
    type=click.IntRange(min=1),
    metavar="N",
    multiple=True,
    help="Redact the data of the event of this line of the history.",
)
@click.option(
    "--outbox",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder that the worker delivers into; its files are written anew.  [default: that of the worker]",
)
@click.option(
    "--files", is_flag=True, help="Only write the delivered files of the case anew, as the outbox has them now."
)
@with_setting
def redact(
    setting: Setting,
    *,
    case: str,
    paths: tuple[str, ...],
    reason: str | None,
    texts: tuple[str, ...],
    revisions: tuple[int, ...],
    outbox: Path | None,
    files: bool,
) -> None:
    """Take content out of CASE for good: data at each PATH, texts, and what was sent with events.

    A path is `case.notes`, `case.answers[2].body` (items count from 0), or `case.answers[].body` for every item. What stands there goes from the
    data, the journal, the outbox, delivered files, linked cases, and copies made before upgrades; what stays says when, by whom and why.
    Then call `caseway db compact`, which takes the old bytes out of the database file.
    """
    if files == bool(paths or texts or revisions):
        raise click.UsageError("Say what is to be redacted: PATH, --text or --revision; or --files alone.")
    if reason is None and not files:
        raise click.UsageError("Missing option '--reason'.")
    with setting.runtime(outbox=outbox or _folder(setting)) as runtime:
        if files:
            _print_files(setting, case, runtime.refile(case))
            return
        done = runtime.redact(
            case,
            paths,
            reason=reason or "",
            texts=[_text(text) for text in texts],
            revisions=revisions,
            actor=setting.actor,
            now=setting.now,
        )
    if setting.json:
        print_document(_record(done))
    else:
        _print(done)


def _folder(setting: Setting) -> Path:
    from caseway.adapters.sql import address
    from caseway.cli.worker.option import OUTBOX

    return address.folder(setting.database) / OUTBOX


def _text(given: str) -> str:
    return sys.stdin.read().removesuffix("\n") if given == "-" else given


def _print_files(setting: Setting, case: str, files: int) -> None:
    from caseway.adapters.diagnostic import escaped

    if setting.json:
        print_document({"case": case, "files": files})
    else:
        click.echo(f"{escaped(case)}: {_count(files, 'file')} written anew.")


def _record(done: Redaction) -> dict[str, Any]:
    return {
        "case": done.case,
        "revision": None if done.entry is None else done.entry.revision,
        "journal": done.lines,
        "outbox": done.messages,
        "files": done.files,
        "linked": list(done.linked),
        "copies": list(done.copies),
        "too_short": done.too_short,
        "kept": list(done.kept),
    }


def _print(done: Redaction) -> None:
    from caseway.adapters.diagnostic import escaped

    if done.entry is None:
        click.echo(f"{escaped(done.case)}: nothing of it is there.")
    else:
        parts = (_count(done.lines, "line"), _count(done.messages, "message"), _count(done.files, "file"))
        click.echo(f"{escaped(done.case)}: redacted at revision {done.entry.revision}: {', '.join(parts)}")
    for each in done.linked:
        click.echo(escaped(f"  also in the linked case {each}"))
    for copy in done.copies:
        click.echo(escaped(f"  also in the copy {copy}"))
    if done.too_short:
        told = (
            "is too short to be searched for, and gone"
            if done.too_short == 1
            else "are too short to be searched for, and gone"
        )
        click.echo(f"  {_count(done.too_short, 'text')} {told} from where the path points alone")
    for place in done.kept:
        click.echo(escaped(f"  still stands in {place}"))
    if done.entry is not None or done.linked:
        say("The bytes leave the database with `caseway db compact`.")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
