"""The self-check where nothing can be forked: a separate process with a time limit."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import pytest

from autograder.desks import student as selfcheck
from autograder.desks.student import check_paths
from autograder.grading.observe import probing_sandbox
from autograder.model import AutograderError
from autograder.sandbox.interface import ChildDied, SandboxLost
from autograder.sandbox.plain import PlainSandbox

ROOT = Path(__file__).parents[2]
SERVICE = Path(__file__).with_name("escape_service.py")


def ask(child: Any, what: str, seconds: float = 5.0) -> Any:
    return child.request({"op": what, "on": {}}, {}, cpu_seconds=seconds)[0]


@pytest.fixture
def sandbox() -> PlainSandbox:
    """One whose processes misbehave on request, and import no keras."""
    return PlainSandbox(str(SERVICE))


def test_it_answers(sandbox: PlainSandbox) -> None:
    child = sandbox.child()
    assert ask(child, "tell")["succeeded"]
    assert ask(child, "tell")["succeeded"]
    child.close()


def test_it_answers_where_folders_have_names_as_people_give_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "Jörg & Zoë (neu)" / "scratch"
    home.mkdir(parents=True)
    for name in ("TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setattr(tempfile, "tempdir", None)
    service = shutil.copy(SERVICE, home.parent / "my service.py")
    child = PlainSandbox(str(service)).child()
    assert ask(child, "tell")["succeeded"]
    child.close()
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("what", ["spin", "ignore_signals_and_spin"])
def test_an_endless_loop_ends_with_its_computing_time(sandbox: PlainSandbox, what: str) -> None:
    child = sandbox.child()
    with pytest.raises(ChildDied, match=r"CPU limit of 0\.5 s\.") as died:
        ask(child, what, 0.5)
    assert died.value.kind == "timeout"
    with pytest.raises(ChildDied):  # it is gone
        ask(child, "tell")
    after = sandbox.child()
    assert ask(after, "tell")["succeeded"]
    after.close()


def test_a_crash_costs_the_check_it_was_in(sandbox: PlainSandbox) -> None:
    child = sandbox.child()
    with pytest.raises(ChildDied) as died:
        ask(child, "crash")
    assert died.value.kind == "crashed"


def test_no_process_is_left(sandbox: PlainSandbox) -> None:
    child = sandbox.child()
    ask(child, "tell")
    child.close()
    child.close()
    assert not [p for p in psutil.Process().children() if str(SERVICE) in p.cmdline()]


def test_a_process_that_cannot_start_is_the_graders_fault(tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(3)")
    with pytest.raises(SandboxLost, match="status 3"):
        PlainSandbox(str(broken)).child()


CRASHES_AT_A_ZERO = """

def sign_accuracy(w, x, y):
    import os

    import numpy as np

    scores = np.asarray(x) @ np.asarray(w).reshape(-1)
    if not scores.all():
        os._exit(3)
    return float(np.mean(np.sign(scores) == y))
"""


@pytest.mark.slow
def test_a_student_may_check_anywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on a Mac or on Windows."""
    monkeypatch.setattr(selfcheck, "HAS_FORK", False)
    release = ROOT / "assignments" / "sgd_vs_adam"
    shutil.copytree(release, tmp_path, dirs_exist_ok=True)
    variant = next((ROOT / "solutions" / "sgd_vs_adam" / "variants").glob("*.py"))
    mine = tmp_path / "mine.py"
    mine.write_text(variant.read_text() + CRASHES_AT_A_ZERO)
    ((_, report),) = check_paths([mine], frozenset({"fit_linear", "sign_accuracy"}))
    earned = {exercise.name: exercise.score / exercise.max_score for exercise in report.exercises}
    assert earned["fit_linear"] == 1
    assert 0 < earned["sign_accuracy"] < 1
    messages = [v.message for e in report.exercises for v in e.verdicts if v.status == "error"]
    assert messages == ["The process exited with status 3 during this check."]


def test_strangers_code_is_refused_anywhere_but_on_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(AutograderError, match=r"WSL 2.*container"), probing_sandbox():
        pass
