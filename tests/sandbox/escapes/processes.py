"""Attacks on other processes, and attempts to start some."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import socket
import struct
import time
from pathlib import Path
from types import SimpleNamespace

from escape_service import called, libc, syscall


def fork(on: SimpleNamespace) -> object:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "forked"


def start_a_program(on: SimpleNamespace) -> object:
    return os.posix_spawn("/bin/true", ["true"], {})


def become_a_program(on: SimpleNamespace) -> None:
    os.execv("/bin/cat", ["cat", "/dev/null"])


def run_a_program_from_memory(on: SimpleNamespace) -> object:
    code = os.memfd_create("program")
    os.write(code, Path("/bin/true").read_bytes())
    return code


def leave_a_daemon(on: SimpleNamespace) -> object:
    ready, done = os.pipe()
    if os.fork() == 0:
        called(libc.prctl(1, 0, 0, 0, 0))
        os.setsid()
        os.write(done, b"x")
        time.sleep(0.3)
        Path(on.outside, "daemon").write_text("x")
        os._exit(0)
    return os.read(ready, 1)


def outlive_the_grader(on: SimpleNamespace) -> object:
    """Undo PR_SET_PDEATHSIG."""
    called(libc.prctl(1, 0, 0, 0, 0))
    return "undone"


def trace_a_process(on: SimpleNamespace) -> object:
    return called(libc.ptrace(0x4206, on.victim_pid, 0, 0)) or "traced"  # PTRACE_SEIZE


def read_a_process_memory(on: SimpleNamespace) -> object:
    buffer = ctypes.create_string_buffer(8)
    address = on.victim_address
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    remote = struct.pack("QQ", address, 8)
    called(libc.process_vm_readv(on.victim_pid, local, 1, remote, 1, 0))
    return buffer.raw


def read_proc_mem(on: SimpleNamespace) -> object:
    with Path(f"/proc/{on.victim_pid}/mem").open("rb", 0) as memory:
        memory.seek(on.victim_address)
        return memory.read(8)


def read_an_environment(on: SimpleNamespace) -> object:
    return Path(f"/proc/{on.victim_pid}/environ").read_bytes()


def read_a_command_line(on: SimpleNamespace) -> object:
    return Path(f"/proc/{on.victim_pid}/cmdline").read_bytes()


def read_the_parents_memory(on: SimpleNamespace) -> object:
    """The parent runs as the same user; only hiding its memory protects it."""
    with Path(f"/proc/{os.getppid()}/mem").open("rb", 0):
        return "opened"


def take_a_descriptor(on: SimpleNamespace) -> object:
    return syscall(438, syscall(434, on.victim_pid, 0), 1, 0)  # pidfd_getfd, pidfd_open


def signal_a_process(on: SimpleNamespace) -> object:
    os.kill(on.victim_pid, 0)
    return "reached"


def signal_everybody(on: SimpleNamespace) -> object:
    """With signal 0, which only asks: the test itself must survive."""
    os.kill(-1, 0)
    return "reached"


def queue_a_signal(on: SimpleNamespace) -> object:
    from_a_user = struct.pack("iii", 0, 0, -1) + bytes(116)
    return syscall(129, on.victim_pid, 0, from_a_user) or "queued"


def own_a_file_for_a_process(on: SimpleNamespace) -> object:
    """The owner gets a signal of the attacker's choice when the file has something to read."""
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, on.victim_pid)
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


def own_a_file_by_ioctl(on: SimpleNamespace) -> object:
    one, other = socket.socketpair()
    with one, other:
        fcntl.ioctl(one, 0x8901, struct.pack("i", on.victim_pid))  # FIOSETOWN
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


def choose_the_signal_of_a_file(on: SimpleNamespace) -> object:
    one, other = socket.socketpair()
    with one, other:
        return fcntl.fcntl(one, 10, signal.SIGKILL) == 0  # F_SETSIG


def limit_a_process(on: SimpleNamespace) -> object:
    return resource.prlimit(on.victim_pid, resource.RLIMIT_CORE, (0, 0))


def slow_a_process_down(on: SimpleNamespace) -> object:
    os.setpriority(os.PRIO_PROCESS, on.victim_pid, 5)
    return "slowed down"


def pin_a_process(on: SimpleNamespace) -> object:
    cores = os.sched_getaffinity(on.victim_pid)
    os.sched_setaffinity(on.victim_pid, cores)
    return "pinned"


def compare_processes(on: SimpleNamespace) -> object:
    return syscall(312, os.getpid(), on.victim_pid, 0, 0, 0) or "compared"


def make_a_user_namespace(on: SimpleNamespace) -> object:
    return called(libc.unshare(0x10000000)) or "made"


def share_memory(on: SimpleNamespace) -> object:
    segment = syscall(29, 0, 4096, 0o1600)  # shmget
    called(libc.shmctl(segment, 0, None))
    return "shared"


def use_a_later_system_call(on: SimpleNamespace) -> object:
    """A call that no list knows gets the answer of a kernel without it."""
    try:
        syscall(471 + 30)
    except OSError as error:
        if error.errno != 38:
            return str(error)
        raise
    return "made"


def take_a_handle_of_the_grader(on: SimpleNamespace) -> object:
    """SO_PEERPIDFD: a pidfd of the process at the other end of the connection (Linux 6.5)."""
    with socket.socket(fileno=os.dup(on.own_descriptor)) as connection:
        return connection.getsockopt(socket.SOL_SOCKET, 77)


def learn_the_graders_number(on: SimpleNamespace) -> object:
    with socket.socket(fileno=os.dup(on.own_descriptor)) as connection:
        credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return struct.unpack("3i", credentials)[0] or None


def be_told_who_sends(on: SimpleNamespace) -> object:
    """With SO_PASSCRED or SO_PASSPIDFD, every message brings its sender's number or handle."""
    with socket.socket(fileno=os.dup(on.own_descriptor)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
    return "told"
