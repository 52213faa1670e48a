"""What the runtime asks of the world. Each adapter stands behind one of these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from caseway.engine.actor import Actor
from caseway.engine.backlog import Backlog, SetAside
from caseway.engine.case import Case, Configuration, Load, Timer
from caseway.engine.definition import Definition
from caseway.engine.document import DocumentRule
from caseway.engine.effect import File, Message, Outbound, recipient
from caseway.engine.evidence import Checkpointed, Evidence
from caseway.engine.outcome import Entry, JournalLine, Step
from caseway.engine.payee import Payee, PayeeChange
from caseway.engine.person import Person
from caseway.engine.posting import Balance, Posting, PostingQuery
from caseway.engine.seal import Seal
from caseway.engine.settlement import Batch, Rejection
from caseway.engine.worklist import Found, WorkQuery


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as stored, the recorded outcome of the event id that was asked about, if there is one, and the person likewise."""

    case: Case
    known: Entry | None = None
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class DueTimer:
    """A timer whose time has come, and the case it belongs to."""

    case: str
    timer: Timer


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message in the outbox: `attempts` deliveries have failed so far, the last one with `error`.

    Nobody delivers it before `not_before`: it failed, or somebody is at it. None: at once.
    """

    case: str
    message: Outbound
    attempts: int = 0
    error: str | None = None
    not_before: datetime | None = None

    @property
    def line(self) -> tuple[str, str]:
        """What it stands in line with: one behind the other."""
        return self.case, recipient(self.message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answers at once to what was delivered: an event of the case that told it."""

    event: str
    data: Mapping[str, Any]
    actor: Actor | None = None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """What a list shows of a case."""

    id: str
    process: str
    version: int
    state: Configuration
    assignee: str | None
    closed: bool
    final: bool
    revision: int
    opened_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class CaseQuery:
    """Which cases to list; what is None does not matter. `state` matches a leaf path or anything above it."""

    process: str | None = None
    state: str | None = None
    closed: bool | None = None
    assignee: str | None = None
    limit: int | None = None


class Directory(Protocol):
    """Where persons come from: your own users, or Caseway's table of them.

    - `person` gives the person of exactly this id, or None where there is nobody; an event asks once for whoever sends it.
    - `persons` yields those who hold a role and carry a tag, where these are given.
    - What the world does wrong is a WorldError.
    """

    def person(self, id: str) -> Person | None: ...  # noqa: A002
    def persons(self, *, role: str | None = None, tag: str | None = None) -> Iterator[Person]: ...


class KeptDirectory(Directory, Protocol):
    """A directory that Caseway keeps, beside its cases. Its `persons` come in order of id.

    - `known` gives at once what `person` gives for each of many ids; whoever is not there is left out.
    - `keep` writes persons, all of them or none, and returns the ids of those who were not so before.
    - `remove` says whether there was such a person.
    """

    def known(self, ids: Collection[str]) -> Mapping[str, Person]: ...
    def keep(self, persons: Sequence[Person], at: datetime) -> Sequence[str]: ...
    def remove(self, id: str) -> bool: ...  # noqa: A002


