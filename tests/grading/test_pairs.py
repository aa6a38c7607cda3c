"""Two mistakes in one formula: observed for a release, and named by it, in grading too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from editing import change, downhill

from autograder.grading.decide import judge_exercises
from autograder.grading.explained import explained
from autograder.grading.grade import grade_definitions
from autograder.grading.observe import RestartableChild, probing_sandbox
from autograder.grading.oracle import LiveOracle
from autograder.grading.pairing import observe_all_pairs
from autograder.grading.pairs import NUMBERS, Pairs, sample
from autograder.grading.stored import FILE, PUBLIC_SEED, StoredOracle
from autograder.grading.storing import store
from autograder.grading.trial import Trial
from autograder.model import Misconception, Observation
from autograder.sandbox.interface import Sandbox
from autograder.sources.assignment import Assignment, read_assignment
from autograder.sources.submission import read_submission
from autograder.verdicts import ExerciseReport, Verdict

MORE = """
[[misconception]]
name = "half_steps"
exercise = "walk"
hint = "How long is your first step?"
idea = "Nothing halves a step."
where = "Where the step is taken."
find = "* gradient"
replace = "* gradient / 2"

[[misconception]]
name = "starts_too_high"
exercise = "walk"
hint = "Where do you start?"
find = "place = start"
replace = "place = start + 1"
"""
EDIT = ("place - rate * gradient", "place + rate * gradient / 2")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with probing_sandbox(confined=False) as sandbox:
        yield sandbox


@pytest.fixture
def paired(course: Path) -> Assignment:
    """`downhill` with more mistakes, and a check by which two of them are named."""
    folder = downhill(course)
    change(folder / "checks.py", 'probe="visited",', 'probe="visited",\n    pairs=True,')
    mistakes = folder / "misconceptions.toml"
    mistakes.write_text(mistakes.read_text() + MORE)
    return read_assignment(folder)


def names(report: ExerciseReport) -> list[tuple[str | None, str | None]]:
    """Of each failed check, the one mistake and the other."""
    failed = [verdict for verdict in report.verdicts if verdict.status == "failed"]
    return [(verdict.misconception, verdict.together_with) for verdict in failed]


@pytest.mark.slow
def test_two_mistakes_in_one_formula_are_named_by_a_release_and_in_grading(
    paired: Assignment, sandbox: Sandbox, tmp_path: Path
) -> None:
    steps: list[str] = []
    live = LiveOracle(sandbox, paired, PUBLIC_SEED)
    found = observe_all_pairs(live, jobs=2, progress=lambda *_: nullcontext(steps.append))
    # Edits that overlap cannot both be made: "place - rate" is in "place = place - rate".
    uphill, still = "uphill", "never_moves_on"
    made = {(uphill, "half_steps"), (uphill, "starts_too_high"), ("half_steps", "starts_too_high")}
    made |= {(still, "half_steps")}  # what starts too high shows nowhere in (still, too high)
    assert set(found["walk"].names) == made
    assert len(steps) == 5
    live.pairs = found.get
    store(live, paired.check_set, tmp_path / FILE, "")
    public = StoredOracle(tmp_path / FILE, paired.check_set)

    twice = Misconception("both", "walk", "", *EDIT)
    definitions = paired.misconception(twice)
    own = paired.check_set.only(frozenset(["walk"]))
    with RestartableChild(sandbox) as child:
        seen = {c.id: o for c, o in child.observations(definitions, public.trials(own.checks))}
    (report,) = judge_exercises(own, seen, public)
    first, second = report.verdicts
    assert names(report) == [("uphill", "half_steps"), (None, None)]
    assert first.hint == "You walk up: subtract. And half steps: How long is your first step?"
    assert first.further == ("Nothing halves a step.", "Where the step is taken.")
    assert first.explains == (0, 0)
    assert second.message  # not compared, so not named

    # With inputs of a class, the submission is tried once more with the public ones.
    oracle = LiveOracle(sandbox, paired, 7, pairs=public.pairs)
    (graded,) = grade_definitions({"walk": definitions}, {}, own, oracle, sandbox)
    assert names(graded) == names(report)
    # For an appeal, both are made with the inputs of the class.
    module = tmp_path / "downhill.py"
    module.write_text(f"import numpy as np\n\n{paired.cells['walk'].replace(*EDIT)}")
    whole = explained(
        read_submission(module), paired.only(frozenset(["walk"])), oracle, sandbox, carry=True
    )
    (evidence,) = whole.evidence
    assert evidence.misconception.known_as == "uphill and half_steps"
    assert evidence.alike == ("takes_every_step", "starts_at_the_start")
    assert not evidence.otherwise
    without = LiveOracle(sandbox, paired, 7)
    (graded,) = grade_definitions({"walk": definitions}, {}, own, without, sandbox)
    assert names(graded) == [(None, None), (None, None)]


KNOWN = [Misconception(name, "walk", f"{name}?") for name in ("a", "b", "c")]


@pytest.fixture
def pairs_of(assignment: Assignment) -> Callable[..., Pairs]:
    """Makes pairs of mistakes that end in given places."""
    check = next(c for c in assignment.check_set.checks if c.name == "takes_every_step")
    exercise, probe = assignment.check_set.exercise("walk"), assignment.check_set.probes["visited"]

    def made(**places: float) -> Pairs:
        both = [(name[0], name[1]) for name in places]
        numbers = np.array([[each, each] for each in places.values()], "float32")
        return Pairs(Trial(exercise, check, probe, {}, 0), 2, both, numbers)

    return made


def failed(**changes: object) -> ExerciseReport:
    verdict = Verdict("takes_every_step", "Every step.", "failed", 0, 2, "Uphill.")
    return ExerciseReport("walk", False, (replace(verdict, **changes),))  # type: ignore[arg-type]


def at(place: float, count: int = 2) -> Observation:
    return Observation({"places": np.full(count, place)})


def test_a_pair_is_named_if_it_is_the_only_one_that_does_the_same(
    pairs_of: Callable[..., Pairs],
) -> None:
    pairs = pairs_of(ab=1.0, bc=2.0, ac=2.0)
    assert names(pairs.named(failed(), at(1.00001), KNOWN)) == [("a", "b")]
    for seen in (at(1.1), at(np.nan), at(2.0), at(1.0, count=3)):
        assert pairs.named(failed(), seen, KNOWN) == failed()
    # Two that are one mistake are no two pairs.
    alike = [*KNOWN[:2], replace(KNOWN[2], same_as="b")]
    assert names(pairs_of(ab=1.0, ac=1.0).named(failed(), at(1.0), alike)) == [("a", "b")]
    # A release may know mistakes that are gone.
    assert pairs.named(failed(), at(1.0), KNOWN[1:]) == failed()


def test_nothing_is_asked_where_there_is_a_name_or_no_number(
    pairs_of: Callable[..., Pairs],
) -> None:
    pairs = pairs_of(ab=1.0)
    assert pairs.in_doubt(failed())
    for report in (failed(misconception="c"), failed(status="error"), failed(status="passed")):
        assert not pairs.in_doubt(report)
        assert pairs.named(report, at(1.0), KNOWN) == report


def test_a_sample_is_spread_over_all_arrays() -> None:
    arrays = {"b": np.arange(1000, 1100), "a": np.arange(100.0).reshape(10, 10)}
    taken = sample(Observation(arrays), 200)
    assert taken is not None
    assert taken.shape == (NUMBERS,)
    assert (taken[0], taken[-1]) == (0, 1099)
    assert abs((taken < 100).sum() - NUMBERS / 2) <= 1
    assert sample(Observation(arrays), 199) is None
    few = sample(Observation({"a": np.array([True, False])}), 2)
    np.testing.assert_array_equal(few, [1, 0])
