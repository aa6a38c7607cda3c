"""Interrupt code that takes too long, so that its own line can be named."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path


class OutOfTimeError(BaseException):
    """Student code took too long; no ``except Exception`` in a training loop catches it."""


@contextlib.contextmanager
def deadline(cpu_seconds: float | None, message: str) -> Iterator[None]:
    """Interrupt the block, where signals can: in the main thread, and not on Windows.

    A computation that does not come back to Python, such as a loop in a TensorFlow graph, is
    interrupted only when it does.

    Args:
        cpu_seconds: of this thread, from now on; None for never. In a notebook, other threads are
            not the student's: TensorFlow has one for each core, and some wait by computing.

    Raises:
        OutOfTimeError: with this message, at the line that runs then.
    """
    main = threading.current_thread() is threading.main_thread()
    if cpu_seconds is None or not main or not hasattr(signal, "setitimer"):
        yield
        return

    def wait(seconds: float) -> None:
        # A timer of 0 would never go off.
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001))

    def interrupt(*_: object) -> None:
        # The timer counts all threads.
        left = end - time.thread_time()
        if left > 0:
            wait(left)
        else:
            raise OutOfTimeError(message)

    end = time.thread_time() + cpu_seconds
    before = signal.signal(signal.SIGPROF, interrupt)
    wait(cpu_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before or signal.SIG_DFL)


@contextlib.contextmanager
def waiting_deadline(wall_seconds: float, message: str) -> Iterator[None]:
    """Interrupt the block if it takes too long without computing, where signals can.

    What the process waits for a core, on a busy machine, does not count; where the system does not
    tell how long that is, nothing is interrupted.

    Args:
        wall_seconds: of wall-clock time, from now on.

    Raises:
        OutOfTimeError: with this message, at the line that runs then.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or not hasattr(signal, "setitimer") or (waited := waited_for_a_core()) is None:
        yield
        return

    def interrupt(*_: object) -> None:
        # Threads that wait side by side count several times, which only interrupts later.
        left = end + (waited_for_a_core() or 0.0) - time.monotonic()
        if left > 0:
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001))
        else:
            raise OutOfTimeError(message)

    end = time.monotonic() + wall_seconds - waited
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def waited_for_a_core() -> float | None:
    """Seconds that this process' threads were ready to run while others ran; None if unknown."""
    waited = []
    for thread in Path("/proc/self/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):  # it has just ended
            waited.append(int(thread.read_bytes().split()[1]) / 1e9)
    return sum(waited) if waited else None
