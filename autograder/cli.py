"""The commands. Thin: each one reads its arguments, calls one desk and prints the result.

Heavy modules (keras, nbgrader) are imported only where they are used, so that ``--help`` and usage
errors answer immediately.
"""

from __future__ import annotations

import codecs
import errno
import io
import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, cast

import typer
from rich.console import Console

from autograder import cli_exports, cli_instructor
from autograder.cli_author import build, bundle, cache, new, preview, verify
from autograder.cli_extras import missing
from autograder.cli_options import (
    CORES,
    INTERRUPTED,
    CourseOption,
    JobsOption,
    PerStudentOption,
    SchedulerOption,
    SeedOption,
    SubmissionsOption,
    UnsafeOption,
    course_with,
    seed_from,
)
from autograder.cli_student import check, reset, status, watch
from autograder.distribution import DISTRIBUTION
from autograder.model import AutograderError

if TYPE_CHECKING:
    from types import ModuleType

app = typer.Typer(
    help="Check and grade Keras exercises: optimizers, regularizers and layers written by hand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Exit with 0 for success, 1 for something to fix, 2 for wrong usage or a broken course."""
    # nbformat imports jsonschema, which for a format that no notebook has compiles a grammar: more
    # than a second for every command. Without the package, it leaves that format unchecked.
    sys.modules.setdefault("rfc3987_syntax", cast("ModuleType", None))
    _print_in_any_encoding()
    try:
        app()
    except AutograderError as error:
        _refuse(str(error))
    except ModuleNotFoundError as error:
        if not (said := missing(error.name or "")):
            raise
        _refuse(said)
    except OSError as error:
        if error.errno not in _REFUSALS or not error.filename:
            raise
        _refuse(
            f"{error.filename}: {error.strerror}. {_REFUSALS[error.errno]}, and run the same "
            "command again."
        )


_NO_RIGHT = "Make it readable and writable for you"
_NO_SPACE = "Free some space on its disk"
_REFUSALS = {
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: "Its disk takes no changes: make it writable",
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
}
"""What to do where files can fail anywhere; any other error of a file is a fault of ours."""


def _print_in_any_encoding() -> None:
    """Print signs that an encoding lacks as others: a Windows pipe has no check marks."""
    signs = {"✓": "+", "✗": "x", "·": ".", "○": "o", "…": "..."}

    def instead(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeEncodeError)
        lacking = error.object[error.start : error.end]
        return "".join(signs.get(sign, "?") for sign in lacking), error.end

    codecs.register_error("autograder", instead)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="autograder")


def _refuse(said: str) -> NoReturn:
    console = Console(stderr=True, highlight=False)
    console.print(f"Error: {said}", style="red", markup=False, soft_wrap=True)
    sys.exit(2)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"autograder {installed_version(DISTRIBUTION)}")
        raise typer.Exit


INSTRUCTORS = "For instructors"

# In the order in which --help shows them: most readers are students.
for student_command in (check, watch, status, reset):
    app.command(rich_help_panel="For students")(student_command)
for command in (
    cli_instructor.report,
    cli_instructor.explain,
    cli_exports.export,
    cli_exports.similar,
):
    app.command(rich_help_panel=INSTRUCTORS)(command)
for author_command in (new, preview, verify, build, bundle, cache):
    app.command(rich_help_panel="For authors")(author_command)


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Options that come before a command."""


# Longer than 50 lines because it declares every option of the command.
@app.command(rich_help_panel=INSTRUCTORS)
def grade(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the assignment.")],
    course: CourseOption = Path(),
    submissions: SubmissionsOption = None,
    json: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="The results file.",
            show_default="results/NAME.json in the course",
        ),
    ] = None,
    jobs: JobsOption = CORES,
    seed: SeedOption = None,
    per_student: PerStudentOption = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="STUDENT", help="Grade only this student. Can be repeated."),
    ] = None,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Grade all students again, even where nothing has changed."),
    ] = False,
    no_carry: Annotated[
        bool,
        typer.Option(
            "--no-carry",
            help="Judge every check against the reference alone: a mistake in a rule then costs "
            "the points of everything that depends on the rule.",
        ),
    ] = False,
    unsafe: UnsafeOption = False,
    scheduler: SchedulerOption = None,
    regrade: cli_instructor.RegradeOption = False,
    dry_run: cli_instructor.DryRunOption = False,
    why: cli_instructor.WhyOption = None,
) -> None:
    """Grade a class into nbgrader's gradebook, with feedback for every student.

    Run the same command again to resume an interrupted run, or to grade what is new or has changed
    since.
    """
    found = course_with(course, [name])
    if regrade or dry_run or why is not None:
        cli_instructor.regrade_class(
            found,
            name,
            regrade=regrade,
            dry_run=dry_run,
            why=why,
            only=only or (),
            restart=restart,
            submissions=submissions,
            results_file=json,
            jobs=jobs,
            seed=seed_from(seed),
            per_student=per_student,
            confined=not unsafe,
            carry=not no_carry,
            scheduler=scheduler,
        )
        return
    from autograder.desks.backend import ignored_backend
    from autograder.desks.instructor import grade_course
    from autograder.reports.terminal import new_console

    console = new_console()
    for line in ignored_backend():
        console.print(line, style="yellow", markup=False)
    try:
        graded = grade_course(
            found,
            name,
            console,
            submissions=submissions,
            results_file=json,
            jobs=jobs,
            seed=seed_from(seed),
            per_student=per_student,
            only=frozenset(only or []),
            restart=restart,
            confined=not unsafe,
            carry=not no_carry,
            scheduler=scheduler,
        )
    except KeyboardInterrupt:
        console.print("Interrupted. Finished grades are saved; run the same command to resume.")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(1 if graded.problems else 0)


@app.command(rich_help_panel=INSTRUCTORS)
def demo(
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="A new or empty folder.", show_default="a temporary folder"
        ),
    ] = None,
    course: CourseOption = Path(),
    name: Annotated[
        str,
        typer.Option(
            "--assignment",
            metavar="NAME",
            help="Name of the assignment.",
            show_default="optimizers, or else the first",
        ),
    ] = "",
    jobs: JobsOption = CORES,
    unsafe: UnsafeOption = False,
) -> None:
    """Build an assignment, submit a varied class, grade it, and show where the results are."""
    found = course_with(course, [name] if name else ())
    from autograder.desks.demo import run
    from autograder.reports.terminal import new_console

    run(found, name, into, new_console(), jobs=jobs, confined=not unsafe)
