"""The console of every command, and the progress of long work."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

LINES = 20
"""Lines of progress at most, where there is no terminal."""

WIDE = 120
"""Columns of a terminal from which a class table shows every exercise."""


def new_console() -> Console:
    """The console of every command: as wide as the terminal.

    In a file or pipe it has as many columns as ``COLUMNS`` says, else ``WIDE``.
    """
    console = Console(highlight=False)
    if console.is_terminal or os.environ.get("COLUMNS", "").isdigit():
        return console
    return Console(highlight=False, width=WIDE)


def titled_table(title: str) -> Table:
    """A table without lines, its title above; the first column has no heading."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=None,
        padding=(0, 1, 0, 0),
    )
    table.add_column("")
    return table


@contextlib.contextmanager
def progress(console: Console, what: str, count: int) -> Iterator[Callable[[str], None]]:
    """A progress bar on a terminal; elsewhere at most ``LINES`` plain lines.

    Yields a function to call after each of ``count`` steps with the name of what was done.
    """
    if not console.is_terminal:
        done = 0

        def line(text: str) -> None:
            nonlocal done
            done += 1
            if done * LINES // count > (done - 1) * LINES // count:
                console.print(
                    f"{what} {done}/{count}: {printable(text)}", markup=False, highlight=False
                )

        yield line
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[last]}"),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(what, total=count, last="")

        def step(text: str) -> None:
            bar.update(task, advance=1, last=escape(printable(text)))

        yield step


def printable(text: str) -> str:
    """Escape what is not printable: a folder's name may hold terminal commands and any bytes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
