"""The sandbox as the grader sees it: patience, limits, how a death is told, and what is left."""

from __future__ import annotations

import errno
import json
import os
import re
import select
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import escape_service
import numpy as np
import psutil
import pytest

from autograder.sandbox import canary, scratch, watch
from autograder.sandbox.forked import ForkedProcess, start_child
from autograder.sandbox.limits import Limits
from autograder.sandbox.sandbox import Child, ChildDied, Sandbox, SandboxLost, SandboxUnavailable
from autograder.sandbox.wire import Message, NamedArrays, WireError

SERVICE = escape_service.__file__
MEBIBYTE = 1 << 20
SMALL = Limits(
    memory_bytes=1024 * MEBIBYTE,
    scratch_bytes=20 * MEBIBYTE,
    scratch_files=500,
    threads=100,
    frame_bytes=MEBIBYTE,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(service=SERVICE, limits=SMALL) as sandbox:
        yield sandbox


def ask(
    child: Child,
    name: str,
    cpu_seconds: float = 5.0,
    arrays: NamedArrays | None = None,
    **arguments: Any,
) -> tuple[Message, NamedArrays]:
    return child.request({"op": name, "on": arguments}, arrays or {}, cpu_seconds=cpu_seconds)


def folder_of(child: Child) -> Path:
    assert isinstance(child._process, ForkedProcess)
    return child._process.folder


def alive(pid: int) -> bool:
    """Running, or not yet waited for."""
    return psutil.pid_exists(pid)


def wait_until(condition: Callable[[], object], seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(condition())


# --- asking ---------------------------------------------------------------------------------------


def test_the_level_is_told(sandbox: Sandbox) -> None:
    assert "seccomp" in sandbox.level
    with Sandbox(service=SERVICE, confined=False) as unsafe:
        assert unsafe.level == "none"


def test_a_child_has_a_folder_of_its_own_and_no_environment_of_ours(sandbox: Sandbox) -> None:
    with sandbox.child() as child, sandbox.child() as other:
        told, other_told = (ask(one, "tell")[0]["value"] for one in (child, other))
        assert Path(told["folder"]).stat().st_mode & 0o777 == 0o700
    assert told["folder"] == told["home"] != other_told["folder"]
    assert not Path(told["folder"]).exists()
    assert set(told["environment"]) <= {
        "CUDA_VISIBLE_DEVICES",
        "HOME",
        "KERAS_BACKEND",
        "LANG",
        "MPLBACKEND",
        "TF_CPP_MIN_LOG_LEVEL",
        "TMPDIR",
    }
    repository = str(Path(__file__).parents[2])
    assert repository not in told["path"]


def test_arrays_come_back(sandbox: Sandbox) -> None:
    sent = {"x": np.arange(6.0).reshape(2, 3), "y": np.asarray(True)}
    with sandbox.child() as child:
        for _ in range(3):
            _, received = ask(child, "tell", arrays=sent)
            np.testing.assert_array_equal(received["x"], sent["x"])
            assert received["y"].shape == ()


def test_children_run_side_by_side_from_many_threads(sandbox: Sandbox) -> None:
    def work(number: int) -> bool:
        with sandbox.child() as child:
            _, arrays = ask(child, "tell", arrays={"x": np.asarray(number)})
            return int(arrays["x"]) == number

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(work, range(40)))


def test_a_sandbox_may_be_started_by_a_thread_that_ends() -> None:
    """The zygote must not die with the thread that happened to start it."""
    sandbox = Sandbox(service=SERVICE)
    thread = threading.Thread(target=sandbox.__enter__)
    thread.start()
    thread.join()
    with sandbox.child() as child:
        assert ask(child, "tell")[0]["succeeded"]
    assert sandbox.statistics.restarts == 0
    sandbox.close()


# --- patience -------------------------------------------------------------------------------------


def test_computing_too_long_is_a_timeout(sandbox: Sandbox) -> None:
    for name in ("spin", "ignore_signals_and_spin"):
        with sandbox.child() as child:
            started = time.monotonic()
            with pytest.raises(ChildDied, match=r"CPU limit of 0\.3 s\.") as caught:
                ask(child, name, cpu_seconds=0.3)
            assert caught.value.kind == "timeout"
            assert 0.3 <= caught.value.cpu_seconds < 2
            assert time.monotonic() - started < 6
            assert not alive(child.pid)


def test_waiting_too_long_is_a_timeout_whatever_the_child_waits_for(sandbox: Sandbox) -> None:
    """All at once, since each takes the five seconds that a loaded machine is granted."""

    def wait(name: str) -> ChildDied:
        with sandbox.child() as child, pytest.raises(ChildDied) as caught:
            # A whole second: taking in 32 MiB costs some on a busy machine.
            ask(child, name, 1.0, {"x": np.zeros(4 * MEBIBYTE)})
        return caught.value

    with ThreadPoolExecutor(3) as threads:
        for died in threads.map(wait, ["sleep", "stop", "deaf"]):
            assert died.kind == "timeout"
            assert re.fullmatch(
                r"No reply within 11 s, of which it computed for 0\.\d s: it sleeps, or waits for "
                r"something, perhaps in a loop\.",
                died.message,
            )


def test_what_a_child_waits_for_a_core_is_not_its_own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a machine so busy that 100 seconds bring it a thousandth of a core."""

    class Waiting:
        def cpu_seconds(self) -> float:
            return watch.cpu_time(os.getpid())

        def waited_seconds(self) -> float:
            return waited

        def glance(self) -> None:
            pass

        def look(self) -> None:
            pass

    begun, waited = time.monotonic(), 0.0
    observer = watch.Watch(Waiting(), cpu_seconds=10.0)
    assert observer.pause() > 0
    monkeypatch.setattr(time, "monotonic", lambda: begun + 100)
    with pytest.raises(ChildDied, match="No reply"):
        observer.pause()
    waited = 99.0
    assert observer.pause() > 0
    assert watch.cpu_time(os.getpid()) > 0


def test_a_request_may_have_less_wall_clock_time(sandbox: Sandbox) -> None:
    with sandbox.child() as child, pytest.raises(ChildDied, match=r"No reply within 0\.2 s"):
        child.request({"op": "sleep", "on": {}}, {}, cpu_seconds=5.0, wall_seconds=0.2)


def test_a_child_knows_what_its_answers_have_used(sandbox: Sandbox) -> None:
    with sandbox.child() as child:
        ask(child, "compute", seconds=0.2)
        assert 0.2 <= child.cpu_seconds < 5
        before = child.cpu_seconds
        with pytest.raises(ChildDied):
            ask(child, "spin", cpu_seconds=0.2)
        assert 0.2 <= child.cpu_seconds - before < 5
        assert child.waited_seconds >= 0


def test_the_kernel_bounds_threads_that_are_started_faster_than_they_are_counted(
    sandbox: Sandbox,
) -> None:
    source = (
        "import resource\n\n"
        "def limit(on):\n    return {'threads': resource.getrlimit(resource.RLIMIT_NPROC)[0]}"
    )
    with sandbox.child() as child:
        reply, _ = ask(child, "limit", source=source)
    running = int(Path("/proc/loadavg").read_text().split()[3].partition("/")[2])
    assert reply["value"]["threads"] <= running + 10 * SMALL.threads


def test_waiting_for_a_core_is_seen() -> None:
    """Two that compute on one core have to wait for each other."""
    code = "import os, time; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    code += "end = time.monotonic() + 2\nwhile time.monotonic() < end: pass"
    rivals = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(2)]
    time.sleep(1.5)
    waited = [watch.waited_for_a_core(rival.pid) for rival in rivals]
    for rival in rivals:
        rival.wait()
    assert sum(waited) > 0.3
    assert watch.waited_for_a_core(rivals[0].pid) == 0


def test_what_ends_while_it_is_read_has_waited_for_nothing_more() -> None:
    """A child's death must reach the student as that, whatever the grader was reading then."""
    for _ in range(40):
        short_lived = subprocess.Popen(["/bin/true"])
        reaping = threading.Thread(target=short_lived.wait)
        reaping.start()
        while reaping.is_alive():
            assert watch.waited_for_a_core(short_lived.pid) >= 0
            assert watch.has_ended(short_lived.pid) in (True, False)
        reaping.join()


def test_the_time_of_one_request_does_not_count_for_the_next(sandbox: Sandbox) -> None:
    with sandbox.child() as child:
        for _ in range(4):
            ask(child, "compute", cpu_seconds=0.6, seconds=0.25)


def test_all_the_time_of_a_child_is_bounded(sandbox: Sandbox) -> None:
    limits = Limits(memory_bytes=1024 * MEBIBYTE, cpu_seconds=1)
    with (
        sandbox.child(limits) as child,
        pytest.raises(ChildDied, match="CPU limit of 1 s for all checks") as caught,
    ):
        ask(child, "spin", cpu_seconds=60)
    assert caught.value.kind == "timeout"


# --- how a death is told --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("exit_quietly", "crashed", "exited with status 0"),
        ("exit_with_status", "crashed", "exited with status"),
        ("crash", "crashed", "SIGSEGV"),
        ("kill_itself", "crashed", "SIGKILL"),
        ("let_a_memory_error_through", "memory", "Out of memory"),
        ("fill_the_memory_and_abort", "memory", "SIGABRT"),
        ("close_the_connection", "crashed", "closed its connection"),
        ("leave_a_thread_behind", "crashed", "closed its connection"),
        ("write_many_files", "crashed", "Wrote more than 500 files"),
        ("write_many_bytes", "crashed", "Wrote more than 20,971,520 bytes"),
        ("write_to_deleted_files", "crashed", "Wrote more than 20,971,520 bytes"),
        ("write_too_deep_to_be_named", "crashed", "a directory that cannot be read"),
        ("start_many_threads", "crashed", "Started more than 100 threads"),
    ],
)
def test_a_death_is_told_apart(sandbox: Sandbox, name: str, kind: str, message: str) -> None:
    with sandbox.child() as child:
        with pytest.raises(ChildDied, match=message) as caught:
            ask(child, name, cpu_seconds=20)
        assert caught.value.kind == kind
        assert not alive(child.pid)
        with pytest.raises(ChildDied):  # and there is no second life
            ask(child, "tell")


