"""Messages as HTTP requests, to a server that fails in every way that servers do."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest

from caseway.adapters.webhook_delivery import ANSWER, WebhookDelivery
from caseway.engine.actor import Actor
from caseway.engine.effect import Message
from caseway.engine.errors import InvalidInput, Undeliverable, WorldError
from caseway.engine.ports import Answer, Delivery
from tests.delivery.impatience import Impatient
from tests.delivery.receiver import Receiver, nobody, receiving

HELLO = Message("OF-1:2:0", "hello", "bank", {"nl": "Dag", "pl": "Cześć"}, {"nl": "Er wacht een klant."})


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def to(receiver: Receiver, **more) -> Delivery:
    def sender(seconds: float) -> WebhookDelivery:
        return WebhookDelivery(receiver.url, "s3cret", **{"timeout": seconds, "clock": lambda: 1_800_000_000.9, **more})

    return Impatient(sender, lambda message: receiver.stalls(message.id), receiver.talks)


def failure(receiver: Receiver, *plan, **more) -> WorldError:
    receiver.plans["all"] += plan
    with pytest.raises(WorldError) as caught:
        to(receiver, **more).deliver("OF-1", HELLO)
    return caught.value


def test_a_message_is_posted_as_json_with_its_id_as_the_key(receiver):
    assert to(receiver).deliver("OF-1", HELLO) is None
    (arrival,) = receiver.arrived
    assert arrival.target == "/caseway?room=1"
    assert arrival.key == "OF-1:2:0"
    assert arrival.headers["content-type"] == "application/json"
    assert arrival.message == {
        "case": "OF-1",
        "id": "OF-1:2:0",
        "message": "hello",
        "to": "bank",
        "subject": {"nl": "Dag", "pl": "Cześć"},
        "body": {"nl": "Er wacht een klant."},
    }
    assert "Cześć" in arrival.body.decode()


def test_the_signature_covers_when_and_what(receiver):
    to(receiver).deliver("OF-1", HELLO)
    (arrival,) = receiver.arrived
    expected = hmac.new(b"s3cret", b"1800000000." + arrival.body, sha256).hexdigest()
    assert arrival.headers["caseway-signature"] == f"t=1800000000,v1={expected}"


def test_a_key_of_other_letters_is_written_in_ascii(receiver):
    to(receiver).deliver("Żółw 1", Message("Żółw 1:1:0", "hello", "anna", {}, {}))
    assert receiver.came == ["%C5%BB%C3%B3%C5%82w%201:1:0"]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_answer_of_class_2xx_is_a_delivery(receiver, status):
    receiver.plans["all"] += [(status, {}, b"")]
    assert to(receiver).deliver("OF-1", HELLO) is None


@pytest.mark.parametrize("status", [300, 302, 308, 408, 425, 429, 500, 502, 503, 504])
def test_what_may_be_otherwise_next_time_is_tried_again(receiver, status):
    error = failure(receiver, (status, {"Location": receiver.url}, b"not now"))
    assert not isinstance(error, Undeliverable)
    assert f"answered {status} to message OF-1:2:0: not now" in error.message
    assert len(receiver.arrived) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_what_is_refused_for_good_is_not_tried_again(receiver, status):
    assert isinstance(failure(receiver, (status, {}, b'{"wrong": "to"}')), Undeliverable)


@pytest.mark.parametrize(
    ("given", "told"), [("120", 120), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("-1", None), ("9" * 30, None)]
)
def test_a_receiver_may_say_after_how_many_seconds_to_come_again(receiver, given, told):
    assert failure(receiver, (503, {"Retry-After": given}, b"")).facts.get("retry_after") == told


@pytest.mark.parametrize("deed", ["hang", "answer late", "drip", "die", "die in the midst of the answer", "babble"])
def test_a_receiver_that_does_not_answer_well_is_a_failure_within_the_time_set(receiver, deed):
    error = failure(receiver, deed)
    assert error.facts["effect"] == "OF-1:2:0"
    assert not isinstance(error, Undeliverable)


def test_a_receiver_that_dies_before_it_has_read_is_a_failure(receiver):
    receiver.plans["next"] += ["die before reading"]
    failure(receiver)
    assert receiver.arrived == []


def test_nobody_there_is_a_failure():
    with nobody() as port, pytest.raises(WorldError, match="refused"):
        WebhookDelivery(f"http://127.0.0.1:{port}/x", "s3cret").deliver("OF-1", HELLO)


def test_what_a_receiver_said_is_told_in_short_and_without_the_query(receiver):
    error = failure(receiver, (500, {}, b"a\nb\x1b[31m" + b"x" * 5000))
    assert "a b" in error.message
    assert len(error.message) < 400
    assert "room=1" not in error.message


# answers


def answer(receiver: Receiver, body: bytes, **more) -> Answer | None:
    receiver.plans["all"] += [(200, {}, body)]
    return to(receiver, **more).deliver("OF-1", HELLO)


def test_an_answer_may_be_an_event(receiver):
    found = answer(receiver, b'{"event": "paid", "data": {"on": "2026-03-02"}, "more": 1}', role="payer")
    assert found == Answer("paid", {"on": "2026-03-02"}, Actor("bank", frozenset({"payer"})))


def test_an_event_without_data_and_without_a_role_is_one_too(receiver):
    assert answer(receiver, b'{"event": "paid"}') == Answer("paid", {}, Actor("bank"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"[1]",
        b'"event"',
        b"{",
        b"\xff",
        b'{"ok": true}',
        b"[" * 50_000,
        b'{"event": "' + b"x" * ANSWER + b'"}',
    ],
    ids=lambda body: body[:12],
)
def test_what_is_no_json_with_an_event_is_no_answer(receiver, body):
    assert answer(receiver, body) is None


@pytest.mark.parametrize("said", [{"event": 3}, {"event": ""}, {"event": "x" * 300}, {"event": "paid", "data": []}])
def test_an_event_that_cannot_be_one_is_set_aside_for_a_person_to_see(receiver, said):
    with pytest.raises(Undeliverable, match="no event"):
        answer(receiver, json.dumps(said).encode())


# addresses and secrets


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://user:pw@bank.example/x", "user or a password"),
        ("http://bank.example/x", "use https"),
        ("http://169.254.169.254/", "use https"),
        ("ftp://bank.example/x", "not the address of a webhook"),
        ("https:///x", "not the address of a webhook"),
        ("https://bank.example:99999/", "not an address"),
        ("https://bank.example/a b", "space or a control"),
        ("https://bank.example/\u017c", "in ASCII"),
        ("https://[::1", "not an address"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_before_anything_is_sent(url, told):
    with pytest.raises(InvalidInput, match=told):
        WebhookDelivery(url, "s")


@pytest.mark.parametrize(
    "url", ["http://localhost:1/x", "http://127.0.0.1/", "http://[::1]:8/x", "https://bank.example"]
)
def test_https_goes_anywhere_and_http_only_to_this_machine(url):
    WebhookDelivery(url, "s")


@pytest.mark.parametrize("more", [{"secret": ""}, {"timeout": 0}, {"timeout": 60}, {"timeout": float("nan")}])
def test_without_a_secret_or_a_timeout_there_is_no_webhook(more):
    with pytest.raises(InvalidInput):
        WebhookDelivery(**{"url": "https://bank.example/", "secret": "s", **more})
