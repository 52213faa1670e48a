"""What every store does with the index of open work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from caseway.engine.case import Case, Load, Work
from caseway.engine.errors import CaseConflict
from caseway.engine.outcome import Step
from caseway.engine.ports import Store
from caseway.engine.worklist import NEVER, WorkQuery, index
from tests.contracts.sample import minutes, moving, opened, opening, timer

FRIEND = Work("offered", "friend", opened_at=minutes(0))
ANNAS = Work("busy", None, offered=False, holder="anna", opened_at=minutes(0))


def cases_of(store: Store, person: str, *roles: str, process: str | None = None) -> list[str]:
    return [found.row.case for found in store.worklist(WorkQuery(person, frozenset(roles), process))]


def held(store: Store, person: str = "anna") -> int:
    return store.count("orange", person).held


def taking(store: Store, case: Case, *, at: float = 1) -> Step:
    """The step in which anna claims the work of a case, on the strength of what she has now."""
    step = moving(case, at=at, work=(replace(ANNAS, state="offered"),))
    return replace(step, load=store.count("orange", "anna"))


def test_work_for_candidates_is_found_by_each_of_them_and_that_of_a_role_by_whoever_holds_it(store):
    opened(store, "OF-1", work=(replace(FRIEND, candidates=("anna", "ben"), passed=("ben",)),))
    opened(store, "OF-2", at=1, work=(FRIEND,))
    opened(store, "OF-3", at=2, work=(replace(FRIEND, role="clerk"),))
    assert cases_of(store, "anna", "friend") == ["OF-1", "OF-2"]
    assert cases_of(store, "ben", "friend", "clerk") == ["OF-2", "OF-3"]
    assert cases_of(store, "anna") == ["OF-1"]
    assert cases_of(store, "carl") == []


def test_each_row_comes_with_its_case_and_says_what_the_case_says(store):
    case = opened(store, work=(FRIEND, replace(ANNAS, item="a/1")), timers=[timer("OF-1:1:0", 60)])
    found = list(store.worklist(WorkQuery("anna", frozenset({"friend"}))))
    assert [each.row for each in found] == sorted(index(case), key=lambda row: row.order)
    assert [each.case for each in found] == [case, case]
    assert {each.row.due for each in found} == {minutes(60)}


def test_what_is_due_first_comes_first_and_what_is_never_due_last(store):
    opened(store, "OF-1", work=(FRIEND,))
    opened(store, "OF-2", work=(FRIEND,), timers=[timer("OF-2:1:0", 60)])
    opened(store, "OF-3", work=(replace(FRIEND, candidates=("anna",)),), timers=[timer("OF-3:1:0", 30)])
    opened(store, "OF-4", work=(replace(FRIEND, opened_at=minutes(-5)),))
    found = list(store.worklist(WorkQuery("anna", frozenset({"friend"}))))
    assert [each.row.case for each in found] == ["OF-3", "OF-2", "OF-4", "OF-1"]
    assert found[-1].row.due == NEVER


def test_worklists_can_be_of_one_process(store):
    opened(store, work=(FRIEND,))
    assert cases_of(store, "anna", "friend", process="orange") == ["OF-1"]
    assert cases_of(store, "anna", "friend", process="apple") == []


def test_the_rows_of_a_case_follow_its_steps(store):
    case = opened(store, work=(replace(FRIEND, candidates=("anna", "ben")),))
    case = committed(store, moving(case, "e2", work=(replace(case.work[0], passed=("anna",)),)))
    assert (cases_of(store, "anna", "friend"), cases_of(store, "ben", "friend")) == ([], ["OF-1"])
    case = committed(store, moving(case, "e3", work=(replace(case.work[0], offered=False, holder="ben"),)))
    (mine,) = store.worklist(WorkQuery("ben"))
    assert (mine.row.kind, mine.case) == ("mine", case)
    case = committed(store, moving(case, "e4", timers=(timer("OF-1:4:0", 45),)))
    (mine,) = store.worklist(WorkQuery("ben"))
    assert mine.row.due == minutes(45)
    closed = committed(store, moving(case, "e5", closed=True))
    assert cases_of(store, "ben", "friend") == []
    committed(store, moving(closed, "e6", closed=False))
    assert cases_of(store, "ben", "friend") == ["OF-1"]


def test_several_steps_that_are_held_together_leave_the_rows_of_the_last(store):
    case = opened(store, work=(replace(FRIEND, candidates=("anna", "ben")),))
    with store.locked([("OF-1", name) for name in ("e2", "e3", "e4")]) as holding:
        case = committed(holding, moving(case, "e2", work=(replace(case.work[0], passed=("anna",)),)))
        case = committed(holding, moving(case, "e3", work=(replace(case.work[0], offered=False, holder="ben"),)))
        assert holding.count("orange", "ben").held == 1
        case = committed(holding, moving(case, "e4", work=(replace(case.work[0], offered=True, holder=None),)))
        case = committed(holding, moving(case, "e5", timers=(timer("OF-1:5:0", 45),)))
    (found,) = store.worklist(WorkQuery("ben"))
    assert (found.row, found.case) == (index(case)[0], case)
    assert held(store, "ben") == 0


def test_a_step_that_is_not_written_leaves_the_rows_as_they_were(store):
    case = opened(store, work=(FRIEND,))
    committed(store, moving(case, "e2"))
    with pytest.raises(CaseConflict):
        store.commit(moving(case, "e3", work=()))
    assert cases_of(store, "anna", "friend") == ["OF-1"]


def test_claimed_work_is_counted_by_person_and_process(store):
    opened(store, "OF-1", work=(ANNAS, replace(ANNAS, item="2")))
    opened(store, "OF-2", work=(ANNAS, FRIEND))
    opened(store, "OF-3", work=(replace(ANNAS, holder="ben"),))
    opened(store, "OF-4", work=(ANNAS,), closed=True)
    assert store.count("orange", "anna") == Load("orange", "anna", 3, 0)
    assert (held(store, "ben"), held(store, "carl"), store.count("apple", "anna").held) == (1, 0, 0)


def test_of_two_claims_on_the_strength_of_one_count_only_the_first_is_written(store):
    first, second = (opened(store, name, work=(FRIEND,)) for name in ("OF-1", "OF-2"))
    steps = [taking(store, first), taking(store, second)]
    store.commit(steps[0])
    assert store.count("orange", "anna") == Load("orange", "anna", 1, 1)
    with pytest.raises(CaseConflict):
        store.commit(steps[1])
    assert (store.load("OF-2", "").case, held(store)) == (second, 1)
    store.commit(taking(store, second))
    assert store.count("orange", "anna") == Load("orange", "anna", 2, 2)


def test_a_claim_of_a_case_that_was_moved_is_not_written_whatever_was_counted(store):
    case = opened(store, work=(FRIEND,))
    committed(store, moving(case, "e9"))
    with pytest.raises(CaseConflict):
        store.commit(taking(store, case))
    assert held(store) == 0


def test_claims_that_are_held_together_are_counted_one_after_another(store):
    cases = [opened(store, f"OF-{number}", work=(FRIEND,)) for number in range(3)]
    with store.locked([(case.id, "e2") for case in cases]) as holding:
        for number, case in enumerate(cases):
            assert holding.count("orange", "anna").held == number
            holding.commit(taking(holding, case))
    assert store.count("orange", "anna") == Load("orange", "anna", 3, 3)


@pytest.mark.thorough
def test_long_worklists_are_read_to_their_end(store):
    # Many rows of one case cost less than many cases.
    store.commit(opening(work=tuple(replace(FRIEND, item=f"{number:03}") for number in range(450))))
    found = [each.row.item for each in store.worklist(WorkQuery("anna", frozenset({"friend"})))]
    assert found == [f"{number:03}" for number in range(450)]


def committed(store: Store, step: Step) -> Case:
    store.commit(step)
    return step.after
