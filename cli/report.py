"""`caseway report`: what became of cases, period by period, and whether targets were kept."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from caseway.cli.completion import process_names
from caseway.cli.moment import Moment
from caseway.cli.option import Setting, Verb, with_setting
from caseway.cli.output import print_document, print_shown, say, table

if TYPE_CHECKING:
    from rich.text import Text

    from caseway.engine.period import Per
    from caseway.engine.report import LevelCount, Report, Row, Section

LAST = 4
"""How many periods are told of where nobody says which."""

MISSED = 4
"""The exit code where a target was missed and somebody wants to hear of it."""

_PERS = ("day", "week", "month")
_TABLES = ("levels", "states", "now")


@click.command(cls=Verb)
@click.argument("process", required=False, shell_complete=process_names)
@click.option(
    "--from", "begin", type=Moment(), metavar="WHEN", help="From this day on, such as 2026-03-02, or instant."
)
@click.option("--to", "end", type=Moment(), metavar="WHEN", help="Up to this day, it included, or up to an instant.")
@click.option(
    "--last",
    type=click.IntRange(min=1, max=10_000),
    metavar="N",
    help=f"Without --from: the last N periods, the present one among them.  [default: {LAST}]",
)
@click.option("--all-time", is_flag=True, help="All periods that there are.")
@click.option(
    "--per", type=click.Choice(_PERS), help="The length of a period.  [default: as the process says, else week]"
)
@click.option(
    "--by",
    metavar="CASE.PATH",
    help="The text in the data of cases that tells groups apart, such as case.region.  [default: as the process says]",
)
@click.option("--no-groups", is_flag=True, help="Count all cases of a process together.")
@click.option(
    "--zone",
    metavar="ZONE",
    help="Whose days count, such as Europe/Amsterdam.  [default: as the process says, else UTC]",
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a row for each period, group and service level.")
@click.option(
    "--table",
    "which",
    type=click.Choice(_TABLES),
    help="Which CSV: `levels`, `states` for the time in each state, or `now` for what is open.  [default: levels]",
)
@click.option("--fail-on-target", is_flag=True, help=f"Exit with {MISSED} where a target is missed.")
@with_setting
def report(
    setting: Setting,
    *,
    process: str | None,
    begin: date | datetime | None,
    end: date | datetime | None,
    last: int | None,
    all_time: bool,
    per: Per | None,
    by: str | None,
    no_groups: bool,
    zone: str | None,
    as_csv: bool,
    which: str | None,
    fail_on_target: bool,
) -> int:
    """Count the cases of PROCESS, or of all processes, and hold their service levels against the targets.

    What happened is counted in the period in which it happened; what is open or running, as it is now. The time in a state is that of the
    stays that ended in the period.
    """
    from caseway.engine.report import ReportQuery, report_record

    _assert_one("--from, --last and --all-time", begin is not None, last is not None, all_time)
    _assert_one("--by and --no-groups", by is not None, no_groups)
    _assert_one("--json and --csv", setting.json, as_csv or which is not None)
    query = ReportQuery(
        process=process,
        begin=begin,
        end=end,
        last=None if all_time else last or LAST,
        per=per,
        by="" if no_groups else by,
        zone=zone,
    )
    with setting.runtime() as runtime:
        made = runtime.report(query, actor=setting.actor, now=setting.now)
    if setting.json:
        print_document(report_record(made))
    elif as_csv or which is not None:
        _print_csv(made, which or "levels")
    else:
        _print(made, setting.language or "en")
    return MISSED if fail_on_target and made.missed else 0


def _assert_one(names: str, *given: bool) -> None:
    if sum(given) > 1:
        raise click.UsageError(f"Of {names}, give one.")


# for people


def _print(made: Report, language: str) -> None:
    for index, section in enumerate(made.sections):
        if index:
            click.echo()
        _print_section(made, section, language)
    if not made.sections:
        say("There are no processes.")


def _print_section(made: Report, section: Section, language: str) -> None:
    from rich.text import Text

    from caseway.adapters.diagnostic import escaped
    from caseway.engine.definition import speak

    title = speak(section.title, language)
    head = Text(section.process, "bold", overflow="fold")
    head.append(f"  {escaped(title)}" if title else "", "not bold")
    if section.missed:
        head.append(f"  {section.missed} {'target' if section.missed == 1 else 'targets'} MISSED", "bold red")
    print_shown(head)
    click.echo(_extent(section))
    if not section.rows:
        say(f"Nothing happened in that time to cases of {section.process}.")
    for title, shown in (
        ("Cases", _cases(made, section)),
        ("Service levels", _levels(made, section, language)),
        ("Time in states, of the stays that ended in the period", _stays(made, section)),
        ("Open now", _open(section)),
        ("Service levels now", _running(section, language)),
    ):
        if shown.row_count:
            print_shown(Text(f"\n{title}", "bold"))
            print_shown(shown)


def _extent(section: Section) -> str:
    """Say what is counted: `per week in Europe/Amsterdam, by case.region, from 2026-05-04 to 2026-05-31`."""
    by = [f"by {section.by}"] if section.by else []
    begin = [f"from {_bound(section.begin, section.zone)}"] if section.begin else []
    end = [f"to {_bound(section.end, section.zone, timedelta.resolution)}"] if section.end else []
    return ", ".join([f"per {section.per} in {section.zone}", *by, *filter(None, [" ".join([*begin, *end])])])


def _bound(at: datetime, zone: str, before: timedelta = timedelta()) -> str:
    """Write where a report begins or ends: as a day, where that is a local midnight. `before` it lies the last day that counts."""
    from caseway.cli.sentence import instant

    try:
        local = at.astimezone(UTC if zone == "UTC" else ZoneInfo(zone))
        return instant(at) if local.time() != time.min else (local - before).date().isoformat()
    except OverflowError:  # the first day of all, or the last
        return instant(at)


def _cases(made: Report, section: Section) -> Any:
    shown = table(*_heads(section), "opened", "closed", "ended", right=("opened", "closed", "ended"))
    for row in section.rows:
        if row.opened or row.closed or row.final:
            shown.add_row(*_place(made, section, row), str(row.opened), str(row.closed), str(row.final))
    return shown


def _levels(made: Report, section: Section, language: str) -> Any:
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.definition import speak

    numbers = ("met", "breached", "on time")
    shown = table(*_heads(section), "service level", *numbers, "target", right=numbers)
    for row in section.rows:
        for level in row.levels:
            if level.on_time is not None:
                name = escaped(speak(level.title, language) or level.level)
                counts = str(level.met), str(level.breached), _percent(level.on_time)
                shown.add_row(*_place(made, section, row), name, *counts, _target(level))
    return shown


def _stays(made: Report, section: Section) -> Any:
    from caseway.cli.sentence import clock_span

    numbers = ("stays", "median", "90% within")
    shown = table(*_heads(section), "state", *numbers, right=numbers)
    for row in section.rows:
        for stays in row.stays:
            lengths = clock_span(stays.median), clock_span(stays.percentile_90)
            shown.add_row(*_place(made, section, row), stays.state, str(stays.count), *lengths)
    return shown


def _open(section: Section) -> Any:
    shown = table(*_heads(section)[1:], "state", "cases", right=("cases",))
    for present in section.present:
        for state, count in present.states.items():
            shown.add_row(*_group(section, present.group), state, str(count))
    return shown


def _running(section: Section, language: str) -> Any:
    from caseway.adapters.diagnostic import escaped
    from caseway.engine.definition import speak

    numbers = ("running", "standing still", "late and not met")
    shown = table(*_heads(section)[1:], "service level", *numbers, right=numbers)
    for present in section.present:
        for level in present.levels:
            counts = level.running, level.standing, level.late
            if any(counts):
                name = escaped(speak(level.title, language) or level.level)
                shown.add_row(*_group(section, present.group), name, *map(str, counts))
    return shown


def _heads(section: Section) -> Sequence[str]:
    return (section.per, section.by.rpartition(".")[2]) if section.by else (section.per,)


def _place(made: Report, section: Section, row: Row) -> Iterator[str]:
    """Name the period of a row, and its group where there are groups."""
    part = "" if row.is_over else " (so far)" if row.period.end > made.at else " (in part)"
    yield f"{row.period.name}{part}"
    yield from _group(section, row.group)


def _group(section: Section, group: str | None) -> Iterator[str]:
    from caseway.adapters.diagnostic import escaped

    if section.by:
        yield "(none)" if group is None else escaped(group)


def _percent(share: float) -> str:
    """Write a percentage, rounded down: what is below a target must not look as if it were not."""
    return f"{math.floor(share * 10) / 10:.1f}%"


def _target(level: LevelCount) -> Text:
    """Say whether the targets of a service level were kept, in words that catch the eye where they were not."""
    from rich.text import Text

    told = []
    if level.is_below:
        told.append(f"BELOW TARGET, at least {level.least_on_time}%")
    if level.is_exceeded:
        told.append(f"{level.breached} LATE, more than {level.most_late}")
    if told:
        return Text("\n".join(told), "bold red")
    return Text("kept" if level.has_target else "")


# for spreadsheets


def _print_csv(made: Report, which: str) -> None:
    """Print a table of CSV as RFC 4180 has it, but for the ends of lines: a head, and a row for each of its things."""
    heads, rows = {"levels": _level_rows, "states": _state_rows, "now": _now_rows}[which](made)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    from caseway.engine.timestamp import instant_text

    if isinstance(value, datetime):
        return instant_text(value)
    return str(value).lower() if isinstance(value, bool) else value


_PLACE = ("process", "period", "begin", "end", "over", "group")


def _place_cells(section: Section, row: Row) -> tuple[object, ...]:
    period = row.period
    return section.process, period.name, period.begin, period.end, row.is_over, row.group


def _level_rows(made: Report) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    of_cases = ("opened", "closed", "final")
    of_level = ("service_level", "met", "breached", "on_time", "target_on_time", "target_late")
    heads = (*_PLACE, *of_cases, *of_level, "missed_on_time", "missed_late")

    def rows() -> Iterator[Sequence[object]]:
        for section in made.sections:
            for row in section.rows:
                cells = *_place_cells(section, row), row.opened, row.closed, row.final
                yield from ((*cells, *_level_cells(level)) for level in row.levels)
                if not row.levels:
                    yield (*cells, *(None,) * (len(of_level) + 2))

    return heads, rows()


def _level_cells(level: LevelCount) -> tuple[object, ...]:
    targets = level.least_on_time, level.most_late
    return level.level, level.met, level.breached, level.on_time, *targets, level.is_below, level.is_exceeded


def _state_rows(made: Report) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    heads = (*_PLACE, "state", "stays", "median_seconds", "percentile_90_seconds")
    rows = (
        (
            *_place_cells(section, row),
            each.state,
            each.count,
            each.median.total_seconds(),
            each.percentile_90.total_seconds(),
        )
        for section in made.sections
        for row in section.rows
        for each in row.stays
    )
    return heads, rows


def _now_rows(made: Report) -> tuple[Sequence[str], Iterable[Sequence[object]]]:
    heads = ("process", "at", "group", "state", "service_level", "status", "count")

    def rows() -> Iterator[Sequence[object]]:
        for section in made.sections:
            for present in section.present:
                cells = section.process, made.at, present.group
                yield from ((*cells, state, None, "open", count) for state, count in present.states.items())
                for level in present.levels:
                    for status, count in (
                        ("running", level.running),
                        ("standing", level.standing),
                        ("late", level.late),
                    ):
                        yield (*cells, None, level.level, status, count)

    return heads, rows()
