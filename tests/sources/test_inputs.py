"""Inputs as they are drawn and sent. No keras. What is said of broken ones: test_faults.py."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from autograder.grading.judge import close
from autograder.model import Check
from autograder.sources.faults import CourseFaults
from autograder.sources.inputs import draw_inputs


def drawn(value: Any, **how: Any) -> Any:
    """What becomes of one input, ``x``."""

    def inputs(rng: np.random.Generator) -> dict[str, Any]:
        return {"x": value}

    check = Check(
        name="moves",
        exercise="Momentum",
        claim="It moves.",
        points=1,
        probe="probe",
        inputs=inputs,
        judge=close(),
        **how,
    )
    return draw_inputs(check, 0)["x"]


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ((2, 3), [2, 3]),
        ((np.int32(2), (1.5, None)), [2, [1.5, None]]),
        ([np.array([1.0, 2.0]), np.array(3)], [[1.0, 2.0], 3]),
        ({"rate": np.float32(0.25), "name": "sum"}, {"rate": 0.25, "name": "sum"}),
    ],
)
def test_what_numpy_made_becomes_json(value: Any, sent: Any) -> None:
    got = drawn(value)
    assert got == sent
    assert json.loads(json.dumps(got)) == sent
    assert type(got) is type(sent)


def test_arrays_stay_as_they_are() -> None:
    for array in (np.ones((2, 3), "float32"), np.array(3), np.array([np.nan, np.inf])):
        assert drawn(array) is array


def test_what_is_withheld_may_be_anything() -> None:
    assert drawn({1, 2}, withheld=("x",)) == {1, 2}
    assert drawn((1, 2), withheld=("x",)) == (1, 2)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1}, "input 'x' is a set, which cannot be sent"),
        ([1, {"a": len}], "input 'x'[1]['a'] is a builtin_function_or_method"),
        (np.float32("nan"), "input 'x' is nan, which JSON does not have. Use np.array(nan)."),
        ({"a": float("inf")}, "input 'x'['a'] is inf"),
        ({1: 2}, "input 'x' has the key 1, and JSON keys are text"),
        (np.array(["a"]), "input 'x' is an array of <U1"),
        ([np.array([None])], "input 'x'[0] is an array of object"),
        (np.ones(2, np.longdouble), "Use numbers of up to 64 bits"),
        (2**64, "which 64 bits do not hold. Use a float."),
        (1j, "input 'x' is a complex"),
        (np.random.default_rng(0), "is a numpy.random._generator.Generator"),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_check(value: Any, said: str) -> None:
    with pytest.raises(CourseFaults) as raised:
        drawn(value)
    (fault,) = raised.value.faults
    assert fault.message.startswith("check Momentum.moves: ")
    assert said in fault.message
    assert fault.path.name == "test_inputs.py"
    assert fault.line == drawn.__code__.co_firstlineno + 3
