"""Pictures beside a failed check in a notebook: what was observed, and what was expected."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from itertools import starmap
from typing import cast

from autograder.grading.compare import mismatch
from autograder.grading.curves import LossJudge, both_curves
from autograder.grading.drawings import Drawing
from autograder.grading.judge import Close
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check, Observation
from autograder.reports.beside import Picture
from autograder.reports.compared import IN_A_ROW
from autograder.sources.checks import CheckSet
from autograder.verdicts import ExerciseReport


def pictures(
    report: ExerciseReport,
    check_set: CheckSet,
    observed: Mapping[str, Observation],
    oracle: Oracle,
) -> dict[str, tuple[Picture, ...]]:
    """The pictures of failed checks, by the check's name.

    Of each kind only the first check that fails has any, in the order of the checks.
    """
    shown: dict[str, tuple[Picture, ...]] = {}
    kinds: set[object] = set()
    for verdict in report.verdicts:
        if verdict.status != "failed" or verdict.hidden:
            continue
        check_ = next(c for c in check_set.checks if c.name == verdict.check)
        draw = _draws(check_)
        if (kind := check_.picture or draw) in kinds:
            continue
        # A fault in what a course has drawn costs the picture alone.
        with contextlib.suppress(Exception):
            if found := draw(check_, observed[check_.id].arrays, oracle):
                kinds.add(kind)
                shown[verdict.check] = found
    return shown


def _draws(check_: Check) -> Callable[[Check, Arrays, Oracle], tuple[Picture, ...]]:
    if check_.picture:
        return _asked_for
    return _losses if isinstance(check_.judge, LossJudge) else _steps


def _asked_for(check_: Check, got: Arrays, oracle: Oracle) -> tuple[Picture, ...]:
    from autograder.reports.drawn import drawn

    assert check_.picture
    wanted = oracle.expected(check_).arrays
    if check_.same_shapes and mismatch(got, wanted):
        return ()
    drawing = check_.picture(got, wanted, oracle.inputs[check_.id])
    return tuple(starmap(Picture, drawn(cast(Drawing, drawing))))


def _steps(check_: Check, got: Arrays, oracle: Oracle) -> tuple[Picture, ...]:
    from autograder.reports.plots import paths

    # Other judges give the first axis another meaning, or do not compare with the reference.
    judge = check_.judge
    if not isinstance(judge, Close) or judge.along not in IN_A_ROW:
        return ()
    wanted = oracle.expected(check_).arrays
    found = paths(got, wanted, judge.along, judge.rtol, judge.atol)
    return (Picture(*found),) if found else ()


def _losses(check_: Check, got: Arrays, oracle: Oracle) -> tuple[Picture, ...]:
    from autograder.reports.plots import curves

    both, judge = both_curves(check_, got, oracle), check_.judge
    if both is None or not isinstance(judge, LossJudge):
        return ()
    return tuple(starmap(Picture, curves(*both, judge.along, judge.band)))
