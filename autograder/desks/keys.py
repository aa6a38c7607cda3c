"""Single keys from a terminal, without Enter."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def keys(pressed: Callable[[str], None]) -> Iterator[None]:
    """Call a function with each key, from a thread, as long as the block runs.

    Ctrl-C still interrupts. Afterwards the terminal is as it was.
    """
    stop = threading.Event()
    read = _read_windows if sys.platform == "win32" else _read_posix
    with _unbuffered():
        thread = threading.Thread(target=read, args=(pressed, stop), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=1)


@contextmanager
def _unbuffered() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    import termios
    import tty

    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    tty.setcbreak(handle)
    try:
        yield
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)


def _read_posix(pressed: Callable[[str], None], stop: threading.Event) -> None:
    import os
    import select

    handle = sys.stdin.fileno()
    while not stop.is_set():
        if select.select([handle], [], [], 0.2)[0]:
            typed = os.read(handle, 64)
            if not typed:
                return
            for letter in typed.decode(errors="ignore"):
                pressed(letter)


def _read_windows(pressed: Callable[[str], None], stop: threading.Event) -> None:
    import msvcrt  # Windows alone has it

    while not stop.wait(0.1):
        while msvcrt.kbhit():  # type: ignore[attr-defined]
            pressed(msvcrt.getwch())  # type: ignore[attr-defined]
