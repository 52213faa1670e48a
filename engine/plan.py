"""What a settlement would do: who is paid, who is left out, and what stands against it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Literal

from caseway.engine.actor import PLATFORM
from caseway.engine.money import money
from caseway.engine.outcome import Refusal
from caseway.engine.payee import Payee
from caseway.engine.posting import Balance
from caseway.engine.settlement import CASH, SETTLED, Asked, Batch, BatchLine, shared_accounts, some

FARTHEST = 365
"""How many days after the settlement the bank may be asked to pay: banks take no order that is farther ahead."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be settled: balances of one kind of account and one unit, from `minimum` minor units on, 1 or more.

    `only` names those who are paid; empty: everybody. `leave_out` names those who are not. The debtor's own account is never settled.
    `due` is the day on which the bank is to pay; None: that of the settlement.
    """

    unit: str
    account: str
    minimum: int
    debtor: str
    format: str
    due: date | None = None
    only: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()

    @property
    def asked(self) -> Asked:
        """What a batch keeps of them beside what it says itself."""
        return Asked(self.minimum, self.due, tuple(sorted({*self.only})), tuple(sorted({*self.leave_out})))

    def fault(self, at: datetime) -> str | None:
        """Return in a sentence what makes no sense in them at an instant, whatever the book says; None: nothing."""
        if self.account == SETTLED:
            return f'The account "{SETTLED}" holds what has been paid out; there is nothing in it to settle.'
        if self.account == CASH:
            return f'The account "{CASH}" holds what changed hands already; no bank is asked to pay it once more.'
        if self.minimum < 1:
            return f"Somebody is paid 1 minor unit or more, and not {self.minimum}."
        if self.due is not None and type(self.due) is not date:
            return f"The day on which the bank is to pay is a date, and not {self.due!r}."
        due = self.due or at.date()
        if due < at.date():
            return f"The bank cannot execute anything on {due}: this is settled on {at.date()}."
        if (due - at.date()).days > FARTHEST:
            return (
                f"A bank takes orders up to {FARTHEST} days ahead, and {due} is later: this is settled on {at.date()}."
            )
        return None


def other_terms(known: Batch, terms: Terms) -> dict[str, tuple[Any, Any]]:
    """Return the terms in which a settlement that is asked for is another than a batch, by name: as that was settled, and as is asked now."""
    asked = terms.asked
    pairs = {
        "unit": (known.unit, terms.unit),
        "account": (known.account, terms.account),
        "debtor": (known.debtor.id, terms.debtor),
        "format": (known.format, terms.format),
        **{each.name: (getattr(known.asked, each.name), getattr(asked, each.name)) for each in fields(Asked)},
    }
    if (
        known.asked.due is None and asked.due == known.due
    ):  # whoever asks for the day that it got anyway, asks for nothing else
        del pairs["due"]
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Somebody with an open balance who gets nothing of a settlement, and why."""

    owner: str
    amount: int
    why: Literal["below-minimum", "negative", "left-out", "debtor"]


