"""What takes time now, in a line that goes away, and what each check of it has shown so far."""

from __future__ import annotations

from rich.text import Text

_MARKS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "dim")}


class Now:
    """What is done now.

    Args:
        what: in words ("Checking Momentum").
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._holds: list[bool | None] = []
        self._first = ""
        self._checks = 0

    def decided(self, claim: str, holds: bool | None, checks: int) -> None:
        """A check is decided.

        Args:
            holds: None if that is not known before all have run.
            checks: how many there are of it.
        """
        self._holds.append(holds)
        self._checks = checks
        if holds is False and not self._first:
            self._first = claim

    def text(self) -> Text:
        """One line, and below it the first check that fails."""
        text = Text(f"{self._what} ...")
        if self._holds:
            text.append("  ")
            for holds in self._holds:
                text.append(*_MARKS[holds])
            text.append(f"  {len(self._holds)} of {self._checks} checks", "dim")
        if self._first:
            text.append("\n  ✗ ", "red")
            text.append(self._first)
        return text
