"""Attacks, run as student code would run: each returns what it got hold of, or raises.

A service for `autograder.sandbox.sandbox`. The harm that a success does is to files, sockets and
processes that the test has made for it.
"""

# Attackers make plain system calls.
# ruff: noqa: PTH101, PTH102, PTH104, PTH116, PTH208, PTH211
from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import gc
import mmap
import os
import resource
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograder.sandbox import wire

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
attacks: dict[str, Callable[[SimpleNamespace], object]] = {}


def attack(function: Callable[[SimpleNamespace], object]) -> Callable[[SimpleNamespace], object]:
    attacks[function.__name__] = function
    return function


def called(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def syscall(number: int, *arguments: object) -> int:
    return called(libc.syscall(ctypes.c_long(number), *arguments))


# --- files ----------------------------------------------------------------------------------------


@attack
def read_a_secret(on):
    return Path(on.secret).read_text()


@attack
def list_a_folder(on):
    return os.listdir(Path(on.secret).parent)


@attack
def read_the_password_file(on):
    return Path("/etc/passwd").read_text()


@attack
def read_through_proc_root(on):
    return Path(f"/proc/self/root{on.secret}").read_text()


@attack
def read_through_a_symlink(on):
    os.symlink(on.secret, "link")
    return Path("link").read_text()


@attack
def read_through_a_hard_link(on):
    os.link(on.secret, "link")
    return Path("link").read_text()


@attack
def read_by_file_handle(on):
    """name_to_handle_at, open_by_handle_at: opens an inode without walking a path."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    syscall(303, -100, on.secret.encode(), handle, ctypes.byref(mount), 0)
    folder = os.open(Path(on.secret).parent, os.O_RDONLY)
    return os.read(syscall(304, folder, handle, os.O_RDONLY), 100)


@attack
def watch_a_folder(on):
    """inotify tells the names of files that others use."""
    watch = called(libc.inotify_init1(os.O_NONBLOCK))
    return called(libc.inotify_add_watch(watch, str(Path(on.secret).parent).encode(), 0xFFF))


@attack
def write_a_file(on):
    return Path(on.outside, "written").write_text("x")


@attack
def overwrite_a_file(on):
    return Path(on.victim_file).write_text("x")


@attack
def truncate_a_file(on):
    os.truncate(on.victim_file, 0)
    return "truncated"


@attack
def truncate_by_opening(on):
    """A file that may be read, since the runtime lies beside it; it is never opened for writing."""
    os.close(os.open(on.readable_file, os.O_RDONLY | os.O_TRUNC))
    return "truncated"


@attack
def truncate_by_opening_for_nothing(on):
    """Access mode 3: neither for reading nor for writing."""
    os.close(os.open(on.readable_file, os.O_ACCMODE | os.O_TRUNC))
    return "truncated"


@attack
def lease_a_file(on):
    """Whoever opens it for writing then waits until the lease is given back."""
    handle = os.open(on.readable_file, os.O_RDONLY)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return "leased"


@attack
def open_a_setting_of_the_kernel(on):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "opened"


@attack
def read_about_the_machine(on):
    return Path("/proc/version").read_text()


@attack
def list_attributes(on):
    return os.listxattr(on.victim_file)


@attack
def delete_a_file(on):
    Path(on.victim_file).unlink()
    return "deleted"


@attack
def rename_a_file_out(on):
    Path("inner").write_text("x")
    return os.rename("inner", Path(on.outside, "renamed")) or "renamed"


@attack
def rename_a_file_in(on):
    return os.rename(on.victim_file, "mine") or "renamed"


@attack
def change_a_mode(on):
    before = os.stat(on.victim_file).st_mode
    os.chmod(on.victim_file, 0o777)
    return os.stat(on.victim_file).st_mode != before  # pretended to succeed


@attack
def change_a_time(on):
    os.utime(on.victim_file, (1, 1))
    return os.stat(on.victim_file).st_mtime == 1


@attack
def change_an_attribute(on):
    os.setxattr(on.victim_file, "user.escape", b"x")
    return os.getxattr(on.victim_file, "user.escape")


@attack
def write_to_shared_memory(on):
    path = Path("/dev/shm", f"escape-{os.getpid()}")
    path.write_text("x")
    path.unlink()
    return "written"


@attack
def read_another_childs_folder(on):
    return os.listdir(on.sibling_folder)


@attack
def list_the_run_folder(on):
    own = Path(tempfile.gettempdir())
    others = [name for name in os.listdir(own.parent) if name != own.name]
    if not others:
        raise FileNotFoundError
    return others


@attack
def make_a_named_pipe(on):
    os.mkfifo("pipe")
    return "made"


# --- network and sockets --------------------------------------------------------------------------


@attack
def connect_by_tcp(on):
    with socket.create_connection(("127.0.0.1", on.tcp_port), timeout=2):
        return "connected"


@attack
def listen_by_tcp(on):
    with socket.create_server(("127.0.0.1", 0)):
        return "listening"


@attack
def send_by_udp(on):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        return udp.sendto(b"x", ("127.0.0.1", 9))


@attack
def connect_to_a_local_socket(on):
    with socket.socket(socket.AF_UNIX) as local:
        local.connect(on.unix_stream)
        return "connected"


@attack
def connect_to_an_abstract_socket(on):
    with socket.socket(socket.AF_UNIX) as local:
        local.connect("\0" + on.abstract)
        return "connected"


@attack
def send_through_a_socket_pair(on):
    """A pair needs no socket(), and its datagrams can be sent to any path."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with one, other:
        return one.sendto(b"x", on.unix_datagram)


@attack
def open_a_socket_of_any_family(on):
    made = []
    for family in range(46):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
            with contextlib.suppress(OSError), socket.socket(family, kind):
                made.append(family)
    if not made:
        raise OSError("none")
    return made


@attack
def send_a_descriptor(on):
    """Files on their way in a message are in nobody's list of open files."""
    one, other = socket.socketpair()
    with one, other:
        return socket.send_fds(one, [b"x"], [one.fileno()])


@attack
def ask_netlink(on):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as netlink:
        return netlink.bind((0, 0)) or "bound"


@attack
def set_up_io_uring(on):
    """It opens files and sockets without the calls that a filter sees."""
    return syscall(425, 4, ctypes.create_string_buffer(120))


# --- other processes ------------------------------------------------------------------------------


@attack
def fork(on):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "forked"


@attack
def start_a_program(on):
    return os.posix_spawn("/bin/true", ["true"], {})


@attack
def become_a_program(on):
    os.execv("/bin/cat", ["cat", "/dev/null"])


@attack
def run_a_program_from_memory(on):
    code = os.memfd_create("program")
    os.write(code, Path("/bin/true").read_bytes())
    return code


@attack
def leave_a_daemon(on):
    ready, done = os.pipe()
    if os.fork() == 0:
        called(libc.prctl(1, 0, 0, 0, 0))
        os.setsid()
        os.write(done, b"x")
        time.sleep(0.3)
        Path(on.outside, "daemon").write_text("x")
        os._exit(0)
    return os.read(ready, 1)


@attack
def outlive_the_grader(on):
    """Undo PR_SET_PDEATHSIG."""
    called(libc.prctl(1, 0, 0, 0, 0))
    return "undone"


@attack
def trace_a_process(on):
    return called(libc.ptrace(0x4206, on.victim_pid, 0, 0)) or "traced"  # PTRACE_SEIZE


@attack
def read_a_process_memory(on):
    buffer = ctypes.create_string_buffer(8)
    address = on.victim_address
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    remote = struct.pack("QQ", address, 8)
    called(libc.process_vm_readv(on.victim_pid, local, 1, remote, 1, 0))
    return buffer.raw


@attack
def read_proc_mem(on):
    with Path(f"/proc/{on.victim_pid}/mem").open("rb", 0) as memory:
        memory.seek(on.victim_address)
        return memory.read(8)


@attack
def read_an_environment(on):
    return Path(f"/proc/{on.victim_pid}/environ").read_bytes()


@attack
def read_a_command_line(on):
    return Path(f"/proc/{on.victim_pid}/cmdline").read_bytes()


@attack
def read_the_parents_memory(on):
    """A parent of the same user, unless it hides."""
    with Path(f"/proc/{os.getppid()}/mem").open("rb", 0):
        return "opened"


@attack
def take_a_descriptor(on):
    return syscall(438, syscall(434, on.victim_pid, 0), 1, 0)  # pidfd_getfd, pidfd_open


@attack
def signal_a_process(on):
    return os.kill(on.victim_pid, 0) or "reached"


@attack
def signal_everybody(on):
    """Only a question (signal 0), or the test would not survive it."""
    return os.kill(-1, 0) or "reached"


@attack
def queue_a_signal(on):
    from_a_user = struct.pack("iii", 0, 0, -1) + bytes(116)
    return syscall(129, on.victim_pid, 0, from_a_user) or "queued"


@attack
def own_a_file_for_a_process(on):
    """Its owner is sent a signal of one's choice when the file has something to read."""
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, on.victim_pid)
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


