"""What became of the cases of a process, period by period and group by group, and whether its targets were kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from caseway.engine.actor import Actor
from caseway.engine.calendar import is_zone
from caseway.engine.definition import Definition, LevelRule, Text
from caseway.engine.outcome import Refusal
from caseway.engine.period import PERS, Per, Period, Periods, before
from caseway.engine.tally import Count, Group, Scope, Standing, Tally, median, percentile
from caseway.engine.timestamp import instant_text

HIGH = 90
"""The percentile that is told of times in states, besides the median."""


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """What a report is asked for; None: as the process declares it.

    `begin` and `end` bound the instants that count, the end not included; as a date, the day's midnight in the zone of the report,
    and for the end the whole day counts. Without a beginning, the `last` so many periods count, the present one among
    them, or all that there are. `by` is `case.` and the path of a text in the data; empty, for telling no groups apart.
    """

    process: str | None = None
    begin: date | datetime | None = None
    end: date | datetime | None = None
    last: int | None = None
    per: Per | None = None
    by: str | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """How long the stays in a state lasted that ended in a period: their median, and what at least 90 percent did not exceed."""

    state: str
    count: int
    median: timedelta
    percentile_90: timedelta


@dataclass(frozen=True, slots=True)
class LevelCount:
    """How many runs of a service level were met and breached in a period, and the targets that they are held against."""

    level: str
    title: Text
    met: int = 0
    breached: int = 0
    least_on_time: int | None = None
    most_late: int | None = None

    @property
    def on_time(self) -> float | None:
        """The percentage of the runs that were on time. None: there were none."""
        runs = self.met + self.breached
        return 100 * self.met / runs if runs else None

    @property
    def is_below(self) -> bool:
        """Say whether too small a share of the runs was on time."""
        return self.least_on_time is not None and 100 * self.met < self.least_on_time * (self.met + self.breached)

    @property
    def is_exceeded(self) -> bool:
        """Say whether too many runs were late."""
        return self.most_late is not None and self.breached > self.most_late

    @property
    def has_target(self) -> bool:
        return self.least_on_time is not None or self.most_late is not None

    @property
    def missed(self) -> int:
        """How many targets were missed."""
        return self.is_below + self.is_exceeded


@dataclass(frozen=True, slots=True)
class Row:
    """What happened in one period to the cases of one group.

    `closed` counts how often a case became closed, so one that was reopened counts again; `final` those that ended. `is_over`
    is false where the period goes on, or was not looked at from its beginning to its end.
    """

    period: Period
    group: Group
    is_over: bool
    opened: int
    closed: int
    final: int
    stays: tuple[Stays, ...]
    levels: tuple[LevelCount, ...]


@dataclass(frozen=True, slots=True)
class LevelStanding:
    """How many runs of a service level run now, stand still, or are late and still not met."""

    level: str
    title: Text
    running: int
    standing: int
    late: int


@dataclass(frozen=True, slots=True)
class Present:
    """How the cases of one group stand now: those that are open, by the leaves that they are in, and their service levels."""

    group: Group
    open: int
    states: Mapping[str, int]
    levels: tuple[LevelStanding, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The report on one process. `by` names the field that tells groups apart, and is empty where nothing does."""

    process: str
    title: Text
    per: Per
    zone: str
    by: str
    begin: datetime | None
    end: datetime | None
    rows: tuple[Row, ...]
    present: tuple[Present, ...]

    @property
    def missed(self) -> int:
        """How many targets were missed, in all periods and groups."""
        return sum(level.missed for row in self.rows for level in row.levels)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of cases, as their journals told at one instant, process by process."""

    at: datetime
    sections: tuple[Section, ...] = field(default=())

    @property
    def missed(self) -> int:
        """How many targets were missed."""
        return sum(section.missed for section in self.sections)


def scope_of(query: ReportQuery, definition: Definition, now: datetime) -> Scope:
    """Return what a query asks to be counted of a process; raise ValueError with a sentence where it cannot be."""
    rule = definition.report
    periods = Periods(_per(query.per) or rule.per, _zone(query.zone) or rule.zone)
    begin = _instant(query.begin, periods.midnight)
    end = _instant(query.end, periods.next_midnight)
    if begin is None and query.last is not None:
        latest = now if end is None or end > now else before(end)
        begin = periods.back(latest, query.last - 1).begin
    if begin is not None and end is not None and begin >= end:
        raise ValueError(
            f"The report would begin at {instant_text(begin)} and end at {instant_text(end)}; it must end later."
        )
    return Scope(periods, _by(query, definition), begin, end, now)


def grouping_refusal(definition: Definition, scope: Scope, actor: Actor | None) -> Refusal | None:
    """Return why an actor may not have these cases counted: the names of the groups would show what is hidden from them."""
    for depth, shape in enumerate(shapes_along(definition.data.schema, scope.by), start=1):
        named: Sequence[str] = shape.get("x-visible-to") or ()
        if actor is not None and named and actor.roles.isdisjoint(named):
            field_name = ".".join(("case", *scope.by[:depth]))
            return Refusal(
                "not-allowed",
                f"The report on {definition.process} is by {field_name}, which only {', '.join(named)} may see; {actor} may not. "
                "Without groups it tells nothing of it.",
                {"process": definition.process, "field": field_name, "by": list(named), "actor": str(actor)},
            )
    return None


def section(definition: Definition, scope: Scope, tally: Tally, now: datetime) -> Section:
    """Write down what was counted for a process. Its newest definition names the states and service levels, and sets the targets."""
    states = {path: place for place, path in enumerate(definition.states)}
    counts = ((group, count) for group, of_group in tally.counts.items() for count in of_group.values())
    ordered = sorted(counts, key=lambda each: (each[1].period.begin, *_order(each[0])))
    return Section(
        process=definition.process,
        title=definition.title,
        per=scope.periods.per,
        zone=scope.periods.zone,
        by=".".join(("case", *scope.by)) if scope.by else "",
        begin=scope.begin,
        end=scope.end,
        rows=tuple(
            _row(definition, states, group, count, is_over=_is_over(count.period, scope, now))
            for group, count in ordered
        ),
        present=tuple(
            _present(definition, states, group, tally.standings[group]) for group in sorted(tally.standings, key=_order)
        ),
    )


def shapes_along(schema: Mapping[str, Any], path: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the shape of every field on the way along a path, for as far as they are declared."""
    for name in path:
        free = schema.get("additionalProperties")
        found = (schema.get("properties") or {}).get(name, free)
        if not isinstance(found, Mapping):
            return
        yield found
        schema = found


