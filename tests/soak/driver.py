"""Database URLs for a plain SQLAlchemy engine beside Caseway's own."""

from __future__ import annotations

from sqlalchemy import make_url


def with_driver(url: str) -> str:
    """Name psycopg where a URL only says PostgreSQL."""
    address = make_url(url)
    if address.drivername in {"postgresql", "postgres"}:
        address = address.set(drivername="postgresql+psycopg")
    return address.render_as_string(hide_password=False)
