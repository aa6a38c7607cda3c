"""Confined children for the grader: started from one warm process, asked, timed, and removed.

    with Sandbox() as sandbox:
        with sandbox.child() as child:
            message, arrays = child.request({"op": "load"}, {}, cpu_seconds=5.0)

A `Sandbox` may be used from several threads at once; a `Child` belongs to the thread that asked
for it. Nothing here imports keras.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
import secrets as random_bytes
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from autograder.model import AutograderError
from autograder.sandbox import canary, scratch
from autograder.sandbox.interface import SandboxLost
from autograder.sandbox.levels import NONE, Level, by_strength
from autograder.sandbox.limits import CONTROL_BYTES, Limits
from autograder.sandbox.process import KILL_SECONDS, START_SECONDS, Child, RefusedError
from autograder.sandbox.watch import (
    ChildDied,
    Job,
    process_number,
)
from autograder.sandbox.wire import Message, WireError

__all__ = ["Child", "ChildDied", "Sandbox", "SandboxLost", "Statistics"]

DEFAULT_LIMITS = Limits()
RESTARTS = 5
"""How often in a row a zygote may be killed without having served anybody."""

SELF_TESTS = 4
"""How often the self-test is tried, if something kills its processes."""


class Unprotected(Exception):  # noqa: N818
    """One way to confine student code does not work on this system."""


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


class Sandbox:
    """Starts children that run untrusted code.

    Args:
        confined: False grades without protection; only what keeps children apart from each
            other's accidents (limits, private folders, closed descriptors) stays.
        level: how to confine; None for the strongest way that passes the self-test.
        limits: of every child.
        service: module that children run (``serve(connection)``), by dotted name or ``.py`` path.
        secrets: folders and files that no child may read, such as the course's solutions. They
            are refused if they lie in the Python installation, and the self-test tries them.

    Raises (on entering):
        AutograderError: the system cannot run or confine children; says what is missing.
    """

    def __init__(
        self,
        *,
        confined: bool = True,
        level: Level | None = None,
        limits: Limits = DEFAULT_LIMITS,
        service: str = "autograder.probing.child",
        secrets: Sequence[Path] = (),
    ) -> None:
        self.confined = confined
        self.limits = limits
        self._service = service
        self._secrets = tuple(path.resolve() for path in secrets)
        self._wanted = level
        self._level = NONE
        self._statistics = Statistics()
        self._jobs: dict[int, Job] = {}
        self._next_job = 0
        # Guards everything above and the control socket's sending side.
        self._lock = threading.Condition()
        self._connection: socket.socket | None = None  # to the zygote, from its first moment
        self._control: socket.socket | None = None  # the same, once the zygote is ready
        self._failure = ""
        self._closing = False
        self._keeper: threading.Thread | None = None
        self._folder: Path | None = None
        self._ready_facts: Message = {}

    @property
    def level(self) -> str:
        """The protection that is really on, as text for every report."""
        return str(self._level)

    @property
    def folder(self) -> Path:
        """Where everything of this run lies, removed at the end."""
        if self._folder is None:
            raise SandboxLost("a sandbox is used inside its `with` block")
        return self._folder

    @property
    def statistics(self) -> Statistics:
        """What has been used so far."""
        with self._lock:
            return self._statistics

    def __enter__(self) -> Self:
        if sys.platform != "linux":
            raise AutograderError(
                "Grading what others have written needs Linux, whose kernel confines it. On "
                "Windows use WSL 2, on a Mac a Linux container: SECURITY.md says how. Checking "
                "your own work (autograder check) works everywhere."
            )
        if self.confined:
            # Only Linux has what this module needs, so it cannot be imported above.
            from autograder.sandbox.confinement import hide_memory

            hide_memory()
        scratch.sweep()
        try:
            self._make_folder()
            if self.confined:
                self._confine()
            else:
                self._start_keeper()
        except BaseException:
            self.close()
            raise
        return self

    def _make_folder(self) -> None:
        try:
            self._folder = scratch.run_folder()
            self._outside = self.folder / "outside"
            self._outside.mkdir()
            self._secret = self._outside / "secret"
            self._secret.write_text(random_bytes.token_hex(16))
        except OSError as error:
            raise AutograderError(
                f"Nothing can be written to {tempfile.gettempdir()} ({error.strerror}), where "
                "student code gets its folders. Make room there, or name another place by TMPDIR."
            ) from error

    def _confine(self) -> None:
        """Start with the strongest protection that passes the self-test.

        Raises:
            AutograderError: there is none; says what each one lacks.
        """
        from autograder.sandbox import bubblewrap, confinement

        reasons = []
        levels = [self._wanted] if self._wanted else []
        if not levels:
            abi, problem = confinement.landlock_abi(), bubblewrap.problem()
            levels = by_strength(abi, not problem)
            if not abi:
                reasons.append("this kernel has no Landlock (Linux 5.13 or newer, enabled)")
            if problem:
                reasons.append(problem)
        for level in levels:
            self._level = level
            try:
                self._start_keeper()
                self._self_test()
                return
            except Unprotected as error:
                reasons.append(f"{level}: {error}")
                self._end_keeper()
                with self._lock:  # nobody else knows this sandbox yet
                    self._closing, self._failure, self._ready_facts = False, "", {}
        self._level = NONE
        raise AutograderError(
            f"Student code cannot be confined here: {'; '.join(reasons)}. Grade on another system "
            "or in a container (SECURITY.md says how), or, if you trust every submission, give "
            "`autograder` the option --unsafe, which grades without protection."
        )

    def _start_keeper(self) -> None:
        # The thread that starts a process is the one whose end the process can notice, so one
        # thread starts the zygote and lives as long as the sandbox does.
        self._keeper = threading.Thread(target=self._keep, name="sandbox", daemon=True)
        self._keeper.start()
        self._await_control()

    def _end_keeper(self) -> None:
        with self._lock:
            self._closing = True
            if self._connection is not None:
                with contextlib.suppress(OSError):
                    self._connection.send(json.dumps({"do": "stop"}).encode())
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)
            self._lock.notify_all()
        if self._keeper is not None:
            self._keeper.join()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every child and the zygote, and remove every file; may be called twice."""
        self._end_keeper()
        if self._folder is not None:
            scratch.remove(self._folder)

    def child(self, limits: Limits | None = None) -> Child:
        """Start a process for one implementation; use it as a context manager.

        Raises:
            SandboxLost: the zygote is gone and could not be started again, or confining failed.
        """
        if self._closing:
            raise SandboxLost("the sandbox is closed")
        return Child(self, limits or self.limits, confined=self.confined)

    # --- the zygote, in the keeper's thread -------------------------------------------------------

    def _keep(self) -> None:
        attempt = 0
        while True:
            served = self._statistics.children
            try:
                lost = self._run_zygote()
            except OSError as error:  # no space for a folder, no process to be had
                lost = _Lost(str(error), killed=False)
            with self._lock:
                self._connection = self._control = None
                for job in self._jobs.values():
                    job.lost = "the process that starts the children ended"
                    job.started.set()
                    job.ended.set()
                self._jobs.clear()
                if self._closing:
                    return
                attempt = 0 if self._statistics.children > served else attempt + 1
                # What cannot start will not start later either, unless somebody ended it.
                hopeless = not self._ready_facts and not lost.killed
                if hopeless or attempt > RESTARTS:
                    self._failure = lost.reason
                    self._lock.notify_all()
                    return
                self._statistics = dataclasses.replace(
                    self._statistics, restarts=self._statistics.restarts + 1
                )

    def _run_zygote(self) -> _Lost:
        """Start a zygote and listen to it until it ends; returns why it did, if it says so."""
        started = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = self.folder / f"zygote-{random_bytes.token_hex(4)}"
        home.mkdir(parents=True)
        with ours, (home / "stderr").open("w+b") as log:
            with theirs:
                process = subprocess.Popen(
                    self._command(theirs.fileno()),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=log,
                    pass_fds=[theirs.fileno()],
                    env=_environment(home),
                    cwd=home,
                    start_new_session=True,  # Ctrl-C is not for it
                )
            try:
                with self._lock:
                    self._connection = ours  # from here on close() reaches the zygote
                    closing = self._closing
                if not closing:
                    self._listen(ours, started)
            finally:
                ours.close()
                if self._closing and self._control is not ours:
                    process.kill()  # still importing, so it has no children to see to
                try:
                    process.wait(KILL_SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            log.seek(0)
            tail = _without_noise(log.read().decode(errors="replace"))[-2000:]
        # Bubblewrap tells a signal as shells do.
        signal = max(-process.returncode, process.returncode - 128)
        if signal > 0:
            return _Lost(f"{tail}\nit was ended by signal {signal}".strip(), killed=True)
        return _Lost(f"{tail}\n(exit status {process.returncode})".strip(), killed=False)

    def _command(self, control: int) -> list[str]:
        # -I: neither the environment nor the current folder decides what is imported.
        module = [sys.executable, "-I", "-m", "autograder.sandbox.zygote"]
        if not self._level.bubblewrap:
            return [*module, str(control), str(os.getpid()), str(self.folder), self._service]
        from autograder.sandbox import bubblewrap

        service = [Path(self._service)] if self._service.endswith(".py") else []
        around = bubblewrap.command(self.folder, service)
        return [*around, *module, str(control), "0", str(self.folder), self._service]

    def _listen(self, control: socket.socket, started: float) -> None:
        control.settimeout(START_SECONDS)
        while True:
            try:
                data, handles, _, _ = socket.recv_fds(control, CONTROL_BYTES, 1)
            except OSError:  # TimeoutError is one
                return
            if not data:
                return
            control.settimeout(None)
            event = json.loads(data)
            for handle in handles:
                event["pid"] = process_number(handle)
                os.close(handle)
            self._note(event, control, time.monotonic() - started)

    def _note(self, event: Message, control: socket.socket, seconds: float) -> None:
        with self._lock:
            if event["event"] == "ready":
                self._ready_facts = event
                self._control = control
                self._statistics = dataclasses.replace(
                    self._statistics,
                    start_seconds=seconds,
                    zygote_peak_bytes=event["peak_bytes"],
                )
                self._lock.notify_all()
                return
            job = self._jobs.get(event["job"])
            if job is None:
                return
            if event["event"] == "started":
                job.pid = event["pid"]
                job.started.set()
                return
            del self._jobs[job.number]
            if event["event"] == "refused":
                job.lost = event["reason"]
                job.started.set()
            else:
                job.status = event["status"]
                job.peak_bytes = event["peak_bytes"]
                job.cpu_seconds = event["cpu_seconds"]
                self._statistics = dataclasses.replace(
                    self._statistics,
                    children=self._statistics.children + 1,
                    child_peak_bytes=max(self._statistics.child_peak_bytes, job.peak_bytes),
                )
            job.ended.set()

    # --- called from any thread -------------------------------------------------------------------

    def _await_control(self) -> None:
        with self._lock:
            self._lock.wait_for(lambda: self._control or self._failure or self._closing)
            if self._control is None:
                reason = self._failure or "the sandbox is closed"
                if self._ready_facts:
                    raise SandboxLost(f"the sandbox ended and did not start again: {reason}")
                raise AutograderError(f"the sandbox did not start: {reason}")

    def _start(self, folder: Path, limits: Limits, confined: bool, test: bool) -> _StartedJob:
        """Have the zygote fork a child; the job and the grader's end of the connection."""
        self._await_control()
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            self._next_job += 1
            job = Job(self._next_job)
            message = {
                "do": "start",
                "job": job.number,
                "scratch": str(folder),
                "confined": confined,
                "landlock": self._level.landlock,
                "canary": test,
                "limits": dataclasses.asdict(limits),
            }
            try:
                if self._control is None:
                    raise BrokenPipeError
                socket.send_fds(self._control, [json.dumps(message).encode()], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise SandboxLost("the process that starts the children ended") from error
            self._jobs[job.number] = job
        return job, ours

    def _kill(self, job: Job) -> None:
        """Kill a child and wait until it is gone, so that nothing of it can still run."""
        with self._lock, contextlib.suppress(OSError):
            if self._control is not None and not job.ended.is_set():
                self._control.send(json.dumps({"do": "kill", "job": job.number}).encode())
        if not job.ended.wait(KILL_SECONDS):
            raise SandboxLost("a killed process did not end")

    def _self_test(self) -> None:
        """Have the canary try what student code must not be able to do.

        Raises:
            Unprotected: something of it succeeded, or a child cannot be confined in this way.
        """
        self._refuse_readable_secrets()
        request = {
            "secrets": [str(path) for path in (self._secret, *self._secrets) if path.exists()],
            "outside": str(self._outside),
            "grader": os.getpid(),
        }
        for attempt in range(1, SELF_TESTS + 1):
            try:
                with Child(self, self.limits, confined=True, test=True) as child:
                    reply, _ = child.request(request, {}, cpu_seconds=10.0)
                    missing = reply["succeeded"]
                    break
            except (ChildDied, WireError) as error:
                # All that the canary does after its other attempts is to start a program.
                missing = [canary.EXEC]
                if not (isinstance(error, ChildDied) and error.killed):
                    break
            except SandboxLost as error:
                # A process that somebody killed says nothing about the protection.
                if isinstance(error, RefusedError) or attempt == SELF_TESTS:
                    raise Unprotected(str(error)) from error
        if missing:
            raise Unprotected(f"it does not stop student code from {', '.join(missing)}")

    def _refuse_readable_secrets(self) -> None:
        for secret in self._secrets:
            for path in map(Path, self._ready_facts["readable"]):
                real = path.resolve()
                if secret.is_relative_to(real) or real.is_relative_to(secret):
                    raise AutograderError(
                        f"{secret} and the Python installation ({real}) contain one another, so "
                        "student code could read it; move the course elsewhere"
                    )


_StartedJob = tuple[Job, socket.socket]


@dataclasses.dataclass(frozen=True)
class _Lost:
    """Why a zygote ended, and whether by a signal."""

    reason: str
    killed: bool


def _without_noise(log: str) -> str:
    """What a zygote printed, without TensorFlow's remarks on its own start."""
    noise = re.compile(r"[IWE]\d{4} .*|WARNING: All log messages before absl.*|Fontconfig error.*")
    return "\n".join(line for line in log.splitlines() if not noise.fullmatch(line)).strip()


def _environment(home: Path) -> dict[str, str]:
    """Nothing of the grader's: it may hold tokens."""
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "KERAS_BACKEND": "tensorflow",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        "OPENBLAS_NUM_THREADS": "1",  # else OpenBLAS starts threads when NumPy is imported
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
    }
    if "LD_LIBRARY_PATH" in os.environ:  # some interpreters do not start without it
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return environment