@attack
def own_a_file_by_ioctl(on):
    one, other = socket.socketpair()
    with one, other:
        fcntl.ioctl(one, 0x8901, struct.pack("i", on.victim_pid))  # FIOSETOWN
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


@attack
def choose_the_signal_of_a_file(on):
    one, other = socket.socketpair()
    with one, other:
        return fcntl.fcntl(one, 10, signal.SIGKILL) == 0  # F_SETSIG


@attack
def limit_a_process(on):
    return resource.prlimit(on.victim_pid, resource.RLIMIT_CORE, (0, 0))


@attack
def slow_a_process_down(on):
    return os.setpriority(os.PRIO_PROCESS, on.victim_pid, 5) or "slowed down"


@attack
def pin_a_process(on):
    cores = os.sched_getaffinity(on.victim_pid)
    return os.sched_setaffinity(on.victim_pid, cores) or "pinned"


@attack
def compare_processes(on):
    return syscall(312, os.getpid(), on.victim_pid, 0, 0, 0) or "compared"


@attack
def make_a_user_namespace(on):
    return called(libc.unshare(0x10000000)) or "made"


@attack
def share_memory(on):
    segment = syscall(29, 0, 4096, 0o1600)  # shmget
    called(libc.shmctl(segment, 0, None))
    return "shared"


