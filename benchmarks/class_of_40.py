"""Seconds per submission: ``autograder grade`` beside ``nbgrader autograde``, same notebooks.

    uv run python benchmarks/class_of_40.py              # both, 40 students; nbgrader on 4 of them
    uv run python benchmarks/class_of_40.py --sample 0   # the engine alone
    uv run python benchmarks/class_of_40.py --alike      # students who submit the same code
    uv run python benchmarks/class_of_40.py --alike --students 2000 --sample 0 --once

nbgrader runs as it is configured out of the box: one kernel and one import for each notebook, one
after another, the check cells checking in the student's kernel. It is given a sample of the class
(it is the slow side), and both figures are wall-clock seconds for one submission. Both sides run
in the same minutes on the same machine, so the ratio means more than either figure.

The engine observes what several students wrote in the same words once. Every submission here has
a statement of its own in each function and class, so that each is observed; not so with
``--alike``. Then the engine grades the class again: with ``--restart``, when all observations are
known, and without, when only recording is left. ``--once`` leaves these out. What the class leaves
on the disk is printed at the end, and the seconds that its report takes.
"""

from __future__ import annotations

import argparse
import ast
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from rich.console import Console

from autograder.cli_options import CORES
from autograder.desks.class_report import Outputs, write_report
from autograder.desks.demo_class import submit_class
from autograder.desks.instructor import grade_course
from autograder.gradebook.release import release_notebook
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.course import Course, find_course
from autograder.sources.probes import SHARED

