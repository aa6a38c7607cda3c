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
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from autograder.desks.backend import use_tensorflow
from autograder.grading.compare import mismatch
from autograder.grading.grade import judge_exercises
from autograder.grading.judge import Close, measured
from autograder.grading.observe import read_reply
from autograder.grading.oracle import Oracle
from autograder.grading.predicted import report_on
from autograder.grading.stored import read_release
from autograder.grading.trial import Trial
from autograder.model import Arrays, AutograderError, Check, Observation
from autograder.reports.feedback import verdict_table, verdict_text
from autograder.sources.checks import CHECKS, CheckSet
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
        implementation: your class or function; its name must be that of the exercise. For the
            predictions of a notebook, "predictions".
        folder: the assignment's folder. Defaults to the one the notebook runs in.

    Raises:
        AutograderError: the assignment has no exercise of that name, or the folder is not an
            assignment's; or `nbgrader validate` runs the notebook, and a check fails.
    """
    check_set, oracle = read_release(Path(folder) if folder else _here())
    if isinstance(implementation, str) and implementation == PREDICTIONS:
        return _for_nbgrader(CheckResult(_predictions(check_set.predictions), ""))
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


def _predictions(asked: Sequence[Prediction]) -> ExerciseReport:
    """The report on what the notebook's variables hold now."""
    values = vars(sys.modules["__main__"])
    made = {each.name: values[each.variable] for each in asked if each.variable in values}
    return report_on(made, asked)


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


@runtime_checkable
class _Losses(Protocol):
    """A judge that compares losses epoch by epoch. Its class is the course's own.

    Attributes:
        along: what the losses follow ("epoch").
        band: by how much the logarithms of two losses may differ.
    """

    @property
    def along(self) -> str: ...

    @property
    def band(self) -> float: ...

    def curves(self, measured: Arrays) -> Arrays:
        """The losses by name ("on unseen digits"), of shape (epochs,), from what is measured."""
        ...


Pictures = list[tuple[str, str]]
"""A PNG in base64 each, and what it shows in words."""


def _plot(
    report: ExerciseReport,
    check_set: CheckSet,
    observed: dict[str, Observation],
    oracle: Oracle,
) -> str:
    """Plots of the first failed check that compares arrays step by step, and of the first that
    compares losses, in the order of the checks; "" if there is none."""
    shown: dict[Callable[..., Pictures], str] = {}
    for verdict in report.verdicts:
        if verdict.status != "failed" or verdict.hidden:
            continue
        check_ = next(c for c in check_set.checks if c.name == verdict.check)
        draw = _losses if isinstance(check_.judge, _Losses) else _steps
        if draw in shown:
            continue
        pictures = draw(check_, observed[check_.id].arrays, oracle)
        if pictures:
            # Said once, for screen readers.
            titles = [f"{report.name}: {verdict.claim} ", *[""] * (len(pictures) - 1)]
            images = (_image(p, t + w) for t, (p, w) in zip(titles, pictures, strict=True))
            shown[draw] = f"<div>{''.join(images)}</div>"
    return "".join(shown.values())


def _steps(check_: Check, got: Arrays, oracle: Oracle) -> Pictures:
    from autograder.reports.plots import paths

    # Other judges give the first axis another meaning, or do not compare with the reference.
    along = check_.judge.along if isinstance(check_.judge, Close) else ""
    picture = paths(got, oracle.expected(check_).arrays, along) if along else None
    words = f"Your values and the expected ones, {along} by {along}."
    return [(picture, words)] if picture else []


def _losses(check_: Check, got: Arrays, oracle: Oracle) -> Pictures:
    from autograder.reports.plots import curves

    judge = check_.judge
    if check_.aspect != "convergence" or not isinstance(judge, _Losses):
        return []
    # A measure need not expect arrays of another shape.
    if "wanted" not in check_.judge_takes or mismatch(got, oracle.expected(check_).arrays):
        return []
    own = measured(check_, got, oracle.inputs[check_.id])
    both = (judge.curves(arrays) for arrays in (own, oracle.wanted(check_)))
    return curves(*both, judge.along, judge.band)


def _image(png: str, words: str) -> str:
    # White for dark themes; inline, so that images stand side by side where there is room.
    return (
        f'<img alt="{html.escape(words)}" '
        'style="display: inline-block; max-width: 100%; background: white" '
        f'src="data:image/png;base64,{png}">'
    )
