"""A receiver of webhooks on this machine: a real server that can be as bad as receivers are."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.delivery.impatience import PATIENCE, Talks

STALLS = ("hang", "answer late", "drip")
"""The deeds that keep a sender waiting."""


@dataclass(frozen=True)
class Arrival:
    """A request that arrived whole."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def message(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Does to each request of a message what is next in its plan, and answers 204 where no plan is left.

    A plan holds answers (status, headers, body) and the words that `_Conversation` knows.
    """

    url: str = ""
    plans: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    arrived: list[Arrival] = field(default_factory=list)
    requests: int = 0
    talks: Talks = field(default_factory=Talks)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def came(self) -> list[str]:
        """The keys of all that arrived, in order."""
        return [each.key for each in self.arrived]

    def stalls(self, key: str) -> bool:
        """Say whether the next request of this key is kept waiting."""
        return not self.plans["next"] and self._plan(key)[0] in STALLS

    def deed(self, key: str) -> Any:
        """Return what is done to a request of this key now."""
        return self._plan(key).pop(0)

    def _plan(self, key: str) -> list[Any]:
        return self.plans[key] or self.plans["all"] or [(204, {}, b"")]


class _Conversation(socketserver.BaseRequestHandler):
    server: Any
    request: socket.socket

    def handle(self) -> None:
        receiver: Receiver = self.server.receiver
        receiver.requests += 1
        if receiver.plans["next"] and receiver.plans["next"].pop(0) == "die before reading":
            return
        arrival = self._read()
        if arrival is None:
            return
        receiver.arrived.append(arrival)
        self._do(receiver.deed(arrival.key), receiver)

    def _do(self, deed: Any, receiver: Receiver) -> None:
        match deed:
            case (int(status), dict(headers), bytes(body)):
                self._answer(status, headers, body)
            case "die":
                return
            case "die in the midst of the answer":
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf")
            case "hang":
                self.request.recv(1)  # until the sender has had enough
            case "answer late":
                self.request.recv(1)
                self._answer(204, {}, b"")
            case "drip":
                self._drip(receiver)
            case "babble":
                self.request.sendall(b"what do you want?\r\n\r\n")

    def _drip(self, receiver: Receiver) -> None:
        """Answer a byte at a time, each well within any timeout."""
        self.request.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not receiver.is_over.wait(0.02):
            self.request.sendall(b"z")

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        self.request.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def _read(self) -> Arrival | None:
        with self.request.makefile("rb") as file:
            first, *lines = iter(lambda: file.readline().decode().strip(), "")
            headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            length = int(headers["content-length"])
            body = file.read(length)
        return Arrival(first.split(" ")[1], headers, body) if len(body) == length else None


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Conversation)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.receiver.talks.end()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take it as it is: a sender that went away is what is tested."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with _Server(receiver) as server:
        receiver.url = f"http://127.0.0.1:{server.server_address[1]}/caseway?room=1"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.is_over.set()
            server.shutdown()
            thread.join(PATIENCE)


@contextmanager
def nobody() -> Iterator[int]:
    """Give a port on which nobody listens, and keep others from it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
