"""A submission's other files, in the folders of the graded notebook and of the feedback page.

``nbgrader autograde`` and ``nbgrader generate_feedback`` carry them along, and later commands rely
on it: ``nbgrader release_feedback`` opens ``timestamp.txt`` and ``submission_secret.txt`` next to
every page, and ends at the first student who has none.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path

from autograder.atomic import atomic_write

TIMESTAMP = "timestamp.txt"
SECRET = "submission_secret.txt"
"""nbgrader publishes a page under a hash of it: only who submitted finds the page."""

_NOT_CARRIED = ("*.ipynb", "*.htm", "*.html", TIMESTAMP)
"""Notebooks and times are written anew. ``release_feedback`` would publish a student's own HTML."""

_LONGEST_SECRET = 10_000


def carry(source: Path, target: Path, *, ignore: Sequence[str], largest: int) -> None:
    """Make the other files of ``target`` those of ``source``.

    Args:
        ignore: names and patterns to leave out, as in ``c.CourseDirectory.ignore``.
        largest: bytes of the largest file that is carried.

    Raises:
        OSError: the disk is full, or ``target`` is not writable.
    """
    patterns = (*ignore, *_NOT_CARRIED)
    found = {path.relative_to(source) for path in _files(source, patterns, largest)}
    for path in found:
        # An earlier submission may have a file where this one has a folder.
        for parent in path.parents[:-1]:
            if (target / parent).is_file():
                (target / parent).unlink()
        if (target / path).is_dir():
            shutil.rmtree(target / path)
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).unlink(missing_ok=True)  # nbgrader makes files read-only
        shutil.copyfile(source / path, target / path)
    # The secret made for a submission without one stays: its page is published under it.
    for path in _files(target, (*patterns, SECRET), None):
        if path.relative_to(target) not in found:
            path.unlink()


def complete(folder: Path) -> None:
    """Give ``folder`` the time and the secret without which ``release_feedback`` ends.

    A submission that was placed by hand has neither. Its time stays empty, which nbgrader reads as
    "unknown". Its secret is a new one that no one is told: the page is published, and stays
    where no student finds it.

    Raises:
        OSError: the disk is full, or ``folder`` is not writable.
    """
    if not (folder / TIMESTAMP).is_file():
        atomic_write(folder / TIMESTAMP, "")
    if not _secret(folder):
        atomic_write(folder / SECRET, secrets.token_hex(64))


def _secret(folder: Path) -> str:
    """The submission's secret; "" if there is none that nbgrader could read."""
    path = folder / SECRET
    with suppress(OSError, UnicodeDecodeError):
        if path.is_file() and path.stat().st_size < _LONGEST_SECRET:
            return path.read_text(encoding="utf-8").strip()
    return ""


def _files(folder: Path, ignore: Sequence[str], largest: int | None) -> Iterator[Path]:
    """Ordinary files; a symbolic link might lead to the solutions."""

    def ignored(name: str) -> bool:
        return any(fnmatch(name, pattern) for pattern in ignore)

    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not ignored(name)]
        for name in names:
            path = Path(directory, name)
            if ignored(name) or path.is_symlink() or not path.is_file():
                continue
            if not os.access(path, os.R_OK):
                continue
            if largest is None or path.stat().st_size <= largest:
                yield path
