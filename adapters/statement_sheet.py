"""Statements as files: CSV for a spreadsheet, PDF for the person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape

from caseway.adapters.spreadsheet import csv_file
from caseway.engine.definition import speak
from caseway.engine.effect import File
from caseway.engine.errors import WorldError
from caseway.engine.money import decimal, money
from caseway.engine.statement import Statement, StatementLine, StatementSection

COLUMNS = (
    *("owner", "account", "unit", "at", "kind", "purpose", "case", "revision", "implements"),
    *("process", "version", "payout", "share", "effect", "batch", "amount", "balance"),
)
_BETWEEN = len(COLUMNS) - len(("owner", "account", "unit", "at", "kind", "balance"))


def statement_csv(statement: Statement, language: str = "en") -> File:
    """Return a statement as a table: for each account its opening, its postings with what it held after them, its closing."""
    rows = (row for section in statement.sections for row in _rows(statement, section, language))
    return File(f"{_name(statement)}.csv", "text/csv", csv_file(COLUMNS, rows))


def statement_pdf(statement: Statement, language: str = "en") -> File:
    """Return a statement as a PDF; the same statement gives the same bytes. Raises WorldError where this machine cannot."""
    try:
        from caseway.adapters.pdf import pdf  # noqa: PLC0415 - only those who make documents need it
    except ImportError as error:
        raise WorldError(f'A PDF needs the Python module "{error.name}": pip install "caseway[documents]".') from error
    try:
        made = pdf(statement_html(statement, language), f"Statement of {statement.owner}", statement.at)
    except Exception as error:  # the library says in many ways that it cannot draw something
        raise WorldError(f"The statement of {statement.owner} cannot be made a PDF: {error}.") from error
    return File(f"{_name(statement)}.pdf", "application/pdf", made)


def statement_html(statement: Statement, language: str = "en") -> str:
    """Return a statement as HTML."""
    sections = (
        "".join(_section(section, language) for section in statement.sections)
        or "<p>Nothing happened on any account.</p>"
    )
    return f"<h1>Statement of {escape(statement.owner)}</h1><p>{escape(_period(statement))}</p>{sections}"


def _rows(statement: Statement, section: StatementSection, language: str) -> Iterator[tuple[object, ...]]:
    account = statement.owner, section.account, section.unit
    nothing = ("",) * _BETWEEN
    yield *account, _iso(statement.since), "opening", *nothing, decimal(section.opening, section.unit)
    for line in section.lines:
        each = line.posting
        rule = speak(each.purpose, language), each.case, each.revision, " ".join(each.implements)
        origin = each.process, each.version, each.payout, _part(line), each.effect, each.batch
        moved = decimal(each.amount, section.unit), decimal(line.balance, section.unit)
        yield *account, _iso(each.at), each.kind, *rule, *origin, *moved
    yield *account, _iso(statement.until), "closing", *nothing, decimal(section.closing, section.unit)


def _part(line: StatementLine) -> str | None:
    share = line.share
    return None if share is None else f"{share.weight} of {share.of} parts of {money(share.total, line.posting.unit)}"


def _section(section: StatementSection, language: str) -> str:
    opening = _row("", "Opening balance", "", decimal(section.opening, section.unit))
    lines = "".join(
        _row(
            f"{line.posting.at:%Y-%m-%d}",
            _told(line, language),
            decimal(line.posting.amount, section.unit),
            decimal(line.balance, section.unit),
        )
        for line in section.lines
    )
    closing = _row("", "Closing balance", "", decimal(section.closing, section.unit))
    head = (
        '<thead><tr><th width="16%" align="left">Date</th><th width="48%" align="left">What</th>'
        '<th width="18%" align="right">Amount</th><th width="18%" align="right">Balance</th></tr></thead>'
    )
    holds = money(section.closing, section.unit)
    return (
        f"<h2>{escape(section.account)}, {escape(section.unit)}: {escape(holds)}</h2>"
        f'<table width="100%">{head}<tbody>{opening}{lines}{closing}</tbody></table>'
    )


def _row(date: str, what: str, amount: str, balance: str) -> str:
    left, right = f"<td>{date}</td><td>{escape(what)}</td>", f'<td align="right">{balance}</td>'
    return f'<tr>{left}<td align="right">{amount}</td>{right}</tr>'


def _told(line: StatementLine, language: str) -> str:
    kind = "case" if line.posting.case is not None else "batch"
    return f"{line.told(language)} ({kind} {line.source})"


def _period(statement: Statement) -> str:
    since = _iso(statement.since) if statement.since else "the beginning"
    return f"From {since} until {_iso(statement.until or statement.at)}"


def _name(statement: Statement) -> str:
    """Return the name of a file that any system takes."""
    owner = "".join(each if each.isalnum() else "-" for each in statement.owner)
    return f"statement-{owner[:80]}-{statement.at:%Y%m%d}"


def _iso(at: datetime | None) -> str:
    return "" if at is None else at.isoformat(timespec="seconds").replace("+00:00", "Z")
