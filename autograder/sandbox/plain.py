"""A separate process with a time limit, on any system: for a student's own code.

It keeps an endless loop or a crash from taking the check with it, and protects nothing. On macOS a
process that has imported TensorFlow cannot safely be forked, and Windows has no fork, so each
process is started and imports Keras for itself. Run as a program, this module is that process.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from autograder.sandbox.channel import Channel, Connection
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.sandbox.process import Child
from autograder.sandbox.service import load
from autograder.sandbox.watch import LOOK_SECONDS, end_in_words

START_SECONDS = 180.0
TOKEN_BYTES = 16


class PlainSandbox:
    """Starts a process for each implementation.

    Args:
        service: module that a process runs (``serve(connection)``), by dotted name or ``.py`` path.
    """

    def __init__(self, service: str) -> None:
        self._service = service

    @property
    def level(self) -> str:
        """No protection."""
        return "none"

    def child(self) -> Child:
        """A process for one implementation.

        Raises:
            SandboxLost: it did not start.
        """
        process = StartedProcess(self._service)
        try:
            return Child(process, Channel(process.connection()))
        except BaseException:
            process.kill()
            process.remove_files()
            raise

    def close(self) -> None:
        """Nothing is kept from one child to the next."""


class StartedProcess:
    """This module as a program, and the connection that it makes to the grader."""

    def __init__(self, service: str) -> None:
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(LOOK_SECONDS)
        port = str(self._server.getsockname()[1])
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "autograder.sandbox.plain", service, port],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"},
        )
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # if it has ended, that is noticed below
            self._process.stdin.write(self._token)
            self._process.stdin.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def connection(self) -> socket.socket:
        """Wait until it is ready.

        Raises:
            SandboxLost: it did not start.
        """
        end = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):  # no connection yet, or one that was closed
                found, _ = self._server.accept()
                found.settimeout(LOOK_SECONDS)
                if found.recv(TOKEN_BYTES) == self._token:
                    return found
                found.close()  # some other program of this computer
        self.kill()
        raise SandboxLost(f"A process could not be started (status {self._process.returncode}).")

    @property
    def peak_bytes(self) -> int:
        return 0  # likewise not known

    def cpu_seconds(self) -> float:
        try:
            times = psutil.Process(self.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def waited_seconds(self) -> float:
        return 0.0  # not known on every system

    def glance(self) -> None:
        """Only its time is limited."""

    def look(self) -> None:
        """Likewise."""

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._server.close()

    def death(self) -> ChildDied:
        self.kill()
        return ChildDied("crashed", end_in_words(self._process.returncode))

    def remove_files(self) -> None:
        self._folder.cleanup()


def main(service: str, port: str) -> None:
    """Connect to the grader that started this process, and serve."""
    token = sys.stdin.buffer.read(TOKEN_BYTES)
    os.environ.update(TMPDIR=str(Path.cwd()))
    serve = load(service)
    connection = socket.create_connection(("127.0.0.1", int(port)), START_SECONDS)
    connection.sendall(token)
    connection.settimeout(None)
    serve(Connection(connection))


if __name__ == "__main__":
    main(*sys.argv[1:])