@dataclass(frozen=True, slots=True)
class Objection:
    """What stands against a settlement: the id of whom it concerns, and the problem in words that go on from their name."""

    payee: str
    problem: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a settlement would do at an instant. `lines` and `left_out` are in order of payee id. With objections it does nothing.

    `accounts` are those that the book has, by name and unit, where it has none such as is to be settled.
    """

    terms: Terms
    at: datetime
    debtor: Payee
    lines: tuple[BatchLine, ...]
    left_out: tuple[LeftOut, ...]
    objections: tuple[Objection, ...]
    accounts: tuple[tuple[str, str], ...] = ()

    @property
    def total(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def due(self) -> date:
        """The day on which the bank is to pay."""
        return self.terms.due or self.at.date()

    @property
    def shared_accounts(self) -> dict[str, list[str]]:
        """IBANs that several have, of those who are paid and who pays. It stands against nothing, and somebody may want to look."""
        return shared_accounts(self.debtor, self.lines)

    @property
    def is_possible(self) -> bool:
        return bool(self.lines) and not self.objections

    def batch(self, id: str, by: str | None, *, rehearsal: bool = False, follows: str | None = None) -> Batch:  # noqa: A002  # the word of the glossary
        """Return the batch that it makes."""
        terms = self.terms
        told = self.at, self.due, self.debtor, terms.format, self.lines
        return Batch(id, terms.unit, terms.account, *told, by, rehearsal, terms.asked, follows)


Against = Callable[[Payee | None, int | None], str | None]
"""What a bank says against paying somebody, known to it or not, so many minor units; None of them: against taking the money from them."""


def plan(
    terms: Terms, at: datetime, balances: Iterable[Balance], payees: Mapping[str, Payee], against: Against
) -> Plan:
    """Decide who is paid what: each balance that is open is closed exactly.

    `balances` are those of the account and the unit. Whoever has no details is known by their id alone, if the bank takes that.
    """
    held = dict(sorted((balance.owner, balance.amount) for balance in balances))
    open_, left_out = _sorted_out(terms, held)
    objections = [
        *(_against_debtor(terms, payees, against) if open_ else ()),
        *_misnamed(terms, held, payees),
        *_against_payees(open_, payees, against),
    ]
    lines = tuple(
        BatchLine(number, payees.get(owner) or Payee(owner, owner), amount)
        for number, (owner, amount) in enumerate(open_.items(), 1)
    )
    debtor = payees.get(terms.debtor) or Payee(terms.debtor, terms.debtor)
    return Plan(terms, at, debtor, lines, left_out, tuple(objections))


def _sorted_out(terms: Terms, held: Mapping[str, int]) -> tuple[dict[str, int], tuple[LeftOut, ...]]:
    """Return what each of those who are paid gets, and who else has an open balance."""
    paid: dict[str, int] = {}
    left_out: list[LeftOut] = []
    for owner, amount in held.items():
        if not amount or (terms.only and owner not in terms.only):
            continue
        if owner == terms.debtor:
            left_out.append(LeftOut(owner, amount, "debtor"))
        elif amount < 0:
            left_out.append(LeftOut(owner, amount, "negative"))
        elif owner in terms.leave_out:
            left_out.append(LeftOut(owner, amount, "left-out"))
        elif amount < terms.minimum:
            left_out.append(LeftOut(owner, amount, "below-minimum"))
        else:
            paid[owner] = amount
    return paid, tuple(left_out)


def _misnamed(terms: Terms, held: Mapping[str, int], payees: Collection[str]) -> Iterator[Objection]:
    """Yield what is wrong with the names that were given: whom nobody could mean by them."""
    for name in terms.only:
        if name == terms.debtor:
            yield Objection(name, "is the debtor, who is not paid")
        elif name in terms.leave_out:
            yield Objection(name, "is named among those who are paid and among those who are left out")
        elif not held.get(name):
            yield Objection(name, f"has no {terms.unit} in {terms.account} to settle")
        elif held[name] < 0:
            yield Objection(name, f"owes {money(-held[name], terms.unit)}, and cannot be paid")
    for name in terms.leave_out:
        # A name that was mistyped would let somebody be paid who should not be.
        if not terms.only and name not in held and name not in payees:
            yield Objection(
                name, f"is to be left out, and nobody of this id has {terms.unit} in {terms.account}, or details"
            )


def _against_debtor(terms: Terms, payees: Mapping[str, Payee], against: Against) -> Iterator[Objection]:
    problem = against(payees.get(terms.debtor), None)
    if problem is None and terms.debtor not in {PLATFORM, *payees}:  # a name that was mistyped
        problem = "nobody of this id is kept; `caseway payee set` keeps them"
    if problem is not None:
        yield Objection(terms.debtor, f"is to pay, and {problem}")


def _against_payees(open_: Mapping[str, int], payees: Mapping[str, Payee], against: Against) -> Iterator[Objection]:
    for owner, amount in open_.items():
        problem = against(payees.get(owner), amount)
        if problem is not None:
            yield Objection(owner, problem)


def refusal(plan: Plan, last: Batch | None) -> Refusal:
    """Return why a plan cannot be carried out. `last` is the last batch of its unit."""
    return _cannot_settle(plan) if plan.objections else _nothing_to_settle(plan, last)


def _cannot_settle(plan: Plan) -> Refusal:
    told = "; ".join(f"{each.payee} {each.problem}" for each in plan.objections)
    names = [line.payee.id for line in plan.lines]
    can_go = bool({each.payee for each in plan.objections} & set(names))
    hint = " Mend that, or leave out whom it concerns." if can_go else ""
    objections = [{"payee": each.payee, "problem": each.problem} for each in plan.objections]
    return Refusal("cannot-settle", f"Nothing was settled: {told}.{hint}", {"objections": objections})


def _nothing_to_settle(plan: Plan, last: Batch | None) -> Refusal:
    unit = plan.terms.unit
    whose = f"none of those named ({some(plan.terms.only)})" if plan.terms.only else "nobody"
    told = [
        f"There is nothing to settle: {whose} has {money(plan.terms.minimum, unit)} or more in {plan.terms.account}."
    ]
    if plan.accounts:
        there = [f"{account} ({held})" for account, held in plan.accounts]
        told = [
            f"There is nothing to settle: there is no account {plan.terms.account} in {unit}; there are {', '.join(there)}."
        ]
    owing = {each.owner: -each.amount for each in plan.left_out if each.why == "negative"}
    if owing:
        told.append(f"{some([f'{owner} owes {money(amount, unit)}' for owner, amount in owing.items()])}.")
    if last is not None:
        told.append(
            f"The last batch in {unit} is {last.id}, of {last.at:%Y-%m-%d}; `caseway ledger batch {last.id} --output DIR` writes its file again."
        )
    facts = {
        "unit": unit,
        "account": plan.terms.account,
        "left_out": [{"payee": each.owner, "amount": each.amount, "why": each.why} for each in plan.left_out],
        "last_batch": last.id if last else None,
    }
    return Refusal("nothing-to-settle", " ".join(told), facts)
