"""The verdicts on one exercise as a table: as HTML for notebooks, and as plain text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Template

from autograder.reports import pages
from autograder.reports.beside import NOTHING, Beside
from autograder.reports.counts import counts
from autograder.reports.depending import depending
from autograder.reports.feedback import DEPENDING_MARK, Row, number, rows_of, total
from autograder.reports.unwritten import is_unwritten, what_is_unwritten
from autograder.verdicts import ExerciseReport, Verdict


@dataclass(frozen=True)
class _Row(Row):
    beside: Beside = NOTHING


@dataclass(frozen=True)
class _Groups:
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
        unwritten=what_is_unwritten(exercise) if is_unwritten(exercise) else "",
        remarks=remarks,
        rows=_groups(shown, beside or {}),
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
        return "\n".join([*lines, f"  {_capital(what_is_unwritten(exercise))}"])
    rows = _groups(shown, beside or {})
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
        lines += ["      Printed:", *(f"        {line}" for line in row.beside.lines)]
    return lines


def _groups(verdicts: Sequence[Verdict], beside: Mapping[str, Beside]) -> _Groups:
    """One row per verdict, in groups."""
    failing: list[tuple[Verdict, _Row]] = []
    holding: list[tuple[Verdict, _Row]] = []
    for verdict, plain in zip(verdicts, rows_of(verdicts), strict=True):
        shown = Beside() if verdict.hidden else beside.get(verdict.check, Beside())
        row = _Row(**vars(plain), beside=shown)
        (holding if verdict.status == "passed" else failing).append((verdict, row))
    # What students can work on comes first, before hidden checks.
    first = next((n for n, (verdict, _) in enumerate(failing) if not verdict.hidden), 0)
    opened = failing.pop(first)[1] if failing else None
    others = [verdict for verdict, _ in failing]
    held = [verdict for verdict, _ in holding]
    return _Groups(
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


@cache
def _template() -> Template:
    return pages.environment().get_template("verdicts.html.j2")
