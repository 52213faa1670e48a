"""Batches, rejections and payees as rows, and rows as them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from caseway.adapters.sql.row import Row, document, read
from caseway.engine.payee import Payee
from caseway.engine.settlement import Batch, BatchLine, Rejection
from caseway.engine.timestamp import instant, instant_text


def batch_row(batch: Batch) -> Row:
    """Write a batch, with its lines and the payees as of then."""
    told = {
        "id": batch.id,
        "unit": batch.unit,
        "account": batch.account,
        "at": instant_text(batch.at),
        "due": batch.due.isoformat(),
        "debtor": _payee_record(batch.debtor),
        "format": batch.format,
        "by": batch.by,
        "lines": [
            {"number": line.number, "payee": _payee_record(line.payee), "amount": line.amount} for line in batch.lines
        ],
    }
    text = document(told, f"The batch {batch.id}")
    return {"id": batch.id, "at": batch.at, "unit": batch.unit, "document": text}


def read_batch(text: str) -> Batch:
    """Read a batch from its document."""
    return read(text, "a batch", _batch)


def rejection_row(rejection: Rejection) -> Row:
    """Write what the bank sent back."""
    told = {
        "batch": rejection.batch,
        "number": rejection.number,
        "reason": rejection.reason,
        "at": instant_text(rejection.at),
        "by": rejection.by,
    }
    text = document(told, f"The rejection of line {rejection.number} of batch {rejection.batch}")
    return {"batch": rejection.batch, "number": rejection.number, "document": text}


def read_rejection(text: str) -> Rejection:
    """Read what the bank sent back from its document."""
    return read(text, "a rejection", lambda told: Rejection(**told | {"at": instant(told["at"])}))


def payee_row(payee: Payee, at: datetime) -> Row:
    """Write bank details, as they are since an instant."""
    text = document(_payee_record(payee), f"The payee {payee.id}")
    return {"id": payee.id, "document": text, "updated_at": at}


def read_payee(id: str, text: str) -> Payee:  # noqa: A002 - the glossary's word
    """Read bank details from their document."""
    return read(text, f"the payee {id}", _payee)


def _batch(told: Mapping[str, Any]) -> Batch:
    lines = tuple(BatchLine(each["number"], _payee(each["payee"]), each["amount"]) for each in told["lines"])
    plain = {name: told[name] for name in ("id", "unit", "account", "format", "by")}
    due = date.fromisoformat(told["due"])
    return Batch(**plain, at=instant(told["at"]), due=due, debtor=_payee(told["debtor"]), lines=lines)


def _payee_record(payee: Payee) -> dict[str, Any]:
    return {"id": payee.id, "name": payee.name, "iban": payee.iban, "bic": payee.bic}


def _payee(told: Mapping[str, Any]) -> Payee:
    return Payee(**told)