class Book(Protocol):
    """The ledger as a store keeps it: postings, which are only ever added; checkpoints of their sums; batches.

    - `postings` yields lines in order of writing. `balances` sums them, in order of owner, account and unit: from the last
      checkpoint and what was written since, whatever writes meanwhile.
    - `checkpoint` takes into the sums what was written since the last one, where that is at least so many lines, and returns how many lines
      it took in. No step waits for one that runs, longer than for a step.
    - `evidence` yields what the book and the journals say, case by case and then batch by batch, with everything in it that has postings or
      should have; read page by page. A row that makes no sense is in it as `unreadable`, and ends nothing. `checkpointed` yields every account that a checkpoint keeps or should keep, and
      `stray_mark` is the number of the posting at which the checkpoint ends, where there is none of that number; else None.
    - `closing` lends a book in which settlements exclude each other until the block ends; what is added in it is written together as the
      block ends, or not at all where it raises. It raises InvalidInput in a caller's transaction that would not see what others settled meanwhile.
    - `newest` is the instant of the newest posting of all accounts of a name and a unit; None: there is none.
    - `add_batch` and `add_rejection` write a batch with its seal (`sealed`), or a rejection with its (`rejection_seal`), and its postings (`batch_postings`,
      `rejection_postings`); an id, or a line, that is there already is a CaseConflict. `batch` gives a batch of this id, or None, and `seal` the seal
      that it was given; `batches` yields all, newest first; `rejections` gives those of a batch, in order of number.
    - `payees` is the registry of bank details, read and written through the same connection.
    """

    def postings(self, query: PostingQuery = ...) -> Iterator[Posting]: ...
    def balances(
        self, *, owner: str | None = None, account: str | None = None, unit: str | None = None
    ) -> Iterator[Balance]: ...
    def newest(self, account: str, unit: str) -> datetime | None: ...
    def checkpoint(self, at: datetime, *, least: int = 1) -> int: ...
    def evidence(self) -> Iterator[Evidence]: ...
    def checkpointed(self) -> Iterator[Checkpointed]: ...
    def stray_mark(self) -> int | None: ...
    def closing(self) -> AbstractContextManager[Book]: ...
    def add_batch(self, batch: Batch) -> None: ...
    def add_rejection(self, batch: Batch, rejection: Rejection) -> None: ...
    def batch(self, id: str) -> Batch | None: ...  # noqa: A002
    def seal(self, batch: str) -> Seal | None: ...
    def batches(self) -> Iterator[Batch]: ...
    def rejections(self, batch: str) -> Sequence[Rejection]: ...
    def payees(self) -> PayeeRegistry: ...


class PayeeRegistry(Protocol):
    """Bank details of the owners of accounts, which no process sees.

    - `payees` yields those of these ids, or all, in order of id; `keep` writes payees, all of them or none, over what was kept of them; `remove` says whether there was
      such a payee. Batches keep their own copy.
    - Whatever they change is kept with it: `changes` are those of somebody, oldest first, each with when and `by` whom. They are only ever added to.
    """

    def payees(self, ids: Collection[str] | None = None) -> Iterator[Payee]: ...
    def keep(self, payees: Sequence[Payee], at: datetime, by: str | None = None) -> None: ...
    def remove(self, id: str, at: datetime, by: str | None = None) -> bool: ...  # noqa: A002
    def changes(self, id: str) -> Sequence[PayeeChange]: ...  # noqa: A002


