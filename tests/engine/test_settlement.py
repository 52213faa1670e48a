"""What a settlement does: whom it pays, what stands against it, and what the book holds after it."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from caseway.adapters.memory_store import MemoryStore
from caseway.engine.effect import File
from caseway.engine.errors import InvalidInput, Refused, WorldError
from caseway.engine.payee import Payee
from caseway.engine.plan import Plan, Terms, plan
from caseway.engine.posting import Balance
from caseway.engine.settlement import (
    Batch,
    BatchLine,
    Rejection,
    batch_postings,
    is_batch_id,
    rejection_postings,
)
from tests.contracts.sample import minutes
from tests.engine.ledgers import ANNA, BEN, EVERYBODY, NOOR, PLATFORM, earn, earning, ledger

DAY = minutes(60).date()


def held(of, unit="EUR"):
    """What each account but the platform's holds, without those that hold nothing."""
    return {
        f"{each.owner}/{each.account}": each.amount
        for each in of.balances(unit=unit)
        if each.owner != "platform" and each.amount
    }


def refused(do, *args, **more):
    with pytest.raises(Refused) as caught:
        do(*args, **more)
    return caught.value.refusal


# planning, in values


def planned(balances, *, against=lambda *_: None, payees=(), **terms):
    asked = Terms(
        **{"unit": "EUR", "account": "payable", "minimum": 1, "debtor": "platform", "format": "csv", "due": DAY} | terms
    )
    lines = [Balance(owner, asked.account, asked.unit, amount) for owner, amount in sorted(balances.items())]
    return plan(asked, minutes(0), lines, {each.id: each for each in payees}, against)


def paid(made: Plan):
    return {line.payee.id: line.amount for line in made.lines}


def told(made: Plan):
    return [(each.payee, each.problem) for each in made.objections]


def test_a_plan_closes_each_open_balance_exactly_in_order_of_payee():
    made = planned({"ben": 5, "anna": 225, "noor": 10**12})
    assert [(line.number, line.payee.id, line.amount) for line in made.lines] == [
        (1, "anna", 225),
        (2, "ben", 5),
        (3, "noor", 10**12),
    ]
    assert made.total == 10**12 + 230
    assert made.is_possible


def test_a_plan_says_who_is_left_out_and_why():
    made = planned({"anna": 225, "ben": 9, "carl": -3, "dora": 50, "ed": 0}, minimum=10, leave_out=("dora",))
    assert paid(made) == {"anna": 225}
    assert [(each.owner, each.amount, each.why) for each in made.left_out] == [
        ("ben", 9, "below-minimum"),
        ("carl", -3, "negative"),
        ("dora", 50, "left-out"),
    ]


def test_the_debtor_is_never_paid():
    made = planned({"anna": 1, "platform": 500})
    assert paid(made) == {"anna": 1}
    assert [(each.owner, each.amount, each.why) for each in made.left_out] == [("platform", 500, "debtor")]


def test_only_those_who_are_named_are_paid():
    assert paid(planned({"anna": 1, "ben": 2}, only=("ben",))) == {"ben": 2}


def test_whoever_is_named_and_cannot_be_paid_is_an_objection():
    made = planned({"anna": -225, "noor": 0}, only=("anna", "zoe", "platform", "noor"))
    assert told(made) == [
        ("anna", "owes 2.25 EUR, and cannot be paid"),
        ("zoe", "has no EUR in payable to settle"),
        ("platform", "is the debtor, who is not paid"),
        ("noor", "has no EUR in payable to settle"),
    ]
    assert not made.is_possible


def test_whoever_is_named_and_left_out_is_an_objection():
    made = planned({"anna": 1}, only=("anna",), leave_out=("anna",))
    assert told(made) == [("anna", "is named among those who are paid and among those who are left out")]


def test_a_mistyped_name_to_leave_out_is_an_objection():
    made = planned({"anna": 1, "ben": 2}, leave_out=("bne",))
    assert [each.payee for each in made.objections] == ["bne"]


def test_one_who_is_left_out_may_have_nothing_as_long_as_they_are_known():
    assert planned({"anna": 1, "ben": 0}, leave_out=("ben",)).is_possible
    assert planned({"anna": 1}, leave_out=("ben",), payees=[BEN]).is_possible


