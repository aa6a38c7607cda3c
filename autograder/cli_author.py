"""The commands for authors of assignments, which ``cli.py`` adds to the others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli_options import CORES, CourseOption, JobsOption, NamesArgument, course_with
from autograder.desks.skeleton import Kind
from autograder.model import AutograderError


def build(
    names: NamesArgument = None,
    course: CourseOption = Path(),
    stale: Annotated[
        bool,
        typer.Option("--check", help="Write nothing; exit with code 1 if a release is stale."),
    ] = False,
    recompute: Annotated[
        bool,
        typer.Option(
            "--recompute", help="Compute the expected arrays even if no source has changed."
        ),
    ] = False,
    unproven: Annotated[
        bool,
        typer.Option("--unproven", help="Build the named assignments even if their proof fails."),
    ] = False,
    jobs: JobsOption = CORES,
) -> None:
    """Build the students' folders in assignments/ from solutions/."""
    if unproven and not names:
        raise AutograderError("Name the assignments to build with --unproven.")
    found = course_with(course, names or ())
    from autograder.desks.release import build_course
    from autograder.reports.terminal import new_console

    console = new_console()
    changed = False
    for name, files in build_course(
        found,
        names,
        console,
        jobs=jobs,
        write=not stale,
        recompute=recompute,
        unproven=unproven,
    ):
        state = f"{', '.join(files)} {'stale' if stale else 'written'}" if files else "up to date"
        console.print(f"{name}: {state}", soft_wrap=True)
        changed = changed or bool(files)
    raise typer.Exit(1 if stale and changed else 0)


# Longer than 50 lines because it declares every option of the command.
def verify(
    names: NamesArgument = None,
    course: CourseOption = Path(),
    seeds: Annotated[
        int,
        typer.Option(metavar="N", min=1, help="Number of seeds that the reference must pass."),
    ] = 2,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Draw new seeds, and compute everything again.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="EXERCISE", help="Verify only this. Can be repeated."),
    ] = None,
    check: Annotated[
        list[str] | None,
        typer.Option("--check", metavar="CHECK", help="Run only this check. Can be repeated."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Verify again whenever a file is saved.")
    ] = False,
    mutants: Annotated[
        bool,
        typer.Option(
            "--mutants",
            help="Try the checks on small edits of the reference instead; takes minutes.",
        ),
    ] = False,
    points: Annotated[
        bool,
        typer.Option(
            "--points",
            help="Also try every known mistake in every check, and show how many points it leaves.",
        ),
    ] = False,
    jobs: JobsOption = CORES,
) -> None:
    """Verify an assignment: the reference passes, the stub fails, every known mistake is caught.

    Every known mistake must also be named correctly, and every correct variant must pass. What has
    not changed since the last time is not computed again.
    """
    found = course_with(course, names or ())
    from autograder.desks.author import mutate_course, verify_course, watch_course
    from autograder.grading.proof import Scope
    from autograder.reports.mutation import show_mutation
    from autograder.reports.proof import show_proof
    from autograder.reports.terminal import new_console

    console = new_console()
    if mutants and (check or watch or fresh):
        raise AutograderError("--mutants tries all checks of an exercise, once: use --only alone.")
    if watch and fresh:
        raise AutograderError("--watch computes only what an edit changes: use it without --fresh.")
    scope = Scope(frozenset(only or []), frozenset(check or []), everything=points)
    if mutants:
        for assignment, tried in mutate_course(found, names, console, jobs=jobs, scope=scope):
            show_mutation(console, assignment.name, tried)
        return
    if watch:
        watch_course(found, names, console, jobs=jobs, seeds=seeds, scope=scope)
        return
    failed = False
    for assignment, proof in verify_course(
        found, names, console, jobs=jobs, seeds=seeds, fresh=fresh, scope=scope
    ):
        show_proof(console, assignment, proof)
        failed = failed or bool(proof.problems)
    raise typer.Exit(1 if failed else 0)


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
    found = course_with(course, [])
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
    found = course_with(course, [name])
    from autograder.desks import preview as desk
    from autograder.reports.terminal import new_console

    desk.preview(found, name, into, new_console(), show=show)


def cache(
    course: CourseOption = Path(),
    clear: Annotated[bool, typer.Option("--clear", help="Delete it.")] = False,
) -> None:
    """Show what has been observed of solutions and submissions, so that it need not run again."""
    found = course_with(course, ())
    from autograder.desks.kept import describe_or_clear

    typer.echo(describe_or_clear(found, clear=clear))


def bundle(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="Names of assignments.", show_default=False)
    ],
    course: CourseOption = Path(),
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="The zip to write.", show_default="bundles/NAME.zip in the course"
        ),
    ] = None,
) -> None:
    """Write the zip that students get: assignments, how to install, and the checks themselves."""
    found = course_with(course, names)
    from autograder.desks import bundle as desk
    from autograder.reports.terminal import new_console

    made = desk.bundle(found, names, new_console(), output=output)
    size = made.path.stat().st_size / 1e6
    typer.echo(f"{made.path}: {', '.join(made.names)}; {made.files} files, {size:.1f} MB.")
    typer.echo(f"Students unzip it and follow {desk.TOP}/{desk.README}. It holds {made.wheel}.")
