"""Explain a grade, for an appeal: grade a submission once more, as it was graded, and show all."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console

from autograder.desks.class_report import results_path
from autograder.desks.submitted_class import submission_digest
from autograder.grading.cache import observation_cache
from autograder.grading.explained import FreshReference, explained
from autograder.grading.made_with import differences, made_with, versions
from autograder.grading.observe import clean, probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.seeds import Seeds, attempt_with, seed_of_student
from autograder.grading.stored import released_pairs
from autograder.grading.trial import Known
from autograder.model import AutograderError
from autograder.reports.class_results import ClassResults, StudentResult, read_results
from autograder.reports.explained import show_explanation
from autograder.reports.explained_files import write_arrays, write_json
from autograder.reports.explanation import Explanation, Provenance
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.code_cells import locked_cells
from autograder.sources.course import Course
from autograder.sources.predictions import PREDICTIONS
from autograder.sources.released_cells import read_released
from autograder.sources.submission import Submission
from autograder.sources.submitted_files import find_submission
from autograder.sources.views import student_notebook


@dataclass(frozen=True)
class Asked:
    """What to explain, and where to write it.

    Attributes:
        exercise, check: "" for all.
        results: the results file; None for the course's own.
        submissions: nbgrader's folder; None for the course's own.
        json: a file; None for none.
        arrays: a folder for every array; None for none.
    """

    student: str
    name: str
    exercise: str = ""
    check: str = ""
    results: Path | None = None
    submissions: Path | None = None
    json: Path | None = None
    arrays: Path | None = None
    confined: bool = True


def explain(course: Course, asked: Asked, console: Console) -> Explanation:
    """Show everything behind a grade, and whether computing it again gives the same.

    Raises:
        AutograderError: the student is unknown or was not graded, the submission is gone, or there
            is no such exercise or check.
    """
    results_file = asked.results or results_path(course, asked.name)
    if results_file is None:
        raise AutograderError(
            f"{asked.name} has not been graded: there is no results/{asked.name}.json in "
            f"{course.root}. Run: autograder grade {asked.name}"
        )
    results = read_results(results_file, asked.name)
    recorded = _student(results, asked.student, results_file)
    whole = read_assignment(course.solution(asked.name))
    assignment, only = _narrowed(whole, asked)
    submitted = (asked.submissions or course.root / "submitted").absolute()
    folder = submitted / asked.student / asked.name
    submission = _submission(folder, whole, asked.student, results_file)
    carry = results.made_with.carry if results.made_with else True
    seed = int(results.seed if recorded.seed is None else recorded.seed)
    with (
        _known(course, asked) as known,
        probing_sandbox(confined=asked.confined, secrets=[course.solutions, submitted]) as sandbox,
    ):
        pairs = released_pairs(whole)
        oracle = LiveOracle(sandbox, assignment, seed, known, pairs=pairs)
        found = explained(submission, assignment, oracle, sandbox, carry=carry)
    digest = submission_digest(submission, folder)
    origin = Provenance(
        file=submission.path or folder,
        sha256=_sha256(submission.path),
        unchanged=digest == recorded.submission if recorded.submission else None,
        seed=seed,
        whose_seed=_whose(course, asked, seed),
        sandbox=(results.sandbox, found.report.sandbox),
        versions=versions(),
        changes=_changes(results, whole, carry),
        results=results_file,
        command=_command(course, asked),
    )
    narrowed = bool(asked.exercise or asked.check)
    explanation = Explanation(asked.name, recorded, found, origin, only, narrowed)
    show_explanation(console, explanation)
    _write(explanation, asked, console)
    return explanation


def _sha256(path: Path | None) -> str:
    if path is None or path.is_symlink():  # which is not followed
        return "none"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return f"none ({error.strerror})"


def _write(explanation: Explanation, asked: Asked, console: Console) -> None:
    if asked.json:
        write_json(asked.json, explanation)
        console.print(f"JSON       {asked.json}", markup=False, soft_wrap=True)
    if asked.arrays:
        written = write_arrays(asked.arrays, explanation)
        files = "1 file" if len(written) == 1 else f"{len(written)} files"
        console.print(f"arrays     {files} in {asked.arrays}", markup=False, soft_wrap=True)


@contextmanager
def _known(course: Course, asked: Asked) -> Iterator[Known | None]:
    """What known mistakes do need not be observed again; without protection, nothing is kept."""
    with ExitStack() as stack:
        known = None
        if asked.confined:
            with suppress(AutograderError):  # a full disk costs time
                known = FreshReference(stack.enter_context(observation_cache(course.root)))
        yield known


def _student(results: ClassResults, student: str, path: Path) -> StudentResult:
    for each in results.students:
        if each.student == student:
            return each
    for absent in results.not_submitted:
        if absent.student == student:
            raise AutograderError(
                f"{clean(student)} has no grade for {results.assignment}: {clean(absent.reason)}"
            )
    everyone = [each.student for each in results.everyone]
    close = get_close_matches(student, everyone, n=3)
    hint = (
        f"Did you mean {' or '.join(map(clean, close))}?" if close else "No student has such an id."
    )
    raise AutograderError(f"There is no student {clean(student)!r} in {path}. {hint}")


def _narrowed(assignment: Assignment, asked: Asked) -> tuple[Assignment, str]:
    """The assignment with what is asked for, and the id of the one check to show, or ""."""
    exercise, _, check = asked.check.rpartition(".")
    exercise = exercise or asked.exercise
    if not asked.check:
        return (assignment.only(frozenset([exercise])) if exercise else assignment), ""
    if asked.exercise and exercise != asked.exercise:
        raise AutograderError(f"{asked.check} is no check of {asked.exercise}.")
    if exercise:
        assignment = assignment.only(frozenset([exercise]))
    if exercise == PREDICTIONS:
        names = [each.name for each in assignment.check_set.predictions]
        if check not in names:
            raise AutograderError(f"There is no prediction {check!r}; there is {', '.join(names)}.")
        return assignment, f"{exercise}.{check}"
    found = assignment.with_checks(frozenset([asked.check if "." in asked.check else check]))
    ids = [each.id for each in found.check_set.checks]
    if len(ids) > 1:
        raise AutograderError(
            f"Several exercises have a check {check}. Name one of: {', '.join(ids)}"
        )
    # A mistake is named by all checks of the exercise.
    return assignment.only(frozenset([found.check_set.checks[0].exercise])), ids[0]


def _submission(folder: Path, whole: Assignment, student: str, results_file: Path) -> Submission:
    locked = locked_cells(student_notebook(whole))
    found = find_submission(folder, whole.name, student, locked, read_released(whole.folder))
    if found.path is None:
        raise AutograderError(
            f"The submission of {clean(student)} is gone: there is nothing to grade in {folder}. "
            f"What was recorded is in {results_file}. Put the submission back, or name its folder "
            "with --submissions."
        )
    return found


def _whose(course: Course, asked: Asked, seed: int) -> str:
    """Whose seed that is, in words."""
    own = None
    with suppress(AutograderError):
        own = Seeds(course.root, write=False).kept(asked.name)
    if own is None:
        return "from the results file"
    if seed == own:
        return "the assignment's own; first attempt"
    if number := attempt_with(own, seed):
        return f"derived from the assignment's own; attempt {number}"
    if number := attempt_with(seed_of_student(own, asked.student), seed):
        return f"the student's, derived from the assignment's own; attempt {number}"
    return "given with --seed, or the assignment's own before another was drawn"


def _changes(results: ClassResults, whole: Assignment, carry: bool) -> tuple[str, ...] | None:
    if results.made_with is None:
        return None
    now = made_with(whole, carry=carry)
    return tuple(each.sentence for each in differences(results.made_with, now))


def _command(course: Course, asked: Asked) -> str:
    words = ["autograder", "explain", asked.student, asked.name]
    options = {
        "--exercise": asked.exercise,
        "--check": asked.check,
        "--results": asked.results,
        "--submissions": asked.submissions,
        "--course": "" if course.root == Path.cwd() else course.root,
    }
    for option, value in options.items():
        words += [option, str(value)] if value else []
    return shlex.join([*words, *([] if asked.confined else ["--unsafe"])])
