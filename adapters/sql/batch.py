"""Many steps that are written together."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter

from caseway.adapters.sql.commit import moved_by_others, rows_of
from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.load import load
from caseway.adapters.sql.row import Row, document, read_case, read_entry, read_person, unlisted_row
from caseway.adapters.sql.statement import HOLD, KNOWN, PERSON
from caseway.adapters.sql.taken import taken
from caseway.adapters.sql.write import Rows, no_repetitions, repeated, write
from caseway.engine.case import Case
from caseway.engine.case_record import case_record
from caseway.engine.errors import CaseConflict
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, Step
from caseway.engine.person import Person
from caseway.engine.ports import Loaded


class Batch:
    """The cases that a transaction holds as they will be, and what is yet to be written of them.

    What the rows already seen tell is a conflict at once; what only the database knows is one when all is written.
    """

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._stored: dict[str, str] = {}  # documents of cases that were read ahead, until somebody asks for them
        self._cases: dict[str, Case] = {}
        self._known: dict[tuple[str, str], Entry | None] = {}
        self._moves: dict[str, Row] = {}  # the last row of each case
        self._armed: dict[str, Row] = {}
        self._changed: dict[str, Row] = {}
        self._listed: dict[tuple[str, ...], Row] = {}
        self._taken: dict[str, str] = {}  # once keys, by the effects that take them
        self._rows = Rows()

    def hold(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Hold cases against everybody else, and read them and the outcomes of the wanted event ids ahead.

        SQLite lets in one writer at a time, and reading each when it is asked for costs no way to a server.
        """
        if self._cursor.speaks != "postgresql" or not wanted:
            return
        held = self._cursor.rows(HOLD, {"wanted_cases": sorted({case for case, _ in wanted})})
        self.take({case: stored for case, stored in held})  # noqa: C416 - rows, not pairs
        # Only now, in a statement of its own: the one that waited for the locks does not see what was written meanwhile.
        asked = [{"wanted_case": case, "wanted_event": event} for case, event in wanted]
        known = self._cursor.rows(KNOWN, {"wanted": document(asked, "what was asked for")})
        self._known.update(dict.fromkeys(wanted))
        self._known.update({(case, event): read_entry(line) for case, event, line in known})

    def take(self, documents: Mapping[str, str]) -> None:
        """Take the documents of cases that are held already."""
        self._stored.update(documents)

    def load(self, case: str, event: str, person: str = "") -> Loaded:
        """Give a case as it will be. An empty event id asks for no outcome, and an empty id for no person."""
        held = self._held(case)
        if held is not None and (not event or (case, event) in self._known):
            return Loaded(held, self._known.get((case, event)), self._person(person) if person else None)
        found = load(self._cursor, case, event, person)
        self._known[case, event] = found.known
        return replace(found, case=self._cases.setdefault(case, found.case))

    def taken(self, keys: Collection[str]) -> Mapping[str, str]:
        """Return those once keys that are taken, or will be when all is written."""
        return taken(self._cursor, keys) | {key: self._taken[key] for key in keys if key in self._taken}

    def add(self, step: Step) -> Entry:
        """Keep a step, to be written with the others."""
        self._assert_fits(step)
        after = case_record(step.after)
        line = entry(step, after)
        new = rows_of(step, line, after)  # raises before anything is kept
        if any(row["once_key"] in self._taken for row in new.taken):
            raise repeated(step, "once")
        for row in (*new.opened, *new.moved):
            self._move(row)
        self._rows.journal += new.journal
        self._rows.messages += new.messages
        self._rows.postings += new.postings
        self._rows.taken += new.taken
        self._taken.update((row["once_key"], row["once_effect"]) for row in new.taken)
        self._rows.loads += new.loads
        self._add_timers(new)
        self._add_work(new)
        self._cases[line.case] = step.after
        self._known[line.case, step.event.id] = line
        return line

    def flush(self) -> None:
        """Write what is not written yet. Raises CaseConflict where any of it cannot be: then the caller undoes all."""
        if not self._rows.journal:
            return
        rows = self._rows
        for row in self._moves.values():
            (rows.moved if row["case_was"] else rows.opened).append(row)
        rows.armed, rows.changed = list(self._armed.values()), list(self._changed.values())
        rows.listed = list(self._listed.values())
        rows.taken.sort(key=itemgetter("once_key"))  # as everybody does
        self._moves, self._armed, self._changed, self._listed, self._rows = {}, {}, {}, {}, Rows()
        with no_repetitions():
            is_written = write(self._cursor, rows)
        if not is_written:
            raise CaseConflict(
                "One of several cases was moved by somebody else after it was read, so none of the steps was written; "
                "send each event by itself."
            )

    def _person(self, id: str) -> Person | None:  # noqa: A002 - the glossary's word
        rows = self._cursor.rows(PERSON, {"wanted_person": id})
        return read_person(rows[0][0]) if rows else None

    def _held(self, case: str) -> Case | None:
        if case in self._stored:
            self._cases[case] = read_case(self._stored.pop(case))
        return self._cases.get(case)

    def _assert_fits(self, step: Step) -> None:
        before, event = step.before, step.event.id
        held = self._held(before.id)
        if held is not None and held.revision != before.revision:
            if not before.revision:
                raise CaseConflict(f"Case {before.id} exists already; give the new one another id.", case=before.id)
            raise moved_by_others(step)
        if self._known.get((before.id, event)):
            raise CaseConflict(
                f'The journal of case {before.id} has the event id "{event}" already; read the case again for its outcome.',
                case=before.id,
                event=event,
            )

    def _move(self, row: Row) -> None:
        earlier = self._moves.get(row["case_id"])
        self._moves[row["case_id"]] = row if earlier is None else row | {"case_was": earlier["case_was"]}

    def _add_timers(self, new: Rows) -> None:
        for row in new.gone:
            self._changed.pop(row["gone_id"], None)
            if self._armed.pop(row["gone_id"], None) is None:
                self._rows.gone.append(row)
        self._armed.update((row["timer_id"], row) for row in new.armed)
        for row in new.changed:
            self._change_timer(row)

    def _add_work(self, new: Rows) -> None:
        for row in new.unlisted:
            if self._listed.pop(tuple(row.values()), None) is None:
                self._rows.unlisted.append(row)
        self._listed.update((tuple(unlisted_row(row).values()), row) for row in new.listed)

    def _change_timer(self, row: Row) -> None:
        armed = self._armed.get(row["changed_id"])
        if armed is None:
            self._changed[row["changed_id"]] = row
        else:
            armed |= {
                "timer_name": row["changed_name"],
                "timer_due": row["changed_due"],
                "timer_fault": row["changed_fault"],
            }