def test_the_bank_is_asked_about_the_debtor_and_everybody_who_is_paid_and_nobody_else():
    asked = []
    planned(
        {"anna": 225, "ben": -1, "noor": 3},
        payees=EVERYBODY,
        minimum=5,
        against=lambda payee, amount: asked.append((payee, amount)),
    )
    assert asked == [(PLATFORM, None), (ANNA, 225)]


def test_all_objections_are_told_at_once():
    made = planned({"anna": 1, "ben": 2}, against=lambda _, amount: "has no bank details" if amount != 1 else "is odd")
    assert told(made) == [
        ("platform", "is to pay, and has no bank details"),
        ("anna", "is odd"),
        ("ben", "has no bank details"),
    ]


def test_one_without_details_is_known_by_their_id():
    assert planned({"zoe": 5}).lines == (BatchLine(1, Payee("zoe", "zoe"), 5),)


# what a batch posts

BATCH = Batch("B", "EUR", "payable", minutes(0), DAY, PLATFORM, "csv", (BatchLine(1, ANNA, 225), BatchLine(2, BEN, 5)))


def test_a_batch_moves_what_it_pays_from_the_account_to_what_was_paid_out():
    moved = [(each.effect, each.line, each.owner, each.account, each.amount) for each in batch_postings(BATCH)]
    assert moved == [
        ("settlement/B/1", 0, "anna", "payable", -225),
        ("settlement/B/1", 1, "anna", "settled", 225),
        ("settlement/B/2", 0, "ben", "payable", -5),
        ("settlement/B/2", 1, "ben", "settled", 5),
    ]


def test_a_rejection_is_the_mirror_of_its_line():
    undone = list(rejection_postings(BATCH, Rejection("B", 2, "closed", minutes(5))))
    assert [(each.account, each.amount, each.kind) for each in undone] == [
        ("settled", -5, "rejection"),
        ("payable", 5, "rejection"),
    ]
    assert {each.effect for each in undone} == {"rejection/B/2"}


@pytest.mark.parametrize("text", ["a", "EUR-20260302-1", "2026.03", "x" * 28])
def test_these_can_be_the_id_of_a_batch(text):
    assert is_batch_id(text)


@pytest.mark.parametrize("text", ["", "x" * 29, "a b", "a/b", "..", "-a", ".a", "a\n", "é", "a_b"])
def test_these_cannot_be_the_id_of_a_batch(text):
    assert not is_batch_id(text)


# settling


def test_a_settlement_empties_the_accounts():
    of = earning(anna=225, ben=500)
    made = of.settle("EUR", account="payable", by="carl")
    assert paid_by(made) == {"anna": 225, "ben": 500}
    assert held(of) == {"anna/settled": 225, "ben/settled": 500}
    assert (made.at, made.due, made.by, made.format, made.debtor) == (minutes(60), DAY, "carl", "pain.001", PLATFORM)


def paid_by(made: Batch):
    return {line.payee.id: line.amount for line in made.lines}


def test_a_plan_writes_nothing_and_tells_what_settling_does():
    of = earning(anna=225)
    foreseen = of.plan("EUR", account="payable")
    assert (list(of.batches()), held(of)) == ([], {"anna/payable": 225})
    assert of.settle("EUR", account="payable").lines == foreseen.lines


def test_batches_count_through_the_day():
    of = earning(anna=225)
    first = of.settle("EUR", account="payable")
    earn(of.store, {"anna": 5}, case="OF-2")
    second = of.settle("EUR", account="payable")
    assert (first.id, second.id) == ("EUR-20260302-1", "EUR-20260302-2")
    assert [each.id for each in of.batches()] == [second.id, first.id]
    assert of.batch(second.id) == second


