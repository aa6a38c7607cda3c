"""What submissions used of the machine, kept apart from the reports.

Grading a class again gives the same reports, bit for bit, and never the same times.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

import msgspec

from autograder.verdicts import Report, Used

UsedBy = Mapping[str, Used]
"""What one submission used, by the name of the exercise."""

ADD_USED = "insert or replace into used values (?, ?)"


def used_row(report: Report) -> tuple[bytes, bytes]:
    """The row of a journal for one submission."""
    found = {each.name: each.used for each in report.exercises if each.used}
    return os.fsencode(report.student), msgspec.json.encode(found)


def read_used(rows: Iterable[tuple[bytes, bytes]]) -> dict[str, UsedBy]:
    """What each student's submission used; a row that is damaged costs no more than itself."""
    found: dict[str, UsedBy] = {}
    for student, content in rows:
        with suppress(TypeError, ValueError):  # msgspec's errors are ValueErrors
            found[os.fsdecode(student)] = msgspec.json.decode(content, type=dict[str, Used])
    return found
