"""What students read in common situations, judged as ``autograder check`` does.

    uv run python scripts/situations.py                      # writes situations/README.md
    uv run python scripts/situations.py --show               # prints all that is shown instead
    uv run python scripts/situations.py --show fitting       # of some assignments

The situations are in situations/<assignment>.toml beside this script. Each is the solved notebook
with one edit; one warm process judges them all.
"""

from __future__ import annotations

import argparse
import difflib
import functools
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from rich.console import Console

from autograder.desks.self_check import Release, Work, read
from autograder.desks.student import self_check_sandbox
from autograder.reports.report import ReportLines
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course
from autograder.sources.regions import BEGIN, END

COURSE = Course(Path(__file__).parents[1])
FOLDER = Path(__file__).with_suffix("")
PAGE = FOLDER / "README.md"

WIDE = 4000
"""Columns of a terminal in which nothing is wrapped."""

_SHOWN = 3
"""Lines of a student's code on the page."""


class Situation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that students do, as an edit of the solved notebook.

    Attributes:
        title: what they did.
        exercise: what is judged.
        cell: the grade_id of the cell that is edited, if it is not that of the exercise.
        find: text that appears once in the cell; "" for no edit.
        replace: what they wrote there.
        also_find: a second edit of the same cell.
        code: what they wrote instead of the whole cell.
        extra: a cell of their own, below the check cell of the exercise.
        stub: the cell is as it was released.
        line: their line that has to be shown; "" if none of their lines is at fault.
        says: other words that have to be shown.
        passes: it costs nothing.
    """

    title: str
    exercise: str
    cell: str = ""
    find: str = ""
    replace: str = ""
    also_find: str = ""
    also_replace: str = ""
    code: str = ""
    extra: str = ""
    stub: bool = False
    line: str = ""
    says: str = ""
    passes: bool = False


class Situations(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a file of situations."""

    situation: tuple[Situation, ...]


@dataclass(frozen=True)
class Notebook:
    """A student's notebook.

    Attributes:
        raw: what is saved.
        place: where the line of the situation is, as messages say it; "" if it has none.
        added: lines that the student has and a solved notebook has not, without their indent.
        removed: the reverse.
    """

    raw: dict[str, Any]
    place: str
    added: tuple[str, ...]
    removed: tuple[str, ...]


@dataclass(frozen=True)
class Told:
    """What a student reads.

    Attributes:
        passed: whether the exercise earned all points.
        whole: all that is printed.
        first: what `--first` prints, line by line.
    """

    assignment: str
    situation: Situation
    notebook: Notebook
    passed: bool
    whole: str
    first: tuple[str, ...]


def situations(assignment: str) -> tuple[Situation, ...]:
    """The situations of an assignment.

    Raises:
        msgspec.ValidationError: a field is missing, unknown, or of the wrong type.
    """
    path = FOLDER / f"{assignment}.toml"
    return msgspec.toml.decode(path.read_bytes(), type=Situations).situation


def told(names: Sequence[str] = ()) -> Iterator[Told]:
    """Judge the situations of some assignments; of all, if none is named."""
    with self_check_sandbox(lambda line: None) as sandbox, tempfile.TemporaryDirectory() as folder:
        for name in names or sorted(path.stem for path in FOLDER.glob("*.toml")):
            assignment = read_assignment(COURSE.solution(name))
            for situation in situations(name):
                yield _told(assignment, situation, Path(folder), sandbox)


def _told(assignment: Assignment, situation: Situation, folder: Path, sandbox: Sandbox) -> Told:
    made = notebook(assignment, situation)
    file = folder / f"{assignment.name}.ipynb"
    file.write_text(json.dumps(made.raw), encoding="utf-8")
    work = Work(file, _release(assignment.name, situation.exercise))
    report = work.judge(situation.exercise, lambda: sandbox)

    def printed(*, first: bool) -> str:
        text = io.StringIO()
        lines = ReportLines(Console(file=text, width=WIDE), first=first)
        lines.head(file.name, work.remarks)
        lines.exercise(report)
        return text.getvalue()

    first = (" ".join(line.split()) for line in printed(first=True).splitlines()[1:])
    passed = report.score == report.max_score
    lines = tuple(filter(None, first))
    return Told(assignment.name, situation, made, passed, printed(first=False), lines)


@functools.cache
def _release(assignment: str, exercise: str) -> Release:
    return read(COURSE.release(assignment), frozenset([exercise]))


