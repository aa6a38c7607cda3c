"""The commands that export results and compare submissions; ``cli.py`` adds them to the others."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from autograder.cli_options import CourseOption, SubmissionsOption, course_with

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


def similar(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    course: CourseOption = Path(),
    submissions: SubmissionsOption = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The page to write.", show_default="reports/NAME-similar.html"
        ),
    ] = None,
) -> None:
    """Show pairs of submissions that share more than the task and the class explain.

    Nothing is run, and nothing is decided: the page shows both texts side by side.
    """
    found = course_with(course, [name])
    from autograder.desks.similar import find_similar, no_steps
    from autograder.reports.terminal import new_console, printable, progress

    console = new_console()
    result = find_similar(
        found,
        name,
        submissions=submissions,
        output=output,
        steps=partial(progress, console, "read") if console.is_terminal else no_steps,
    )
    pairs = len(result.pairs)
    kind = "pair is" if pairs == 1 else "pairs are"
    console.print(f"{pairs or 'No'} {kind} worth a look, of {result.students} students.")
    for pair in result.pairs[:10]:
        one, other = map(printable, pair.students)
        console.print(f"  {pair.share:4.0%}  {one} and {other}", markup=False)
    if pairs > 10:
        console.print(f"  and {pairs - 10} more, on the page")
    console.print(str(result.page), markup=False, soft_wrap=True)
