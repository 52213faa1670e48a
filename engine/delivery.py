"""What a receiver outside is told of a message."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from caseway.engine.effect import File, Message


def told(case: str, message: Message) -> dict[str, Any]:
    """Return a message as JSON, but for the files that come with it."""
    return {
        "case": case,
        "id": message.id,
        "message": message.message,
        "to": message.to,
        "subject": dict(message.subject),
        "body": dict(message.body),
    }


def file_record(file: File) -> dict[str, Any]:
    """Return a file as JSON, its content in Base64."""
    return {"name": file.name, "type": file.type, "content": b64encode(file.content).decode("ascii")}


def files(message: Message) -> tuple[File, ...]:
    """Return the files that come with a message."""
    return tuple(file for each in message.attached for file in each.files)
