"""The file by which a bank is told what to pay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from caseway.engine.runtime.ledger import Ledger
    from caseway.engine.settlement import Batch

F = TypeVar("F", bound=Callable[..., Any])


def output_option(function: F) -> F:
    """Give a verb the option --output, a folder."""
    return click.option(
        "--output",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="The folder that the file for the bank is written into, under the name of the batch.",
    )(function)


def assert_writable(folder: Path) -> None:
    """Make a folder where there is none; raise WorldError where no file can be made in it."""
    from tempfile import TemporaryFile

    from caseway.engine.errors import WorldError

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as error:
        raise WorldError(
            f"Nothing was settled: no file can be written into {folder}: {_reason(error)}.", folder=str(folder)
        ) from error


def write_order(ledger: Ledger, batch: Batch, folder: Path) -> Path:
    """Write the file of a batch into a folder, whole or not at all, and return its path. The same batch gives the same file."""
    from caseway.adapters.whole_file import write_whole
    from caseway.engine.errors import WorldError

    try:
        order = ledger.file(batch)
        path = folder / order.name
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(path, order.content, private=True)
    except (OSError, ValueError, WorldError) as error:
        raise WorldError(
            f"The file of batch {batch.id} could not be written into {folder}: {_reason(error)}. The batch is settled; "
            f"`caseway ledger batch {batch.id} --output DIR` writes its file.",
            batch=batch.id,
            folder=str(folder),
        ) from error
    return path


def _reason(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return (told or str(error)).removesuffix(".")
