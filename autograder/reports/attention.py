"""What in a graded class may need a person's eye, as far as the results file knows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from autograder.grading.decide import UNWRITTEN
from autograder.grading.observe import INVALID_REPLY
from autograder.reports.class_results import CheckResult, ExerciseResult, StudentResult
from autograder.reports.feedback import number
from autograder.reports.terminal import printable

Kind = Literal[
    "ungraded",
    "waiting",
    "forged",
    "flagged",
    "similar",
    "remark",
    "void",
    "limit",
    "error",
    "absent",
]

KINDS: Mapping[Kind, str] = {
    "ungraded": "The grader itself failed here, so the score is not final. Run the same grade "
    "command again.",
    "waiting": "Points that a person has to give, in the formgrader.",
    "forged": "The submission's process sent something that no probe sends.",
    "flagged": "Code that may hide where it comes from. It costs nothing and proves nothing.",
    "similar": "Pairs that share more than the task and the class explain. It costs nothing and "
    "proves nothing: read both texts on the page of autograder similar, and ask.",
    "remark": "What was noticed about the submission itself: files, cells, edited checks.",
    "void": "Every check of an exercise fails for the same reason: it is not defined, or uses what "
    "is not allowed.",
    "limit": "Code that ran into a limit of time or memory; those of time are many times what the "
    "reference takes.",
    "error": "Code that raised an exception, or whose process crashed.",
    "absent": "Left out of all averages, counts and correlations on this page.",
}
"""What may need a person's eye, most urgent first."""

FLAG = "For your instructor: "
"""How `autograder.sources.flags` begins a remark."""

ABSENT = "Nothing was submitted"
"""How the message begins that `autograder.sources.submitted_files` gives to every check then."""


_LIMIT = re.compile(
    r"Exceeded the CPU limit|No reply within|took more than .* in all|Out of memory"
    r"|memory ran out|MemoryError|ResourceExhaustedError"
)
"""How the engine says that a limit was met, for results of earlier versions, which lack causes."""


@dataclass(frozen=True)
class Attention:
    """Something that a person may have to look at.

    Attributes:
        student: position in the class.
    """

    kind: Kind
    student: int
    exercise: str
    text: str


def attention(
    students: Sequence[StudentResult], similar: Sequence[tuple[str, str]] = ()
) -> tuple[Attention, ...]:
    """What may need a person, the most urgent kind first, each in the order of the class.

    Args:
        similar: pairs of students whose submissions are similar.
    """
    found = dict.fromkeys(
        each for position, student in enumerate(students) for each in _of(position, student)
    )
    found |= dict.fromkeys(_similar(students, similar))
    order = list(KINDS)
    return tuple(sorted(found, key=lambda each: (order.index(each.kind), each.student)))


def _similar(
    students: Sequence[StudentResult], pairs: Sequence[tuple[str, str]]
) -> Iterator[Attention]:
    positions = {student.student: position for position, student in enumerate(students)}
    for one, other in pairs:
        if one in positions and other in positions:
            text = f"{printable(one)} and {printable(other)} share rare code."
            yield Attention("similar", positions[one], "", text)
            yield Attention("similar", positions[other], "", text)


def is_absent(student: StudentResult) -> bool:
    """Whether nothing was submitted: such a student says nothing about a check."""
    messages = _messages(student)
    return bool(student.absent or messages) and all(
        message.startswith(ABSENT) for message in messages
    )


def _of(position: int, student: StudentResult) -> Iterator[Attention]:
    if is_absent(student):
        yield Attention("absent", position, "", student.absent or f"{ABSENT}.")
        return
    if student.gradebook and student.gradebook.waiting:
        waiting = number(student.gradebook.waiting)
        yield Attention("waiting", position, "", f"{waiting} points wait for a person.")
    for remark in student.remarks:
        kind: Kind = "flagged" if remark.startswith(FLAG) else "remark"
        yield Attention(kind, position, "", remark.removeprefix(FLAG))
    messages = _messages(student)
    if len(messages) > 1 and len(set(messages)) == 1 and messages[0]:
        # Every check says the same: the submission as a whole could not be read or run.
        check = student.exercises[0].checks[0]
        yield Attention(_kind(check) or "remark", position, "", messages[0])
        return
    for exercise in student.exercises:
        if reason := one_reason(exercise):
            kind = _kind(exercise.checks[0]) or "void"
            yield Attention(kind, position, exercise.name, reason)
            continue
        # The first of each kind: one cause usually stops every check of an exercise.
        first: dict[Kind, str] = {}
        for check in exercise.checks:
            if found := _kind(check):
                first.setdefault(found, check.message)
        for each, text in first.items():
            yield Attention(each, position, exercise.name, text)


def one_reason(exercise: ExerciseResult) -> str:
    """The message that every check of the exercise has; "" if there is none, or it is the stub."""
    messages = {check.message for check in exercise.checks}
    reason = messages.pop() if len(messages) == 1 else ""
    return "" if len(exercise.checks) < 2 or reason.startswith(UNWRITTEN) else reason


def _kind(check: CheckResult) -> Kind | None:
    if check.status == "error" and met_limit(check):
        return "limit"
    if check.status in ("ungraded", "error"):
        return check.status
    return "forged" if check.message == INVALID_REPLY else None


def met_limit(check: CheckResult) -> bool:
    """Whether the check ended at a limit of time or memory."""
    if check.cause:
        return check.cause in ("timeout", "memory")
    return bool(_LIMIT.search(check.message))


def _messages(student: StudentResult) -> list[str]:
    return [check.message for exercise in student.exercises for check in exercise.checks]
