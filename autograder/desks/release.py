"""Build: from an assignment's one source, the folder that students get."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
from rich.console import Console

from autograder.atomic import atomic_replacement, atomic_write
from autograder.desks.author import author
from autograder.desks.stubs import STUBS, stubs_text
from autograder.gradebook.release import release_notebook, with_checksums
from autograder.grading.oracle import Oracle
from autograder.grading.stored import FILE, digest_in
from autograder.grading.storing import store
from autograder.model import AutograderError
from autograder.sources.answers import Answers
from autograder.sources.assignment import Assignment, read_assignments
from autograder.sources.checks import CHECKS, PROBES, CheckSet, read_checks
from autograder.sources.course import Course
from autograder.sources.data_files import data_files
from autograder.sources.misconceptions import MISCONCEPTIONS
from autograder.sources.probes import SHARED
from autograder.sources.release_files import copy_released, released_files
from autograder.sources.released_cells import FILE as RELEASED
from autograder.sources.released_cells import record_release
from autograder.sources.views import instructor_notebook

KIT = Path(__file__).parents[1] / "probing" / "kit.py"

RECIPE = b"9"
"""Increase this when the engine computes other arrays from the same sources, or stores them
otherwise."""


def build_course(
    course: Course,
    names: Sequence[str] | None,
    console: Console,
    *,
    jobs: int,
    write: bool = True,
    recompute: bool = False,
    unproven: bool = False,
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Build releases, and the sources that nbgrader lists; yields each name with what changed.

    Args:
        names: the assignments; None or empty for all.
        write: if False, only find out what is stale.
        recompute: compute the expected arrays even if no source has changed.
        unproven: build what the proof finds wanting, too.

    Raises:
        AutograderError: an assignment does not exist or is broken, or cannot be built.
    """
    with ExitStack() as stack:
        desk = cache(lambda: stack.enter_context(author(course, console, jobs=jobs)))
        for assignment in read_assignments(course, names):
            folder = course.release(assignment.name)

            def compute(assignment: Assignment = assignment) -> Oracle:
                return desk().oracle(assignment, unproven=unproven, recompute=recompute)

            changed = build(assignment, folder, compute, write=write, recompute=recompute)
            if write:
                write_source(assignment, folder, course.source(assignment.name))
            yield assignment.name, changed


def build(
    assignment: Assignment,
    folder: Path,
    oracle: Callable[[], Oracle],
    *,
    write: bool = True,
    recompute: bool = False,
) -> tuple[str, ...]:
    """Write the release of an assignment into ``folder``, replacing what is stale there.

    Args:
        oracle: makes an oracle for the public seed; called only if the stored arrays are stale.
        write: if False, only find out what is stale.
        recompute: take the stored arrays for stale, whatever they were made from.

    Returns:
        the names of the files that are new or differ, with the record of what was released if it
        grows; empty if the release is up to date.

    Raises:
        AutograderError: the release would contain a line of the reference, the folder cannot be
            written, or the record of what was released is damaged.
    """
    public = _public(assignment)
    digest = sources_digest(assignment)
    notebook = release_notebook(assignment)
    # Before anything is computed: the record may be damaged.
    is_new = record_release(assignment.folder, notebook, write=False)
    try:
        with tempfile.TemporaryDirectory() as made:
            new = Path(made)
            write_files(assignment, new)
            _refuse_answers(assignment, new)
            made_files = _files_in(new)
            changed = [str(path) for path in made_files if not _same(new / path, folder / path)]
            gone = [path for path in _of_the_release(folder) if path not in made_files]
            if recompute or digest_in(folder / FILE) != digest:
                changed.append(FILE)
                if write:
                    store(oracle(), public, new / FILE, digest)
                    _refuse_answers(assignment, new)
            if write:
                _bring_up_to_date(folder, new, changed, gone)
    except OSError as error:
        raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error
    if is_new and write:
        record_release(assignment.folder, notebook)
    record = Path(*assignment.folder.parts[-2:], RELEASED)
    return (*changed, *map(str, gone), *([record.as_posix()] if is_new else []))