def test_the_most_memory_that_a_child_had_is_known_once_it_is_gone(sandbox: Sandbox) -> None:
    peaks = []
    for megabytes in (1, 200):
        with sandbox.child() as child:
            ask(child, "take_memory", megabytes=megabytes)
            assert child.peak_bytes == 0
            ask(child, "take_memory", megabytes=1)
        peaks.append(child.peak_bytes)
    # The libraries, which it shares with all others, are not its own.
    assert peaks[0] < 50e6
    assert 190e6 < peaks[1] < 250e6


def test_a_death_is_told_apart_on_a_machine_too_busy_to_tell_of_it(sandbox: Sandbox) -> None:
    with sandbox.child() as child:
        zygote = parent(child.pid)
        os.kill(zygote, signal.SIGSTOP)
        later = threading.Timer(2.0, os.kill, (zygote, signal.SIGCONT))
        later.start()
        with pytest.raises(ChildDied, match="SIGKILL") as caught:
            ask(child, "kill_itself", cpu_seconds=20)
        later.join()
        assert caught.value.killed


@pytest.mark.parametrize(
    ("name", "message"),
    [("flood", "at most"), ("answer_garbage", "at most"), ("forge", "belong")],
)
def test_a_malformed_answer_ends_the_child(sandbox: Sandbox, name: str, message: str) -> None:
    with sandbox.child() as child:
        with pytest.raises(WireError, match=message):
            ask(child, name)
        assert not alive(child.pid)
        with pytest.raises(ChildDied, match="invalid reply"):
            ask(child, "tell")