def is_text(schema: Mapping[str, Any]) -> bool:
    """Say whether a field of this shape holds a text, or null."""
    kinds = schema.get("type")
    if kinds is None:
        values = schema["enum"] if "enum" in schema else [schema.get("const")]
        return any(isinstance(value, str) for value in values)
    return "string" in (kinds if isinstance(kinds, list) else [kinds])


def report_record(report: Report) -> dict[str, Any]:
    """Write a report as JSON, in the form that `report --json` promises."""
    return {
        "at": instant_text(report.at),
        "missed": report.missed,
        "sections": [_section_record(each) for each in report.sections],
    }


def _section_record(section: Section) -> dict[str, Any]:
    return {
        "process": section.process,
        "title": dict(section.title),
        "per": section.per,
        "zone": section.zone,
        "by": section.by or None,
        "begin": section.begin and instant_text(section.begin),
        "end": section.end and instant_text(section.end),
        "missed": section.missed,
        "periods": [_row_record(row) for row in section.rows],
        "now": [_present_record(present) for present in section.present],
    }


def _row_record(row: Row) -> dict[str, Any]:
    return {
        "period": row.period.name,
        "begin": instant_text(row.period.begin),
        "end": instant_text(row.period.end),
        "over": row.is_over,
        "group": row.group,
        "opened": row.opened,
        "closed": row.closed,
        "final": row.final,
        "states": [
            {
                "state": stays.state,
                "stays": stays.count,
                "median_seconds": stays.median.total_seconds(),
                "percentile_90_seconds": stays.percentile_90.total_seconds(),
            }
            for stays in row.stays
        ],
        "service_levels": [
            {
                "service_level": level.level,
                "met": level.met,
                "breached": level.breached,
                "on_time": level.on_time,
                "target": {"on_time": level.least_on_time, "late": level.most_late},
                "missed": {"on_time": level.is_below, "late": level.is_exceeded},
            }
            for level in row.levels
        ],
    }


