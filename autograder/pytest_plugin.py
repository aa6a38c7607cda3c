"""``pytest assignments/optimizers`` runs the checks of an assignment as tests.

pytest loads this module in every run of an environment that has the engine, so it imports nothing
of it, and does nothing unless an argument names the folder of a release, a file in one, or a folder
of releases.
"""

from __future__ import annotations

from pathlib import Path

import pytest

CHECKS, EXPECTED = "checks.py", "expected.safetensors"
"""What tells a release, as in `autograder.desks.released_course`."""


def pytest_configure(config: pytest.Config) -> None:
    here = config.invocation_params.dir
    paths = frozenset((here / arg.split("::")[0]).resolve() for arg in config.args)
    if any(map(_leads_to_a_release, paths)):
        from autograder.desks.pytest_items import ChecksPlugin

        config.pluginmanager.register(ChecksPlugin(config, paths), "autograder-checks")


def _leads_to_a_release(path: Path) -> bool:
    try:
        folders = [path, *path.iterdir()] if path.is_dir() else [path.parent]
        return any((f / EXPECTED).is_file() and (f / CHECKS).is_file() for f in folders)
    except OSError:
        return False
