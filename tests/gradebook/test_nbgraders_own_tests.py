"""nbgrader's own tests pass under our configuration, except those listed with a reason."""

from __future__ import annotations

import subprocess
import sys

import pytest
from graded_class import ROOT

pytestmark = pytest.mark.slow


def test_nbgraders_own_tests_pass_where_they_apply() -> None:
    """The quick ones; `scripts/nbgraders_tests.py` runs the rest."""
    script = ROOT / "scripts" / "nbgraders_tests.py"
    done = subprocess.run(
        [sys.executable, script, "--quick", "-n", "0"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
