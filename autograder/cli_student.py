"""The commands for students, which ``cli.py`` adds to the others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli_options import INTERRUPTED
from autograder.model import AutograderError

if TYPE_CHECKING:
    from autograder.verdicts import Report

PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="PATH",
        help="Notebooks, modules (.py) or folders.",
        show_default="current directory",
    ),
]
OnlyOption = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="EXERCISE", help="Check only this exercise. Can be repeated."),
]
HintOption = Annotated[
    int,
    typer.Option(
        "--hint",
        metavar="N",
        min=1,
        max=3,
        help="How much a hint says: 1 asks a question, 2 adds the idea, 3 where to look.",
    ),
]


def check(
    paths: PathsArgument = None,
    only: OnlyOption = None,
    hint: HintOption = 1,
    first: Annotated[
        bool,
        typer.Option("--first", help="Stop at the first failure, and show it alone."),
    ] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="List the checks that hold one by one, too.")
    ] = False,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Also write the results to this file."),
    ] = None,
) -> None:
    """Run the public checks on your own work."""
    from autograder.reports.live import Live
    from autograder.reports.terminal import new_console

    console = new_console()
    reports: list[Report] = []
    try:
        with Live(console, hints=hint, everything=everything, first=first) as live:
            from autograder.desks.student import check_paths

            chosen, wanted = paths or [Path()], frozenset(only or [])
            checked = check_paths(chosen, wanted, one_assignment=bool(json), show=live, keep=True)
            for _, report in checked:
                reports.append(report)
                if first and not report.complete:
                    break
    except KeyboardInterrupt:
        console.print("Interrupted.")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        from autograder.desks.student import write_results

        write_results(json, reports)
    raise typer.Exit(0 if all(report.complete for report in reports) else 1)


def status(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A folder in the course.",
            show_default="current directory",
        ),
    ] = Path(),
) -> None:
    """Show how far you are in the course, and what comes next. Runs nothing."""
    from autograder.desks.status import course_status, upcoming
    from autograder.reports.progress import show_status
    from autograder.reports.terminal import new_console

    course = list(course_status(path))
    show_status(new_console(), course, *upcoming(course))


def reset(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An assignment, its folder or its notebook.")
    ],
    exercises: Annotated[
        list[str] | None,
        typer.Argument(metavar="EXERCISE", help="What to reset.", show_default="all exercises"),
    ] = None,
    fresh: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="A fresh copy of the assignment, if its own folder has no stubs.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Reset all exercises without asking.")
    ] = False,
) -> None:
    """Put the stub of an exercise back. What you wrote is kept in a file beside the notebook."""
    from autograder.desks.released_course import release_named, work_in
    from autograder.desks.reset import reset as put_back

    release = release_named(name, Path())
    work = Path(name) if name.endswith(".ipynb") else work_in(release)
    if work is None:
        raise AutograderError(f"{release} has no notebook. Download the assignment again.")
    if not exercises and not yes and sys.stdin.isatty():
        asked = f"Reset every exercise of {work.name}? What you wrote is kept in files beside it."
        typer.confirm(asked, abort=True)
    done = put_back(work, release, exercises or [], fresh)
    for each in done:
        if each.backup is None:
            typer.echo(f"{each.exercise}: as released already.")
        else:
            typer.echo(f"{each.exercise}: reset. Your code is in {each.backup.name}.")
    if any(each.backup for each in done):
        typer.echo("If the notebook is open in Jupyter: File > Reload Notebook from Disk.")


def watch(paths: PathsArgument = None, hint: HintOption = 1) -> None:
    """Check again at every save: what changed, and the first thing to fix."""
    from autograder.reports.terminal import new_console

    console = new_console()
    try:
        from autograder.desks.watch import watch as watch_paths

        watch_paths(paths or [Path()], console, hints=hint)
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(INTERRUPTED) from None
