"""Predictions as one more row of a report: each earns its points for having been made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from autograder.sources.predictions import POINTS, PREDICTIONS, Prediction, answers
from autograder.sources.submission import Submission
from autograder.verdicts import ExerciseReport, Verdict

UNMADE = "Not made yet"
"""How the message begins where a cell has no letter."""


def predicted(
    submission: Submission, predictions: Sequence[Prediction]
) -> tuple[ExerciseReport, ...]:
    """The report on the predictions of a submission; none if the assignment asks for none."""
    if not predictions:
        return ()
    made = answers(submission.cells, predictions)
    return (report_on(made, predictions, submission.unreadable),)


def report_on(
    made: Mapping[str, object], predictions: Sequence[Prediction], unreadable: str = ""
) -> ExerciseReport:
    """The report on answers, right ones or not.

    Args:
        made: what the notebook or its kernel has for each, by name; some may be missing.
        unreadable: why nothing can be read; "" if something can.
    """
    verdicts = tuple(_verdict(each, made, unreadable) for each in predictions)
    return ExerciseReport(PREDICTIONS, False, verdicts)


def _verdict(asked: Prediction, made: Mapping[str, object], unreadable: str) -> Verdict:
    chosen = asked.chosen(made.get(asked.name))
    message = ""
    if unreadable:
        message = unreadable
    elif asked.name not in made:
        message = (
            f'No valid cell sets {asked.variable}. Write {asked.variable} = "a" before the plot.'
        )
    elif not chosen:
        message = f"{UNMADE}: {asked.variable} must be {asked.in_words}, in quotes."
    return Verdict(
        check=asked.name,
        claim=f"You predict what the plot shows: {asked.variable} is {asked.in_words}.",
        status="passed" if chosen else "failed",
        points=POINTS if chosen else 0.0,
        max_points=POINTS,
        message=message,
    )
