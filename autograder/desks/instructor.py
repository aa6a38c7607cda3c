"""Grade a class: from nbgrader's folder of submissions to gradebook, feedback and results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

from rich.console import Console

from autograder.desks.class_grades import ClassGrades, show
from autograder.desks.class_run import (
    RemainingWork,
    Seed,
    choice_of_run,
    fingerprint,
    remaining_work,
    resume_or_begin,
    seed_of_run,
    seeds_of_students,
)
from autograder.desks.kept_usage import KeptUsage, keep_usage
from autograder.desks.machines import Machines
from autograder.desks.release import write_source
from autograder.desks.submitted_class import (
    SubmittedClass,
    absent_students,
    read_class,
    submission_digest,
)
from autograder.gradebook.record import Recorder
from autograder.gradebook.release import release_notebook
from autograder.grading.cache import observation_cache
from autograder.grading.journal import Journal, Run
from autograder.grading.made_with import made_with
from autograder.grading.observe import probing_sandbox
from autograder.grading.seeds import Seeds
from autograder.grading.whole_class import grade_class
from autograder.model import AutograderError
from autograder.reports.results import (
    FOLDER,
    levels,
    refuse_other_version,
    results,
    student_results,
    write,
)
from autograder.reports.standing import Standing
from autograder.reports.terminal import progress
from autograder.sandbox.sandbox import Sandbox, Statistics
from autograder.sources.assignment import read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.released_cells import read_released
from autograder.sources.submission import Submission
from autograder.verdicts import Report

Graded = Generator[tuple[Submission, Report]]


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
    seed: Seed,
    per_student: bool | None = None,
    only: frozenset[str],
    restart: bool = False,
    confined: bool = True,
    carry: bool = True,
    scheduler: str | None = None,
    among: frozenset[str] | None = None,
) -> ClassGrades:
    """Grade every submission of an assignment, record the grades, and print the class table.

    A run goes on, whether it was interrupted or finished: what has not changed since is not graded
    again. With ``only``, the named students are, and the results of the others stay.

    Args:
        submissions: nbgrader's folder, ``<student>/<assignment>/``; None for the course's own.
        results_file: None for ``results/<name>.json`` in the course.
        jobs: number of submissions graded in parallel.
        seed: of the checks' inputs. None for the assignment's own, drawn by its first grading; who
            submits again gets another, derived from it. "new" to draw the assignment another. Any
            other number than its own is for all students.
        per_student: whether each student gets inputs of their own, drawn from the seed and the id;
            the assignment keeps that with its seed. None for what it has kept.
        only: ids of the students to grade; empty for all.
        restart: grade all of them, even if nothing has changed.
        carry: whether a known mistake in a rule is carried forward to what depends on it.
        scheduler: address of a Dask scheduler on whose workers submissions run; None for here.
        among: ids of the students who take part in the run; None for all who submitted.

    Raises:
        AutograderError: nothing can be graded or recorded; the message says what to do.
    """
    assignment = read_assignment(course.solution(name))
    release = release_notebook(assignment)
    # The recorder changes the working directory where it is entered and left.
    folder = (submissions or course.root / "submitted").absolute()
    released = read_released(assignment.folder)
    submitted = read_class(folder, name, locked_cells(release), only, released).among(among)
    made = made_with(assignment, carry=carry)
    results_file = results_file or course.root / FOLDER / f"{name}.json"
    refuse_other_version(results_file)
    write_source(assignment, course.release(name), course.source(name))

    with Journal(course.root, name) as journal:
        seeds = Seeds(course.root)
        run_seed, own = seed_of_run(seeds, journal, name, seed)
        each_own, notice = choice_of_run(seeds, journal, name, per_student, own=own, only=only)
        if notice:
            console.print(f"! {notice}", style="yellow", markup=False)
        how = {"attempts": own, "per_student": each_own}
        key = fingerprint(assignment.folder, confined=confined, carry=carry, **how)
        finished = resume_or_begin(journal, Run(run_seed, key), only, restart)
        with Recorder(course.root, name, release, folder) as recorder:
            work = remaining_work(journal, recorder, submitted, only, finished=finished)
            codes = {student: submitted.codes[student] for student in work.ungraded}
            others = seeds_of_students(seeds, name, run_seed, codes, **how)
            machines = Machines(scheduler, confined, jobs, console)
            with _grader(course, folder, work, machines) as (sandbox, grade):
                grade = partial(
                    grade,
                    assignment=assignment,
                    jobs=jobs,
                    seed=run_seed,
                    seeds=others,
                    carry=carry,
                )
                quiet = bool(only) or among is not None
                _announce(work, submitted, sandbox, machines, console, quiet=quiet)
                grading = _grade(work, submitted, journal, folder, grade)
                absent, standings = dict[str, str](), dict[str, Standing]()
                usage = KeptUsage()
                try:
                    _record(grading, recorder, journal, work.count, console)
                    absent = _leave_ungraded(recorder, journal, submitted, folder, name)
                    standings = recorder.standings()
                finally:
                    reports = _graded(journal, submitted)
                    if reports:
                        head = results(
                            name,
                            run_seed,
                            levels(reports),
                            [],
                            absent=absent,
                            made_with=made,
                            per_student=each_own,
                        )
                        digests = journal.digests()
                        students = student_results(
                            reports, run_seed, standings=standings, submissions=digests
                        )
                        write(results_file, head, students)
                        usage = keep_usage(course.root, name, journal, reports)
                used = sandbox.statistics if sandbox else Statistics()
        reports = [r for r in reports if not only or r.student in only]
        if not only and not any(report.ungraded for report in reports):
            journal.complete()
    grades = ClassGrades(
        tuple(reports),
        recorder.recorded,
        results_file,
        used,
        absent,
        standings,
        submitted.closed,
        usage,
    )
    show(grades, run_seed, console, table=among is None, per_student=each_own)
    return grades


@contextmanager
def _grader(
    course: Course, folder: Path, work: RemainingWork, machines: Machines
) -> Iterator[tuple[Sandbox | None, Callable[..., Graded]]]:
    """What grades a class, and its sandbox; no sandbox if nothing is left to grade."""
    if not work.ungraded:
        yield None, _nobody
        return
    with ExitStack() as stack:
        secrets, confined = [course.solutions, folder], machines.confined
        executor = stack.enter_context(machines.executor(secrets))
        sandbox = stack.enter_context(probing_sandbox(confined=confined, secrets=secrets))
        known = None
        # Without protection, what code does may depend on what it finds on this machine.
        if confined:
            with suppress(AutograderError):  # a full disk costs time, and no grade
                known = stack.enter_context(observation_cache(course.root))
        yield sandbox, partial(grade_class, sandbox=sandbox, known=known, executor=executor)


def _nobody(*_: object, **__: object) -> Graded:
    yield from ()


def _announce(
    work: RemainingWork,
    submitted: SubmittedClass,
    sandbox: Sandbox | None,
    machines: Machines,
    console: Console,
    *,
    quiet: bool,
) -> None:
    if work.done and not quiet:
        of = len(submitted.submissions)
        console.print(f"{work.done} of {of} are graded already, and have not changed since.")
    if sandbox:
        machines.announce(sandbox.level, len(work.ungraded))


def _grade(
    work: RemainingWork,
    submitted: SubmittedClass,
    journal: Journal,
    folder: Path,
    grade: Callable[..., Graded],
) -> Graded:
    """The reports that are not recorded yet: those of the journal, then the new ones."""

    def add_to_journal(submission: Submission, report: Report) -> None:
        # In the thread that graded it: a report that waits for the recorder could be lost. What was
        # read may have changed since the beginning of the run.
        place = folder / submission.student / report.assignment
        journal.add(submission_digest(submission, place), report)

    for student, report in work.unrecorded.items():
        yield submitted.submissions[student], report
    if work.ungraded:
        waiting = submitted.submissions.among(frozenset(work.ungraded))
        yield from grade(waiting, finished=add_to_journal)


def _record(
    grading: Graded,
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
                    journal.recorded(submission.student, recorder.state(submission.student))
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
    graded = journal.digests().keys() & set(submitted.students)
    absent, closed = absent_students(folder, name, students - graded)
    # What cannot be opened may have a grade in the gradebook, which stays.
    recorder.leave_ungraded(sorted(absent.keys() - closed))
    return absent


def _graded(journal: Journal, submitted: SubmittedClass) -> list[Report]:
    """The run's reports so far, in the order of the class.

    Without those of students whose submission is gone since.
    """
    entries = journal.entries()
    return [entries[student].report for student in submitted.students if student in entries]
