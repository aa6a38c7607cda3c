"""What `check()` does in a notebook: where `nbgrader validate` runs it, and with endless loops."""

from __future__ import annotations

import linecache
import re
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autograder.grading.stored import StoredOracle
from autograder.grading.trial import Trial
from autograder.model import AutograderError, Check
from autograder.verdicts import ExerciseReport, Status, Verdict

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow  # imports keras


@pytest.mark.parametrize(
    ("status", "validating", "raises"),
    [
        ("failed", True, True),
        ("error", True, True),
        ("passed", True, False),
        ("failed", False, False),
    ],
)
def test_a_failed_check_fails_the_cell_only_where_nbgrader_validates(
    status: Status, validating: bool, raises: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from autograder.desks.notebook import CheckResult, _for_nbgrader

    monkeypatch.delenv("NBGRADER_VALIDATING", raising=False)
    if validating:
        monkeypatch.setenv("NBGRADER_VALIDATING", "1")
    verdict = Verdict("moves", "It moves.", status, 0.0, 2.0, "It does not.")
    result = CheckResult(ExerciseReport("Walk", False, (verdict,)), "")
    if not raises:
        assert _for_nbgrader(result) is result
        return
    with pytest.raises(AutograderError, match="It does not"):
        _for_nbgrader(result)


def test_a_loop_without_end_is_named_and_then_waited_for_less(
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
    for verdict in verdicts:
        assert verdict.status == "error"
        assert re.match(
            r"your cell, line [23]: `(while True:|pass)` · Exceeded the CPU limit", verdict.message
        )
    assert took < 0.4 * len(verdicts)
