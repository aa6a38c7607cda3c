"""What a notebook uses of an earlier one, and what it says where it cannot."""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.desks import own_work

USED = "walk: your own, from ../downhill/downhill.ipynb."
SCRATCH = "raise ValueError('an experiment, which is not run')"


@pytest.fixture
def says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    """What `mine` gives for ``walk``, and what it prints, beside a notebook of these cells."""
    here = tmp_path / "later"
    here.mkdir()
    monkeypatch.chdir(here)
    # A stand-in: the functions here need nothing of it, and it takes seconds to import.
    keras = types.ModuleType("keras")
    keras.optimizers = types.SimpleNamespace(Optimizer=KeyError)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keras", keras)

    def found(
        *cells: str,
        folder: str = "../downhill",
        trial: Callable[[Callable[..., object]], object] | None = None,
    ) -> tuple[object, str]:
        if cells:
            written = [{"cell_type": "code", "metadata": {}, "source": each} for each in cells]
            (here / folder).mkdir(exist_ok=True)
            text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": written})
            (here / folder / "downhill.ipynb").write_text(text)
        value = own_work.mine("downhill", "walk", otherwise="Keras'", trial=trial)
        return value, capsys.readouterr().out.strip()

    return found


@pytest.mark.parametrize("folder", ["../downhill", "."])
def test_what_defines_the_name_is_run_and_nothing_else(
    says: Callable[..., tuple[object, str]], folder: str
) -> None:
    cells = ["RATE = 2", SCRATCH, "def walk(x):\n    return RATE * x", SCRATCH, "not Python"]
    value, said = says(*cells, folder=folder)
    assert callable(value)
    assert value(3) == 6
    assert said == USED.replace("../downhill/", "" if folder == "." else "../downhill/")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([], "there is no ../downhill/downhill.ipynb"),
        (["x = 1"], "has none: There is no class or function named 'walk' in the submission"),
        (["def walk(x):\n    return (x"], "has none: cell 1, line 2: `return (x` · '(' was"),
        (
            ["def walk(x):\n    raise NotImplementedError('walk: Go downhill.')"],
            "yours in ../downhill/downhill.ipynb is still to be written",
        ),
        (
            ["def walk(x=unknown):\n    return x"],
            "cannot be loaded: NameError: name 'unknown' is not defined",
        ),
    ],
)
def test_otherwise_it_says_why_in_one_line(
    says: Callable[..., tuple[object, str]], cells: list[str], reason: str
) -> None:
    value, said = says(*cells)
    assert value == "Keras'"
    assert said.startswith("walk: Keras' version is used, because ")
    assert reason in said
    assert "\n" not in said


def test_what_does_not_stand_the_trial_is_not_used(
    says: Callable[..., tuple[object, str]],
) -> None:
    cells = ["def walk(x):\n    return x + 1"]
    value, said = says(*cells, trial=lambda walk: walk(1))
    assert callable(value)
    assert said == USED
    value, said = says(*cells, trial=lambda walk: walk("one"))
    assert value == "Keras'"
    assert "because yours does not work: TypeError: can only concatenate str" in said


OPTIMIZER = """
import keras
from keras import ops

class walk(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate=learning_rate)

    def update_step(self, gradient, variable, learning_rate):
        self.assign_sub(variable, STEP)
"""


@pytest.mark.slow  # imports keras
@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("learning_rate * gradient", USED),
        ("learning_rate / (0 * gradient)", "the first step of yours is not finite"),
        ("float(learning_rate) * gradient", "yours cannot train a model: AttributeError: "),
    ],
)
def test_an_optimizer_has_to_train_one_weight(
    says: Callable[..., tuple[object, str]],
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    said: str,
) -> None:
    monkeypatch.delitem(sys.modules, "keras")
    _, printed = says(OPTIMIZER.replace("STEP", step))
    assert said in printed
