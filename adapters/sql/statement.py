"""The statements that an event needs, declared in Core. Their values are the rows of `row`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BindParameter,
    Column,
    ColumnElement,
    Delete,
    Executable,
    Insert,
    Table,
    TableValuedAlias,
    Text,
    Update,
    and_,
    any_,
    bindparam,
    cast,
    column,
    delete,
    exists,
    false,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from caseway.adapters.sql.column import Instant, instant_text
from caseway.adapters.sql.table import (
    AT_ONCE,
    awaited,
    case,
    definition,
    journal,
    load,
    once,
    outbox,
    person,
    posting,
    timer,
    work,
)


def _key(column: Column[Any]) -> str:
    return f"{column.table.name.removeprefix('caseway_')}_{column.name}"


def _plain(column: Column[Any]) -> TypeEngine[Any]:
    """Return the type in which a driver takes a column's values: instants come as text already."""
    kind: TypeEngine[Any] = column.type
    return Text() if isinstance(kind, (Text, Instant)) else kind


def _bound(column: Column[Any]) -> BindParameter[Any]:
    return bindparam(_key(column), type_=_plain(column))


def _inserted(table: Table, columns: Sequence[Column[Any]]) -> Insert:
    return insert(table).values({each.name: _bound(each) for each in columns} | _fresh(table))


def _fresh(table: Table) -> dict[str, ColumnElement[Any]]:
    """What is the same in every new row."""
    if table is not outbox:
        return {}
    return {
        "attempts": literal_column("0"),
        "set_aside": false(),
        "not_before": literal_column(f"'{instant_text(AT_ONCE)}'"),
    }


_SENT = (outbox.c.effect, outbox.c.case, outbox.c.recipient, outbox.c.document)
_POSTED = tuple(each for each in posting.c if each.name != "seq")
_LISTED = tuple(each for each in work.c if each.name != "seq")
_UNLISTED = (work.c.case, work.c.state, work.c.item, work.c.person)
_MOVED = tuple(each for each in case.c if each.name not in {"id", "opened_at"})
_CHANGED = (timer.c.name, timer.c.due, timer.c.fault)
_WAS = bindparam("case_was", type_=case.c.revision.type)

# What every database does, a row at a time.

LOAD = (
    select(case.c.document.label("stored"), journal.c.document.label("known"))
    .select_from(case)
    .outerjoin(
        journal, and_(journal.c.case == case.c.id, journal.c.event_id == bindparam("wanted_event", type_=Text()))
    )
    .where(case.c.id == bindparam("wanted_case", type_=Text()))
)
PERSON = select(person.c.document).where(person.c.id == bindparam("wanted_person", type_=Text()))
# A sub-select, so that whoever acts without a name pays nothing, and whoever has one no way to a server.
LOAD_BOTH = LOAD.add_columns(PERSON.scalar_subquery().label("person"))
KEPT = select(definition.c.hash).where(definition.c.hash == bindparam("wanted_hash", type_=Text()))
OPEN = _inserted(case, tuple(case.c))
MOVE = (
    update(case)
    .where(case.c.id == _bound(case.c.id), case.c.revision == _WAS)
    .values({each.name: _bound(each) for each in _MOVED})
)
WRITE = _inserted(journal, tuple(journal.c))
DISARM = delete(timer).where(timer.c.id == bindparam("gone_id", type_=Text()))
ARM = _inserted(timer, tuple(timer.c))
CHANGE = (
    update(timer)
    .where(timer.c.id == bindparam("changed_id", type_=Text()))
    .values({each.name: bindparam(f"changed_{each.name}", type_=_plain(each)) for each in _CHANGED})
)
SEND = _inserted(outbox, _SENT)
POST = _inserted(posting, _POSTED)
TAKE = _inserted(once, tuple(once.c))
LIST = _inserted(work, _LISTED)
UNLIST = delete(work).where(
    *(each.is_not_distinct_from(bindparam(f"unlisted_{each.name}", type_=Text())) for each in _UNLISTED)
)

# Which of many once keys are taken, all of them told as one JSON text.
_KEYS = bindparam("wanted_keys", type_=Text())
_ON_SQLITE = func.json_each(_KEYS).table_valued("value")
_ON_POSTGRESQL = func.json_array_elements_text(cast(_KEYS, JSON)).table_valued("value")
_TAKEN = select(once.c.key, once.c.effect)
TAKEN_ON_SQLITE = _TAKEN.join(_ON_SQLITE, once.c.key == _ON_SQLITE.c.value)
TAKEN_ON_POSTGRESQL = _TAKEN.join(_ON_POSTGRESQL, once.c.key == _ON_POSTGRESQL.c.value)

