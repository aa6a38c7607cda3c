"""A filter of system calls, for what Landlock does not cover."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from autograder.sandbox import syscalls
from autograder.sandbox.kernel import (
    PR_SET_DUMPABLE,
    PR_SET_MM,
    PR_SET_PDEATHSIG,
    PR_SET_PTRACER,
    PR_SET_SECCOMP,
    ConfinementError,
    prctl,
)

LOAD, JUMP_IF_EQUAL, JUMP_IF_GREATER, JUMP_IF_ANY_BIT, AND, RETURN = (
    0x20,
    0x15,
    0x25,
    0x45,
    0x54,
    0x06,
)
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16  # offsets into struct seccomp_data
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column, AUDIT_ARCH
CLONE_FILES, CLONE_THREAD = 0x00000400, 0x00010000
CLONE_NEW_NAMESPACE = 0x7E020000
AF_UNIX, SOCK_STREAM, SOCK_TYPE_MASK = 1, 1, 0xF
TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
# An owner of a file gets a signal of one's choice, a lease makes others wait, a large pipe takes
# from what all processes of a user may have.
F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ = 8, 10, 15, 1024, 1026, 1031
CLOSE_RANGE_CLOEXEC = 4

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant


def filter_system_calls(landlock: int) -> None:
    column, architecture = _architecture()
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in _program(column, architecture, os.getpid(), landlock)
    )
    code = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(descriptor, len(descriptor))
    mode_filter = 2
    prctl(PR_SET_SECCOMP, mode_filter, ctypes.addressof(buffer))


def _architecture() -> tuple[int, int]:
    machine = platform.machine()
    if machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        raise ConfinementError(f"no list of system calls for {machine}, only for x86_64 and arm64")
    return ARCHITECTURES[machine]


def _program(column: int, architecture: int, pid: int, abi: int) -> list[Instruction]:
    """The filter: refuse what is listed, allow the rest; one rule after another."""

    def numbers(table: syscalls.Numbers) -> dict[str, int]:
        return {name: row[column] for name, row in table.items() if row[column] is not None}  # type: ignore[misc]

    by_argument = numbers(syscalls.BY_ARGUMENT)
    refuse = _answer(errno.EPERM)
    rules = [_on(number, [refuse]) for number in numbers(syscalls.REFUSED).values()]
    rules += [_on(number, [_answer(0)]) for number in numbers(syscalls.PRETENDED).values()]
    unsupported = _answer(errno.ENOTSUP)
    rules += [_on(number, [unsupported]) for number in numbers(syscalls.UNSUPPORTED).values()]
    for name, number in numbers(syscalls.OWN_PROCESS_ONLY).items():
        own = [pid, 0] if name in syscalls.ZERO_IS_SELF else [pid]
        rules.append(_on(number, _unless_argument(0, own)))
    # glibc falls back to clone, whose flags a filter can see.
    rules.append(_on(by_argument["clone3"], [_answer(errno.ENOSYS)]))
    rules.append(
        _on(
            by_argument["clone"],
            [
                _argument(0),
                (JUMP_IF_ANY_BIT, 2, 0, CLONE_NEW_NAMESPACE),
                (JUMP_IF_ANY_BIT, 0, 1, CLONE_THREAD),
                (JUMP_IF_ANY_BIT, 1, 0, CLONE_FILES),
                refuse,
            ],
        )
    )
    # All threads have their files in one table, whose length is limited and which can be seen.
    rules.append(_on(by_argument["close_range"], _unless_argument(2, [0, CLOSE_RANGE_CLOEXEC])))
    # A datagram socket of a pair can be sent elsewhere by name; a stream (asyncio's) cannot.
    rules.append(_on(by_argument["socketpair"], _unless_argument(0, [AF_UNIX])))
    rules.append(_on(by_argument["socketpair"], _unless_argument(1, [SOCK_STREAM], SOCK_TYPE_MASK)))
    # Undoing PR_SET_PDEATHSIG would be a way to outlive the grader.
    forbidden = [PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_MM, PR_SET_PTRACER]
    rules.append(_on(by_argument["prctl"], _if_argument(0, forbidden)))
    forbidden = [TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP]
    rules.append(_on(by_argument["ioctl"], _if_argument(1, forbidden)))
    forbidden = [F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ]
    rules.append(_on(by_argument["fcntl"], _if_argument(1, forbidden)))
    if abi < 3:
        # Landlock takes no notice of truncation then, unless the file is opened for writing.
        rules.append(_on(by_argument["truncate"], [refuse]))
        rules.append(_on(by_argument["openat"], _if_truncated_unwritten(2)))
        if "open" in by_argument:
            rules.append(_on(by_argument["open"], _if_truncated_unwritten(1)))
        rules.append(_on(by_argument["openat2"], [_answer(errno.ENOSYS)]))  # flags in memory

    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, architecture),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        # Later than this list; on x86_64 also the calls of the x32 ABI.
        (JUMP_IF_GREATER, 0, 1, syscalls.NEWEST),
        _answer(errno.ENOSYS),
        *(instruction for rule in rules for instruction in rule),
        (RETURN, 0, 0, ALLOW),
    ]


def _on(number: int, body: list[Instruction]) -> list[Instruction]:
    """Run ``body`` for one system call; go on to the next rule if it returns nothing."""
    rule = [(JUMP_IF_EQUAL, 0, len(body), number), *body]
    if len(body) > 1:
        rule[0] = (JUMP_IF_EQUAL, 0, len(body) + 1, number)
        rule.append((LOAD, 0, 0, NUMBER))  # the body may have loaded an argument
    return rule


def _answer(error: int) -> Instruction:
    return (RETURN, 0, 0, ERRNO | error)


def _argument(index: int) -> Instruction:
    """Load the low half: the kernel reads these arguments as 32 bits."""
    return (LOAD, 0, 0, ARGUMENTS + 8 * index)


def _unless_argument(index: int, allowed: list[int], mask: int = 0xFFFFFFFF) -> list[Instruction]:
    checks = [
        (JUMP_IF_EQUAL, len(allowed) - position, 0, value) for position, value in enumerate(allowed)
    ]
    return [_argument(index), (AND, 0, 0, mask), *checks, _answer(errno.EPERM)]


def _if_truncated_unwritten(index: int) -> list[Instruction]:
    """Refuse to open with O_TRUNC a file that is not opened for writing (mode 3 is neither)."""
    return [
        _argument(index),
        (JUMP_IF_ANY_BIT, 0, 4, os.O_TRUNC),
        (AND, 0, 0, os.O_ACCMODE),
        (JUMP_IF_EQUAL, 2, 0, os.O_WRONLY),
        (JUMP_IF_EQUAL, 1, 0, os.O_RDWR),
        _answer(errno.EPERM),
    ]


def _if_argument(index: int, refused: list[int]) -> list[Instruction]:
    checks = [
        (JUMP_IF_EQUAL, len(refused) - position - 1, 0, value)
        for position, value in enumerate(refused[:-1])
    ]
    last = (JUMP_IF_EQUAL, 0, 1, refused[-1])
    return [_argument(index), *checks, last, _answer(errno.EPERM)]
