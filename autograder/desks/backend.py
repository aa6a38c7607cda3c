"""Keras' backend: the exercises need TensorFlow, whatever the environment asks for."""

from __future__ import annotations

import os
import sys

from autograder.grading.libraries import need_libraries
from autograder.model import AutograderError

BACKEND = "KERAS_BACKEND"
TENSORFLOW = "tensorflow"


def ignored_backend() -> tuple[str, ...]:
    """A sentence if the environment asks for another backend; none if it does not."""
    asked = os.environ.get(BACKEND, TENSORFLOW)
    if asked in ("", TENSORFLOW):
        return ()
    return (f"{BACKEND}={asked[:40]!r} is ignored: the exercises run with TensorFlow.",)


def use_tensorflow() -> None:
    """Let Keras, which is imported next, run on TensorFlow in this process. Says so if it matters.

    Raises:
        AutograderError: Keras is imported already, with another backend; or a library is missing
            or of another version.
    """
    need_libraries()
    for line in ignored_backend():
        print(line)
    os.environ[BACKEND] = TENSORFLOW
    keras = sys.modules.get("keras")
    used = keras.config.backend() if keras and hasattr(keras, "config") else TENSORFLOW
    if used != TENSORFLOW:
        raise AutograderError(
            f"Keras runs on {used} here, but the exercises need TensorFlow. Restart the kernel, "
            "and run the notebook's first cell before any other that imports Keras."
        )
