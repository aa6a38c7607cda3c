"""What is said beside the name of a mistake that is not all that is wrong."""

from __future__ import annotations

from autograder.verdicts import Verdict


def partly(verdict: Verdict) -> str:
    """The sentence about that; "" where the mistake explains every failed check by itself."""
    if not verdict.partly:
        return ""
    if verdict.in_one_formula:
        return "Both together give these numbers."
    explained, failed = verdict.explains
    count = f"explains {explained} of {failed} failed checks"
    if verdict.together_with is None:
        return f"This {count}."
    if explained == failed:
        return "This is one of two mistakes here."
    return f"This is one of two mistakes here, and {count}."
