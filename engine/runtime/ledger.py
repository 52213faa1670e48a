"""The ledger, as the host and the people in it see it: postings, balances, statements, settlements."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import count

from caseway.engine.actor import Actor
from caseway.engine.effect import File
from caseway.engine.errors import InvalidInput, Refused
from caseway.engine.outcome import Refusal
from caseway.engine.payee import Payee, checked
from caseway.engine.plan import Plan, Terms, plan, refusal
from caseway.engine.ports import Bank, Book, Clock, Store
from caseway.engine.posting import Balance, Posting, PostingQuery
from caseway.engine.runtime.instant import instant
from caseway.engine.settlement import (
    LONGEST_BATCH_ID,
    Batch,
    Rejection,
    already_rejected,
    is_batch_id,
    reused,
    unknown_batch,
    unknown_payee,
)
from caseway.engine.statement import Statement, statement
from caseway.engine.verification import Verification

LONGEST_REASON = 200
"""How many characters the reason of a rejection, or the name of who did something, may have."""


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
        """Yield the lines of the book, in order of writing: to an actor, those of their own accounts. Raises Refused for those of others."""
        asked = query or PostingQuery()
        _check_period(asked.since, asked.until)
        return self.store.book().postings(replace(asked, owner=self._owner(asked.owner, actor)))

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
        _check_period(since, until)
        return statement(owner, self.postings(query, actor=actor), self._now(None), since=since, until=until)

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
        debtor: str = "platform",
        only: Collection[str] = (),
        leave_out: Collection[str] = (),
        format: str | None = None,  # noqa: A002  # that of a file
        due: date | None = None,
        now: datetime | None = None,
    ) -> Plan:
        """Return what `settle` would do, and write nothing. Raises what it raises, but not for what stands against the plan: that is in it."""
        at, bank = self._now(now), self._bank(unit, format)
        terms = Terms(unit, account, minimum, debtor, bank.format, due or at.date(), _each(only), _each(leave_out))
        return self._planned(self.store.book(), bank, terms, at)

    def settle(
        self,
        unit: str,
        *,
        batch: str | None = None,
        by: str | None = None,
        account: str = "payable",
        minimum: int = 1,
        debtor: str = "platform",
        only: Collection[str] = (),
        leave_out: Collection[str] = (),
        format: str | None = None,  # noqa: A002  # that of a file
        due: date | None = None,
        now: datetime | None = None,
    ) -> Batch:
        """Close the open balances of an account and a unit, from `minimum` minor units on, and return the batch for the bank.

        `batch` is its id, and tells a repetition: where there is such a batch of the same account, unit, debtor and format, that is returned and
        nothing is written. `due` is the day on which the bank is to execute it (default: the day of the settlement).
        All is written together, or nothing is. Raises Refused with all that stands against it: `cannot-settle`, `nothing-to-settle`,
        `foreign-unit`, `batch-id-reused`; WorldError where the file of the bank cannot be made on this machine.
        """
        at, bank = self._now(now), self._bank(unit, format)
        terms = Terms(unit, account, minimum, debtor, bank.format, due or at.date(), _each(only), _each(leave_out))
        _check_batch_id(batch)
        _check_note("by", by)
        with self.store.book().closing() as book:
            known = book.batch(batch) if batch is not None else None
            if known is not None:
                return _repeated(known, terms, format)
            planned = self._planned(book, bank, terms, at)
            if not planned.is_possible:
                raise Refused(refusal(planned, _last(book, unit)))
            made = planned.batch(batch or _free_id(book, unit, at), by)
            bank.file(made)  # before anything is written: nobody would send the money of a batch without a file
            book.add_batch(made)
        return made

    def file(self, batch: Batch) -> File:
        """Return the order for the bank; the same batch gives the same bytes. Raises WorldError where this machine lacks something."""
        return self._bank(batch.unit, batch.format).file(batch)

    def reject(
        self, batch: str, payee: str, reason: str, *, by: str | None = None, now: datetime | None = None
    ) -> Rejection:
        """Undo one line of a batch that the bank sent back, and return what is kept of that: the balance is open again.

        A second time with the same reason returns the first. Raises Refused: `unknown-batch`, `unknown-payee`, `already-rejected`.
        """
        at = self._now(now)
        _check_note("reason", reason)
        _check_note("by", by)
        with self.store.book().closing() as book:
            whole = _known_batch(book, batch)
            line = whole.line(payee)
            if line is None:
                raise Refused(unknown_payee(whole, payee))
            earlier = next((each for each in book.rejections(batch) if each.number == line.number), None)
            if earlier is not None and earlier.reason != reason:
                raise Refused(already_rejected(earlier, payee))
            if earlier is not None:
                return earlier
            if at < whole.at:
                raise InvalidInput(
                    f"Batch {batch} was settled at {whole.at.isoformat()}; nothing of it came back at {at.isoformat()}, before that."
                )
            made = Rejection(batch, line.number, reason, at, by)
            book.add_rejection(whole, made)
        return made

    def batches(self) -> Iterator[Batch]:
        """Yield all batches, newest first."""
        return self.store.book().batches()

    def batch(self, id: str) -> Batch:  # noqa: A002  # the word of the glossary
        """Return a batch. Raises Refused (`unknown-batch`)."""
        return _known_batch(self.store.book(), id)

    def rejections(self, batch: str) -> Sequence[Rejection]:
        """Return what the bank sent back of a batch, in order of line. Raises Refused (`unknown-batch`)."""
        book = self.store.book()
        return book.rejections(_known_batch(book, batch).id)

    # bank details

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]:
        """Yield the bank details of these owners of accounts, or of all, in order of id."""
        return self.store.payees().payees(ids)

    def keep_payees(self, payees: Iterable[Payee], *, now: datetime | None = None) -> Sequence[Payee]:
        """Write bank details over what was kept, all or none, and return them as they are kept. Raises InvalidInput with all that is wrong."""
        kept, faults = {}, []
        for payee in payees:
            try:
                kept[payee.id] = checked(payee)
            except ValueError as error:
                faults.append(f"{payee.id}: {error}")
        if faults:
            raise InvalidInput(f"These details cannot be kept: {'; '.join(faults)}.", faults=faults)
        self.store.payees().keep(list(kept.values()), self._now(now))
        return list(kept.values())

    def remove_payee(self, id: str) -> bool:  # noqa: A002  # the word of the glossary
        """Forget somebody's bank details, and say whether there were any. Batches keep their own copy."""
        return self.store.payees().remove(id)

    def _planned(self, book: Book, bank: Bank, terms: Terms, at: datetime) -> Plan:
        fault = terms.fault(at)
        if fault is not None:
            raise InvalidInput(fault)
        balances = list(book.balances(account=terms.account, unit=terms.unit))
        asked = {*(each.owner for each in balances), *terms.only, *terms.leave_out, terms.debtor}
        payees = {payee.id: payee for payee in book.payees().payees(asked)}
        return plan(terms, at, balances, payees, lambda payee, amount: bank.objection(payee, terms.unit, amount))

    def _bank(self, unit: str, format_: str | None) -> Bank:
        """Return the bank of a format, or the first that takes a unit."""
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
        who = self.identified(actor)
        if who is None or owner == who.id:
            return owner
        if owner is None:
            return who.id
        told = f"The accounts of {owner} are not for {who} to see; {who} sees those of {who.id}."
        raise Refused(Refusal("not-allowed", told, {"owner": owner, "actor": str(who)}))

    def _now(self, told: datetime | None) -> datetime:
        return instant(told, self.clock, self.store)


