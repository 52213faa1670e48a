"""What went wrong, told to people or to programs; and the exit code that says who can do something."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any

import click

from caseway.adapters.diagnostic import Diagnostic, as_json, as_text
from caseway.cli.output import print_document, say
from caseway.engine.errors import CaseError, CasewayError, DefinitionError, Refused, WorldError

BUG, DEFINITION, CASE, WORLD = 1, 3, 4, 5


def tell(error: Exception, *, as_json: bool, debug: bool) -> int:
    """Tell of an error and return its exit code. With `as_json` on stdout and there alone, else on stderr."""
    if debug:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    if not isinstance(error, CasewayError | OSError):
        return _tell_bug(error, as_json=as_json)
    code, message, facts = described(error)
    if as_json:
        print_record(code, message, facts)
    else:
        found = _diagnostics(error)
        if found:
            click.echo(as_text(found), err=True, nl=False)
        else:
            say(f"{'Refused' if isinstance(error, Refused) else 'Error'}: {message}")
    return exit_code(error)


def exit_code(error: CasewayError | OSError) -> int:
    """Say by a number who can do something about an error."""
    match error:
        case DefinitionError():
            return DEFINITION
        case CaseError():
            return CASE
        case WorldError() | OSError():
            return WORLD
        case _:
            return BUG


def described(error: CasewayError | OSError) -> tuple[str, str, Mapping[str, Any]]:
    """Return an error's code, sentence and facts."""
    match error:
        case Refused():
            return error.refusal.code, error.refusal.message, error.refusal.facts
        case CasewayError():
            found = _diagnostics(error)
            return error.code, error.message, {**error.facts, "diagnostics": as_json(found)} if found else error.facts
        case _:
            where = f"{error.filename}: " if error.filename else ""
            return WorldError.code, f"{where}{error.strerror or error}", {}


def error_record(code: str, message: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Write an error as JSON."""
    return {"error": {"code": code, "message": message, "facts": dict(facts)}}


def print_record(code: str, message: str, facts: Mapping[str, Any]) -> None:
    """Print an error as JSON."""
    print_document(error_record(code, message, facts))


def _tell_bug(error: Exception, *, as_json: bool) -> int:
    name, what = type(error).__name__, str(error) or "no further words"
    message = f"{name}: {what}. This is a bug of Caseway; please report it, with what --debug prints."
    if as_json:
        print_record("bug", message, {"exception": name})
    else:
        say(f"Error: {message}")
    return BUG


def _diagnostics(error: Exception) -> tuple[Diagnostic, ...]:
    return tuple(getattr(error, "diagnostics", ()))
