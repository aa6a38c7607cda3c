"""Whether the libraries that run student code are installed, in versions that the checks are for.

pip sees to that where it installs this package; a later install of something else may undo it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec

from packaging.requirements import InvalidRequirement, Requirement

from autograder.distribution import DISTRIBUTION
from autograder.model import AutograderError

NEEDED = ("keras", "tensorflow", "numpy")

_UNKNOWN = "unknown"


@functools.cache  # of success alone
def need_libraries() -> None:
    """Raise unless Keras, TensorFlow and NumPy are installed as this package requires them.

    Raises:
        AutograderError: one is missing or of another version; says how to install it.
    """
    for needed in _requirements():
        found = _installed(needed.name)
        if found and (found == _UNKNOWN or needed.specifier.contains(found, prereleases=True)):
            continue
        has = f"{needed.name} {found}" if found else f"No {needed.name}"
        raise AutograderError(
            f"{has} is installed, and the checks need {needed.name} {needed.specifier}. "
            f"Install it: pip install '{needed.name}{needed.specifier}'"
        )


def _installed(name: str) -> str:
    """The version of what is installed; "" if nothing is."""
    try:
        return version(name)
    except PackageNotFoundError:
        # Another distribution may bring the module, as tensorflow-cpu and keras-nightly do.
        return _UNKNOWN if find_spec(name) else ""


def _requirements() -> Iterator[Requirement]:
    try:
        lines = requires(DISTRIBUTION) or []
    except PackageNotFoundError:  # run from its sources
        return
    for line in lines:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.name.lower() in NEEDED and not requirement.marker:
            yield requirement
