"""Batches, rejections and payees as rows, and rows as them."""

from __future__ import annotations

from datetime import datetime

from caseway.adapters.sql.row import Row, document, read
from caseway.engine.batch_record import (
    batch_from_record,
    batch_record,
    payee_from_record,
    payee_record,
    rejection_from_record,
    rejection_record,
)
from caseway.engine.payee import Payee, PayeeChange
from caseway.engine.seal import rejection_seal, seal_text, sealed
from caseway.engine.settlement import Batch, Rejection


def batch_row(batch: Batch) -> Row:
    """Write a batch, with its lines and the payees as of then, and its seal."""
    text = document(batch_record(batch), f"The batch {batch.id}")
    return {
        "id": batch.id,
        "at": batch.at,
        "unit": batch.unit,
        "document": text,
        "seal": seal_text(sealed(batch)),
    }


def read_batch(text: str) -> Batch:
    """Read a batch from its document."""
    return read(text, "a batch", batch_from_record)


def rejection_row(rejection: Rejection) -> Row:
    """Write what the bank sent back, and its seal."""
    text = document(rejection_record(rejection), f"The rejection of line {rejection.number} of batch {rejection.batch}")
    return {"batch": rejection.batch, "number": rejection.number, "document": text, "seal": rejection_seal(rejection)}


def read_rejection(text: str) -> Rejection:
    """Read what the bank sent back from its document."""
    return read(text, "a rejection", rejection_from_record)


def payee_row(payee: Payee, at: datetime) -> Row:
    """Write bank details, as they are since an instant."""
    text = document(payee_record(payee), f"The payee {payee.id}")
    return {"id": payee.id, "document": text, "updated_at": at}


def read_payee(id: str, text: str) -> Payee:  # noqa: A002 - the glossary's word
    """Read bank details from their document."""
    return read(text, f"the payee {id}", payee_from_record)


def payee_change_row(change: PayeeChange) -> Row:
    """Write that bank details became others."""
    told = {"by": change.by, "name": change.name, "iban": change.iban, "bic": change.bic}
    text = document(told, f"The change of the payee {change.payee}")
    return {"payee": change.payee, "at": change.at, "document": text}


def read_payee_change(id: str, at: datetime, text: str) -> PayeeChange:  # noqa: A002 - the glossary's word
    """Read that bank details became others."""
    return read(text, f"a change of the payee {id}", lambda told: PayeeChange(id, at, **told))
