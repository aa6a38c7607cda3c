"""Attacks on files: reading, writing and watching what is not the child's own."""

# Attackers make plain system calls.
# ruff: noqa: PTH101, PTH104, PTH116, PTH208, PTH211
from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import tempfile
from pathlib import Path
from types import SimpleNamespace

from escape_service import called, libc, syscall


def read_a_secret(on: SimpleNamespace) -> object:
    return Path(on.secret).read_text()


def list_a_folder(on: SimpleNamespace) -> object:
    return os.listdir(Path(on.secret).parent)


def read_the_password_file(on: SimpleNamespace) -> object:
    return Path("/etc/passwd").read_text()


def read_through_proc_root(on: SimpleNamespace) -> object:
    return Path(f"/proc/self/root{on.secret}").read_text()


def read_through_a_symlink(on: SimpleNamespace) -> object:
    os.symlink(on.secret, "link")
    return Path("link").read_text()


def read_through_a_hard_link(on: SimpleNamespace) -> object:
    os.link(on.secret, "link")
    return Path("link").read_text()


def read_by_file_handle(on: SimpleNamespace) -> object:
    """name_to_handle_at and open_by_handle_at open a file without its path."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    syscall(303, -100, on.secret.encode(), handle, ctypes.byref(mount), 0)
    folder = os.open(Path(on.secret).parent, os.O_RDONLY)
    return os.read(syscall(304, folder, handle, os.O_RDONLY), 100)


def watch_a_folder(on: SimpleNamespace) -> object:
    """inotify reports the names of files that other processes use."""
    watch = called(libc.inotify_init1(os.O_NONBLOCK))
    return called(libc.inotify_add_watch(watch, str(Path(on.secret).parent).encode(), 0xFFF))


def write_a_file(on: SimpleNamespace) -> object:
    return Path(on.outside, "written").write_text("x")


def overwrite_a_file(on: SimpleNamespace) -> object:
    return Path(on.victim_file).write_text("x")


def truncate_a_file(on: SimpleNamespace) -> object:
    os.truncate(on.victim_file, 0)
    return "truncated"


def truncate_by_opening(on: SimpleNamespace) -> object:
    """The file may be read, because it is next to the runtime. It is never opened for writing."""
    os.close(os.open(on.readable_file, os.O_RDONLY | os.O_TRUNC))
    return "truncated"


def truncate_by_opening_for_nothing(on: SimpleNamespace) -> object:
    """Access mode 3: neither for reading nor for writing."""
    os.close(os.open(on.readable_file, os.O_ACCMODE | os.O_TRUNC))
    return "truncated"


def lease_a_file(on: SimpleNamespace) -> object:
    """Another process that opens the file for writing must wait until the lease ends."""
    handle = os.open(on.readable_file, os.O_RDONLY)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return "leased"


def open_a_setting_of_the_kernel(on: SimpleNamespace) -> object:
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "opened"


def read_about_the_machine(on: SimpleNamespace) -> object:
    return Path("/proc/version").read_text()


def list_attributes(on: SimpleNamespace) -> object:
    return os.listxattr(on.victim_file)


def delete_a_file(on: SimpleNamespace) -> object:
    Path(on.victim_file).unlink()
    return "deleted"


def rename_a_file_out(on: SimpleNamespace) -> object:
    Path("inner").write_text("x")
    os.rename("inner", Path(on.outside, "renamed"))
    return "renamed"


def rename_a_file_in(on: SimpleNamespace) -> object:
    os.rename(on.victim_file, "mine")
    return "renamed"


def change_a_mode(on: SimpleNamespace) -> object:
    before = os.stat(on.victim_file).st_mode
    os.chmod(on.victim_file, 0o777)
    return os.stat(on.victim_file).st_mode != before  # pretended to succeed


def change_a_time(on: SimpleNamespace) -> object:
    os.utime(on.victim_file, (1, 1))
    return os.stat(on.victim_file).st_mtime == 1


def change_an_attribute(on: SimpleNamespace) -> object:
    os.setxattr(on.victim_file, "user.escape", b"x")
    return os.getxattr(on.victim_file, "user.escape")


def write_to_shared_memory(on: SimpleNamespace) -> object:
    path = Path("/dev/shm", f"escape-{os.getpid()}")
    path.write_text("x")
    path.unlink()
    return "written"


def read_another_childs_folder(on: SimpleNamespace) -> object:
    return os.listdir(on.sibling_folder)


def list_the_run_folder(on: SimpleNamespace) -> object:
    own = Path(tempfile.gettempdir())
    others = [name for name in os.listdir(own.parent) if name != own.name]
    if not others:
        raise FileNotFoundError
    return others


def make_a_named_pipe(on: SimpleNamespace) -> object:
    os.mkfifo("pipe")
    return "made"


def _locked(handle: int, other: int) -> bool:
    """Whether the file of two handles is locked by the first: F_OFD_GETLK on the second tells."""
    wanted = struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    found = fcntl.fcntl(other, 36, wanted)
    return struct.unpack_from("h", found)[0] != fcntl.F_UNLCK


def lock_a_file_of_the_runtime(on: SimpleNamespace) -> object:
    """Others that use such a file as a lock would wait."""
    handle, other = (os.open(on.readable_file, os.O_RDONLY) for _ in range(2))
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "locked"
    return None  # pretended to succeed


def take_locks(on: SimpleNamespace) -> object:
    """The kernel keeps as many as are asked for, in memory that no limit counts."""
    handle, other = (os.open("locks", os.O_RDWR | os.O_CREAT) for _ in range(2))
    for first in range(0, 2000, 2):
        wanted = struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, first, 1, 0)
        fcntl.fcntl(handle, fcntl.F_SETLK, wanted)
    return "locked" if _locked(handle, other) else None


def take_locks_of_an_open_file(on: SimpleNamespace) -> object:
    handle, other = (os.open("locks", os.O_RDWR | os.O_CREAT) for _ in range(2))
    fcntl.fcntl(handle, 37, struct.pack("hhqqixxxx", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
    return "locked" if _locked(handle, other) else None


def write_through_to_the_disk(on: SimpleNamespace) -> object:
    """A process that waits for a slow disk cannot be killed."""
    os.close(os.open("through", os.O_WRONLY | os.O_CREAT | os.O_SYNC))
    return "opened"
