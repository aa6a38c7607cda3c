"""A student's self-check of files: the checks of the release, on its public seed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import nbformat

from autograder.grading.grade import grade_submission
from autograder.grading.observe import SERVICE, probing_sandbox
from autograder.grading.stored import FILE, read_release
from autograder.model import AutograderError, Report
from autograder.sandbox.plain import PlainSandbox
from autograder.sources.checks import CHECKS, PROBES
from autograder.sources.submission import locked_cells, read_submission

HAS_FORK = sys.platform == "linux"
"""Elsewhere, a process that has imported TensorFlow cannot be forked."""


def check_paths(paths: Sequence[Path], only: frozenset[str]) -> Iterator[tuple[Path, Report]]:
    """Check notebooks, modules, and what lies in folders.

    Args:
        only: names of exercises; empty for all.

    Raises:
        AutograderError: a path does not exist, or no release belongs to it.
    """
    work = [
        (file, *read_release(release_of(file), only)) for path in paths for file in _files(path)
    ]
    # A student runs nothing but their own code: the sandbox is there to survive it.
    with probing_sandbox(confined=False) if HAS_FORK else closing(PlainSandbox(SERVICE)) as sandbox:
        for file, check_set, oracle in work:
            release = release_of(file) / f"{check_set.name}.ipynb"
            locked = locked_cells(nbformat.read(release, as_version=4)) if release.exists() else {}
            submission = read_submission(file, locked=locked)
            yield file, grade_submission(submission, check_set, oracle, sandbox)


def release_of(file: Path) -> Path:
    """The release that a file belongs to: the folder it lies in, or the course's own of its name.

    Raises:
        AutograderError: there is none.
    """
    file = file.resolve()
    candidates = [file.parent]
    for folder in file.parents:
        candidates += [folder / "assignments" / name for name in (file.stem, file.parent.name)]
    for candidate in candidates:
        if (candidate / FILE).is_file() and (candidate / CHECKS).is_file():
            return candidate
    raise AutograderError(
        f"No checks belong to {file}. It must lie in its assignment's folder, beside {CHECKS}, "
        f"{PROBES} and {FILE}, or in a course that has assignments/{file.stem}/."
    )


def _files(path: Path) -> list[Path]:
    if path.is_file():
        if path.suffix not in (".ipynb", ".py"):
            raise AutograderError(f"{path} is neither a notebook (.ipynb) nor a module (.py).")
        return [path]
    if not path.is_dir():
        raise AutograderError(f"{path} does not exist.")
    found = sorted(path.glob("*.ipynb")) or sorted(
        file for file in path.glob("*.py") if file.name not in (CHECKS, PROBES)
    )
    if not found:
        found = [
            notebook
            for folder in sorted(path.iterdir())
            if (folder / FILE).is_file()
            for notebook in sorted(folder.glob("*.ipynb"))
        ]
    if not found:
        raise AutograderError(f"{path.resolve()} holds no notebook and no module to check.")
    return found