def test_an_answer_given_before_the_question_is_refused(sandbox: Sandbox) -> None:
    with sandbox.child() as child:
        ask(child, "answer_the_next_question_too")
        (folder_of(child) / "read").touch()
        assert wait_until(lambda: select.select([child._channel._connection], [], [], 0)[0])
        with pytest.raises(WireError, match="belong"):
            ask(child, "tell")


def test_a_request_that_cannot_be_sent_is_no_fault_of_the_submission(sandbox: Sandbox) -> None:
    with sandbox.child() as child:
        for bad in ({"x": np.array([object()])}, {"x": np.zeros(65 * MEBIBYTE, np.uint8)}):
            with pytest.raises(SandboxLost, match="could not be sent"):
                ask(child, "tell", arrays=bad)
        assert ask(child, "tell")[0]["succeeded"]


# --- what is left ---------------------------------------------------------------------------------


def test_hidden_files_are_removed(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 60)  # or it may be ended before it has hidden them
    with sandbox.child(Limits()) as child:
        folder = folder_of(child)
        with pytest.raises(ChildDied, match="cannot be read"):
            ask(child, "hide_files")
    assert not folder.exists()


def test_removing_follows_no_link(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "link").symlink_to(kept)
    (folder / "inner" / "link").symlink_to(kept)
    assert scratch.usage(folder, 100)[1] == 3
    scratch.remove(folder)
    assert not folder.exists()
    assert (kept / "file").read_text() == "x"
    scratch.remove(folder)  # gone already


