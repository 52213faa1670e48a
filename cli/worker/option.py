"""What the verbs of `caseway worker` that do work have in common: what they do, and where messages go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from caseway.cli.option import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")

OUTBOX = "caseway-outbox"


def outbox_option(function: F) -> F:
    return click.option(
        "--outbox",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help=f"The folder that messages are delivered into, a file each.  [default: {OUTBOX}, beside a SQLite database or else here]",
    )(function)


def deliver_option(function: F) -> F:
    return click.option(
        "--deliver",
        metavar="TARGET",
        help="Where messages are delivered instead: folder:PATH, webhook+https://..., smtp://... or smtps://..., or a file of routes, "
        "NAME.toml. Secrets are taken from the environment.",
    )(function)


def only_option(function: F) -> F:
    return click.option(
        "--only", type=click.Choice(["timers", "messages"]), help="Only fire timers, or only deliver messages."
    )(function)


def folder_for(setting: Setting, outbox: Path | None, deliver: str | None) -> Path | None:
    """Return the folder that messages go into. None: they go elsewhere."""
    if deliver is None:
        return outbox or _outbox(setting.database)
    if outbox is not None:
        raise click.UsageError(
            "Messages go to one place: say --outbox DIR or --deliver TARGET. Routes in a file divide them."
        )
    return None


def _outbox(url: str) -> Path:
    """Return the folder for messages where none is named."""
    from caseway.adapters.sql import address

    return address.folder(url) / OUTBOX
