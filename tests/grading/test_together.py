"""Two known mistakes in one check, each in numbers of its own. No keras, nothing is run.

Two checks of the rule and one of its configuration: arrays of positions and of settings. The
reference gives positions 1 and settings 0.5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from autograder.grading.decide import judge_exercises
from autograder.grading.judge import close
from autograder.grading.oracle import Oracle
from autograder.model import Aspect, Check, Exercise, Misconception, Observation
from autograder.sources.checks import CheckSet
from autograder.verdicts import Verdict

OracleOf = Callable[..., Oracle]
Did = tuple[Sequence[float], Sequence[float]]
"""Positions and settings in one check."""


def of(name: str, aspect: Aspect = "rule") -> Check:
    return Check(
        name=name,
        exercise="Adam",
        claim=f"{name}.",
        points=1.0,
        probe="probe",
        inputs=lambda rng: {},
        judge=close(),
        aspect=aspect,
    )


CHECKS = of("first"), of("every"), of("config", "behaviour"), of("saved", "behaviour")
UPHILL = Misconception("uphill", "Adam", "Which way?")
FORGETS = Misconception("config_without_rate", "Adam", "What is in it?")
OTHER = Misconception("default_is_another", "Adam", "Made without a rate?")

RIGHT: Did = ((1.5, 1.5), (0.5, 0.5))
UP: Did = ((3.25, 3.25), (0.5, 0.5))
FORGOTTEN: Did = ((1.5, 1.5), (0.01, 0.5))
BOTH: Did = ((3.25, 3.25), (0.01, 0.5))

CLIMBS = (UP, UP, UP, UP)
FORGETS_IT = (RIGHT, RIGHT, FORGOTTEN, RIGHT)


def saw(doings: Sequence[Did]) -> dict[str, Observation]:
    return {
        check.id: Observation({"positions": np.array(did[0]), "settings": np.array(did[1])})
        for check, did in zip(CHECKS, doings, strict=True)
    }


Judged = Callable[..., dict[str, Verdict]]


@pytest.fixture
def judged(oracle_of: OracleOf) -> Judged:
    """The verdicts on what an implementation does in the four checks, by check."""

    def verdicts(
        doings: Sequence[Did],
        known: Mapping[Misconception, Sequence[Did]],
        checks: Sequence[Check] = CHECKS,
        right: Did = RIGHT,
    ) -> dict[str, Verdict]:
        mistakes = {mistake: saw(did) for mistake, did in known.items()}
        oracle = oracle_of(saw((right,) * 4), mistakes, {check.id: {} for check in CHECKS})
        check_set = CheckSet("optimizers", (Exercise("Adam"),), tuple(checks), {})
        (report,) = judge_exercises(check_set, saw(doings), oracle)
        return {verdict.check: verdict for verdict in report.verdicts}

    return verdicts


def test_a_second_mistake_beside_one_that_is_named_has_its_own_name(judged: Judged) -> None:
    found = judged((UP, UP, BOTH, UP), {UPHILL: CLIMBS, FORGETS: FORGETS_IT})
    assert found["every"].misconception == "uphill"
    assert found["saved"].points == 1.0
    config = found["config"]
    assert (config.misconception, config.together_with) == ("config_without_rate", "uphill")
    assert config.hint == FORGETS.hint
    assert config.message.startswith("Not explained by the first mistake alone: ")
    assert config.points == 0.0
    assert (found["every"].explains, config.explains) == ((3, 3), (1, 3))
    assert (found["every"].partly, config.partly) == (False, True)


@pytest.mark.parametrize(
    "settings",
    [(0.02, 0.5), (0.01, 0.7), (0.01, 0.5, 0.5), (float("nan"), 0.5)],
    ids=["neither did it", "one number more is wrong", "another shape", "lost"],
)
def test_every_number_has_to_be_explained(settings: Sequence[float], judged: Judged) -> None:
    submitted = (UP, UP, (UP[0], settings), UP)
    found = judged(submitted, {UPHILL: CLIMBS, FORGETS: FORGETS_IT})
    assert found["config"].misconception is None
    assert found["config"].status == "failed"
    assert found["every"].partly


def test_of_two_that_do_the_same_none_is_named(judged: Judged) -> None:
    known = {UPHILL: CLIMBS, FORGETS: FORGETS_IT, OTHER: FORGETS_IT}
    assert judged((UP, UP, BOTH, UP), known)["config"].misconception is None


def test_of_counts_many_mistakes_do_the_same(judged: Judged) -> None:
    right: Did = ((1.5, 1.5), (3.0, 1.0))
    known: dict[Misconception, Sequence[Did]] = {
        UPHILL: [(UP[0], right[1])] * 4,
        FORGETS: (right, right, (right[0], (2.0, 1.0)), right),
    }
    submitted = [(UP[0], right[1])] * 4
    submitted[2] = (UP[0], (2.0, 1.0))
    found = judged(submitted, known, right=right)
    assert found["every"].misconception == "uphill"
    assert found["config"].misconception is None


def test_where_chance_is_in_the_numbers_nothing_is_put_together(judged: Judged) -> None:
    checks = [replace(c, tolerance=0.001) if c.name == "config" else c for c in CHECKS]
    known = {UPHILL: CLIMBS, FORGETS: FORGETS_IT}
    assert judged((UP, UP, BOTH, UP), known, checks)["config"].misconception is None


def test_two_mistakes_without_a_check_of_their_own_need_two_checks(judged: Judged) -> None:
    in_two = {UPHILL: (RIGHT, RIGHT, UP, UP), FORGETS: (RIGHT, RIGHT, FORGOTTEN, FORGOTTEN)}
    found = judged((RIGHT, RIGHT, BOTH, BOTH), in_two)
    names = [found[check].misconception for check in ("config", "saved")]
    assert names == ["uphill", "config_without_rate"]  # each has its hint somewhere
    each_elsewhere = {UPHILL: (UP, RIGHT, UP, RIGHT), FORGETS: (RIGHT, FORGOTTEN, FORGOTTEN, RIGHT)}
    found = judged((UP, FORGOTTEN, BOTH, RIGHT), each_elsewhere)
    assert found["config"].together_with is not None
    in_one = {UPHILL: (RIGHT, RIGHT, UP, RIGHT), FORGETS: FORGETS_IT}
    found = judged((RIGHT, RIGHT, BOTH, RIGHT), in_one)
    assert found["config"].misconception is None


def test_what_the_submission_does_right_denies_a_second_mistake(judged: Judged) -> None:
    known = {UPHILL: (UP, UP, UP, RIGHT), FORGETS: (RIGHT, RIGHT, FORGOTTEN, FORGOTTEN)}
    assert judged((UP, UP, BOTH, RIGHT), known)["config"].misconception is None


def test_an_array_of_another_shape_is_explained_as_a_whole(judged: Judged) -> None:
    longer: Did = ((3.25, 3.25, 3.25), (0.5, 0.5))
    known = {UPHILL: (longer,) * 4, FORGETS: FORGETS_IT}
    both: Did = (longer[0], FORGOTTEN[1])
    found = judged((longer, longer, both, longer), known)
    assert found["config"].misconception == "config_without_rate"
    other: Did = ((3.25, 3.25, 4.25), FORGOTTEN[1])
    assert judged((longer, longer, other, longer), known)["config"].misconception is None


def test_what_two_mistakes_explain_is_not_said_to_depend_on_the_rule(judged: Judged) -> None:
    known = {UPHILL: CLIMBS, FORGETS: (FORGOTTEN,) * 4}
    found = judged((BOTH, BOTH, BOTH, ((9.0, 9.0), (9.0, 9.0))), known)
    assert found["config"].judged_against == "reference"
    assert found["config"].together_with is not None
    assert found["saved"].judged_against == "nothing"
    assert found["first"].explains == (3, 3)
