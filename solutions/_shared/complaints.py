"""For checks of what a function refuses: what a call raises, and the judge that wants ValueErrors.

A probe returns ``{"complaint": np.array([complaint(call), ...])}``, one number for each case.
"""

from autograder.grading.judge import expect

RAISED = {0: "nothing was raised", 2: "another exception was raised"}


def complaint(call):
    """What ``call()`` raises: 0 nothing, 1 ValueError, 2 something else."""
    try:
        call()
    except NotImplementedError:  # of a stub: it has refused nothing
        raise
    except ValueError:
        return 1
    except Exception:
        return 2
    return 0


def value_errors(describe):
    """A judge: every case raised a ValueError. ``describe(inputs)`` yields a phrase for each."""

    def judge(observed, inputs):
        for case, got in zip(describe(inputs), observed["complaint"], strict=True):
            raised = RAISED.get(int(got), "the result is invalid")
            expect(got == 1, f"{case}: expected a ValueError, but {raised}.")

    return judge
