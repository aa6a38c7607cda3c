"""The commands that take results elsewhere, which ``cli.py`` adds to the others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from autograder.cli_options import CourseOption, course_with

if TYPE_CHECKING:
    from autograder.desks.export import Format


class To(StrEnum):
    """The formats of ``export``."""

    canvas = "canvas"
    moodle = "moodle"
    gradescope = "gradescope"
    gradescope_autograder = "gradescope-autograder"
    junit = "junit"


# Longer than 50 lines because it declares every option of the command.
def export(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    to: Annotated[
        To,
        typer.Option("--format", help="The system to export to.", show_default=False),
    ],
    course: CourseOption = Path(),
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The file to write.", show_default="exports/NAME-FORMAT.*"
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The results file that grade wrote.",
            show_default="results/NAME.json",
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Canvas' export of the gradebook, or Moodle's grading worksheet: its rows are "
            "filled in.",
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(metavar="TITLE", help="The column of the roster to fill in."),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(
            metavar="TITLE",
            help="The column of the roster with the student ids.",
            show_default="the one that fits best",
        ),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The feedback pages for Moodle's zip.",
            show_default="feedback/ in the course",
        ),
    ] = None,
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Write the points so far where answers wait for a person."),
    ] = False,
    absent_as_zero: Annotated[
        bool, typer.Option("--absent-as-zero", help="Write 0 for students without a submission.")
    ] = False,
    unsafe: Annotated[
        bool,
        typer.Option(
            "--unsafe",
            help="gradescope-autograder: grade there even where no sandbox works. Student code "
            "can then read the solutions.",
        ),
    ] = False,
) -> None:
    """Write the grades of an assignment for Canvas, Moodle, Gradescope or a JUnit reader.

    gradescope-autograder makes the zip that grades on Gradescope, and needs no results.
    """
    found = course_with(course, [name])
    from autograder.desks.export import Asked, Exported, export
    from autograder.reports.terminal import new_console

    if to is To.gradescope_autograder:
        from autograder.desks.gradescope_zip import write_autograder

        exported: Exported = write_autograder(found, name, output, confined=not unsafe)
    else:
        asked = Asked(output, results, feedback, roster, column, match, partial, absent_as_zero)
        exported = export(found, name, cast("Format", to.value), asked)
    console = new_console()
    for note in exported.notes:
        console.print(f"! {note}", style="yellow", markup=False)
    for file in exported.files:
        console.print(str(file), markup=False, soft_wrap=True)