def _each(names: Collection[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise InvalidInput(
            f"Payees are named in a list: [{names!r}], and not {names!r}, of which each letter would be a name."
        )
    return tuple(dict.fromkeys(names))


def _repeated(known: Batch, terms: Terms, format_: str | None) -> Batch:
    """Return a batch that is there already; raise Refused where something else was asked for."""
    is_, asked = (known.unit, known.account, known.debtor.id), (terms.unit, terms.account, terms.debtor)
    if is_ == asked and format_ in {None, known.format}:
        return known
    raise Refused(reused(known))


def _known_batch(book: Book, id_: str) -> Batch:
    found = book.batch(id_)
    if found is None:
        raise Refused(unknown_batch(id_, next(book.batches(), None)))
    return found


def _last(book: Book, unit: str) -> Batch | None:
    return next((batch for batch in book.batches() if batch.unit == unit), None)


def _free_id(book: Book, unit: str, at: datetime) -> str:
    """Return the next id of the day."""
    day = f"{re.sub('[^A-Za-z0-9]', '', unit)}-{at:%Y%m%d}"
    return next(id_ for number in count(1) if book.batch(id_ := f"{day}-{number}") is None)


def _check_batch_id(text: str | None) -> None:
    if text is not None and not is_batch_id(text):
        raise InvalidInput(
            f"{text!r} cannot be the id of a batch: 1 to {LONGEST_BATCH_ID} of A-Z, a-z, 0-9, hyphen and point, a letter or digit first."
        )


def _check_note(what: str, text: str | None) -> None:
    if text is not None and not (text.strip() and len(text) <= LONGEST_REASON and text.isprintable()):
        raise InvalidInput(f'"{what}" is 1 to {LONGEST_REASON} printable characters.')


def _check_period(since: datetime | None, until: datetime | None) -> None:
    for told in (since, until):
        if told is not None and told.tzinfo is None:
            raise InvalidInput(f"The instant {told.isoformat()} has no time zone; write it with an offset, such as Z.")
    if since is not None and until is not None and since > until:
        raise InvalidInput(f"The period ends at {until.isoformat()}, before it begins at {since.isoformat()}.")
