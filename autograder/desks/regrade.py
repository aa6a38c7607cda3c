"""Grade a class again after a check, its points or a known mistake was changed.

Everything is computed before anything is written, with the inputs that each student had; what was
observed before is not observed again. The new reports then replace the journal's in one step, and
the rest is what `autograder grade` does with an interrupted run. So the same command resumes a
regrade that was killed, whenever that was.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from autograder.desks.class_grades import ClassGrades
from autograder.desks.class_run import Seed, fingerprint, refuse_other_choice, seeds_of_students
from autograder.desks.earlier_grades import EarlierGrades, as_results, names
from autograder.desks.instructor import grade_course
from autograder.desks.submitted_class import SubmittedClass, read_class
from autograder.gradebook.release import release_notebook
from autograder.grading.counted import Counted, counted_observations
from autograder.grading.journal import Journal, Run
from autograder.grading.made_with import made_with
from autograder.grading.observe import probing_sandbox
from autograder.grading.seeds import Seeds
from autograder.grading.whole_class import grade_class
from autograder.model import AutograderError
from autograder.reports.class_results import read_results
from autograder.reports.history import keep_earlier, replaced_by
from autograder.reports.regraded import regraded, show_regraded
from autograder.reports.results import FOLDER, refuse_other_version
from autograder.reports.terminal import progress
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.released_cells import read_released
from autograder.verdicts import Report


@dataclass(frozen=True)
class Options:
    """How to regrade; the first seven as for `autograder.desks.instructor.grade_course`.

    Attributes:
        dry_run: compute and print, and write nothing.
        why: the reason, which is kept with the earlier results.
    """

    submissions: Path | None
    results_file: Path | None
    jobs: int
    seed: Seed = None
    per_student: bool | None = None
    confined: bool = True
    carry: bool = True
    dry_run: bool = False
    why: str = ""

    def folder(self, course: Course) -> Path:
        """Where the submissions are."""
        return (self.submissions or course.root / "submitted").absolute()


def regrade_course(
    course: Course, name: str, console: Console, options: Options
) -> ClassGrades | None:
    """Grade all again who were graded, print who gains and loses, then record it.

    Returns:
        what was recorded; None if nothing was.

    Raises:
        AutograderError: nothing was graded yet, or the grades cannot be made again.
    """
    assignment = read_assignment(course.solution(name))
    results_file = options.results_file or course.root / FOLDER / f"{name}.json"
    refuse_other_version(results_file)
    with _journal(course, name, write=not options.dry_run) as journal:
        last, entries = journal.last(), journal.entries()
        if last is None or not entries:
            raise AutograderError(_nothing(name))
        now = made_with(assignment, carry=options.carry)
        before = EarlierGrades(name, results_file, last, entries, now)
        run, own = _run(course, assignment, before, options)
        if run.key == last.key:
            replaced = None if last.complete else replaced_by(course.root, name, run.key)
            if replaced is None:
                console.print(_unchanged(before))
                return None
            _show_resumed(before, replaced, console)
        elif not _regraded(course, assignment, before, run, own, options, journal, console):
            return None
    if options.dry_run:
        console.print("Dry run: nothing was written.")
        return None
    grades = grade_course(
        course,
        name,
        console,
        submissions=options.submissions,
        results_file=options.results_file,
        jobs=options.jobs,
        seed=options.seed,
        per_student=options.per_student,
        only=frozenset(),
        confined=options.confined,
        carry=options.carry,
        among=frozenset(entries),
    )
    if by_hand := [s for s, standing in grades.standings.items() if standing.by_hand]:
        console.print(f"Points given by hand are as they were: {names(by_hand)}.", markup=False)
    return grades


@contextmanager
def _journal(course: Course, name: str, *, write: bool) -> Iterator[Journal]:
    journal = Journal(course.root, name, write=write)
    if not journal.path.is_file():  # entering would make it
        raise AutograderError(_nothing(name))
    with journal:
        yield journal


def _nothing(name: str) -> str:
    return f"Nothing has been graded yet that could be regraded. Run: autograder grade {name}"


def _unchanged(before: EarlierGrades) -> str:
    if before.run.complete:
        return (
            "Nothing has changed since the last grading: no check, no points, no known mistake, no "
            "version. Nothing was written."
        )
    return (
        "Nothing has changed since the last grading, which was not finished. Nothing was written. "
        f"Resume it with: autograder grade {before.name}"
    )


def _run(
    course: Course, assignment: Assignment, before: EarlierGrades, options: Options
) -> tuple[Run, bool]:
    """The run that replaces the last one, and whether its seed is the assignment's own."""
    name, last = before.name, before.run
    seeds = Seeds(course.root, write=False)
    own = seeds.kept(name)
    own = last.seed if own is None else own
    if options.seed == "new":
        raise AutograderError(
            "--regrade keeps every student's inputs, and --seed new draws others. For new inputs: "
            f"autograder grade {name} --seed new"
        )
    seed = own if options.seed is None else options.seed
    if seed != last.seed:
        raise AutograderError(
            f"The last grading had another seed. To keep its inputs, add --seed {last.seed}"
        )
    if before.made_with and before.made_with.carry != options.carry:
        how, what = ("without", "Leave it out") if options.carry is False else ("with", "Add it")
        raise AutograderError(f"The last grading was {how} --no-carry. {what} here, too.")
    refuse_other_choice(seeds, name, options.per_student, before=before.per_student)
    key = fingerprint(
        assignment.folder,
        confined=options.confined,
        carry=options.carry,
        attempts=seed == own,
        per_student=before.per_student,
    )
    return Run(seed, key), seed == own


