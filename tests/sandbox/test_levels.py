"""Which level of protection is chosen, its name, and the error where there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import escape_service
import pytest

from autograder.sandbox import bubblewrap, confinement
from autograder.sandbox.confinement import landlock_abi
from autograder.sandbox.levels import NONE, Level, by_strength
from autograder.sandbox.sandbox import Sandbox, SandboxUnavailable, Unprotected

SERVICE = escape_service.__file__


def test_a_level_is_named_after_its_parts() -> None:
    assert str(Level(7)) == "landlock+seccomp (Landlock ABI 7)"
    assert str(Level(7, True)) == "bubblewrap+landlock+seccomp (Landlock ABI 7)"
    assert str(Level(0, True)) == "bubblewrap+seccomp"
    assert str(NONE) == "none"


def test_a_level_says_which_rules_an_older_landlock_lacks() -> None:
    assert str(Level(5)) == (
        "landlock+seccomp (Landlock ABI 5: signals and abstract sockets blocked by seccomp alone)"
    )
    assert str(Level(1)).endswith(
        "ABI 1: truncation, TCP, commands to devices, signals and abstract sockets blocked by "
        "seccomp alone; files cannot be renamed into another folder)"
    )
    lengths = [len(str(Level(abi))) for abi in range(1, 8)]
    assert lengths == sorted(lengths, reverse=True)


def test_the_strongest_comes_first() -> None:
    assert by_strength(7, True) == [Level(7, True), Level(7), Level(0, True)]
    assert by_strength(7, False) == [Level(7)]
    assert by_strength(0, True) == [Level(0, True)]
    assert by_strength(0, False) == []


def test_what_does_not_pass_the_self_test_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where bubblewrap starts but does not stop everything."""
    if problem := bubblewrap.problem():
        pytest.skip(problem)
    tried: list[str] = []
    passes = Sandbox._self_test

    def fails_inside_bubblewrap(self: Sandbox) -> None:
        tried.append(self.level)
        if self._level.bubblewrap:
            raise Unprotected("it does not stop student code from using UDP")
        passes(self)

    monkeypatch.setattr(Sandbox, "_self_test", fails_inside_bubblewrap)
    with Sandbox(service=SERVICE) as sandbox:
        assert sandbox.level == str(Level(landlock_abi()))
        with sandbox.child() as child:
            assert child.request({"op": "tell", "on": {}}, {}, cpu_seconds=5)[0]["succeeded"]
    assert tried == [str(Level(landlock_abi(), True)), str(Level(landlock_abi()))]


AS_AN_ORDINARY_USER = ["bwrap", "--unshare-user", "--uid", "1000", "--gid", "1000"]
EVERY_LEVEL = """
import sys
from autograder.sandbox.confinement import landlock_abi
from autograder.sandbox.levels import by_strength
from autograder.sandbox.sandbox import Sandbox
for level in by_strength(landlock_abi(), True):
    with Sandbox(service=sys.argv[1], level=level) as sandbox:
        print(sandbox.level)
"""


def test_an_ordinary_user_has_every_level() -> None:
    """Inside a user namespace, root has other rights than an ordinary user."""
    if problem := bubblewrap.problem():
        pytest.skip(problem)
    done = subprocess.run(
        [*AS_AN_ORDINARY_USER, "--dev-bind", "/", "/", sys.executable, "-c", EVERY_LEVEL, SERVICE],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:-1] == [str(each) for each in by_strength(landlock_abi(), True)]


def test_without_protection_grading_is_refused_and_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(confinement, "landlock_abi", lambda: 0)
    monkeypatch.setattr(bubblewrap, "PROGRAM", "bwrap-that-is-not-installed")
    with pytest.raises(SandboxUnavailable) as refused, Sandbox(service=SERVICE):
        pass
    for said in ("no Landlock", "is not installed", "--unsafe", "container"):
        assert said in str(refused.value)
    with Sandbox(service=SERVICE, confined=False) as accepted:
        assert accepted.level == "none"


def test_a_bubblewrap_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "PROGRAM", str(broken))
    assert "No permissions to create new namespace" in bubblewrap.problem()
