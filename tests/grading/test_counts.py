"""What grading costs, counted without a clock: a jump fails here, on any machine and at any load.

One exercise of a real assignment is graded twice: once right, once with a known mistake.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from autograder.grading.counted import Counted
from autograder.grading.grade import grade_submission
from autograder.grading.oracle import LiveOracle
from autograder.grading.unit import Here
from autograder.sandbox.process import Child
from autograder.sandbox.sandbox import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.definitions import Cell
from autograder.sources.submission import Submission

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
ASSIGNMENT, EXERCISE, MISTAKE = "optimizers", "Momentum", "uphill"

# processes started, probes run, graphs traced
COUNTS = {
    "the reference, once for a class": (1, 17, 8),
    "a right submission": (1, 17, 8),
    "a known mistake": (3, 69, 17),
}

ROOM = 1.2
"""A graph more or less may come with another version of Keras: graphs may grow by this factor."""

UPDATE = (
    "If the change is intended (another check, a probe that trains longer), put the counts that "
    "were found into COUNTS in tests/grading/test_counts.py, and say in the commit why they grew. "
    "If not, something is now run or traced again for each submission that was shared before."
)


class Counting:
    """A sandbox that counts the children it starts."""

    def __init__(self, sandbox: Sandbox, graphs: Path) -> None:
        self._sandbox, self._graphs, self.level = sandbox, graphs, sandbox.level
        self.known, self.started = Counted(None), 0
        self.counts: dict[str, tuple[int, int, int]] = {}

    def child(self) -> Child:
        self.started += 1
        return self._sandbox.child()

    def close(self) -> None:
        self._sandbox.close()

    @contextmanager
    def counting(self, what: str) -> Iterator[None]:
        before = self._now()
        yield
        started, probes, graphs = (
            now - then for now, then in zip(self._now(), before, strict=True)
        )
        self.counts[what] = started, probes, graphs

    def _now(self) -> tuple[int, int, int]:
        graphs = self._graphs.stat().st_size if self._graphs.exists() else 0
        return self.started, self.known.computed, graphs


def submissions(assignment: Assignment) -> Mapping[str, Submission]:
    cell = assignment.cells[EXERCISE]
    mistake = next(known for known in assignment.of(EXERCISE) if known.name == MISTAKE)
    wrong = cell.replace(mistake.find, mistake.replace)
    imports = Cell("imports", "import keras\nfrom keras import ops\n")
    return {
        what: Submission(what, None, (imports, Cell(EXERCISE, f"{text}\n# in own words\n")))
        for what, text in (("a right submission", cell), ("a known mistake", wrong))
    }


def test_a_submission_costs_no_more_than_it_did(tmp_path: Path) -> None:
    assignment = read_assignment(ROOT / "solutions" / ASSIGNMENT)
    check_set = assignment.check_set.only(frozenset([EXERCISE]))
    service = tmp_path / "service.py"
    shutil.copy(Path(__file__).with_name("counting_service.py"), service)
    with Sandbox(service=str(service), confined=False) as started:
        sandbox = Counting(started, tmp_path / "graphs")
        oracle = LiveOracle(sandbox, assignment, 7, sandbox.known)
        with sandbox.counting("the reference, once for a class"):
            for check in check_set.checks:
                assert not oracle.expected(check).failure
        scores = []
        for what, submission in submissions(assignment).items():
            with sandbox.counting(what):
                report = grade_submission(
                    submission, check_set, oracle, sandbox, sandbox.known, executor=Here(sandbox)
                )
            scores.append(report.score)
    assert scores[0] == report.max_score > scores[1]
    assert not (said := jumps(sandbox.counts)), f"{said}\n{UPDATE}"


def jumps(found: Mapping[str, tuple[int, int, int]]) -> str:
    """One line for each count that is not what it was; "" if all are."""
    lines = []
    for what, (children, probes, graphs) in COUNTS.items():
        now = found[what]
        if now[:2] != (children, probes) or not graphs / ROOM <= now[2] <= graphs * ROOM:
            lines.append(
                f"{what}: {now[0]} processes started ({children} expected), {now[1]} probes run "
                f"({probes}), {now[2]} graphs traced ({graphs} ± {ROOM - 1:.0%}); now {now}"
            )
    return "\n".join(lines)


def test_a_jump_is_seen() -> None:
    assert not jumps(COUNTS)
    for place in range(3):
        grown = {
            what: tuple(n + (place == index) * (1 + n // 2) for index, n in enumerate(counts))
            for what, counts in COUNTS.items()
        }
        assert len(jumps(grown).splitlines()) == len(COUNTS)  # type: ignore[arg-type]
