"""A student's own file: read as a submission is, with advice for somebody who submits nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from autograder.sources.submission import Submission, read_submission

_ADVICE = (
    (" and submit it again.", "."),
    ("Submit it again.", "Make it readable, or save it again."),
    ("Submit the file itself.", "Name the file itself."),
)


def read_own_file(file: Path, locked: dict[str, str]) -> Submission:
    """Read a student's notebook or module where they work on it.

    Args:
        locked: the source of each locked cell of the release, by grade_id.
    """
    found = read_submission(file, locked=locked)
    if not found.unreadable:
        return found
    reason = found.unreadable
    if not file.exists() and not file.is_symlink():
        reason = f"{file.name} is gone. Save it again."
    for submitted, own in _ADVICE:
        reason = reason.replace(submitted, own)
    return replace(found, unreadable=reason, remarks=(reason,))
