"""Names in the file of results, and figures for one submission."""

from __future__ import annotations

from typing import Any

Found = dict[str, Any]
"""A part of the file of results."""

OURS, KNOWN, UNCHANGED = "autograder", "autograder, observations known", "autograder, unchanged"
NBGRADER, OTTER = "nbgrader", "Otter"


def each(run: Found, what: str = "cpu") -> float:
    """Of a run, for one submission."""
    return float(run[what] / run["submissions"])
