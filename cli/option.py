"""The options that every verb takes, before or after its name, and what they come to."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from caseway.cli.input import parse_actor, parse_instant, parse_language

if TYPE_CHECKING:
    from caseway.engine.actor import Actor
    from caseway.engine.runtime import Runtime

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

DATABASE = "sqlite:///caseway.db"
PROCESSES = Path("processes")
_META = "caseway."


@dataclass(frozen=True, slots=True)
class Setting:
    """What the options of every verb come to. `actor` is None for the local operator, `now` None for the clock's time.

    `language` is None for that of the person who acts.
    """

    json: bool = False
    database: str = DATABASE
    processes: Path | None = None
    actor: Actor | None = None
    language: str | None = None
    now: datetime | None = None
    debug: bool = False

    @property
    def folder(self) -> Path:
        """Return the folder of processes: the one named, the one here, or the one that comes with Caseway."""
        if self.processes is not None:
            return self.processes
        if PROCESSES.is_dir():
            return PROCESSES
        from caseway.adapters.catalogue import SHIPPED

        return SHIPPED

    @contextmanager
    def runtime(
        self, *, create: bool = False, outbox: Path | None = None, deliver: str | None = None
    ) -> Iterator[Runtime]:
        """Open the database for as long as the block runs. Only with `create` is a missing SQLite file made."""
        from caseway.adapters import wiring

        runtime = wiring.open(self.database, processes=self.folder, delivery=deliver, outbox=outbox, create=create)
        try:
            yield runtime
        finally:
            runtime.close()


def setting_of(ctx: click.Context) -> Setting:
    """Return what was given so far, before the verb and after it."""
    given = {name.removeprefix(_META): value for name, value in ctx.meta.items() if name.startswith(_META)}
    return Setting(**given)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Remember what was given; what stands later on the command line counts, and the environment only where nothing does."""
    name = f"{_META}{param.name}"
    source = ctx.get_parameter_source(param.name or "")
    if source is ParameterSource.COMMANDLINE or (source is ParameterSource.ENVIRONMENT and name not in ctx.meta):
        ctx.meta[name] = _parsed(ctx, param, value)


def _parsed(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    if not isinstance(param, _Everywhere) or param.parse is None:
        return value
    try:
        return param.parse(value)
    except ValueError as error:
        raise click.BadParameter(str(error), ctx, param) from None


class _Everywhere(click.Option):
    """An option of every verb: the help shows it apart from the verb's own. `parse` reads its text or raises ValueError."""

    def __init__(self, *names: str, parse: Callable[[str], Any] | None = None, **settings: Any) -> None:
        self.parse = parse
        super().__init__(names, expose_value=False, callback=_keep, **settings)


def _actors(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Offer the persons of the directory, in each of their roles."""
    from caseway.cli.completion import actors  # which imports from here

    return actors(ctx, param, incomplete)


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_OPTIONS: tuple[Callable[[], click.Option], ...] = (
    lambda: _Everywhere("--json", is_flag=True, help="Print JSON: one document, or one line for each item of a list."),
    lambda: _Everywhere(
        "--database",
        metavar="URL",
        envvar="CASEWAY_DATABASE_URL",
        show_envvar=True,
        help=f"The database.  [default: {DATABASE}]",
    ),
    lambda: _Everywhere(
        "--processes",
        metavar="DIR",
        type=_FOLDER,
        help="The folder of processes.  [default: processes, where there is one here; else those that come with Caseway]",
    ),
    lambda: _Everywhere(
        "--as",
        "actor",
        metavar="ROLE:ID",
        parse=parse_actor,
        shell_complete=_actors,
        help="Who acts, such as clerk:anna, or clerk+editor:anna for two roles. "
        "Without it the local operator does: who sees everything, and sends the events that name nobody in `by`.",
    ),
    lambda: _Everywhere(
        "--lang",
        "language",
        metavar="CODE",
        parse=parse_language,
        help="The language of titles, guidance and what is paid for.  [default: the first one of the person who acts, or en]",
    ),
    lambda: _Everywhere(
        "--now",
        metavar="INSTANT",
        parse=parse_instant,
        help="The instant at which it happens, such as 2026-03-02T09:00:00Z, to import the past.  [default: the clock's]",
    ),
    lambda: _Everywhere("--debug", is_flag=True, help="Show where in Caseway an error came from."),
)


def add_options(function: F) -> F:
    """Give a group the options of every verb."""
    for make in reversed(_OPTIONS):
        # What click's own decorators do, with an option of our class.
        function.__dict__.setdefault("__click_params__", []).append(make())
    return function


def with_setting(function: Callable[Concatenate[Setting, P], R]) -> Callable[P, R]:
    """Give a verb the options of every verb, and its function the Setting that they come to."""

    @functools.wraps(function)
    def verb(*args: P.args, **kwargs: P.kwargs) -> R:
        return function(setting_of(click.get_current_context()), *args, **kwargs)

    return add_options(verb)


def by_operator(
    told: str,
) -> Callable[[Callable[Concatenate[Setting, P], R]], Callable[P, R]]:
    """Give a verb its Setting, unless somebody is to act: what only the host may know and do has no rules for others."""

    def decorate(function: Callable[Concatenate[Setting, P], R]) -> Callable[P, R]:
        @functools.wraps(function)
        def verb(setting: Setting, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if setting.actor is not None:
                raise click.UsageError(f"{told} by the local operator: leave --as out.")
            return function(setting, *args, **kwargs)

        return with_setting(verb)

    return decorate


class _Apart(click.Command):
    """Shows the options of every verb in a section of their own."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            if record is not None and isinstance(param, click.Option):
                (everywhere if isinstance(param, _Everywhere) else own).append(record)
        for title, records in (("Options", own), ("Options of every verb", everywhere)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class Verb(_Apart):
    """One verb of the command line."""


class Family(_Apart, click.Group):
    """Verbs under one name. Says what was probably meant where there is no such verb."""

    command_class = Verb

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{"subcommand_metavar": "VERB ...", **settings})

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Verbs"):
            formatter.write_dl([(name, command.get_short_help_str(limit=200)) for name, command in commands if command])

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            from caseway.engine.fault import suggestion

            ctx.fail(f'There is no verb "{name}"; {suggestion(name, self.list_commands(ctx))}')
        return super().resolve_command(ctx, args)
