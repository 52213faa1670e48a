"""The ledger, as the host and the people in it see it: postings, balances, statements, settlements."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import chain

from caseway.engine.actor import PLATFORM, Actor
from caseway.engine.effect import File
from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.outcome import Refusal
from caseway.engine.payee import Payee, PayeeChange, checked, owner_id
from caseway.engine.plan import Plan, Terms, plan, refusal
from caseway.engine.ports import Bank, Book, Clock, Store
from caseway.engine.posting import Balance, Posting, PostingQuery
from caseway.engine.runtime.asked import (
    check_batch_id,
    check_by,
    check_minimum,
    check_note,
    check_period,
    check_unit,
    payee_ids,
)
from caseway.engine.runtime.instant import instant
from caseway.engine.runtime.kept_batch import (
    assert_as_settled,
    free_id,
    known_batch,
    last_batch,
    line_named,
    newest_seal,
    repeated_batch,
)
from caseway.engine.seal import sealed
from caseway.engine.settlement import (
    Batch,
    BatchLine,
    Rejection,
    already_rejected,
)
from caseway.engine.statement import Statement, statement
from caseway.engine.timestamp import instant_text
from caseway.engine.verification import Verification

APART = timedelta(minutes=1)
"""How far the clock of this machine may be behind that of another which wrote into the book, and a settlement still follows what was written."""


@dataclass(frozen=True, slots=True)
class Returned:
    """A line of a batch that the bank sent back, what is kept of that, and whether it was just written or was there before."""

    line: BatchLine
    rejection: Rejection
    is_new: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The book of a store. An actor sees their own accounts; batches and payees are the host's alone: nothing about them takes an actor.

    `banks` are the formats in which money can leave; the first that takes a unit is the one where none is asked for. `identified` returns
    who somebody is who looks, and raises Refused where they may not be whom they say. `by` is who did something, for the record.
    """

    store: Store
    clock: Clock
    banks: Sequence[Bank]
    identified: Callable[[Actor | None], Actor | None]

    # what there is

    def postings(self, query: PostingQuery | None = None, *, actor: Actor | None = None) -> Iterator[Posting]:
        """Yield the lines of the book, in order of writing: to an actor, those of their own accounts. Raises Refused for those of others.

        To the host also Refused (`unknown-batch`) and UnknownCase, where there is no such batch or case.
        """
        asked = query or PostingQuery()
        check_period(asked.since, asked.until)
        found = self.store.book().postings(replace(asked, owner=self._owner(asked.owner, actor)))
        if actor is not None:  # how much was written for others meanwhile is not theirs to know
            return (replace(line, seq=None) for line in found)
        first = next(found, None)
        if first is None:
            self._assert_there(asked)
            return iter(())
        return chain((first,), found)

    def balances(
        self,
        *,
        owner: str | None = None,
        account: str | None = None,
        unit: str | None = None,
        actor: Actor | None = None,
    ) -> Iterator[Balance]:
        """Yield what each account holds, by owner, account and unit: to an actor, their own. Raises Refused for those of others."""
        return self.store.book().balances(owner=self._owner(owner, actor), account=account, unit=unit)

    def statement(
        self,
        owner: str,
        *,
        unit: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        actor: Actor | None = None,
    ) -> Statement:
        """Return what happened on somebody's accounts from `since` on and before `until`. Raises Refused for an actor who is not the owner."""
        if not owner:  # who is asked for by no name would be everybody
            raise InvalidInput("A statement is of somebody: name the owner of the accounts.")
        query = PostingQuery(owner=owner, unit=unit, until=until)
        check_period(since, until)
        return statement(owner_id(owner), self.postings(query, actor=actor), self._now(None), since=since, until=until)

    def verify(self) -> Verification:
        """Compare the whole book with the journals, the batches and the checkpoint, and yield every difference."""
        book = self.store.book()
        return Verification(book.evidence(), book.checkpointed(), book.stray_mark())

    def checkpoint(self, *, least: int = 1, now: datetime | None = None) -> int:
        """Take into the kept sums what was written since the last time, where that is at least so many lines; return how many it were."""
        return self.store.book().checkpoint(self._now(now), least=max(least, 1))

    # settling

    def plan(
        self,
        unit: str,
        *,
        account: str = "payable",
        minimum: int = 1,
        debtor: str = PLATFORM,
        only: Collection[str] = (),
        leave_out: Collection[str] = (),
        format: str | None = None,  # noqa: A002  # that of a file
        due: date | None = None,
        now: datetime | None = None,
        batch: str | None = None,
        by: str | None = None,
    ) -> Plan:
        """Return what `settle` would do, and write nothing. Raises what it raises, but not for what stands against the plan: that is in it.

        It plans on, where there is a batch of the id that settling again would return.
        """
        bank = self._bank(unit, format)
        check_minimum(minimum)
        terms = Terms(unit, account, minimum, owner_id(debtor), bank.format, due, payee_ids(only), payee_ids(leave_out))
        check_batch_id(batch)
        check_by(by)
        book = self.store.book()
        if batch is not None:
            repeated_batch(book, batch, terms)
        planned = self._planned(book, bank, terms, now)
        if planned.is_possible:
            bank.file(planned.batch(batch or free_id(book, unit, planned.at), by, rehearsal=self.store.rehearsal()))
        return planned

    def settle(
        self,
        unit: str,
        *,
        batch: str | None = None,
        by: str | None = None,
        account: str = "payable",
        minimum: int = 1,
        debtor: str = PLATFORM,
        only: Collection[str] = (),
        leave_out: Collection[str] = (),
        format: str | None = None,  # noqa: A002  # that of a file
        due: date | None = None,
        now: datetime | None = None,
    ) -> Batch:
        """Close the open balances of an account and a unit, from `minimum` minor units on, and return the batch for the bank.

        `batch` is its id, and tells a repetition: where there is such a batch, settled on the same terms, that is returned and nothing is written;
        on other terms it is `batch-id-reused`. `by` and `now` are no terms. `due` is the day on which the bank is to execute it (default: the
        day of the settlement). `now` may not be before the newest posting of the account and unit.
        All is written together, or nothing is. Raises Refused with all that stands against it: `cannot-settle`, `nothing-to-settle`,
        `foreign-unit`, `batch-id-reused`, `broken-seal`; WorldError where the file of the bank cannot be made on this machine.
        """
        bank = self._bank(unit, format)
        check_minimum(minimum)
        terms = Terms(unit, account, minimum, owner_id(debtor), bank.format, due, payee_ids(only), payee_ids(leave_out))
        check_batch_id(batch)
        check_by(by)
        with self.store.book().closing() as book:
            known = repeated_batch(book, batch, terms) if batch is not None else None
            if known is not None:
                return known
            planned = self._planned(book, bank, terms, now)
            if not planned.is_possible:
                raise Refused(refusal(planned, last_batch(book, unit)))
            id_, rehearsal = batch or free_id(book, unit, planned.at), self.store.rehearsal()
            made = planned.batch(id_, by, rehearsal=rehearsal, follows=newest_seal(book))
            bank.file(made)  # before anything is written: nobody would send the money of a batch without a file
            book.add_batch(made)
        return replace(made, is_new=True)

    def file(self, batch: Batch) -> File:
        """Return the order for the bank; the same batch gives the same bytes. Raises Refused (`broken-seal`, `unknown-batch`) for one
        that is not as it was settled, and WorldError where this machine lacks something.
        """
        assert_as_settled(self.store.book(), batch)
        return self._bank(batch.unit, batch.format).file(batch)

    def reject(
        self, batch: str, payee: str, reason: str, *, by: str | None = None, now: datetime | None = None
    ) -> Rejection:
        """Undo one line of a batch that the bank sent back, and return what is kept of that: the balance is open again.

        A second time with the same reason returns the first. Raises Refused: `unknown-batch`, `unknown-payee`, `already-rejected`, `broken-seal`.
        """
        (returned,) = self.reject_lines(batch, {payee: reason}, by=by, now=now)
        return returned.rejection

    def reject_lines(
        self, batch: str, reasons: Mapping[str, str], *, by: str | None = None, now: datetime | None = None
    ) -> Sequence[Returned]:
        """Undo lines of a batch that the bank sent back, all of them or none, and return what came of each, in their order.

        `reasons` has the reason for each by the id of its payee, or by the name of its transfer at the bank (`<batch>-<number>`).
        Raises what `reject` raises, and Refused (`ambiguous-line`) where one payee has the name of another's transfer for an id.
        """
        check_by(by)
        if not isinstance(reasons, Mapping):
            raise InvalidInput(
                "The reasons are a mapping: of the id of each payee, or of the name of the transfer, to why it came back."
            )
        for reason in reasons.values():
            check_note("reason", reason)
        with self.store.book().closing() as book:
            whole = known_batch(book, batch)
            assert_as_settled(book, whole)
            at = self._after(now, whole.at, f"Batch {batch} was settled later, and nothing of it came back before.")
            kept = {each.number: each for each in book.rejections(batch)}
            lines, done = whole.names(), dict[int, Returned]()
            for name, reason in reasons.items():
                line = line_named(whole, lines.get(owner_id(name), ()), name)
                earlier = kept.get(line.number)
                if earlier is not None and earlier.reason != reason:
                    raise Refused(already_rejected(earlier, line.payee.id))
                if earlier is None:
                    made = kept[line.number] = Rejection(batch, line.number, reason, at, by)
                    book.add_rejection(whole, made)
                done.setdefault(line.number, Returned(line, kept[line.number], earlier is None))
        return list(done.values())

    def batches(self) -> Iterator[Batch]:
        """Yield all batches, newest first."""
        return self.store.book().batches()

    def batch(self, id: str) -> Batch:  # noqa: A002  # the word of the glossary
        """Return a batch. Raises Refused (`unknown-batch`)."""
        return known_batch(self.store.book(), id)

    def is_as_settled(self, batch: Batch) -> bool:
        """Say whether a batch fits the seal that it was given when it was settled: nobody has changed it since."""
        return self.store.book().seal(batch.id) == sealed(batch)

    def rejections(self, batch: str) -> Sequence[Rejection]:
        """Return what the bank sent back of a batch, in order of line. Raises Refused (`unknown-batch`)."""
        book = self.store.book()
        return book.rejections(known_batch(book, batch).id)

    # bank details

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        """Yield the bank details of these owners of accounts, or of all, in order of id."""
        return self.store.payees().payees(None if ids is None else payee_ids(ids))

    def keep_payees(
        self, payees: Iterable[Payee], *, by: str | None = None, now: datetime | None = None
    ) -> Sequence[Payee]:
        """Write bank details over what was kept, all or none, and return them as they are kept. Raises InvalidInput with all that is wrong,
        and WorldError where this machine lacks what an IBAN is checked with. `by` is who says so, for the record.
        """
        check_by(by)
        kept, faults = {}, []
        for payee in payees:
            if owner_id(payee.id) in kept:
                faults.append(f"{payee.id}: stands here twice")
            try:
                fit = self.checked_payee(payee)
                kept[fit.id] = fit
            except ValueError as error:
                faults.append(f"{payee.id}: {error}")
        if faults:
            raise InvalidInput(f"These details cannot be kept: {'; '.join(faults)}.", faults=faults)
        self.store.payees().keep(list(kept.values()), self._now(now), by)
        return list(kept.values())

    def remove_payee(self, id: str, *, by: str | None = None, now: datetime | None = None) -> bool:  # noqa: A002  # the word of the glossary
        """Forget somebody's bank details, and say whether there were any. Batches keep their own copy, and that they changed is kept."""
        check_by(by)
        return self.store.payees().remove(owner_id(id), self._now(now), by)

    def payee_changes(self, id: str) -> Sequence[PayeeChange]:  # noqa: A002  # the word of the glossary
        """Return when somebody's bank details became others, and by whom, oldest first. Of IBANs only the ends are kept there."""
        return self.store.payees().changes(owner_id(id))

    def checked_payee(self, payee: Payee) -> Payee:
        """Return bank details as they would be kept, and keep nothing. Raises ValueError with what is wrong, and WorldError where this machine
        lacks what an IBAN is checked with.
        """
        fit = checked(payee)
        if fit.iban is None and fit.bic is None:
            return fit
        faults = [fault for bank in self.banks if (fault := bank.fault(fit)) is not None]
        if faults:
            raise ValueError("; ".join(faults))
        return fit

    def _planned(self, book: Book, bank: Bank, terms: Terms, now: datetime | None) -> Plan:
        balances = list(book.balances(account=terms.account, unit=terms.unit))
        newest = book.newest(terms.account, terms.unit)  # after the balances, so that it is not older than they
        why_not = (
            f"The newest posting to {terms.account} in {terms.unit} is later, and would be settled before it was there."
        )
        at = self._after(now, newest, why_not)
        fault = terms.fault(at)
        if fault is not None:
            raise InvalidInput(fault)
        asked = {*(each.owner for each in balances), *terms.only, *terms.leave_out, terms.debtor}
        payees = {payee.id: payee for payee in book.payees().payees(asked)}
        made = plan(terms, at, balances, payees, lambda payee, amount: bank.objection(payee, terms.unit, amount))
        if balances:
            return made
        return replace(made, accounts=tuple(sorted({(each.account, each.unit) for each in book.balances()})))

    def _bank(self, unit: str, format_: str | None) -> Bank:
        """Return the bank of a format, or the first that takes a unit."""
        check_unit(unit)
        fit = [bank for bank in self.banks if format_ in {None, bank.format}]
        if not fit:
            known = ", ".join(bank.format for bank in self.banks) or "none"
            raise InvalidInput(f"There is no format {format_} for a bank; possible: {known}.", format=format_)
        found = next((bank for bank in fit if bank.units is None or unit in bank.units), None)
        if found is None:
            taken = ", ".join(sorted({each for bank in fit for each in bank.units or ()}))
            others = [bank.format for bank in self.banks if bank.units is None or unit in bank.units]
            told = f"The format {fit[0].format} takes {taken}, and no {unit}; possible for {unit}: {', '.join(others) or 'none'}."
            raise Refused(Refusal("foreign-unit", told, {"unit": unit, "format": fit[0].format, "possible": others}))
        return found

    def _owner(self, owner: str | None, actor: Actor | None) -> str | None:
        """Return whose accounts somebody is shown: amounts and parties are made of data that may be hidden from them."""
        who, asked = self.identified(actor), None if owner is None else owner_id(owner)
        if who is None or asked == owner_id(who.id):
            return asked
        if asked is None:
            return owner_id(who.id)
        told = f"The accounts of {owner} are not for {who} to see; {who} sees those of {who.id}."
        raise Refused(Refusal("not-allowed", told, {"owner": owner, "actor": str(who)}))

    def _now(self, told: datetime | None) -> datetime:
        return instant(told, self.clock, self.store)

    def _after(self, told: datetime | None, earliest: datetime | None, why_not: str) -> datetime:
        """Return the instant of something that follows what happened at `earliest`. Clocks of machines may be a little apart. Raises InvalidInput."""
        at = self._now(told)
        if earliest is None or at >= earliest:
            return at
        if told is None and earliest - at <= APART:
            return earliest
        first, second = instant_text(earliest), instant_text(at)
        raise InvalidInput(f"{why_not} It is of {first}, and this of {second}.", earliest=first)

    def _assert_there(self, asked: PostingQuery) -> None:
        """Raise UnknownCase or Refused, where lines are asked for of a case or a batch that there is not."""
        if asked.case is not None:
            self.store.load(asked.case, "")
        if asked.batch is not None:
            known_batch(self.store.book(), asked.batch)
