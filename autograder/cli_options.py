"""Arguments and options that several commands have, and how they find their course."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from autograder.cli_extras import need_instructor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.sources.course import Course

INTERRUPTED = 130
"""Exit code after Ctrl-C, as of any program that it stops."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
"""How many jobs run side by side unless asked otherwise."""

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Names of assignments.", show_default="all"),
]
CourseOption = Annotated[
    Path,
    typer.Option(
        "--course",
        metavar="FOLDER",
        help="The course folder, which has solutions/, or a folder inside it.",
        show_default="current directory",
    ),
]
SubmissionsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="The folder with <student>/<assignment>/, as nbgrader collects them.",
        show_default="submitted/ in the course",
    ),
]
JobsOption = Annotated[
    int,
    typer.Option("-j", "--jobs", metavar="N", min=1, help="Parallel jobs.", show_default="CPUs"),
]


def _is_seed(text: str | None) -> str | None:
    if text not in (None, "new") and not (text.isascii() and text.isdigit()):
        raise typer.BadParameter(
            f"{text!r} is not a seed: give a number of at least 0, as a results file has it, or "
            "'new'."
        )
    return text


SeedOption = Annotated[
    str | None,
    typer.Option(
        "--seed",
        metavar="N|new",
        callback=_is_seed,
        help="Seed of the inputs, to reproduce grades elsewhere; 'new' draws the assignment "
        "another.",
        show_default="the assignment's own, drawn when it is first graded",
    ),
]
PerStudentOption = Annotated[
    bool | None,
    typer.Option(
        "--seed-per-student/--seed-for-all",
        help="Give each student inputs of their own, drawn from the seed and the student's id, or "
        "all the same. The assignment keeps the choice, also for late submissions and regrades. "
        "Of their own takes longer: the reference and the known mistakes run once for each "
        "student, and code that several students wrote alike is not graded once for all.",
        show_default="as kept; at first for all",
    ),
]
UnsafeOption = Annotated[
    bool, typer.Option("--unsafe", help="Run without the sandbox. Only for code you trust.")
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Run submissions on the workers of this Dask scheduler, such as tcp://HOST:8786 "
        "(docs/cluster.md). --jobs is then for this machine, which judges.",
        show_default="this machine alone",
    ),
]


def seed_from(text: str | None) -> int | Literal["new"] | None:
    """What was given with ``--seed``."""
    if text is None:
        return None
    return "new" if text == "new" else int(text)


def course_with(start: Path, names: Sequence[str]) -> Course:
    """The course, if it has these assignments: a typing error is answered before slow imports.

    Raises:
        AutograderError: it has not, or there is no course, or what instructors need is missing.
    """
    need_instructor()
    from autograder.sources.course import find_course

    course = find_course(start)
    for name in names:
        course.solution(name)
    return course
