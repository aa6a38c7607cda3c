"""A PostgreSQL server of its own for a test: Debian's, in a temporary folder, on a socket there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from psycopg import Connection

PASSWORD = "hush:100%/@"  # what a URL has to escape, and an error must not show
_INSTALL = (
    "apt-get update -qq && DEBIAN_FRONTEND=noninteractive "
    "apt-get install -qqy --no-install-recommends postgresql"
)


class PostgresServer:
    """A server that ends with the test, also when the test is killed."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._data = folder / "data"
        # The server refuses to run as root.
        self._user = "postgres" if os.geteuid() == 0 else None
        password = folder / "password"
        password.write_text(PASSWORD)
        if self._user:
            for path in (folder, password):
                shutil.chown(path, self._user, self._user)
        options = ["--auth=scram-sha-256", "--username=teacher", f"--pwfile={password}"]
        self._run("initdb", "-D", str(self._data), "--no-sync", *options, "--encoding=UTF8")
        self.start()

    def url(self, database: str, password: str = PASSWORD) -> str:
        """SQLAlchemy's address of a database."""
        from sqlalchemy.engine import URL

        address = URL.create(
            "postgresql+psycopg",
            "teacher",
            password,
            database=database,
            query={"host": str(self.folder)},
        )
        return address.render_as_string(hide_password=False)

    def create(self, database: str) -> str:
        """Create an empty database; returns its address."""
        self.sql(f'create database "{database}"')
        return self.url(database)

    def sql(self, statement: str) -> None:
        """Run one statement."""
        with self.connection() as connection:
            connection.execute(statement)

    def connection(self, database: str = "postgres") -> Connection:
        """A connection that commits every statement by itself."""
        import psycopg

        return psycopg.connect(
            host=str(self.folder),
            user="teacher",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    def start(self) -> None:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "fsync": "off",
            "shared_buffers": "16MB",
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(
                self._command("postgres", "-D", str(self._data), *words),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        for _ in range(300):
            if self._server.poll() is not None:
                break
            with suppress(Exception):
                self.sql("select 1")
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self, *, at_once: bool = False) -> None:
        """End the server: its clients' transactions are rolled back."""
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._server.wait(timeout=60)

    def _run(self, *words: str) -> None:
        done = subprocess.run(
            self._command(*words), cwd=self.folder, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)

    def _command(self, program: str, *words: str) -> list[str]:
        user = [f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]
        ending = ["setpriv", "--pdeathsig=INT", *(user if self._user else [])]
        return [*ending, str(self._programs / program), *words]


@contextmanager
def running_server() -> Iterator[PostgresServer]:
    """A running server; skips the test where there is none."""
    # A short path, and one that another user may enter: pytest's are neither.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    server = None
    try:
        server = PostgresServer(_programs(), folder)
        yield server
    finally:
        if server:
            server.stop(at_once=True)
        shutil.rmtree(folder, ignore_errors=True)


@cache
def _programs() -> Path:
    """The folder of Debian's server, which is installed if it is missing."""
    if not shutil.which("setpriv"):
        pytest.skip("setpriv, which runs the server as another user, is not installed")
    if not (found := _installed()) and os.geteuid() == 0 and shutil.which("apt-get"):
        with suppress(subprocess.TimeoutExpired):
            subprocess.run(["bash", "-c", _INSTALL], capture_output=True, timeout=200)
        found = _installed()
    if not found:
        pytest.skip("PostgreSQL is not installed; with apt: apt-get install postgresql")
    return found


def _installed() -> Path | None:
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if postgres := shutil.which("postgres"):
        folders.append(Path(postgres).resolve().parent)
    return folders[-1] if folders else None
