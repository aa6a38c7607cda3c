"""Interrupt code that takes too long, so that its own line can be named."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Iterator


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
