"""The commands for what happens after grading, which ``cli.py`` adds to the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli_options import CourseOption, course_with


def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    course: CourseOption = Path(),
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The results file that grade wrote.",
            show_default="results/NAME.json, or else results.json",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The page to write.", show_default="reports/NAME.html"),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Also write the report as JSON."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Also write students and checks as CSV."),
    ] = None,
    feedback: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="The feedback pages to link to.",
            show_default="feedback/ in the course",
        ),
    ] = None,
) -> None:
    """Write a page about a graded class: scores, checks, misconceptions, what needs a person."""
    found = course_with(course, [name])
    from autograder.desks.class_report import Outputs, write_report
    from autograder.reports.terminal import new_console

    written = write_report(
        found, name, Outputs(output, json, csv), results=results, feedback=feedback
    )
    console = new_console()
    for note in written.notes:
        console.print(f"! {note}", style="yellow", markup=False)
    for file in written.files:
        console.print(f"{file.suffix.lstrip('.') or 'page'}  {file}", markup=False, soft_wrap=True)
