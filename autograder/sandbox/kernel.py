"""Calls of the kernel that Python has no function for, made through ctypes."""

from __future__ import annotations

import ctypes
import os


class ConfinementError(Exception):
    """This system lacks a protection; the message says which."""


libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_SECCOMP, PR_SET_MM, PR_SET_NO_NEW_PRIVS = 22, 35, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_PTRACER = 0x59616D61


def prctl(option: int, *arguments: int) -> None:
    """Call prctl with up to four arguments; missing ones are 0.

    Raises:
        OSError: the call failed.
    """
    words = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if libc.prctl(ctypes.c_int(option), *words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number, with ctypes values as arguments, and return its result.

    Raises:
        OSError: the call failed.
    """
    result: int = libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}: {os.strerror(code)}")
    return result
