"""The table of verdicts, as HTML and as plain text."""

from __future__ import annotations

import re

import pytest

from autograder.reports.verdict_table import verdict_table, verdict_text
from autograder.verdicts import ExerciseReport, Status, Verdict

pytestmark = pytest.mark.slow


def test_a_hidden_check_tells_its_points_and_nothing_else() -> None:
    secret = Verdict("hid", "SECRET", "failed", 0, 3, "SECRET", "wrong", "SECRET", hidden=True)
    shown = ExerciseReport("Momentum", False, (secret,))

    for view in (verdict_table(shown), verdict_text(shown)):
        assert "SECRET" not in view
        assert "0 / 3" in view
        assert "✗" in view


def test_a_table_says_each_verdict_in_words() -> None:
    statuses: tuple[Status, ...] = ("passed", "failed", "error", "ungraded")
    verdicts = tuple(Verdict(status, "Holds.", status, 0, 1) for status in statuses)
    for view in (
        verdict_table(ExerciseReport("Adam", False, verdicts)),
        verdict_text(ExerciseReport("Adam", False, verdicts)),
    ):
        words = re.sub(r"<[^>]*>", "", view)
        for sign in ("✓ passed", "✗ failed", "! error", "? ungraded"):
            assert sign in words
