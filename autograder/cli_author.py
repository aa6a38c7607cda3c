"""The commands that an author starts an assignment with, which ``cli.py`` adds to the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli_options import CourseOption
from autograder.desks.skeleton import Kind
from autograder.sources.course import find_course


def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Name of the new assignment, an identifier.")
    ],
    exercise: Annotated[
        str,
        typer.Option(metavar="X", help="Name of the class or function that students write."),
    ],
    kind: Annotated[Kind, typer.Option(help="What students write.")],
    course: CourseOption = Path(),
) -> None:
    """Write a new assignment: a small exercise that verifies as it is, for you to edit."""
    found = find_course(course)
    from autograder.desks.skeleton import new_assignment

    written = new_assignment(found, name, exercise, kind)
    typer.echo(f"Written to {found.root}:")
    for path in written:
        typer.echo(f"  {path.as_posix()}")
    typer.echo(
        "\n".join(
            [
                "Next:",
                f"  autograder verify {name}     passes now, and tells what an edit breaks",
                f"  autograder preview {name}    shows the notebook that students get",
                f"  autograder build {name}      writes what students get",
                'Lines with "Edit:" say what to change. Delete them as you go.',
            ]
        )
    )


def preview(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="A new or empty folder, which is kept.",
            show_default="a temporary folder",
        ),
    ] = None,
    course: CourseOption = Path(),
    show: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the notebook in JupyterLab.")
    ] = True,
) -> None:
    """Show the notebook that students will get, with the files beside it."""
    found = find_course(course)
    found.solution(name)
    from autograder.desks import preview as desk
    from autograder.reports.terminal import new_console

    desk.preview(found, name, into, new_console(), show=show)
