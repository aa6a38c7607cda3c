"""The exercises run with TensorFlow, and where the environment asks for another backend, say so."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from autograder.desks.backend import BACKEND, ignored_backend, use_tensorflow
from autograder.model import AutograderError

SAID = "KERAS_BACKEND='jax' is ignored: the exercises run with TensorFlow."


@pytest.mark.parametrize("asked", ["", "tensorflow", None])
def test_nothing_is_said_of_tensorflow(asked: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BACKEND, raising=False)
    if asked is not None:
        monkeypatch.setenv(BACKEND, asked)
    assert ignored_backend() == ()


def test_a_notebook_gets_tensorflow_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(BACKEND, "jax")
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    use_tensorflow()
    assert capsys.readouterr() == (SAID + "\n", "")
    assert os.environ[BACKEND] == "tensorflow"
    use_tensorflow()
    assert capsys.readouterr().out == ""


def test_keras_that_runs_on_another_backend_already_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(BACKEND, "tensorflow")
    other = SimpleNamespace(config=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setitem(sys.modules, "keras", other)
    with pytest.raises(AutograderError, match=r"Keras runs on torch here.*Restart the kernel"):
        use_tensorflow()