def _bring_up_to_date(
    folder: Path, new: Path, changed: Iterable[str], gone: Iterable[Path]
) -> None:
    """Replace changed files of a release by those in ``new``, and remove those that are gone."""
    for path in gone:
        (folder / path).unlink()
    for name in changed:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        with atomic_replacement(folder / name) as replacement:
            shutil.copyfile(new / name, replacement)


def _public(assignment: Assignment) -> CheckSet:
    """What students may know of an assignment's checks."""
    whole = assignment.check_set
    public = read_checks(assignment.folder, hidden=False)
    return replace(public, data=whole.data, predictions=whole.predictions)


def write_files(assignment: Assignment, folder: Path) -> None:
    """Write the files of a release that are made without running anything: all but the arrays."""
    notebook = release_notebook(assignment)
    nbformat.write(notebook, folder / f"{assignment.name}.ipynb")
    (folder / STUBS).write_text(stubs_text(notebook.cells), encoding="utf-8")
    copy_released(assignment.folder, folder)


def write_source(assignment: Assignment, release: Path, folder: Path) -> None:
    """Write what nbgrader calls the source: the instructor's notebook and the release's files.

    The formgrader lists the assignments it finds there.

    Raises:
        AutograderError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        notebook = with_checksums(instructor_notebook(assignment))
        atomic_write(folder / f"{assignment.name}.ipynb", nbformat.writes(notebook) + "\n")
        for path in (*map(Path, (CHECKS, PROBES, FILE, STUBS)), *_of_the_release(release)):
            if (release / path).is_file():
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                with atomic_replacement(folder / path) as replacement:
                    shutil.copyfile(release / path, replacement)
    except OSError as error:
        raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error


def _files_in(folder: Path) -> list[Path]:
    """The files of a folder and the folders in it, relative to it."""
    return [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]


def _of_the_release(folder: Path) -> list[Path]:
    """Files in those folders of a release that hold nothing of a student's."""
    shared = [path.relative_to(folder) for path in sorted((folder / SHARED).glob("*.py"))]
    return [*shared, *(path.relative_to(folder) for path in data_files(folder))]


def _same(new: Path, old: Path) -> bool:
    return old.is_file() and new.read_bytes() == old.read_bytes()


def sources_digest(assignment: Assignment) -> str:
    """Digest of everything the stored arrays are computed from, shared probes included."""
    names = (f"{assignment.name}.py", MISCONCEPTIONS)
    paths = [*(assignment.folder / name for name in names), KIT]
    paths += released_files(assignment.folder).values()
    content = b"\0".join([RECIPE, *(path.read_bytes() for path in paths)])
    return hashlib.sha256(content).hexdigest()


def _refuse_answers(assignment: Assignment, folder: Path) -> None:
    """The last look at what students get; `examine` has looked at what it is made from."""
    answers = Answers(assignment)
    for path in _files_in(folder):
        for line, answer in _answers_in(folder / path, answers):
            raise AutograderError(
                f"{path}, line {line}, would reveal a line of the reference: {answer!r}. "
                "Move it into the solution region, or rephrase it."
            )


def _answers_in(path: Path, answers: Answers) -> list[tuple[int, str]]:
    """The lines of a released file that reveal an answer, each with the answer."""
    if path.suffix == ".ipynb":
        cells = nbformat.read(path, as_version=4).cells
        return answers.lines_in("\n".join(cell.source for cell in cells), notebook=True)
    if path.suffix in (".py", ".txt", ".md", ".csv", ".json"):
        return answers.lines_in(path.read_text(encoding="utf-8", errors="replace"))
    if path.name == FILE:
        # Its metadata says what failed, and must not quote the line that failed.
        content = path.read_bytes()
        lines = answers.telling | answers.connecting
        return [(1, line) for line in lines if json.dumps(line)[1:-1].encode() in content]
    return []
