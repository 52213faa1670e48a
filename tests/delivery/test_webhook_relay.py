"""The relay and a receiver that fails, hangs, answers late and dies: nothing is lost, and repetitions can be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from caseway.adapters import wiring
from caseway.adapters.clock import SimulatedClock
from caseway.adapters.webhook_delivery import WebhookDelivery
from caseway.engine.outbox import LONGEST_PAUSE
from caseway.engine.runtime import DELIVERY_ATTEMPTS, Runtime
from tests.delivery.impatience import Impatient
from tests.delivery.receiver import Receiver, receiving

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROCESS = """
process: order
version: 1
roles: {bank: Bank}
data: {type: object, properties: {paid: {type: boolean, default: false}}}
events:
  again: {}
  paid: {by: [bank]}
  close: {}
messages:
  pay: {to: {text: bank}, subject: Please pay, body: "For {{ meta.case }}."}
states:
  open:
    entry: [{message: pay}]
    on:
      again: {actions: [{message: pay}]}
      paid: {actions: [{set: {paid: true}}]}
      close: {target: closed}
  closed: {type: final}
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(params=["sqlite", "memory"])
def run(request: pytest.FixtureRequest, receiver: Receiver, tmp_path: Path) -> Iterator[Runtime]:
    folder = tmp_path / "processes" / "order"
    folder.mkdir(parents=True)
    (folder / "v1.yaml").write_text(PROCESS)
    url = f"sqlite:///{tmp_path / 'cases.db'}" if request.param == "sqlite" else "memory:"
    delivery = Impatient(
        lambda seconds: WebhookDelivery(receiver.url, "s3cret", role="bank", timeout=seconds),
        lambda message: receiver.stalls(message.id),
        receiver.talks,
    )
    opened = wiring.open(url, processes=folder.parent, delivery=delivery, clock=SimulatedClock(NINE))
    with closing(opened):
        yield opened


def start(run: Runtime, *cases: str) -> None:
    for case in cases:
        run.start("order", id=case)


def relay_all(run: Runtime) -> None:
    """Relay, pass after pass, until nothing waits any more."""
    for _ in range(DELIVERY_ATTEMPTS * 3):
        run.relay()
        if not run.backlog().waiting.count:
            return
        run.clock.advance(LONGEST_PAUSE)
    raise AssertionError("there is still something waiting")


def test_every_message_arrives_at_least_once_and_repetitions_carry_the_same_key(run, receiver):
    bad = ["hang", "die", "answer late", "drip", "die in the midst of the answer", (500, {}, b""), (503, {}, b"")]
    for number, deed in enumerate(bad):
        receiver.plans[f"C{number}:1:0"] += [deed, (204, {}, b"")]
    receiver.plans["next"] += ["die before reading"]
    cases = [f"C{number}" for number in range(9)]
    start(run, *cases)
    run.send("C0", "again")
    run.send("C2", "again")

    relay_all(run)

    sent = [*(f"{case}:1:0" for case in cases), "C0:2:0", "C2:2:0"]
    assert set(receiver.came) == set(sent)
    assert (
        receiver.requests >= len(sent) + len(bad) + 1
    )  # more where the machine was too slow to send before its patience ended
    bodies = {each.key: each.body for each in receiver.arrived}
    assert all(bodies[each.key] == each.body for each in receiver.arrived)
    assert all(each.message["id"] == each.key for each in receiver.arrived)
    for case in ("C0", "C2"):
        firsts = list(dict.fromkeys(key for key in receiver.came if key.startswith(case)))
        assert firsts == [f"{case}:1:0", f"{case}:2:0"]
        assert receiver.came.index(f"{case}:2:0") > max(
            at for at, key in enumerate(receiver.came) if key == f"{case}:1:0"
        )
    assert run.set_aside() == []


def test_poison_is_set_aside_at_once_and_sent_again_by_hand(run, receiver):
    receiver.plans["C1:1:0"] += [(422, {}, b"unknown room")]
    start(run, "C1", "C2")
    run.send("C1", "again")

    relay_all(run)

    assert sorted(receiver.came) == ["C1:1:0", "C1:2:0", "C2:1:0"]
    (item,) = run.set_aside()
    assert (item.id, "422" in item.why, "unknown room" in item.why) == ("C1:1:0", True, True)
    run.retry("C1", "C1:1:0")
    assert run.relay().delivered == ("C1:1:0",)
    assert (receiver.came.count("C1:1:0"), run.set_aside()) == (2, [])


def test_what_keeps_failing_is_set_aside_in_the_end_and_sent_again_by_hand(run, receiver):
    receiver.plans["C1:1:0"] += [(500, {}, b"")] * DELIVERY_ATTEMPTS
    start(run, "C1")

    relay_all(run)

    assert receiver.came == ["C1:1:0"] * DELIVERY_ATTEMPTS
    assert [each.id for each in run.set_aside()] == ["C1:1:0"]
    run.retry("C1", "C1:1:0")
    relay_all(run)
    assert run.set_aside() == []


def test_an_answer_moves_the_case_once_however_often_it_comes(run, receiver):
    paid = (200, {}, b'{"event": "paid"}')
    receiver.plans["C1:1:0"] += [paid, paid]
    start(run, "C1")
    noted = type(run.store).delivered
    type(run.store).delivered = lambda *_: None  # killed before it could note the delivery
    try:
        assert run.relay().answers[0].entry.revision == 2
    finally:
        type(run.store).delivered = noted
    assert run.relay().answers[0].entry.revision == 2
    assert run.show("C1").case.revision == 2
    assert run.show("C1").data["paid"] is True
    assert run.backlog().waiting.count == 0
