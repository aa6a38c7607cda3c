"""A run over a class: with which seed, whether it goes on, and what is left to do."""

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
from autograder.grading.seeds import Seeds, new_seed, seed_of_attempt
from autograder.grading.stored import PUBLIC_SEED
from autograder.model import AutograderError
from autograder.sources.probes import SHARED
from autograder.sources.submission import Submission
from autograder.verdicts import Report

Seed = int | Literal["new"] | None
"""Of the checks' inputs: a certain one, a new one for the assignment, or the assignment's own."""


def fingerprint(folder: Path, *, confined: bool, carry: bool, attempts: bool) -> str:
    """Of everything but submission and seed that decides a grade: checks, engine, libraries.

    Args:
        folder: the assignment's, in ``solutions/``.
        attempts: whether students who submit again get inputs of their own.
    """
    versions = [version(library) for library in ("keras", "tensorflow", "numpy")]
    content = hashlib.sha256(f"{confined} {carry} {attempts} {versions}".encode())
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


def seeds_of_attempts(
    seeds: Seeds, name: str, seed: int, submissions: Sequence[Submission]
) -> Mapping[str, int]:
    """By student, the seeds of those whose submission is not their first."""
    numbers = {each.student: seeds.attempt(name, each) for each in submissions}
    return {s: seed_of_attempt(seed, number) for s, number in numbers.items() if number > 1}


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
        finished: whether the run has been finished before: all students are then recorded again,
            since a person may have given points in the meantime, or changed a late penalty.
    """

    def up_to_date(student: str, entry: Entry) -> bool:
        # A failure of the grader itself is tried again.
        unchanged = entry.submission == submitted.digests.get(student)
        return unchanged and student not in only and not entry.report.ungraded

    done = {
        student: entry for student, entry in journal.entries().items() if up_to_date(student, entry)
    }
    recorded = {student for student, entry in done.items() if entry.recorded and not finished}
    recorded &= recorder.saved_students()
    return RemainingWork(
        len(done),
        [
            (each, done[each.student].report)
            for each in submitted.submissions
            if each.student in done and each.student not in recorded
        ],
        [each for each in submitted.submissions if each.student not in done],
    )