def notebook(assignment: Assignment, situation: Situation) -> Notebook:
    """The released notebook with all exercises solved, and what the situation changes.

    Raises:
        ValueError: what is to be found in a cell does not appear in it once.
    """
    path = COURSE.release(assignment.name) / f"{assignment.name}.ipynb"
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    cells, added, removed = [], list[str](), list[str]()
    place = ""
    for cell in raw["cells"]:
        cells.append(cell)
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        released = "".join(cell["source"])
        cell["source"] = solved = _without_markers(assignment.cells.get(name, released))
        if name == (situation.cell or situation.exercise):
            cell["source"] = released if situation.stub else _edited(solved, situation)
            place = _place(len(cells), cell["source"], situation.line)
            for change in difflib.ndiff(solved.splitlines(), cell["source"].splitlines()):
                if change[2:].strip() and change[0] in "+-":
                    (added if change[0] == "+" else removed).append(change[2:].strip())
        if situation.extra and name == f"check-{situation.exercise}":
            empty: dict[str, Any] = {
                "cell_type": "code",
                "execution_count": None,
                "metadata": {},
                "outputs": [],
            }
            cells.append({**empty, "id": "own", "source": situation.extra})
            added += situation.extra.splitlines()
    return Notebook({**raw, "cells": cells}, place, tuple(added), tuple(removed))


def _place(cell: int, source: str, line: str) -> str:
    numbers = [number for number, text in enumerate(source.splitlines(), 1) if line in text]
    return f"cell {cell}, line {numbers[0]}" if line else ""


def _without_markers(source: str) -> str:
    lines = source.splitlines()
    return "\n".join(line for line in lines if not line.strip().startswith((BEGIN, END)))


def _edited(source: str, situation: Situation) -> str:
    if situation.code:
        return situation.code
    for find, replace in (
        (situation.find, situation.replace),
        (situation.also_find, situation.also_replace),
    ):
        if find and source.count(find) != 1:
            raise ValueError(f"{situation.title}: {find!r} appears {source.count(find)} times.")
        source = source.replace(find, replace) if find else source
    return source


def page(all_told: Sequence[Told]) -> str:
    """The page of the documents."""
    passed = sum(each.passed for each in all_told)
    lines = [_HEAD.format(count=len(all_told), passed=passed, versions=versions()).rstrip("\n"), ""]
    for name in dict.fromkeys(each.assignment for each in all_told):
        lines += [f"## {name}\n", "| exercise | situation | code | message |", "|---|---|---|---|"]
        lines += [_row(each) for each in all_told if each.assignment == name]
        lines.append("")
    return "\n".join(lines)


_HEAD = """\
# What students read

{count} situations that a beginner meets, and what `autograder check --first` says in each. One
thing is changed in a solved notebook; "Left out" marks a line that is missing. {passed} of them
cost no points. The table quotes solutions, so it is not in the documents that students read.

A test makes the same edits and compares. Wherever a line of the student's is at fault, its place is
shown; no line of the grader, Keras or TensorFlow ever is. After a message has changed,
`uv run python scripts/situations.py` writes this page again. It was written with {versions}; others
may say some things in other words.

"""


def versions() -> str:
    """What the page depends on besides the course and the engine."""
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return f"{python}, Keras {version('keras')} and TensorFlow {version('tensorflow')}"


def _row(each: Told) -> str:
    lines = [f"`{line}`" for line in each.notebook.added]
    lines = lines or [f"Left out: `{line}`" for line in each.notebook.removed]
    cells = (
        [f"`{each.situation.exercise}`"],
        [each.situation.title],
        [*lines[:_SHOWN], *(["..."] if len(lines) > _SHOWN else [])],
        each.first,
    )
    return f"| {' | '.join('<br>'.join(map(_in_table, lines)) for lines in cells)} |"


def _in_table(text: str) -> str:
    """A line that may hold `code`, for a cell of a table."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a message that was cut off in its code
        parts[-2:] = ["`".join(parts[-2:])]
    return "".join(
        f"<code>{_escaped(part)}</code>" if number % 2 else _escaped(part)
        for number, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    return re.sub(r"[&<>*_|\\`\[\]~$]", lambda found: f"&#{ord(found[0])};", text)


def main() -> None:
    """Write the page, or print what is shown."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--show", nargs="*", metavar="ASSIGNMENT", help="print, and write nothing")
    options = parser.parse_args()
    if options.show is None:
        PAGE.write_text(page(list(told())), encoding="utf-8")
        return
    for each in told(options.show):
        print(f"\n== {each.situation.title}", *each.notebook.added, sep="\n    ")
        print(each.whole, flush=True)


if __name__ == "__main__":
    main()
