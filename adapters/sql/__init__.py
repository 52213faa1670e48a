"""Cases in an SQL database."""

from caseway.adapters.sql.store import SqlStore

__all__ = ["SqlStore"]
