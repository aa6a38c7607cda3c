"""A separate process with a time limit, on any system: for a student's own code.

It keeps an endless loop or a crash from taking the check with it, and protects nothing. On macOS a
process that has imported TensorFlow cannot safely be forked, and Windows knows no fork, so each
process is started and imports Keras for itself. Run as a program, this module is that process.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import psutil

from autograder.sandbox.channel import Channel, Connection, HungUpError, UnsendableError
from autograder.sandbox.interface import SandboxLost
from autograder.sandbox.watch import ChildDied
from autograder.sandbox.wire import Message, NamedArrays, WireError

START_SECONDS = 180.0
LOOK_SECONDS = 0.25
TOKEN_BYTES = 16
ARGUMENTS = ["-m", "autograder.sandbox.plain"]
SERVICE = "autograder.probing.child"


class PlainSandbox:
    """Starts a process for each implementation."""

    @property
    def level(self) -> str:
        """No protection."""
        return "none"

    def child(self) -> PlainChild:
        """A process for one implementation.

        Raises:
            SandboxLost: it did not start.
        """
        return PlainChild(_Process())

    def close(self) -> None:
        """Nothing is kept from one child to the next."""


class PlainChild:
    """One process; after a request has raised, it is gone."""

    def __init__(self, process: _Process) -> None:
        self._process = process
        self._gone: ChildDied | None = None
        try:
            self._channel = Channel(process.connection())
        except BaseException:
            process.end()
            raise

    def request(
        self, message: Mapping[str, object], arrays: Mapping[str, np.ndarray], *, cpu_seconds: float
    ) -> tuple[Message, NamedArrays]:
        """As `interface.Child` says; it ends 6 * ``cpu_seconds`` + 5 seconds later at most."""
        if self._gone is not None:
            raise self._gone
        begun, spent_before = time.monotonic(), self._process.cpu_seconds()

        def pause() -> float:
            wall_left = 6 * cpu_seconds + 5 - (time.monotonic() - begun)
            cpu_left = cpu_seconds - (self._process.cpu_seconds() - spent_before)
            if cpu_left <= 0:
                raise ChildDied("timeout", f"took more than {cpu_seconds:g} seconds of computing")
            if wall_left <= 0:
                raise ChildDied("timeout", "did not answer in time")
            return min(wall_left, max(cpu_left, 0.01), LOOK_SECONDS)

        try:
            return self._channel.exchange(message, arrays, pause)
        except ChildDied as died:
            self._gone = died
            raise
        except UnsendableError as error:
            raise SandboxLost(f"a request could not be sent: {error}") from error
        except HungUpError:
            self._gone = ChildDied("crashed", f"the process ended ({self._process.end()})")
            raise self._gone from None
        except WireError:
            self._gone = ChildDied("crashed", "the process was ended after a malformed answer")
            raise
        finally:
            if self._gone is not None:
                self._process.end()

    def close(self) -> None:
        """End the process; may be called twice."""
        self._gone = self._gone or ChildDied("crashed", "the process was closed")
        self._process.end()


class _Process:
    """This module as a program, and the connection that it makes to here."""

    def __init__(self) -> None:
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LOOK_SECONDS)
        port = self._server.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-I", *ARGUMENTS, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"},
        )
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # that it has ended is noticed below
            self._process.stdin.write(self._token)
            self._process.stdin.close()

    def connection(self) -> socket.socket:
        """Wait until it is ready.

        Raises:
            SandboxLost: it did not start.
        """
        end = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):  # nobody yet, or somebody who hung up
                found, _ = self._server.accept()
                found.settimeout(LOOK_SECONDS)
                if found.recv(TOKEN_BYTES) == self._token:
                    return found
                found.close()  # some other program of this computer
        raise SandboxLost(f"a process could not be started ({self.end()})")

    def cpu_seconds(self) -> float:
        """CPU time of all its threads; 0 once it is gone."""
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def end(self) -> str:
        """End it if it has not ended; returns how it did, in words."""
        self._process.kill()
        status = self._process.wait()
        self._server.close()
        self._folder.cleanup()
        return f"signal {-status}" if status < 0 else f"exit status {status}"


def main(port: str) -> None:
    """Connect to whoever started this, and serve."""
    token = sys.stdin.buffer.read(TOKEN_BYTES)
    os.environ.update(TMPDIR=str(Path.cwd()))
    serve = importlib.import_module(SERVICE).serve
    connection = socket.create_connection(("127.0.0.1", int(port)), START_SECONDS)
    connection.sendall(token)
    connection.settimeout(None)
    serve(Connection(connection))


if __name__ == "__main__":
    main(sys.argv[1])
