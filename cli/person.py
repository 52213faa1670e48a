"""`caseway person`: the persons who act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

import click

from caseway.cli.completion import person_ids, role_names
from caseway.cli.option import Family, Setting, Verb, add_options, by_operator
from caseway.cli.output import fields, print_document, print_line, print_shown, say, table

if TYPE_CHECKING:
    from caseway.engine.person import Person
    from caseway.engine.runtime import Runtime

_by_operator = by_operator("Persons are kept")


@click.group(cls=Family)
@add_options
def person() -> None:
    """Keep the persons who act: roles, tags, languages, limits.

    Whoever is kept here can act in no other roles than theirs. Whoever is not is taken at the word of --as.
    """


# set


def _limit(ctx: click.Context, param: click.Parameter, given: Iterable[str]) -> list[str]:
    for text in given:
        process, _, number = text.partition("=")
        if text and not (process and number.isdecimal() and number.isascii()):
            raise click.BadParameter(f"{text!r} is no PROCESS=N, such as repair=3.", ctx, param)
    return list(given)


@person.command("set", cls=Verb)
@click.argument("id_", metavar="[ID]", required=False, shell_complete=person_ids)
@click.option(
    "--role", "roles", multiple=True, metavar="ROLE", shell_complete=role_names, help="A role that the person holds."
)
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag that the person carries.")
@click.option(
    "--language", "languages", multiple=True, metavar="CODE", help="A language of theirs; the one they like best first."
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="PROCESS=N",
    callback=_limit,
    help="How many pieces of work of a process the person has at most at a time.",
)
@click.option("--name", metavar="TEXT", help="What people call them.")
@click.option("--mail", metavar="ADDRESS", help="Their mail address.")
@click.option("--active/--inactive", "active", default=None, help="Whether they may do anything.  [default: active]")
@click.option(
    "--file",
    metavar="FILE",
    type=click.File("rb", lazy=False),
    help="Keep the persons of FILE, or - for stdin, all of them or none: a JSON object a line, as `person list --json` prints them.",
)
@_by_operator
def set_person(setting: Setting, /, id_: str | None, file: IO[bytes] | None, **given: Any) -> None:
    """Keep a person, or change one. What is not given stays as it is; doing it again changes nothing.

    An option that may be given several times replaces all that was there; an empty text ("") empties it.
    """
    wanted = _wanted(given)
    if (id_ is None) == (file is None) or (file is not None and wanted):
        raise click.UsageError("Name a person and what to set, or give --file alone.")
    with setting.runtime(create=True) as runtime:
        persons = list(_from_file(runtime, file)) if file is not None else [_from_options(runtime, id_ or "", wanted)]
        changed = set(runtime.keep_persons(persons, now=setting.now))
    warnings = _warnings(setting, persons)
    for each in persons:
        _print_kept(setting, each, warnings.get(each.id, []), is_changed=each.id in changed, alone=file is None)
    if not setting.json and file is not None:
        say(f"{len(changed)} set, {len(persons) - len(changed)} unchanged")


def _wanted(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the options say, as a line of a file would."""
    lists = {key: [each for each in given[key] if each] for key in ("roles", "tags", "languages") if given[key]}
    texts = {key: given[key] or None for key in ("name", "mail") if given[key] is not None}
    limits = {"limits": _numbers(given["limits"])} if given["limits"] else {}
    active = {} if given["active"] is None else {"active": given["active"]}
    return lists | limits | texts | active


def _numbers(limits: Iterable[str]) -> dict[str, int]:
    return {process: int(number[:12]) for process, _, number in (text.partition("=") for text in limits) if process}


def _from_options(runtime: Runtime, id_: str, wanted: Mapping[str, Any]) -> Person:
    from caseway.engine.person import Person, changed, checked_id

    try:
        return changed(runtime.person(checked_id(id_)) or Person(id_), wanted)
    except ValueError as error:
        raise click.UsageError(_sentence(error)) from None


def _from_file(runtime: Runtime, file: IO[bytes]) -> Iterator[Person]:
    from caseway.cli.record_file import Line, json_lines, made_of
    from caseway.engine.person import Person, changed, checked_id

    before = {each.id: each for each in runtime.persons()}

    def person(line: Line) -> Person:
        return changed(before.get(line.id) or Person(checked_id(line.id)), line.record)

    yield from made_of(file, json_lines(file), person)


