"""Pictures beside a failed check in a notebook: what was observed, and what was expected."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from autograder.grading.compare import mismatch
from autograder.grading.judge import Close, measured
from autograder.grading.oracle import Oracle
from autograder.model import Arrays, Check, Observation
from autograder.sources.checks import CheckSet
from autograder.verdicts import ExerciseReport


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


def plots(
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
