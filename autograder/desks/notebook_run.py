"""Run the checks of a notebook in its own kernel, each under a limit of time.

Importing this module imports Keras.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from autograder.desks.notebook_errors import Interrupted
from autograder.desks.notebook_prints import kept_prints
from autograder.grading.observe import read_reply
from autograder.grading.trial import Trial
from autograder.grading.unit import NOT_RUN, is_endless
from autograder.model import Failure, Observation
from autograder.probing import child
from autograder.probing.deadline import OutOfTimeError, waiting_deadline
from autograder.probing.prints import Prints

TIMES_THE_CPU_LIMIT = 6
"""How long a check may take by the clock. TensorFlow computes in threads of its own, whose time
does not count towards the limit of CPU time."""

PATIENCE = 10.0
"""Seconds after which code that should have been interrupted is taken for stuck."""


def observed(
    implementation: Any, trials: Iterable[Trial]
) -> tuple[dict[str, Observation], dict[str, Prints]]:
    """What it does in each check, and what it prints there, by check id.

    After an endless loop, each further check has less time, and in the end none is run.

    Raises:
        Interrupted: the user interrupted the kernel.
    """
    found: dict[str, Observation] = {}
    prints: dict[str, Prints] = {}
    hurried = False
    for trial in trials:
        id_ = trial.check.id
        if is_endless(tuple(found.values())):
            found[id_], prints[id_] = NOT_RUN, Prints()
            continue
        seconds = trial.cpu_seconds_after_death if hurried else trial.cpu_seconds
        found[id_], prints[id_] = _observe(implementation, trial, seconds)
        failure = found[id_].failure
        hurried |= failure is not None and failure.kind == "timeout"
    return found, prints


def _observe(implementation: Any, trial: Trial, seconds: float) -> tuple[Observation, Prints]:
    wall = TIMES_THE_CPU_LIMIT * seconds
    waits = f"Did not end within {wall:.3g} s. A loop that waits?"
    with telling_if_stuck(wall + PATIENCE, trial.exercise.name), kept_prints() as prints:
        try:
            with waiting_deadline(wall, waits):
                reply, found = child.observe(implementation, *trial.request(seconds), _label)
        except OutOfTimeError as late:  # just as the probe ended
            return Observation(failure=Failure("timeout", str(late))), prints
    if reply.failure and reply.failure.exception == "KeyboardInterrupt":
        raise Interrupted(trial.exercise.name, reply.failure.where)
    return read_reply(reply, found), prints


@contextlib.contextmanager
def telling_if_stuck(seconds: float, exercise: str) -> Iterator[None]:
    """Say what to do if the block does not end, where it cannot be interrupted.

    Code that does not come back to Python, such as a loop in a TensorFlow graph, gets no signal.
    """
    alarm = threading.Timer(seconds, _tell, (sys.stdout, seconds, exercise))
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _tell(stream: TextIO, seconds: float, exercise: str) -> None:
    print(
        f"check({exercise}): a check has not ended for {seconds:.0f} s and cannot be interrupted. "
        "An endless loop inside a TensorFlow graph? Restart the kernel.",
        file=stream,
        flush=True,
    )


def _label(file: str) -> str:
    """What students call a source file, if it is a cell."""
    return "your cell" if "ipykernel_" in file or file.startswith("<ipython") else ""
