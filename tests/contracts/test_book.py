"""What every store does with money: postings, balances, checkpoints, once keys, batches, evidence."""

from dataclasses import replace

import pytest

from caseway.engine.errors import CaseConflict
from caseway.engine.evidence import Checkpointed, Evidence, KeptRejection
from caseway.engine.posting import Balance, PostingQuery
from caseway.engine.seal import rejection_seal, sealed
from caseway.engine.settlement import Rejection, batch_postings, rejection_postings
from caseway.engine.verification import Verification
from tests.balance import summed
from tests.contracts.sample import batch, claw_back, message, minutes, moving, opened, opening, payout


@pytest.fixture
def book(store):
    """The book of every kind of store in turn."""
    return store.book()


def amounts(book, **query):
    return [line.amount for line in book.postings(PostingQuery(**query))]


def held(book, **narrowed):
    return {f"{each.owner}/{each.account}/{each.unit}": each.amount for each in book.balances(**narrowed)}


class GivingUpError(Exception):
    """Whoever settles changes his mind."""


# postings


def test_a_claw_back_is_posted_the_other_way_round(store, book):
    opened(store, effects=[payout("OF-1:1:0"), claw_back("OF-1:1:1", 200)])
    lines = list(book.postings())
    assert [(line.kind, line.owner, line.amount) for line in lines] == [
        ("payout", "platform", -225),
        ("payout", "anna", 225),
        ("claw-back", "anna", -200),
        ("claw-back", "platform", 200),
    ]
    assert (lines[2].purpose, lines[2].implements, lines[2].case, lines[2].batch) == (
        "No visit",
        ("OF-03",),
        "OF-1",
        None,
    )


@pytest.mark.parametrize(
    "purpose",
    [{"nl": 'Een "fooi"', "en": "Tip"}, {"": "Tip"}, "{{ case.who }}", '{"en":"Tip"}', '"Tip"', "{", '"'],
)
def test_a_purpose_is_kept_as_its_process_says_it(store, book, purpose):
    opened(store, effects=[replace(payout("OF-1:1:0"), purpose=purpose)])
    found = [line.purpose for line in book.postings()]
    assert found == [purpose, purpose]
    assert [list(each) for each in found] == [list(purpose)] * 2
    assert not list(Verification(book.evidence(), []))


def test_postings_are_narrowed_by_unit_batch_and_time(store, book):
    case = opened(store, effects=[payout("OF-1:1:0", 1), payout("OF-1:1:1", 2, unit="POINTS")])
    store.commit(moving(case, at=20, effects=[payout("OF-1:2:0", 3)]))
    book.add_batch(batch(("anna", 4)))
    assert amounts(book, unit="POINTS") == [-2, 2]
    assert amounts(book, batch="EUR-1") == [-4, 4]
    assert amounts(book, since=minutes(20)) == [-3, 3, -4, 4]
    assert amounts(book, since=minutes(1), until=minutes(30)) == [-3, 3]
    assert amounts(book, until=minutes(20), owner="anna", unit="EUR") == [1]
    assert amounts(book, batch="EUR-9") == []


def test_more_than_a_page_of_postings_come_in_order(store, book):
    opened(store, effects=[payout(f"OF-1:1:{number}", number) for number in range(1, 302)])
    assert amounts(book, owner="anna") == list(range(1, 302))


# balances and checkpoints


def test_balances_are_narrowed_by_owner_account_and_unit(store, book):
    opened(store, effects=[payout("OF-1:1:0", 1), payout("OF-1:1:1", 2, "ben"), payout("OF-1:1:2", 3, unit="POINTS")])
    for _ in range(2):
        assert held(book, owner="anna") == {"anna/payable/EUR": 1, "anna/payable/POINTS": 3}
        assert held(book, account="payable", unit="EUR") == {"anna/payable/EUR": 1, "ben/payable/EUR": 2}
        assert held(book, owner="ben", unit="POINTS") == {}
        book.checkpoint(minutes(5))


