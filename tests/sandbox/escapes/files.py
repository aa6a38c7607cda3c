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

from escape_service import called, libc, syscall


def read_a_secret(on):
    return Path(on.secret).read_text()


def list_a_folder(on):
    return os.listdir(Path(on.secret).parent)


def read_the_password_file(on):
    return Path("/etc/passwd").read_text()


def read_through_proc_root(on):
    return Path(f"/proc/self/root{on.secret}").read_text()


def read_through_a_symlink(on):
    os.symlink(on.secret, "link")
    return Path("link").read_text()


def read_through_a_hard_link(on):
    os.link(on.secret, "link")
    return Path("link").read_text()


def read_by_file_handle(on):
    """name_to_handle_at, open_by_handle_at: opens an inode without walking a path."""
    handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
    mount = ctypes.c_int()
    syscall(303, -100, on.secret.encode(), handle, ctypes.byref(mount), 0)
    folder = os.open(Path(on.secret).parent, os.O_RDONLY)
    return os.read(syscall(304, folder, handle, os.O_RDONLY), 100)


def watch_a_folder(on):
    """inotify tells the names of files that others use."""
    watch = called(libc.inotify_init1(os.O_NONBLOCK))
    return called(libc.inotify_add_watch(watch, str(Path(on.secret).parent).encode(), 0xFFF))


def write_a_file(on):
    return Path(on.outside, "written").write_text("x")


def overwrite_a_file(on):
    return Path(on.victim_file).write_text("x")


def truncate_a_file(on):
    os.truncate(on.victim_file, 0)
    return "truncated"


def truncate_by_opening(on):
    """A file that may be read, since the runtime lies beside it; it is never opened for writing."""
    os.close(os.open(on.readable_file, os.O_RDONLY | os.O_TRUNC))
    return "truncated"


def truncate_by_opening_for_nothing(on):
    """Access mode 3: neither for reading nor for writing."""
    os.close(os.open(on.readable_file, os.O_ACCMODE | os.O_TRUNC))
    return "truncated"


def lease_a_file(on):
    """Whoever opens it for writing then waits until the lease is given back."""
    handle = os.open(on.readable_file, os.O_RDONLY)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return "leased"


def open_a_setting_of_the_kernel(on):
    os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
    return "opened"


def read_about_the_machine(on):
    return Path("/proc/version").read_text()


def list_attributes(on):
    return os.listxattr(on.victim_file)


def delete_a_file(on):
    Path(on.victim_file).unlink()
    return "deleted"


def rename_a_file_out(on):
    Path("inner").write_text("x")
    return os.rename("inner", Path(on.outside, "renamed")) or "renamed"


def rename_a_file_in(on):
    return os.rename(on.victim_file, "mine") or "renamed"


def change_a_mode(on):
    before = os.stat(on.victim_file).st_mode
    os.chmod(on.victim_file, 0o777)
    return os.stat(on.victim_file).st_mode != before  # pretended to succeed


def change_a_time(on):
    os.utime(on.victim_file, (1, 1))
    return os.stat(on.victim_file).st_mtime == 1


def change_an_attribute(on):
    os.setxattr(on.victim_file, "user.escape", b"x")
    return os.getxattr(on.victim_file, "user.escape")


def write_to_shared_memory(on):
    path = Path("/dev/shm", f"escape-{os.getpid()}")
    path.write_text("x")
    path.unlink()
    return "written"


def read_another_childs_folder(on):
    return os.listdir(on.sibling_folder)


def list_the_run_folder(on):
    own = Path(tempfile.gettempdir())
    others = [name for name in os.listdir(own.parent) if name != own.name]
    if not others:
        raise FileNotFoundError
    return others


def make_a_named_pipe(on):
    os.mkfifo("pipe")
    return "made"
