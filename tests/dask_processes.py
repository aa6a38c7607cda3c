"""A Dask scheduler and its workers as processes on the loopback, which end by themselves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SECONDS = "600"
"""After these, what a test has left behind ends."""

OTHER_KERAS = "99.0"
WITHOUT_A_SANDBOX = """
from autograder.sandbox import bubblewrap, confinement

bubblewrap.PROGRAM = ""
confinement.landlock_abi = int
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Processes:
    """Starts schedulers and workers in a folder, and ends them."""

    bounds = ("--no-dashboard", "--death-timeout", "60", "--lifetime", f"{SECONDS}s")
    """What ends a worker that a test has left behind."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._all: list[subprocess.Popen[bytes]] = []

    def run(self, *words: str, path: Path | None = None) -> subprocess.Popen[bytes]:
        """One ``dask`` command; ``path`` goes before what Python finds."""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, filter(None, [path])))}
        with (self.folder / f"{words[0]}-{len(self._all)}.log").open("wb") as log:
            self._all.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *words],
                    cwd=self.folder,
                    env=environment,
                    stdout=log,
                    stderr=log,
                )
            )
        return self._all[-1]

    def scheduler(self, port: int, *words: str) -> subprocess.Popen[bytes]:
        """A scheduler that listens by the time it is returned.

        Args:
            words: its options; without them, it listens on the port.
        """
        words = words or ("--host", "127.0.0.1", "--port", str(port))
        process = self.run("scheduler", *words, "--no-dashboard", "--idle-timeout", SECONDS)
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return process
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the scheduler did not start")

    def worker(self, address: str, *words: str, path: Path | None = None) -> int:
        """The process id of a worker that is about to join."""
        one = ("worker", address, "--no-nanny", "--nthreads", "1")
        return self.run(*one, *self.bounds, *words, path=path).pid

    def worker_with_another_keras(self, address: str) -> int:
        place = self.folder / "other"
        (place / "keras-99.dist-info").mkdir(parents=True)
        (place / "keras-99.dist-info" / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: keras\nVersion: {OTHER_KERAS}\n"
        )
        return self.worker(address, "--name", "other", path=place)

    def worker_without_a_sandbox(self, address: str) -> int:
        preload = self.folder / "without_a_sandbox.py"
        preload.write_text(WITHOUT_A_SANDBOX)
        return self.worker(address, "--name", "bare", "--preload", str(preload))

    def end(self) -> None:
        for process in self._all:
            process.kill()
        for process in self._all:
            process.wait(20)
