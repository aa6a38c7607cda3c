"""An exercise in few words: its points, the first check that fails, and how many more do."""

from __future__ import annotations

import textwrap

from autograder.reports.counts import counts
from autograder.reports.depending import depending
from autograder.reports.feedback import HIDDEN_CLAIM, MARKS, total
from autograder.reports.partly import partly
from autograder.reports.unwritten import is_unwritten
from autograder.verdicts import ExerciseReport, Verdict

WIDTH = 80
"""`nbgrader validate` indents a message by 4 characters and cuts lines off after 83."""


def first_failure(exercise: ExerciseReport) -> str:
    """Plain text about an exercise that is not complete, in lines of at most `WIDTH` characters."""
    shown, rest = depending(exercise.verdicts)
    wrong = [verdict for verdict in shown if verdict.status != "passed"]
    if not wrong:
        return f"{exercise.name}: {total(exercise)}"
    # What students can work on first.
    first = next((verdict for verdict in wrong if not verdict.hidden), wrong[0])
    head = f"{exercise.name}: {total(exercise)}"
    if is_unwritten(exercise):
        return _wrapped(f"{head}\n  {first.message[:1].upper()}{first.message[1:]}")
    more = counts([verdict for verdict in shown if verdict is not first], more=True)
    below = [*([rest.sentence] if rest else []), *([f"{more}."] if more else [])]
    return _wrapped("\n".join([head, *_told(first), *(f"  {line}" for line in below)]))


def _told(verdict: Verdict) -> list[str]:
    claim = HIDDEN_CLAIM if verdict.hidden else verdict.claim
    lines = [f"  {MARKS[verdict.status]} {claim}"]
    if verdict.hidden:
        return lines
    lines += [f"    {line}" for line in verdict.message.splitlines()]
    if verdict.misconception:
        lines.append(f"    Hint: {verdict.hint} {partly(verdict)}".rstrip())
    return lines


def _wrapped(text: str) -> str:
    """The same lines, each broken below its own indent."""
    wrapped = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        wrapped += textwrap.wrap(
            line, WIDTH, initial_indent="", subsequent_indent=f"{indent}  ", tabsize=4
        ) or [""]
    return "\n".join(wrapped)
