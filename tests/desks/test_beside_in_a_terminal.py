"""What a terminal shows of a check: while others run, and which failed ones have curves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.desks.beside import Noted, beside
from autograder.desks.self_check import Deciding
from autograder.grading.decide import judge_exercises
from autograder.grading.judge import close
from autograder.grading.oracle import Oracle
from autograder.grading.printed import Printed
from autograder.model import Arrays, Check, Exercise, Observation, Unmet
from autograder.sources.checks import CheckSet


@dataclass(frozen=True)
class Losses:
    """A course's own judge of losses."""

    along = "epoch"
    band = 0.1

    def curves(self, measured: Arrays) -> Arrays:
        return {"on digits": measured["loss"]}

    def __call__(self, measured: Arrays, wanted: Arrays) -> None:
        raise Unmet("too slow")


def of(name: str, judge: Any, **how: Any) -> Check:
    return Check(
        name=name,
        exercise="walk",
        claim=f"{name}.",
        points=1.0,
        probe="probe",
        inputs=lambda rng: {},
        judge=judge,
        **how,
    )


CHECKS = (
    of("cases", close(along="case")),
    of("updates", close(along="update")),
    of("more_updates", close(along="update")),
    of("losses", Losses(), aspect="convergence"),
)
STEPS = np.arange(4.0)


def test_of_each_kind_the_first_failed_check_has_curves(oracle_of: Callable[..., Oracle]) -> None:
    wanted, seen = {}, {}
    for check in CHECKS:
        name, shape = ("loss", (4,)) if check.name == "losses" else ("w", (4, 1))
        wanted[check.id] = Observation({name: (4 - STEPS).reshape(shape)})
        seen[check.id] = Observation({name: np.array([4.0, 3, 3, 3]).reshape(shape)})
    oracle = oracle_of(wanted, {}, {check.id: {} for check in CHECKS})
    check_set = CheckSet("downhill", (Exercise("walk"),), CHECKS, {})
    (report,) = judge_exercises(check_set, seen, oracle)
    nowhere: Any = None
    noted = Noted(nowhere)
    noted.seen, noted.printed = seen, {CHECKS[0].id: Printed(("step",), 2)}
    shown = beside(report, check_set, noted, oracle)
    assert (shown["cases"].lines, shown["losses"].lines) == (("step", "... and 2 more lines"), ())
    drawn = {name: each.curves for name, each in shown.items() if each.curves}
    assert set(drawn) == {"updates", "losses"}
    assert drawn["updates"].words == (
        "Your values and the expected ones, update by update: "
        "w[0] differs from update 3 on: 3 instead of 2."
    )
    assert drawn["losses"].words.startswith("Loss on digits: yours stays close")
    for curves in drawn.values():
        assert curves.yours.index("│") == curves.expected.index("│") == 2


def test_a_check_that_depends_on_a_wrong_rule_is_decided_at_the_end(
    oracle_of: Callable[..., Oracle],
) -> None:
    shown: dict[str, bool | None] = {}
    aspects = {"stays": "behaviour", "rule": "rule", "saved": "behaviour", "learns": "convergence"}
    checks = tuple(of(name, close(), aspect=aspect) for name, aspect in aspects.items())
    right, wrong = (Observation({"w": np.array([each])}) for each in (1.0, 2.0))
    oracle = oracle_of({check.id: right for check in checks}, {}, {c.id: {} for c in checks})
    deciding = Deciding(
        CheckSet("downhill", (Exercise("walk"),), checks, {}),
        oracle,
        lambda claim, holds, of: shown.update({f"{claim} {of}": holds}),
    )
    for check in checks:
        deciding(check, wrong)
    assert shown == {"stays. 4": False, "rule. 4": False, "saved. 4": None, "learns. 4": False}
    deciding(checks[2], right)
    assert shown["saved. 4"]
