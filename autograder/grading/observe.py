"""Observe an implementation: its definitions go into a child, probes go after them one by one.

Every request to the child is made here, and everything it says is taken in here: bounded,
cleaned, and turned into an Observation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, cast, get_args
from zlib import crc32

import numpy as np

from autograder.model import (
    Arrays,
    Check,
    Definitions,
    Exercise,
    Failure,
    FailureKind,
    Inputs,
    Observation,
    Probe,
)
from autograder.sandbox.pool import Child, ChildDied, Sandbox, SandboxLost
from autograder.sandbox.wire import WireError

LOAD_SECONDS = 10.0
"""CPU seconds for a submission's definitions: imports are there already, so this is ample."""

PROBE_SECONDS = 10.0
"""CPU seconds for one probe unless its check says otherwise; the references take under one."""


def draw_inputs(check: Check, seed: int) -> Inputs:
    """A check's inputs for one run: the same for every submission that is graded with ``seed``."""
    return check.inputs(np.random.default_rng([seed, crc32(check.id.encode())]))


def clean(text: object, limit: int = 600) -> str:
    """Text from student code as plain, bounded text: no control characters, no bidi overrides."""
    kept = "".join(
        " " if character in "\r\n\t" else character
        for character in str(text)[: limit * 4]
        if character in "\r\n\t" or unicodedata.category(character)[0] != "C"
    )
    return re.sub(r" {2,}", " ", kept)[:limit].strip()


def observations(
    sandbox: Sandbox,
    definitions: Definitions,
    checks: Iterable[tuple[Exercise, Check]],
    probes: Mapping[str, Probe],
    inputs: Mapping[str, Inputs],
    *,
    seed: int,
    reference: bool = False,
) -> Iterator[tuple[Check, Observation]]:
    """Run the probe of each check on one implementation, in one child as long as it lives.

    A child that dies costs the check it was in; a new one goes on with the next.

    Args:
        inputs: of each check, by its id; what the check withholds is not sent.
        reference: the implementation is the reference, which runs in the checks' own float type.
    """
    child: Child | None = None
    try:
        for exercise, check in checks:
            try:
                if child is None:
                    child = sandbox.child()
                    child.__enter__()
                    _load(child, definitions)
                floatx = check.reference_floatx if reference else "float32"
                asked = request(exercise, check, probes, inputs[check.id], seed, floatx)
                reply = child.request(*asked, cpu_seconds=check.budget or PROBE_SECONDS)
                yield check, read_reply(*reply)
            except ChildDied as death:
                yield check, Observation(failure=_death(death))
                child = _leave(child)
            except WireError as error:
                text = clean(f"what came back could not be read: {error}")
                yield check, Observation(failure=Failure("malformed", text))
                child = _leave(child)
            except SandboxLost as error:
                yield check, Observation(failure=Failure("internal", clean(error)))
                child = _leave(child)
    finally:
        _leave(child)


def _leave(child: Child | None) -> None:
    if child is not None:
        child.__exit__(None, None, None)


def _load(child: Child, definitions: Definitions) -> None:
    files = [asdict(file) for file in definitions.files]
    child.request({"op": "load", "files": files}, {}, cpu_seconds=LOAD_SECONDS)


def request(
    exercise: Exercise,
    check: Check,
    probes: Mapping[str, Probe],
    inputs: Inputs,
    seed: int,
    floatx: str,
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The message and the arrays that ask for one observation: all that a child gets to see."""
    sent = {name: value for name, value in inputs.items() if name not in check.withheld}
    arrays = {name: value for name, value in sent.items() if isinstance(value, np.ndarray)}
    message = {
        "op": "observe",
        "exercise": exercise.name,
        "finished": list(exercise.finished),
        "probe": check.probe,
        "source": probes[check.probe].source,
        "seed": crc32(f"{seed}.{check.id}".encode()),
        "floatx": floatx,
        "inputs": {name: value for name, value in sent.items() if name not in arrays},
    }
    return message, arrays


def read_reply(reply: Mapping[str, Any], found: Arrays) -> Observation:
    """An observation from what a child said; nothing in it is believed to be well-formed."""
    arrays = {clean(name, 60): array for name, array in found.items()}
    return Observation(arrays, _failure(reply.get("failure")))


def _failure(reported: Any) -> Failure | None:
    if reported is None:
        return None
    if not isinstance(reported, dict):
        return Failure("malformed", "what came back was no observation.")
    kind = reported.get("kind")
    # A child cannot claim that the grader failed: an ungraded check would go to a person.
    if kind not in get_args(FailureKind) or kind == "internal":
        kind = "malformed"
    return Failure(
        cast(FailureKind, kind),
        clean(reported.get("message", "")),
        clean(reported.get("where", ""), 200),
        clean(reported.get("exception", ""), 60),
    )


def _death(death: ChildDied) -> Failure:
    return Failure(death.kind, clean(death))
