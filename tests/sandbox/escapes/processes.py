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

from escape_service import called, libc, syscall


def fork(on):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return "forked"


def start_a_program(on):
    return os.posix_spawn("/bin/true", ["true"], {})


def become_a_program(on):
    os.execv("/bin/cat", ["cat", "/dev/null"])


def run_a_program_from_memory(on):
    code = os.memfd_create("program")
    os.write(code, Path("/bin/true").read_bytes())
    return code


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


def outlive_the_grader(on):
    """Undo PR_SET_PDEATHSIG."""
    called(libc.prctl(1, 0, 0, 0, 0))
    return "undone"


def trace_a_process(on):
    return called(libc.ptrace(0x4206, on.victim_pid, 0, 0)) or "traced"  # PTRACE_SEIZE


def read_a_process_memory(on):
    buffer = ctypes.create_string_buffer(8)
    address = on.victim_address
    local = struct.pack("QQ", ctypes.addressof(buffer), 8)
    remote = struct.pack("QQ", address, 8)
    called(libc.process_vm_readv(on.victim_pid, local, 1, remote, 1, 0))
    return buffer.raw


def read_proc_mem(on):
    with Path(f"/proc/{on.victim_pid}/mem").open("rb", 0) as memory:
        memory.seek(on.victim_address)
        return memory.read(8)


def read_an_environment(on):
    return Path(f"/proc/{on.victim_pid}/environ").read_bytes()


def read_a_command_line(on):
    return Path(f"/proc/{on.victim_pid}/cmdline").read_bytes()


def read_the_parents_memory(on):
    """A parent of the same user, unless it hides."""
    with Path(f"/proc/{os.getppid()}/mem").open("rb", 0):
        return "opened"


def take_a_descriptor(on):
    return syscall(438, syscall(434, on.victim_pid, 0), 1, 0)  # pidfd_getfd, pidfd_open


def signal_a_process(on):
    return os.kill(on.victim_pid, 0) or "reached"


def signal_everybody(on):
    """Only a question (signal 0), or the test would not survive it."""
    return os.kill(-1, 0) or "reached"


def queue_a_signal(on):
    from_a_user = struct.pack("iii", 0, 0, -1) + bytes(116)
    return syscall(129, on.victim_pid, 0, from_a_user) or "queued"


def own_a_file_for_a_process(on):
    """Its owner is sent a signal of one's choice when the file has something to read."""
    one, other = socket.socketpair()
    with one, other:
        fcntl.fcntl(one, fcntl.F_SETOWN, on.victim_pid)
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


def own_a_file_by_ioctl(on):
    one, other = socket.socketpair()
    with one, other:
        fcntl.ioctl(one, 0x8901, struct.pack("i", on.victim_pid))  # FIOSETOWN
        return fcntl.fcntl(one, fcntl.F_GETOWN) == on.victim_pid


def choose_the_signal_of_a_file(on):
    one, other = socket.socketpair()
    with one, other:
        return fcntl.fcntl(one, 10, signal.SIGKILL) == 0  # F_SETSIG


def limit_a_process(on):
    return resource.prlimit(on.victim_pid, resource.RLIMIT_CORE, (0, 0))


def slow_a_process_down(on):
    return os.setpriority(os.PRIO_PROCESS, on.victim_pid, 5) or "slowed down"


def pin_a_process(on):
    cores = os.sched_getaffinity(on.victim_pid)
    return os.sched_setaffinity(on.victim_pid, cores) or "pinned"


def compare_processes(on):
    return syscall(312, os.getpid(), on.victim_pid, 0, 0, 0) or "compared"


def make_a_user_namespace(on):
    return called(libc.unshare(0x10000000)) or "made"


def share_memory(on):
    segment = syscall(29, 0, 4096, 0o1600)  # shmget
    called(libc.shmctl(segment, 0, None))
    return "shared"


def use_a_later_system_call(on):
    """One that no list knows: answered as by a kernel that has no such call."""
    try:
        syscall(471 + 30)
    except OSError as error:
        if error.errno != 38:
            return str(error)
        raise
    return "made"
