"""What `check()` does in a notebook that `nbgrader validate` runs."""

from __future__ import annotations

import pytest

from autograder.model import AutograderError
from autograder.verdicts import ExerciseReport, Status, Verdict

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
