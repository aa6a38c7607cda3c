"""What a command needs that the student's installation does not have, said in one sentence."""

from __future__ import annotations

import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from autograder.distribution import DISTRIBUTION
from autograder.model import AutograderError

INSTRUCTOR = ("nbgrader", "jupytext", "dateutil", "latex2mathml", "nbconvert", "nh3", "rapidfuzz")
"""What only the extra `instructor` of pyproject.toml brings, by the names that are imported."""


def need_instructor() -> None:
    """Raise unless the packages that grade and build are installed. Imports none of them.

    Raises:
        AutograderError: one is missing; says how to install it.
    """
    for name in INSTRUCTOR:
        if not _is_installed(name):
            raise AutograderError(
                f"This command is for instructors and needs {name}, which is not installed. "
                f'Install it: pip install "{DISTRIBUTION}[instructor]", or in a clone of the '
                'course: pip install ".[instructor]"'
            )


def missing(name: str) -> str:
    """What to do if an import found no package, as a sentence; "" if no package has this module."""
    package = name.partition(".")[0]
    ours = package in ("", "autograder")
    # What Python itself lacks on some systems cannot be installed.
    if ours or package.startswith("_") or package in sys.stdlib_module_names:
        return ""
    base = package.lower() in _base_requirements()
    what = DISTRIBUTION if base else f"{DISTRIBUTION}[instructor]"
    again = "Install again" if base else "Install what instructors need"
    return f'The package {package} is not installed. {again}: pip install "{what}"'


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _base_requirements() -> set[str]:
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return set()
    names = (re.match(r"[\w.-]+", line) for line in lines if "extra ==" not in line)
    return {found[0].lower() for found in names if found}