# How much claimed work a person has; its revision moves with each gift that relied on the count.
COUNT = select(
    select(func.count())
    .where(work.c.person == bindparam("load_person", type_=Text()))
    .where(work.c.process == bindparam("load_process", type_=Text()), work.c.kind == literal_column("'mine'"))
    .scalar_subquery()
    .label("held"),
    select(load.c.revision)
    .where(load.c.process == bindparam("load_process", type_=Text()))
    .where(load.c.person == bindparam("load_person", type_=Text()))
    .scalar_subquery()
    .label("revision"),
)
_OF_LOAD = (load.c.process, load.c.person)
_LOAD_WAS = bindparam("load_was", type_=load.c.revision.type)
_ONE: ColumnElement[int] = literal_column("1")
_GIVEN = {
    **{each.name: bindparam(f"load_{each.name}", type_=Text()) for each in _OF_LOAD},
    "revision": _LOAD_WAS + _ONE,
}
_OVERTAKEN: dict[str, Any] = {
    "index_elements": _OF_LOAD,
    "set_": {"revision": load.c.revision + _ONE},
    "where": load.c.revision == _LOAD_WAS,
}
# Moves the revision if it is the one that was read, and else changes nothing.
GIVE_ON_SQLITE = sqlite.insert(load).values(_GIVEN).on_conflict_do_update(**_OVERTAKEN)
GIVE_ON_POSTGRESQL = postgresql.insert(load).values(_GIVEN).on_conflict_do_update(**_OVERTAKEN)
HOLD_LOAD = (
    postgresql.insert(load)
    .values({**_GIVEN, "revision": literal_column("0")})
    .on_conflict_do_update(index_elements=_OF_LOAD, set_={"revision": load.c.revision})
)


# What PostgreSQL does to many rows at a time. They come as one JSON text for each table, which costs a driver far less than
# lists of what may hold JSON itself, and are read in their order.


def _told(name: str, columns: Iterable[tuple[str, TypeEngine[Any]]]) -> TableValuedAlias:
    """Return the rows in the value `name` as a table, with columns named as the rows name them."""
    named = [column(key, kind) for key, kind in columns]
    rows = func.json_to_recordset(cast(bindparam(name, type_=Text()), JSON))
    return rows.table_valued(*named).render_derived(with_types=True)


def _inserted_all(name: str, table: Table, columns: Sequence[Column[Any]], *where: ColumnElement[bool]) -> Insert:
    told, fresh = _told(name, [(_key(each), _plain(each)) for each in columns]), _fresh(table)
    rows = select(*(told.c[_key(each)] for each in columns), *fresh.values()).where(*where)
    return insert(table).from_select([*(each.name for each in columns), *fresh], rows, include_defaults=False)


def _moved_all() -> Executable:
    told = _told("moved", [*((_key(each), _plain(each)) for each in case.c), ("case_was", case.c.revision.type)])
    return (
        update(case)
        .where(case.c.id == told.c.case_id, case.c.revision == told.c.case_was)
        .values({each.name: told.c[_key(each)] for each in _MOVED})
    )


def _changed_all(*where: ColumnElement[bool]) -> Update:
    told = _told("changed", [(f"changed_{each.name}", _plain(each)) for each in (timer.c.id, *_CHANGED)])
    return (
        update(timer)
        .where(timer.c.id == told.c.changed_id, *where)
        .values({each.name: told.c[f"changed_{each.name}"] for each in _CHANGED})
    )


def _disarmed_all(*where: ColumnElement[bool]) -> Delete:
    return delete(timer).where(timer.c.id == _told("gone", [("gone_id", Text())]).c.gone_id, *where)


OPEN_ALL = _inserted_all("opened", case, tuple(case.c))
MOVE_ALL = _moved_all()
WRITE_ALL = _inserted_all("journal", journal, tuple(journal.c))
DISARM_ALL = _disarmed_all()
ARM_ALL = _inserted_all("armed", timer, tuple(timer.c))
CHANGE_ALL = _changed_all()
SEND_ALL = _inserted_all("messages", outbox, _SENT)
POST_ALL = _inserted_all("postings", posting, _POSTED)
TAKE_ALL = _inserted_all("taken", once, tuple(once.c))
LIST_ALL = _inserted_all("listed", work, _LISTED)


