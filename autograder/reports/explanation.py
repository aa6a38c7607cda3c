"""What an appeal needs besides numbers: what was recorded, whether it is still so, and why not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.grading.explained import Explained, ExplainedCheck
from autograder.reports.class_results import CheckResult, StudentResult
from autograder.verdicts import Verdict


@dataclass(frozen=True)
class Provenance:
    """Where a grade comes from.

    Attributes:
        file: the submission, and its SHA-256.
        unchanged: whether it is still what was graded; None if the results file does not say.
        seed: of the inputs, and in words whose that is.
        sandbox, versions: when it was graded, and now.
        changes: what has changed since in the assignment and in versions, a phrase each; None if
            the results file does not say what it was made with.
        results: the results file.
        command: what reproduces all this, in the course's folder.
    """

    file: Path
    sha256: str
    unchanged: bool | None
    seed: int
    whose_seed: str
    sandbox: tuple[str, str]
    versions: dict[str, str]
    changes: tuple[str, ...] | None
    results: Path
    command: str


@dataclass(frozen=True)
class Explanation:
    """A student's grade, recorded and made once more.

    Attributes:
        recorded: the student in the results file.
        explained: the same, observed and judged again.
        only: id of the one check to show; "" for all.
        narrowed: whether an exercise or a check was asked for by name.
    """

    assignment: str
    recorded: StudentResult
    explained: Explained
    provenance: Provenance
    only: str = ""
    narrowed: bool = False

    @property
    def checks(self) -> list[ExplainedCheck]:
        """Those to show."""
        return [each for each in self.explained.checks if self.only in ("", each.check.id)]

    def before(self, exercise: str, check: str) -> CheckResult | None:
        """What was recorded of a check; None if there was no such check."""
        for each in self.recorded.exercises:
            for found in each.checks if each.name == exercise else ():
                if found.name == check:
                    return found
        return None

    @property
    def differences(self) -> list[str]:
        """What differs from what was recorded, a sentence for each check; empty if nothing does."""
        found = []
        for exercise, verdict in self._verdicts():
            said = _difference(self.before(exercise, verdict.check), verdict)
            if said:
                found.append(f"{exercise}.{verdict.check}: {said}")
        return found

    @property
    def bit_for_bit(self) -> bool | None:
        """Whether the very numbers are the same; None if the results file does not say."""
        pairs = [(self.before(exercise, v.check), v) for exercise, v in self._verdicts()]
        if any(was is None or (not was.observed and v.observed) for was, v in pairs):
            return None
        return all(was is not None and was.observed == v.observed for was, v in pairs)

    @property
    def same(self) -> bool:
        """Whether nothing differs, as far as the results file says."""
        return not self.differences

    def _verdicts(self) -> Iterator[tuple[str, Verdict]]:
        for exercise in self.explained.report.exercises:
            for verdict in exercise.verdicts:
                if self.only in ("", f"{exercise.name}.{verdict.check}"):
                    yield exercise.name, verdict


def _difference(was: CheckResult | None, now: Verdict) -> str:
    if was is None:
        return "not in the results file."
    fields: Sequence[tuple[str, object, object]] = (
        ("status", was.status, now.status),
        ("points", f"{was.points:g}/{was.max_points:g}", f"{now.points:g}/{now.max_points:g}"),
        ("message", was.message or "none", now.message or "none"),
        ("misconception", was.misconception or "none", now.misconception or "none"),
        ("judged against", was.judged_against, now.judged_against),
    )
    found = [
        f"{name} {before} recorded, {after} now"
        for name, before, after in fields
        if before != after
    ]
    if not found and was.observed and was.observed != now.observed:
        found = ["the same verdict, from other numbers than recorded"]
    return "; ".join(found)
