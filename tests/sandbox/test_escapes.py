"""Student code that tries to get out: every attack is refused with the sandbox, and works without.

The second half is what makes the first one mean something. `escapes` holds the attacks; the files,
sockets and processes that they are aimed at are made here.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import escape_service
import pytest
from escapes import attacks

from autograder.sandbox import bubblewrap
from autograder.sandbox.confinement import landlock_abi
from autograder.sandbox.levels import Level
from autograder.sandbox.limits import Limits
from autograder.sandbox.sandbox import ChildDied, Sandbox

SERVICE = escape_service.__file__
ATTACKS = attacks()
GIBIBYTE = 1 << 30
ON = Limits(memory_bytes=GIBIBYTE, file_bytes=10_000_000)
OFF = Limits(memory_bytes=16 * GIBIBYTE, open_files=1000)

# Some machines refuse these without a sandbox: containers filter system calls, Yama restricts
# tracing, file systems lack attributes, and the rest needs root.
OFTEN_REFUSED = {
    "read_by_file_handle",
    "read_a_process_memory",
    "read_proc_mem",
    "read_the_parents_memory",
    "trace_a_process",
    "take_a_descriptor",
    "compare_processes",
    "set_up_io_uring",
    "make_a_user_namespace",
    "change_an_attribute",
    "share_memory",
    "lease_a_file",
    "open_a_setting_of_the_kernel",
    "list_attributes",
    "raise_its_limits",
    "read_through_a_hard_link",
    "take_a_handle_of_the_grader",
}
# Fail even without a sandbox, because a child starts with nothing; tested separately below.
NEVER_POSSIBLE = {
    "find_an_inherited_descriptor",
    "find_a_secret_in_the_environment",
    "find_a_secret_in_memory",
    "import_from_the_repository",
    "use_a_later_system_call",
}
REFUSED = sorted(set(ATTACKS) - {"find_a_secret_in_memory"})  # own test below
WORKING = sorted(set(ATTACKS) - NEVER_POSSIBLE - {"become_a_program"})  # likewise

VICTIM = """
import ctypes, sys
buffer = ctypes.create_string_buffer(b"SECRET!!")
print(ctypes.addressof(buffer), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def victim() -> Iterator[tuple[int, int]]:
    """A process of the same user that does not hide itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", VICTIM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"TOKEN": "of the grader"},
    )
    assert process.stdout is not None
    yield process.pid, int(process.stdout.readline())
    process.communicate()


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Any]]:
    """Sockets on this machine that an attack may want to reach."""
    with (
        tempfile.TemporaryDirectory() as folder,
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as stream,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram,
    ):
        names = {
            "tcp_port": tcp.getsockname()[1],
            "unix_stream": f"{folder}/stream",
            "unix_datagram": f"{folder}/datagram",
            "abstract": f"escape-{secrets.token_hex(8)}",
        }
        stream.bind(names["unix_stream"])
        abstract.bind("\0" + names["abstract"])
        datagram.bind(names["unix_datagram"])
        for server in (stream, abstract):
            server.listen(100)
        yield names


@pytest.fixture
def readable_file() -> Iterator[str]:
    """A file that a child may read, because it is next to the libraries."""
    path = Path(sysconfig.get_path("purelib"), f"escape-{secrets.token_hex(8)}")
    path.write_text("important")
    yield str(path)
    path.unlink()


@pytest.fixture
def targets(
    tmp_path: Path, victim: tuple[int, int], servers: dict[str, Any], readable_file: str
) -> dict[str, Any]:
    """The arguments of the attacks."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("the reference solution")
    (outside / "victim").write_text("important")
    return {
        "secret": str(outside / "secret"),
        "outside": str(outside),
        "victim_file": str(outside / "victim"),
        "readable_file": readable_file,
        "victim_pid": victim[0],
        "victim_address": victim[1],
        "memory_bytes": 3 * GIBIBYTE,
        "file_bytes": 100_000_000,
        "open_files": 500,
        "environment_secret": os.environ["AUTOGRADER_TEST_TOKEN"],
        **servers,
    }


@pytest.fixture(scope="module", autouse=True)
def token() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_TEST_TOKEN", secrets.token_hex(16))
        yield


NEWEST = landlock_abi()
LEVELS = [Level(abi) for abi in range(NEWEST, 0, -1)]
LEVELS += [Level(abi, True) for abi in sorted({NEWEST, min(1, NEWEST), 0}, reverse=True)]


@pytest.fixture(scope="module", params=LEVELS, ids=lambda level: str(level).partition(":")[0])
def confined(token: None, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    level = request.param
    if level.bubblewrap and (problem := bubblewrap.problem()):
        pytest.skip(problem)
    with Sandbox(service=SERVICE, limits=ON, level=level) as sandbox:
        assert sandbox.level == str(level)
        yield sandbox


@pytest.fixture(scope="module")
def unconfined(token: None) -> Iterator[Sandbox]:
    with Sandbox(service=SERVICE, limits=OFF, confined=False) as sandbox:
        yield sandbox


def attempt(sandbox: Sandbox, name: str, targets: dict[str, Any]) -> dict[str, Any]:
    with sandbox.child() as sibling, sandbox.child() as child:
        folder = sibling.request({"op": "tell", "on": {}}, {}, cpu_seconds=5)[0]["value"]["folder"]
        on = {**targets, "sibling_folder": folder, "source": ATTACKS[name]}
        request = {"op": name, "on": on}
        reply, _ = child.request(request, {}, cpu_seconds=5)
    return reply


def contents(folder: str) -> dict[str, tuple[str, int, float]]:
    return {
        path.name: (path.read_text(), path.stat().st_mode, path.stat().st_mtime)
        for path in Path(folder).iterdir()
    }


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_sandbox(confined: Sandbox, targets: dict[str, Any], name: str) -> None:
    before = contents(targets["outside"])
    reply = attempt(confined, name, targets)
    assert not reply["succeeded"], reply["found"]
    assert contents(targets["outside"]) == before
    assert Path(targets["readable_file"]).read_text() == "important"


@pytest.mark.parametrize("name", WORKING)
def test_works_without_the_sandbox(unconfined: Sandbox, targets: dict[str, Any], name: str) -> None:
    reply = attempt(unconfined, name, targets)
    if not reply["succeeded"] and name in OFTEN_REFUSED:
        pytest.skip(f"this machine refuses it without a sandbox: {reply['found']}")
    assert reply["succeeded"], reply["found"]


def test_becoming_a_program_works_without_the_sandbox(
    unconfined: Sandbox, targets: dict[str, Any]
) -> None:
    """The program has no connection, so only its end can be seen."""
    with pytest.raises(ChildDied, match="status 0"):
        attempt(unconfined, "become_a_program", targets)


def test_a_daemon_outlives_its_child_without_the_sandbox_only(
    confined: Sandbox, unconfined: Sandbox, targets: dict[str, Any]
) -> None:
    written = Path(targets["outside"], "daemon")
    attempt(confined, "leave_a_daemon", targets)
    attempt(unconfined, "leave_a_daemon", targets)
    end = time.monotonic() + 10
    while not written.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert written.exists()  # by the unconfined child; the other was refused, see above


def in_a_plain_process(name: str, arguments: dict[str, Any], descriptor: int) -> dict[str, Any]:
    """What an attack finds in a program that was started without precautions."""
    code = "import json, sys, escape_service as e; print(json.dumps(e.run(*json.load(sys.stdin))))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps([name, {"own_descriptor": -1, "source": ATTACKS[name], **arguments}]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(SERVICE).parent)},
        pass_fds=[descriptor],
    )
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize(
    "name", ["find_an_inherited_descriptor", "find_a_secret_in_the_environment"]
)
def test_a_plain_process_inherits(targets: dict[str, Any], name: str) -> None:
    with open(os.devnull) as file:  # noqa: PTH123 - any descriptor
        assert in_a_plain_process(name, targets, file.fileno())["succeeded"]


def test_what_the_grader_knows_is_not_in_a_childs_memory(confined: Sandbox) -> None:
    knows = {"answer": secrets.token_hex(16), "more": []}
    name = "find_a_secret_in_memory"
    halves = {
        "secret_halves": [knows["answer"][:16], knows["answer"][16:]],
        "source": ATTACKS[name],
    }
    assert escape_service.run(name, dict(halves))["succeeded"]
    with confined.child() as child:
        request = {"op": name, "on": halves}
        reply, _ = child.request(request, {}, cpu_seconds=10)
    assert not reply["succeeded"]


def test_ordinary_code_keeps_working(confined: Sandbox) -> None:
    with confined.child() as child:
        request = {"op": "use_what_tensorflow_uses", "on": {}}
        reply, _ = child.request(request, {}, cpu_seconds=10)
    assert reply["found"] == "42"
