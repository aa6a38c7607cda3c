"""What a terminal shows below the message of a check: what the code printed, and two curves."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import numpy as np

from autograder.grading.curves import LossJudge, both_curves
from autograder.grading.judge import Close
from autograder.grading.oracle import Oracle
from autograder.grading.printed import Printed
from autograder.grading.unit import Here, Told
from autograder.model import Arrays, Check, Observation
from autograder.reports.beside import Beside
from autograder.reports.compared import IN_A_ROW, paths_of, words_of
from autograder.reports.loss_words import loss_in_words, within
from autograder.reports.sparklines import Sparkline, sparkline
from autograder.sandbox.interface import Sandbox
from autograder.sources.checks import CheckSet
from autograder.verdicts import ExerciseReport


class Noted(Here):
    """Observes here, and notes what was seen and printed, by check id.

    Somebody waits for it, so the checks after an endless loop are not run.

    Args:
        tell: called with each check as soon as it is observed.
    """

    def __init__(self, sandbox: Sandbox, tell: Told | None = None) -> None:
        self.printed: dict[str, Printed] = {}
        self.seen: dict[str, Observation] = {}

        def note(check: Check, seen: Observation) -> None:
            self.seen[check.id] = seen
            if tell:
                tell(check, seen)

        super().__init__(sandbox, self.printed, patient=False, tell=note)


def beside(
    report: ExerciseReport, check_set: CheckSet, noted: Noted, oracle: Oracle
) -> dict[str, Beside]:
    """What is shown below the messages of an exercise, by the check's name."""
    drawn = _curves(report, check_set, noted.seen, oracle)
    found = {}
    for check in check_set.checks:
        said = noted.printed.get(check.id, Printed())
        found[check.name] = Beside(said.first, said.others, curves=drawn.get(check.name))
    return found


def _curves(
    report: ExerciseReport, check_set: CheckSet, seen: Mapping[str, Observation], oracle: Oracle
) -> dict[str, Sparkline]:
    """The curves of failed checks, by the check's name.

    Of each kind only the first check that fails has any, and none where a notebook has another
    picture.
    """
    shown: dict[str, Sparkline] = {}
    kinds: set[object] = set()
    checks = {check.name: check for check in check_set.checks}
    for verdict in report.verdicts:
        check = checks[verdict.check]
        draw = _losses if isinstance(check.judge, LossJudge) else _steps
        # What depends on a wrong rule has no line of its own.
        told = verdict.status == "failed" and verdict.judged_against != "nothing"
        if not told or check.picture or draw in kinds:
            continue
        # A fault in what a course has drawn costs the curves alone.
        with contextlib.suppress(Exception):
            if found := draw(check, seen[check.id].arrays, oracle):
                kinds.add(draw)
                shown[check.name] = found
    return shown


def _steps(check: Check, got: Arrays, oracle: Oracle) -> Sparkline | None:
    # Other judges give the first axis another meaning, or do not compare with the reference.
    judge = check.judge
    if not isinstance(judge, Close) or judge.along not in IN_A_ROW:
        return None
    for path in paths_of(got, oracle.expected(check).arrays, judge.rtol, judge.atol):
        words = words_of([path], judge.along)
        if found := sparkline(path.seen, path.expected, path.first, words):
            return found
    return None


def _losses(check: Check, got: Arrays, oracle: Oracle) -> Sparkline | None:
    both, judge = both_curves(check, got, oracle), check.judge
    if both is None or not isinstance(judge, LossJudge):
        return None
    own, wanted = both
    for name, expected in wanted.items():
        seen = np.asarray(own[name], float)
        if seen.shape != expected.shape or seen.ndim != 1 or seen.size < 2:
            continue
        near = within(seen, expected, judge.band)
        first = 0 if near.all() else int(np.argmin(near)) + 1
        words = loss_in_words(name, seen, expected, judge.along, judge.band)
        if found := sparkline(seen, expected, first, words, logarithmic=True):
            return found
    return None
