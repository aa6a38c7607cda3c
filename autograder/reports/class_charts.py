"""The losses of a class, placed in pictures: bounded in size, however many students there are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from autograder.reports.class_curves import ClassCurves, Losses, Strayed
from autograder.reports.class_matrix import readable
from autograder.reports.loss_axes import HEIGHT, LEFT, TOP, VISIBLE_BAND, WIDTH, LossAxes

MOST_GROUPS, LINES_OF_GROUP, MOST_PASSED = 9, 3, 12
"""Ways to fail that have a line and a row, lines of one of them, and lines of those who pass."""

MOST_OPEN = 4
"""Checks whose pictures are in sight at first."""

BEYOND = 10.0
"""By what factor a picture reaches above and below the reference, at most."""

LABEL = 12
"""Room for the number at the end of a line."""


@dataclass(frozen=True)
class _Line:
    """A way to fail: its number, the points of its lines, and where its number is."""

    number: int
    points: tuple[str, ...]
    label: float


def class_charts(
    found: Sequence[ClassCurves], people: Sequence[Mapping[str, Any]], first: int
) -> list[dict[str, Any]]:
    """Each check with its pictures, and a row for each way to fail.

    Args:
        people: name and link of each student.
        first: the number of the first way to fail in the data that the page's script reads.
    """
    checks, shown = [], 0
    for curves in found:
        rows = [_row(each, curves, first + at, people) for at, each in enumerate(curves.strayed)]
        first += len(rows)
        opened = bool(rows) and shown < MOST_OPEN
        shown += opened
        rest = [person for row in rows[MOST_GROUPS:] for person in row["people"]]
        checks.append(
            {
                "curves": curves,
                "expected": [_number(each[-1]) for each in curves.expected],
                "open": opened,
                "pictures": [_picture(curves, at) for at in range(len(curves.losses))],
                "rows": rows[:MOST_GROUPS],
                "rest": rest,
                "allowed": curves.band >= VISIBLE_BAND,
            }
        )
    return checks


def _row(
    strayed: Strayed, curves: ClassCurves, held: int, people: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    ends = [each[-1] for each in strayed.curves[0]]
    return {
        "held": held,
        "title": readable(strayed.name),
        "people": [people[position] for position in strayed.students],
        "ends": [_number(end) for end in ends],
        "several": len(strayed.curves) > 1,
    }


def _picture(curves: ClassCurves, at: int) -> dict[str, Any]:
    expected = curves.expected[at]
    edges = [
        [loss * math.exp(sign * curves.band) for loss in expected]
        for sign in (-1, 1)
        if curves.band >= VISIBLE_BAND
    ]
    strayed = [each.curves[:LINES_OF_GROUP] for each in curves.strayed[:MOST_GROUPS]]
    passed = [each[at] for each in curves.passed[:MOST_PASSED]]
    middle = curves.middle[at] if curves.middle else ()
    lines = [*passed, *middle, *edges, *(lost[at] for group in strayed for lost in group)]
    axes = _axes(expected, lines)
    return {
        "title": f"Loss {curves.losses[at]}",
        "words": _words(curves, at),
        "axes": axes,
        "left": LEFT,
        "top": TOP,
        "width": WIDTH,
        "height": HEIGHT,
        "expected": axes.line(expected),
        "circles": [(axes.x(epoch), axes.y(loss)) for epoch, loss in enumerate(expected)],
        "edges": [axes.line(edge) for edge in edges],
        "middle": axes.area(*map(_drawn, middle)) if middle else "",
        "passed": list(dict.fromkeys(axes.line(_drawn(each)) for each in passed)),
        "strayed": _lines(strayed, at, axes),
    }


def _axes(expected: Sequence[float], lines: Sequence[Sequence[float | None]]) -> LossAxes:
    """Axes around the reference, and around the class as far as it is not far away."""
    low, high = min(expected), max(expected)
    near = [
        loss
        for line in lines
        for loss in line
        if loss is not None and (low <= 0 or low / BEYOND <= loss <= high * BEYOND)
    ]
    # A submission that diverges would press all others into one line: it ends at the edge.
    away = any(loss is None or loss > high * BEYOND for line in lines for loss in line)
    above = [max([high, *near]) * 1.3] if away and high > 0 else []
    return LossAxes.around([*expected, *near, *above], len(expected), right=LABEL + 12)


def _drawn(line: Sequence[float | None]) -> list[float]:
    return [math.inf if loss is None else loss for loss in line]


def _lines(strayed: Sequence[Sequence[Losses]], at: int, axes: LossAxes) -> list[_Line]:
    ends = [axes.y(_drawn(group[0][at])[-1]) for group in strayed]
    labels = _apart(ends, axes)
    return [
        _Line(number, tuple(axes.line(_drawn(each[at])) for each in group), label)
        for number, (group, label) in enumerate(zip(strayed, labels, strict=True), 1)
    ]


def _apart(places: Sequence[float], axes: LossAxes) -> list[float]:
    """The places of labels, from top to bottom as they were, and none over another one."""
    order = sorted(range(len(places)), key=places.__getitem__)
    found = list(places)
    for before, at in pairwise(order):
        found[at] = max(found[at], found[before] + LABEL)
    bottom = float(axes.base)
    for at in reversed(order):
        found[at] = min(found[at], bottom)
        bottom = found[at] - LABEL
    return found


def _words(curves: ClassCurves, at: int) -> str:
    """What a picture shows."""
    name, expected = curves.losses[at], curves.expected[at]
    words = [
        f"Loss {name}: the reference goes from {_number(expected[0])} after {curves.along} 1 to "
        f"{_number(expected[-1])} after {curves.along} {len(expected)}."
    ]
    if curves.middle:
        low, high = (each[-1] for each in curves.middle[at])
        to = "upwards, some at no finite number" if high is None else f"to {_number(high)}"
        words.append(f"The middle 80 % of the class end from {_number(low)} {to}.")
    ends = [
        f"{number} ({readable(each.name)}, {len(each.students)}) at "
        f"{_number(each.curves[0][at][-1])}"
        for number, each in enumerate(curves.strayed[:MOST_GROUPS], 1)
    ]
    if ends:
        words.append(f"Those who fail end: {'; '.join(ends)}.")
    return " ".join(words)


def _number(loss: float | None) -> str:
    return "not finite" if loss is None else f"{loss:.3g}"
