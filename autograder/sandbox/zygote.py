"""The process that children are forked from: imports once, knows nothing worth stealing.

Started by `pool` as a new program, never forked from the grader, so its memory (which every child
inherits) holds no reference and no answer. It imports the service, which imports keras, and runs
no operation: TensorFlow's threads would be lost in a child, which would then wait for them forever.

Messages on the control socket are one JSON object each (``SOCK_SEQPACKET`` keeps them apart):
``start`` with the child's end of a connection attached, ``kill``, and ``stop``; back come
``ready``, ``started``, ``refused`` and ``ended``. If the control socket ends without a ``stop``,
the grader has been killed, and the zygote removes what it can no longer remove itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import importlib
import importlib.util
import json
import os
import resource
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from autograder.sandbox import canary, confinement, scratch
from autograder.sandbox.channel import Connection
from autograder.sandbox.limits import CONTROL_BYTES, OUT_OF_MEMORY, Limits

Serve = Callable[[Connection], None]


@dataclasses.dataclass
class _Running:
    job: int
    pid: int
    pidfd: int


class Zygote:
    """Forks children on request and reports how they end.

    Args:
        control: connected to the grader, which alone is trusted.
        service: a module with ``serve(connection)``, which is all that a child runs.
        run_folder: where the children's folders lie.
    """

    def __init__(self, control: socket.socket, service: ModuleType, run_folder: Path) -> None:
        self._control = control
        self._run_folder = run_folder
        self._serve: Serve = service.serve
        self._readable = confinement.readable_paths()
        self._running: dict[int, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, None)
        self._stopped = False

    def run(self) -> bool:
        """Serve the grader until it stops, then end every child; False if it just vanished."""
        # The imports' objects live as long as this process: no child needs to look through them,
        # or to copy their pages for having done so.
        gc.collect()
        gc.freeze()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._report(
            event="ready",
            readable=[str(path) for path in self._readable],
            peak_bytes=peak,
        )
        try:
            while True:
                for key, _ in self._selector.select():
                    if key.data is not None:
                        self._reap(key.data)
                    elif not self._obey():
                        return self._stopped
        finally:
            for running in list(self._running.values()):
                self._kill(running)
                os.waitpid(running.pid, 0)

    def _obey(self) -> bool:
        """Carry out one message; False at the end of the control socket."""
        try:
            data, handles, _, _ = socket.recv_fds(self._control, CONTROL_BYTES, 1)
        except ConnectionResetError:  # the end of a socket that held something unread
            return False
        if not data:
            return False
        message = json.loads(data)
        if message["do"] == "stop":
            self._stopped = True
            return False
        if message["do"] == "kill":
            # It may have ended by itself in the meantime.
            if running := self._running.get(message["job"]):
                self._kill(running)
            return True
        try:
            self._start(message, handles[0])
        except (OSError, RuntimeError) as error:
            self._report(event="refused", job=message["job"], reason=str(error))
        finally:
            os.close(handles[0])
        return True

    def _start(self, message: dict[str, Any], handle: int) -> None:
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            raise RuntimeError(
                f"the zygote has {threads} threads, so a child would hang: "
                "something runs TensorFlow operations while it is imported"
            )
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._become_child(message, handle, zygote)
            finally:
                os._exit(1)
        running = _Running(message["job"], pid, os.pidfd_open(pid))
        self._running[running.job] = running
        self._selector.register(running.pidfd, selectors.EVENT_READ, running)
        # The grader may be in another namespace, where the process has another number: a handle of
        # it tells.
        self._report(handles=[running.pidfd], event="started", job=running.job)

    def _become_child(self, message: dict[str, Any], handle: int, zygote: int) -> NoReturn:
        """Run the service in this new process, which ends with it."""
        self._selector.close()
        self._control.close()
        folder = Path(message["scratch"])
        limits = Limits(**message["limits"])
        connection = _leave_everything(handle, folder, zygote)
        connection.receive()  # "are you ready?"
        try:
            if message["confined"]:
                confinement.confine(
                    folder, self._readable, limits, message["landlock"], self._run_folder
                )
            else:
                confinement.limit_resources(limits)
        except Exception as error:
            connection.send({"refused": f"{error}"}, {})
            os._exit(1)
        connection.send({}, {})
        serve = canary.serve if message["canary"] else self._serve
        status = 1
        try:
            serve(connection)
            status = 0
        except EOFError:
            status = 0
        except MemoryError:
            status = OUT_OF_MEMORY
        finally:
            # Not sys.exit: no handler that student code has left may run.
            os._exit(status)

    def _kill(self, running: _Running) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(running.pidfd, signal.SIGKILL)
        self._kill_descendants(running)

    def _kill_descendants(self, running: _Running) -> None:
        """A confined child has none; of an unconfined one, those that stayed in its group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(running.pid, signal.SIGKILL)

    def _reap(self, running: _Running) -> None:
        self._kill_descendants(running)  # while the dead child still keeps its number taken
        _, status, usage = os.wait4(running.pid, 0)
        self._selector.unregister(running.pidfd)
        os.close(running.pidfd)
        del self._running[running.job]
        self._report(
            event="ended",
            job=running.job,
            status=os.waitstatus_to_exitcode(status),
            peak_bytes=usage.ru_maxrss * 1024,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
        )

    def _report(self, handles: Sequence[int] = (), **event: object) -> None:
        # A grader that is gone is noticed where its messages are read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            socket.send_fds(self._control, [json.dumps(event).encode()], handles)


