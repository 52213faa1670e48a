"""`caseway diagram`: a process as a picture."""

from __future__ import annotations

from pathlib import Path

import click

from caseway.cli.completion import process_names
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document


@click.command(cls=Verb)
@click.argument("process", metavar="PROCESS|PATH", shell_complete=process_names)
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write into a file instead of stdout.",
)
@with_setting
def diagram(setting: Setting, process: str, output: Path | None) -> None:
    """Draw a process, as text for Mermaid.

    The newest version of PROCESS is drawn, or the one in the file PATH.
    """
    from caseway.adapters.checked_file import definition
    from caseway.engine.diagram import mermaid

    found = definition(process, setting.folder)
    drawn = mermaid(found, setting.language or "en")
    if output is not None:
        output.write_text(drawn, encoding="utf-8")
    record = {"process": found.process, "version": found.version, "form": "mermaid"}
    if setting.json:
        print_document(record | ({"diagram": drawn} if output is None else {"file": str(output)}))
    elif output is None:
        click.echo(drawn, nl=False)
