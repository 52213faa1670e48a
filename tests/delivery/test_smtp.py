"""Messages as mail, to a server that fails in the ways that mail servers do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from caseway.adapters.smtp_delivery import Addressee, SmtpDelivery, address
from caseway.engine.effect import Attachment, File, Message
from caseway.engine.errors import InvalidInput, Undeliverable, WorldError
from caseway.engine.outbox import LONGEST_PAUSE
from caseway.engine.runtime import DELIVERY_ATTEMPTS
from tests.delivery.impatience import Impatient
from tests.delivery.mailbox import Mailbox, open_mailbox, trusting
from tests.delivery.receiver import nobody
from tests.engine.test_relay import opened, runtime

ANNA = "anna@example.org"
HELLO = Message(
    "OF-1:2:0", "hello", ANNA, {"nl": "Dag", "pl": "Cześć"}, {"nl": "Er wacht een klant.", "pl": "Żółw czeka."}
)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with open_mailbox() as made:
        yield made


def to(box: Mailbox, query: str = "", scheme: str = "smtp", **more) -> Impatient:
    def sender(seconds: float) -> SmtpDelivery:
        return at(box.port, query, scheme, timeout=seconds, **more)

    return Impatient(sender, lambda _: box.stalls, box.talks)


def at(port: int, query: str = "", scheme: str = "smtp", **more) -> SmtpDelivery:
    url = f"{scheme}://127.0.0.1:{port}?from=cases@example.org{query}"
    return SmtpDelivery(url, **{"tls": trusting(), "clock": lambda: 1_800_000_000, **more})


def failure(box: Mailbox, **more) -> WorldError:
    with pytest.raises(WorldError) as caught:
        to(box, **more).deliver("OF-1", HELLO)
    return caught.value


def test_a_message_is_a_mail(box):
    to(box, "&lang=pl").deliver("OF-1", HELLO)
    (mail,) = box.taken
    assert (mail["From"], mail["To"], mail["Subject"]) == ("cases@example.org", ANNA, "Cześć")
    assert mail.get_content().strip() == "Żółw czeka."
    assert mail["Caseway-Id"] == "OF-1:2:0"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] == "Fri, 15 Jan 2027 08:00:00 +0000"
    assert box.said[1].startswith("mail FROM:<cases@example.org>")
    assert box.said[2] == f"rcpt TO:<{ANNA}>"


def test_a_repetition_has_the_same_message_id_and_another_message_another(box):
    delivery = to(box)
    for message in (HELLO, HELLO, Message("OF-1:2:1", "hello", ANNA, {"": "x"}, {"": "y"})):
        delivery.deliver("OF-1", message)
    one, again, other = (mail["Message-ID"] for mail in box.taken)
    assert one == again != other
    assert one.endswith("@example.org>")


def test_people_get_mail_at_their_address_in_the_first_language_of_theirs_that_there_is(box):
    people = {"anna": Addressee(ANNA, ("fr", "pl", "nl")), "ben": Addressee("ben@example.org")}
    delivery = to(box, addressee=lambda to: people[to])
    for person in people:
        delivery.deliver("OF-1", Message("a:1:0", "hello", person, HELLO.subject, HELLO.body))
    assert [(mail["To"], mail["Subject"]) for mail in box.taken] == [(ANNA, "Cześć"), ("ben@example.org", "Dag")]


@pytest.mark.parametrize(
    "who", ["anna", "", "a b@example.org", "@", "a@", "x@y\r\nBcc: z@example.org", "a@example.org, b@example.org"]
)
def test_without_an_address_a_message_is_set_aside_at_once(box, who):
    with pytest.raises(Undeliverable):
        at(box.port).deliver("OF-1", Message("a:1:0", "hello", who, {"": "x"}, {"": "y"}))
    assert box.said == []


def test_a_line_break_in_a_subject_begins_no_header(box):
    to(box).deliver(
        "OF-1", Message("a:1:0", "hello", ANNA, {"": "One\r\nBcc: eve@example.org\x00"}, {"": "a\r\n.\r\nb"})
    )
    (mail,) = box.taken
    assert (mail["Subject"], mail["Bcc"]) == ("One Bcc: eve@example.org", None)
    assert mail.get_content().splitlines() == ["a", ".", "b"]
    assert [each for each in box.said if each.startswith("rcpt")] == [f"rcpt TO:<{ANNA}>"]


def test_files_are_attached(box):
    bill = File("bill.pdf", "application/pdf", b"%PDF")
    attached = (Attachment("bill", "hash", ("pdf",), {}, None, (bill,)),)
    to(box).deliver("OF-1", Message("a:1:0", "hello", ANNA, {"": "x"}, {"": "y"}, attached))
    (mail,) = box.taken
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content_type(), file.get_content()) == (
        "bill.pdf",
        "application/pdf",
        b"%PDF",
    )


def test_a_domain_is_written_as_the_network_knows_it():
    assert address("anna@żółw.example").domain == "xn--w-uga1v8h.example"


# encryption and login


def test_mail_is_encrypted_where_the_server_offers_it_and_the_login_with_it():
    with open_mailbox(offers=("STARTTLS", "AUTH PLAIN"), login=("caseway", "open sesame")) as box:
        to(box, user="caseway", password="open sesame").deliver("OF-1", HELLO)
    assert box.was_encrypted == [True]
    assert box.said.index("STARTTLS") < next(at for at, each in enumerate(box.said) if each.startswith("AUTH"))


def test_mail_is_encrypted_from_the_start_by_smtps():
    with open_mailbox(offers=("smtps",)) as box:
        to(box, scheme="smtps").deliver("OF-1", HELLO)
    assert box.was_encrypted == [True]


def test_a_certificate_that_nobody_vouches_for_gets_no_mail():
    with open_mailbox(offers=("STARTTLS",)) as box:
        assert "certificate" in failure(box, tls=None).message
    assert box.taken == []


def test_another_machine_that_offers_no_encryption_gets_no_mail(box, monkeypatch):
    monkeypatch.setattr("caseway.adapters.smtp_delivery.MailServer.is_here", False)
    assert "STARTTLS" in failure(box).message
    assert box.taken == []


def test_a_wrong_password_is_not_the_messages_fault():
    with open_mailbox(offers=("STARTTLS", "AUTH PLAIN"), login=("caseway", "right")) as box:
        error = failure(box, user="caseway", password="wrong")
    assert not isinstance(error, Undeliverable)
    assert "535" in error.message
    assert "wrong" not in error.message


# failing


@pytest.mark.parametrize("deed", ["die", "hang", "drip", "421 come back later", "999", "what?"])
@pytest.mark.parametrize("at", ["connect", "EHLO", "MAIL", "RCPT", "DATA", "end of data"])
def test_a_server_that_fails_for_now_is_asked_again(box, at, deed):
    box.plans[at] += [deed, deed]
    if at == "EHLO":
        box.plans["HELO"] += [deed]
    error = failure(box)
    assert isinstance(error, Undeliverable) == (deed == "999" and at in {"RCPT", "end of data", "DATA"})
    assert error.facts == {"effect": "OF-1:2:0", "server": f"127.0.0.1:{box.port}"}


@pytest.mark.parametrize("at", ["RCPT", "end of data"])
def test_what_a_server_refuses_for_good_is_set_aside_at_once(box, at):
    box.plans[at] += ["550 no such room"]
    error = failure(box)
    assert isinstance(error, Undeliverable)
    assert "550 no such room" in error.message


def test_nobody_there_is_a_failure():
    with nobody() as port, pytest.raises(WorldError, match="refused"):
        at(port).deliver("OF-1", HELLO)


def test_a_server_that_falls_silent_after_the_mail_has_taken_it(box):
    box.plans["QUIT"] += ["hang"]
    to(box).deliver("OF-1", HELLO)
    assert len(box.taken) == 1


def test_every_mail_arrives_at_least_once_and_repetitions_have_the_same_message_id(box):
    box.plans["end of data"] += ["hang", "die", "451 later"]  # taken, and not said so
    box.plans["RCPT"] += ["550 no such room"]
    run = opened(runtime(to(box)), "C0", "C1", "C2", "C3", "C4", to=[ANNA])
    for _ in range(DELIVERY_ATTEMPTS):
        run.relay()
        run.clock.advance(LONGEST_PAUSE)
    assert [each.id for each in run.set_aside()] == ["C0:1:0"]
    assert run.backlog().waiting.count == 0
    ids = [mail["Caseway-Id"] for mail in box.taken]
    assert (len(ids), set(ids)) == (7, {f"C{number}:1:0" for number in range(1, 5)})
    assert len({(mail["Caseway-Id"], mail["Message-ID"]) for mail in box.taken}) == 4
    run.retry("C0", "C0:1:0")
    assert run.relay().delivered == ("C0:1:0",)


# settings


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://user:secret@mail.example.org?from=a@example.org", "environment"),
        ("smtp://mail.example.org", "is written"),
        ("smtp://mail.example.org?from=nobody", "not an address"),
        ("smtp://mail.example.org?from=a@example.org&password=x", "is written"),
        ("smtp://mail.example.org/x?from=a@example.org", "is written"),
        ("smtp://?from=a@example.org", "is written"),
        ("imap://mail.example.org?from=a@example.org", "is written"),
        ("smtp://mail.example.org:99999?from=a@example.org", "not the address of a mail server"),
        ("smtp://mail.example.org?from", "not the address of a mail server"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(url, told):
    with pytest.raises(InvalidInput, match=told) as caught:
        SmtpDelivery(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "more", [{"user": "a"}, {"password": "b"}, {"user": "a", "password": "ż"}, {"timeout": 0}, {"timeout": 99}]
)
def test_half_a_login_or_no_time_is_refused(more):
    with pytest.raises(InvalidInput):
        SmtpDelivery("smtp://mail.example.org?from=a@example.org", **more)
