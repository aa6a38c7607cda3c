"""What the corpus attacks: fixtures with a course, servers and a process of the same user."""

from __future__ import annotations

import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.sources.assignment import Assignment
from hostile import naive
from hostile.corpus import ASSIGNMENT, NEIGHBOURS

GIBIBYTE = 1 << 30


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    """Sockets on this machine that an attack may want to reach; they close after the tests."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.server.token.encode())  # type: ignore[attr-defined]

        def log_message(self, *_: Any) -> None:
            pass

    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as local,
        socket.socket(socket.AF_UNIX) as abstract,
        HTTPServer(("127.0.0.1", 0), Page) as http,
    ):
        http.token = secrets.token_hex(8)  # type: ignore[attr-defined]
        serving = threading.Thread(target=http.serve_forever, daemon=True)
        serving.start()
        name = f"hostile-{secrets.token_hex(8)}"
        local.bind(f"{folder}/socket")
        abstract.bind(f"\0{name}")
        for server in (tcp, local, abstract):
            server.listen(200)
        yield {
            "tcp": tcp.getsockname()[1],
            "http": http.server_address[1],
            "unix": f"{folder}/socket",
            "abstract": name,
            "page": http.token,  # type: ignore[attr-defined]
        }
        http.shutdown()
        serving.join()


@pytest.fixture(scope="module")
def victim() -> Iterator[dict[str, Any]]:
    """A process of the same user that does not hide itself."""
    token = secrets.token_hex(8)
    code = "import signal, sys; signal.signal(signal.SIGUSR1, signal.SIG_IGN); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, env={"TOKEN": token}
    )
    yield {"victim": process.pid, "in_the_environment": token}
    process.communicate()


@pytest.fixture
def on(
    tmp_path: Path, assignment: Assignment, servers: dict[str, Any], victim: dict[str, Any]
) -> dict[str, Any]:
    """What is attacked: a course with secrets, a neighbour, servers and a process."""
    token = secrets.token_hex(8)
    course = tmp_path / "course"
    (course / "solutions").mkdir(parents=True)
    solution = course / "solutions" / "descent.py"
    solution.write_text(f"# {token}\n")
    checks = course / "solutions" / "checks.py"
    checks.write_text(f"TOKEN = {token!r}\n")
    expected = course / "expected.safetensors"
    expected.write_text(token)
    deleted = course / "results.json"
    deleted.write_text(token)
    (course / f"listed-{token}").touch()
    gradebook = course / "gradebook.db"
    with sqlite3.connect(gradebook) as database:
        database.execute("create table grade (token)")
        database.execute("insert into grade values (?)", [token])
    neighbour = course / "submitted" / "neighbour" / ASSIGNMENT / f"{ASSIGNMENT}.py"
    neighbour.parent.mkdir(parents=True)
    neighbour.write_text(f"# {token}\n{NEIGHBOURS['right']}")
    public = next(c for c in assignment.check_set.checks if c.name == "divides_by_the_count")
    one = next(c for c in assignment.check_set.checks if c.name == "one_number_is_its_average")
    inputs = [check.inputs(np.random.default_rng(naive.SEED))["numbers"] for check in (public, one)]
    return {
        "token": token,
        "loot": str(course / "loot"),
        "solution": str(solution),
        "checks": str(checks),
        "expected": str(expected),
        "deleted": str(deleted),
        "listed": str(course),
        "gradebook": str(gradebook),
        "neighbour": str(neighbour),
        "public_averages": [
            [f"{drawn.size} {drawn[0]:.6f}", float(drawn.mean())] for drawn in inputs
        ],
        "too_many_bytes": 2 * GIBIBYTE,
        "too_many_files_bytes": 20_000_000,
        "too_many_handles": 500,
        **servers,
        **victim,
    }
