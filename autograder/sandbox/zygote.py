"""The process that children are forked from: imports once, knows nothing worth stealing.

Started by `keeper` as a new program, never forked from the grader, so its memory (which every child
inherits) holds no reference and no answer. It imports the service, which imports keras, and runs
no operation: TensorFlow's threads would be lost in a child, which would then wait for them forever.

It obeys the orders of `control` and reports events. If the control socket ends without a `Stop`,
the grader has been killed, and the zygote removes what the grader can no longer remove itself.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import os
import resource
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import psutil

from autograder.sandbox import canary, confinement, control, scratch
from autograder.sandbox.channel import Connection
from autograder.sandbox.limits import OUT_OF_MEMORY
from autograder.sandbox.service import Serve, load


@dataclasses.dataclass
class _Running:
    job: int
    pid: int
    pidfd: int


class Zygote:
    """Forks children on request and reports how they end.

    Args:
        connection: to the grader, which alone is trusted.
        serve: all that a child runs.
        run_folder: where the children's folders are.
    """

    def __init__(self, connection: socket.socket, serve: Serve, run_folder: Path) -> None:
        self._control = connection
        self._run_folder = run_folder
        self._serve = serve
        self._itself = psutil.Process()
        self._readable = confinement.readable_paths()
        self._running: dict[int, _Running] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(connection, selectors.EVENT_READ, None)
        self._stopped = False

    def run(self) -> bool:
        """Serve the grader until it stops, then end every child; False if it just vanished."""
        # The imports' objects live as long as this process: no child needs to look through them,
        # or to copy their pages for having done so.
        gc.collect()
        gc.freeze()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._report(control.Ready([str(path) for path in self._readable], peak))
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
        """Carry out one order; False at the end of the control socket."""
        try:
            order, handles = control.receive(self._control, control.ORDERS)
        except ConnectionResetError:  # the end of a socket that held something unread
            return False
        if order is None:
            return False
        if isinstance(order, control.Stop):
            self._stopped = True
            return False
        if isinstance(order, control.Kill):
            # It may have ended by itself in the meantime.
            if running := self._running.get(order.job):
                self._kill(running)
            return True
        try:
            self._start(order, handles[0])
        except (OSError, RuntimeError) as error:
            self._report(control.Refused(order.job, str(error)[: control.REASON_CHARS]))
        finally:
            os.close(handles[0])
        return True

    def _start(self, order: control.Start, handle: int) -> None:
        threads = self._itself.num_threads()
        if threads != 1:
            raise RuntimeError(
                f"the zygote has {threads} threads, so a child would hang: "
                "something runs TensorFlow operations while it is imported"
            )
        zygote = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                self._become_child(order, handle, zygote)
            finally:
                os._exit(1)
        running = _Running(order.job, pid, os.pidfd_open(pid))
        self._running[running.job] = running
        self._selector.register(running.pidfd, selectors.EVENT_READ, running)
        # The grader may be in another namespace, where the process has another number, so it gets
        # a handle of it.
        self._report(control.Started(running.job), [running.pidfd])

    def _become_child(self, order: control.Start, handle: int, zygote: int) -> NoReturn:
        """Run the service in this new process, which ends with it."""
        self._selector.close()
        self._control.close()
        folder = Path(order.folder)
        connection = _leave_everything(handle, folder, zygote)
        connection.receive()  # "are you ready?"
        try:
            if order.confined:
                confinement.confine(
                    folder, self._readable, order.limits, order.landlock, self._run_folder
                )
            else:
                confinement.limit_resources(order.limits)
        except Exception as error:
            connection.send(control.Readiness(f"{error}"[: control.REASON_CHARS]), {})
            os._exit(1)
        connection.send(control.Readiness(), {})
        serve = canary.serve if order.canary else self._serve
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
            control.Ended(
                running.job,
                status=os.waitstatus_to_exitcode(status),
                peak_bytes=usage.ru_maxrss * 1024,
                cpu_seconds=usage.ru_utime + usage.ru_stime,
            )
        )

    def _report(self, event: control.Event, handles: Sequence[int] = ()) -> None:
        # A grader that is gone is noticed where its orders are read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            control.send(self._control, event, handles)


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


def _forget_the_repository() -> None:
    """Leave only the runtime on the import path: an editable install puts the course there."""
    runtime = confinement.readable_paths()
    sys.path[:] = [
        entry for entry in sys.path if any(Path(entry).is_relative_to(path) for path in runtime)
    ]
    sys.path_importer_cache.clear()


def main(arguments: list[str]) -> None:
    """``zygote CONTROL_FD PARENT_PID RUN_FOLDER SERVICE``; called by `keeper` only.

    PARENT_PID is 0 if there is another process, bubblewrap, between the grader and this one.
    """
    control_handle, parent, run_folder, service = arguments
    # The terminal's Ctrl-C is for the grader, which then closes the control socket.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    confinement.die_with_parent(int(parent) or os.getppid(), signal.SIGTERM)
    confinement.hide_memory()
    connection = socket.socket(fileno=int(control_handle))
    connection.set_inheritable(False)
    stopped = False
    try:
        gc.disable()  # of what an import makes, nearly all stays: looking through it takes a tenth
        serve = load(service)
        gc.enable()
        _forget_the_repository()
        stopped = Zygote(connection, serve, Path(run_folder)).run()
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
