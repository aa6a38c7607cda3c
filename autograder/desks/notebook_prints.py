"""What the student's code prints while a check of a notebook runs: kept, and bounded."""

from __future__ import annotations

import contextlib
import io
import re
import sys
import unicodedata
from collections.abc import Iterator

MAX_LINES = 10
LINE_CHARS = 200

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
            if self._ended < MAX_LINES:
                self._lines.append(self._line)
            self._line = ""
            self._ended += 1
        self._add(last)
        return len(text)

    def _add(self, part: str) -> None:
        # A progress bar writes over itself, and is short.
        line = self._line + part
        over = line.rstrip("\r").rpartition("\r")[2]
        self._line = over[: 4 * LINE_CHARS] + ("\r" if line.endswith("\r") else "")

    @property
    def first(self) -> tuple[str, ...]:
        """The first lines, as plain text."""
        kept = [*self._lines, *([self._line] if self._line else [])]
        return tuple(map(_plain, kept[:MAX_LINES]))

    @property
    def others(self) -> int:
        """How many more lines there were."""
        return max(0, self._ended + bool(self._line) - MAX_LINES)


@contextlib.contextmanager
def kept_prints() -> Iterator[Prints]:
    """Keep what the block prints out of the notebook, and what it displays or warns of."""
    prints = Prints()
    with (
        contextlib.redirect_stdout(prints),
        contextlib.redirect_stderr(io.StringIO()),  # Keras' warnings about missing gradients
        _without_displays(),
    ):
        yield prints


def _without_displays() -> contextlib.AbstractContextManager[object]:
    if "IPython" not in sys.modules:
        return contextlib.nullcontext()
    from IPython.utils.capture import capture_output

    return capture_output(stdout=False, stderr=False)


def _plain(line: str) -> str:
    """Without control characters and colours; columns stay aligned."""
    text = _COLOUR.sub("", line.expandtabs(8))
    return "".join(c for c in text if unicodedata.category(c)[0] != "C")[:LINE_CHARS].rstrip()
