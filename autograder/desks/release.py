"""Build: from an assignment's one source, the folder that students get."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import nbformat

from autograder.atomic import atomic_replacement, atomic_write
from autograder.gradebook.release import release_notebook, with_checksums
from autograder.grading.oracle import Oracle
from autograder.grading.stored import FILE, digest_in, store
from autograder.model import AutograderError
from autograder.sources.assignment import MISCONCEPTIONS, Assignment
from autograder.sources.checks import CHECKS, PROBES, read_checks
from autograder.sources.views import instructor_notebook, solution_lines

SHARED_PROBES = Path(__file__).parents[1] / "probing" / "__init__.py"

RECIPE = b"2"
"""To be raised when the engine makes other numbers from the same sources."""


def write_source(assignment: Assignment, release: Path, folder: Path) -> None:
    """Write what nbgrader calls the source: the instructor's notebook, beside the release's files.

    The formgrader lists the assignments it finds there.

    Raises:
        AutograderError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        notebook = with_checksums(instructor_notebook(assignment))
        atomic_write(folder / f"{assignment.name}.ipynb", nbformat.writes(notebook) + "\n")
        for name in (CHECKS, PROBES, FILE):
            if (release / name).is_file():
                with atomic_replacement(folder / name) as replacement:
                    shutil.copyfile(release / name, replacement)
    except OSError as error:
        raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error


def build(
    assignment: Assignment, folder: Path, oracle: Callable[[], Oracle], *, write: bool = True
) -> tuple[str, ...]:
    """Write the release of an assignment into ``folder``, replacing what is stale there.

    Args:
        oracle: makes an oracle for the public seed; called only if the stored numbers are stale.
        write: if False, only find out what is stale.

    Returns:
        the names of the files that are new or differ; empty if the release was fresh.

    Raises:
        AutograderError: a line of the reference would be released, or the folder cannot be
            written.
    """
    public = read_checks(assignment.folder, hidden=False)
    digest = _digest(assignment)
    try:
        with tempfile.TemporaryDirectory() as made:
            new = Path(made)
            nbformat.write(release_notebook(assignment), new / f"{assignment.name}.ipynb")
            for name in (CHECKS, PROBES):
                shutil.copyfile(assignment.folder / name, new / name)
            _refuse_answers(assignment, new)
            changed = [
                path.name for path in sorted(new.iterdir()) if not _same(path, folder / path.name)
            ]
            if digest_in(folder / FILE) != digest:
                changed.append(FILE)
                if write:
                    store(oracle(), public, new / FILE, digest)
                    _refuse_answers(assignment, new)
            if changed and write:
                folder.mkdir(parents=True, exist_ok=True)
                for name in changed:
                    with atomic_replacement(folder / name) as replacement:
                        shutil.copyfile(new / name, replacement)
    except OSError as error:
        raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error
    return tuple(changed)


def _same(new: Path, old: Path) -> bool:
    return old.is_file() and new.read_bytes() == old.read_bytes()


def _digest(assignment: Assignment) -> str:
    """Of everything that the stored numbers are made from: the sources, and the kit's probes."""
    names = (CHECKS, PROBES, f"{assignment.name}.py", MISCONCEPTIONS)
    paths = [*(assignment.folder / name for name in names), SHARED_PROBES]
    content = b"\0".join([RECIPE, *(path.read_bytes() for path in paths)])
    return hashlib.sha256(content).hexdigest()


def _refuse_answers(assignment: Assignment, folder: Path) -> None:
    answers = solution_lines(assignment)
    for path in sorted(folder.iterdir()):
        if path.suffix == ".ipynb":
            lines = [
                line
                for cell in nbformat.read(path, as_version=4).cells
                for line in cell.source.splitlines()
            ]
        elif path.suffix == ".py":
            lines = path.read_text(encoding="utf-8").splitlines()
        elif path.name == FILE:
            # Its metadata says what broke, and must not quote where.
            content = path.read_bytes()
            lines = [line for line in answers if json.dumps(line)[1:-1].encode() in content]
        else:
            continue
        for number, line in enumerate(lines, 1):
            if line.strip() in answers:
                raise AutograderError(
                    f"{path.name}, line {number}, would give away a line of the reference: "
                    f"{line.strip()!r}. Put it inside the solution region, or say it differently."
                )
