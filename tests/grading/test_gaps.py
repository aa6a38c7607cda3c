"""Where numbers differ first and most, and how much is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.grading.gaps import compare
from autograder.grading.judge import close
from autograder.model import Check


def check(**more: Any) -> Check:
    fields = {"judge": close(rtol=0.0, atol=0.5), **more}
    return Check(
        name="holds",
        exercise="walk",
        claim="It holds.",
        points=1,
        probe="p",
        inputs=lambda _: {},
        **fields,
    )


def test_the_first_and_the_largest_difference_are_found() -> None:
    wanted = {"w": np.zeros((2, 2))}
    found = compare(check(), {"w": np.array([[0.0, 1.0], [-3.0, 0.2]])}, wanted, {})
    assert (found.differing, found.total, found.own) == (2, 4, True)
    assert found.first is not None
    assert found.largest is not None
    assert (found.first.place, found.first.off, found.first.allowed) == ("w[0, 1]", 1.0, 0.5)
    assert (found.largest.place, found.largest.observed) == ("w[1, 0]", -3.0)


def test_along_an_axis_the_first_step_counts_whichever_array_it_is_in() -> None:
    judge = close(along="update", rtol=0.0, atol=0.5)
    wanted = {"a": np.zeros((3, 2)), "b": np.zeros(3)}
    got = {"a": np.array([[0, 0], [0, 0], [9.0, 0]]), "b": np.array([0, 2.0, 0])}
    found = compare(check(judge=judge), got, wanted, {})
    assert found.first is not None
    assert found.first.place == "b[1]"


def test_a_lost_number_is_the_largest_difference() -> None:
    wanted = {"w": np.zeros(3)}
    found = compare(check(), {"w": np.array([7.0, np.nan, 0])}, wanted, {})
    assert found.largest is not None
    assert found.largest.place == "w[1]"


def test_another_shape_is_said() -> None:
    found = compare(check(), {"w": np.zeros(2)}, {"w": np.zeros(3)}, {})
    assert found.problem == "w: expected shape (3,), got (2,)."


@pytest.mark.parametrize("broken", [False, True])
def test_a_measure_is_compared_where_it_can_be_made(broken: bool) -> None:
    def share(observed: Any, inputs: Any) -> Any:
        if broken:
            raise ValueError
        return {"share": np.array((observed["w"] == 0).mean())}

    def judge(measured: Any, wanted: Any) -> None:
        pass

    got, wanted = {"w": np.array([0.0, 0, 1])}, {"w": np.array([1.0, 0, 0])}
    found = compare(check(judge=judge, measure=share), got, wanted, {})
    assert (found.measure, found.own, found.differing) == (not broken, False, 2 if broken else 0)
