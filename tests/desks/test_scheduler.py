"""`grade --scheduler`: the commands of docs/cluster.md, and a scheduler that is lost in mid-run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dask_processes import Processes, free_port
from distributed import Client
from documents import blocks
from rich.console import Console

from autograder.desks.machines import Machines
from autograder.model import AutograderError

ROOT = Path(__file__).parents[2]
SLOW = """
import time


def average(numbers):
    time.sleep({seconds})
    return sum(numbers) / len(numbers)


def walk(start, rate, gradients):
    return {seconds}
"""
SLEEPS = {"s0": 0, "s1": 4, "s2": 8}


def commands(port: int) -> tuple[list[list[str]], list[str]]:
    """The commands that the page tells people to try: those of Dask, and ours."""
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    block = next(b.text for b in blocks(page) if b.language == "sh" and "dask scheduler" in b.text)
    lines = block.replace("8786", str(port)).replace("optimizers", "downhill").splitlines()
    *dask, grade = [shlex.split(line.removesuffix(" &")) for line in lines]
    assert [words.pop(0) for words in (*dask, grade)] == ["dask", "dask", "autograder"]
    return dask, grade


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    found = Processes(tmp_path)
    yield found
    found.end()


def test_without_dask_the_option_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.delitem(sys.modules, "autograder.grading.cluster", raising=False)
    machines = Machines("tcp://127.0.0.1:1", True, 1, Console(quiet=True))
    with pytest.raises(AutograderError, match=r"needs Dask.*\.\[cluster\]"), machines.executor([]):
        pass


def certificates(folder: Path) -> None:
    """``ca.pem``, and ``grader.pem`` with its key, signed by it; for the scheduler, too."""
    ca = "req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -days 2 -subj /CN=ca"
    asked = "req -newkey rsa:2048 -nodes -keyout grader-key.pem -out asked.pem -subj /CN=127.0.0.1"
    signed = "x509 -req -in asked.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out grader.pem"
    for line in (ca, asked, signed):
        subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_scheduler_is_reached_by_tls_as_the_page_says(
    course: Path, processes: Processes
) -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (block,) = [b.text for b in blocks(page) if "tls://" in b.text]
    certificates(processes.folder)
    port = free_port()
    options = ["--tls-ca-file", "ca.pem", "--tls-cert", "grader.pem", "--tls-key", "grader-key.pem"]
    processes.scheduler(port, "--host", "tls://127.0.0.1", "--port", str(port), *options)
    *exports, grade = block.splitlines()
    address = grade.split()[-1].replace("HOST:8786", f"127.0.0.1:{port}")
    code = (
        "import sys; from autograder.grading.cluster import cluster\n"
        "with cluster(sys.argv[1], confined=True, secret_paths=[], jobs=1, say=print, seconds=1):\n"
        "    pass"
    )
    script = "\n".join([*exports, f"exec '{sys.executable}' -c '{code}' {address}"])
    done = subprocess.run(
        ["sh", "-c", script], cwd=processes.folder, capture_output=True, text=True, timeout=120
    )
    # It answers, and has no workers.
    assert f"The scheduler at {address} has no workers" in done.stderr


def await_a_first_average(address: str) -> None:
    """Wait until a unit of `average` is done: the one that sleeps longest is not."""

    def done(dask_scheduler: Any) -> bool:
        prefix = dask_scheduler.task_prefixes.get("average")
        return bool(prefix and prefix.state_counts["memory"])

    end = time.monotonic() + 400
    with Client(address) as client:
        while not client.run_on_scheduler(done):
            assert time.monotonic() < end
            time.sleep(0.2)
    time.sleep(1)  # for the journal


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_and_the_same_command_resumes(
    course: Path, processes: Processes
) -> None:
    for student, seconds in SLEEPS.items():
        place = course / "submitted" / student / "downhill"
        place.mkdir(parents=True)
        (place / "downhill.py").write_text(SLOW.format(seconds=seconds))
    (start_scheduler, start_workers), words = commands(port := free_port())

    scheduler = processes.scheduler(port, *start_scheduler[1:])
    processes.run(*start_workers, *processes.bounds)
    grade = [sys.executable, "-m", "autograder", *words]
    run = subprocess.Popen(
        grade, cwd=course, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    await_a_first_average(f"tcp://127.0.0.1:{port}")
    scheduler.kill()
    printed, _ = run.communicate(timeout=240)
    said = " ".join(printed.split())
    assert run.returncode == 2, said
    assert f"Error: The scheduler at tcp://127.0.0.1:{port} is gone. Finished grades are" in said
    assert "run the same command again to resume" in said
    assert "Traceback" not in said
    assert "distributed" not in said

    processes.scheduler(port)
    processes.worker(f"tcp://127.0.0.1:{port}")
    again = subprocess.run(grade, cwd=course, capture_output=True, text=True, timeout=400)
    said = " ".join((again.stdout + again.stderr).split())
    assert again.returncode == 0, said
    assert re.search(r"[12] of 3 are graded already", said)
    results = json.loads((course / "results" / "downhill.json").read_text())
    assert {s["student"]: s["score"] for s in results["students"]} == dict.fromkeys(SLEEPS, 1.5)
