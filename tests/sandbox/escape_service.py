"""Runs attacks as student code would run, and misbehaves in ways that try the grader's patience.

A service for `autograder.sandbox.sandbox`. The attacks of `escapes` come as text in the request.
"""

# Attackers make plain system calls.
# ruff: noqa: PTH102, PTH208
from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograder.sandbox import wire

if sys.platform != "win32":
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
# Attacks are sent as text, and import what they share from here.
sys.modules.setdefault("escape_service", sys.modules[__name__])


def called(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def syscall(number: int, *arguments: object) -> int:
    return called(libc.syscall(ctypes.c_long(number), *arguments))


# --- attacks on the grader's patience; most never answer ------------------------------------------


def take_memory(on: SimpleNamespace) -> str:
    return str(len(b"m" * on.megabytes * 1_000_000))


def spin(on: SimpleNamespace) -> None:
    while True:
        pass


def sleep(on: SimpleNamespace) -> None:
    time.sleep(600)


def ignore_signals_and_spin(on: SimpleNamespace) -> None:
    for number in (signal.SIGTERM, signal.SIGXCPU, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    spin(on)


def stop(on: SimpleNamespace) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def exit_quietly(on: SimpleNamespace) -> None:
    os._exit(0)


def exit_with_status(on: SimpleNamespace) -> None:
    sys.exit(3)


def crash(on: SimpleNamespace) -> None:
    ctypes.string_at(0)


def kill_itself(on: SimpleNamespace) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class UnhandledError(MemoryError):
    """A MemoryError that `run` lets through."""


def let_a_memory_error_through(on: SimpleNamespace) -> None:
    raise UnhandledError


def fill_the_memory_and_abort(on: SimpleNamespace) -> None:
    """As TensorFlow does when it cannot start a thread."""
    pages = []
    with contextlib.suppress(MemoryError, OSError):
        while True:
            pages.append(mmap.mmap(-1, 1 << 24, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
    time.sleep(2)  # until the grader has looked at it
    os.abort()


def compute(on: SimpleNamespace) -> object:
    end = time.process_time() + on.seconds
    while time.process_time() < end:
        pass
    return True


def forge(on: SimpleNamespace) -> None:
    """A complete, well-formed reply before the real one."""
    os.write(on.own_descriptor, wire.encode({"score": 100}, {}))
    time.sleep(600)


def answer_the_next_question_too(on: SimpleNamespace) -> object:
    """A forged reply, written once the true one has been read: then the file "read" exists."""
    frame = wire.encode({"score": 100}, {})

    def answer() -> None:
        while not Path("read").exists():
            time.sleep(0.01)
        os.write(on.own_descriptor, frame)

    threading.Thread(target=answer).start()
    return True


def close_the_connection(on: SimpleNamespace) -> None:
    os.close(on.own_descriptor)
    time.sleep(600)


def leave_a_thread_behind(on: SimpleNamespace) -> None:
    """Without its main thread, the process looks as if it had ended."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    os.close(on.own_descriptor)
    syscall(60, 0)  # exit, of this thread only


def flood(on: SimpleNamespace) -> None:
    os.write(on.own_descriptor, struct.pack("<16xII", 2, 3_000_000_000))
    while True:
        os.write(on.own_descriptor, bytes(1 << 16))


def answer_garbage(on: SimpleNamespace) -> None:
    os.write(on.own_descriptor, b"\xff" * 64)
    time.sleep(600)


def write_many_files(on: SimpleNamespace) -> None:
    for number in range(10**9):
        Path(f"file-{number}").write_bytes(b"x" * 100)


def write_many_bytes(on: SimpleNamespace) -> None:
    for number in range(10**9):
        Path(f"file-{number}").write_bytes(bytes(9 << 20))  # many bytes long before many files


def write_to_deleted_files(on: SimpleNamespace) -> None:
    """Files that are open use disk space after they are deleted, and no folder shows them."""
    kept = []
    for number in range(200):
        kept.append(os.open(f"file-{number}", os.O_WRONLY | os.O_CREAT))
        Path(f"file-{number}").unlink()
        for _ in range(9):
            os.write(kept[-1], bytes(1 << 20))
    time.sleep(600)


def write_too_deep_to_be_named(on: SimpleNamespace) -> None:
    for _ in range(45):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    write_many_bytes(on)


def start_many_threads(on: SimpleNamespace) -> None:
    threading.stack_size(64 * 1024)
    with contextlib.suppress(RuntimeError):
        while True:
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    time.sleep(600)


def hide_files(on: SimpleNamespace) -> object:
    """Leave unreadable folders and paths that are too long, which are hard to remove."""
    os.mkdir("closed", 0)
    for _ in range(700):
        os.mkdir("deeper")
        os.chdir("deeper")
    Path("file").write_text("x")
    return "left"


def use_what_tensorflow_uses(on: SimpleNamespace) -> object:
    """What must keep working."""
    left, right = socket.socketpair()
    left.sendall(b"x")
    with tempfile.NamedTemporaryFile() as file:
        file.write(right.recv(1))
    threads = [threading.Thread(target=lambda: None) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    import asyncio
    import shutil

    async def answer() -> int:
        await asyncio.sleep(0)
        return 42

    Path("one").write_text("x")
    shutil.copy2("one", "two")
    Path("folder").mkdir()
    shutil.move("two", "folder/two")  # not a rename: the first Landlock refuses that
    os.urandom(8)
    return asyncio.run(answer())


def tell(on: SimpleNamespace) -> object:
    return {
        "home": os.environ["HOME"],
        "folder": str(Path.cwd()),
        "environment": sorted(os.environ),
        "path": sys.path,
        "threads": len(os.listdir("/proc/self/task")),
    }


def run(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What an attack got hold of; its module is ``arguments["source"]``, or this one."""
    space = globals()
    if source := arguments.pop("source", ""):
        space = {"__name__": "attack"}
        exec(source, space)
    try:
        found = space[name](SimpleNamespace(**arguments))
    except UnhandledError:
        raise
    except (OSError, MemoryError, ImportError, ValueError) as error:
        return {"succeeded": False, "found": repr(error)}
    return {"succeeded": found not in (False, None), "found": repr(found)[:300], "value": found}


def serve(connection: Any) -> None:
    """Run one attack after another."""
    while True:
        request, arrays = connection.receive()
        if request["op"] == "deaf":
            time.sleep(600)
        reply = run(request["op"], {**request["on"], "own_descriptor": 3})
        if not isinstance(reply.get("value"), dict):
            reply.pop("value", None)
        connection.send(reply, {name: np.asarray(array) for name, array in arrays.items()})
