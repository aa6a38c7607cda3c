"""Landlock, a kernel mechanism that needs no root: files, TCP, signals and abstract sockets."""

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
# No links, devices, named pipes or sockets: nobody may be led astray by what a child leaves.
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
    """The version of Landlock that this kernel speaks; 0 if none."""
    try:
        return syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def restrict_files(scratch: Path, readable: Iterable[Path], abi: int) -> None:
    if abi < 1:
        raise ConfinementError("this kernel has no Landlock (Linux 5.13 or newer, enabled)")
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
        # A child that is refused a thousand times a second shall not fill the kernel's log.
        flags = NO_LOG if abi >= 7 else 0
        syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(flags))
    finally:
        os.close(ruleset)


def _create_ruleset(files: int, network: int, scope: int) -> int:
    words = [files, network, scope]
    while words[-1] == 0:  # an older kernel knows a shorter structure
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
        # Some kernels announce version 6 without knowing the scopes; seccomp covers for them.
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
