"""The one write of a step: case, journal, timers, outbox, postings."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from caseway.adapters.sql.cursor import Cursor
from caseway.adapters.sql.row import (
    case_row,
    changed_timer_row,
    journal_row,
    load_row,
    once_row,
    outbox_row,
    posting_row,
    timer_row,
    unlisted_row,
    work_row,
)
from caseway.adapters.sql.trouble import is_repetition, violated
from caseway.adapters.sql.write import Rows, repeated, write
from caseway.engine.case_record import Record, case_record
from caseway.engine.effect import OUTBOUND
from caseway.engine.errors import CaseConflict
from caseway.engine.journal import entry
from caseway.engine.outcome import Entry, Step
from caseway.engine.posting import once_keys, postings
from caseway.engine.worklist import reindexed


def commit(cursor: Cursor, step: Step) -> Entry:
    """Write a step, in a transaction that the caller undoes if this raises."""
    after = case_record(step.after)
    line = entry(step, after)
    rows = rows_of(step, line, after)
    try:
        is_written = write(cursor, rows)
    except IntegrityError as error:
        if is_repetition(error):
            raise repeated(step, violated(error)) from error
        raise
    if not is_written:
        raise moved_by_others(step)
    return line


def rows_of(step: Step, line: Entry, after: Record) -> Rows:
    """Return what a step writes, after which the case has this record. Raises InvalidInput for what cannot be written."""
    row = case_row(step, after)
    rows = Rows(opened=[] if step.before.revision else [row], moved=[row] if step.before.revision else [])
    rows.journal.append(journal_row(line))
    if step.before.timers != step.after.timers:
        _add_timers(rows, step)
    if step.before.work or step.after.work:
        _add_work(rows, step)
    rows.messages += [outbox_row(step.after.id, effect) for effect in step.effects if isinstance(effect, OUTBOUND)]
    rows.postings += [posting_row(posted) for posted in postings(step)]
    # Everybody takes keys in this order, so that nobody waits for each other.
    rows.taken += [once_row(step.after.id, key, effect) for key, effect in sorted(once_keys(step).items())]
    return rows


def moved_by_others(step: Step) -> CaseConflict:
    """Say that a case is not as it was read."""
    case, revision = step.before.id, step.before.revision
    return CaseConflict(
        f"Case {case} was moved by somebody else after it was read at revision {revision}; "
        "read it again and repeat the event.",
        case=case,
        revision=revision,
    )


def _add_work(rows: Rows, step: Step) -> None:
    new = reindexed(step.before, step.after)
    if new is not None:
        rows.unlisted += [unlisted_row(work_row(row)) for row in new.gone]
        rows.listed += [work_row(row) for row in new.come]
    if step.load is not None:
        rows.loads.append(load_row(step.load))


def _add_timers(rows: Rows, step: Step) -> None:
    before, after = {t.id: t for t in step.before.timers}, {t.id: t for t in step.after.timers}
    rows.gone += [{"gone_id": timer} for timer in before if timer not in after]
    for timer in after.values():
        known = before.get(timer.id)
        if known is None:
            rows.armed.append(timer_row(step.after, timer))
        elif known != timer:
            rows.changed.append(changed_timer_row(timer))