@attack
def use_a_later_system_call(on):
    """One that no list knows: answered as by a kernel that has no such call."""
    try:
        syscall(471 + 30)
    except OSError as error:
        if error.errno != 38:
            return str(error)
        raise
    return "made"


# --- what a fork inherits: these need no sandbox to fail, only care ----------------------------


@attack
def find_an_inherited_descriptor(on):
    found = []
    for handle in range(3, 1024):
        if handle != on.own_descriptor:
            with contextlib.suppress(OSError):
                fcntl.fcntl(handle, fcntl.F_GETFD)
                found.append(handle)
    if not found:
        raise OSError("none")
    return found


@attack
def find_a_secret_in_the_environment(on):
    inherited = Path("/proc/self/environ").read_bytes()
    if on.environment_secret.encode() not in inherited + str(dict(os.environ)).encode():
        raise OSError("not there")
    return "found"


@attack
def find_a_secret_in_memory(on):
    """Whatever a parent knew would be in the heap."""
    wanted = on.secret_halves[0] + on.secret_halves[1]
    mine = {id(wanted), id(on.secret_halves)}
    for thing in gc.get_objects():
        if id(thing) not in mine and isinstance(thing, dict) and thing.get("answer") == wanted:
            return "found"
    raise OSError("not there")


@attack
def import_from_the_repository(on):
    import tests.escape_service as found

    return found.__name__


# --- using things up ------------------------------------------------------------------------------


@attack
def take_much_memory(on):
    """Address space only: a success costs no page."""
    return len(mmap.mmap(-1, on.memory_bytes, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))


@attack
def write_a_large_file(on):
    with Path("large").open("wb") as file:
        return file.truncate(on.file_bytes)


@attack
def raise_its_limits(on):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    return "raised"


@attack
def enlarge_a_pipe(on):
    """All processes of a user share what pipes may hold."""
    one, other = os.pipe()
    size = fcntl.fcntl(one, fcntl.F_SETPIPE_SZ, 1 << 18)
    os.close(one)
    os.close(other)
    return size


@attack
def unshare_its_open_files(on):
    """A thread with a list of its own doubles what may be open, out of the grader's sight."""
    return syscall(436, 1022, 1023, 2) == 0  # close_range, CLOSE_RANGE_UNSHARE


@attack
def start_a_thread_with_files_of_its_own(on):
    """Without CLONE_FILES; without CLONE_VM too, so that only the error tells who refused it."""
    try:
        syscall(56, 0x10000 | 0x800, 0, 0, 0, 0)  # CLONE_THREAD, CLONE_SIGHAND
    except OSError as error:
        if error.errno == errno.EINVAL:
            return "the kernel looked at it"
        raise


@attack
def open_many_files(on):
    handles = [os.open(os.devnull, os.O_RDONLY) for _ in range(on.open_files)]
    for handle in handles:
        os.close(handle)
    return len(handles)


# --- attacks on the grader's patience; they do not return an answer -------------------------


def spin(on):
    while True:
        pass