def _regraded(
    course: Course,
    assignment: Assignment,
    before: EarlierGrades,
    run: Run,
    own: bool,
    options: Options,
    journal: Journal,
    console: Console,
) -> bool:
    """Compute the new reports, show them, and put them into the journal; whether any differs."""
    everyone = _everyone(course, assignment, options)
    submitted = everyone.among(before.entries)
    if not submitted.submissions:
        folder = options.folder(course)
        raise AutograderError(f"No submission of those who were graded is left in {folder}.")
    before.refuse_other_exercises(assignment.check_set)
    # Reading only: no attempt is counted before it is known that anything is written.
    seeds = Seeds(course.root, write=False)
    others = seeds_of_students(
        seeds,
        before.name,
        run.seed,
        {student: submitted.codes[student] for student in submitted.submissions},
        attempts=own,
        per_student=before.per_student,
    )
    with _observations(course, options) as known:
        reports = _reports(course, assignment, submitted, run, others, options, known, console)
    console.print(f"Observations: {known.computed} computed, {known.served} known from before.")
    found = before.compared(reports)
    if found.same:
        console.print(f"No grade changes, and no message ({len(reports)} students compared).")
        console.print("Nothing was written.")
        return False
    changes, notes = [each.sentence for each in before.changes], before.notes(reports)
    if new := len(everyone.submissions) - len(submitted.submissions):
        notes.append(
            f"Not graded before, and left out: {new}. Grade them with: autograder grade "
            f"{before.name}"
        )
    show_regraded(console, found, changes, notes)
    if options.dry_run:
        return True
    _keep(course, before, run, options, console)
    for student in submitted.submissions if own else ():
        Seeds(course.root).attempt(before.name, student, submitted.codes[student])
    journal.replace(run, [(submitted.digests[s], report) for s, report in reports.items()])
    return True


def _everyone(course: Course, assignment: Assignment, options: Options) -> SubmittedClass:
    locked = locked_cells(release_notebook(assignment))
    folder, released = options.folder(course), read_released(assignment.folder)
    return read_class(folder, assignment.name, locked, frozenset(), released)


def _keep(
    course: Course, before: EarlierGrades, run: Run, options: Options, console: Console
) -> None:
    path = keep_earlier(
        course.root,
        before.name,
        before.content(),
        at=datetime.now(UTC),
        why=options.why,
        changed=before.changes,
        key=run.key,
    )
    console.print(f"earlier    {path}", soft_wrap=True)


@contextmanager
def _observations(course: Course, options: Options) -> Iterator[Counted]:
    if not options.confined:
        # Without protection, what code does may depend on what it finds on this machine.
        yield Counted(None)
        return
    with counted_observations(course.root, write=not options.dry_run) as known:
        yield known


def _reports(
    course: Course,
    assignment: Assignment,
    submitted: SubmittedClass,
    run: Run,
    others: Mapping[str, int],
    options: Options,
    known: Counted,
    console: Console,
) -> dict[str, Report]:
    """The new reports by student, in the order of the class."""
    students = submitted.submissions
    secrets = [course.solutions, options.folder(course)]
    found: dict[str, Report] = {}
    with (
        probing_sandbox(confined=options.confined, secrets=secrets) as sandbox,
        progress(console, "graded again", len(students)) as step,
    ):
        for submission, report in grade_class(
            students,
            assignment,
            sandbox,
            jobs=options.jobs,
            seed=run.seed,
            seeds=others,
            known=known,
            carry=options.carry,
        ):
            found[submission.student] = report
            step(submission.student)
    return {student: found[student] for student in students}


def _show_resumed(before: EarlierGrades, replaced: Path, console: Console) -> None:
    """What the interrupted regrade has printed, from the results that it replaces."""
    console.print("Resuming a regrade that was interrupted.")
    content = json.loads(replaced.read_bytes())
    now = {student: each.report for student, each in before.entries.items()}
    found = regraded(read_results(replaced, before.name), as_results(before.name, now))
    show_regraded(console, found, [each["sentence"] for each in content["replaced"]["changed"]], [])
    console.print(f"earlier    {replaced}", soft_wrap=True)
