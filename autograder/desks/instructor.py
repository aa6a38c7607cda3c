"""Grade a class: from nbgrader's folder of submissions to gradebook, feedback and results."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

import autograder
from autograder.desks.class_grades import ClassGrades, show
from autograder.desks.release import write_source
from autograder.desks.submitted_class import SubmittedClass, absent_students, read_class
from autograder.gradebook.record import Recorder
from autograder.gradebook.release import release_notebook
from autograder.grading.grade import new_seed
from autograder.grading.journal import Entry, Journal, Run
from autograder.grading.observe import probing_sandbox
from autograder.grading.whole_class import grade_class
from autograder.model import AutograderError
from autograder.reports.results import FOLDER, refuse_other_version, results, write
from autograder.reports.standing import Standing
from autograder.reports.terminal import progress
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.probes import SHARED
from autograder.sources.submission import Submission
from autograder.verdicts import Report


# Long only by its arguments: one line for each step of a run.
# Longer than 50 lines because it documents every argument.
def grade_course(
    course: Course,
    name: str,
    console: Console,
    *,
    submissions: Path | None,
    results_file: Path | None,
    jobs: int,
    seed: int | None,
    only: frozenset[str],
    restart: bool = False,
    confined: bool = True,
    carry: bool = True,
) -> ClassGrades:
    """Grade every submission of an assignment, record the grades, and print the class table.

    An interrupted run is resumed: with the same seed, and without grading a student twice. With
    ``only``, a finished run is resumed too: the named students are graded again, and the results
    of the others stay.

    Args:
        submissions: nbgrader's folder, ``<student>/<assignment>/``; None for the course's own.
        results_file: None for ``results/<name>.json`` in the course.
        jobs: number of submissions graded in parallel.
        seed: of the checks' inputs; None for a fresh secret one, or that of the resumed run.
        only: ids of the students to grade; empty for all.
        restart: grade all of them, even if the last run was interrupted.
        carry: whether a known mistake in a rule is carried forward to what depends on it.

    Raises:
        AutograderError: nothing can be graded or recorded; the message says what to do.
    """
    assignment = read_assignment(course.solution(name))
    release = release_notebook(assignment)
    # The recorder changes the working directory where it is entered and left.
    folder = (submissions or course.root / "submitted").absolute()
    submitted = read_class(folder, name, locked_cells(release), only)
    results_file = results_file or course.root / FOLDER / f"{name}.json"
    refuse_other_version(results_file)
    write_source(assignment, course.release(name), course.source(name))

    with Journal(course.root, name) as journal:
        key = _fingerprint(assignment, confined=confined, carry=carry)
        seed = _resume_or_begin(journal, key, seed, only, restart)
        with (
            Recorder(course.root, name, release, folder) as recorder,
            probing_sandbox(confined=confined, secrets=[course.solutions, folder]) as sandbox,
        ):
            work = _remaining_work(journal, recorder, submitted, only)
            _announce(work, submitted, sandbox, jobs, only, console)
            grade = partial(
                grade_class,
                assignment=assignment,
                sandbox=sandbox,
                jobs=jobs,
                seed=seed,
                carry=carry,
            )
            grading = _grade(work, submitted, journal, grade)
            absent, standings = dict[str, str](), dict[str, Standing]()
            try:
                _record(grading, recorder, journal, work.count, console)
                absent = _leave_ungraded(recorder, journal, submitted, folder, name)
                standings = recorder.standings()
            finally:
                reports = _graded(journal, submitted)
                _write_results(results_file, name, seed, reports, absent, standings)
            used = sandbox.statistics
        reports = [r for r in reports if not only or r.student in only]
        if not only and not any(report.ungraded for report in reports):
            journal.complete()
    grades = ClassGrades(tuple(reports), recorder.recorded, results_file, used, absent, standings)
    show(grades, seed, console)
    return grades


def _fingerprint(assignment: Assignment, *, confined: bool, carry: bool) -> str:
    """Of everything but submission and seed that decides a grade: checks, engine, libraries."""
    versions = [version(library) for library in ("keras", "tensorflow", "numpy")]
    content = hashlib.sha256(f"{confined} {carry} {versions}".encode())
    shared = assignment.folder.parent / SHARED
    for folder in (assignment.folder, shared, Path(autograder.__file__).parent):
        for path in sorted(folder.rglob("*.*")):
            if path.suffix in (".py", ".toml"):
                content.update(path.read_bytes())
    return content.hexdigest()


def _resume_or_begin(
    journal: Journal, fingerprint: str, seed: int | None, only: frozenset[str], restart: bool
) -> int:
    """Resume the journal's run, or begin one; returns its seed.

    Raises:
        AutograderError: grading only some students would discard an interrupted run.
    """
    last = journal.last()
    same = last is not None and last.key == fingerprint and seed in (None, last.seed)
    if last and same and not restart and (only or not last.complete):
        return last.seed
    if last and only and not last.complete and not restart:
        raise AutograderError(
            "The last run was interrupted, and these students cannot be graded as part of it: its "
            f"seed is {last.seed}, or its checks have changed since. Run the command without "
            "--only to grade the whole class, or with --restart to discard that run."
        )
    run = Run(new_seed() if seed is None else seed, fingerprint)
    journal.begin(run)
    return run.seed


@dataclass(frozen=True)
class _RemainingWork:
    """What is left to do of a class.

    Attributes:
        done: how many students are graded already.
        unrecorded: graded, but not yet in the gradebook.
        ungraded: submissions to grade.
    """

    done: int
    unrecorded: Sequence[tuple[Submission, Report]]
    ungraded: Sequence[Submission]

    @property
    def count(self) -> int:
        """How many students are still to be recorded."""
        return len(self.unrecorded) + len(self.ungraded)


def _remaining_work(
    journal: Journal, recorder: Recorder, submitted: SubmittedClass, only: frozenset[str]
) -> _RemainingWork:
    def up_to_date(student: str, entry: Entry) -> bool:
        # A failure of the grader itself is tried again.
        unchanged = entry.submission == submitted.digests.get(student)
        return unchanged and student not in only and not entry.report.ungraded

    done = {
        student: entry for student, entry in journal.entries().items() if up_to_date(student, entry)
    }
    recorded = {student for student, entry in done.items() if entry.recorded}
    recorded &= recorder.saved_students()
    return _RemainingWork(
        len(done),
        [
            (each, done[each.student].report)
            for each in submitted.submissions
            if each.student in done and each.student not in recorded
        ],
        [each for each in submitted.submissions if each.student not in done],
    )


def _announce(
    work: _RemainingWork,
    submitted: SubmittedClass,
    sandbox: Sandbox,
    jobs: int,
    only: frozenset[str],
    console: Console,
) -> None:
    if work.done and not only:
        console.print(f"Resuming: {work.done} of {len(submitted.submissions)} already graded.")
    console.print(f"sandbox: {sandbox.level}; {len(work.ungraded)} students, {jobs} at a time")


def _grade(
    work: _RemainingWork,
    submitted: SubmittedClass,
    journal: Journal,
    grade: Callable[..., Generator[tuple[Submission, Report]]],
) -> Generator[tuple[Submission, Report]]:
    """The reports that are not recorded yet: those of the journal, then the new ones."""

    def add_to_journal(submission: Submission, report: Report) -> None:
        # In the thread that graded it: a report that waits for the recorder could be lost.
        journal.add(submitted.digests[submission.student], report)

    yield from work.unrecorded
    if work.ungraded:
        yield from grade(work.ungraded, finished=add_to_journal)


def _record(
    grading: Generator[tuple[Submission, Report]],
    recorder: Recorder,
    journal: Journal,
    count: int,
    console: Console,
) -> None:
    """Record each student while the next ones are graded."""
    with closing(grading), progress(console, "graded", count) as step:
        try:
            for submission, report in grading:
                if recorder.save(submission, report):
                    journal.recorded(submission.student)
                step(submission.student)
        except AutograderError:
            # The gradebook broke. Grade the rest nevertheless: the journal keeps the reports.
            deque(grading, maxlen=0)
            raise


def _leave_ungraded(
    recorder: Recorder, journal: Journal, submitted: SubmittedClass, folder: Path, name: str
) -> dict[str, str]:
    """Enrol who submitted nothing; returns the reasons why there is nothing to grade."""
    # A student who submitted nothing may have no folder, and be known only to the gradebook.
    students = {*submitted.students, *recorder.roster()}
    graded = {report.student for report in _graded(journal, submitted)}
    absent = absent_students(folder, name, students - graded)
    recorder.leave_ungraded(absent)
    return absent


def _graded(journal: Journal, submitted: SubmittedClass) -> list[Report]:
    """The run's reports so far, in the order of the class.

    Without those of students whose submission is gone since.
    """
    entries = journal.entries()
    return [entries[student].report for student in submitted.students if student in entries]


def _write_results(
    path: Path,
    name: str,
    seed: int,
    reports: Sequence[Report],
    absent: Mapping[str, str],
    standings: Mapping[str, Standing],
) -> None:
    if reports:
        # The parts of a resumed run may have had different protection.
        levels = " and ".join(dict.fromkeys(report.sandbox for report in reports))
        write(path, results(name, seed, levels, reports, absent=absent, standings=standings))
