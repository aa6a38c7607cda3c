"""A command in a terminal of its own, and a picture of what it shows there.

What a command prints is a stream of text, colours and movements of the cursor: progress lines are
erased and written anew. The picture has what is left on the screen.
"""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

SECONDS = 240
"""How long a command may take to say something on a busy machine."""

TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")
"""A control sequence (its numbers and its letter), the end of a line, or text."""


def on_the_screen(printed: str) -> list[str]:
    """The lines that are left when all is printed, with their colours.

    Rich moves the cursor to the start of a line only to erase it, which is all that is understood.
    """
    lines, at = [""], 0
    for numbers, letter, end, text in TOKEN.findall(printed):
        if end == "\n":
            at += 1
            lines += [""] * (at + 1 - len(lines))
        elif letter == "A":
            at = max(0, at - int(numbers or 1))
        elif letter == "K":
            lines[at] = ""
        else:
            lines[at] += f"\x1b[{numbers}m" if letter == "m" else text
    return lines


class Terminal:
    """A command that runs in a terminal, until the block ends.

    Args:
        command: the program and its words.
        folder: where it runs.
        environment: its variables; the kind of terminal is added.
        columns: how wide the terminal is.
    """

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        columns: int = 100,
    ) -> None:
        self._columns = columns
        self._terminal, own = pty.openpty()
        fcntl.ioctl(own, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        kind = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, **kind},
            stdin=own,
            stdout=own,
            stderr=own,
            start_new_session=True,
        )
        os.close(own)
        self._printed = b""
        self._seen = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    @property
    def text(self) -> str:
        """What is on the screen, without colours."""
        return "\n".join(text.plain for text in self._lines())

    def _lines(self) -> list[Text]:
        lines = on_the_screen(self._printed.decode(errors="replace"))
        while lines and not lines[-1].strip():
            lines.pop()
        return list(AnsiDecoder().decode("\n".join(lines)))

    def says(self, words: str) -> None:
        """Wait until these words are printed, after those that were waited for before.

        Raises:
            RuntimeError: the command ended without them, or took too long.
        """
        end = time.monotonic() + SECONDS
        while (place := self._printed.find(words.encode(), self._seen)) < 0:
            if time.monotonic() > end or not self._read():
                raise RuntimeError(f"{words!r} was not printed:\n{self.text}")
        self._seen = place + len(words.encode())

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self._terminal, key.encode())

    def ends(self) -> None:
        """Read what is printed until the command ends."""
        end = time.monotonic() + SECONDS
        while self._read():
            if time.monotonic() > end:
                raise RuntimeError(f"The command does not end:\n{self.text}")
        self._process.wait(timeout=SECONDS)

    def _read(self) -> bool:
        """Read what is there now. Returns whether more may come."""
        if not select.select([self._terminal], [], [], 1)[0]:
            return True
        try:
            read = os.read(self._terminal, 65536)
        except OSError:  # Linux says so when the last process has closed the terminal
            return False
        self._printed += read
        return bool(read)

    def picture(self, command: str, name: str) -> str:
        """An SVG of the screen.

        Args:
            command: what a reader would type, the first line of the picture.
            name: the prefix of the SVG's ids. The same screen gives the same file.
        """
        canvas = Console(record=True, width=self._columns, file=io.StringIO(), highlight=False)
        canvas.print(Text(f"$ {command}", style="bold green"))
        for line in self._lines():
            canvas.print(line)
        return drawing(canvas, name)


def drawing(canvas: Console, name: str) -> str:
    """An SVG of what a console has recorded, with a fixed id and without fonts of another host."""
    svg = canvas.export_svg(title="autograder", theme=MONOKAI, unique_id=name)
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