def test_balances_are_the_same_before_and_after_a_checkpoint(store, book):
    case = opened(store, effects=[payout("OF-1:1:0", 100), payout("OF-1:1:1", 5, "ben")])
    before = list(book.balances())
    assert book.checkpoint(minutes(5)) == 4
    assert list(book.balances()) == before == summed(book.postings())
    store.commit(moving(case, effects=[payout("OF-1:2:0", 11), claw_back("OF-1:2:1", 5, "ben"), payout("x", 1, "Zoë")]))
    assert list(book.balances()) == summed(book.postings())
    assert book.checkpoint(minutes(6)) == 6
    assert list(book.balances()) == [
        Balance("Zoë", "payable", "EUR", 1),
        Balance("anna", "payable", "EUR", 111),
        Balance("ben", "payable", "EUR", 0),
        Balance("platform", "payouts", "EUR", -112),
    ]


def test_a_checkpoint_is_made_where_enough_was_written_since_the_last_one(store, book):
    assert book.checkpoint(minutes(0)) == 0
    case = opened(store, effects=[payout("OF-1:1:0")])
    assert book.checkpoint(minutes(1), least=3) == 0
    assert book.checkpoint(minutes(2), least=2) == 2
    assert book.checkpoint(minutes(3), least=0) == 0
    store.commit(moving(case, effects=[payout("OF-1:2:0")]))
    assert book.checkpoint(minutes(4), least=-1) == 2


def test_a_checkpoint_takes_in_more_than_is_summed_at_a_time(book):
    book.add_batch(batch(*((f"p{number % 7}", number) for number in range(1, 5_002))))
    before = list(book.balances())
    assert book.checkpoint(minutes(40)) == 10_002
    assert book.checkpoint(minutes(41)) == 0
    assert list(book.balances()) == before
    assert all(each.kept == each.summed for each in book.checkpointed())


def test_a_checkpoint_keeps_what_the_postings_up_to_it_sum_to(store, book):
    assert list(book.checkpointed()) == []
    assert book.stray_mark() is None
    case = opened(store, effects=[payout("OF-1:1:0", 2**53 + 1)])
    book.checkpoint(minutes(5))
    store.commit(moving(case, effects=[payout("OF-1:2:0", 7, "ben")]))
    assert list(book.checkpointed()) == [
        Checkpointed("anna", "payable", "EUR", 2**53 + 1, 2**53 + 1),
        Checkpointed("platform", "payouts", "EUR", -(2**53) - 1, -(2**53) - 1),
    ]


# once keys


def test_a_once_key_is_taken_by_the_effect_that_it_was_first_paid_by(store):
    split = [payout("OF-1:1:0", 1, once="welcome/anna"), payout("OF-1:1:1", 2, "ben", once="welcome/anna")]
    opened(store, effects=[*split, payout("OF-1:1:2", once="other/anna")])
    assert store.taken(["welcome/anna", "welcome/ben"]) == {"welcome/anna": "OF-1:1:0"}
    assert store.taken(["other/anna", "welcome/anna"]) == {"other/anna": "OF-1:1:2", "welcome/anna": "OF-1:1:0"}
    assert store.taken([]) == {}


@pytest.mark.parametrize("key", ["w/Zoë %_' \"", "w/żółć\n", "{a,b}", '["a"]', "w/" + "x" * 498])
def test_a_once_key_may_be_any_text(store, key):
    opened(store, effects=[payout("OF-1:1:0", once=key)])
    assert store.taken([key, key.upper(), f"{key} "]) == {key: "OF-1:1:0"}


def test_a_once_key_that_is_taken_is_a_conflict_and_nothing_is_written(store, book):
    first, second = opened(store, "OF-1"), opened(store, "OF-2")
    store.commit(moving(first, effects=[payout("OF-1:2:0", once="welcome/anna")]))
    with pytest.raises(CaseConflict, match=r"OF-2.*once key"):
        store.commit(moving(second, effects=[payout("OF-2:2:0", once="welcome/anna"), message("OF-2:2:1")]))
    assert store.load("OF-2", "").case == second
    assert amounts(book) == [-225, 225]
    assert store.outgoing(9) == []
    with pytest.raises(CaseConflict, match="OF-3"):
        store.commit(opening("OF-3", effects=[payout("OF-3:1:0", once="welcome/anna")]))
    assert store.taken(["welcome/anna"]) == {"welcome/anna": "OF-1:2:0"}


