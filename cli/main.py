"""The program `caseway`: finds the verb, calls it, and ends with an exit code that says who can do something."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

import click

from caseway.cli.option import Family, add_options

# Verb: where it lives, and what the help says of it. `caseway --help` needs no module but this one.
VERBS = {
    "check": ("check:check", "Check processes and scenarios, and say everything that is wrong."),
    "test": ("scenario:test", "Play scenarios, and say what was not as expected."),
    "diagram": ("diagram:diagram", "Draw a process, as text for Mermaid."),
    "rule": ("rule:rule", "Print the sentences of the policy that a process carries out."),
    "start": ("event:start", "Open a case."),
    "send": ("event:send", "Let an event happen to a case."),
    "redact": ("redact:redact", "Take content out of a case for good."),
    "show": ("show:show", "Show a case as it is now, and what it accepts."),
    "history": ("history:history", "Tell what happened to a case, and what came of it."),
    "list": ("list:list_cases", "List cases."),
    "work": ("work:work", "Show a person's worklist: what they may do now, and what they have."),
    "report": ("report:report", "Count cases and service levels, period by period."),
    "worker": ("worker:worker", "Fire timers that are due, and deliver messages."),
    "person": ("person:person", "Keep the persons who act: roles, tags, languages, limits."),
    "ledger": ("ledger:ledger", "Show what was paid to whom and why, settle it, and verify the book."),
    "payee": ("payee:payee", "Keep bank details of those whom processes pay."),
    "db": ("database:database", "Make a database, upgrade it, check it, and compact it."),
}

USAGE = 2
WORLD = 5
INTERRUPTED = 130
NOBODY_LISTENS = 141
"""The shell's own code for a reader that went away."""

_COMPLETION = "_CASEWAY_COMPLETE"
"""The environment variable by which a shell asks for completions."""


class Program(Family):
    """The group of all verbs. Imports a verb's module when it is called, and turns what goes wrong into an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click's signature
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  # click's signature
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(f"caseway.cli.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002  # click's signature
        with formatter.section("Verbs"):
            formatter.write_dl([(name, told) for name, (_, told) in VERBS.items()])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run, and exit unless `standalone_mode` is off, in which case errors reach the caller as they are."""
        given = list(sys.argv[1:] if args is None else args)

        def run() -> Any:
            return super(Program, self).main(
                given, prog_name or "caseway", complete_var or _COMPLETION, standalone_mode=False, **extra
            )

        return sys.exit(_exit_code(run, given)) if standalone_mode else run()


def _exit_code(run: Callable[[], Any], given: Sequence[str]) -> int:
    """Run a verb to its end, have its output reach the reader, and say with which code to exit."""
    try:
        try:
            code = run()
            sys.stdout.flush()
        except SystemExit as end:  # click leaves by itself after completing a word, and where nobody reads the output
            return NOBODY_LISTENS if end.code == 1 and _COMPLETION not in os.environ else _number(end.code)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is told and becomes an exit code
            code = _told(error, given)
            sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
        return NOBODY_LISTENS
    except OSError as error:
        _let_go_of_stdout()
        click.echo(f"Error: The output could not be written: {error.strerror or error}.", err=True)
        return WORLD
    except KeyboardInterrupt:
        return INTERRUPTED
    return _number(code)


def _number(code: Any) -> int:
    return code if isinstance(code, int) else 0


def _told(error: Exception, given: Sequence[str]) -> int:
    """Tell of an error, as people or as programs read it, and return its exit code."""
    if isinstance(error, BrokenPipeError):
        raise error
    options = given[: given.index("--")] if "--" in given else given
    as_json = "--json" in options
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        if as_json:
            from caseway.cli.failure import print_record

            print_record("usage", error.format_message(), {})
        else:
            error.show()
        return USAGE
    from caseway.cli.failure import tell

    return tell(error, as_json=as_json, debug="--debug" in options or bool(os.environ.get("CASEWAY_DEBUG")))


def _let_go_of_stdout() -> None:
    """Keep Python from trying once more, at its end, to write what nobody can take."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# Not a docstring: click's sign for "do not wrap what follows" is the backspace.
_HELP = """Run the life of customer-service cases from a lifecycle written in YAML.

\b
Data go to stdout, talk goes to stderr. Exit codes:
  0  done
  2  the command line is wrong
  3  a process is wrong, or one of its scenarios fails; its author can mend it
  4  refused, or no such case; the caller can do something else
  5  the database, disk or network failed; trying again can help
  1  a bug of Caseway's own
"""


@click.group("caseway", cls=Program, help=_HELP, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="caseway", message="%(prog)s %(version)s")
@add_options
def program() -> None:
    """Take the options of every verb."""


def main() -> NoReturn:
    """Run the command line of this process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # open until the end
        else:
            stream.reconfigure(errors="backslashreplace")
    program.main()
    raise AssertionError("program.main() exits")


if __name__ == "__main__":
    main()
