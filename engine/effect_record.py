"""Effects as JSON, as journals and outboxes keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caseway.engine.case_record import Record, link_from_record, link_record
from caseway.engine.effect import (
    AlreadyPaid,
    Attachment,
    CancelTimer,
    ClawBack,
    Effect,
    Message,
    Payout,
    SendEvent,
    SetTimer,
    Share,
    StartCase,
    Unpaid,
)
from caseway.engine.timestamp import instant, instant_text


def effect_record(effect: Effect) -> Record:
    """Write an effect as JSON; `kind` tells which it is."""
    match effect:
        case SetTimer():
            return {"kind": "set-timer", "id": effect.id, "timer": effect.timer, "due": instant_text(effect.due)}
        case CancelTimer():
            return {"kind": "cancel-timer", "id": effect.id, "timer": effect.timer, "armed_by": effect.armed_by}
        case Message():
            return {
                "kind": "message",
                "id": effect.id,
                "message": effect.message,
                "to": effect.to,
                "subject": dict(effect.subject),
                "body": dict(effect.body),
            } | ({"attached": list(map(_attachment, effect.attached))} if effect.attached else {})
        case Payout():
            return {"kind": "payout"} | _moved(effect) | ({} if effect.once is None else {"once": effect.once})
        case ClawBack():
            return (
                {"kind": "claw-back"} | _moved(effect) | ({} if effect.percent is None else {"percent": effect.percent})
            )
        case AlreadyPaid():
            return {
                "kind": "already-paid",
                "id": effect.id,
                "payout": effect.payout,
                "once": effect.once,
                "by": effect.by,
            }
        case Unpaid():
            return {
                "kind": "unpaid",
                "id": effect.id,
                "payout": effect.payout,
                "reason": effect.reason,
                "of": effect.of,
            }
        case StartCase():
            return {
                "kind": "start-case",
                "id": effect.id,
                "link": effect.link,
                "process": effect.process,
                "case": effect.case,
                "data": dict(effect.data),
                "at": instant_text(effect.at),
                "parent": link_record(effect.parent),
            }
        case SendEvent():
            return {
                "kind": "send-event",
                "id": effect.id,
                "case": effect.case,
                "event": effect.event,
                "data": dict(effect.data),
                "at": instant_text(effect.at),
            }


def effect_from_record(record: Mapping[str, Any]) -> Effect:
    """Read what `effect_record` wrote."""
    fields = {name: value for name, value in record.items() if name != "kind"}
    match record["kind"]:
        case "set-timer":
            return SetTimer(**fields | {"due": instant(fields["due"])})
        case "cancel-timer":
            return CancelTimer(**fields)
        case "message":
            return Message(**fields | {"attached": tuple(map(_read_attachment, fields.get("attached", ())))})
        case "payout":
            return Payout(**fields | _read_moved(fields))
        case "claw-back":
            return ClawBack(**fields | _read_moved(fields))
        case "already-paid":
            return AlreadyPaid(**fields)
        case "unpaid":
            return Unpaid(**fields)
        case "start-case":
            del fields["link"]
            return StartCase(**fields | {"at": instant(fields["at"]), "parent": link_from_record(fields["parent"])})
        case "send-event":
            return SendEvent(**fields | {"at": instant(fields["at"])})
        case kind:
            raise ValueError(f"a journal holds an effect of the unknown kind {kind!r}")


def _moved(effect: Payout | ClawBack) -> Record:
    record: Record = {
        "id": effect.id,
        "payout": effect.payout,
        "amount": effect.amount,
        "unit": effect.unit,
        "payee": effect.payee,
        "account": effect.account,
        "payer": effect.payer,
        "payer_account": effect.payer_account,
        "purpose": effect.purpose if isinstance(effect.purpose, str) else dict(effect.purpose),
        "implements": list(effect.implements),
    }
    if effect.share is not None:
        record["share"] = {"weight": effect.share.weight, "of": effect.share.of, "total": effect.share.total}
    return record


def _read_moved(fields: Mapping[str, Any]) -> Record:
    share = {"share": Share(**fields["share"])} if "share" in fields else {}
    return {"implements": tuple(fields["implements"])} | share


def _attachment(attached: Attachment) -> Record:
    return {
        "document": attached.document,
        "definition": attached.definition,
        "formats": list(attached.formats),
        "data": dict(attached.data),
        "at": instant_text(attached.at),
    }


def _read_attachment(record: Mapping[str, Any]) -> Attachment:
    return Attachment(**dict(record) | {"formats": tuple(record["formats"]), "at": instant(record["at"])})