# What says nothing about speed: an endless loop costs either side its time limit; one that writes
# on every descriptor leaves nbgrader's kernel hanging; and a notebook with doubled check cells
# makes nbgrader stop before the rest of the class.
LEFT_OUT = (
    "edited-checks",
    "endless-loop",
    "forges-results",
    "not-a-notebook",
    "nothing-submitted",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--assignment", default="optimizers")
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--sample", type=int, default=4, help="submissions that nbgrader gets")
    parser.add_argument("--jobs", type=int, default=CORES)
    parser.add_argument("--alike", action="store_true", help="leave equal submissions equal")
    parser.add_argument("--once", action="store_true", help="do not grade the class again")
    options = parser.parse_args()
    origin = find_course(Path(__file__).parent)
    with tempfile.TemporaryDirectory() as made:
        ours, theirs = Course(Path(made) / "ours"), Course(Path(made) / "theirs")
        assignment = scratch(origin, options.assignment, ours, options.students)
        if not options.alike:
            write_in_own_words(ours)
        grown = [path.name for path in sorted((ours.root / "submitted").iterdir())]
        # Every fourth or so, so that the sample is as varied as the class.
        sample = grown[:: max(1, len(grown) // max(1, options.sample))][: options.sample]
        nbgrader_course(assignment, origin, ours, theirs, sample)

        engine = engine_seconds(ours, assignment, options.jobs) / options.students
        print(f"autograder grade     {engine:7.2f} s a submission ({options.students} students)")
        for what, restart in () if options.once else (("--restart", True), ("unchanged", False)):
            again = engine_seconds(ours, assignment, options.jobs, restart=restart)
            again /= options.students
            print(
                f"  again, {what:12s}{again:7.2f} s a submission: {engine / again:.0f} times faster"
            )
        if sample:
            notebook = nbgrader_seconds(theirs, assignment) / len(sample)
            print(f"nbgrader autograde   {notebook:7.2f} s a submission ({len(sample)} students)")
            print(f"ratio                {notebook / engine:7.1f}")
        print_outputs(ours, assignment.name)


def scratch(origin: Course, name: str, course: Course, students: int) -> Assignment:
    """A course with a class of ``students``: the demo's, over and over."""
    shutil.copytree(origin.solution(name), course.solutions / name)
    if (origin.solutions / SHARED).is_dir():
        shutil.copytree(origin.solutions / SHARED, course.solutions / SHARED)
    assignment = read_assignment(course.solutions / name)
    submit_class(assignment, course)
    submitted = course.root / "submitted"
    for left_out in LEFT_OUT:
        shutil.rmtree(submitted / left_out)
    varied = sorted(path for path in submitted.iterdir() if list(path.glob("*/*.ipynb")))
    for path in submitted.iterdir():
        if path not in varied:
            shutil.rmtree(path)  # nbgrader takes no modules
    for number in range(len(varied), students):
        again = varied[number % len(varied)]
        shutil.copytree(again, submitted / f"{again.name}-{number}")
    return assignment


def write_in_own_words(course: Course) -> None:
    """Add a statement with a number to each definition in a cell that a student may edit."""
    for number, path in enumerate(sorted((course.root / "submitted").glob("*/*/*.ipynb"))):
        notebook = nbformat.read(path, 4)
        for cell in notebook.cells:
            if cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("locked"):
                cell.source = in_own_words(cell.source, number)
        nbformat.write(notebook, path)


def in_own_words(source: str, number: int) -> str:
    """The code, with a value that no one reads in each function and class."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return f"{source}\n# {number}"
    lines = source.splitlines()
    for node in reversed(body):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.body[0].lineno > node.lineno:
            first = node.body[0]
            lines.insert(first.lineno - 1, f"{' ' * first.col_offset}_own = {number}")
    return "\n".join(lines)


def nbgrader_course(
    assignment: Assignment, origin: Course, ours: Course, theirs: Course, sample: list[str]
) -> None:
    """The same notebooks in a course that knows nothing of the engine."""
    source = theirs.root / "source" / assignment.name
    shutil.copytree(origin.release(assignment.name), source)
    nbformat.write(release_notebook(assignment), source / f"{assignment.name}.ipynb")
    for name in sample:
        shutil.copytree(ours.root / "submitted" / name, theirs.root / "submitted" / name)
    (theirs.root / "nbgrader_config.py").write_text(
        "c = get_config()\nc.Execute.timeout = 300\nc.ClearSolutions.enforce_metadata = False\n"
    )


def engine_seconds(
    course: Course, assignment: Assignment, jobs: int, *, restart: bool = False
) -> float:
    started = time.perf_counter()
    graded = grade_course(
        course,
        assignment.name,
        Console(quiet=True),
        submissions=None,
        results_file=None,
        jobs=jobs,
        seed=None,
        only=frozenset(),
        restart=restart,
        confined=True,
    )
    seconds = time.perf_counter() - started
    if not graded.used.children:
        return seconds
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"peak memory: grader {own:.0f} MB, zygote {graded.used.zygote_peak_bytes / 2**20:.0f} MB,"
    )
    print(f"  child {graded.used.child_peak_bytes / 2**20:.0f} MB (shared pages included)")
    print(f"zygote ready after {graded.used.start_seconds:.1f} s; {graded.used.children} children")
    return seconds


def print_outputs(course: Course, name: str) -> None:
    """The sizes of what a graded class leaves behind, and of its report."""
    started = time.perf_counter()
    (page,) = write_report(course, name, Outputs()).files
    seconds = time.perf_counter() - started
    for what in ("gradebook.db", "autograded", "feedback", "grades.csv", "results", ".autograder"):
        path = course.root / what
        files = [each for each in (path, *path.rglob("*")) if each.is_file()]
        print(f"{what:20s} {sum(each.stat().st_size for each in files) / 1e6:7.1f} MB")
    print(f"report               {page.stat().st_size / 1e6:7.1f} MB, written in {seconds:.1f} s")


def nbgrader_seconds(course: Course, assignment: Assignment) -> float:
    programs = Path(sys.executable).parent
    # nbgrader runs alembic from PATH.
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"}

    def run(*words: str) -> None:
        subprocess.run(
            [programs / "nbgrader", *words],
            cwd=course.root,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    run("generate_assignment", assignment.name, "--create", "--force")
    started = time.perf_counter()
    run("autograde", assignment.name)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
