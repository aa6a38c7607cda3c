"""The old names of nbgrader's steps, for the ``nbgrader_config.py`` of existing courses.

They work for one release; each says once what to write instead. The warning is a FutureWarning,
since Python does not show a DeprecationWarning to those who run a command.
"""

from __future__ import annotations

import warnings
from typing import Any

_NAMES = ("StudentNotebook", "RestoreRelease", "WriteVerdicts", "SaveVerdicts", "register_release")


def __getattr__(name: str) -> Any:
    if name not in _NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from autograder.desks import nbgrader_plugin

    warnings.warn(
        f"{__name__}.{name} will be removed in the next release. "
        f"In nbgrader_config.py, write {nbgrader_plugin.__name__}.{name} instead.",
        FutureWarning,
        stacklevel=2,
    )
    return getattr(nbgrader_plugin, name)