def test_settling_the_same_batch_again_returns_it_and_writes_nothing():
    of = earning(anna=225)
    first = of.settle("EUR", account="payable", batch="week-10")
    earn(of.store, {"anna": 5}, case="OF-2")
    again = of.settle("EUR", account="payable", batch="week-10", by="somebody else")
    assert again == first
    assert held(of) == {"anna/settled": 225, "anna/payable": 5}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"unit": "PLN", "format": "csv"}, "unit was EUR, and is PLN; format was pain.001, and is csv"),
        ({"account": "bonus"}, "account was payable, and is bonus"),
        ({"debtor": "bank"}, "debtor was platform, and is bank"),
        ({"format": "csv"}, "format was pain.001, and is csv"),
        ({"minimum": 500}, "minimum was 0.01 EUR, and is 5.00 EUR"),
        ({"due": date(2026, 3, 9)}, "due was the day of the settlement, and is 2026-03-09"),
        ({"only": ["ben"]}, "only was everybody, and is ben"),
        ({"leave_out": ["ben"]}, "except was nobody, and is ben"),
    ],
)
def test_the_id_of_a_batch_cannot_stand_for_another_one(other, told):
    of = earning(anna=225)
    of.settle("EUR", account="payable", batch="week-10")
    found = refused(of.settle, **{"unit": "EUR", "account": "payable", "batch": "week-10"} | other)
    assert found.code == "batch-id-reused"
    assert found.message == (
        f"There is a batch week-10 already, settled on other terms: {told}. Repeat it on the same terms, or choose another id."
    )


def test_nothing_to_settle_says_who_owes_and_how_the_last_file_is_had_again():
    of = earning(anna=225)
    of.settle("EUR", account="payable")
    earn(of.store, {"anna": 3, "ben": -500}, case="OF-2")
    found = refused(of.settle, "EUR", account="payable", minimum=5)
    assert found.code == "nothing-to-settle"
    assert found.message == (
        "There is nothing to settle: nobody has 0.05 EUR or more in payable. ben owes 5.00 EUR. "
        "The last batch in EUR is EUR-20260302-1, of 2026-03-02; `caseway ledger batch EUR-20260302-1 --output DIR` writes its file again."
    )
    assert [each["payee"] for each in found.facts["left_out"]] == ["anna", "ben"]


def test_a_settlement_tells_all_that_stands_against_it_and_does_nothing():
    of = earning(anna=225, zoe=5, ben=7)
    of.keep_payees([Payee("ben", "Ben"), Payee("anna", "安")])
    of.remove_payee("platform")
    found = refused(of.settle, "EUR", account="payable", only=["zoe", "ben", "noor", "anna"])
    assert found.code == "cannot-settle"
    assert found.facts["objections"] == [
        {"payee": "platform", "problem": "is to pay, and has no bank details"},
        {"payee": "noor", "problem": "has no EUR in payable to settle"},
        {"payee": "anna", "problem": "has no IBAN"},
        {"payee": "ben", "problem": "has no IBAN"},
        {"payee": "zoe", "problem": "has no bank details"},
    ]
    assert all(each["payee"] in found.message for each in found.facts["objections"])
    assert (list(of.batches()), held(of)) == ([], {"anna/payable": 225, "ben/payable": 7, "zoe/payable": 5})


def test_whoever_cannot_be_paid_can_be_left_out():
    of = earning(anna=225, zoe=5)
    assert paid_by(of.settle("EUR", account="payable", leave_out=["zoe"])) == {"anna": 225}


def test_points_are_settled_in_a_table_without_bank_details():
    of = earning()
    earn(of.store, {"zoe": 12}, case="OF-2", unit="POINTS")
    of.keep_payees([Payee("shop", "The Shop")])
    made = of.settle("POINTS", account="payable", debtor="shop")
    assert made.format == "csv"
    assert (
        of.file(made).content
        == b"batch,number,payee,name,account,amount,unit\nPOINTS-20260302-1,1,zoe,zoe,,12,POINTS\n"
    )


def test_a_bank_is_not_asked_for_a_unit_that_it_does_not_take():
    found = refused(earning().settle, "PLN", format="pain.001")
    assert found.code == "foreign-unit"
    assert found.message == "The format pain.001 takes EUR, and no PLN; possible for PLN: csv."


def test_the_file_of_a_batch_is_the_same_each_time():
    of = earning(anna=225)
    made = of.settle("EUR", account="payable")
    assert of.file(made) == of.file(of.batch(made.id))


