"""nbgrader's own tests pass under our configuration, except those listed with a reason."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from graded_class import ROOT

SCRIPT = ROOT / "scripts" / "nbgraders_tests.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("nbgraders_tests", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_module_of_nbgraders_tests_is_run_or_named_with_a_reason() -> None:
    script = load()
    assert script.contradictions() == []
    assert all(group["why"] for group in script.LIST["not_run"] + script.LIST["not_applicable"])


def test_a_module_of_another_nbgrader_is_named(tmp_path: Path) -> None:
    """As after an upgrade: one module is new, and one is gone."""
    script = load()
    listed = [
        *script.LIST["all"],
        *(m for group in script.LIST["not_run"] for m in group["modules"]),
    ]
    for name in [*listed[1:], "apps/test_new.py"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert script.contradictions(tmp_path) == [
        "apps/test_new.py: not listed; add it to `all`, or to a [[not_run]] with its reason.",
        f"{listed[0]}: not among nbgrader's tests.",
    ]


@pytest.mark.slow
def test_nbgraders_own_tests_pass_where_they_apply() -> None:
    """The quick ones; `scripts/nbgraders_tests.py` runs the rest."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--quick", "-n", "0"], capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
