"""The commands. Thin: each reads its arguments, calls one floor below, and prints.

Nothing heavy is imported at the top, so that ``--help`` and every usage error answer at once.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from autograder.model import AutograderError

if TYPE_CHECKING:
    from autograder.grading.oracle import Oracle
    from autograder.model import Report
    from autograder.sources.course import Course

app = typer.Typer(
    help="Check and grade Keras exercises: optimizers, regularizers and layers written by hand.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

CourseOption = Annotated[
    Path, typer.Option("--course", help="A folder in the course (it holds solutions/).")
]
JobsOption = Annotated[
    int, typer.Option("--jobs", "-j", min=1, help="How many to run at a time; default: the cores.")
]
UnsafeOption = Annotated[
    bool,
    typer.Option("--unsafe", help="Run without the sandbox: only for code you trust."),
]
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """Run the command line: exit code 0 done, 1 something to fix, 2 wrong usage or course."""
    try:
        app()
    except AutograderError as error:
        console = Console(stderr=True, highlight=False)
        console.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(2)


@app.command()
def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks, modules or folders; default: here.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Check this exercise alone; repeatable.")
    ] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Also write a results file.")] = None,
) -> None:
    """Check your own work on the public seeds, with the checks that grade it."""
    from autograder.desks.student import check_paths
    from autograder.reports.results import results, write
    from autograder.reports.terminal import new_console, show_report

    console = new_console()
    reports: list[Report] = []
    for path, report in check_paths(paths or [Path()], frozenset(only or [])):
        if reports:
            console.rule()
        show_report(console, report, path)
        reports.append(report)
    if json:
        first = reports[0]
        if any(report.assignment != first.assignment for report in reports):
            raise AutograderError("--json holds one assignment: name the files of one alone.")
        write(json, results(first.assignment, first.seed, first.sandbox, reports))
    raise typer.Exit(0 if all(report.complete for report in reports) else 1)


@app.command()
def build(
    names: Annotated[list[str] | None, typer.Argument(help="Assignments; default: all.")] = None,
    course: CourseOption = Path(),
    stale: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 if a release is stale.")
    ] = False,
    recompute: Annotated[
        bool,
        typer.Option(
            "--recompute", help="Compute the expected numbers even if no source has changed."
        ),
    ] = False,
    jobs: JobsOption = CORES,
) -> None:
    """Make the students' folders under assignments/ from solutions/."""
    from autograder.desks.release import build as build_release
    from autograder.desks.release import write_source
    from autograder.grading.oracle import prepared_oracle
    from autograder.grading.stored import FILE, PUBLIC_SEED
    from autograder.reports.terminal import new_console, progress
    from autograder.sources.assignment import Assignment, read_assignment

    console = new_console()
    found = _course(course)
    assignments = [read_assignment(found.solution(n)) for n in names or found.assignments()]
    changed = False

    def compute(assignment: Assignment) -> Oracle:
        with progress(console, "computed", len(assignment.misconceptions)) as step:
            return prepared_oracle(assignment, PUBLIC_SEED, jobs, step)

    for assignment in assignments:
        folder = found.release(assignment.name)
        if recompute and not stale:
            (folder / FILE).unlink(missing_ok=True)
        files = build_release(assignment, folder, partial(compute, assignment), write=not stale)
        if not stale:
            write_source(assignment, folder, found.source(assignment.name))
        changed = changed or bool(files)
        said = f"{', '.join(files)} {'stale' if stale else 'written'}" if files else "fresh"
        console.print(f"{assignment.name}: {said}", soft_wrap=True)
    raise typer.Exit(1 if stale and changed else 0)


@app.command()
def verify(
    names: Annotated[list[str] | None, typer.Argument(help="Assignments; default: all.")] = None,
    course: CourseOption = Path(),
    seeds: Annotated[int, typer.Option(min=1, help="Seeds that the reference must pass.")] = 2,
    jobs: JobsOption = CORES,
) -> None:
    """Prove the checks: reference full, stub none, misconceptions named, variants full."""
    from autograder.grading.grade import new_seed
    from autograder.grading.observe import probing_sandbox
    from autograder.grading.verify import steps
    from autograder.grading.verify import verify as prove
    from autograder.reports.terminal import new_console, progress, show_proof
    from autograder.sources.assignment import read_assignment

    console = new_console()
    found = _course(course)
    assignments = [read_assignment(found.solution(n)) for n in names or found.assignments()]
    failed = False
    with probing_sandbox(confined=False) as sandbox:
        for assignment in assignments:
            drawn = [new_seed() for _ in range(seeds)]
            with progress(console, assignment.name, steps(assignment, seeds)) as step:
                proof = prove(assignment, sandbox, jobs=jobs, seeds=drawn, step=step)
            show_proof(console, assignment, proof)
            failed = failed or bool(proof.problems)
    raise typer.Exit(1 if failed else 0)


@app.command()
def grade(
    name: Annotated[str, typer.Argument(help="The assignment.")],
    course: CourseOption = Path(),
    submissions: Annotated[
        Path | None,
        typer.Option(help="nbgrader's folder of submissions; default: submitted/ in the course."),
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="The results file; default: results.json.")
    ] = None,
    jobs: JobsOption = CORES,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Reproduce an earlier run; default: a fresh secret one."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Grade this student alone; repeatable.")
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Do not go on with a run that was cut short.")
    ] = False,
    unsafe: UnsafeOption = False,
) -> None:
    """Grade a class into nbgrader's gradebook, with feedback for every student.

    A run that was cut short is gone on with by the same command.
    """
    from autograder.desks.instructor import grade_course
    from autograder.reports.terminal import new_console

    console = new_console()
    try:
        graded = grade_course(
            _course(course),
            name,
            console,
            submissions=submissions,
            results_file=json,
            jobs=jobs,
            seed=seed,
            only=frozenset(only or []),
            restart=restart,
            confined=not unsafe,
        )
    except KeyboardInterrupt:
        console.print("Stopped. What is graded is kept: the same command goes on with the rest.")
        raise typer.Exit(INTERRUPTED) from None
    raise typer.Exit(1 if graded.problems else 0)


@app.command()
def demo(
    into: Annotated[
        Path | None, typer.Option(help="An empty or new folder; default: a temporary one.")
    ] = None,
    course: CourseOption = Path(),
    name: Annotated[str, typer.Option("--assignment", help="The assignment.")] = "",
    jobs: JobsOption = CORES,
    unsafe: UnsafeOption = False,
) -> None:
    """Build an assignment, hand in a varied class, grade it, and show where everything lies."""
    from autograder.desks.demo import run
    from autograder.reports.terminal import new_console

    run(
        _course(course),
        name,
        into,
        new_console(),
        jobs=jobs,
        confined=not unsafe,
    )


def _course(start: Path) -> Course:
    from autograder.sources.course import find_course

    return find_course(start)