def test_a_batch_keeps_the_bank_details_as_they_were():
    of = earning(anna=225)
    made = of.settle("EUR", account="payable")
    of.keep_payees([replace(ANNA, name="Anna Nowak")])
    assert of.batch(made.id).lines[0].payee == ANNA


class Speechless:
    """A bank whose orders cannot be made on this machine."""

    format = "csv"
    units = None

    def objection(self, *_):
        return None

    def fault(self, _):
        return None

    def file(self, _) -> File:
        raise WorldError("It needs something.")


def test_nothing_is_settled_where_the_file_of_the_bank_cannot_be_made():
    of = replace(earning(anna=225), banks=(Speechless(),))
    with pytest.raises(WorldError, match="It needs something"):
        of.settle("EUR", account="payable")
    assert (list(of.batches()), held(of)) == ([], {"anna/payable": 225})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"account": "settled"}, "holds what has been paid out"),
        ({"minimum": 0}, "1 minor unit or more, and not 0"),
        ({"due": DAY - timedelta(days=1)}, "cannot execute anything on 2026-03-01"),
        ({"batch": "a b"}, "cannot be the id of a batch"),
        ({"by": ""}, '"by" is 1 to 200'),
        ({"format": "mt101"}, "possible: pain.001, csv"),
        ({"now": minutes(61)}, "in the future"),
    ],
)
def test_what_makes_no_sense_is_told_apart_from_what_is_refused(wrong, said):
    with pytest.raises(InvalidInput, match=said):
        earning(anna=225).settle("EUR", **{"account": "payable"} | wrong)


def test_the_bank_may_be_told_a_later_day():
    assert earning(anna=225).settle("EUR", account="payable", due=date(2026, 3, 9)).due == date(2026, 3, 9)


# what the bank sends back


def test_a_rejection_opens_the_balance_again_and_the_next_settlement_pays_it():
    of = earning(anna=225, ben=5)
    made = of.settle("EUR", account="payable")
    back = of.reject(made.id, "anna", "account closed", by="carl")
    assert back == Rejection(made.id, 1, "account closed", minutes(60), "carl")
    assert held(of) == {"anna/payable": 225, "ben/settled": 5}
    assert of.rejections(made.id) == [back]
    assert paid_by(of.settle("EUR", account="payable")) == {"anna": 225}


def test_a_line_is_sent_back_once():
    of = earning(anna=225)
    made = of.settle("EUR", account="payable")
    first = of.reject(made.id, "anna", "account closed")
    assert of.reject(made.id, "anna", "account closed", by="somebody else") == first
    found = refused(of.reject, made.id, "anna", "wrong name")
    assert (found.code, found.facts["reason"]) == ("already-rejected", "account closed")
    assert held(of) == {"anna/payable": 225}


def test_a_name_of_two_lines_sends_neither_back():
    of = earning(**{"B": 225, "B-1": 500})
    of.keep_payees([Payee("B", "Bea"), Payee("B-1", "Bob")])
    of.settle("EUR", account="payable", batch="B", format="csv")
    found = refused(of.reject, "B", "B-1", "closed")
    assert (found.code, found.facts["lines"]) == ("ambiguous-line", [1, 2])
    assert not of.rejections("B")
    assert (of.reject("B", "B", "closed").number, of.reject("B", "B-2", "closed").number) == (1, 2)


def test_who_asks_for_the_day_that_a_batch_got_anyway_asks_for_the_same():
    of = earning(anna=225)
    made = of.settle("EUR", account="payable", batch="B")
    again = of.settle("EUR", account="payable", batch="B", due=made.due)
    assert (again, made.is_new, again.is_new) == (made, True, False)


def test_only_what_was_paid_can_be_sent_back():
    of = earning(anna=225)
    assert refused(of.reject, "B", "anna", "closed").code == "unknown-batch"
    made = of.settle("EUR", account="payable")
    found = refused(of.reject, made.id, "noor", "closed")
    assert (found.code, found.message) == (
        "unknown-payee",
        f"Batch {made.id} pays nothing to noor, and has no transfer of that name; it pays anna, by the transfer {made.id}-1.",
    )
    with pytest.raises(InvalidInput, match='"reason" is 1 to 200'):
        of.reject(made.id, "anna", " ")


