"""Batches as CSV: for what no bank takes by itself, points or foreign currencies, and for whoever pays by hand."""

from __future__ import annotations

from collections.abc import Collection

from caseway.adapters.spreadsheet import csv_file
from caseway.engine.effect import File
from caseway.engine.money import decimal
from caseway.engine.payee import Payee
from caseway.engine.settlement import Batch

COLUMNS = ("batch", "number", "payee", "name", "account", "amount", "unit")


class CsvTransfer:
    """Takes any unit, and anybody, known or not."""

    format = "csv"
    units: Collection[str] | None = None

    def objection(self, payee: Payee | None, unit: str, amount: int | None = None) -> str | None:  # noqa: ARG002 - it has none
        """Return None: nothing stands against a line in a table."""
        return None

    def fault(self, payee: Payee) -> str | None:  # noqa: ARG002 - it has none
        """Return None: what stands in a table is looked at by whoever pays by it."""
        return None

    def file(self, batch: Batch) -> File:
        """Return a table with a row for each line; amounts are decimal."""
        rows = (
            (
                batch.order,
                line.number,
                line.payee.id,
                line.payee.name,
                line.payee.iban,
                decimal(line.amount, batch.unit),
                batch.unit,
            )
            for line in batch.lines
        )
        return File(f"{batch.order}.csv", "text/csv", csv_file(COLUMNS, rows))
