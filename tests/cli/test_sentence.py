from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from caseway.cli.sentence import consequences, distance, effect_text, instant, move, who
from caseway.engine.actor import Actor
from caseway.engine.effect import AlreadyPaid, CancelTimer, ClawBack, Message, Payout, SetTimer, Share, Unpaid
from caseway.engine.event import Event
from caseway.engine.outcome import Entry, Refusal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PAYOUT = Payout("C:1:0", "fee", 225, "EUR", "anna", "payable", "platform", "payouts", "")
BACK = ClawBack("C:2:0", "fee", 112, "EUR", "anna", "payable", "platform", "payouts", "Too late")
ENTRY = Entry("C", 2, "repair", 1, "hash", Event("take"), NOON, ("waiting",), ("taken",), {})


def test_an_instant_is_in_utc_to_the_second():
    assert instant(NOON + timedelta(microseconds=5)) == "2026-03-02 12:00:00Z"


@pytest.mark.parametrize(
    ("off", "text"),
    [
        (timedelta(hours=3, minutes=20, seconds=5), "in 3h 20min"),
        (timedelta(days=-2), "2d ago"),
        (timedelta(days=1, minutes=5), "in 1d"),
        (timedelta(milliseconds=300), "now"),
    ],
)
def test_a_distance_has_its_two_largest_units(off, text):
    assert distance(NOON + off, NOON) == text


@pytest.mark.parametrize(
    ("effect", "text"),
    [
        (PAYOUT, "paid 2.25 EUR to anna"),
        (replace(PAYOUT, amount=129, share=Share(4, 7, 225)), "paid 1.29 EUR to anna (4 of 7 parts of 2.25 EUR)"),
        (BACK, "took back 1.12 EUR from anna: Too late"),
        (
            replace(BACK, share=Share(225, 225, 112), percent=50),
            "took back 1.12 EUR from anna (50 % of 2.25 EUR): Too late",
        ),
        (
            replace(BACK, amount=56, share=Share(113, 225, 112), percent=50),
            "took back 0.56 EUR from anna (113 of 225 parts of 1.12 EUR, 50 % of 2.25 EUR): Too late",
        ),
        (Unpaid("C:2:0", "fee", "condition"), "paid nothing for fee: the condition does not hold"),
        (Unpaid("C:2:0", "fee", "no-weight"), "paid nothing for fee: nobody has any weight"),
        (Unpaid("C:2:0", "fee", "nothing-left", "claw-back"), "took back nothing of fee: nothing of it is left"),
        (replace(BACK, payer="jan", account="cash"), "took back 1.12 EUR from anna (cash) for jan: Too late"),
        (
            AlreadyPaid("C:2:0", "welcome_reward", "question.welcome_reward/noor", "case:2:3"),
            "paid nothing for welcome_reward: paid already for noor by case:2:3",
        ),
        (
            replace(PAYOUT, payer="jan", account="cash", purpose="Kettle", unit="POINTS"),
            "paid 225 POINTS from jan to anna (cash): Kettle",
        ),
        (SetTimer("C:1:1", "waiting.after.remind", NOON), "timer waiting.after.remind due 2026-03-02 12:00:00Z"),
        (CancelTimer("C:1:2", "waiting.after.remind", "C:1:1"), "timer waiting.after.remind cancelled"),
        (Message("C:1:3", "reminder", "office", {}, {}), "message reminder to office"),
    ],
)
def test_effects_are_told_in_words(effect, text):
    assert effect_text(effect) == text


def test_what_acts_on_a_terminal_is_written_as_an_escape():
    assert effect_text(replace(PAYOUT, payee="an\x1b[31mna\n")) == r"paid 2.25 EUR to an\x1b[31mna\n"
    assert who(Actor("an\x07na", frozenset({"clerk"}))) == r"clerk:an\x07na"


def test_a_move_names_where_from_and_where_to():
    assert move(ENTRY) == "waiting → taken"
    assert move(replace(ENTRY, target=("waiting",))) == "stays in waiting"
    assert move(replace(ENTRY, source=(), target=("a", "b"))) == "opened in a, b"


def test_a_timer_that_fired_late_says_when_it_was_due():
    late = replace(ENTRY, event=Event("remind", due=NOON - timedelta(hours=1), fired_at=NOON))

    assert consequences(late) == ["due 2026-03-02 11:00:00Z, fired 2026-03-02 12:00:00Z"]
    assert consequences(replace(late, event=Event("remind", due=NOON, fired_at=NOON))) == []


def test_a_timer_that_fired_in_vain_says_why():
    vain = replace(ENTRY, refusal=Refusal("guarded", "It was too late."))

    assert consequences(vain) == ["fired in vain: It was too late."]