def test_what_was_committed_while_cases_are_held_has_taken_its_keys(store):
    first, second = opened(store, "OF-1"), opened(store, "OF-2", effects=[payout("OF-2:1:0", once="before")])
    with store.locked([("OF-1", "e2"), ("OF-2", "e2")]) as held_store:
        assert held_store.taken(["welcome/anna", "before"]) == {"before": "OF-2:1:0"}
        held_store.commit(moving(first, effects=[payout("OF-1:2:0", once="welcome/anna")]))
        assert held_store.taken(["welcome/anna"]) == {"welcome/anna": "OF-1:2:0"}
        with pytest.raises(CaseConflict, match="OF-2"):
            held_store.commit(moving(second, effects=[payout("OF-2:2:0", once="welcome/anna")]))
        held_store.commit(moving(second, effects=[payout("OF-2:2:0", once="welcome/ben")]))
        assert [line.amount for line in held_store.book().postings(PostingQuery(case="OF-1"))] == [-225, 225]
    assert store.taken(["welcome/anna", "welcome/ben"]) == {"welcome/anna": "OF-1:2:0", "welcome/ben": "OF-2:2:0"}


def test_keys_of_held_cases_that_are_given_up_are_free_again(store):
    case = opened(store)
    with pytest.raises(GivingUpError), store.locked([("OF-1", "e2")]) as held_store:  # noqa: PT012 - what fails is the end of the block
        held_store.commit(moving(case, effects=[payout("OF-1:2:0", once="welcome/anna")]))
        raise GivingUpError
    assert store.taken(["welcome/anna"]) == {}


def test_a_step_of_several_that_takes_a_taken_key_undoes_them_all(store, book):
    opened(store, "OF-1", effects=[payout("OF-1:1:0", once="welcome/anna")])
    cases = [opened(store, name) for name in ("OF-2", "OF-3")]
    with pytest.raises(CaseConflict), store.locked([(case.id, "e2") for case in cases]) as held_store:  # noqa: PT012 - what fails is the end of the block
        held_store.commit(moving(cases[0], effects=[payout("OF-2:2:0")]))
        held_store.commit(moving(cases[1], effects=[payout("OF-3:2:0", once="welcome/anna")]))
    assert amounts(book) == [-225, 225]
    assert [store.load(case.id, "").case for case in cases] == cases


# batches


def test_a_batch_is_kept_as_it_was_made_with_its_postings(book):
    made = batch(("anna", 225), ("ben", 2**53 + 1))
    book.add_batch(made)
    assert book.batch("EUR-1") == made
    assert book.batch("EUR-2") is None
    assert book.seal("EUR-1") == sealed(made)
    assert book.seal("EUR-2") is None
    assert list(book.postings()) == list(batch_postings(made))


def test_batches_come_newest_first(book):
    made = [batch(("anna", number), id=f"B-{20 - number}", at=5) for number in range(1, 14)]
    for each in made:
        book.add_batch(each)
    assert list(book.batches()) == made[::-1]


def test_an_id_of_a_batch_is_given_once(book):
    book.add_batch(batch(("anna", 1)))
    with pytest.raises(CaseConflict, match="EUR-1"):
        book.add_batch(batch(("ben", 2)))
    assert [line.payee.id for line in book.batch("EUR-1").lines] == ["anna"]
    assert amounts(book) == [-1, 1]


def test_a_line_of_a_batch_is_rejected_once(book):
    made = batch(("anna", 1), ("ben", 2), ("carl", 3))
    book.add_batch(made)
    rejections = [Rejection("EUR-1", number, f"closed: {number}", minutes(50), "dora") for number in (3, 1)]
    for each in rejections:
        book.add_rejection(made, each)
    with pytest.raises(CaseConflict, match="3 of batch EUR-1"):
        book.add_rejection(made, Rejection("EUR-1", 3, "again", minutes(51)))
    assert list(book.rejections("EUR-1")) == rejections[::-1]
    assert list(book.rejections("EUR-2")) == []
    assert held(book) == {
        "anna/payable/EUR": 0,
        "anna/settled/EUR": 0,
        "ben/payable/EUR": -2,
        "ben/settled/EUR": 2,
        "carl/payable/EUR": 0,
        "carl/settled/EUR": 0,
    }


