"""A statement: what happened on somebody's accounts in a period, and what they held before and after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from caseway.engine.definition import speak
from caseway.engine.effect import ClawBack, Payout, Share
from caseway.engine.outcome import Entry
from caseway.engine.posting import Posting


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A posting, and what the account holds after it, in minor units. `share`: what part of a whole it is, where that was looked up."""

    posting: Posting
    balance: int
    share: Share | None = None

    @property
    def source(self) -> str:
        """Where it comes from: the case and its revision, or the batch."""
        posting = self.posting
        return f"{posting.case}:{posting.revision}" if posting.case is not None else posting.batch or ""

    def told(self, language: str = "en") -> str:
        """Return what it is for and by which rules, as people read it: what is taken back may have the purpose of what was paid."""
        purpose = speak(self.posting.purpose, language)
        rules = f" [{', '.join(self.posting.implements)}]" if self.posting.implements else ""
        return f"{'Taken back: ' if self.posting.kind == 'claw-back' else ''}{purpose}{rules}"


@dataclass(frozen=True, slots=True)
class StatementSection:
    """One account and unit: what it held before the period, what happened in it in order of time, what it held after it."""

    account: str
    unit: str
    opening: int
    lines: tuple[StatementLine, ...]

    @property
    def closing(self) -> int:
        return self.lines[-1].balance if self.lines else self.opening


@dataclass(frozen=True, slots=True)
class Statement:
    """The accounts of an owner as they were known at an instant, in order of account and unit.

    The period begins with `since` and ends before `until`; None: it is open. Accounts that held nothing and did nothing in it are left out.
    """

    owner: str
    at: datetime
    since: datetime | None
    until: datetime | None
    sections: tuple[StatementSection, ...]


def statement(
    owner: str,
    postings: Iterable[Posting],
    at: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Statement:
    """Make a statement of all postings of an owner before `until`, in order of writing."""
    openings: dict[tuple[str, str], int] = {}
    within: dict[tuple[str, str], list[Posting]] = {}
    for posting in postings:
        key = posting.account, posting.unit
        openings.setdefault(key, 0)
        if since is not None and posting.at < since:
            openings[key] += posting.amount
        else:
            within.setdefault(key, []).append(posting)
    sections = (_section(*key, openings[key], within.get(key, [])) for key in sorted(openings))
    return Statement(owner, at, since, until, tuple(each for each in sections if each.opening or each.lines))


def with_shares(made: Statement, journal: Iterable[Entry]) -> Statement:
    """Return a statement whose lines say what part of a whole they are, as the journals of their cases tell whoever looks."""
    shares = {
        effect.id: effect.share
        for entry in journal
        for effect in entry.effects
        if isinstance(effect, (Payout, ClawBack)) and effect.share is not None
    }
    sections = (
        replace(each, lines=tuple(replace(line, share=shares.get(line.posting.effect)) for line in each.lines))
        for each in made.sections
    )
    return replace(made, sections=tuple(sections))


def _section(account: str, unit: str, opening: int, postings: list[Posting]) -> StatementSection:
    # What was written later may have happened earlier: the past can be imported.
    balance, lines = opening, []
    for posting in sorted(postings, key=lambda each: each.at):
        balance += posting.amount
        lines.append(StatementLine(posting, balance))
    return StatementSection(account, unit, opening, tuple(lines))
