"""Messages as HTTP requests: one POST each, signed, with the message's id as the key that tells a repetition."""

from __future__ import annotations

import hmac
import json
import ssl
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from ipaddress import ip_address
from socket import socket
from time import time
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from caseway.adapters.deadline import Deadline, reader
from caseway.engine.actor import Actor
from caseway.engine.delivery import file_record, files, told
from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput, Undeliverable, WorldError
from caseway.engine.ports import Answer

TIMEOUT = 10.0
"""How many seconds a delivery may take, unless the host says otherwise."""
LONGEST = 20.0
"""How many seconds it may take at most: a worker keeps a message to itself for a minute."""

ANSWER = 64 * 1024
"""How much of an answer is read, in bytes; a longer one says nothing to us."""
NAME = 200
"""Characters of an event's name in an answer."""
SAID = 200
"""Characters that an error tells of what a receiver said."""

_PASSING = frozenset({408, 425, 429})
"""The answers of class 4xx that another attempt can change."""


class WebhookDelivery:
    """Posts messages as JSON to an address.

    `secret` signs each request: `Caseway-Signature: t=SECONDS,v1=HEX`, the HMAC-SHA256 of the seconds, a point and the body. An
    answer of class 2xx whose body is JSON with an `event` is sent to the case, by the recipient in the role `role`.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        role: str | None = None,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._url = _address(url)
        if not secret:
            raise InvalidInput("A webhook needs a secret to sign with; an empty one is none.")
        if not 0 < timeout <= LONGEST:
            raise InvalidInput(f"A webhook's timeout is more than 0 and at most {LONGEST:g} seconds, not {timeout:g}.")
        self._secret, self._roles = secret.encode("utf-8", "surrogatepass"), frozenset({role} if role else ())
        self._timeout, self._clock, self._tls = timeout, clock, tls
        self._target = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")

    def deliver(self, case: str, message: Message) -> Answer | None:
        """Post the message; return the event that the receiver answers with, if it does."""
        record = told(case, message)
        enclosed = [file_record(file) for file in files(message)]
        body = json.dumps(record | ({"files": enclosed} if enclosed else {}), ensure_ascii=False)
        try:
            response, content = self._posted(message.id, body.encode("utf-8", "replace"))
        except (OSError, HTTPException, ValueError) as error:
            raise WorldError(
                f"{self._place} did not take message {message.id}: {_reason(error)}.",
                effect=message.id,
                url=self._place,
            ) from error
        if not 200 <= response.status < 300:  # noqa: PLR2004  # the class of success
            raise self._refusal(message, response, content)
        return self._answer(message, content)

    @property
    def _place(self) -> str:
        return f"{self._url.scheme}://{self._url.netloc}{self._url.path}"  # a query may hold what is nobody's business

    def _posted(self, key: str, body: bytes) -> tuple[HTTPResponse, bytes]:
        """Post and return the answer, and as much of its body as is read."""
        deadline = Deadline(self._timeout)
        connection = self._connection(deadline)
        try:
            connection.connect()
            connection.sock.settimeout(deadline.left())
            connection.request("POST", self._target, body, self._headers(key, body))
            response = connection.getresponse()
            content = response.read(ANSWER + 1)
            if response.length and len(content) <= ANSWER:
                raise IncompleteRead(content, response.length)
            return response, content
        finally:
            connection.close()

    def _connection(self, deadline: Deadline) -> HTTPConnection:
        host, port = self._url.hostname or "", self._url.port
        made: HTTPConnection = (
            HTTPSConnection(host, port, timeout=deadline.left(), context=self._tls or ssl.create_default_context())
            if self._url.scheme == "https"
            else HTTPConnection(host, port, timeout=deadline.left())
        )
        made.response_class = partial(_response, deadline)  # type: ignore[assignment]  # it is called as the class would be
        return made

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Idempotency-Key": quote(key, safe=":"),
            "Caseway-Signature": signature(self._secret, int(self._clock()), body),
            "User-Agent": "caseway",
            "Connection": "close",
        }

    def _refusal(self, message: Message, response: HTTPResponse, content: bytes) -> WorldError:
        status = response.status
        said = " ".join(content[: 4 * SAID].decode("utf-8", "replace").split())[:SAID]
        sentence = f"{self._place} answered {status} to message {message.id}" + (f": {said}" if said else ".")
        facts: dict[str, Any] = {"effect": message.id, "url": self._place, "status": status}
        if 400 <= status < 500 and status not in _PASSING:  # noqa: PLR2004  # the class of what is the sender's fault
            return Undeliverable(sentence, **facts)
        after = response.headers.get("Retry-After", "")
        if after.isascii() and after.isdigit() and len(after) < 10:  # noqa: PLR2004  # more is no time to wait
            facts["retry_after"] = int(after)
        return WorldError(sentence, **facts)

    def _answer(self, message: Message, content: bytes) -> Answer | None:
        """Read an event from what a receiver says; anything else than a JSON object with an `event` is no answer."""
        try:
            said = json.loads(content) if 0 < len(content) <= ANSWER else None
        except (ValueError, RecursionError):
            return None
        if not isinstance(said, dict) or "event" not in said:
            return None
        event, data = said["event"], said.get("data", {})
        if not isinstance(event, str) or not 0 < len(event) <= NAME or not isinstance(data, dict):
            raise Undeliverable(
                f"{self._place} took message {message.id}, and answered with what is no event: it needs "
                '{"event": a name, "data": an object}.',
                effect=message.id,
                url=self._place,
            )
        return Answer(event, data, Actor(message.to, self._roles))


def signature(secret: bytes, at: int, body: bytes) -> str:
    """Sign a body at an instant in seconds since 1970; whoever has the secret can tell when, and that nothing was changed."""
    digest = hmac.new(secret, f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={digest}"


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise InvalidInput(f"{url!r} is not an address: {error}.") from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or not (parts.path + parts.query + host).isascii():
        raise InvalidInput(f"{url!r} is not the address of a webhook; write https://host/path, in ASCII.")
    if any(not character.isprintable() or character == " " for character in url):
        raise InvalidInput(f"{url!r} is not the address of a webhook: it holds a space or a control character.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("An address with a user or a password in it is not taken; requests are signed instead.")
    if parts.scheme == "http" and not _is_here(host):
        raise InvalidInput(
            f"{host} is another machine, and http would show everybody between what a message says; use https."
        )
    return parts


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _response(deadline: Deadline, connection: socket, *arguments: Any, **options: Any) -> HTTPResponse:
    return HTTPResponse(_Bounded(connection, deadline), *arguments, **options)  # type: ignore[arg-type]  # it only asks for a file


class _Bounded:
    """The one thing about a connection that a response asks for: a file to read from, until the deadline."""

    def __init__(self, connection: socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def makefile(self, _mode: str) -> Any:
        return reader(self._connection, self._deadline)


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "it did not answer in time"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not trusted ({error.verify_message})"
        case OSError() if error.strerror:
            return error.strerror
        case _:
            return str(error) or type(error).__name__
