"""What `check()` does in a notebook: where `nbgrader validate` runs it, and with endless loops."""

from __future__ import annotations

import linecache
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.desks.notebook_errors import NotebookError, fail_for_nbgrader
from autograder.grading.judge import Unmet, close
from autograder.grading.oracle import Oracle
from autograder.grading.stored import StoredOracle
from autograder.grading.trial import Trial
from autograder.model import Arrays, Check, Inputs, Observation
from autograder.sources.checks import CheckSet
from autograder.verdicts import ExerciseReport, Status, Verdict

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow  # imports keras


MOVES = Verdict("moves", "It moves.", "passed", 2.0, 2.0)
FAILS = replace(MOVES, status="failed", points=0.0, message="It does not.")
STUB = replace(FAILS, message="not written yet: Walk: go downhill (cell 3, line 2)")


@pytest.mark.parametrize(
    ("verdict", "bonus", "validating", "raises"),
    [
        (FAILS, False, True, "It does not."),
        (replace(FAILS, status="error"), False, True, "It does not."),
        (STUB, False, True, "Not written yet: Walk: go downhill"),
        (FAILS, True, True, "It does not."),
        (STUB, True, True, ""),
        (MOVES, False, True, ""),
        (FAILS, False, False, ""),
    ],
)
def test_a_failed_check_fails_the_cell_only_where_nbgrader_validates(
    verdict: Verdict, bonus: bool, validating: bool, raises: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NBGRADER_VALIDATING", raising=False)
    if validating:
        monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    exercise = ExerciseReport("Walk", bonus, (verdict,))
    if not raises:
        fail_for_nbgrader(exercise)
        return
    with pytest.raises(NotebookError, match=raises):
        fail_for_nbgrader(exercise)


def test_a_loop_without_end_is_named_and_then_waited_for_less_and_less(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from autograder.desks.notebook import check

    trials = StoredOracle.trials

    def short(self: StoredOracle, checks: Iterable[Check]) -> list[Trial]:
        return [
            replace(trial, cpu_seconds=0.4, cpu_seconds_after_death=0.02)
            for trial in trials(self, checks)
        ]

    monkeypatch.setattr(StoredOracle, "trials", short)
    source = "def diagnose(*_, **__):\n    while True:\n        pass\n"
    file = "<ipython-input-1-diagnose>"
    monkeypatch.setitem(linecache.cache, file, (len(source), None, source.splitlines(True), file))
    cell: dict[str, Any] = {}
    exec(compile(source, file, "exec"), cell)
    started = time.process_time()
    verdicts = check(cell["diagnose"], ROOT / "assignments" / "fitting").exercise.verdicts
    took = time.process_time() - started
    assert len(verdicts) > 5
    for verdict in verdicts[:3]:
        assert verdict.status == "error"
        assert re.match(
            r"your cell, line [23]: `(while True:|pass)` · Exceeded the CPU limit", verdict.message
        )
    for verdict in verdicts[3:]:
        assert verdict.status == "error"
        assert verdict.message == "Not run: the 3 checks before it did not end."
    assert took < 0.4 * len(verdicts)


def test_code_that_cannot_be_interrupted_is_told_of_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    from autograder.desks.notebook_run import telling_if_stuck

    with telling_if_stuck(60, "Walk"):
        pass
    assert not capsys.readouterr().out
    with telling_if_stuck(0, "Walk"):
        time.sleep(0.5)
    assert re.search(r"check\(Walk\): .* endless loop .* Restart", capsys.readouterr().out)


@dataclass(frozen=True)
class HalfLosses:
    """A judge with curves, like those of a course."""

    band: float = 1e-3
    along = "epoch"

    def curves(self, measured: Arrays) -> Arrays:
        return {f"on {name}": losses for name, losses in measured.items()}

    def __call__(self, measured: Arrays, wanted: Arrays) -> None:
        raise Unmet("It is not the loss that the rule gives.")


@dataclass(frozen=True)
class WithoutReference(HalfLosses):
    """Such a judge does not compare with the reference."""

    def __call__(self, measured: Arrays) -> None:  # type: ignore[override]
        raise Unmet("It is too high.")


def losses_of(observed: Arrays, inputs: Inputs) -> Arrays:
    return {name: observed["weights"] * inputs[name] for name in ("seen", "unseen")}


FALLING = np.array([2.0, 1.0, 0.5])
STEPS = np.array([[1.0], [2.0], [3.0]])
LOSSES = ("Loss on seen: ", "Loss on unseen: ")
VALUES = (
    "Your values and the expected ones, update by update: "
    "path[0] differs from update 1 on: 2 instead of 1."
)

Alts = Callable[..., list[str]]


@pytest.fixture
def alts(oracle_of: Callable[..., Oracle]) -> Alts:
    """The words beside the pictures, in order, if checks of these names fail."""

    def shown(
        *names: str, weights: np.ndarray = FALLING + 0.25, status: Status = "failed"
    ) -> list[str]:
        from autograder.desks.notebook_pictures import pictures

        common: dict[str, Any] = {
            "exercise": "Walk",
            "claim": "It falls.",
            "points": 1.0,
            "probe": "walked",
            "inputs": lambda rng: {},
        }
        common_losses = {**common, "measure": losses_of}
        checks = {
            "steps": Check(name="steps", judge=close(along="update"), **common),
            "more_steps": Check(name="more_steps", judge=close(along="step"), **common),
            "losses": Check(
                name="losses", judge=HalfLosses(), aspect="convergence", **common_losses
            ),
            "rule": Check(name="rule", judge=HalfLosses(), **common_losses),
            "alone": Check(
                name="alone", judge=WithoutReference(), aspect="convergence", **common_losses
            ),
        }
        wanted = Observation({"weights": FALLING, "path": STEPS})
        got = Observation({"weights": weights, "path": STEPS + 1})
        own = tuple(checks[name] for name in names)
        found = pictures(
            ExerciseReport(
                "Walk",
                False,
                tuple(Verdict(c.name, c.claim, status, 0.0, 1.0, aspect=c.aspect) for c in own),
            ),
            CheckSet("walks", (), own, {}),
            {check.id: got for check in own},
            oracle_of(
                {check.id: wanted for check in own},
                inputs={check.id: {"seen": 1.0, "unseen": 2.0} for check in own},
            ),
        )
        return [picture.words for each in found.values() for picture in each]

    return shown


def test_the_losses_of_a_failed_convergence_check_are_drawn(alts: Alts) -> None:
    assert alts("losses") == [
        "Loss on seen: yours is above the expected curve after epoch 1: 2.25 instead of 2. "
        "It is above it after epoch 3: 0.75 instead of 0.5.",
        "Loss on unseen: yours is above the expected curve after epoch 1: 4.5 instead of 4. "
        "It is above it after epoch 3: 1.5 instead of 1.",
    ]


@pytest.mark.parametrize(
    ("failed", "drawn"),
    [
        (("steps", "more_steps", "alone", "losses", "losses"), (VALUES, *LOSSES)),
        (("losses", "steps"), (*LOSSES, VALUES)),
        (("rule", "alone"), ()),
    ],
)
def test_the_first_steps_and_the_first_losses_are_drawn(
    failed: tuple[str, ...], drawn: tuple[str, ...], alts: Alts
) -> None:
    found = alts(*failed)
    assert len(found) == len(drawn)
    for words, start in zip(found, drawn, strict=True):
        assert start in words


@pytest.mark.parametrize("status", ["passed", "error", "ungraded"])
def test_only_failed_checks_are_drawn(status: Status, alts: Alts) -> None:
    assert alts("losses", "steps", status=status) == []


@pytest.mark.parametrize(
    "weights", [FALLING * np.nan, FALLING[:2], FALLING[:, None], np.array([2, 1, 0])]
)
def test_losses_that_are_no_numbers_or_too_few_are_not_drawn(
    weights: np.ndarray, alts: Alts
) -> None:
    assert alts("losses", weights=weights) == []
