"""What is shown below the message of a check, beside the verdict: prints, pictures, curves."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.reports.sparklines import Sparkline


@dataclass(frozen=True)
class Picture:
    """A PNG in base64, and what it shows in words."""

    png: str
    words: str


@dataclass(frozen=True)
class Beside:
    """What is shown below a check's message.

    Attributes:
        printed: the first lines of what the code printed while the check ran.
        unprinted: how many more lines there were.
        pictures: for a page.
        curves: for a terminal.
    """

    printed: tuple[str, ...] = ()
    unprinted: int = 0
    pictures: tuple[Picture, ...] = ()
    curves: Sparkline | None = None

    @property
    def more(self) -> str:
        """How many lines are not shown, in words; "" if all are."""
        lines = "line" if self.unprinted == 1 else "lines"
        return f"... and {self.unprinted:,} more {lines}" if self.unprinted else ""

    @property
    def lines(self) -> tuple[str, ...]:
        """What was printed, as plain text; empty if nothing was."""
        return (*self.printed, *filter(None, [self.more]))


NOTHING = Beside()