GRADER = """
import json, sys
import psutil
from autograder.sandbox.sandbox import Sandbox
try:
    with Sandbox(service=sys.argv[1]) as sandbox, sandbox.child() as child:
        answer, _ = child.request({"op": "tell", "on": {}}, {}, cpu_seconds=5)
        zygote = psutil.Process(child.pid).ppid()
        print(json.dumps([str(sandbox.folder), zygote, child.pid]), flush=True)
        child.request({"op": "sleep", "on": {}}, {}, cpu_seconds=60)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture
def grader() -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", GRADER, SERVICE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as grader:
        yield grader
        grader.kill()


def left_behind(folder: str, *processes: int) -> bool:
    """Whether one of the processes lives, or a file is left."""
    if not wait_until(lambda: not any(map(alive, processes))):
        return True
    # Where bubblewrap holds the folder, it is left, empty, until the next run sweeps.
    return Path(folder).exists() and any(Path(folder).iterdir())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_grader_that_is_stopped_leaves_nothing_behind(
    grader: subprocess.Popen[str], number: int
) -> None:
    assert grader.stdout
    folder, zygote, child = json.loads(grader.stdout.readline())
    assert alive(zygote)
    assert alive(child)
    grader.send_signal(number)
    out, errors = grader.communicate(timeout=30)
    assert errors == ""
    assert out == ("interrupted\n" if number == signal.SIGINT else "")
    assert not left_behind(folder, zygote, child)
    scratch.sweep()
    assert not Path(folder).exists()


def test_nor_does_one_that_is_stopped_before_it_has_read_everything(
    grader: subprocess.Popen[str],
) -> None:
    """The zygote then finds a connection reset, not one that has ended."""
    assert grader.stdout
    folder, zygote, child = json.loads(grader.stdout.readline())
    grader.send_signal(signal.SIGSTOP)
    os.kill(child, signal.SIGKILL)
    assert wait_until(lambda: not alive(child) and asleep(zygote))  # it has told of that
    grader.kill()
    assert not left_behind(folder, zygote, child)


def asleep(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_SLEEPING


def test_nothing_is_left_after_an_ordinary_end() -> None:
    with Sandbox(service=SERVICE) as sandbox:
        child = sandbox.child()  # not closed
        pid, folder = child.pid, sandbox.folder
    assert not alive(pid)
    assert not folder.exists()
    sandbox.close()
    child.close()


# --- the grader's own faults ----------------------------------------------------------------------


def test_a_killed_zygote_is_no_fault_of_the_submission_and_is_started_again() -> None:
    with Sandbox(service=SERVICE) as sandbox:
        with sandbox.child() as child:
            os.kill(parent(child.pid), signal.SIGKILL)
            with pytest.raises(SandboxLost):
                ask(child, "sleep")
        with sandbox.child() as child:
            assert ask(child, "tell")[0]["succeeded"]
        assert sandbox.statistics.restarts == 1


def parent(pid: int) -> int:
    return psutil.Process(pid).ppid()


@pytest.mark.parametrize(
    ("name", "killed"),
    [("kill_itself", True), ("fill_the_memory_and_abort", True), ("crash", False)],
)
def test_a_death_that_others_can_have_caused_is_told_apart(
    sandbox: Sandbox, name: str, killed: bool
) -> None:
    """TensorFlow aborts if it gets no thread, and a neighbour may have taken them all."""
    with sandbox.child() as child:
        with pytest.raises(ChildDied) as caught:
            ask(child, name, cpu_seconds=20)
        assert caught.value.killed == killed


def test_a_temporary_folder_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    with (
        pytest.raises(SandboxUnavailable, match=r"missing \(No such file.*TMPDIR"),
        Sandbox(service=SERVICE),
    ):
        pass


def test_a_disk_that_is_full_meanwhile_is_the_graders_own_fault(
    monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox
) -> None:
    def full(self: Path, mode: int = 0o777) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(SandboxLost, match="could not be made: No space left"):
        sandbox.child()


def test_a_service_that_cannot_be_imported_is_shown(tmp_path: Path) -> None:
    service = tmp_path / "broken.py"
    service.write_text("import a_module_that_nobody_has\n")
    with (
        pytest.raises(SandboxUnavailable, match="a_module_that_nobody_has"),
        Sandbox(service=str(service)),
    ):
        pass


def test_a_zygote_with_threads_forks_nobody(tmp_path: Path) -> None:
    service = tmp_path / "threaded.py"
    service.write_text(
        "import threading, time\n"
        "threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "def serve(connection): pass\n"
    )
    with (
        Sandbox(service=str(service), confined=False) as sandbox,
        pytest.raises(SandboxLost, match="2 threads"),
    ):
        sandbox.child()


def test_secrets_inside_the_installation_are_refused() -> None:
    packages = Path(sysconfig.get_path("purelib"))
    for secret in (packages / "numpy", packages):
        with (
            pytest.raises(SandboxUnavailable, match=r"overlap.*Move the course"),
            Sandbox(service=SERVICE, secrets=[secret]),
        ):
            pass


def test_the_self_test_notices_every_missing_protection(tmp_path: Path) -> None:
    """The canary in an unconfined child: all that it tries succeeds."""
    secret = tmp_path / "solution"
    secret.write_text("x")
    request = canary.Attempts([str(secret)], str(tmp_path), os.getpid())
    with Sandbox(service=SERVICE, confined=False) as sandbox:
        assert sandbox._keeper
        with (
            start_child(sandbox._keeper, SMALL, confined=False, canary=True) as child,
            pytest.raises(ChildDied, match="exited with status"),  # it became another program
        ):
            child.request(request, {}, cpu_seconds=5)
    assert (tmp_path / "canary").exists()


def test_a_missing_protection_is_a_refusal_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this kernel had let the canary do something."""

    def permissive(
        self: Child, message: object, arrays: NamedArrays, *, reply: object, cpu_seconds: float
    ) -> tuple[canary.Succeeded, NamedArrays]:
        return canary.Succeeded(["using UDP"]), {}

    monkeypatch.setattr(Child, "request", permissive)
    with (
        pytest.raises(SandboxUnavailable, match=r"from using UDP.*--unsafe"),
        Sandbox(service=SERVICE),
    ):
        pass


