"""Preview: the notebook that students will get, before anything is released."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from autograder.desks.empty_folder import empty_folder
from autograder.desks.release import sources_digest, write_files
from autograder.grading.stored import FILE, digest_in
from autograder.model import AutograderError
from autograder.sources.assignment import read_assignment
from autograder.sources.course import Course


def preview(course: Course, name: str, into: Path | None, console: Console, *, show: bool) -> None:
    """Write the student's notebook with the files beside it, and open it in JupyterLab.

    A temporary folder is removed when JupyterLab ends; one that was not opened stays.

    Args:
        into: a new or empty folder; None for a temporary one.
        show: open the notebook, if JupyterLab is installed.

    Raises:
        AutograderError: the assignment is broken, or the folder is not empty or cannot be written.
    """
    # Read first: a broken assignment leaves no folder behind.
    assignment = read_assignment(course.solution(name))
    folder = empty_folder(into, f"autograder-preview-{name}-")
    try:
        write_files(assignment, folder)
        expected = course.release(name) / FILE
        if up_to_date := digest_in(expected) == sources_digest(assignment):
            shutil.copyfile(expected, folder / FILE)
    except (AutograderError, OSError) as error:
        if into is None:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise AutograderError(f"{folder} could not be written: {error.strerror}.") from error
        raise
    notebook = folder / f"{name}.ipynb"
    console.print(f"Preview: {notebook}", soft_wrap=True, markup=False)
    if not up_to_date:
        console.print(
            f"Its check cells need the expected arrays, which are missing or stale: "
            f"`autograder build {name}` computes them.",
            soft_wrap=True,
        )
    if show and _open(notebook, console) and into is None:
        shutil.rmtree(folder, ignore_errors=True)
        console.print("Removed the preview. --into FOLDER keeps it.")


def _open(notebook: Path, console: Console) -> bool:
    """Open a notebook and wait until it is closed; False if that did not work."""
    if importlib.util.find_spec("jupyterlab") is None:
        console.print("JupyterLab is not installed; open the notebook with a program of your own.")
        return False
    console.print("Opening JupyterLab. Press Ctrl-C here to end it.")
    command = [sys.executable, "-m", "jupyterlab", notebook.name]
    lab, interrupted = subprocess.Popen(command, cwd=notebook.parent), False
    # Ctrl-C reaches JupyterLab too, which asks back: wait until it has really ended.
    while True:
        try:
            status = lab.wait()
        except KeyboardInterrupt:
            interrupted = True
            continue
        if status and not interrupted:
            console.print(f"JupyterLab ended with status {status}; the preview stays where it is.")
        return interrupted or not status
