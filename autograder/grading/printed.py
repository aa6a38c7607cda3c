"""What code printed while a check ran: for the student alone, and part of no verdict."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from autograder.messages import PRINT_CHARS, PRINT_LINES, Observed


@dataclass(frozen=True)
class Printed:
    """The first lines, as plain text, and how many more there were."""

    first: tuple[str, ...] = ()
    others: int = 0


def read_printed(reply: Observed) -> Printed:
    """What a child says was printed, which may be a lie: control characters are removed.

    Spaces are kept, so that columns stay aligned.
    """
    lines = (
        "".join(letter for letter in line[:PRINT_CHARS] if unicodedata.category(letter)[0] != "C")
        for line in reply.printed[:PRINT_LINES]
    )
    return Printed(tuple(lines), reply.unprinted)
