"""A child while it answers: how long, how large, and, if it dies, of what."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from typing import Literal

from autograder.sandbox import scratch
from autograder.sandbox.limits import OUT_OF_MEMORY, Limits

LOOK_SECONDS = 0.25
"""How often a running child's time, threads and folder are looked at, at least."""

DeathKind = Literal["timeout", "memory", "crashed"]


class ChildDied(Exception):  # noqa: N818 - it says what happened, as StopIteration does
    """The process of an implementation ended, or was ended, while it had a request to answer.

    Attributes:
        kind: "timeout", "memory" or "crashed".
        message: one sentence for the student.
        cpu_seconds: CPU time since the request was sent.
        killed: by a signal that neither the grader nor a limit has sent: perhaps by the kernel,
            whose memory ran out, by a person, or by itself, as TensorFlow does where others have
            left it no thread. Once is no fault of the submission.
    """

    def __init__(
        self, kind: DeathKind, message: str, cpu_seconds: float = 0.0, *, killed: bool = False
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.cpu_seconds = cpu_seconds
        self.killed = killed


class Job:
    """What the grader knows of one child; the keeper thread fills it in."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid = 0
        self.first_size = 0
        self.status: int | None = None
        self.peak_bytes = 0
        self.cpu_seconds = 0.0
        self.lost = ""
        self.started = threading.Event()
        self.ended = threading.Event()


class Watch:
    """Looks after one request of a child: its time, its threads, its folder."""

    def __init__(self, job: Job, folder: Path, limits: Limits, cpu_seconds: float) -> None:
        self._job = job
        self._folder = folder
        self._limits = limits
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = 6 * cpu_seconds + 5
        self._sent = time.monotonic()
        self._cpu_when_sent = _cpu_time(job.pid)
        self._waited_when_sent = waited_for_a_core(job.pid)
        self._spent = 0.0
        self._looked = self._sent
        self.address_space_was_short = False

    def spent(self) -> float:
        """Seconds of CPU time since the request was sent, as far as still known."""
        self._spent = max(self._spent, _cpu_time(self._job.pid) - self._cpu_when_sent)
        return self._spent

    def pause(self) -> float:
        """Seconds until the next look.

        Raises:
            ChildDied: something is used up.
        """
        now = time.monotonic()
        cpu_left = self._cpu_seconds - self.spent()
        wall_left = self._wall_seconds - (now - self._sent)
        if wall_left <= 0:
            # What it had to wait for others is not its doing; what it computes is bounded anyway.
            wall_left += waited_for_a_core(self._job.pid) - self._waited_when_sent
        if cpu_left <= 0:
            message = f"took more than {self._cpu_seconds:g} seconds of computing time"
            raise ChildDied("timeout", message, self._spent)
        if wall_left <= 0:
            message = f"did not answer within {self._wall_seconds:g} seconds"
            raise ChildDied("timeout", message, self._spent)
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self.look()
        # All cores at once use the time up soonest.
        soonest = max(cpu_left / (os.cpu_count() or 1), 0.005)
        return min(soonest, wall_left, LOOK_SECONDS)

    def look(self) -> None:
        """See whether it is within its bounds.

        Raises:
            ChildDied: it is not.
        """
        size, threads = size_and_threads(self._job.pid)
        grown = size - self._job.first_size
        self.address_space_was_short |= grown > 0.75 * self._limits.memory_bytes
        if threads > self._limits.threads:
            raise ChildDied("crashed", f"more than {self._limits.threads} threads", self._spent)
        try:
            size, files = scratch.usage(self._folder, self._limits.scratch_files)
        except scratch.HiddenError as error:
            message = "made a folder that cannot be looked into"
            raise ChildDied("crashed", message, self._spent) from error
        size += scratch.deleted(self._job.pid)
        if size > self._limits.scratch_bytes or files > self._limits.scratch_files:
            message = f"wrote more than {self._limits.scratch_bytes:,} bytes of files"
            if files > self._limits.scratch_files:
                message = f"wrote more than {self._limits.scratch_files:,} files"
            raise ChildDied("crashed", message, self._spent)


def _cpu_time(pid: int) -> float:
    """CPU seconds of all threads of a process; 0 once it is gone.

    The clock of a process has the number that ``clock_getcpuclockid(3)`` computes.
    """
    whole_process = 2
    try:
        return time.clock_gettime((~pid << 3) | whole_process) if pid else 0.0
    except OSError:
        return 0.0


def waited_for_a_core(pid: int) -> float:
    """Seconds that the threads of a process were ready to run, and others ran; 0 if not known."""
    waited = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/schedstat") if pid else ():
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has ended meanwhile
            waited += int(thread.read_text().split()[1])  # proc(5): nanoseconds on a run queue
    return waited / 1e9


def has_ended(pid: int) -> bool:
    """Whether every thread of a process has, though its parent may not yet have noticed."""
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            if thread.read_text().rpartition(")")[2].split()[0] not in "ZX":
                return False
    return True


def process_number(handle: int) -> int:
    """The number by which this process knows the one that a pidfd refers to; 0 if it is gone."""
    for line in Path(f"/proc/self/fdinfo/{handle}").read_text().splitlines():
        if line.startswith("Pid:"):
            return max(int(line.split()[1]), 0)
    return 0


def size_and_threads(pid: int) -> tuple[int, int]:
    """Address space in bytes and number of threads; (0, 0) if that cannot be read."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, 0
    return int(after_name[20]), int(after_name[17])  # fields 23 and 20 of proc(5)


def explain(job: Job, limits: Limits, watch: Watch) -> ChildDied:
    """Why a process that nobody here killed has ended.

    Running out of memory often shows as an abort; where it cannot be told, it is "crashed".
    """
    out_of_cpu = job.cpu_seconds >= limits.cpu_seconds
    kind, message = _cause(job, limits, out_of_cpu, watch.address_space_was_short)
    killed = job.status in (-signal.SIGKILL, -signal.SIGABRT) and not out_of_cpu
    return ChildDied(kind, message, watch.spent(), killed=killed)


def _cause(
    job: Job, limits: Limits, out_of_cpu: bool, address_space_was_short: bool
) -> tuple[DeathKind, str]:
    status = job.status or 0
    out_of_memory = f"the process ran out of memory ({limits.memory_bytes / 2**30:.1f} GiB allowed)"
    if status == OUT_OF_MEMORY:
        return "memory", out_of_memory
    if status >= 0:
        return (
            "crashed",
            f"the process ended by itself with status {status} while this check ran",
        )
    name = _signal_name(-status)
    if -status == signal.SIGXCPU or (-status == signal.SIGKILL and out_of_cpu):
        seconds = limits.cpu_seconds
        return "timeout", f"the submission used up the {seconds} seconds it has for all checks"
    if -status in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS) and address_space_was_short:
        return "memory", f"{out_of_memory}, and crashed ({name})"
    if -status == signal.SIGKILL and job.peak_bytes > limits.memory_bytes / 2:
        return "memory", "the process was killed (SIGKILL), most likely since memory ran out"
    return "crashed", f"the process crashed ({name}) while this check ran"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
