"""``check(Momentum)`` in a notebook cell: the same checks, run in the kernel, shown as a table.

Importing this module imports Keras and hides TensorFlow's start-up messages, so that a notebook
with ``from autograder import check`` in its first cell stays clean.
"""

from __future__ import annotations

import contextlib
import gc
import html
import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from autograder.grading.grade import judge_exercises
from autograder.grading.judge import Close
from autograder.grading.observe import read_reply
from autograder.grading.stored import StoredOracle, read_release
from autograder.grading.trial import Trial
from autograder.model import AutograderError, Observation
from autograder.reports.feedback import verdict_table, verdict_text
from autograder.sources.checks import CHECKS, CheckSet
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
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
with quietly():
    import tensorflow as tf

    from autograder.probing import child

    # The first op makes TensorFlow announce its devices; better here than in a later cell.
    tf.constant(0.0)

# Each probe searches the objects that exist; the million from the imports need not be searched.
gc.collect()
gc.freeze()


class CheckResult:
    """What ``check`` returns: shown by Jupyter as a table, by Python as text.

    Attributes:
        exercise: the verdicts on the exercise.
    """

    def __init__(self, exercise: ExerciseReport, plot: str) -> None:
        self.exercise = exercise
        self._plot = plot

    def __repr__(self) -> str:
        return verdict_text(self.exercise)

    def _repr_html_(self) -> str:
        return verdict_table(self.exercise) + self._plot


def check(implementation: Any, folder: str | Path | None = None) -> CheckResult:
    """Check one exercise with the public seed.

    Args:
        implementation: your class or function; its name must be that of the exercise.
        folder: the assignment's folder. Defaults to the one the notebook runs in.

    Raises:
        AutograderError: the assignment has no exercise of that name, or the folder is not an
            assignment's; or `nbgrader validate` runs the notebook, and a check fails.
    """
    check_set, oracle = read_release(Path(folder) if folder else _here())
    name = getattr(implementation, "__name__", None)
    if not isinstance(name, str):
        raise AutograderError(
            "check() expects the class or function itself, as in check(Momentum); it got "
            f"{type(implementation).__name__} {str(implementation)[:40]!r}."
        )
    own = check_set.only(frozenset([check_set.exercise(name).name]))
    with quietly():
        observed = _observed(implementation, oracle.trials(own.checks))
    (report,) = judge_exercises(own, observed, oracle)
    return _for_nbgrader(CheckResult(report, _plot(report, own, observed, oracle)))


def _for_nbgrader(result: CheckResult) -> CheckResult:
    """The result; `nbgrader validate` takes a cell for passed unless it raises.

    Raises:
        AutograderError: it runs the notebook, and a check fails.
    """
    validating = os.environ.get("NBGRADER_VALIDATING")
    if validating and any(verdict.status != "passed" for verdict in result.exercise.verdicts):
        raise AutograderError(repr(result))
    return result


def _here() -> Path:
    here = Path.cwd()
    if not (here / CHECKS).is_file():
        raise AutograderError(
            f"The notebook runs in {here}, which is not an assignment's folder: it has no "
            f"{CHECKS}. Open the notebook from its assignment's folder, or pass that folder: "
            "check(..., folder='path/to/it')."
        )
    return here


def _observed(implementation: Any, trials: Iterable[Trial]) -> dict[str, Observation]:
    """What it does in each check, by check id: after an endless loop, with less time for each."""
    found: dict[str, Observation] = {}
    hurried = False
    for trial in trials:
        seconds = trial.cpu_seconds_after_death if hurried else trial.cpu_seconds
        seen = found[trial.check.id] = _observe(implementation, trial, seconds)
        hurried |= seen.failure is not None and seen.failure.kind == "timeout"
    return found


def _observe(implementation: Any, trial: Trial, seconds: float) -> Observation:
    with contextlib.redirect_stderr(io.StringIO()):  # Keras' warnings about missing gradients
        reply, found = child.observe(implementation, *trial.request(seconds), _label)
    if reply.failure and reply.failure.exception == "KeyboardInterrupt":
        raise KeyboardInterrupt
    return read_reply(reply, found)


def _label(file: str) -> str:
    """What students call a source file, if it is a cell."""
    return "your cell" if "ipykernel_" in file or file.startswith("<ipython") else ""


def _plot(
    report: ExerciseReport,
    check_set: CheckSet,
    observed: dict[str, Observation],
    oracle: StoredOracle,
) -> str:
    """A plot for the first failed check that compares arrays step by step; "" if there is none."""
    from autograder.reports.plots import paths

    for verdict in report.verdicts:
        check_ = next(c for c in check_set.checks if c.name == verdict.check)
        # Other judges give the first axis another meaning, or do not compare with the reference.
        along = check_.judge.along if isinstance(check_.judge, Close) else ""
        got, wanted = observed[check_.id].arrays, oracle.expected(check_).arrays
        if along and verdict.status == "failed" and got and not verdict.hidden:
            picture = paths(got, wanted, along)
            if picture:
                title = html.escape(f"{report.name}: {verdict.claim}")
                return (
                    f'<img alt="Your values and the expected ones, {along} by {along}. {title}" '
                    f'style="max-width: 100%; background: white" '
                    f'src="data:image/png;base64,{picture}">'
                )
    return ""
