"""``check(Momentum)`` in a notebook cell: the same checks, run in the kernel, shown as a table.

Importing this module imports Keras and hides TensorFlow's start-up messages, so that a notebook
with ``from autograder import check`` in its first cell stays clean.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.desks.backend import use_tensorflow
from autograder.desks.notebook_errors import (
    Interrupted,
    NotebookError,
    fail_for_nbgrader,
    is_validating,
)
from autograder.desks.notebook_pictures import pictures
from autograder.desks.notebook_source import not_the_newest
from autograder.grading.decide import judge_exercises
from autograder.grading.predicted import report_on
from autograder.grading.stored import read_release
from autograder.model import AutograderError
from autograder.reports.beside import Beside
from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.sources.checks import CHECKS
from autograder.sources.predictions import PREDICTIONS, Prediction
from autograder.verdicts import ExerciseReport


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Keep what C++ code writes to the process's stderr out of the notebook.

    If the block raises, the end of that output is shown after all: it may say why.
    """
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            said.seek(0)
            os.write(2, said.read()[-4000:])
            raise
        finally:
            os.dup2(saved, 2)
            os.close(saved)


os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
use_tensorflow()
with quietly():
    import tensorflow as tf

    from autograder.desks.notebook_run import observed

    # The first op makes TensorFlow announce its devices; better here than in a later cell.
    tf.constant(0.0)

# Each probe searches the objects that exist; the million from the imports need not be searched.
gc.collect()
gc.freeze()


class CheckResult:
    """What ``check`` returns: shown by Jupyter as a table, by Python as text.

    Attributes:
        exercise: the verdicts on the exercise.
        beside: what is shown below a check's message, by the check's name.
        remarks: sentences above the table.
    """

    def __init__(
        self,
        exercise: ExerciseReport,
        beside: Mapping[str, Beside] | None = None,
        remarks: Sequence[str] = (),
    ) -> None:
        self.exercise = exercise
        self.beside = beside or {}
        self.remarks = remarks

    def __repr__(self) -> str:
        return verdict_text(self.exercise, remarks=self.remarks, beside=self.beside)

    def _repr_html_(self) -> str:
        return verdict_table(self.exercise, remarks=self.remarks, beside=self.beside)

    def _ipython_display_(self) -> None:
        if is_validating():
            return  # nbgrader would warn: it expects a number of points
        raise NotImplementedError  # IPython then shows the table


def check(implementation: Any, folder: str | Path | None = None) -> CheckResult:
    """Check one exercise with the public seed.

    Args:
        implementation: your class or function; its name must be that of the exercise. For the
            predictions of a notebook, "predictions".
        folder: the assignment's folder. Defaults to the one the notebook runs in.

    Raises:
        AutograderError: the assignment has no exercise of that name, or the folder is not an
            assignment's; or `nbgrader validate` runs the notebook, and a check fails.
        KeyboardInterrupt: the user interrupted it; the message has the student's line.
    """
    try:
        result = _checked(implementation, folder)
        fail_for_nbgrader(result.exercise)
    except AutograderError as error:
        raise NotebookError(str(error)) from None
    except KeyboardInterrupt as stop:
        named = str(getattr(implementation, "__name__", "..."))
        raise (stop if isinstance(stop, Interrupted) else Interrupted(named)) from None
    return result


def _checked(implementation: Any, folder: str | Path | None) -> CheckResult:
    check_set, oracle = read_release(Path(folder) if folder else _here())
    if isinstance(implementation, str) and implementation == PREDICTIONS:
        return CheckResult(_predictions(check_set.predictions))
    name = getattr(implementation, "__name__", None)
    if not isinstance(name, str):
        raise AutograderError(
            "check() expects the class or function itself, as in check(Momentum); it got "
            f"{type(implementation).__name__} {str(implementation)[:40]!r}."
        )
    own = check_set.only(frozenset([check_set.exercise(name).name]))
    with quietly():
        seen, prints = observed(implementation, oracle.trials(own.checks))
    (report,) = judge_exercises(own, seen, oracle)
    drawn = pictures(report, own, seen, oracle)
    beside = {
        check_.name: Beside(said.first, said.others, drawn.get(check_.name, ()))
        for check_ in own.checks
        for said in [prints[check_.id]]
    }
    stale = not_the_newest(implementation)
    return CheckResult(report, beside, [stale] if stale else [])


def _predictions(asked: Sequence[Prediction]) -> ExerciseReport:
    """The report on what the notebook's variables hold now."""
    values = vars(sys.modules["__main__"])
    made = {each.name: values[each.variable] for each in asked if each.variable in values}
    return report_on(made, asked)


def _here() -> Path:
    here = Path.cwd()
    if not (here / CHECKS).is_file():
        raise AutograderError(
            f"The notebook runs in {here}, which is not an assignment's folder: it has no "
            f"{CHECKS}. Open the notebook from its assignment's folder, or pass that folder: "
            "check(..., folder='path/to/it')."
        )
    return here
