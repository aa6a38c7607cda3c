"""What checks say of an argument that was not refused with a ValueError."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

CASES = runpy.run_path(str(Path(__file__).parents[2] / "solutions" / "_shared" / "cases.py"))


def raising(error: type[BaseException]) -> Callable[[], None]:
    def call() -> None:
        raise error("a rate below 0")

    return call


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (list, "no exception"),
        (raising(ValueError), "a ValueError"),
        (raising(UnicodeError), "a ValueError"),
        (raising(AssertionError), "an AssertionError"),
        (raising(IndexError), "an IndexError"),
        (raising(OSError), "another exception"),
    ],
)
def test_the_exception_is_named(call: Callable[[], Any], said: str) -> None:
    assert CASES["raised"](CASES["complaint"](call)) == said


@pytest.mark.parametrize("error", [NotImplementedError, NameError, AttributeError])
def test_an_error_that_refuses_nothing_is_shown_as_it_is(error: type[Exception]) -> None:
    with pytest.raises(error):
        CASES["complaint"](raising(error))


@pytest.mark.parametrize("place", [-1.0, 1e30, float("nan")])
def test_a_place_that_no_probe_returns_is_another_exception(place: float) -> None:
    assert CASES["raised"](place) == "another exception"
