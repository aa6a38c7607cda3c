"""The thread that starts the zygote, listens to it, and starts it again if something kills it."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import secrets
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

from autograder.sandbox import control, launch
from autograder.sandbox.interface import SandboxLost, SandboxUnavailable
from autograder.sandbox.levels import Level
from autograder.sandbox.limits import Limits
from autograder.sandbox.watch import process_number

RESTARTS = 5
"""How often in a row a zygote may be killed that has not served a single child."""

START_SECONDS, KILL_SECONDS = 180.0, 20.0
"""How long a process may take to be ready, and how long a killed one to be gone."""

ZYGOTE_ENDED = "The process that starts the children ended."


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What a sandbox has used so far.

    Attributes:
        start_seconds: wall-clock time until the (last) zygote was ready.
        zygote_peak_bytes: its resident memory after the imports.
        children: how many have ended.
        child_peak_bytes: the largest resident memory of a child, pages shared with the zygote
            included.
        restarts: how often the zygote had to be started again.
    """

    start_seconds: float = 0.0
    zygote_peak_bytes: int = 0
    children: int = 0
    child_peak_bytes: int = 0
    restarts: int = 0


class Job:
    """What the grader knows of one child; the keeper's thread fills it in.

    Attributes:
        pid: the process id, once ``started`` is set; 0 if it was gone by then.
        status: exit status, or minus the number of the signal, once ``ended`` is set.
        lost: why the child ended if that was the grader's own fault, else "".
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid = self.status = self.peak_bytes = 0
        self.cpu_seconds = 0.0
        self.lost = ""
        self.started = threading.Event()
        self.ended = threading.Event()


class _End(NamedTuple):
    """Why a zygote ended, and whether by a signal."""

    reason: str
    killed: bool


class Keeper:
    """Keeps one zygote running until it is closed.

    It starts it in a thread that lives as long as the sandbox does: that thread's end is what the
    zygote can notice.

    Args:
        folder: where everything of this run is.
        service: module that children run, by dotted name or ``.py`` path.
        level: how children are confined.
    """

    def __init__(self, folder: Path, service: str, level: Level) -> None:
        self.folder = folder
        self._service = service
        self._level = level
        self._thread = threading.Thread(target=self._keep, name="sandbox", daemon=True)
        # Guards all that follows, and the sending side of the control socket.
        self._lock = threading.Condition()
        self._connection: socket.socket | None = None  # to the zygote, from its first moment
        self._control: socket.socket | None = None  # the same, once the zygote is ready
        self._jobs: dict[int, Job] = {}
        self._last_job = 0
        self._statistics = Statistics()
        self._ready: control.Ready | None = None
        self._failure = ""
        self._closing = False

    @property
    def statistics(self) -> Statistics:
        """What has been used so far."""
        with self._lock:
            return self._statistics

    @property
    def readable(self) -> tuple[Path, ...]:
        """The paths that a confined child can read."""
        return tuple(map(Path, self._ready.readable)) if self._ready else ()

    # --- called from any thread -------------------------------------------------------------------

    def start(self) -> None:
        """Start the zygote and wait until it is ready.

        Raises:
            SandboxUnavailable: it cannot be started; says what it printed.
        """
        self._thread.start()
        self._await_zygote()

    def close(self) -> None:
        """End every child and the zygote; may be called twice."""
        with self._lock:
            self._closing = True
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    control.send(self._connection, control.Stop())
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
            self._lock.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def fork(
        self, folder: Path, limits: Limits, *, confined: bool, canary: bool
    ) -> tuple[Job, socket.socket]:
        """Have the zygote fork a child; returns it, and the grader's end of its connection.

        Raises:
            SandboxLost: the zygote is gone, and could not be started again.
        """
        self._await_zygote()
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._last_job += 1
            job = Job(self._last_job)
            order = control.Start(
                job.number, str(folder), confined, self._level.landlock, canary, limits
            )
            try:
                if self._control is None:
                    raise BrokenPipeError
                control.send(self._control, order, [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise SandboxLost(ZYGOTE_ENDED) from error
            self._jobs[job.number] = job
        return job, ours

    def kill(self, job: Job) -> None:
        """Kill a child and wait until it is gone, so that nothing of it can still run.

        Raises:
            SandboxLost: it is not gone after 20 seconds.
        """
        with self._lock, contextlib.suppress(OSError):
            if self._control is not None and not job.ended.is_set():
                control.send(self._control, control.Kill(job.number))
        if not job.ended.wait(KILL_SECONDS):
            raise SandboxLost("A killed process did not end.")

    def _await_zygote(self) -> None:
        with self._lock:
            self._lock.wait_for(lambda: self._control or self._failure or self._closing)
            if self._control is None:
                reason = self._failure or "it is closed"
                if self._ready:
                    raise SandboxLost(f"The sandbox ended and did not start again: {reason}")
                raise SandboxUnavailable(f"The sandbox did not start: {reason}")

    # --- the keeper's own thread ------------------------------------------------------------------

    def _keep(self) -> None:
        attempt = 0
        while True:
            served = self._statistics.children
            try:
                end = self._run_zygote()
            except OSError as error:  # no space for a folder, no process to be had
                end = _End(str(error), killed=False)
            with self._lock:
                self._connection = self._control = None
                for job in self._jobs.values():
                    job.lost = ZYGOTE_ENDED
                    job.started.set()
                    job.ended.set()
                self._jobs.clear()
                if self._closing:
                    return
                attempt = 0 if self._statistics.children > served else attempt + 1
                # What cannot start will not start later either, unless something killed it.
                hopeless = self._ready is None and not end.killed
                if hopeless or attempt > RESTARTS:
                    self._failure = end.reason
                    self._lock.notify_all()
                    return
                self._statistics = dataclasses.replace(
                    self._statistics, restarts=self._statistics.restarts + 1
                )

    def _run_zygote(self) -> _End:
        """Start a zygote and listen to it until it ends."""
        started = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = self.folder / f"zygote-{secrets.token_hex(4)}"
        home.mkdir(parents=True)
        with ours, (home / "stderr").open("w+b") as log:
            with theirs:
                process = launch.zygote(
                    theirs.fileno(), self.folder, home, self._service, self._level, log
                )
            try:
                with self._lock:
                    self._connection = ours  # from here on close() reaches the zygote
                    closing = self._closing
                if not closing:
                    self._listen(ours, started)
            except control.ControlError:
                process.kill()  # before it finds the socket closed, and takes that for our death
            finally:
                ours.close()
                if self._closing and self._control is not ours:
                    process.kill()  # still importing, so it has no children to end
                try:
                    process.wait(KILL_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            log.seek(0)
            tail = launch.without_noise(log.read().decode(errors="replace"))[-2000:]
        # Bubblewrap reports a signal as shells do.
        signal = max(-process.returncode, process.returncode - 128)
        how = f"signal {signal}" if signal > 0 else f"exit status {process.returncode}"
        return _End(f"{tail}\n({how})".strip(), killed=signal > 0)

    def _listen(self, connection: socket.socket, started: float) -> None:
        connection.settimeout(START_SECONDS)
        while True:
            try:
                event, handles = control.receive(connection, control.EVENTS)
            except OSError:  # TimeoutError is one
                return
            if event is None:
                return
            connection.settimeout(None)
            pid = 0
            for handle in handles:
                pid = process_number(handle)
                os.close(handle)
            with self._lock:
                if isinstance(event, control.Ready):
                    self._note_ready(event, connection, time.monotonic() - started)
                elif job := self._jobs.get(event.job):
                    self._note(event, job, pid)

    def _note_ready(self, event: control.Ready, connection: socket.socket, seconds: float) -> None:
        self._ready = event
        self._control = connection
        self._statistics = dataclasses.replace(
            self._statistics, start_seconds=seconds, zygote_peak_bytes=event.peak_bytes
        )
        self._lock.notify_all()

    def _note(
        self, event: control.Started | control.Refused | control.Ended, job: Job, pid: int
    ) -> None:
        if isinstance(event, control.Started):
            job.pid = pid
            job.started.set()
            return
        del self._jobs[job.number]
        if isinstance(event, control.Refused):
            job.lost = event.reason
            job.started.set()
        else:
            job.status = event.status
            job.peak_bytes = event.peak_bytes
            job.cpu_seconds = event.cpu_seconds
            self._statistics = dataclasses.replace(
                self._statistics,
                children=self._statistics.children + 1,
                child_peak_bytes=max(self._statistics.child_peak_bytes, job.peak_bytes),
            )
        job.ended.set()
