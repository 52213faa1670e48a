"""Counts what journals tell: cases opened and closed, time spent in states, service levels met and breached."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from caseway.engine.case import Configuration
from caseway.engine.outcome import JournalLine
from caseway.engine.period import Period, Periods
from caseway.engine.timestamp import instant

Group = str | None
"""What cases are counted by: a text in their data. None: they have none, or nothing is told apart."""

_BREACHED = ".breached"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted. `by` is the path of a text in the case's data; `begin` and `end` bound the instants that count.

    A run that was due before `now` is late, also where no worker has told its case so yet.
    """

    periods: Periods
    by: tuple[str, ...] = ()
    begin: datetime | None = None
    end: datetime | None = None
    now: datetime | None = None


@dataclass(slots=True)
class Count:
    """What happened in one period to the cases of one group.

    `stays` holds for each state, by its path, how many seconds each stay lasted that ended in the period.
    """

    period: Period
    opened: int = 0
    closed: int = 0
    final: int = 0
    stays: dict[str, array[float]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)
    breached: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Standing:
    """How the cases of one group stand after the last line of their journals.

    `states` counts open cases by leaf. A service level is `late` where it was breached and still waits to be met.
    """

    open: int = 0
    states: Counter[str] = field(default_factory=Counter)
    running: Counter[str] = field(default_factory=Counter)
    standing: Counter[str] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Life:
    """What the lines of one case have told so far. `judged` is the last run of each service level that was counted."""

    case: str
    state: Configuration = ()
    entered: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False
    grouped: Any = None
    levels: Sequence[Mapping[str, Any]] = ()
    runs: dict[str, int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)
    events: list[tuple[Period, str, str, float]] = field(default_factory=list)


class Tally:
    """Counts the lines of journals as they come: case by case, and each case's in order of revision.

    A case is counted for the group that it is in at the end of its journal, whatever it was in before.
    """

    def __init__(self, scope: Scope) -> None:
        self.counts: dict[Group, dict[str, Count]] = {}
        self.standings: dict[Group, Standing] = {}
        self._scope = scope
        self._of = scope.periods.of
        self._begin, self._end, self._now = scope.begin, scope.end, scope.now
        self._first = scope.by[0] if scope.by else None

    def take(self, lines: Iterable[JournalLine]) -> None:
        """Count whole journals."""
        life: _Life | None = None
        for line in lines:
            if life is None or line.case != life.case:
                if life is not None:
                    self._settle(life)
                life = _Life(line.case)
                self._note(life, line.at, "opened")
            self._hear(life, line)
        if life is not None:
            self._settle(life)

    def _hear(self, life: _Life, line: JournalLine) -> None:
        change = line.change
        if "entered" in change:
            self._move(life, line, change["entered"])
        life.state = line.target
        if "closed" in change:
            life.closed = change["closed"]
            if life.closed:
                self._note(life, line.at, "closed")
        if change.get("final"):
            self._note(life, line.at, "final")
        if "levels" in change:
            self._judge(life, line, change["levels"])
        if self._first is not None:
            if self._first in change.get("data", ()):
                life.grouped = change["data"][self._first]
            elif self._first in change.get("without", ()):
                life.grouped = None

    def _move(self, life: _Life, line: JournalLine, entered: Mapping[str, str]) -> None:
        """Note the stays that a step ended: in the states that it left, also where it came back to them."""
        for leaf in life.state:
            since = life.entered.get(leaf)
            if since is not None and entered.get(leaf) != since:
                self._note(life, line.at, "left", leaf, (line.at - instant(since)).total_seconds())
        life.entered = entered

    def _judge(self, life: _Life, line: JournalLine, levels: Sequence[Mapping[str, Any]]) -> None:
        """Note which runs of service levels a step met or breached, each once, whatever becomes of it later."""
        if line.event.endswith(_BREACHED):  # the run may have begun anew in the same step
            name = line.event.removesuffix(_BREACHED)
            self._judge_run(life, line.at, "breached", name, life.runs.get(name, 0))
        for level in levels:
            name, run = level["name"], level["run"]
            life.runs[name] = run
            if level["status"] in {"met", "breached"}:
                self._judge_run(life, line.at, level["status"], name, run)
        life.levels = levels

    def _judge_run(self, life: _Life, at: datetime, status: str, name: str, run: int) -> None:
        if run > life.judged.get(name, 0):
            life.judged[name] = run
            self._note(life, at, status, name)

    def _note(self, life: _Life, at: datetime, what: str, name: str = "", seconds: float = 0) -> None:
        """Remember what happened until the group is known, if it counts at all."""
        if (self._begin is None or at >= self._begin) and (self._end is None or at < self._end):
            life.events.append((self._of(at), what, name, seconds))

    def _settle(self, life: _Life) -> None:
        """Count a case for its group, after the last line of its journal."""
        for level in filter(self._is_overdue, life.levels):
            self._judge_run(life, instant(level["due"]), "breached", level["name"], level["run"])
        group = self._group(life)
        counts = self.counts.setdefault(group, {})
        for period, what, name, seconds in life.events:
            count = counts.get(period.name)
            if count is None:
                count = counts[period.name] = Count(period)
            match what:
                case "left":
                    if name not in count.stays:
                        count.stays[name] = array("d")
                    count.stays[name].append(seconds)
                case "met":
                    count.met[name] += 1
                case "breached":
                    count.breached[name] += 1
                case "opened":
                    count.opened += 1
                case "closed":
                    count.closed += 1
                case "final":
                    count.final += 1
        self._stand(life, group)

    def _is_overdue(self, level: Mapping[str, Any]) -> bool:
        """Say whether a run will turn out to be breached as soon as a worker fires what is due."""
        return level["status"] == "running" and self._now is not None and instant(level["due"]) <= self._now

    def _stand(self, life: _Life, group: Group) -> None:
        waiting = [level for level in life.levels if level["ended_at"] is None and level["status"] != "met"]
        if life.closed and not waiting:
            return
        standing = self.standings.setdefault(group, Standing())
        if not life.closed:
            standing.open += 1
            standing.states.update(life.state)
        for level in waiting:
            match level["status"]:
                case "running" if not self._is_overdue(level):
                    standing.running[level["name"]] += 1
                case "standing":
                    standing.standing[level["name"]] += 1
                case _:
                    standing.late[level["name"]] += 1

    def _group(self, life: _Life) -> Group:
        found = life.grouped
        for name in self._scope.by[1:]:
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, str) else None


def median(ordered: Sequence[float]) -> float:
    """Return the middle of values in rising order, or the mean of the two in the middle."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest of values in rising order that at least so many percent of them do not exceed (nearest rank)."""
    return ordered[max(0, -(-percent * len(ordered) // 100) - 1)]
