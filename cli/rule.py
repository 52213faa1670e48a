"""`caseway rule`: the sentences of the policy that a process carries out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from caseway.cli.completion import case_ids, rule_words
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_line, print_shown, say

if TYPE_CHECKING:
    from caseway.engine.definition import Definition
    from caseway.engine.rule import Rule


@click.command(cls=Verb)
@click.argument("words", metavar="[PROCESS|PATH] [RULE]...", nargs=-1, shell_complete=rule_words)
@click.option(
    "--version", type=click.IntRange(min=1), metavar="N", help="The version of the process.  [default: the newest]"
)
@click.option(
    "--case",
    metavar="CASE",
    shell_complete=case_ids,
    help="Read the version that this case is on, as the database keeps it, in the place of a process.",
)
@click.option(
    "--revision",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --case: the version that it was on at this revision.",
)
@with_setting
def rule(setting: Setting, words: tuple[str, ...], version: int | None, case: str | None, revision: int | None) -> None:
    """Print the sentences of the policy behind RULEs of a process, or behind all of them, and where they are carried out.

    A statement and the lines of the ledger name rules, case and revision: `caseway rule --case CASE --revision N RULE` reads what was in force.
    """
    if case is not None and version is not None:
        raise click.UsageError("Of --case and --version, give one: a case is on a version.")
    if case is None and revision is not None:
        raise click.UsageError("A revision is one of a case: name it with --case.")
    if case is None and not words:
        raise click.UsageError("Name a process, or a case with --case.")
    if case is not None:
        with setting.runtime() as runtime:
            definition = runtime.definition_at(case, revision, actor=setting.actor)
        _print(setting, definition, words)
    else:
        _print(setting, _definition(setting, words[0], version), words[1:])


def _definition(setting: Setting, process: str, version: int | None) -> Definition:
    from caseway.adapters.catalogue import FolderCatalogue
    from caseway.adapters.checked_file import definition, definition_in

    if version is None:
        return definition(process, setting.folder)
    path = Path(process)
    if path.suffix in {".yaml", ".yml"}:
        raise click.UsageError("A file is one version: leave --version out.")
    folder, name = (path.parent, path.name) if path.is_dir() else (setting.folder, process)
    return FolderCatalogue(folder, definition_in).version(name, version)


def _print(setting: Setting, definition: Definition, wanted: Sequence[str]) -> None:
    found = _found(definition, wanted)
    if setting.json:
        for each in found:
            print_line(_record(definition, each))
        return
    from rich.padding import Padding
    from rich.text import Text

    from caseway.adapters.diagnostic import escaped

    for each in found:
        head = Text(escaped(each.id), "bold", overflow="fold")
        head.append(f"  {definition.process} version {definition.version}", "not bold")
        print_shown(head)
        sentence = "\n".join(map(escaped, each.sentence.splitlines()))
        print_shown(Padding(Text(sentence, overflow="fold"), (0, 0, 0, 2)))
        places = ", ".join(each.places) or "nothing"
        print_shown(Padding(Text(escaped(f"carried out by {places}"), "dim", overflow="fold"), (0, 0, 0, 2)))
    if not found:
        say(f"{definition.process} version {definition.version} names no rules.")


def _found(definition: Definition, wanted: Sequence[str]) -> list[Rule]:
    from caseway.engine.errors import Refused
    from caseway.engine.rule import rules, unknown_rule

    known = rules(definition)
    for each in wanted:
        if each not in known:
            raise Refused(unknown_rule(definition, each))
    return [known[each] for each in dict.fromkeys(wanted)] if wanted else list(known.values())


def _record(definition: Definition, found: Rule) -> dict[str, Any]:
    return {
        "process": definition.process,
        "version": definition.version,
        "definition": definition.hash,
        "rule": found.id,
        "sentence": found.sentence,
        "implemented_by": list(found.places),
    }
