"""Checks that try several cases in one probe, and compare one result of each with the reference's.

A result may be what a call refuses: ``{"complaint": np.array([complaint(call), ...])}``.
"""

import numpy as np

from autograder.grading.judge import expect

EXCEPTIONS = (
    "no exception",
    "ValueError",
    "TypeError",
    "AssertionError",
    "IndexError",
    "KeyError",
    "ZeroDivisionError",
    "RuntimeError",
)


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
    return each_case("complaint", describe, raised)


def raised(place):
    """A complaint in words: "a ValueError", "an IndexError"."""
    if not 0 <= place < len(EXCEPTIONS):
        return "another exception"
    name = EXCEPTIONS[int(place)]
    return f"an {name}" if name[0] in "AI" else f"a {name}" if name[0].isupper() else name


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
    """What ``call()`` raises: the place of its name in EXCEPTIONS, or one more than the last."""
    try:
        call()
    except (NotImplementedError, NameError, AttributeError):  # of a stub, or of a misspelt name
        raise
    except Exception as error:
        names = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in EXCEPTIONS]
        return EXCEPTIONS.index(names[0]) if names else len(EXCEPTIONS)
    return 0
