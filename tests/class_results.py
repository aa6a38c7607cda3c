"""A results file of any size, as `autograder.reports.results` writes it; nothing is graded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

CHECKS = ("follows_the_rule", "works_in_graph_mode", "converges")
ASPECTS = ("rule", "behaviour", "convergence")

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    '"><b>bold',
    "Ω, ñ",
)


def check(number: int, status: str = "passed", message: str = "", **more: Any) -> dict[str, Any]:
    points = float(3 - number)
    return {
        "name": CHECKS[number],
        "status": status,
        "points": points if status == "passed" else 0.0,
        "max_points": points,
        "message": message,
        "misconception": None,
        "aspect": ASPECTS[number],
        "judged_against": "reference",
        **more,
    }


def right() -> list[dict[str, Any]]:
    return [check(0), check(1), check(2)]


def wrong(misconception: str | None = "uphill") -> list[dict[str, Any]]:
    """Fails the rule; what depends on it is carried forward, or cannot be judged."""
    failed = check(0, "failed", "expected <b>-1</b>, got 1", misconception=misconception)
    return [
        failed,
        check(1, judged_against="mistake"),
        check(2, "failed", "", judged_against="nothing"),
    ]


def with_losses(
    checks: list[dict[str, Any]],
    *factors: float | None,
    expected: Sequence[float] = (2.0, 0.5),
) -> list[dict[str, Any]]:
    """The checks, the last with losses: multiples of the reference's, None for a lost number."""
    each = factors if len(factors) == len(expected) else factors[:1] * len(expected)
    observed = [f if f is None else f * e for f, e in zip(each, expected, strict=True)]
    names = ("on training digits", "on unseen digits")
    losses = [{"name": name, "observed": observed, "expected": list(expected)} for name in names]
    return [
        *checks[:-1],
        {**checks[-1], "curves": {"along": "epoch", "band": 1e-3, "losses": losses}},
    ]


def same(status: str, message: str) -> list[dict[str, Any]]:
    return [check(number, status, message) for number in range(3)]


def student(name: str, *exercises: list[dict[str, Any]], remarks: Sequence[str] = ()) -> Any:
    """A student with the exercises Momentum, Adam and, as a bonus, Nesterov."""
    found = [
        {
            "name": title,
            "bonus": title == "Nesterov",
            "score": sum(check["points"] for check in checks),
            "max_score": sum(check["max_points"] for check in checks),
            "checks": checks,
        }
        for title, checks in zip(("Momentum", "Adam", "Nesterov"), exercises, strict=False)
    ]
    return {
        "student": name,
        "score": sum(each["score"] for each in found),
        "max_score": sum(each["max_score"] for each in found if not each["bonus"]),
        "exercises": found,
        "remarks": list(remarks),
    }


def content(students: Sequence[Any], assignment: str = "optimizers") -> dict[str, Any]:
    return {
        "version": 1,
        "assignment": assignment,
        "seed": 7,
        "sandbox": "landlock+seccomp",
        "students": list(students),
    }


def a_class(size: int = 60) -> dict[str, Any]:
    """A class with every kind of student, hostile ids among them."""
    students = [
        student("ada", right(), right(), right()),
        student("absent", *[same("failed", "Nothing was submitted for this assignment.")] * 3),
        student("crash", right(), same("error", "cell 3, line 1: boom"), right()),
        student("unlucky", right(), [check(0, "ungraded", "ours"), check(1), check(2)], right()),
        student(
            "odd", wrong(None), right(), right(), remarks=["For your instructor: uses `eval`."]
        ),
        *(student(name, wrong(), right(), right()) for name in HOSTILE),
    ]
    for number in range(size - len(students)):
        first = wrong() if number % 3 == 0 else right()
        second = wrong("no_bias_correction") if number % 5 == 0 else right()
        third = same("failed", "not written yet: Nesterov.build") if number % 2 else right()
        students.append(student(f"student{number:03d}", first, second, third))
    return content(students)
