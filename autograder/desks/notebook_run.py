"""Run the checks of a notebook in its own kernel, each under a limit of CPU time.

Importing this module imports Keras.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterable
from typing import Any

from autograder.grading.observe import read_reply
from autograder.grading.trial import Trial
from autograder.model import Observation
from autograder.probing import child


def observed(implementation: Any, trials: Iterable[Trial]) -> dict[str, Observation]:
    """What it does in each check, by check id: after an endless loop, with less time for each."""
    found: dict[str, Observation] = {}
    hurried = False
    for trial in trials:
        seconds = trial.cpu_seconds_after_death if hurried else trial.cpu_seconds
        seen = found[trial.check.id] = _observe(implementation, trial, seconds)
        hurried |= seen.failure is not None and seen.failure.kind == "timeout"
    return found


def _observe(implementation: Any, trial: Trial, seconds: float) -> Observation:
    with contextlib.redirect_stderr(io.StringIO()):  # Keras' warnings about missing gradients
        reply, found = child.observe(implementation, *trial.request(seconds), _label)
    if reply.failure and reply.failure.exception == "KeyboardInterrupt":
        raise KeyboardInterrupt
    return read_reply(reply, found)


def _label(file: str) -> str:
    """What students call a source file, if it is a cell."""
    return "your cell" if "ipykernel_" in file or file.startswith("<ipython") else ""
