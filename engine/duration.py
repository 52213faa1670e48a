"""ISO 8601 durations: weeks, days, hours, minutes and seconds, since only these have one length."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = timedelta(days=36_525)
"""A hundred years: a longer delay is a slip of the pen."""

_FORM = re.compile(
    r"P(?=[0-9T])(?:(?P<weeks>[0-9]{1,12})W)?(?:(?P<days>[0-9]{1,12})D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,12})(?:[.,](?P<fraction>[0-9]{1,6}))?S)?)?"
)
_DAY = 86_400
_SECONDS = {"weeks": 7 * _DAY, "days": _DAY, "hours": 3600, "minutes": 60, "seconds": 1}
_EXAMPLES = "write for example PT1H, PT30M, P2D, P1W or P1DT12H"


def parse_duration(text: str) -> timedelta:
    """Read a duration such as `PT1H` or `P2DT30M`; raise ValueError with a sentence where it is none."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f'"{text[:40]}" is not a duration; {_remedy(text)}')
    seconds = sum(int(form[unit] or 0) * size for unit, size in _SECONDS.items())
    if seconds > LONGEST.total_seconds():
        raise ValueError(f'"{text}" is longer than 100 years, which is the longest possible duration')
    return timedelta(seconds=seconds, microseconds=int((form["fraction"] or "0").ljust(6, "0")))


def duration_text(duration: timedelta) -> str:
    """Write a duration in its one canonical form: `P1DT2H`, `PT0.5S`, `PT0S`."""
    if duration < timedelta():
        raise ValueError(f"a duration cannot be negative: {duration}")
    hours, rest = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    fraction = f".{duration.microseconds:06}".rstrip("0.")
    exact = f"{seconds}{fraction}" if seconds or fraction else ""
    time = "".join(f"{amount}{unit}" for amount, unit in ((hours, "H"), (minutes, "M"), (exact, "S")) if amount)
    date = f"{duration.days}D" if duration.days else ""
    return f"P{date}T{time}" if time else f"P{date or 'T0S'}"


def duration_words(duration: timedelta) -> str:
    """Write a duration for people: `1 day 12 h`, `2 days`, `30 min`, `0 s`."""
    hours, rest = divmod(duration.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    exact = f"{seconds}.{duration.microseconds:06}".rstrip("0").rstrip(".") if duration.microseconds else str(seconds)
    amounts = (
        (duration.days, "day" if duration.days == 1 else "days"),
        (hours, "h"),
        (minutes, "min"),
        (exact if exact != "0" else 0, "s"),
    )
    return " ".join(f"{amount} {unit}" for amount, unit in amounts if amount) or "0 s"


def _remedy(text: str) -> str:
    """Say what was probably meant."""
    if text != text.upper() and _FORM.fullmatch(text.upper()):
        return f"durations are written in capitals: {text.upper()}"
    if re.fullmatch(r"-.*|P.*-.*", text):
        return "a duration cannot be negative"
    if short := re.fullmatch(r"P([0-9]+[HS])", text):
        return f"hours, minutes and seconds stand after a T: PT{short[1]}"
    if months := re.fullmatch(r"P([0-9]+)M", text):
        return f"a month has no fixed length; count days, or write PT{months[1]}M for minutes"
    if re.fullmatch(r"P[0-9]+Y.*|P[0-9YWD]+M.*", text):
        return "years and months have no fixed length; count weeks or days"
    return _EXAMPLES
