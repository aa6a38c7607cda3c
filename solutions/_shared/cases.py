"""Checks that try several cases in one probe, and compare one result of each with the reference's.

A result may be what a call refuses: ``{"complaint": np.array([complaint(call), ...])}``.
"""

import numpy as np

from autograder.grading.judge import expect


def each_case(result, describe, shown, rtol=0.0):
    """A judge: the result of every case is that of the reference.

    Args:
        result: the name of an array with a row for each case.
        describe: ``describe(inputs)`` returns a phrase for each case ("8 rows of x, 7 of y").
        shown: ``shown(value)`` returns a phrase for what was got or expected ("a ValueError").
        rtol: relative difference up to which numbers are the same.
    """

    def judge(observed, expected, inputs):
        cases = zip(describe(inputs), observed[result], expected[result], strict=True)
        for case, got, wanted in cases:
            expect(
                np.allclose(got, wanted, rtol=rtol, atol=0.0),
                f"{case}: expected {shown(wanted)}, got {shown(got)}.",
            )

    return judge


def each_is_refused(describe):
    """A judge: every case raises a ValueError, as the reference does."""
    complaints = {0: "no exception", 1: "a ValueError", 2: "another exception"}
    return each_case("complaint", describe, lambda got: complaints.get(int(got), "no valid result"))


def each_holds(names="xy", **otherwise):
    """A judge: every element of some arrays of booleans is true.

    Args:
        names: what the elements of each array belong to.
        otherwise: for each array, what is wrong with "{}" ("{}_batch is not a NumPy array.").
    """

    def judge(observed):
        for result, sentence in otherwise.items():
            for name, holds in zip(names, observed[result], strict=True):
                expect(holds, sentence.replace("{}", name))

    return judge


def complaint(call):
    """What ``call()`` raises: 0 nothing, 1 ValueError, 2 something else."""
    try:
        call()
    except (NotImplementedError, NameError):  # of a stub, or of a misspelt name: not refused
        raise
    except ValueError:
        return 1
    except Exception:
        return 2
    return 0