def _leave_everything(handle: int, folder: Path, zygote: int) -> Connection:
    """Cut what a fork inherits: session, descriptors, environment, folder."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    confinement.die_with_parent(zygote)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    first_free = 3
    if handle != first_free:
        os.dup2(handle, first_free, inheritable=False)
    os.closerange(first_free + 1, os.sysconf("SC_OPEN_MAX"))
    environment = dict(os.environ)
    os.environ.clear()
    kept = ("LANG", "KERAS_BACKEND", "MPLBACKEND", "TF_CPP_MIN_LOG_LEVEL", "CUDA_VISIBLE_DEVICES")
    os.environ.update({name: environment[name] for name in kept if name in environment})
    os.environ.update(HOME=str(folder), TMPDIR=str(folder))
    tempfile.tempdir = None  # an import may have asked for it already
    os.umask(0o077)
    os.chdir(folder)
    return Connection(socket.socket(fileno=first_free))


def _load(service: str) -> ModuleType:
    """Import a module by its dotted name, or by path if ``service`` ends in ``.py``."""
    if not service.endswith(".py"):
        return importlib.import_module(service)
    spec = importlib.util.spec_from_file_location("autograder_service", service)
    if spec is None or spec.loader is None:
        raise ImportError(f"{service} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _forget_the_repository() -> None:
    """Leave only the runtime on the import path: an editable install puts the course there."""
    runtime = confinement.readable_paths()
    sys.path[:] = [
        entry for entry in sys.path if any(Path(entry).is_relative_to(path) for path in runtime)
    ]
    sys.path_importer_cache.clear()


def main(arguments: list[str]) -> None:
    """``zygote CONTROL_FD PARENT_PID RUN_FOLDER SERVICE``; called by `pool` only.

    PARENT_PID is 0 where something else, bubblewrap, stands between the grader and this process.
    """
    control_handle, parent, run_folder, service = arguments
    # The terminal's Ctrl-C is for the grader, which then closes the control socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    confinement.die_with_parent(int(parent) or os.getppid(), signal.SIGTERM)
    confinement.hide_memory()
    control = socket.socket(fileno=int(control_handle))
    control.set_inheritable(False)
    stopped = False
    try:
        module = _load(service)
        _forget_the_repository()
        stopped = Zygote(control, module, Path(run_folder)).run()
    except Exception:
        traceback.print_exc()
        stopped = True
        sys.exit(1)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if not stopped:
            with contextlib.suppress(OSError):
                scratch.remove(Path(run_folder))


if __name__ == "__main__":
    main(sys.argv[1:])
