"""A watch is a real process, and files are really saved: it checks what changed, and ends clean."""

from __future__ import annotations

import io
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import psutil
import pytest
from rich.console import Console
from student_work import write

from autograder.desks import self_check
from autograder.desks.watch import Event, _Watch
from autograder.desks.watched import Watched
from autograder.reports.watching import Watching
from autograder.sandbox.interface import Sandbox
from autograder.verdicts import ExerciseReport, Verdict

SECONDS = 240
"""Far more than a start of Keras takes on a busy machine."""

WRONG = """\
def walk(start, rate, gradients):
    for step in range(12):
        print("[step]", step)
    return np.array([start - 2 * rate * gradient for gradient in gradients])
"""
RIGHT = """\
def walk(start, rate, gradients):
    return start - rate * np.cumsum(gradients)
"""


class Running:
    """A watch in a process of its own, and what it prints."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "autograder", "watch", str(folder)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self._end = time.monotonic() + SECONDS
        self.said: list[str] = []

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._lines.put(line)

    def says(self, words: str) -> None:
        """Wait until a line has these words."""
        while not self.said or words not in self.said[-1]:
            left = max(self._end - time.monotonic(), 0.1)
            try:
                self.said.append(self._lines.get(timeout=left))
            except queue.Empty:
                pytest.fail(f"{words!r} was not printed:\n{''.join(self.said)}")


@pytest.fixture
def running(notebook: Path) -> Iterator[Running]:
    write(notebook, "walk", WRONG)
    found = Running(notebook.parent)
    yield found
    found.process.kill()
    found.process.wait()


@pytest.mark.slow
def test_a_save_is_checked_at_once_and_ctrl_c_leaves_nothing_running(
    running: Running, notebook: Path
) -> None:
    running.says("walk: 0 of 3 points")
    running.says("Printed:")
    running.says("[step] 9")
    running.says("... and 2 more lines")
    running.says("Watching 1 file.")
    write(notebook, "walk", RIGHT)
    running.says("walk: 3 of 3 points (was 0)")
    running.says("holds now: Every step goes downhill")
    # Half of a file, and the whole one a moment later.
    saved = notebook.read_text()
    notebook.write_text(saved[:300])
    time.sleep(0.5)
    notebook.write_text(saved.replace("np.cumsum(gradients)", "2 * np.cumsum(gradients)"))
    running.says("fails now: Every step goes downhill")
    assert "not a valid notebook" not in "".join(running.said)
    others = psutil.Process(running.process.pid).children(recursive=True)
    assert others  # Keras is warm
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=30) == 130
    gone, alive = psutil.wait_procs(others, timeout=10)
    assert len(gone) == len(others), alive
    assert not any("Traceback" in line for line in running.said)


def test_only_what_changed_is_judged_again(notebook: Path) -> None:
    watched = Watched(notebook)
    assert watched.read() == ["walk", "average"]
    for name in ("walk", "average"):
        watched.judge(name, pytest.fail)
    assert watched.read() == []
    write(notebook, "walk", RIGHT)
    assert watched.read() == ["walk"]


def test_what_to_fix_first_has_its_name_below_other_exercises() -> None:
    failed = Verdict("walk.down", "Every step goes downhill.", "failed", 0, 3, message="Uphill.")
    report = ExerciseReport("walk", False, (failed,))

    def said(*, named: bool) -> list[str]:
        console = Console(width=80, file=io.StringIO(), record=True)
        Watching(console).first_failure(report, named=named)
        return console.export_text().splitlines()

    assert said(named=True) == ["Fix first: walk", *said(named=False)]
    assert "Uphill." in "".join(said(named=False))


def test_what_is_half_saved_is_read_again(notebook: Path) -> None:
    watched, whole = Watched(notebook), notebook.read_text()
    notebook.write_text(whole[:100])
    later = threading.Timer(0.3, notebook.write_text, [whole])
    later.start()
    watched.read()
    later.join()
    assert not watched.work.submission.unreadable


def test_a_file_that_cannot_be_read_is_told_once_and_when_it_can_be_again(
    notebook: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(self_check, "HALF_SAVED_SECONDS", 0.0)
    console, events = Console(width=80, file=io.StringIO(), record=True), queue.Queue[Event]()
    watched = {notebook.resolve(): Watched(notebook)}
    running = _Watch(watched, events, Watching(console), cast(Sandbox, None))
    whole, (file,) = notebook.read_text(encoding="utf-8"), watched
    assert running._saved(file)  # the stubs are new
    assert not running._saved(file)
    console.export_text()
    for text, shown in ((whole[:100], True), (whole[:90], True), (whole[:90], False)):
        notebook.write_text(text, encoding="utf-8")
        assert running._saved(file) == shown
    notebook.write_text(whole, encoding="utf-8")
    assert running._saved(file)
    assert not running._saved(file)
    said = console.export_text()
    assert "submit" not in said
    assert said.count("can be read again. Nothing has changed.") == 1
