"""A word that is none of the three is shown to the student who returned it, as plain text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.fingerprint import fingerprint, same
from autograder.model import Check, Observation, Unmet
from autograder.sources.checks import read_checks
from autograder.sources.inputs import draw_inputs

FITTING = Path(__file__).parents[2] / "solutions" / "fitting"


@pytest.fixture(scope="module")
def check() -> Check:
    return read_checks(FITTING).of("diagnose")[0]


def returned(check: Check, what: object) -> dict[str, np.ndarray]:
    """What the probe makes of an answer that is the same in every case."""
    cases = len(draw_inputs(check, 0)["losses"])
    points = [ord(character) for character in repr(what)[:40]]
    said = np.tile(np.array(points + [0] * (40 - len(points))), (cases, 1))
    return {"word": np.full(cases, -1), "said": said}


@pytest.mark.parametrize(
    ("what", "shown"),
    [
        ("Good fit", "got 'Good fit', none of the three words."),
        (("good fit", 0), "got ('good fit', 0), none of the three words."),
        (None, "got None; is a return statement missing?"),
    ],
)
def test_what_was_returned_is_in_the_message(check: Check, what: object, shown: str) -> None:
    right = {"word": np.zeros(len(draw_inputs(check, 0)["losses"])), "said": np.zeros((1, 40))}
    with pytest.raises(Unmet) as failure:
        check.judge(returned(check, what), right, draw_inputs(check, 0))
    assert str(failure.value).endswith(f"expected 'underfitting', {shown}")


def test_what_no_probe_sends_is_left_out(check: Check) -> None:
    inputs = draw_inputs(check, 0)
    observed = returned(check, "a")
    observed["said"][:] = np.array([-1, 27, 0x202E, 10, 0x110000] * 8)
    right = {"word": np.zeros(len(inputs["losses"])), "said": observed["said"]}
    with pytest.raises(Unmet) as failure:
        check.judge(observed, right, inputs)
    assert str(failure.value).endswith("got none of the three words.")


def test_other_words_are_one_mistake_whichever_they_are(check: Check) -> None:
    inputs = draw_inputs(check, 0)
    one, other = (
        fingerprint(Observation(returned(check, word)), check, inputs) for word in ("good", "fine")
    )
    assert same(one, other, check)
