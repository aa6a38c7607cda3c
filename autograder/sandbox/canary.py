"""A trusted program that behaves like a hostile one, to see what the sandbox really stops.

It runs in a confined child before any student's code does. What succeeds is missing protection.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import msgspec

from autograder.sandbox.channel import Connection

EXEC = "starting another program"


class Attempts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to try.

    Attributes:
        secrets: paths that must not be readable.
        outside: a folder that must not be writable.
        grader: the process id of the grader.
    """

    secrets: list[str]
    outside: str
    grader: int


class Succeeded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which of the attempts succeeded."""

    names: list[str]


def serve(connection: Connection) -> None:
    """Answer one request, which is `Attempts`, by what `Succeeded`.

    If starting a program succeeds, the connection simply ends.
    """
    request, _ = connection.receive(Attempts)
    grader, outside = request.grader, Path(request.outside)
    attempts: dict[str, Callable[[], object]] = {
        f"writing to {outside}": lambda: (outside / "canary").write_bytes(b""),
        "using TCP": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "using UDP": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "using local sockets": lambda: socket.socket(socket.AF_UNIX, socket.SOCK_STREAM),
        "starting another process": _fork,
        "sending a signal to the grader": lambda: os.kill(grader, 0),
        "reading the grader's environment": lambda: Path(f"/proc/{grader}/environ").read_bytes(),
        "seeing other processes": _see_another,
    }
    for path in request.secrets:
        attempts[f"reading {path}"] = lambda path=path: _read(Path(path))  # type: ignore[misc]
    succeeded = [name for name, attempt in attempts.items() if _succeeds(attempt)]
    _succeeds(lambda: os.execv("/proc/self/exe", ["canary", "-c", ""]))
    _succeeds(lambda: os.execv("/usr/bin/env", ["env"]))
    connection.send(Succeeded(succeeded), {})


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _see_another() -> None:
    others = {name for name in os.listdir("/proc") if name.isdigit()} - {str(os.getpid())}  # noqa: PTH208
    if not others:
        raise ProcessLookupError


def _read(path: Path) -> object:
    return os.listdir(path) if path.is_dir() else path.open("rb").read(1)  # noqa: PTH208
