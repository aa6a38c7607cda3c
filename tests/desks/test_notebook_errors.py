"""`nbgrader validate` and the Validate button, in a student's folder without this course's config.

nbgrader runs the notebook in a kernel that imports keras: two such runs, one by the command and one
by the server extension that the button calls.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SECONDS = 240

RIGHT = "def average(numbers):\n    return np.sum(numbers) / len(numbers)\n"
UPHILL = (
    "def walk(start, rate, gradients):\n"
    "    return np.array([start := start + rate * each for each in gradients])\n"
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Jupyter's folders of its own: no setting but patience, for a busy machine."""
    folders = {
        name: str(tmp_path / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    config = Path(folders["JUPYTER_CONFIG_DIR"])
    config.mkdir()
    patience = "".join(f"c.Execute.{name} = {SECONDS}\n" for name in ("timeout", "iopub_timeout"))
    (config / "nbgrader_config.py").write_text(patience)
    return {**os.environ, **folders}


def save(notebook: Path, written: dict[str, str]) -> None:
    """Write exercises into a notebook, and import `check` in its first cell."""
    raw = json.loads(notebook.read_text())
    for cell in raw["cells"]:
        if cell["cell_type"] == "code" and "".join(cell["source"]).startswith("import numpy"):
            cell["source"] = ["from autograder import check\n", "import numpy as np"]
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in written:
            cell["source"] = written[name].splitlines(keepends=True)
    notebook.write_text(json.dumps(raw))


def test_an_untouched_notebook_fails_by_the_command(
    notebook: Path, environment: dict[str, str]
) -> None:
    save(notebook, {})
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", "validate", notebook.name],
        cwd=notebook.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "VALIDATION FAILED ON 1 CELL(S)!" in run.stdout, run.stderr
    assert "walk: 0 of 3 points" in run.stdout
    assert "Not written yet: Subtract rate times each gradient in turn." in run.stdout
    for wrong in ("...", "Traceback", "autograder/", "average"):  # average is a bonus
        assert wrong not in run.stdout
    assert "cannot be converted" not in run.stderr


@pytest.fixture
def server(notebook: Path, environment: dict[str, str]) -> Iterator[str]:
    """The address of a Jupyter server in the notebook's folder, with nbgrader's extension on."""
    extension = "{'nbgrader.server_extensions.validate_assignment':True}"
    options = ["port=0", "token=t", "disable_check_xsrf=True", "allow_root=True"]
    options.append(f"jpserver_extensions={extension}")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "jupyter_server", "--no-browser"),
            *(f"--ServerApp.{option}" for option in options),
        ],
        cwd=notebook.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _address(Path(environment["JUPYTER_RUNTIME_DIR"]) / f"jpserver-{process.pid}.json")
    finally:
        process.terminate()
        process.wait(60)


def _address(file: Path) -> str:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        if file.is_file() and (text := file.read_text()).endswith("}"):
            told = json.loads(text)
            # It writes the file before it listens.
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection((told["hostname"], told["port"]), SECONDS).close()
                return str(told["url"])
        time.sleep(0.2)
    raise TimeoutError(f"the server wrote no {file.name}, or does not listen")


def validated(server: str, notebook: Path) -> Any:
    """What the extension answers the Validate button."""
    data = urllib.parse.urlencode({"path": notebook.name, "token": "t"}).encode()
    with urllib.request.urlopen(f"{server}assignments/validate", data, SECONDS) as answer:
        return json.load(answer)


def test_the_button_names_the_wrong_exercise_and_passes_the_right_one(
    notebook: Path, server: str
) -> None:
    save(notebook, {"walk": UPHILL, "average": RIGHT})
    answer = validated(server, notebook)
    assert answer["success"], answer["value"]
    (failed,) = answer["value"]["failed"]
    assert "check(walk)" in failed["source"]
    assert failed["raw_error"].splitlines() == [
        "walk: 0 of 3 points",
        "  ✗ Every step goes downhill by rate times the gradient.",
        "    After step 1, places: expected 2.87754, got 3.12246.",
        "    Hint: You walk up: subtract.",
        "  1 more check fails.",
    ]
