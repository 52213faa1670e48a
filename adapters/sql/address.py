"""What a database URL says, without opening it."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def shown(url: str) -> str:
    """Return a database URL as it may be printed: without its password."""
    return make_url(url).render_as_string(hide_password=True)


def folder(url: str) -> Path:
    """Return the folder that a SQLite file lies in; for every other database, and for what is no URL, the current one."""
    try:
        address = make_url(url)
    except ArgumentError:
        return Path()
    name = address.database or ""
    is_file = address.get_backend_name() == "sqlite" and name and not name.startswith((":", "file:"))
    return Path(name).parent if is_file else Path()
