"""Run a command and measure it with all processes that it starts: seconds, CPU seconds, memory."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.25
ZYGOTE = "autograder.sandbox.zygote"


@dataclass(frozen=True)
class Used:
    """What a command used.

    Attributes:
        wall: seconds by the clock.
        cpu: CPU seconds, user and system, of the command and everything that it started.
        peak_mb: the largest resident memory of the command's own process.
        child_own_mb: the largest memory seen that a child of the sandbox shared with no process;
            0 if none was seen.
        load: processes that wanted a core on this machine, on average over the last minute.
    """

    wall: float
    cpu: float
    peak_mb: float
    child_own_mb: float
    load: float


def run(
    command: Sequence[str | Path],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    cores: Sequence[int] | None = None,
    output: Path | None = None,
) -> Used:
    """Run a command to its end.

    Args:
        environment: variables that differ from this process's.
        cores: numbers of the only cores that it may use; None for all.
        output: gets what it prints; None for nowhere.

    Raises:
        RuntimeError: it failed; holds the end of what it printed, if there is an ``output``.
    """
    # What loses its parent comes here: its CPU time is counted when it ends.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before, started = _children_cpu(), time.perf_counter()
    with contextlib.ExitStack() as stack:
        target = stack.enter_context((output or Path(os.devnull)).open("wb"))
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=target,
            stderr=subprocess.STDOUT,
        )
        if cores is not None:
            os.sched_setaffinity(process.pid, cores)
        watch = stack.enter_context(_Memory(process.pid))
        try:
            status = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
        wall = time.perf_counter() - started
    _reap()
    if status:
        said = output.read_text(errors="replace")[-2000:] if output else ""
        raise RuntimeError(f"{Path(str(command[0])).name} ended with status {status}: {said}")
    return Used(
        wall, _children_cpu() - before, watch.peak_mb, watch.child_own_mb, os.getloadavg()[0]
    )


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _reap() -> None:
    """Count the CPU time of processes that lost their parent and have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


class _Memory:
    """Looks at the memory of a process and of the sandbox's children, several times a second."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self.peak_mb = self.child_own_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(SAMPLE_SECONDS):
            with contextlib.suppress(psutil.Error, OSError, ValueError):
                self.peak_mb = max(self.peak_mb, _high_water_mb(self._pid))
                for child in _sandboxed(psutil.Process(self._pid)):
                    own = child.memory_full_info().uss / 2**20
                    self.child_own_mb = max(self.child_own_mb, own)


def _high_water_mb(pid: int) -> float:
    """The largest resident memory of a program; unlike ``ru_maxrss``, not that of its parent."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _sandboxed(process: psutil.Process) -> list[psutil.Process]:
    """The children of a sandbox's warm process: copies of it, with its command line."""
    found = []
    for each in process.children(recursive=True):
        parent = each.parent()
        if parent and _is_zygote(each) and _is_zygote(parent):
            found.append(each)
    return found


def _is_zygote(process: psutil.Process) -> bool:
    return "bwrap" not in process.name() and ZYGOTE in process.cmdline()