def sleep(on):
    time.sleep(600)


def ignore_signals_and_spin(on):
    for number in (signal.SIGTERM, signal.SIGXCPU, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    spin(on)


def stop(on):
    os.kill(os.getpid(), signal.SIGSTOP)


def exit_quietly(on):
    os._exit(0)


def exit_with_status(on):
    sys.exit(3)


def crash(on):
    ctypes.string_at(0)


def kill_itself(on):
    os.kill(os.getpid(), signal.SIGKILL)


class UnhandledError(MemoryError):
    """A MemoryError that `run` lets through."""


def let_a_memory_error_through(on):
    raise UnhandledError


def fill_the_memory_and_abort(on):
    """As TensorFlow does, which cannot start a thread then."""
    pages = []
    with contextlib.suppress(MemoryError, OSError):
        while True:
            pages.append(mmap.mmap(-1, 1 << 24, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))
    time.sleep(2)  # or nobody may have looked at it before it is gone
    os.abort()


def compute(on):
    end = time.process_time() + on.seconds
    while time.process_time() < end:
        pass
    return True


def forge(on):
    """A whole, well-formed reply, before the real one."""
    os.write(on.own_descriptor, wire.encode({"score": 100}, {}))
    time.sleep(600)


def answer_the_next_question_too(on):
    """Left in the pipe once the true reply has been read, which the file "read" tells."""
    frame = wire.encode({"score": 100}, {})

    def answer():
        while not Path("read").exists():
            time.sleep(0.01)
        os.write(on.own_descriptor, frame)

    threading.Thread(target=answer).start()
    return True


def close_the_connection(on):
    os.close(on.own_descriptor)
    time.sleep(600)


def leave_a_thread_behind(on):
    """The main thread is gone, and what is left of it looks like a process that has ended."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    os.close(on.own_descriptor)
    syscall(60, 0)  # exit, of this thread only


def flood(on):
    os.write(on.own_descriptor, struct.pack("<16xII", 2, 3_000_000_000))
    while True:
        os.write(on.own_descriptor, bytes(1 << 16))


def answer_garbage(on):
    os.write(on.own_descriptor, b"\xff" * 64)
    time.sleep(600)


def write_many_files(on):
    for number in range(10**9):
        Path(f"file-{number}").write_bytes(b"x" * 100)


def write_many_bytes(on):
    for number in range(10**9):
        Path(f"file-{number}").write_bytes(bytes(9 << 20))  # many bytes long before many files


def write_to_deleted_files(on):
    """As long as they are open they take their place on the disk, and no folder shows them."""
    kept = []
    for number in range(200):
        kept.append(os.open(f"file-{number}", os.O_WRONLY | os.O_CREAT))
        Path(f"file-{number}").unlink()
        for _ in range(9):
            os.write(kept[-1], bytes(1 << 20))
    time.sleep(600)


def write_too_deep_to_be_named(on):
    for _ in range(45):
        os.mkdir("d" * 100)
        os.chdir("d" * 100)
    write_many_bytes(on)


def start_many_threads(on):
    threading.stack_size(64 * 1024)
    with contextlib.suppress(RuntimeError):
        while True:
            threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    time.sleep(600)


def hide_files(on):
    """Leave what is hard to remove: unreadable folders, and paths too long to name."""
    os.mkdir("closed", 0)
    for _ in range(700):
        os.mkdir("deeper")
        os.chdir("deeper")
    Path("file").write_text("x")
    return "left"


def use_what_tensorflow_uses(on):
    """What must go on working."""
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


def tell(on):
    return {
        "home": os.environ["HOME"],
        "folder": str(Path.cwd()),
        "environment": sorted(os.environ),
        "path": sys.path,
        "threads": len(os.listdir("/proc/self/task")),
    }


def run(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What an attack got hold of."""
    try:
        found = globals()[name](SimpleNamespace(**arguments))
    except UnhandledError:
        raise
    except (OSError, MemoryError, ImportError, ValueError) as error:
        return {"succeeded": False, "found": repr(error)}
    return {"succeeded": found not in (False, None), "found": repr(found)[:300], "value": found}


def serve(connection):
    """Run one attack after another."""
    while True:
        request, arrays = connection.receive()
        if request["op"] == "deaf":
            time.sleep(600)
        reply = run(request["op"], {**request["on"], "own_descriptor": 3})
        if not isinstance(reply.get("value"), dict):
            reply.pop("value", None)
        connection.send(reply, {name: np.asarray(array) for name, array in arrays.items()})
