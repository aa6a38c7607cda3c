"""What a prediction earns, and that every report of a submission has it. No keras."""

from __future__ import annotations

from autograder.grading.predicted import predicted
from autograder.sources.definitions import Cell
from autograder.sources.predictions import Prediction
from autograder.sources.submission import Submission

ASKED = (Prediction("end", "ab"), Prediction("start", "abc"), Prediction("middle", "ab"))


def test_any_choice_earns_half_a_point_and_no_choice_nothing() -> None:
    cells = [Cell("cell 1", 'prediction_end = "b"'), Cell("cell 2", 'prediction_start = "?"')]
    (report,) = predicted(Submission("ada", None, tuple(cells)), ASKED)
    assert (report.name, report.bonus) == ("predictions", False)
    assert (report.score, report.max_score, report.ungraded) == (0.5, 1.5, False)
    assert {each.check: (each.status, each.message) for each in report.verdicts} == {
        "end": ("passed", ""),
        "start": ("failed", "Not made yet: prediction_start must be a, b or c, in quotes."),
        "middle": (
            "failed",
            'No valid cell sets prediction_middle. Write prediction_middle = "a" before the plot.',
        ),
    }


def test_an_assignment_without_predictions_has_no_row_of_them() -> None:
    assert predicted(Submission("ada", None), ()) == ()


def test_a_notebook_that_cannot_be_read_has_no_predictions_for_that_reason_alone() -> None:
    broken = Submission("ada", None, unreadable="ada.ipynb is not a valid notebook.")
    (report,) = predicted(broken, ASKED)
    assert {each.message for each in report.verdicts} == {"ada.ipynb is not a valid notebook."}
    assert report.score == 0
