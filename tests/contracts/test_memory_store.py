"""What is true of the store in memory alone."""

from threading import Barrier, Thread

import pytest

from caseway.adapters.memory_store import MemoryStore
from caseway.engine.errors import CaseConflict, InvalidInput
from tests.contracts.sample import PATIENCE, keep_definition, moving, opened


def test_only_an_sql_store_joins_a_connection():
    with pytest.raises(InvalidInput, match="only an SQL store"):
        MemoryStore().join(object())


def test_a_store_in_memory_can_be_one_to_rehearse_in():
    assert MemoryStore(rehearsal=True).rehearsal()


def test_of_threads_that_move_the_same_case_at_once_exactly_one_wins():
    store = MemoryStore()
    keep_definition(store)
    case = opened(store)
    start, outcomes = Barrier(4, timeout=PATIENCE), []

    def move(event: str) -> None:
        start.wait()
        try:
            store.commit(moving(case, event))
            outcomes.append("moved")
        except CaseConflict:
            outcomes.append("conflict")

    threads = [Thread(target=move, args=(f"e{count}",)) for count in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "conflict", "conflict", "moved"]
