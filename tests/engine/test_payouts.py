"""What paying and taking back do in a step: effects, what the case has paid, once keys, faults, and who sees what of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from caseway.engine.actor import Actor
from caseway.engine.case import Case, Paid, mark_of
from caseway.engine.case_record import case_from_record, case_record
from caseway.engine.compiler import compile_process
from caseway.engine.definition import Definition
from caseway.engine.effect import AlreadyPaid, ClawBack, Payout, Share, Unpaid
from caseway.engine.effect_record import effect_from_record, effect_record
from caseway.engine.erasure import Erasure
from caseway.engine.event import START, Event
from caseway.engine.flaw import MOST
from caseway.engine.journal import entry, replay
from caseway.engine.once import LONGEST
from caseway.engine.outcome import Refusal, Step, Unread
from caseway.engine.posting import once_keys, postings
from caseway.engine.redaction import kept
from caseway.engine.step import step
from caseway.engine.view import case_view, entry_view, view_record
from caseway.engine.visibility import WITHHELD
from caseway.schemas.validator import faults
from tests.balance import summed
from tests.engine.paid import known_to

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CLERK = Actor("clara", frozenset({"clerk"}))
ANNA = Actor("anna", frozenset({"friend"}))
STRANGER = Actor("zed", frozenset({"friend"}))
ANSWERS = [{"author": "anna", "votes": 4}, {"author": "bartek", "votes": 2}, {"author": "jan", "votes": 1}]
HIDDEN = {"x-visible-to": ["clerk"]}
DOCUMENT: dict[str, Any] = {
    "process": "question",
    "version": 1,
    "sources": {"Q-1": "Answers are paid.", "Q-2": "Lies are not.", "Q-3": "Nor is spam."},
    "roles": {"friend": "Friend", "clerk": "Clerk"},
    "data": {
        "type": "object",
        "properties": {
            "author": {"type": "string", "default": "noor"},
            "payer": {"type": "string", "default": "platform"},
            "amount": {"type": "integer", "default": 225},
            "percent": {"type": "integer", "default": 50},
            "answers": {
                "type": "array",
                "default": ANSWERS,
                "items": {
                    "type": "object",
                    "required": ["author", "votes"],
                    "properties": {"author": {"type": "string"}, "votes": {"type": "integer", **HIDDEN}},
                },
            },
            "secret": {"type": "string", "default": "sesame", **HIDDEN},
        },
    },
    "events": {
        name: {}
        for name in (
            *("pay", "share", "both", "back", "back_shared", "half", "hide", "twice", "tell", "quit", "race"),
            *("pay_many", "unless_open", "back_unless_open", "back_of_nobody"),
        )
    }
    | {
        "back_of_some": {
            "data": {
                "type": "object",
                "properties": {"names": {"type": "array", "default": [], "items": {"type": "string"}}},
            }
        }
    }
    | {
        "be": {
            "data": {
                "type": "object",
                "properties": {
                    "author": {"type": "string"},
                    "payer": {"type": "string"},
                    "amount": {"type": "integer"},
                },
            }
        }
    },
    "payouts": {
        "fee": {
            "amount": "case.amount",
            "unit": "EUR",
            "payee": "case.author",
            "payer": "case.payer",
            "once": "case.author",
            "purpose": "Answered",
            "implements": ["Q-1"],
        },
        "tip": {"amount": "case.amount", "unit": "EUR", "payee": "case.author", "payer": "case.payer"},
        "shared": {
            "amount": "case.amount",
            "unit": "EUR",
            "split": {"among": "case.answers", "as": "answer", "payee": "answer.author", "weight": "answer.votes"},
        },
        "many": {"amount": 7, "unit": "EUR", "payee": "case.author", "when": "case.amount > 0"},
        "secret": {"amount": 7, "unit": "EUR", "payee": "case.author", "once": "case.secret"},
        "rest": {"amount": "case.amount - meta.paid.shared", "unit": "EUR", "payee": "case.author"},
    },
    "states": {
        "here": {
            "on": {
                "pay": {"actions": [{"pay": "tip"}]},
                "share": {"actions": [{"pay": "shared"}]},
                "both": {"actions": [{"pay": "fee"}, {"pay": "secret"}]},
                "twice": {"actions": [{"pay": "secret"}, {"pay": "secret"}]},
                "tell": {"actions": [{"pay": "rest"}]},
                "back": {"actions": [{"claw_back": "fee", "implements": ["Q-2"]}, {"claw_back": "tip"}]},
                "back_shared": {"actions": [{"claw_back": "shared"}]},
                "half": {
                    "actions": [
                        {
                            "claw_back": {"payout": "shared", "percent": "case.percent", "purpose": "Spam"},
                            "implements": ["Q-3"],
                        }
                    ]
                },
                "pay_many": {"actions": [{"pay": "many"}]},
                "unless_open": {"actions": [{"pay": "tip", "when": "case.secret != 'open'"}]},
                "back_unless_open": {"actions": [{"claw_back": "tip", "when": "case.secret != 'open'"}]},
                "back_of_nobody": {
                    "actions": [{"claw_back": {"payout": "tip", "payee": "size(case.answers) == 0 ? '' : 'anna'"}}]
                },
                "back_of_some": {
                    "actions": [
                        {"claw_back": {"payout": "shared", "percent": "case.percent", "payee": "event.data.names"}}
                    ]
                },
                "hide": {"actions": [{"set": {"secret": {"text": "open"}}}]},
                "be": {
                    "actions": [
                        {"set": {"author": "event.data.author"}, "when": "has(event.data.author)"},
                        {"set": {"payer": "event.data.payer"}, "when": "has(event.data.payer)"},
                        {"set": {"amount": "event.data.amount"}, "when": "has(event.data.amount)"},
                    ]
                },
                "quit": {"target": "over"},
                "race": {"actions": [{"pay": "fee"}, {"set": {"amount": -1}}, {"pay": "tip"}]},
            }
        },
        "over": {"type": "final"},
    },
}


def made(document: dict[str, Any]) -> Definition:
    compiled = compile_process(document, faults(document, "process"))
    assert compiled.definition is not None, compiled.faults
    return compiled.definition


QUESTION = made(DOCUMENT)


def opened(definition: Definition = QUESTION, **data: Any) -> Case:
    return happened(Case("Q-1", "question", 1, definition.hash), START, definition=definition, **data).after


def happened(
    case: Case,
    event: str,
    keys: dict[str, str | None] | None = None,
    definition: Definition = QUESTION,
    **data: Any,
) -> Step:
    outcome = step(definition, case, Event(event, data, f"{event}-{case.revision}"), NOON, paid=keys)
    assert isinstance(outcome, Step), outcome
    return outcome


def refused(case: Case, event: str) -> Refusal:
    outcome = step(QUESTION, case, Event(event, {}, "1"), NOON)
    assert isinstance(outcome, Refusal)
    return outcome


# paying


def test_each_share_of_a_split_is_a_payout_of_its_own_that_says_what_part_it_is():
    done = happened(opened(), "share")
    assert [(each.payee, each.amount, each.share) for each in done.effects] == [
        ("anna", 129, Share(4, 7, 225)),
        ("bartek", 64, Share(2, 7, 225)),
        ("jan", 32, Share(1, 7, 225)),
    ]
    assert [each.id for each in done.effects] == ["Q-1:2:0", "Q-1:2:1", "Q-1:2:2"]


@pytest.mark.parametrize(
    ("data", "event", "payout", "reason", "of"),
    [
        ({"amount": 0}, "pay", "tip", "zero", "payout"),
        ({"answers": []}, "share", "shared", "nobody", "payout"),
        ({"answers": [{"author": "anna", "votes": 0}]}, "share", "shared", "no-weight", "payout"),
        ({"secret": "open"}, "unless_open", "tip", "condition", "payout"),
        ({"amount": 0}, "pay_many", "many", "condition", "payout"),
        ({}, "half", "shared", "nothing-left", "claw-back"),
        ({}, "back_of_some", "shared", "nobody", "claw-back"),
        ({"secret": "open"}, "back_unless_open", "tip", "condition", "claw-back"),
    ],
)
def test_where_nothing_moves_the_journal_says_why_and_the_book_nothing(data, event, payout, reason, of):
    done = happened(opened(**data), event)
    assert done.effects == (Unpaid("Q-1:2:0", payout, reason, of),)
    assert list(postings(done)) == []
    assert done.after.paid == ()
    assert [effect_from_record(effect_record(each)) for each in done.effects] == list(done.effects)


def test_a_claw_back_that_rounds_to_nothing_says_so():
    case = happened(opened(amount=1, percent=49), "share").after
    assert happened(case, "half").effects == (Unpaid("Q-1:3:0", "shared", "zero", "claw-back"),)


def test_a_split_among_a_thousand_is_exact():
    answers = [{"author": f"a{number}", "votes": number % 7} for number in range(1000)]
    done = happened(opened(answers=answers, amount=99_999), "share")
    assert sum(each.amount for each in done.effects) == 99_999 == sum(each.amount for each in done.after.paid)


# what a case has paid


def test_what_goes_the_same_way_is_kept_as_one():
    case = happened(happened(opened(), "pay").after, "pay").after
    assert case.paid == (Paid("tip", 450, "EUR", "noor", "payable", "platform", "payouts"),)


def test_what_goes_another_way_is_kept_apart():
    case = happened(opened(), "pay").after
    case = happened(happened(case, "be", payer="jan").after, "pay").after
    case = happened(happened(case, "be", author="ewa").after, "pay").after
    assert [(each.payee, each.payer, each.amount) for each in case.paid] == [
        ("noor", "platform", 225),
        ("noor", "jan", 225),
        ("ewa", "jan", 225),
    ]
    back = happened(case, "back")
    assert [(each.payee, each.payer, each.amount) for each in back.effects if isinstance(each, ClawBack)] == [
        ("noor", "platform", 225),
        ("noor", "jan", 225),
        ("ewa", "jan", 225),
    ]
    assert back.after.paid == ()


def test_what_was_paid_survives_its_way_through_the_journal():
    steps = [happened(Case("Q-1", "question", 1, QUESTION.hash), START)]
    for event in ("share", "pay", "half", "both", "back"):
        steps.append(happened(steps[-1].after, event))
    last = steps[-1].after
    assert replay([entry(each) for each in steps]) == last
    assert case_from_record(case_record(last)) == last
    for each in (effect for done in steps for effect in done.effects):
        assert effect_from_record(effect_record(each)) == each


def test_what_was_paid_by_a_payout_that_is_no_more_is_not_asked_for():
    case = replace(opened(), paid=(Paid("old", 5, "EUR", "noor", "payable", "platform", "payouts"),))
    done = happened(case, "tell")
    assert [each.amount for each in done.effects] == [225]
    assert done.after.paid[0] == case.paid[0]


# taking back


def test_a_claw_back_of_everything_mirrors_what_was_paid():
    paid = happened(opened(), "share")
    back = happened(paid.after, "back_shared")
    assert [(each.payee, each.amount) for each in back.effects] == [("anna", 129), ("bartek", 64), ("jan", 32)]
    assert back.after.paid == ()
    assert {each.amount for each in summed([*postings(paid), *postings(back)])} == {0}


def test_a_part_is_shared_by_what_each_still_has():
    case = happened(opened(), "share").after
    for _ in range(9):
        before = {each.payee: each.amount for each in case.paid}
        back = happened(case, "half")
        taken = {each.payee: each.amount for each in back.effects if isinstance(each, ClawBack)}
        assert sum(taken.values()) == (sum(before.values()) + 1) // 2
        assert all(taken[payee] <= before[payee] for payee in taken)
        case = back.after
    assert happened(case, "half").effects == (
        Unpaid(f"Q-1:{case.revision + 1}:0", "shared", "nothing-left", "claw-back"),
    )


def test_a_claw_back_says_how_much_of_what_it_is():
    case = happened(opened(), "share").after
    half = [each for each in happened(case, "half").effects if isinstance(each, ClawBack)]
    assert [(each.payee, each.share, each.percent) for each in half] == [
        ("anna", Share(129, 225, 113), 50),
        ("bartek", Share(64, 225, 113), 50),
        ("jan", Share(32, 225, 113), 50),
    ]


def test_what_is_taken_of_one_leaves_the_others_theirs():
    case = happened(opened(), "share").after
    done = happened(case, "back_of_some", names=["bartek"])
    (back,) = done.effects
    assert isinstance(back, ClawBack)
    assert (back.payee, back.amount, back.share, back.percent) == ("bartek", 32, Share(64, 64, 32), 50)
    assert [(each.payee, each.amount) for each in done.after.paid] == [("anna", 129), ("bartek", 32), ("jan", 32)]


def test_what_is_taken_of_several_is_shared_by_what_they_have():
    case = happened(opened(), "share").after
    done = happened(case, "back_of_some", names=["jan", "anna", "jan", "ewa"])
    taken = [(each.payee, each.amount, each.share) for each in done.effects if isinstance(each, ClawBack)]
    assert taken == [("anna", 65, Share(129, 161, 81)), ("jan", 16, Share(32, 161, 81))]


def test_nothing_is_taken_of_whom_nothing_was_paid():
    case = happened(opened(), "share").after
    done = happened(case, "back_of_some", names=["ewa"])
    assert done.effects == (Unpaid("Q-1:3:0", "shared", "nothing-left", "claw-back"),)
    assert done.after.paid == case.paid


def test_a_claw_back_says_why_and_by_which_rule():
    case = happened(happened(opened(), "share").after, "both").after
    back = happened(case, "back").effects[0]
    assert isinstance(back, ClawBack)
    assert (back.purpose, back.implements) == ("Answered", ("Q-2",))
    half = happened(case, "half").effects[0]
    assert isinstance(half, ClawBack)
    assert (half.purpose, half.implements) == ("Spam", ("Q-3",))


# once


def test_a_step_that_must_know_of_keys_asks_for_all_of_them_at_once():
    with pytest.raises(Unread) as asked:
        happened(opened(), "both", {})
    assert asked.value.keys == ("question.fee/noor", "question.secret/sesame")


def test_a_step_that_takes_no_key_asks_for_none():
    assert happened(opened(), "share", {}).effects
    assert happened(opened(amount=0), "tell", {}).effects == (Unpaid("Q-1:2:0", "rest", "zero"),)


def test_a_key_is_asked_for_once_in_a_step():
    with pytest.raises(Unread) as asked:
        happened(opened(), "twice", {})
    assert asked.value.keys == ("question.secret/sesame",)


def test_what_is_refused_for_free_keys_is_asked_about_first():
    with pytest.raises(Unread):
        step(QUESTION, opened(), Event("race", {}, "1"), NOON, paid={})
    outcome = step(QUESTION, opened(), Event("race", {}, "1"), NOON, paid={"question.fee/noor": None})
    assert isinstance(outcome, Refusal)


def test_a_taken_key_lets_the_event_go_on_without_the_payment():
    done = happened(opened(), "both", {"question.fee/noor": "Q-9:3:0", "question.secret/sesame": None})
    assert done.effects[0] == AlreadyPaid("Q-1:2:0", "fee", "question.fee/noor", "Q-9:3:0")
    assert [each.payout for each in done.after.paid] == ["secret"]
    assert once_keys(done) == {"question.secret/sesame": "Q-1:2:1"}


def test_the_second_time_in_one_step_names_the_first():
    first, second = happened(opened(), "twice").effects
    assert isinstance(second, AlreadyPaid)
    assert second.by == first.id


@pytest.mark.parametrize(
    "keys", [{"question.fee/noor": "Q-9:3:0", "question.secret/sesame": None}, {"question.fee/noor": None, "question.secret/sesame": "Q-1:1:1"}]
)  # fmt: skip
@pytest.mark.parametrize("event", ["both", "twice"])
def test_a_step_that_knows_what_its_effects_tell_comes_out_the_same(keys, event):
    done = happened(opened(), event, keys)
    assert happened(opened(), event, known_to(done.effects)) == done


def test_a_key_is_the_same_in_whatever_form_its_letters_are_written():
    taken = "question.secret/caf\u00e9"
    assert happened(opened(secret="cafe\u0301"), "twice", {taken: None}).effects[0].once == taken
    done = happened(opened(secret="cafe\u0301"), "twice", {taken: "Q-9:3:0"})
    assert [each.by for each in done.effects] == ["Q-9:3:0", "Q-9:3:0"]


# what cannot be


@pytest.mark.parametrize(
    ("data", "event", "place", "problem"),
    [
        ({"amount": -1}, "pay", "payouts.tip.amount", "a payout of -1 is less than nothing"),
        ({"amount": MOST + 1}, "pay", "payouts.tip.amount", "more than 1,000,000,000,000 minor units"),
        ({"author": ""}, "pay", "payouts.tip.payee", "an empty text names nobody"),
        ({"payer": ""}, "pay", "payouts.tip.payer", "an empty text names nobody"),
        # Nobody could be told apart from them, or say where their money goes.
        ({"author": "noor "}, "pay", "payouts.tip.payee", "nobody's id"),
        ({"author": "no\nor"}, "pay", "payouts.tip.payee", "nobody's id"),
        ({"author": "\u202enoor"}, "pay", "payouts.tip.payee", "nobody's id"),
        ({"author": "x" * 201}, "pay", "payouts.tip.payee", "nobody's id"),
        ({"answers": [{"author": "", "votes": 1}]}, "share", "payouts.shared.split.payee", "names nobody"),
        ({"answers": [{"author": "a", "votes": -1}]}, "share", "payouts.shared.split.weight", "a weight of -1"),
        ({"answers": [{"author": "a", "votes": MOST + 1}]}, "share", "payouts.shared.split.weight", "all weights"),
        ({"secret": ""}, "both", "payouts.secret.once", "an empty text is no key"),
        # Others have the same in the place of theirs: they would get each other's money.
        ({"author": mark_of("they asked")}, "pay", "payouts.tip.payee", "whose name was redacted"),
        ({"payer": mark_of("they asked")}, "pay", "payouts.tip.payer", "whose name was redacted"),
        ({"secret": f"k:{mark_of('they asked')}"}, "both", "payouts.secret.once", "what was redacted is no key"),
        ({"secret": "x" * (LONGEST + 1)}, "both", "payouts.secret.once", "a key of 501 characters is too long"),
        ({"percent": 101}, "half", "states.here.on.half.actions.0.claw_back.percent", "101 percent cannot be"),
        ({"answers": []}, "back_of_nobody", "states.here.on.back_of_nobody.actions.0.claw_back.payee", "names nobody"),
        ({"percent": -1}, "half", "states.here.on.half.actions.0.claw_back.percent", "-1 percent cannot be"),
    ],
)
def test_a_payment_that_cannot_be_is_a_fault_of_the_process_that_names_the_place(data, event, place, problem):
    refusal = refused(opened(**data), event)
    assert refusal.code == "faulty-expression"
    assert refusal.facts["place"] == place
    assert problem in refusal.facts["problem"]


def test_who_weighs_nothing_need_not_be_anybody():
    answers = [{"author": "", "votes": 0}, {"author": "anna", "votes": 1}]
    assert [each.amount for each in happened(opened(answers=answers), "share").effects] == [225]


def test_a_case_pays_no_more_by_one_payout_than_sums_stay_exact_with():
    case = happened(opened(amount=MOST), "pay").after
    assert "one case would pay more than" in refused(case, "pay").facts["problem"]
    case = happened(case, "back").after
    assert happened(case, "pay").effects


# who sees what


def test_shares_tell_their_weight_to_whoever_sees_what_it_is_made_of():
    done = happened(opened(), "share")
    seen = entry_view(QUESTION, entry(done), done.after, CLERK)
    assert seen.effects == done.effects


def test_a_party_of_a_split_is_told_what_they_get_and_not_how_it_was_weighed():
    done = happened(opened(), "share")
    seen = entry_view(QUESTION, entry(done), done.after, ANNA)
    (own,) = seen.effects
    assert isinstance(own, Payout)
    assert (own.payee, own.amount, own.share) == ("anna", 129, None)
    shared = {"effects.payout.shared", "effects.payout.shared.share", "paid.shared"}
    assert set(seen.withheld) == shared | {"paid.rest"}  # of which nothing was paid, but that is hidden as well
    assert [each["payee"] for each in seen.change["paid"]] == ["anna"]


def test_a_hidden_key_is_told_to_no_party():
    done = happened(opened(), "both", {"question.fee/noor": None, "question.secret/sesame": None})
    noor = Actor("noor", frozenset({"friend"}))
    seen = entry_view(QUESTION, entry(done), done.after, noor)
    payout = next(each for each in seen.effects if isinstance(each, Payout) and each.payout == "secret")
    assert payout.once == WITHHELD
    assert "effects.payout.secret.once" in seen.withheld


def test_that_a_hidden_key_was_taken_is_withheld():
    done = happened(opened(), "both", {"question.fee/noor": "Q-9:3:0", "question.secret/sesame": "Q-9:3:1"})
    seen = entry_view(QUESTION, entry(done), done.after, STRANGER)
    assert [each.payout for each in seen.effects if isinstance(each, AlreadyPaid)] == ["fee"]
    assert seen.withheld == ()  # they see that nothing was paid, and no more than that


def test_what_is_taken_back_is_told_to_whom_what_was_paid_is():
    case = happened(opened(), "share").after
    done = happened(case, "back_shared")
    assert [each.payee for each in entry_view(QUESTION, entry(done), done.after, ANNA).effects] == ["anna"]
    stranger = entry_view(QUESTION, entry(done), done.after, STRANGER)
    assert stranger.effects == ()
    assert "effects.claw_back.shared" in stranger.withheld


def test_of_how_much_it_was_taken_back_a_party_is_not_told():
    done = happened(happened(opened(), "share").after, "half")
    seen = entry_view(QUESTION, entry(done), done.after, ANNA)
    (own,) = seen.effects
    assert isinstance(own, ClawBack)
    assert (own.payee, own.amount, own.share, own.percent) == ("anna", 65, None, None)
    assert "effects.claw_back.shared.share" in seen.withheld
    assert entry_view(QUESTION, entry(done), done.after, CLERK).effects == done.effects


@pytest.mark.parametrize(
    ("data", "event", "withheld"),
    [
        # The same is said of a payment that is withheld: nobody is to tell one from the other.
        ({"answers": []}, "share", ("effects.payout.shared",)),
        ({}, "half", ("effects.claw_back.shared",)),
        # Whoever would see the payment sees that there is none; nobody tells them that there might have been one.
        ({"secret": "open"}, "unless_open", ()),
    ],
)
def test_why_nothing_moved_is_told_to_whoever_sees_what_that_comes_of(data, event, withheld):
    done = happened(opened(**data), event)
    assert entry_view(QUESTION, entry(done), done.after, CLERK).effects == done.effects
    stranger = entry_view(QUESTION, entry(done), done.after, STRANGER)
    assert (stranger.effects, stranger.withheld) == ((), withheld)


@pytest.mark.parametrize(
    ("actor", "payees"), [(None, ["anna", "bartek", "jan"]), (CLERK, ["anna", "bartek", "jan"]), (ANNA, ["anna"]), (STRANGER, [])]
)  # fmt: skip
def test_a_case_shows_what_it_has_paid_as_the_actor_may_see_it(actor, payees):
    case = happened(opened(), "share").after
    view = case_view(QUESTION, case, actor, "en", NOON)
    record = view_record(view)
    assert [each["payee"] for each in record["paid"]] == payees
    assert all(each.keys() == {"payout", "payee", "unit", "amount"} for each in record["paid"])
    assert ("paid.shared" in view.withheld) is (len(payees) < 3)
    unpaid = case_view(QUESTION, opened(), actor, "en", NOON)
    assert unpaid.withheld == view.withheld


def test_what_is_reckoned_from_what_was_paid_is_made_of_what_that_is_made_of():
    assert {each.path for each in QUESTION.made_of["payout", "rest", "amount"]} == {"answer.votes"}


def test_a_key_that_holds_a_redacted_text_is_told_to_stay():
    done = happened(opened(), "both")
    erasure = Erasure(QUESTION, "gone", texts=frozenset({"sesame"}))
    assert kept([entry(done)], done.after, [erasure]) == ("the once key of revision 2",)
