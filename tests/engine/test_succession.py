"""What a version forgets of the one before it."""

from __future__ import annotations

import pytest

from caseway.engine.compiler import compile_process, forgotten_keys


def version(number, name="p", **once):
    return {"process": name, "version": number, "payouts": {payout: {"once": key} for payout, key in once.items()}}


def forgotten(before, now):
    return [fault.path[1] for fault in forgotten_keys(before, now)]


def test_a_payout_that_was_renamed_forgets_who_was_paid():
    (fault,) = forgotten_keys(version(1, fee="case.a"), version(2, wage="case.a"))
    assert fault.path == ("payouts", "wage", "once")
    assert "p.fee" in fault.message
    assert "scope: p.fee" in fault.hint


@pytest.mark.parametrize(
    "now",
    [
        version(2, fee="case.a"),
        version(2, fee="case.b"),
        version(2, wage={"key": "case.a", "scope": "p.fee"}),
        version(2, fee="case.a", wage="case.a"),
        version(2, wage="case.b"),
        version(2),
        version(2, "q", wage="case.a"),
    ],
)
def test_a_version_that_keeps_its_scopes_or_pays_for_something_else_forgets_nothing(now):
    assert forgotten(version(1, fee="case.a"), now) == []


def test_a_scope_that_is_given_later_or_changed_forgets_the_keys_whatever_these_are():
    assert forgotten(version(1, fee="case.a"), version(2, fee={"key": "case.b", "scope": "fees"})) == ["fee"]
    assert forgotten(version(1, fee={"key": "case.a", "scope": "fees"}), version(2, fee="case.a")) == ["fee"]


def test_of_several_that_are_gone_the_one_of_the_same_name_is_named():
    before = version(1, other="case.a", fee="case.a")
    (fault,) = forgotten_keys(before, version(2, fee={"key": "case.a", "scope": "fees"}))
    assert '"p.fee"' in fault.message


@pytest.mark.parametrize(
    "before",
    [None, [], "p", {"process": "p", "payouts": []}, {"process": "p", "payouts": {"fee": None}}]
    + [{"process": "p", "payouts": {"fee": {"once": once}}} for once in (None, 7, {}, {"key": None})],
)
def test_an_earlier_version_of_any_shape_is_looked_at(before):
    assert forgotten(before, version(2, wage="case.a")) == []


def test_the_scope_of_a_payout_that_named_none_can_be_named():
    def scope(payout, once):
        rule = {"amount": 1, "unit": "EUR", "payee": {"text": "anna"}, "once": once}
        states = {"over": {"type": "final", "entry": [{"pay": payout}]}}
        made = compile_process({"process": "a-job", "version": 1, "payouts": {payout: rule}, "states": states})
        return made.definition.payouts[payout].once.scope

    assert scope("fee", "meta.case") == scope("wage", {"key": "meta.case", "scope": "a-job.fee"}) == "a-job.fee"