def test_another_system_is_told_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with (
        pytest.raises(SandboxUnavailable, match="on a Mac a Linux container"),
        Sandbox(service=SERVICE),
    ):
        pass


def test_the_pool_can_be_imported_on_any_system() -> None:
    """Otherwise users of another system would not see that message."""
    code = (
        "import psutil, sys; sys.modules['resource'] = sys.modules['fcntl'] = None; "
        "import autograder.sandbox.sandbox; "
        "assert 'autograder.sandbox.confinement' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.slow
def test_tensorflow_works_when_confined() -> None:
    service = str(Path(__file__).with_name("tensorflow_service.py"))
    with Sandbox(service=service, secrets=[Path(__file__).parent]) as sandbox:
        results = []
        for _ in range(3):
            with sandbox.child() as child:
                reply, arrays = child.request({}, {}, cpu_seconds=120)
                assert reply["loss"] < 1
                results.append(arrays["weights"])
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_two_threads_may_remove_one_folder(tmp_path: Path) -> None:
    """A sandbox that is closed removes what a child's own thread is removing."""
    for number in range(20):
        folder = tmp_path / str(number)
        for part in range(30):
            deep = folder / f"child-{part}" / "a" / "b"
            deep.mkdir(parents=True)
            (deep / "file").touch()
        parts = [folder, *(folder / f"child-{part}" for part in range(30))]
        with ThreadPoolExecutor(8) as executor:
            list(executor.map(scratch.remove, parts))
        assert not folder.exists()
