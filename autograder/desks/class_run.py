"""A run over a class: with which seeds, whether it goes on, and what is left to do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import autograder
from autograder.desks.submitted_class import SubmittedClass
from autograder.gradebook.record import Recorder
from autograder.grading.journal import Entry, Journal, Run
from autograder.grading.seeds import Seeds, new_seed, seed_of_attempt, seed_of_student
from autograder.grading.stored import PUBLIC_SEED
from autograder.model import AutograderError
from autograder.sources.probes import SHARED
from autograder.verdicts import Report

Seed = int | Literal["new"] | None
"""Of the checks' inputs: a certain one, a new one for the assignment, or the assignment's own."""


def fingerprint(
    folder: Path, *, confined: bool, carry: bool, attempts: bool, per_student: bool = False
) -> str:
    """Of everything but submission and seed that decides a grade: checks, engine, libraries.

    Args:
        folder: the assignment's, in ``solutions/``.
        attempts: whether students who submit again get inputs of their own.
        per_student: whether all students do.
    """
    versions = [version(library) for library in ("keras", "tensorflow", "numpy")]
    content = hashlib.sha256(f"{confined} {carry} {attempts} {per_student} {versions}".encode())
    for each in (folder, folder.parent / SHARED, Path(autograder.__file__).parent):
        for path in sorted(each.rglob("*.*")):
            if path.suffix in (".py", ".toml"):
                content.update(path.read_bytes())
    return content.hexdigest()


def seed_of_run(seeds: Seeds, journal: Journal, name: str, wanted: Seed) -> tuple[int, bool]:
    """The seed of a run, and whether it is the assignment's own.

    An assignment that has none keeps the one that is wanted, or that of its last run, or a new one.

    Raises:
        AutograderError: it has none, and the one of the students' self-checks is wanted.
    """
    if wanted == "new":
        drawn = new_seed()
        seeds.renew(name, drawn)
        return drawn, True
    if wanted == PUBLIC_SEED and seeds.kept(name) is None:
        raise AutograderError(
            f"Seed {PUBLIC_SEED} is that of the students' self-checks, who can print its inputs. "
            "Leave --seed out: the assignment then gets a secret one, and keeps it."
        )
    last = journal.last()
    first = wanted if wanted is not None else last.seed if last else new_seed()
    own = seeds.keep(name, first)
    return (own, True) if wanted in (None, own) else (wanted, False)


def choice_of_run(
    seeds: Seeds,
    journal: Journal,
    name: str,
    wanted: bool | None,
    *,
    own: bool,
    only: frozenset[str] = frozenset(),
) -> tuple[bool, str]:
    """Whether each student of a run gets inputs of their own, and what to say of a switch.

    The assignment keeps what is wanted, unless the run's seed is not its own.

    Args:
        wanted: None for what the assignment has kept; without that, all get the same.
        own: whether the run's seed is the assignment's own.

    Raises:
        AutograderError: it would change for a class of which only some are to be graded.
    """
    kept = seeds.per_student(name)
    if wanted is None or wanted == kept or not own:
        return (kept if wanted is None else wanted), ""
    option, back = ("--seed-per-student", "--seed-for-all")[:: 1 if wanted else -1]
    graded = journal.last() is not None
    if graded and only:
        raise AutograderError(
            f"{option} changes the inputs of all students of {name}, and --only grades some of "
            "them. Leave one of the two out."
        )
    seeds.choose(name, per_student=wanted)
    if not graded:
        return wanted, ""
    what = "each student has inputs of their own" if wanted else "all students have the same inputs"
    return wanted, (
        f"From now on {what} in {name}, also in a regrade and where a submission is late. All are "
        f"graded again with other inputs. To go back to the earlier ones: autograder grade {name} "
        f"{back}"
    )


def refuse_other_choice(seeds: Seeds, name: str, wanted: bool | None, *, before: bool) -> None:
    """Refuse a regrade that would give students other inputs.

    Args:
        wanted: as for `choice_of_run`.
        before: whether each student had inputs of their own.

    Raises:
        AutograderError: it would.
    """
    kept = seeds.per_student(name)
    if (kept if wanted is None else wanted) == before:
        return
    had, option, other = "all students the same inputs", "--seed-for-all", "--seed-per-student"
    if before:
        had, option, other = "each student inputs of their own", other, option
    remedy = f"Leave out {other}." if kept == before else f"Pass {option} here."
    raise AutograderError(
        f"The last grading gave {had}, and --regrade keeps every student's inputs. {remedy}"
    )


def seeds_of_students(
    seeds: Seeds,
    name: str,
    seed: int,
    codes: Mapping[str, bytes],
    *,
    attempts: bool,
    per_student: bool,
) -> Mapping[str, int]:
    """By student, the seeds of those whose inputs are not those of the whole class.

    Args:
        codes: digests of what each wrote, by student.
        attempts: whether students who submit again get others.
        per_student: whether each student has inputs of their own.
    """
    found = {}
    for student, code in codes.items():
        number = seeds.attempt(name, student, code) if attempts else 1
        first = seed_of_student(seed, student) if per_student else seed
        found[student] = seed_of_attempt(first, number)
    return {student: own for student, own in found.items() if own != seed}


def resume_or_begin(journal: Journal, run: Run, only: frozenset[str], restart: bool) -> bool:
    """Resume the journal's run if it is this one, or else begin this one.

    Returns:
        whether the run has been finished before.

    Raises:
        AutograderError: grading only some students would discard an interrupted run.
    """
    last = journal.last()
    if last and (last.seed, last.key) == (run.seed, run.key) and not restart:
        return last.complete
    if last and only and not last.complete and not restart:
        raise AutograderError(
            "The last run was interrupted, and these students cannot be graded as part of it: its "
            f"seed is {last.seed}, or its checks have changed since. Run the command without "
            "--only to grade the whole class, or with --restart to discard that run."
        )
    journal.begin(run)
    return False


@dataclass(frozen=True)
class RemainingWork:
    """What is left to do of a class.

    Attributes:
        done: how many students are graded already.
        unrecorded: reports of those who are not in the gradebook yet, by student.
        ungraded: students to grade.
    """

    done: int
    unrecorded: Mapping[str, Report]
    ungraded: Sequence[str]

    @property
    def count(self) -> int:
        """How many students are still to be recorded."""
        return len(self.unrecorded) + len(self.ungraded)


def remaining_work(
    journal: Journal,
    recorder: Recorder,
    submitted: SubmittedClass,
    only: frozenset[str],
    *,
    finished: bool,
) -> RemainingWork:
    """What is left to do.

    Args:
        finished: whether the run has been finished before: those students are then recorded again
            of whom it is not certain that the same would be recorded. A person may have given
            points in the meantime, or changed a late penalty.
    """

    def up_to_date(student: str, entry: Entry) -> bool:
        # A failure of the grader itself is tried again.
        unchanged = entry.submission == submitted.digests.get(student)
        return unchanged and student not in only and not entry.report.ungraded

    done = {
        student: entry for student, entry in journal.entries().items() if up_to_date(student, entry)
    }
    recorded = {student for student, entry in done.items() if entry.recorded}
    recorded &= recorder.unchanged(journal.states()) if finished else recorder.saved_students()
    return RemainingWork(
        len(done),
        {
            student: done[student].report
            for student in submitted.submissions
            if student in done and student not in recorded
        },
        [student for student in submitted.submissions if student not in done],
    )
