"""Batches as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from caseway.engine.payee import Payee
from caseway.engine.settlement import Asked, Batch, BatchLine, Rejection
from caseway.engine.timestamp import instant, instant_text


def batch_record(batch: Batch) -> dict[str, Any]:
    """Write a batch as JSON: everything that its file is made from, and what it was asked for by."""
    return {
        "id": batch.id,
        "unit": batch.unit,
        "account": batch.account,
        "at": instant_text(batch.at),
        "due": batch.due.isoformat(),
        "debtor": payee_record(batch.debtor),
        "format": batch.format,
        "by": batch.by,
        "rehearsal": batch.rehearsal,
        "asked": asked_record(batch.asked),
        "follows": batch.follows,
        "lines": [
            {"number": line.number, "payee": payee_record(line.payee), "amount": line.amount} for line in batch.lines
        ],
    }


def batch_from_record(told: Mapping[str, Any]) -> Batch:
    """Read what `batch_record` wrote. TypeError, ValueError, KeyError, AttributeError: it makes no sense."""
    return Batch(
        id=_text(told["id"]),
        unit=_text(told["unit"]),
        account=_text(told["account"]),
        format=_text(told["format"]),
        by=_optional_text(told["by"]),
        at=instant(told["at"]),
        due=date.fromisoformat(told["due"]),
        debtor=payee_from_record(told["debtor"]),
        rehearsal=_truth(told["rehearsal"]),
        asked=_asked(told["asked"]),
        follows=_optional_text(told["follows"]),
        lines=tuple(_line(each) for each in told["lines"]),
    )


def asked_record(asked: Asked) -> dict[str, Any]:
    """Write by what a batch was asked for as JSON."""
    return {
        "minimum": asked.minimum,
        "due": asked.due and asked.due.isoformat(),
        "only": list(asked.only),
        "leave_out": list(asked.leave_out),
    }


def rejection_record(rejection: Rejection) -> dict[str, Any]:
    """Write what the bank sent back as JSON."""
    return {
        "batch": rejection.batch,
        "number": rejection.number,
        "reason": rejection.reason,
        "at": instant_text(rejection.at),
        "by": rejection.by,
    }


def rejection_from_record(told: Mapping[str, Any]) -> Rejection:
    """Read what `rejection_record` wrote. TypeError, ValueError, KeyError, AttributeError: it makes no sense."""
    names = _text(told["batch"]), _number(told["number"]), _text(told["reason"])
    return Rejection(*names, instant(told["at"]), _optional_text(told["by"]))


def payee_record(payee: Payee) -> dict[str, Any]:
    """Write bank details as JSON."""
    return {"id": payee.id, "name": payee.name, "iban": payee.iban, "bic": payee.bic}


def payee_from_record(told: Mapping[str, Any]) -> Payee:
    """Read what `payee_record` wrote. TypeError, KeyError: it makes no sense."""
    iban, bic = (_optional_text(told[name]) for name in ("iban", "bic"))
    return Payee(_text(told["id"]), _text(told["name"]), iban, bic)


def _asked(told: Mapping[str, Any]) -> Asked:
    due = _optional_text(told["due"])
    only, leave_out = (tuple(_text(each) for each in told[name]) for name in ("only", "leave_out"))
    return Asked(_number(told["minimum"]), None if due is None else date.fromisoformat(due), only, leave_out)


def _line(told: Mapping[str, Any]) -> BatchLine:
    return BatchLine(_number(told["number"]), payee_from_record(told["payee"]), _number(told["amount"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _optional_text(value: Any) -> str | None:
    return None if value is None else _text(value)


def _number(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is no whole number")
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r} is neither true nor false")
    return value
