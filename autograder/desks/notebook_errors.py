"""What `check` raises in a notebook: shown as its message, without the frames of ours between."""

from __future__ import annotations

import os

from autograder.model import AutograderError
from autograder.reports.first_failure import first_failure
from autograder.reports.unwritten import is_unwritten
from autograder.verdicts import ExerciseReport


class NotebookError(AutograderError):
    """Wrong usage, or a failed check where nbgrader asks for it.

    IPython, and with it every notebook, shows what `_render_traceback_` returns instead of a
    traceback, of which no line but the one that calls `check` is the student's.
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


class Interrupted(KeyboardInterrupt):
    """The user interrupted a check. Shown with the student's line, and with no frame of ours.

    Args:
        exercise: its name.
        where: the student's line that ran then, if it was one of theirs.
    """

    def __init__(self, exercise: str, where: str = "") -> None:
        place = f" in {where}" if where else ""
        super().__init__(f"Interrupted{place}. check({exercise}) has no result.")

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def is_validating() -> bool:
    """Whether `nbgrader validate`, or the Validate button of JupyterLab, runs the notebook."""
    return bool(os.environ.get("NBGRADER_VALIDATING"))


def fail_for_nbgrader(exercise: ExerciseReport) -> None:
    """Fail the cell of an exercise that is not complete, where nbgrader validates the notebook.

    nbgrader takes a cell for passed unless it raises. An unwritten bonus passes: nbgrader says of
    a failed cell that it costs full credit.

    Raises:
        NotebookError: a check of the exercise fails.
    """
    if not is_validating() or (exercise.bonus and is_unwritten(exercise)):
        return
    if any(verdict.status != "passed" for verdict in exercise.verdicts):
        raise NotebookError(first_failure(exercise))
