"""Several graded assignments together: a row for each, and a table of students and assignments."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from autograder.reports.class_matrix import readable
from autograder.reports.class_page import percent, render
from autograder.reports.class_report import ClassReport
from autograder.reports.spreadsheet import protected
from autograder.reports.terminal import printable

VERSION = 1

WIDTH, HEIGHT, LEFT, BASE, TOP = 760, 240, 44, 200, 14


@dataclass(frozen=True)
class Part:
    """One assignment of a course report.

    Attributes:
        page: the address of its own page.
        links: for each student of the report, the address of the feedback page.
        graded: when, in words.
    """

    report: ClassReport
    page: str
    links: Sequence[str | None]
    graded: str

    @property
    def name(self) -> str:
        return self.report.results.assignment

    def share(self, points: float) -> float:
        """Points as a share of the maximum."""
        maximum = self.report.scores.maximum
        return points / maximum if maximum else 0.0


def shares(parts: Sequence[Part]) -> dict[str, list[float | None]]:
    """For each student, the share of the points of every assignment, bonus included.

    None for an assignment that the student did not submit, or whose score is not final.
    """
    found: dict[str, list[float | None]] = {}
    for place, part in enumerate(parts):
        for position, student in enumerate(part.report.students):
            row = found.setdefault(student.student, [None] * len(parts))
            if position not in part.report.absent and not student.ungraded:
                row[place] = part.share(student.final[0])
    return found


def course_page(parts: Sequence[Part]) -> str:
    """The page of a course."""
    return render(
        "course_report.html.j2",
        _matrix(parts),
        parts=[_summary(part) for part in parts],
        students=len(shares(parts)),
        plot=_plot(parts),
    )


def course_json(parts: Sequence[Part]) -> str:
    """The summaries and the shares as JSON."""
    content = {
        "version": VERSION,
        "assignments": [
            {
                "assignment": part.name,
                "students": len(part.report.students),
                "absent": len(part.report.absent),
                "scores": asdict(part.report.scores),
            }
            for part in parts
        ],
        "students": [
            {"student": student, "shares": dict(zip((p.name for p in parts), row, strict=True))}
            for student, row in shares(parts).items()
        ],
    }
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def course_csv(parts: Sequence[Part]) -> str:
    """A row per student: the share of the points of every assignment, empty without a score."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["student", *(part.name for part in parts)])
    for student, row in shares(parts).items():
        cells = ("" if share is None else round(share, 4) for share in row)
        rows.writerow([protected(printable(student)), *cells])
    return text.getvalue()


def _summary(part: Part) -> dict[str, Any]:
    report, scores = part.report, part.report.scores
    urgent = {each.student for each in report.attention if each.kind in ("ungraded", "forged")}
    flagged = {each.student for each in report.attention if each.kind == "flagged"}
    common = report.misconceptions[0] if report.misconceptions else None
    return {
        "name": part.name,
        "page": part.page,
        "graded": part.graded,
        "students": len(report.students),
        "submitted": len(report.students) - len(report.absent),
        "mean": None if scores.mean is None else part.share(scores.mean),
        "median": None if scores.quartiles is None else part.share(scores.quartiles[1]),
        "complete": scores.complete / scores.count if scores.count else None,
        "common": f"{common.exercise}: {readable(common.name)}" if common else "",
        "holders": len(common.students) if common else 0,
        "attention": len(urgent | flagged),
    }


def _plot(parts: Sequence[Part]) -> dict[str, Any]:
    """For each assignment a box from the lower to the upper quartile, and a line at the median."""
    wide = (WIDTH - LEFT) / max(1, len(parts))
    top = max(
        [
            1.0,
            *(
                part.share(part.report.scores.quartiles[2])
                for part in parts
                if part.report.scores.quartiles
            ),
        ]
    )

    def height(share: float) -> float:
        return round(BASE - (BASE - TOP) * share / top, 1)

    boxes = []
    for place, part in enumerate(parts):
        if part.report.scores.quartiles is None:
            continue
        low, middle, high = map(part.share, part.report.scores.quartiles)
        boxes.append(
            {
                "name": part.name,
                "x": round(LEFT + (place + 0.5) * wide, 1),
                "low": height(low),
                "middle": height(middle),
                "high": height(high),
                "words": f"{part.name}: lower quartile {percent(low)}, median {percent(middle)}, "
                f"upper quartile {percent(high)}",
            }
        )
    lines = [{"y": height(share), "label": percent(share)} for share in (0, 0.25, 0.5, 0.75, 1)]
    half = round(min(wide / 3, 22), 1)
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "left": LEFT,
        "base": BASE,
        "half": half,
        "boxes": boxes,
        "lines": lines,
        "turned": wide < 7 * max((len(part.name) for part in parts), default=0),
    }


def _matrix(parts: Sequence[Part]) -> dict[str, Any]:
    """What ``class_report.js`` reads: points are percentages of each assignment."""
    links: dict[str, dict[int, str]] = {}
    urgent: Counter[str] = Counter()
    not_final: dict[str, set[int]] = {}
    for place, part in enumerate(parts):
        for student, link in zip(part.report.students, part.links, strict=True):
            if link:
                links.setdefault(student.student, {})[place] = link
            if student.ungraded:
                not_final.setdefault(student.student, set()).add(place)
        for each in part.report.attention:
            if each.kind != "absent":
                urgent[part.report.students[each.student].student] += 1
    return {
        "rows": [
            _row(student, row, links.get(student, {}), not_final.get(student, set()), urgent)
            for student, row in shares(parts).items()
        ],
        "groups": [{"name": part.name, "checks": []} for part in parts],
        "course": True,
        "checks": [],
        "states": {},
        "mistakes": [],
        "held": [],
        "texts": [],
    }


def _row(
    student: str,
    row: Sequence[float | None],
    links: Mapping[int, str],
    not_final: set[int],
    urgent: Mapping[str, int],
) -> dict[str, Any]:
    known = [share for share in row if share is not None]
    points = [
        (None if place in not_final else -1) if share is None else round(100 * share, 1)
        for place, share in enumerate(row)
    ]
    return {
        "id": printable(student),
        "score": round(100 * sum(known) / len(known), 1) if known else None,
        "absent": not known,
        "of": 100,
        "states": "",
        "points": points,
        "messages": [],
        "links": [links.get(place) for place in range(len(row))],
        "attention": student in urgent,
    }
