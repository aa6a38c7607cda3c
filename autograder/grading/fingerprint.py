"""What of an observation tells one mistake from another, and whether two are the same."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from autograder.grading.compare import ATOL, alike
from autograder.grading.judge import measured
from autograder.model import Arrays, Check, Failure, Inputs, Observation

NO_FINGERPRINT = Observation(failure=Failure("internal", "no fingerprint"))
"""Of arrays that the check's measure cannot reduce: they are like nothing known."""

# How TensorFlow says one and the same depends on which op meets it, eagerly or in a graph, and
# so on how the student writes the formula.
_SHAPES, _DTYPES = "the shapes of tensors differ", "the dtypes of tensors differ"
_WORDINGS = (
    (r"Incompatible shapes: \[", _SHAPES),
    (r"Dimensions must be equal, but are ", _SHAPES),
    (r"Shapes must be equal rank, but are ", _SHAPES),
    (r"Cannot update variable with shape .* using a Tensor with shape", _SHAPES),
    (r"was expected to be an? \w+ tensor but is an? \w+ tensor", _DTYPES),
)

# What differs between two runs of one mistake, or between two computers.
_BY_CHANCE = (
    (r"<[^<>]*>", "<>"),  # an object
    (r"\b0x[0-9a-fA-F]+", "#"),
    (r"(?<=[a-z\d])_\d+\b", ""),  # Keras numbers its layers: dense, dense_1
    (r"(['\"])[^'\"]*[/\\][^'\"]*\1", "''"),  # a path, or a variable's
    (r"\d+(\.\d+)?(e[+-]?\d+)?", "#"),
    (r"[\[(](#|None|\?)(, ?(#|None|\?))*,?[\])]", "(#)"),  # a shape
)

IN_A_GRAPH = "graph"
"""What `autograder.probing.errors.operation` says a method did where that cannot be seen."""

_LONG = 500
"""Characters of a message that may have been cut off, at a place that depends on its numbers."""


def fingerprint(observation: Observation, check: Check, inputs: Inputs) -> Observation:
    """The observation, its arrays reduced to what tells one mistake from another.

    That is what the check's ``measure`` returns, or else all of the arrays. Of a failure it is what
    was raised, the whole message, and the operation that failed, without what differs between two
    runs of one mistake; its place is not in it.
    """
    if observation.failure:
        return Observation(failure=_fingerprint_of_failure(observation.failure))
    try:
        return Observation(measured(check, observation.arrays, inputs))
    except Exception:  # arrays of a wrong shape, which a measure need not expect
        return NO_FINGERPRINT


def same(one: Observation, other: Observation, check: Check) -> bool:
    """Whether two fingerprints are of the same behaviour: equal arrays, or the same failure.

    Arrays are equal within the check's ``tolerance``, or that of all comparisons; where both are
    NaN or infinite, they are equal too. Failures are the same if everything in their fingerprints
    is. What tells nothing, such as arrays of NaN alone, is the same as nothing.
    """
    if one.failure or other.failure:
        if one is NO_FINGERPRINT or not (one.failure and other.failure):
            return False
        return _same_failure(one.failure, other.failure)
    if tells_nothing(one.arrays) or tells_nothing(other.arrays):
        return False
    tolerance = ATOL if check.tolerance is None else check.tolerance
    return alike(one.arrays, other.arrays, atol=tolerance)


def tells_nothing(arrays: Arrays) -> bool:
    """Whether all numbers are NaN: so many mistakes end in NaN that it tells none apart."""
    numbers = [array for array in arrays.values() if array.size]
    return bool(numbers) and all(bool(np.isnan(array).all()) for array in numbers)


def is_silent(seen: Observation) -> bool:
    """Whether it answered, and all its numbers are NaN."""
    return not seen.failure and tells_nothing(seen.arrays)


def _same_failure(one: Failure, other: Failure) -> bool:
    one, other = _fingerprint_of_failure(one), _fingerprint_of_failure(other)
    operations = [each.operation.split() for each in (one, other)]
    # Whether AutoGraph has translated a method, and so hides what it did, depends on what was
    # called before in the same process.
    if any(words[1:2] == [IN_A_GRAPH] for words in operations):
        operations = [words[:1] for words in operations]
    return operations[0] == operations[1] and replace(one, operation="") == replace(
        other, operation=""
    )


def _fingerprint_of_failure(failure: Failure) -> Failure:
    message = normalized(failure.message)
    operation = failure.operation
    if message in (_SHAPES, _DTYPES):  # whichever op it was
        operation = operation.partition(" ")[0]
    return replace(failure, message=message, operation=operation, where="", meaning="")


def normalized(message: str) -> str:
    """A message without what differs between two runs of one mistake: numbers, objects, paths.

    Names in quotes are part of it: "no attribute 'sped'" is another error than one of 'pop'.
    """
    for pattern, known in _WORDINGS:
        if re.search(pattern, message):
            return known
    cut_off = len(message) > _LONG
    for pattern, placeholder in _BY_CHANCE:
        message = re.sub(pattern, placeholder, message)
    return message[: _LONG // 2] if cut_off else message
