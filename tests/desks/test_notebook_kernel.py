"""`check()` in a real kernel, which imports keras once for all of these tests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

pytestmark = pytest.mark.slow

SECONDS = 240

Run = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def kernel() -> Iterator[Any]:
    manager, client = start_new_kernel(startup_timeout=SECONDS)
    try:
        client.execute_interactive(
            "from autograder import check\nimport numpy as np", timeout=SECONDS
        )
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


@pytest.fixture
def run(kernel: Any, notebook: Path) -> Run:
    """Runs a cell in the folder of `downhill` and returns what the notebook shows."""
    manager, client = kernel

    def cell(code: str, interrupt_at: Path | None = None) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = []
        sent = client.execute(code)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if interrupt_at and interrupt_at.exists():
                interrupt_at.unlink()
                manager.interrupt_kernel()
            try:
                message = client.get_iopub_msg(timeout=0.2)
            except Exception:  # queue.Empty: it is still running
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            if message["content"].get("execution_state") == "idle":
                return shown
            if message["msg_type"] in ("stream", "error", "execute_result", "display_data"):
                shown.append(message["content"])
        raise TimeoutError(code)

    cell(f"import os; os.chdir({str(notebook.parent)!r})")
    return cell


def test_an_interrupt_shows_the_line_of_the_student_and_none_of_ours(
    run: Run, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    run(
        "def walk(start, rate, gradients):\n"
        f"    open({str(begun)!r}, 'w').close()\n"
        "    while True:\n"
        "        rate = -rate\n"
    )
    (shown,) = run("check(walk)", interrupt_at=begun)
    (line,) = shown["traceback"]
    assert line.startswith("Interrupted in your cell, line ")
    assert line.endswith("`. check(walk) has no result.")
    assert "while True:" in line or "rate = -rate" in line


def test_the_newest_cell_did_not_run_and_prints_stay_below_their_check(run: Run) -> None:
    source = (
        "def average(numbers):\n    print('numbers', len(numbers))\n    return np.sum(numbers)\n"
    )
    run(source)
    run(source.replace("np.sum(numbers)", "np.sum(numbers"))
    (shown,) = run("check(average)")
    text = shown["data"]["text/plain"]
    note = r"What is checked is average of cell \[\d+\]: the newer one in cell \[\d+\] did not run"
    assert re.search(note, text)
    assert "Hint: The sum is not yet divided." in text
    assert re.search(r"Printed:\n +numbers \d+$", text)
    assert "did not run" in shown["data"]["text/html"]


def test_wrong_usage_is_one_sentence(run: Run) -> None:
    (shown,) = run("check(3)")
    (line,) = shown["traceback"]
    assert line.startswith("check() expects the class or function itself")