def test_nothing_comes_back_before_it_went_out():
    of = earning(anna=225)
    made = of.settle("EUR", account="payable")
    with pytest.raises(InvalidInput, match="nothing of it came back"):
        of.reject(made.id, "anna", "closed", now=minutes(59))
    assert held(of) == {"anna/settled": 225}


def test_an_unknown_batch_says_which_is_the_last_one():
    of = earning(anna=225)
    assert refused(of.batch, "B").message == "There is no batch B; nothing has been settled yet."
    of.settle("EUR", account="payable")
    assert refused(of.rejections, "B").message == "There is no batch B; the last one is EUR-20260302-1."


# bank details


def test_bank_details_are_kept_in_their_form_and_all_or_none():
    of = ledger(MemoryStore())
    kept = of.keep_payees([Payee("ben", " Ben  de Boer ", "be68 5390 0754 7034", "gkcc be bb"), NOOR])
    assert kept[0] == BEN
    assert list(of.payees()) == [BEN, NOOR]
    with pytest.raises(InvalidInput) as caught:
        of.keep_payees([ANNA, replace(BEN, iban="BE68539007547035"), Payee("x", "", bic="7")])
    assert len(caught.value.facts["faults"]) == 2
    assert list(of.payees()) == [BEN, NOOR]
    assert list(of.payees(["noor", "zoe"])) == [NOOR]
    assert (of.remove_payee("ben"), of.remove_payee("ben")) == (True, False)


@pytest.mark.parametrize("iban", ["NL02ABNA041716430012", "NL5312340417164300", "US64SVBKUS6S3300958879", "TR33"])
def test_an_iban_that_no_country_has_is_not_kept(iban):
    of = ledger(MemoryStore())
    with pytest.raises(InvalidInput, match="IBAN"):
        of.keep_payees([ANNA, replace(BEN, iban=iban)])
    assert not list(of.payees())


def test_an_account_that_sepa_does_not_reach_is_kept_and_objected_to_by_that_bank_alone():
    of = earning(ben=5)
    of.keep_payees([replace(BEN, iban="TR330006100519786457841326")])
    (objection,) = of.plan("EUR").objections
    assert "of a country that SEPA does not reach" in objection.problem
    assert of.settle("EUR", format="csv").total == 5


@pytest.mark.parametrize("account", ["cash", "settled"])
def test_what_changed_hands_already_is_never_settled(account):
    for do in (earning(anna=225).settle, earning(anna=225).plan):
        with pytest.raises(InvalidInput, match=f'The account "{account}" holds what'):
            do("EUR", account=account)


def test_only_the_platform_pays_without_being_known():
    of = earning(anna=225)
    found = refused(of.settle, "EUR", debtor="ghost", format="csv")
    assert found.facts["objections"] == [
        {"payee": "ghost", "problem": "is to pay, and nobody of this id is kept; `caseway payee set` keeps them"}
    ]
    of.remove_payee("platform")
    assert of.settle("EUR", format="csv").debtor.id == "platform"


def test_bank_accounts_that_several_have_are_told_and_stand_against_nothing():
    of = earning(anna=225, ben=5, noor=1)
    of.keep_payees([replace(BEN, iban=PLATFORM.iban, bic=None), replace(NOOR, iban=ANNA.iban)])
    foreseen = of.plan("EUR")
    assert foreseen.shared_accounts == {PLATFORM.iban: ["platform", "ben"], ANNA.iban: ["anna", "noor"]}
    assert foreseen.is_possible


def test_a_plan_refuses_what_settling_refuses():
    of = earning(anna=225)
    for wrong in ({"batch": "bad id"}, {"by": "\n"}, {"due": date(1999, 1, 1)}):
        for do in (of.plan, of.settle):
            with pytest.raises(InvalidInput):
                do("EUR", **wrong)


def test_names_that_are_one_text_are_not_taken_letter_by_letter():
    with pytest.raises(InvalidInput, match=r"in a list: \['anna'\]"):
        earning(anna=225).settle("EUR", account="payable", leave_out="anna")
