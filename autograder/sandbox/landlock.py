"""Landlock, which restricts files, TCP, signals and abstract sockets, and needs no root.

The kernel is called through ctypes, because no package does all of this:

- ``landlockpy`` 0.2.0 and ``py-landlock`` 0.1.1 cover files, TCP and scopes, but start ``ldconfig``
  to find libc, do not retry where a kernel announces scopes that it lacks, and pass directory
  rights on plain files to the kernel, which refuses them. The class of ``py-landlock`` always uses
  the newest version of Landlock, so that tests could not try older ones.
- ``landlock`` 1.0.0.dev5 covers files, but neither TCP nor scopes.
- ``sandlock`` 0.9.0 needs Landlock ABI 6 and has no fallback. In a running process it sets file
  rules and scopes only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox.kernel import ConfinementError, syscall

LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
REMOVE_DIR, REMOVE_FILE, MAKE_DIR, MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL_DEVICE = 1 << 13, 1 << 14, 1 << 15
ON_A_FILE = WRITE_FILE | READ_FILE | TRUNCATE
READ = READ_FILE | READ_DIR  # without EXECUTE, so that Landlock refuses exec as well
# No links, devices, named pipes or sockets: they could mislead whatever opens a child's files.
READ_AND_WRITE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER
TCP = 0b11
SIGNALS_AND_ABSTRACT_SOCKETS = 0b11
NO_LOG = 1 << 0

DEVICES = {
    "/dev/null": READ_FILE | WRITE_FILE,
    "/dev/zero": READ_FILE,
    "/dev/urandom": READ_FILE,  # TensorFlow aborts without it
}


def landlock_abi() -> int:
    """The version of Landlock that this kernel supports; 0 if none."""
    try:
        return syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict_files(scratch: Path, readable: Iterable[Path], abi: int) -> None:
    """Allow reading ``readable``, and reading and writing ``scratch``; refuse the rest, for good.

    From version 4 on, TCP is refused as well, and from version 6 on signals and abstract sockets.

    Args:
        scratch: the child's own folder.
        readable: files and folders; those that do not exist are skipped.
        abi: the version of Landlock to use, at most `landlock_abi`.

    Raises:
        ConfinementError: ``abi`` is 0.
        OSError: the kernel refused.
    """
    if abi < 1:
        raise ConfinementError("this kernel has no Landlock: use Linux 5.13 or newer and enable it")
    handled = (1 << 13) - 1
    handled |= REFER if abi >= 2 else 0
    handled |= TRUNCATE if abi >= 3 else 0
    handled |= IOCTL_DEVICE if abi >= 5 else 0
    ruleset = _create_ruleset(
        handled, TCP if abi >= 4 else 0, SIGNALS_AND_ABSTRACT_SOCKETS if abi >= 6 else 0
    )
    try:
        for path in readable:
            _allow(ruleset, path, READ & handled)
        for name, access in DEVICES.items():
            _allow(ruleset, Path(name), access & handled)
        _allow(ruleset, scratch, (READ_AND_WRITE | TRUNCATE) & handled)
        # Otherwise a child could fill the kernel's log with refusals.
        flags = NO_LOG if abi >= 7 else 0
        syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(flags))
    finally:
        os.close(ruleset)


def _create_ruleset(files: int, network: int, scope: int) -> int:
    words = [files, network, scope]
    while words[-1] == 0:  # older kernels expect a shorter structure
        words.pop()
    attributes = struct.pack(f"{len(words)}Q", *words)
    try:
        return syscall(
            LANDLOCK_CREATE_RULESET,
            attributes,
            ctypes.c_size_t(len(attributes)),
            ctypes.c_uint32(0),
        )
    except OSError as error:
        if error.errno != errno.EINVAL or not scope:
            raise
        # Some kernels announce version 6 but do not support scopes; seccomp refuses those calls.
        return _create_ruleset(files, network, 0)


def _allow(ruleset: int, path: Path, access: int) -> None:
    try:
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not path.is_dir():
            access &= ON_A_FILE
        rule = struct.pack("=Qi", access, handle)
        path_beneath = ctypes.c_int(1)
        syscall(LANDLOCK_ADD_RULE, ctypes.c_int(ruleset), path_beneath, rule, ctypes.c_uint32(0))
    finally:
        os.close(handle)
