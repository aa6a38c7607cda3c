"""What a student reads about an exercise: one table of verdicts, as HTML and as plain text.

Of a hidden check, students see the result and the points, and nothing about what it checks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from autograder.reports.counts import counts
from autograder.reports.depending import depending, note
from autograder.reports.partly import partly
from autograder.reports.told_once import messages
from autograder.reports.unwritten import is_unwritten
from autograder.verdicts import ExerciseReport, Status, Verdict

MARKS: dict[Status, str] = {"passed": "✓", "failed": "✗", "error": "!", "ungraded": "?"}

HIDDEN_CLAIM = "Hidden check"

FURTHER = ("The idea", "Where to look")
"""What the second and the third step of a hint are called."""

DEPENDING_MARK = "·"


@dataclass(frozen=True)
class Picture:
    """A PNG in base64, and what it shows in words."""

    png: str
    words: str


@dataclass(frozen=True)
class Beside:
    """What is shown below a check's message.

    Attributes:
        printed: the first lines of what the code printed while the check ran.
        unprinted: how many more lines there were.
    """

    printed: tuple[str, ...] = ()
    unprinted: int = 0
    pictures: tuple[Picture, ...] = ()

    @property
    def more(self) -> str:
        """How many lines are not shown, in words; "" if all are."""
        lines = "line" if self.unprinted == 1 else "lines"
        return f"... and {self.unprinted:,} more {lines}" if self.unprinted else ""


@dataclass(frozen=True)
class _Row:
    mark: str
    status: Status
    claim: str
    message: str
    hint: str
    partly: str
    further: tuple[tuple[str, str], ...]
    points: str
    beside: Beside


@dataclass(frozen=True)
class _Rows:
    """The rows of an exercise: the first that fails, the others that do, those that hold.

    Of several groups, the sentence about each says how many checks it has, and their points.
    """

    first: _Row | None
    others: list[_Row]
    others_sentence: str
    holding: list[_Row]
    holding_sentence: str


def verdict_table(
    exercise: ExerciseReport,
    *,
    remarks: Sequence[str] = (),
    beside: Mapping[str, Beside] | None = None,
) -> str:
    """The verdicts on one exercise as HTML: escaped, without scripts, styles or external files.

    The first check that fails is open, with its hint; the others are folded.

    Args:
        remarks: sentences above the table.
        beside: what is shown below a check's message, by the check's name.
    """
    shown, rest = depending(exercise.verdicts)
    return _template().render(
        exercise=exercise,
        total=total(exercise),
        unwritten=shown[0].message if is_unwritten(exercise) else "",
        remarks=remarks,
        rows=_rows(shown, beside or {}),
        rest=rest,
        rest_points=f"0 / {number(rest.max_points)}" if rest else "",
    )


def verdict_text(
    exercise: ExerciseReport,
    *,
    remarks: Sequence[str] = (),
    beside: Mapping[str, Beside] | None = None,
) -> str:
    """The same as plain text. What holds is in one line, unless that is given a wrong rule.

    Args:
        remarks: sentences above the first check.
        beside: what is shown below a check's message, by the check's name. Of this, what was
            printed in the first check that fails.
    """
    lines = [f"{exercise.name}: {total(exercise)}", *(f"  {remark}" for remark in remarks)]
    shown, rest = depending(exercise.verdicts)
    if is_unwritten(exercise):
        return "\n".join([*lines, f"  {_capital(shown[0].message)}"])
    rows = _rows(shown, beside or {})
    lines += _row_text(rows.first, printed=True) if rows.first else []
    for row in rows.others:
        lines += _row_text(row)
    if rest:
        points = f"0 / {number(rest.max_points)}"
        lines.append(f"  {DEPENDING_MARK} {'':<8}  {points:>9}  {rest.sentence}")
    for row in rows.holding:
        lines += _row_text(row)
    return "\n".join(lines)


def _row_text(row: _Row, *, printed: bool = False) -> list[str]:
    lines = [f"  {row.mark} {row.status:<8}  {row.points:>9}  {row.claim}"]
    lines += [f"      {line}" for line in row.message.splitlines()]
    if row.hint:
        lines.append(f"      Hint: {row.hint} {row.partly}".rstrip())
    if row.beside.printed and printed:
        more = [row.beside.more] if row.beside.more else []
        lines += ["      Printed:", *(f"        {line}" for line in [*row.beside.printed, *more])]
    return lines


def total(exercise: ExerciseReport) -> str:
    """The points of an exercise in words: ``7.5 of 10 points``."""
    if exercise.ungraded:
        return "not graded yet: the autograder failed here, and an instructor will look at it"
    points = f"{number(exercise.score)} of {number(exercise.max_score)} points"
    return f"{points} (bonus)" if exercise.bonus else points


def number(points: float) -> str:
    """Points with at most two decimals: ``10``, ``7.5``, ``3.33``."""
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _rows(verdicts: Sequence[Verdict], beside: Mapping[str, Beside]) -> _Rows:
    """One row per verdict; a message or hint appears only under the first check that has it."""
    hinted: set[str] = set()
    failing: list[tuple[Verdict, _Row]] = []
    holding: list[tuple[Verdict, _Row]] = []
    told = messages(verdicts, hidden=False)
    for verdict, message in zip(verdicts, told, strict=True):
        row = _row(verdict, message or note(verdict), beside.get(verdict.check, Beside()))
        if row.hint in hinted:
            row = replace(row, hint="", further=())
        hinted.add(row.hint)
        (holding if verdict.status == "passed" else failing).append((verdict, row))
    # What students can work on comes first, before hidden checks.
    first = next((n for n, (verdict, _) in enumerate(failing) if not verdict.hidden), 0)
    opened = failing.pop(first)[1] if failing else None
    others = [verdict for verdict, _ in failing]
    held = [verdict for verdict, _ in holding]
    return _Rows(
        opened,
        [row for _, row in failing],
        f"{counts(others, more=True)} ({_points(others)})" if others else "",
        [row for _, row in holding],
        f"{counts(held)} ({_points(held)})" if held else "",
    )


def _points(verdicts: Sequence[Verdict]) -> str:
    """``14 of 15 points``."""
    reached = math.fsum(verdict.points for verdict in verdicts)
    return f"{number(reached)} of {number(math.fsum(v.max_points for v in verdicts))} points"


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _row(verdict: Verdict, message: str, beside: Beside) -> _Row:
    if verdict.status == "ungraded":
        points = f"? / {number(verdict.max_points)}"
    else:
        points = f"{number(verdict.points)} / {number(verdict.max_points)}"
    shown = not verdict.hidden and verdict.misconception
    return _Row(
        mark=MARKS[verdict.status],
        status=verdict.status,
        claim=HIDDEN_CLAIM if verdict.hidden else verdict.claim,
        message=message,
        hint=verdict.hint if shown else "",
        partly=partly(verdict) if shown else "",
        further=tuple(zip(FURTHER, verdict.further, strict=False)) if shown else (),
        points=points,
        beside=Beside() if verdict.hidden else beside,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).with_name("templates")),
        autoescape=True,
        undefined=StrictUndefined,
    )
    return environment.get_template("verdicts.html.j2")
