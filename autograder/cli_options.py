"""Arguments and options that several commands have, and how they find their course."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.sources.course import Course

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
JobsOption = Annotated[
    int,
    typer.Option("-j", "--jobs", metavar="N", min=1, help="Parallel jobs.", show_default="CPUs"),
]
UnsafeOption = Annotated[
    bool, typer.Option("--unsafe", help="Run without the sandbox. Only for code you trust.")
]


def course_with(start: Path, names: Sequence[str]) -> Course:
    """The course, if it has these assignments: a typing error is answered before slow imports."""
    from autograder.sources.course import find_course

    course = find_course(start)
    for name in names:
        course.solution(name)
    return course
