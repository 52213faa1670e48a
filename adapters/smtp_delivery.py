"""Messages as mail, by a server that speaks SMTP."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from hashlib import sha256
from ipaddress import ip_address
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from caseway.adapters.deadline import Deadline, reader
from caseway.engine.definition import speak
from caseway.engine.delivery import files
from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput, Undeliverable, WorldError

TIMEOUT = 20.0
"""How many seconds a delivery may take: a worker keeps a message to itself for a minute."""
PORTS = {"smtp": 25, "smtps": 465}
_PERMANENT = 500
"""From this code on, a server that refuses something does so for good."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """Where somebody gets mail, and in which languages they read, the best first. No address: nowhere."""

    mail: str | None
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailServer:
    """What an address such as `smtp://mail.example.org:587?from=cases@example.org&lang=pl` says."""

    host: str
    port: int
    is_secure: bool
    sender: str
    language: str = "en"

    @property
    def is_here(self) -> bool:
        """Say whether it is on this machine, where nobody listens in between."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def themselves(to: str) -> Addressee:
    """Take recipients whose id is an address at their word."""
    return Addressee(to if "@" in to else None)


class SmtpDelivery:
    """Sends each message as a mail of its own, in one language: that of the recipient, else the server's.

    What is sent is encrypted: from the start (`smtps`), or as soon as the server answers (`smtp`), which it has to offer unless it
    is on this machine. A repetition has the same Message-ID.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str | None = None,
        password: str | None = None,
        addressee: Callable[[str], Addressee] = themselves,
        timeout: float = TIMEOUT,
        clock: Callable[[], float] = time,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = mail_server(url)
        if (user is None) != (password is None):
            raise InvalidInput("A mail server wants a user and a password, or neither.")
        if not f"{user}{password}".isascii():
            raise InvalidInput("User and password of a mail server are in ASCII: others cannot be told to it.")
        if not 0 < timeout <= TIMEOUT:
            raise InvalidInput(f"The timeout of a mail server is more than 0 and at most {TIMEOUT:g} seconds.")
        self._login = None if user is None or password is None else (user, password)
        self._addressee, self._timeout, self._clock, self._tls = addressee, timeout, clock, tls

    def deliver(self, case: str, message: Message) -> None:
        """Send the message. When this returns, the server has taken it."""
        mail = self._mail(case, message)
        try:
            self._sent(mail)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise self._failure(message, error) from error

    def _mail(self, case: str, message: Message) -> EmailMessage:
        found = self._addressee(message.to)
        if found.mail is None:
            raise Undeliverable(f"Nobody knows an address of {message.to}.", effect=message.id)
        mail = EmailMessage(policy=SMTP)
        try:
            sender, to = address(self._server.sender), address(found.mail)
            mail["From"], mail["To"] = sender, to
        except ValueError as error:
            raise Undeliverable(
                f"{message.to} has an address that no mail can go to: {error}", effect=message.id
            ) from error
        mail["Subject"] = _line(self._said(message.subject, found))
        mail["Date"] = formatdate(self._clock(), usegmt=True)
        mail["Message-ID"] = f"<{sha256(message.id.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}@{sender.domain}>"
        mail["Caseway-Case"], mail["Caseway-Id"] = _line(case), _line(message.id)
        mail["Auto-Submitted"] = "auto-generated"  # so that no out-of-office answers it
        mail.set_content(self._said(message.body, found))
        for file in files(message):
            kind, _, subtype = file.type.partition("/")
            mail.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
        return mail

    def _said(self, text: Any, found: Addressee) -> str:
        wanted = next((each for each in found.languages if each in text), self._server.language)
        return speak(text, wanted).encode("utf-8", "replace").decode()

    def _sent(self, mail: EmailMessage) -> None:
        with _Conversation(self._server, Deadline(self._timeout), self._tls or ssl.create_default_context()) as client:
            client.begin()
            if self._login is not None:
                client.login(*self._login)
            client.send_message(mail)
            with suppress(smtplib.SMTPException, OSError):
                client.putcmd("quit")  # the mail is theirs now, whatever they say to that

    def _failure(self, message: Message, error: Exception) -> WorldError:
        facts = {"effect": message.id, "server": str(self._server)}
        match error:
            case smtplib.SMTPRecipientsRefused():
                code, said = next(iter(error.recipients.values()))
                told, is_lost = (
                    f"{self._server} does not take mail to {message.to} ({_plain(code, said)})",
                    code >= _PERMANENT,
                )
            case smtplib.SMTPDataError():
                told, is_lost = (
                    f"{self._server} refused message {message.id} ({_plain(error.smtp_code, error.smtp_error)})",
                    (error.smtp_code >= _PERMANENT),
                )
            case smtplib.SMTPNotSupportedError():
                told, is_lost = f"{self._server} cannot do what message {message.id} needs ({error})", True
            case smtplib.SMTPResponseException():
                told, is_lost = (
                    f"{self._server} did not take message {message.id} ({_plain(error.smtp_code, error.smtp_error)})",
                    False,
                )
            case _:
                told, is_lost = f"{self._server} did not take message {message.id}: {_reason(error)}", False
        return (Undeliverable if is_lost else WorldError)(f"{told}.", **facts)


def mail_server(url: str) -> MailServer:
    """Read the address of a mail server; raise InvalidInput."""
    try:
        parts = urlsplit(url)
        port = parts.port
        options = {key: values[-1] for key, values in parse_qs(parts.query, strict_parsing=bool(parts.query)).items()}
    except ValueError as error:
        raise InvalidInput(f"{url!r} is not the address of a mail server: {error}.") from error
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("An address with a user or a password in it is not taken: both come from the environment.")
    strange = sorted(options.keys() - {"from", "lang"})
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or strange or "from" not in options:
        raise InvalidInput(
            "A mail server is written smtp://host:587?from=cases@example.org, or smtps://..., with &lang=pl where wanted."
        )
    try:
        sender = address(options["from"])
    except ValueError as error:
        raise InvalidInput(f"{options['from']!r} cannot be whom mail comes from: {error}") from error
    secure = parts.scheme == "smtps"
    return MailServer(parts.hostname, port or PORTS[parts.scheme], secure, sender.addr_spec, options.get("lang", "en"))


def address(text: str) -> Address:
    """Read one address, its domain as the network knows it; raise ValueError."""
    try:
        read = Address(addr_spec=text)
        domain = read.domain.encode("idna").decode()
    except (MessageError, ValueError, IndexError) as error:  # the library's parser fails in all of these ways
        raise ValueError(f"{text!r} is not an address.") from error
    if not read.username or not domain or not text.isprintable():
        raise ValueError(f"{text!r} is not an address.")
    return Address(username=read.username, domain=domain)


class _Conversation(smtplib.SMTP):
    """One conversation with a server, which ends by a deadline however slowly it answers."""

    def __init__(self, server: MailServer, deadline: Deadline, tls: ssl.SSLContext) -> None:
        super().__init__(local_hostname=socket.gethostname() or "localhost", timeout=deadline.left())
        self._server, self._deadline, self._tls = server, deadline, tls
        self._host = server.host  # which certificate to expect

    def begin(self) -> None:
        """Connect, and encrypt what follows. Raises SMTPException, OSError."""
        code, said = self.connect(self._server.host, self._server.port)
        if code != 220:  # noqa: PLR2004  # the code of a welcome
            raise smtplib.SMTPConnectError(code, said)
        self.ehlo_or_helo_if_needed()
        if self._server.is_secure:
            return
        if self.has_extn("starttls"):
            self.starttls(context=self._tls)
        elif not self._server.is_here:
            raise smtplib.SMTPException("it offers no encryption (STARTTLS)")

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = reader(self.sock, self._deadline)
        return super().getreply()

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        if not self._server.is_secure:
            return connection
        return self._tls.wrap_socket(connection, server_hostname=host)

    def __exit__(self, *_: object) -> None:
        self.close()


def _line(text: str) -> str:
    """Return a text as one line: in a header, a line break would begin another one."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _plain(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {_line(text)[:200]}"


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    return (error.strerror if isinstance(error, OSError) else None) or _line(str(error)) or type(error).__name__
