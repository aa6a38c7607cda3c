"""A child while it answers: how long, how large, and, if it dies, of what."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from autograder.sandbox.interface import ChildDied
from autograder.sandbox.limits import OUT_OF_MEMORY, Limits, out_of_time

LOOK_SECONDS, GLANCE_SECONDS = 0.25, 0.05
"""How often a running child's folder is checked, at least, and its time and threads."""


class Measured(Protocol):
    """A process whose use of the machine can be read."""

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far; 0 once it is gone."""
        ...

    def waited_seconds(self) -> float:
        """For how long its threads were ready to run while others ran; 0 if unknown."""
        ...

    def glance(self) -> None:
        """Check the limits that are used up within moments, at little cost.

        Raises:
            ChildDied: one is exceeded.
        """
        ...

    def look(self) -> None:
        """Check its other limits.

        Raises:
            ChildDied: one is exceeded.
        """
        ...


class Watch:
    """Times one request of a process, and has its other limits checked meanwhile.

    Args:
        cpu_seconds: CPU time (all threads) that the answer may take. The wall clock ends a process
            only after 6 times that plus 5 seconds, so that a busy machine fails no submission.
        wall_seconds: the same of wall-clock time, if that is less.

    Attributes:
        last_spent: seconds of CPU time since the request was sent, as last read.
        last_waited: seconds since then that it was ready to run while others ran, as last read.
    """

    def __init__(
        self, process: Measured, cpu_seconds: float, wall_seconds: float = math.inf
    ) -> None:
        self._process = process
        self._cpu_seconds = cpu_seconds
        self._wall_seconds = min(6 * cpu_seconds + 5, wall_seconds)
        self._sent = self._looked = time.monotonic()
        self._cpu_when_sent = process.cpu_seconds()
        self._waited_when_sent = process.waited_seconds()
        self.last_spent = self.last_waited = 0.0

    def read(self) -> None:
        """Note what the process has used so far, while that can be read: soon it may have ended."""
        self._spent()
        self._waited()

    def _spent(self) -> float:
        now = self._process.cpu_seconds() - self._cpu_when_sent
        self.last_spent = max(self.last_spent, now)
        return self.last_spent

    def _waited(self) -> float:
        now = self._process.waited_seconds() - self._waited_when_sent
        self.last_waited = max(self.last_waited, now)
        return self.last_waited

    def pause(self) -> float:
        """Seconds until the next call of this function.

        Raises:
            ChildDied: a limit is exceeded.
        """
        now = time.monotonic()
        cpu_left = self._cpu_seconds - self._spent()
        wall_left = self._wall_seconds - (now - self._sent)
        if wall_left <= 0:
            # Waiting for a core is not the submission's fault, and what it computes is bounded.
            wall_left += self._waited()
        if cpu_left <= 0:
            raise ChildDied("timeout", out_of_time(self._cpu_seconds))
        if wall_left <= 0:
            raise ChildDied(
                "timeout",
                f"No reply within {self._wall_seconds:g} s, of which it computed for "
                f"{self._spent():.1f} s: it sleeps, or waits for something, perhaps in a loop.",
            )
        self._process.glance()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self.read()
            self._process.look()
        # All cores at once use the time up soonest.
        soonest = max(cpu_left / (os.cpu_count() or 1), 0.005)
        return min(soonest, wall_left, GLANCE_SECONDS)


# psutil does not replace what follows. It knows neither a process's CPU clock (its own CPU times
# have a resolution of 10 ms), nor time spent on a run queue, nor the state of a single thread, nor
# pidfds. And it takes the number of threads from the first "Threads:" in /proc/PID/status, where a
# process that calls itself "Threads:<tab>1" decides what that is; after the last ")" of
# /proc/PID/stat, nothing is under its control.


def cpu_time(pid: int) -> float:
    """CPU seconds of all threads of a process; 0 once it is gone.

    The clock of a process has the number that ``clock_getcpuclockid(3)`` computes.
    """
    whole_process = 2
    try:
        return time.clock_gettime((~pid << 3) | whole_process) if pid else 0.0
    except OSError:
        return 0.0


def waited_for_a_core(pid: int) -> float:
    """Seconds that the threads of a process were ready to run while others ran; 0 if unknown."""
    waited = 0
    for schedstat in _of_threads(pid, "schedstat"):
        with contextlib.suppress(ValueError, IndexError):  # a kernel that does not count it
            waited += int(schedstat.split()[1])  # proc(5): nanoseconds on a run queue
    return waited / 1e9


def has_ended(pid: int) -> bool:
    """Whether every thread of a process has, though its parent may not yet have noticed."""
    states = (stat.rpartition(")")[2].split()[0] for stat in _of_threads(pid, "stat"))
    return all(state in "ZX" for state in states)


def _of_threads(pid: int, file: str) -> Iterator[str]:
    """What one file of /proc says about each thread of a process; nothing of those that ended.

    At any moment the process may end, and every step then fails: listing its threads as well, so
    that no `Path.glob` is used, which raises that before Python 3.13.
    """
    threads: list[Path] = []
    with contextlib.suppress(OSError):
        threads = list(Path(f"/proc/{pid}/task").iterdir()) if pid else []
    for thread in threads:
        with contextlib.suppress(OSError):
            yield (thread / file).read_text()


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


def resident_bytes(pid: int) -> int:
    """Resident memory of a process; 0 if that cannot be read."""
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(after_name[21]) * os.sysconf("SC_PAGE_SIZE")  # field 24 of proc(5)


def explain(
    status: int, limits: Limits, *, peak_bytes: int, cpu_seconds: float, memory_was_short: bool
) -> ChildDied:
    """Why a process that the grader did not kill has ended.

    Running out of memory often shows as an abort. Where the two cannot be told apart, the death
    is "crashed".

    Args:
        status: exit status, or minus the number of the signal.
        peak_bytes: its largest resident memory.
        cpu_seconds: of its whole life.
        memory_was_short: whether its address space came close to the limit.
    """
    out_of_memory = f"Out of memory (limit: {limits.memory_bytes / 2**30:.1f} GiB)"
    if status == OUT_OF_MEMORY:
        return ChildDied("memory", f"{out_of_memory}.")
    out_of_cpu = cpu_seconds >= limits.cpu_seconds
    killed = status in (-signal.SIGKILL, -signal.SIGABRT) and not out_of_cpu
    if -status == signal.SIGXCPU or (-status == signal.SIGKILL and out_of_cpu):
        message = f"Exceeded the CPU limit of {limits.cpu_seconds} s for all checks together."
        return ChildDied("timeout", message)
    if -status in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS) and memory_was_short:
        message = f"{out_of_memory}: the process crashed ({_signal_name(-status)})."
        return ChildDied("memory", message, killed=killed)
    if -status == signal.SIGKILL and peak_bytes > limits.memory_bytes / 2:
        message = "The process was killed (SIGKILL), probably because memory ran out."
        return ChildDied("memory", message, killed=killed)
    return ChildDied("crashed", end_in_words(status), killed=killed)


def end_in_words(status: int) -> str:
    """One sentence on an exit status, or on minus the number of a signal."""
    if status < 0:
        return f"The process crashed ({_signal_name(-status)}) during this check."
    return f"The process exited with status {status} during this check."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