class Store(Protocol):
    """Where cases live.

    - `load` raises UnknownCase. Its `known` is the entry whose event has the id asked for, else None; an empty id asks for none.
      Its `person` is that of the store's own directory with the id asked for, likewise.
    - `commit` writes the case, the journal entry, the timers, the outbox and the postings of one step together or
      not at all, and returns the entry. It raises CaseConflict where the stored revision is not that of `step.before`, where the case
      exists already although `step.before.revision` is 0, where the journal of this case already has the event id, or
      where an effect (an armed timer, a message, a payout) of the same id was written before. It raises UnknownProcess
      where a case is opened on, or moves to, a definition that was not kept.
    - `locked` lends a store that holds the wanted cases against everybody else until the block ends; each case is named with
      the event id that will be asked about. Cases that are not there are passed over. What is committed in the block is
      written together when it ends, or not at all where it raises. A conflict that only the database can tell, such as an
      effect that was written before, is raised as the block ends.
    - `claimed` lends what is due, and a store that holds the cases of these timers as `locked` does. What another worker holds
      is passed over, not waited for; a worker that dies holds nothing. Where several processes have something due, each of them
      may get an equal share of `limit`. A timer may turn out to be gone from its case.
    - `claimed_messages` lends what may be delivered at `now`, at most `limit`, in order within a case and recipient: nothing
      that stands behind a message which may not be delivered yet. Until the instant `until` nobody else gets any of it; no
      transaction is open meanwhile. With `only_to_cases` messages to people are left out. What came of a message is recorded by the store that is lent, and kept even where the
      block raises; the rest is anybody's again when the block ends. A worker that dies holds nothing after `until`.
    - `await_due` returns after `seconds`, or sooner where `pause(0)` says so, or where a timer is armed that is due before
      `until`. `pause(s)` waits so many seconds and says whether to end. It may return for nothing, and need not notice.
    - `journal` yields a case's entries in order of revision, and nothing for an unknown case.
    - `histories` yields the journals of a process, case by case and each in order of revision, read page by page as they are
      asked for. Cases that were opened at or after `until` are left out, as are those that ended before `since`.
    - `due` yields timers due at or before `now` that are armed and not set aside, in due order (ties: by id), at most `limit`.
    - `outgoing` yields undelivered messages, oldest first and in order within a case and recipient, at most `limit`;
      those set aside are left out, those to be delivered later are not.
    - `delivered` and `undelivered` record an attempt; `undelivered(..., set_aside=True)` takes it out of `outgoing`, and
      a later `set_aside=False` puts it back. Nobody claims it before `not_before` (None: at once). A delivered message stays
      delivered; an unknown id changes nothing.
    - `next_due` is when the next timer that can fire is due, in the past where one is due already; None: there is none.
    - `backlog` says what waits at `now`; it counts no further than `backlog.COUNTED`. `set_aside` yields what waits for a person, of
      one case or of all: timers in due order, then messages in order of writing, at most `limit` in all. `put_back` puts a
      message that was set aside back among the `outgoing`, as one that never failed, and says whether there was one.
    - `cases` yields lines in order of opening, then id. Long answers are read as they are asked for, page by page.
    - `worklist` yields the rows of the index that concern a person, in their order, each with its case as it is then; they are
      read page by page, as they are asked for. What a case's rows are, `worklist.index` says.
    - `count` is how much claimed work of a process a person has. A `commit` of a step that relied on a Load raises CaseConflict
      where its revision is not that which is stored; where it is, `commit` moves it by one. Within `locked`, whoever counted is not overtaken.
    - `taken` gives, of many once keys, those that are taken, each with the id of the effect that took it. A `commit` of a step that takes a key
      which is taken raises CaseConflict: two cases never take the same. Within `locked`, what was committed in the block counts.
    - `book` is the ledger that the store keeps, and `payees` its registry of bank details.
    - `keep_definition` stores a version's content by its hash; the second time it does nothing. It raises VersionChanged
      where the same process and version was kept with another hash.
    - What JSON or a column cannot hold is an InvalidInput, and nothing is written.
    - `definition` gives the content of a hash back, or None where it was not kept.
    - `join` gives the same store writing through a caller's own open transaction, which the caller ends;
      a `commit` that raises leaves nothing of its own in that transaction.
    - `sent` yields all that a case ever put into the outbox, delivered or not, as far as the store keeps it, in order of writing.
    - `rewrite` changes what was written about a case before, in place: lines of its journal, and what is in the outbox, each in the stead of
      the one of the same revision or id. `quoting` is what becomes of texts that may quote what they hold: why a delivery failed. What
      is for another recipient now is set aside, where it is not delivered. Only redactions do this.
    - `redact_copies` takes what a redacting step erases out of copies that the store made of itself, and returns their names.
    - `directory` is the one that the store keeps, written and read through the same connection.
    - `rehearsal` says whether the database was made to rehearse in: only there may the clock be in the future.
    - Whatever the world does wrong is a WorldError.
    """

    def load(self, case: str, event: str, person: str = "") -> Loaded: ...
    def commit(self, step: Step) -> Entry: ...
    def locked(self, wanted: Sequence[tuple[str, str]]) -> AbstractContextManager[Store]: ...
    def claimed(self, now: datetime, limit: int) -> AbstractContextManager[tuple[Sequence[DueTimer], Store]]: ...
    def claimed_messages(
        self, limit: int, now: datetime, until: datetime, *, only_to_cases: bool = False
    ) -> AbstractContextManager[tuple[Sequence[Outgoing], Store]]: ...
    def await_due(self, seconds: float, until: datetime, pause: Callable[[float], Any]) -> None: ...
    def journal(self, case: str) -> Iterator[Entry]: ...
    def histories(
        self, process: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Iterator[JournalLine]: ...
    def due(self, now: datetime, limit: int) -> Sequence[DueTimer]: ...
    def outgoing(self, limit: int) -> Sequence[Outgoing]: ...
    def delivered(self, effect: str, at: datetime) -> None: ...
    def undelivered(self, effect: str, error: str, *, set_aside: bool, not_before: datetime | None = None) -> None: ...
    def next_due(self) -> datetime | None: ...
    def backlog(self, now: datetime) -> Backlog: ...
    def set_aside(self, limit: int, case: str | None = None) -> Sequence[SetAside]: ...
    def put_back(self, case: str, effect: str) -> bool: ...
    def cases(self, query: CaseQuery) -> Iterator[CaseLine]: ...
    def count(self, process: str, person: str) -> Load: ...
    def worklist(self, query: WorkQuery) -> Iterator[Found]: ...
    def taken(self, keys: Collection[str]) -> Mapping[str, str]: ...
    def book(self) -> Book: ...
    def payees(self) -> PayeeRegistry: ...
    def keep_definition(self, hash: str, process: str, version: int, content: Mapping[str, Any]) -> None: ...  # noqa: A002
    def definition(self, hash: str) -> Mapping[str, Any] | None: ...  # noqa: A002
    def sent(self, case: str) -> Sequence[Outgoing]: ...
    def rewrite(
        self, case: str, lines: Sequence[Entry], messages: Sequence[Outbound], quoting: Callable[[str], str]
    ) -> None: ...
    def redact_copies(self, step: Step) -> Sequence[str]: ...
    def directory(self) -> KeptDirectory: ...
    def join(self, connection: Any) -> Store: ...
    def rehearsal(self) -> bool: ...
    def close(self) -> None: ...


class Catalogue(Protocol):
    """Where definitions come from.

    `latest` gives the definition of the newest version of a process, `version` that of one version; both raise
    UnknownProcess (saying what there is) or InvalidDefinition. `compiled` gives the definition of a content hash, and asks
    `content` for what a store kept only where it has not compiled it before.
    """

    def processes(self) -> Mapping[str, Sequence[int]]: ...
    def latest(self, process: str) -> Definition: ...
    def version(self, process: str, version: int) -> Definition: ...
    def compiled(self, hash: str, content: Callable[[], Mapping[str, Any]]) -> Definition: ...  # noqa: A002


class Clock(Protocol):
    """What time it is: an aware instant in UTC."""

    def now(self) -> datetime: ...


class Ids(Protocol):
    """New ids for events and cases that came without one."""

    def new(self) -> str: ...


class Bank(Protocol):
    """How money leaves: the format in which a bank takes orders.

    - `units` are those that it takes; None: any.
    - `objection` says in words that go on from a name what stands against paying somebody so many minor units of a unit, with the details
      that are known of them (None: there are none), or, where no amount is given, against taking the money from them; None: nothing.
    - `fault` says in a sentence, without its stop, what is wrong with bank details themselves, whoever has them: no bank has such a number; None: nothing.
    - `file` returns the order for a whole batch: the same batch gives the same bytes.
    - All raise WorldError where this machine lacks something.
    """

    format: str
    units: Collection[str] | None

    def objection(self, payee: Payee | None, unit: str, amount: int | None = None) -> str | None: ...
    def fault(self, payee: Payee) -> str | None: ...
    def file(self, batch: Batch) -> File: ...


class Renderer(Protocol):
    """Makes documents.

    `make` returns what a file of a document in a format holds; the same data, format and instant give the same. Raises
    Undeliverable where template and data do not fit each other, and WorldError where this machine lacks something.
    """

    def make(self, rule: DocumentRule, data: Mapping[str, Any], kind: str, at: datetime) -> bytes: ...


@runtime_checkable
class Delivery(Protocol):
    """Takes a message to the world. `message.id` tells a repetition.

    Raises WorldError where it could not, and Undeliverable where it never will; with a fact `retry_after`, in seconds, the next
    attempt is not made before. It takes well under a minute, whatever the world does.
    """

    def deliver(self, case: str, message: Message) -> Answer | None: ...


@runtime_checkable
class Rewritable(Protocol):
    """A delivery that keeps what it delivered, and can write it anew: as files in a folder.

    `rewrite` puts a message in the place of what it keeps under the message's id, and says whether there was anything. Raises WorldError where it could not.
    """

    def rewrite(self, case: str, message: Message) -> bool: ...