def test_what_is_closed_is_written_together(store, book):
    opened(store, effects=[payout("OF-1:1:0", 7)])
    with book.closing() as closing:
        (open_,) = closing.balances(account="payable")
        made = batch(("anna", open_.amount))
        closing.add_batch(made)
        closing.add_rejection(made, Rejection("EUR-1", 1, "closed", minutes(31)))
        assert closing.batch("EUR-1") == made
        assert held(closing, owner="anna") == {"anna/payable/EUR": 7, "anna/settled/EUR": 0}
        assert list(closing.payees().payees()) == []
    assert book.batch("EUR-1") == made
    assert len(list(book.postings())) == 6


def test_whoever_gives_up_closing_has_written_nothing(book):
    with pytest.raises(GivingUpError), book.closing() as closing:  # noqa: PT012 - what fails is the end of the block
        closing.add_batch(batch(("anna", 1)))
        raise GivingUpError
    assert list(book.batches()) == []
    assert amounts(book) == []
    with book.closing() as closing:
        closing.add_batch(batch(("anna", 1)))
        with pytest.raises(CaseConflict):
            closing.add_batch(batch(("ben", 2)))
        closing.add_batch(batch(("ben", 2), id="EUR-2"))
    assert amounts(book, owner="ben") == [-2, 2]


# evidence


def test_evidence_names_what_paid_and_nothing_else(store, book):
    opened(store, "OF-2", effects=[message("OF-2:1:0")])
    case = opened(store, "OF-1", effects=[payout("OF-1:1:0", once="welcome/anna"), message("OF-1:1:1")])
    store.commit(moving(case, effects=[claw_back(f"OF-1:2:{number}", number + 1) for number in (10, 9)]))
    made = batch(("anna", 3))
    book.add_batch(made)
    book.add_rejection(made, back := Rejection("EUR-1", 1, "closed", minutes(31)))
    lines = sorted(book.postings(PostingQuery(case="OF-1")), key=lambda line: (line.effect, line.line))
    keys = {"welcome/anna": "OF-1:1:0"}
    paid = {("visit", "EUR", "anna", "payable", "platform", "payouts"): 225 - 11 - 10}
    settled = (*rejection_postings(made, back), *batch_postings(made))
    found = list(book.evidence())
    kept_back = KeptRejection(back, rejection_seal(back), 1)
    assert found == [
        Evidence("OF-1", tuple(lines), tuple(lines), keys, keys, paid, paid),
        Evidence("EUR-1", settled, settled, {}, {}, batch=found[1].batch, rejections=(kept_back,)),
    ]
    kept = found[1].batch
    assert (kept.batch, kept.seal) == (made, sealed(made))


def test_evidence_has_nothing_to_say_of_a_case_that_took_everything_back(store, book):
    case = opened(store, "OF-1", effects=[payout("OF-1:1:0")])
    store.commit(moving(case, effects=[claw_back("OF-1:2:0")]))
    (found,) = book.evidence()
    assert (found.kept, found.net, len(found.found)) == ({}, {}, 4)


def test_evidence_is_there_for_more_cases_and_batches_than_are_read_at_a_time(store, book):
    with store.locked([]) as held_store:
        for number in range(405):
            held_store.commit(opening(f"c{number:03}", effects=[payout(f"c{number:03}:1:0")] if number % 2 else []))
    for number in range(11):
        book.add_batch(batch(("anna", 1), id=f"B-{number:02}"))
    found = list(book.evidence())
    assert [each.source for each in found] == [
        *(f"c{number:03}" for number in range(1, 405, 2)),
        *(f"B-{number:02}" for number in range(11)),
    ]
    assert all(each.expected == each.found and len(each.found) == 2 for each in found)


def test_an_empty_book_has_no_evidence(store, book):
    assert list(book.evidence()) == []
    opened(store)
    assert list(book.evidence()) == []