def _warnings(setting: Setting, persons: Iterable[Person]) -> Mapping[str, list[str]]:
    """Say by person what no process of the folder knows: roles belong to processes, and may be meant for others."""
    from caseway.adapters.checked_file import roles
    from caseway.engine.fault import suggestion

    named = {role for each in persons for role in each.roles}
    known = roles(setting.folder) if named else set()
    unknown = named - known
    told = {
        role: f'no process of {setting.folder} declares the role "{role}"; {suggestion(role, known)}'
        for role in unknown
    }
    return {each.id: [told[role] for role in sorted(unknown.intersection(each.roles))] for each in persons}


def _print_kept(setting: Setting, kept: Person, warnings: list[str], *, is_changed: bool, alone: bool) -> None:
    if setting.json:
        from caseway.engine.person import person_record

        record = person_record(kept) | {"changed": is_changed, "warnings": warnings}
        (print_document if alone else print_line)(record)
        return
    from caseway.adapters.diagnostic import escaped

    click.echo(escaped(f"{kept.id}: {'set' if is_changed else 'unchanged'}"))
    for warning in warnings:
        say(f"Warning: {kept.id}: {warning}")


def _sentence(error: ValueError) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


# show, list, remove


@person.command(cls=Verb)
@click.argument("id_", metavar="ID", shell_complete=person_ids)
@_by_operator
def show(setting: Setting, id_: str) -> None:
    """Show a person."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.errors import UnknownPerson
    from caseway.engine.person import person_record

    with setting.runtime() as runtime:
        found = runtime.person(id_)
    if found is None:
        raise UnknownPerson(f"There is nobody of the id {id_} in the directory.", person=id_)
    if setting.json:
        print_document(person_record(found))
        return
    grid = fields()
    for label, text in _rows(found):
        grid.add_row(label, escaped(text))
    print_shown(grid)


def _rows(found: Person) -> Iterator[tuple[str, str]]:
    yield "person", f"{found.id}{_mark(found)}"
    for label, text in (
        ("name", found.name),
        ("mail", found.mail),
        ("roles", ", ".join(sorted(found.roles))),
        ("tags", ", ".join(sorted(found.tags))),
        ("languages", ", ".join(found.languages)),
        ("limits", _limits(found)),
    ):
        if text:
            yield label, text


def _mark(found: Person) -> str:
    return "" if found.active else " (not active)"


def _limits(found: Person) -> str:
    return ", ".join(f"{process}={limit}" for process, limit in sorted(found.limits.items()))


@person.command("list", cls=Verb)
@click.option("--role", metavar="ROLE", shell_complete=role_names, help="Only persons who hold this role.")
@click.option("--tag", metavar="TAG", help="Only persons who carry this tag.")
@_by_operator
def list_persons(setting: Setting, role: str | None, tag: str | None) -> None:
    """List persons, in order of their ids."""
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.person import person_record

    with setting.runtime() as runtime:
        found = runtime.persons(role=role, tag=tag)
        if setting.json:
            for each in found:
                print_line(person_record(each))
            return
        shown = table("person", "name", "roles", "tags", "languages", "limits")
        for each in found:
            cells = (f"{each.id}{_mark(each)}", each.name or "", ", ".join(sorted(each.roles)))
            more = (", ".join(sorted(each.tags)), ", ".join(each.languages), _limits(each))
            shown.add_row(*map(escaped, (*cells, *more)))
    if shown.row_count:
        print_shown(shown)
    else:
        say("There are no such persons.")


@person.command(cls=Verb)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=person_ids)
@_by_operator
def remove(setting: Setting, ids: tuple[str, ...]) -> None:
    """Take persons out of the directory. What they did stays in the histories of cases.

    From then on they are taken at the word of --as. To keep somebody from doing anything, set them --inactive.
    """
    from caseway.adapters.diagnostic import escaped

    with setting.runtime() as runtime:
        for each in dict.fromkeys(ids):
            was_there = runtime.remove_person(each)
            if setting.json:
                print_line({"id": each, "removed": was_there})
            else:
                click.echo(escaped(f"{each}: {'removed' if was_there else 'was not there'}"))
