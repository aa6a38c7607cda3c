"""The commands for what happens after grading, which ``cli.py`` adds to the others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from autograder.cli_options import (
    INTERRUPTED,
    CourseOption,
    SubmissionsOption,
    UnsafeOption,
    course_with,
)
from autograder.model import AutograderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from autograder.desks.class_report import WrittenReport
    from autograder.desks.course_report import WrittenCourse
    from autograder.sources.course import Course


RegradeOption = Annotated[
    bool,
    typer.Option(
        "--regrade",
        help="After a check, its points or a known mistake was changed: grade all again who were "
        "graded, with the same inputs, and print who gains and loses before recording it.",
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="With --regrade: print the differences, write nothing.")
]
WhyOption = Annotated[
    str | None,
    typer.Option(
        "--why",
        metavar="TEXT",
        help="With --regrade: the reason, kept with the earlier results in results/history/.",
    ),
]


def regrade_class(
    course: Course,
    name: str,
    *,
    regrade: bool,
    dry_run: bool,
    why: str | None,
    only: Sequence[str],
    restart: bool,
    scheduler: str | None,
    **options: Any,
) -> None:
    """``grade --regrade``; ``options`` are those of `autograder.desks.regrade.Options`."""
    if not regrade:
        raise AutograderError("--dry-run and --why belong to --regrade. Add it, or leave them out.")
    others = {"--only": only, "--restart": restart, "--scheduler": scheduler}
    for option in [each for each, given in others.items() if given]:
        raise AutograderError(f"--regrade grades all again who were graded. Leave out {option}.")
    from autograder.desks.regrade import Options, regrade_course
    from autograder.reports.terminal import new_console

    console = new_console()
    try:
        grades = regrade_course(
            course, name, console, Options(dry_run=dry_run, why=why or "", **options)
        )
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command to resume.")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(1 if grades and grades.problems else 0)


# Longer than 50 lines because it declares every option of the command.
def report(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="Names of assignments.", show_default="all that were graded"
        ),
    ] = None,
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
    """Write a page about a graded class: scores, checks, misconceptions, what needs a person.

    Several names, or none, give a page for each assignment and one about the course.
    """
    found = course_with(course, names or ())
    if results and len(names or ()) != 1:
        raise AutograderError("Name the one assignment whose results are in --results.")
    from autograder.desks.class_report import Outputs
    from autograder.reports.terminal import new_console

    outputs = Outputs(output, json, csv)
    written: WrittenReport | WrittenCourse
    if names and len(names) == 1:
        from autograder.desks.class_report import write_report

        written = write_report(found, names[0], outputs, results=results, feedback=feedback)
    else:
        from autograder.desks.course_report import write_course_report

        written = write_course_report(found, names or (), outputs, feedback=feedback)
    console = new_console()
    for note in written.notes:
        console.print(f"! {note}", style="yellow", markup=False)
    for file in written.files:
        kind = {".json": "JSON", ".csv": "CSV"}.get(file.suffix, "page")
        console.print(f"{kind:<5} {file}", markup=False, soft_wrap=True)


# Longer than 50 lines because it declares every option of the command.
def explain(
    student: Annotated[str, typer.Argument(metavar="STUDENT", help="Id of the student.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    course: CourseOption = Path(),
    exercise: Annotated[
        str,
        typer.Option(metavar="EXERCISE", help="Explain this exercise alone.", show_default="all"),
    ] = "",
    check: Annotated[
        str,
        typer.Option(
            metavar="CHECK", help="Explain this check alone, hidden or not.", show_default="all"
        ),
    ] = "",
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write it all as JSON.")
    ] = None,
    arrays: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Also write every array in full, as safetensors, a file for each check.",
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The results file with the grade; also an earlier one, of results/history/.",
            show_default="results/NAME.json in the course",
        ),
    ] = None,
    submissions: SubmissionsOption = None,
    unsafe: UnsafeOption = False,
) -> None:
    """Explain a grade, for an appeal: everything behind it, computed again with the same inputs.

    Exits with 1 if computing it again gives something else than was recorded.
    """
    found = course_with(course, [name])
    from autograder.desks.explain import Asked, explain
    from autograder.reports.terminal import new_console

    asked = Asked(
        student, name, exercise, check, results, submissions, json, arrays, confined=not unsafe
    )
    try:
        explanation = explain(found, asked, new_console())
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(0 if explanation.same else 1)
