"""A mail server on this machine: it takes mail, and can be as bad as mail servers are."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from tests.delivery.impatience import PATIENCE, Talks

CERTIFICATE = Path(__file__).with_name("localhost.pem")

COURSE = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "end of data")
"""What a sender comes to, in this order."""

STALLS = ("hang", "drip")
"""The deeds that keep a sender waiting."""


def trusting() -> ssl.SSLContext:
    """Return what trusts the certificate of the tests, and no other."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))


@dataclass
class Mailbox:
    """What a server took, and what it is to answer: to a command, the answers that are next in its plan."""

    port: int = 0
    plans: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    taken: list[EmailMessage] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    offers: tuple[str, ...] = ()
    login: tuple[str, str] | None = None
    was_encrypted: list[bool] = field(default_factory=list)
    talks: Talks = field(default_factory=Talks)
    is_over: threading.Event = field(default_factory=threading.Event)

    @property
    def stalls(self) -> bool:
        """Whether the next conversation is kept waiting, by the first thing in it that is not answered as usual."""
        return next((self.plans[at][0] in STALLS for at in COURSE if self.plans[at]), False)


class _Conversation(socketserver.BaseRequestHandler):
    server: Any
    request: Any

    def setup(self) -> None:
        self.box: Mailbox = self.server.mailbox
        if "smtps" in self.box.offers:
            self._encrypt()
        self.file = self.request.makefile("rb")

    def handle(self) -> None:
        if not self._answer("connect", "220 localhost"):
            return
        while line := self.file.readline():
            command = line.decode().strip()
            self.box.said.append(command)
            if not self._obey(command.split(" ")[0].upper(), command):
                return

    def _obey(self, verb: str, command: str) -> bool:
        match verb:
            case "EHLO":
                offers = [each for each in self.box.offers if each != "smtps"]
                return self._answer(verb, *(f"250-{each}" for each in ["localhost", *offers]), "250 SIZE")
            case "STARTTLS":
                self._answer(verb, "220 go ahead")
                self._encrypt()
                self.file = self.request.makefile("rb")
                return True
            case "AUTH":
                user, password = base64.b64decode(command.split(" ")[2]).decode().split("\0")[1:]
                is_known = (user, password) == self.box.login
                return self._answer(verb, "235 welcome" if is_known else "535 who are you?")
            case "DATA":
                return self._answer(verb, "354 go on") and self._take()
            case _:
                return self._answer(verb, "250 fine")

    def _take(self) -> bool:
        lines: list[bytes] = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                return False  # the sender went away: there is no end to wait for
            lines.append(line)
        content = b"".join(line.removeprefix(b".") if line.startswith(b"..") else line for line in lines)
        self.box.taken.append(message_from_bytes(content, policy=default))
        self.box.was_encrypted.append(isinstance(self.request, ssl.SSLSocket))
        return self._answer("end of data", "250 taken")

    def _answer(self, to: str, *usual: str) -> bool:
        plan = self.box.plans[to]
        deed = plan.pop(0) if plan else None
        match deed:
            case None:
                self.request.sendall("".join(f"{line}\r\n" for line in usual).encode())
            case "die":
                return False
            case "hang":
                self.request.recv(1)  # until the sender has had enough
                return False
            case "drip":
                while not self.box.is_over.wait(0.02):
                    self.request.sendall(b"2")
            case answer:
                self.request.sendall(f"{answer}\r\n".encode())
        return True

    def _encrypt(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        self.request = context.wrap_socket(self.request, server_side=True)

    def finish(self) -> None:
        self.file.close()
        self.request.close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        super().__init__(("127.0.0.1", 0), _Conversation)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.mailbox.talks.end()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take it as it is: a sender that went away is what is tested."""


@contextmanager
def open_mailbox(**settings: Any) -> Iterator[Mailbox]:
    mailbox = Mailbox(**settings)
    with _Server(mailbox) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield mailbox
        finally:
            mailbox.is_over.set()
            server.shutdown()
            thread.join(PATIENCE)