def _present_record(present: Present) -> dict[str, Any]:
    return {
        "group": present.group,
        "open": present.open,
        "states": dict(present.states),
        "service_levels": [
            {"service_level": level.level, "running": level.running, "standing": level.standing, "late": level.late}
            for level in present.levels
        ],
    }


def _per(per: Per | None) -> Per | None:
    if per is not None and per not in PERS:
        raise ValueError(f'"{per}" is not a period that reports count by; say {", ".join(PERS)}.')
    return per


def _zone(zone: str | None) -> str | None:
    if zone and not is_zone(zone):
        raise ValueError(f'"{zone}" is not a time zone; give the IANA name of one, as in Europe/Amsterdam or UTC.')
    return zone


def _by(query: ReportQuery, definition: Definition) -> tuple[str, ...]:
    if query.by is None:
        return definition.report.by or ()
    if not query.by:
        return ()
    root, *path = query.by.split(".")
    shapes = list(shapes_along(definition.data.schema, path))
    if root != "case" or not path or len(shapes) < len(path):
        raise ValueError(
            f'"{query.by}" is not a field of the data of {definition.process}; write case. and the name of a field, '
            f"such as case.{_example(definition)}."
        )
    if not is_text(shapes[-1]):
        raise ValueError(f'The field "{query.by}" of {definition.process} holds no text, so it cannot name groups.')
    return tuple(path)


def _example(definition: Definition) -> str:
    fields: Mapping[str, Any] = definition.data.schema.get("properties") or {}
    return next((name for name, shape in fields.items() if is_text(shape)), "region")


def _is_over(period: Period, scope: Scope, now: datetime) -> bool:
    is_whole = (scope.begin is None or scope.begin <= period.begin) and (scope.end is None or period.end <= scope.end)
    return is_whole and period.end <= now


def _row(definition: Definition, states: Mapping[str, int], group: Group, count: Count, *, is_over: bool) -> Row:
    return Row(
        period=count.period,
        group=group,
        is_over=is_over,
        opened=count.opened,
        closed=count.closed,
        final=count.final,
        stays=tuple(_stays(path, count.stays[path]) for path in _in_order(count.stays, states)),
        levels=tuple(_level_count(rule, count) for rule in definition.levels.values()),
    )


def _stays(state: str, seconds: Iterable[float]) -> Stays:
    ordered = sorted(seconds)
    return Stays(state, len(ordered), timedelta(seconds=median(ordered)), timedelta(seconds=percentile(ordered, HIGH)))


def _level_count(rule: LevelRule, count: Count) -> LevelCount:
    return LevelCount(rule.name, rule.title, count.met[rule.name], count.breached[rule.name], rule.on_time, rule.late)


def _present(definition: Definition, states: Mapping[str, int], group: Group, standing: Standing) -> Present:
    return Present(
        group=group,
        open=standing.open,
        states={path: standing.states[path] for path in _in_order(standing.states, states)},
        levels=tuple(
            LevelStanding(name, rule.title, standing.running[name], standing.standing[name], standing.late[name])
            for name, rule in definition.levels.items()
        ),
    )


def _in_order(paths: Iterable[str], states: Mapping[str, int]) -> Sequence[str]:
    """Put states in the order of the document; those that only older versions have come last."""
    return sorted(paths, key=lambda path: (states.get(path, len(states)), path))


def _order(group: Group) -> tuple[bool, str]:
    return group is None, group or ""


def _instant(moment: date | datetime | None, of_day: Callable[[date], datetime]) -> datetime | None:
    """Return the instant that is meant by one, or by a day."""
    if isinstance(moment, datetime) and moment.tzinfo is None:
        raise ValueError(f"The instant {moment.isoformat()} has no time zone; write it with an offset, such as Z.")
    return moment if moment is None or isinstance(moment, datetime) else of_day(moment)
