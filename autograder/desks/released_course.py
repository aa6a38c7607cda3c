"""The assignments of a course as a student has them: folders with a release, in the course's order.

Nothing here runs a check: what is asked is answered in a second.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from autograder.desks.released import release_notebook
from autograder.model import AutograderError
from autograder.sources.checks import CHECKS
from autograder.sources.submitted_files import nobodys

EXPECTED = "expected.safetensors"
"""As `autograder.grading.stored.FILE`, whose module takes longer to import than this one to run."""

_ROW = re.compile(r"^\|[^`\n]*`([\w-]+)`", re.MULTILINE)


def is_release(folder: Path) -> bool:
    """Whether a folder holds what a self-check needs."""
    return (folder / EXPECTED).is_file() and (folder / CHECKS).is_file()


def releases_near(start: Path) -> list[Path]:
    """The releases of the course that a folder or file is in, in the order of its README.md.

    That is the order of the rows of a table there that name them; others follow by name.

    Raises:
        AutograderError: there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        for parent in (folder / "assignments", folder):
            found = releases_in(parent)
            if found:
                return found
    raise AutograderError(
        f"No assignment found: neither {start} nor a folder above it has an assignment's folder "
        f"(with {CHECKS} and {EXPECTED}). Go to the folder that has your assignments, or name it."
    )


def release_named(name: str, start: Path) -> Path:
    """The release of a name, or that a path leads to.

    Raises:
        AutograderError: there is none.
    """
    path = start / name
    for folder in (path, path.parent):
        if (len(Path(name).parts) > 1 or path.exists()) and is_release(folder):
            return folder
    releases = releases_near(start)
    known = {folder.name: folder for folder in releases}
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=1)
    suggestion = f" Did you mean {close[0]!r}?" if close else ""
    raise AutograderError(
        f"There is no assignment {name!r} in {releases[0].parent}.{suggestion} "
        f"Available: {', '.join(known)}."
    )


def work_in(release: Path) -> Path | None:
    """The file that a student works in: the notebook of the assignment's name, or another one."""
    named = release_notebook(release)
    if named.is_file():
        return named
    found = sorted(path for path in release.glob("*.ipynb") if not nobodys(path.name))
    return found[0] if found else None


def releases_in(parent: Path) -> list[Path]:
    """The releases in a folder, in the order of the table in its README.md; none if it has none."""
    try:
        found = sorted(folder for folder in parent.iterdir() if is_release(folder))
    except OSError:
        return []
    try:
        rows = _ROW.findall((parent / "README.md").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        rows = []
    order = {name: number for number, name in reversed(list(enumerate(rows)))}
    return sorted(found, key=lambda folder: order.get(folder.name, len(rows)))