def _unlisted_all(*where: ColumnElement[bool]) -> Delete:
    told = _told("unlisted", [(f"unlisted_{each.name}", _plain(each)) for each in _UNLISTED])
    same = [each.is_not_distinct_from(told.c[f"unlisted_{each.name}"]) for each in _UNLISTED if each.nullable]
    same += [each == told.c[f"unlisted_{each.name}"] for each in _UNLISTED if not each.nullable]
    return delete(work).where(*same, *where)


UNLIST_ALL = _unlisted_all()

CHANNEL = "caseway_due"
"""Where PostgreSQL tells waiting workers that a timer is due sooner than they wait."""

# Not for every timer: notices make the commits that send them wait for each other.
NOTICE = select(func.pg_notify(literal_column(f"'{CHANNEL}'"), literal_column("''"))).where(
    exists(select(awaited.c.worker).where(awaited.c.until > bindparam("earliest", type_=Text())))
)
AWAIT = insert(awaited).values(worker=bindparam("waiting_worker"), until=bindparam("waits_until"))
FORGET = delete(awaited).where(
    or_(awaited.c.worker == bindparam("waiting_worker"), awaited.c.until < bindparam("long_ago"))
)

_WANTED = bindparam("wanted_cases", type_=ARRAY(Text()))
HOLD = (
    select(case.c.id, case.c.document)
    .where(case.c.id == any_(_WANTED))
    .order_by(case.c.id)  # everybody takes locks in this order, so that nobody waits for each other
    .with_for_update(key_share=True)
)
_ASKED = _told("wanted", [("wanted_case", Text()), ("wanted_event", Text())])
KNOWN = select(journal.c.case, journal.c.event_id, journal.c.document).join(
    _ASKED, and_(journal.c.case == _ASKED.c.wanted_case, journal.c.event_id == _ASKED.c.wanted_event)
)


@cache
def step_at_once(
    *,
    opens: bool,
    disarms: bool,
    arms: bool,
    changes: bool,
    sends: bool,
    posts: bool,
    takes: bool = False,
    unlists: bool = False,
    lists: bool = False,
    gives: bool = False,
) -> Executable:
    """Return the one statement that writes a step where the case still has the revision that was read, and else nothing.

    It returns a row if it did. Case and journal are told value by value, all else as rows. `gives`: only where the revision of
    somebody's load is the one that was read, too.
    """
    moves = _moved_where_given() if gives else MOVE
    moved = (OPEN if opens else moves).returning(case.c.id).cte("moved")
    if_moved = exists(select(moved.c.id))
    line = select(moved.c.id, *(_bound(each) for each in journal.c if each.name != "case"))
    writes: dict[str, Insert | Update | Delete] = {
        "written": insert(journal).from_select([each.name for each in journal.c], line)
    }
    if disarms:
        writes["disarmed"] = _disarmed_all(if_moved)
    if arms:
        writes["armed"] = _inserted_all("armed", timer, tuple(timer.c), if_moved)
    if changes:
        writes["changed"] = _changed_all(if_moved)
    if sends:
        writes["sent"] = _inserted_all("messages", outbox, _SENT, if_moved)
    if posts:
        writes["posted"] = _inserted_all("postings", posting, _POSTED, if_moved)
    if takes:
        writes["taken"] = _inserted_all("taken", once, tuple(once.c), if_moved)
    if unlists:
        writes["gone"] = _unlisted_all(if_moved)
    if lists:
        writes["come"] = _inserted_all("listed", work, _LISTED, if_moved)
    told = [NOTICE.scalar_subquery().label("notice")] if arms else []
    return select(moved.c.id, *told).add_cte(*(write.cte(name) for name, write in writes.items()))


def _moved_where_given() -> Update:
    """Return MOVE for where somebody's load has the revision that was read.

    The case is locked first, as whoever holds cases does: else two could wait for each other. Where the load is at another revision
    nothing is written; where it moves, the case does, too.
    """
    held = select(case.c.id).where(case.c.id == _bound(case.c.id), case.c.revision == _WAS)
    locked = held.with_for_update(key_share=True).cte("locked")
    gift = select(*_GIVEN.values()).where(exists(select(locked.c.id)))
    given = (
        postgresql.insert(load)
        .from_select(list(_GIVEN), gift, include_defaults=False)
        .on_conflict_do_update(**_OVERTAKEN)
        .returning(load.c.revision)
        .cte("given")
    )
    return MOVE.where(exists(select(given.c.revision)))
