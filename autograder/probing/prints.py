"""What code prints while a check runs: the first lines as plain text, and how many more."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import msgspec

from autograder.messages import PRINT_CHARS, PRINT_LINES, Observed

_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Prints(io.TextIOBase):
    """A stream that keeps the first lines that are written to it, and counts the others."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self._line = ""  # the one that is not ended, as far as it is kept
        self._ended = 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *ended, last = text.split("\n")
        for part in ended:
            self._add(part)
            if self._ended < PRINT_LINES:
                self._lines.append(self._line)
            self._line = ""
            self._ended += 1
        self._add(last)
        return len(text)

    def _add(self, part: str) -> None:
        # A progress bar writes over itself, and is short.
        line = self._line + part
        over = line.rstrip("\r").rpartition("\r")[2]
        self._line = over[: 4 * PRINT_CHARS] + ("\r" if line.endswith("\r") else "")

    @property
    def first(self) -> tuple[str, ...]:
        """The first lines, as plain text."""
        kept = [*self._lines, *([self._line] if self._line else [])]
        return tuple(map(_plain, kept[:PRINT_LINES]))

    @property
    def others(self) -> int:
        """How many more lines there were."""
        return max(0, self._ended + bool(self._line) - PRINT_LINES)

    def beside(self, observed: Observed) -> Observed:
        """A reply that tells what was printed, too."""
        return msgspec.structs.replace(observed, printed=self.first, unprinted=self.others)


@contextlib.contextmanager
def heard_prints(wanted: bool) -> Iterator[Prints]:
    """Keep what the block prints, if that is wanted; it is written where it would be all the same.

    Code notices nothing: what it can do to its ``sys.stdout``, and what that raises, is the same
    when it is graded.
    """
    prints = Prints()
    if not wanted:
        yield prints
        return
    heard: Any = _Heard(sys.stdout, prints)
    with contextlib.redirect_stdout(heard):
        with contextlib.suppress(ImportError, AttributeError):
            # As TensorFlow does in a notebook: `tf.print` writes to `sys.stdout`, in graphs too.
            from tensorflow.python.ops.logging_ops import enable_interactive_logging

            enable_interactive_logging()
        yield prints


class _Heard:
    """A stream that is listened to."""

    def __init__(self, stream: TextIO, prints: Prints) -> None:
        self._stream = stream
        self._prints = prints

    def write(self, text: str) -> int:
        written = self._stream.write(text)
        self._prints.write(text)
        return written

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _plain(line: str) -> str:
    """Without control characters and colours; columns stay aligned."""
    text = _COLOUR.sub("", line.expandtabs(8))
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")[:PRINT_CHARS].rstrip()
