"""Feedback to draw: its exercises and written answers, without a gradebook."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from autograder.reports.feedback import shown_exercise
from autograder.reports.feedback_page import Feedback, Late, Part, Points
from autograder.reports.student_text import markdown, python
from autograder.verdicts import Curve, Curves, ExerciseReport, Status, Verdict

ALIVE = "<script>document.title = 'alive'; alert(1)</script>"

LOSSES = Curves("epoch", 0.1, (Curve(f"on {ALIVE}", (2.0, None, 90.0), (2.0, 1.0, 0.5)),) * 3)


def verdict(status: Status, number: int, message: str = "", **more: Any) -> Verdict:
    points = 2.0 if status == "passed" else 0.0
    claim = f"Claim {number} {ALIVE}"
    return Verdict(f"check_{number}", claim, status, points, 2, message, **more)


def exercise(name: str, *statuses: Status, bonus: bool = False, message: str = "") -> Part:
    """An exercise of a check for each status, as the gradebook has it."""
    verdicts = tuple(
        verdict(
            status,
            number,
            "" if status == "passed" else message or f"Wrong in {name}, {number} {ALIVE}",
            misconception=None if status == "passed" else f"mistake_{number}",
            hint="" if status == "passed" else f"Hint {number} {ALIVE}",
            further=() if status == "passed" else (f"Idea {ALIVE}", "Where"),
            curves=LOSSES,
        )
        for number, status in enumerate(statuses)
    )
    report = ExerciseReport(name, bonus, verdicts)
    points = Points(None if report.ungraded else report.score, report.max_score, report.score)
    code = python(
        f"class {name}:\n" + "    a_long_line = 'and so on' * 1000\n" * 120 + f"# {ALIVE}"
    )
    return Part(name, points, shown_exercise(report), code=code)


def essay(final: float | None = 5) -> Part:
    picture = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
        "rkJggg=="
    )
    text = (
        f"**Because** $\\frac{{a}}{{b}}$ ![plot](attachment:p.png)\n\n{ALIVE}\n\n" + "Long. " * 500
    )
    return Part(
        "Your judgement",
        Points(final, 5, None, manual=final is not None),
        answer=markdown(text, {"p.png": {"image/png": picture}}),
        question=markdown("Which of the four?"),
        comments=(markdown(f"Well argued {ALIVE}"),),
    )


def feedback(*parts: Part, **changed: Any) -> Feedback:
    score = sum(part.points.final or 0 for part in parts)
    made = Feedback(
        assignment="optimizers",
        student="ada",
        name=f"Ada {ALIVE}",
        score=score,
        max_score=sum(part.points.most for part in parts if not part.bonus),
        submitted=datetime(2030, 1, 1, 15),
        due=None,
        late=Late(0, 0),
        by_hand=0,
        waiting=sum(part.points.most for part in parts if part.points.final is None),
        bonus=sum(part.points.final or 0 for part in parts if part.bonus),
        notes=(("From the autograder:", f"A remark {ALIVE}"),),
        parts=parts,
        others=(markdown(f"My notes {ALIVE}"),),
    )
    return replace(made, **changed)
