"""What is done to the book while a call fails: everybody in it is one subject's alone, and so is what they hold in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from caseway.adapters.catalogue import Only
from caseway.adapters.checked_file import definition_in
from caseway.engine.event import Event
from caseway.engine.outcome import Entry
from caseway.engine.payee import Payee
from caseway.engine.runtime import Runtime
from caseway.engine.settlement import Batch, Rejection
from tests.faults.operation import Bench, Operation
from tests.soak.plan import PROCESSES

PAYDAY = definition_in(PROCESSES / "payday" / "v1.yaml")
IBAN, OTHER_IBAN = "NL91ABNA0417164300", "PL61109010140000071219812874"


def ada(bench: Bench) -> str:
    return f"{bench.name}-ada"


def bob(bench: Bench) -> str:
    return f"{bench.name}-bob"


def on_payday(runtime: Runtime) -> Runtime:
    return replace(runtime, catalogue=Only(PAYDAY))


def employed(bench: Bench, suffix: str = "") -> str:
    """Start a case that pays Ada and Bob."""
    case = bench.name + suffix
    on_payday(bench.steady).start("payday", {"people": [ada(bench), bob(bench)]}, id=case)
    return case


def wages(case: str, lucky: str, number: int = 1) -> Event:
    return Event("pay", {"amount": 200, "lucky": lucky}, f"{case}-pay-{number}")


def pay(runtime: Runtime, case: str, lucky: str, number: int = 1) -> Entry:
    """Pay 100 to Ada and to Bob, and to one of them 777 more, unless they have had that."""
    event = wages(case, lucky, number)
    return on_payday(runtime).send(case, event.name, event.data, event_id=event.id)


# once keys


def hire(bench: Bench) -> None:
    employed(bench)


def pay_a_bonus(bench: Bench) -> Entry:
    return pay(bench.shaky, bench.name, ada(bench))


def hire_twice(bench: Bench) -> None:
    employed(bench, "-a")
    employed(bench, "-b")


class Beaten:
    """A store of which others take the once keys as soon as it has said that they are free."""

    def __init__(self, store: Any, others: Callable[[], object]) -> None:
        self._store = store
        self._others = others

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        found: Mapping[str, str] = self._store.taken(keys)
        self._others()
        return found


def pay_a_bonus_overtaken(bench: Bench) -> Entry:
    store: Any = Beaten(bench.shaky.store, lambda: pay(bench.steady, f"{bench.name}-b", ada(bench)))
    return pay(replace(bench.shaky, store=store), f"{bench.name}-a", ada(bench))


def pay_a_bonus_together(bench: Bench) -> list[str]:
    events = [(case, wages(case, ada(bench))) for case in (f"{bench.name}-a", f"{bench.name}-b")]
    return [f"{each.entry} {each.error}" for each in on_payday(bench.shaky).send_many(events, together=2)]


# settling


def keep_details(bench: Bench) -> None:
    bench.steady.ledger.keep_payees([Payee(ada(bench), "Ada", IBAN), Payee(bob(bench), "Bob")])


def owe(bench: Bench) -> None:
    """Pay before a checkpoint and after it, so that what is owed is the sum of both."""
    keep_details(bench)
    case = employed(bench)
    pay(bench.steady, case, ada(bench), 1)
    bench.steady.ledger.checkpoint()
    pay(bench.steady, case, ada(bench), 2)


def settle(bench: Bench) -> Batch:
    return _settled(bench, bench.shaky)


def _settled(bench: Bench, runtime: Runtime) -> Batch:
    """Settle, and return the batch without what is another for each subject, or for who asks again."""
    both = [ada(bench), bob(bench)]
    made = runtime.ledger.settle("EUR", batch=bench.name, by="Clara", only=both, format="csv")
    return replace(made, follows=None, is_new=False)


def owe_and_settle(bench: Bench) -> None:
    owe(bench)
    _settled(bench, bench.steady)


def reject(bench: Bench) -> Rejection:
    return bench.shaky.ledger.reject(bench.name, ada(bench), "Account closed", by="Clara")


def take_into_the_checkpoint(bench: Bench) -> None:
    bench.shaky.ledger.checkpoint()


def change_details(bench: Bench) -> str:
    changed = [Payee(bob(bench), "Bob", OTHER_IBAN), Payee(ada(bench), "Ada Byron", IBAN), Payee(bench.name, "Carl")]
    return str(bench.shaky.ledger.keep_payees(changed, by="Clara"))


def remove_details(bench: Bench) -> None:
    bench.shaky.ledger.remove_payee(ada(bench), by="Clara")


OWED = {"NAME-ada payable": 977, "NAME-bob payable": 200}
SETTLED = {"NAME-ada payable": 0, "NAME-ada settled": 977, "NAME-bob payable": 0, "NAME-bob settled": 200}
SENT_BACK = SETTLED | {"NAME-ada payable": 977, "NAME-ada settled": 0}

MONEY = (
    Operation(
        "an event takes a once key", 2, hire, pay_a_bonus, holds={"NAME-ada payable": 877, "NAME-bob payable": 100}
    ),
    Operation("a once key is taken by another case meanwhile", 3, hire_twice, pay_a_bonus_overtaken, holds=OWED),
    Operation("two events together want one once key", 2, hire_twice, pay_a_bonus_together, holds=OWED),
    Operation("balances are settled", 2, owe, settle, holds=SETTLED),
    Operation("a line of a batch is rejected", 2, owe_and_settle, reject, holds=SENT_BACK),
    Operation("a checkpoint is made", 2, owe, take_into_the_checkpoint, holds=OWED),
    Operation("bank details are kept", 2, keep_details, change_details),
    Operation("bank details are removed", 2, keep_details, remove_details),
)
