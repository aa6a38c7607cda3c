"""The seccomp filter: it refuses the system calls that Landlock does not cover.

A classic BPF program, written out by hand. It denies what `syscalls` lists and everything newer,
so that a child on a later kernel does not gain calls that were never considered.

The kernel is called through ctypes, because no package does all of this:

- ``seccompy`` 0.2.0 has no rule for calls outside its table, so newer ones and those of x32 pass a
  list of refusals. It compares 64 bits by default: ``ioctl(0, 0x100005412)`` is not TIOCSTI to it,
  but is to the kernel. It starts ``ldconfig`` to find libc.
- ``pyseccomp`` 0.1.2 needs a system libseccomp, and starts ``ldconfig`` to find it.
- ``sandlock`` 0.9.0 filters only programs that it starts itself; see `landlock`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Callable, Iterable

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
from autograder.sandbox.syscall_numbers import NUMBERS

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
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH
COLUMNS = ("x86_64", "aarch64")  # of `syscall_numbers`
CLONE_FILES, CLONE_THREAD = 0x00000400, 0x00010000
CLONE_NEW_NAMESPACE = 0x7E020000
AF_UNIX, SOCK_STREAM, SOCK_TYPE_MASK = 1, 1, 0xF
TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP = 0x5412, 0x541C, 0x8901, 0x8902
# The owner of a file can be sent any signal, a lease makes other processes wait, and large pipes
# use up what all processes of a user share.
F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ = 8, 10, 15, 1024, 1026, 1031
CLOSE_RANGE_CLOEXEC = 4
# The kernel keeps any number of locks, and one on a file of the runtime makes others wait.
LOCKS = [6, 7, 37, 38]  # F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW
# Handles of the grader's process, and its number; or those of each message's sender.
PEERS = [17, 31, 59, 77]  # SO_PEERCRED, SO_PEERSEC, SO_PEERGROUPS, SO_PEERPIDFD
PASSED = [16, 34, 76]  # SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD
# A write that waits for the disk cannot be killed.
O_DSYNC, RWF_DSYNC, RWF_SYNC = 0o10000, 2, 4

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
Rule = list[Instruction]


def filter_system_calls(landlock: int) -> None:
    """Install the filter in this process, for good.

    Args:
        landlock: the version of Landlock in use. What it does not cover yet, the filter refuses.

    Raises:
        ConfinementError: there is no table of system calls for this processor.
        OSError: the kernel refused the filter.
    """
    rules = program(_machine(), os.getpid(), landlock)
    packed = b"".join(struct.pack("HBBI", *instruction) for instruction in rules)
    code = ctypes.create_string_buffer(packed, len(packed))
    descriptor = struct.pack("HxxxxxxP", len(rules), ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(descriptor, len(descriptor))
    mode_filter = 2
    prctl(PR_SET_SECCOMP, mode_filter, ctypes.addressof(buffer))


def _machine() -> str:
    machine = platform.machine()
    if machine not in ARCHITECTURES or struct.calcsize("P") != 8:
        raise ConfinementError(
            f"the system calls of {machine} are unknown; x86_64 and aarch64 are supported"
        )
    return machine


def program(machine: str, pid: int, landlock: int) -> list[Instruction]:
    """The filter: refuse what is listed, allow the rest; one rule after another.

    Args:
        machine: "x86_64" or "aarch64".
        pid: the process that the filter is for.
        landlock: the version of Landlock in use; 0 for none.
    """
    rules = _by_name(machine, pid) + _by_argument(machine)
    if landlock < 3:
        rules += _against_truncation(machine)
    return [
        (LOAD, 0, 0, ARCHITECTURE),
        (JUMP_IF_EQUAL, 1, 0, ARCHITECTURES[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER),
        # Newer than the list; on x86_64 this also refuses the calls of the x32 ABI.
        (JUMP_IF_GREATER, 0, 1, syscalls.NEWEST),
        _answer(errno.ENOSYS),
        *(instruction for rule in rules for instruction in rule),
        (RETURN, 0, 0, ALLOW),
    ]


def _numbers(machine: str, names: Iterable[str]) -> dict[str, int]:
    """The numbers of the calls that this architecture has."""
    column = COLUMNS.index(machine)
    found = {name: NUMBERS[name][column] for name in names}
    return {name: number for name, number in found.items() if number is not None}


def _by_name(machine: str, pid: int) -> list[Rule]:
    """One rule for each call with a fixed answer, or that is allowed on the own process only."""
    rules = []
    for names, error in (
        (syscalls.REFUSED, errno.EPERM),
        (syscalls.PRETENDED, 0),
        (syscalls.UNSUPPORTED, errno.ENOTSUP),
    ):
        rules += [_on(number, [_answer(error)]) for number in _numbers(machine, names).values()]
    for name, number in _numbers(machine, syscalls.OWN_PROCESS_ONLY).items():
        own = [pid, 0] if name in syscalls.ZERO_IS_SELF else [pid]
        rules.append(_on(number, _unless_argument(0, own)))
    return rules


def _by_argument(machine: str) -> list[Rule]:
    """Rules for calls that an honest program needs, with other arguments."""
    call = _numbers(machine, syscalls.BY_ARGUMENT)
    threads_only = [
        _argument(0),
        (JUMP_IF_ANY_BIT, 2, 0, CLONE_NEW_NAMESPACE),
        (JUMP_IF_ANY_BIT, 0, 1, CLONE_THREAD),
        (JUMP_IF_ANY_BIT, 1, 0, CLONE_FILES),
        _answer(errno.EPERM),
    ]
    return [
        # glibc falls back to clone, whose flags a filter can see.
        _on(call["clone3"], [_answer(errno.ENOSYS)]),
        _on(call["clone"], threads_only),
        # All threads share one table of open files, which is limited and which the grader can see.
        _on(call["close_range"], _unless_argument(2, [0, CLOSE_RANGE_CLOEXEC])),
        # A datagram socket of a pair can send to any socket by name; a stream (asyncio's) cannot.
        _on(call["socketpair"], _unless_argument(0, [AF_UNIX])),
        _on(call["socketpair"], _unless_argument(1, [SOCK_STREAM], SOCK_TYPE_MASK)),
        # Without PR_SET_PDEATHSIG, a child could outlive the grader.
        _on(
            call["prctl"],
            _if_argument(0, [PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_MM, PR_SET_PTRACER]),
        ),
        _on(call["ioctl"], _if_argument(1, [TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP])),
        _on(
            call["fcntl"],
            _if_argument(1, [F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY, F_SETPIPE_SZ]),
        ),
        # Pretended, as flock is.
        _on(call["fcntl"], _if_argument(1, LOCKS, 0)),
        _on(call["getsockopt"], _if_argument(2, PEERS)),
        _on(call["setsockopt"], _if_argument(2, PASSED)),
        _on(call["pwritev2"], _if_any_bit(5, RWF_DSYNC | RWF_SYNC)),
        *_if_opened(machine, lambda flags: _if_any_bit(flags, O_DSYNC)),
        # Its flags are in memory, where a filter cannot see them.
        _on(call["openat2"], [_answer(errno.ENOSYS)]),
    ]


def _if_opened(machine: str, body: Callable[[int], list[Instruction]]) -> list[Rule]:
    """Rules for every call that opens a file; ``body`` takes the index of its flags."""
    call = _numbers(machine, syscalls.BY_ARGUMENT)
    rules = [_on(call["openat"], body(2))]
    return [*rules, _on(call["open"], body(1))] if "open" in call else rules


def _against_truncation(machine: str) -> list[Rule]:
    """Before version 3, Landlock ignores truncation unless the file is opened for writing."""
    call = _numbers(machine, syscalls.BY_ARGUMENT)
    return [
        _on(call["truncate"], [_answer(errno.EPERM)]),
        *_if_opened(machine, _if_truncated_unwritten),
    ]


def _on(number: int, body: list[Instruction]) -> Rule:
    """Run ``body`` for one system call; the next rule follows if it does not return."""
    rule = [(JUMP_IF_EQUAL, 0, len(body), number), *body]
    if len(body) > 1:
        rule[0] = (JUMP_IF_EQUAL, 0, len(body) + 1, number)
        rule.append((LOAD, 0, 0, NUMBER))  # the body may have loaded an argument
    return rule


def _answer(error: int) -> Instruction:
    return (RETURN, 0, 0, ERRNO | error)


def _argument(index: int) -> Instruction:
    """Load the low half: the kernel reads these arguments as 32 bits and ignores the rest."""
    return (LOAD, 0, 0, ARGUMENTS + 8 * index)


def _unless_argument(index: int, allowed: list[int], mask: int = 0xFFFFFFFF) -> list[Instruction]:
    """Refuse the call unless the argument, under ``mask``, is one of ``allowed``."""
    checks = [
        (JUMP_IF_EQUAL, len(allowed) - position, 0, value) for position, value in enumerate(allowed)
    ]
    return [_argument(index), (AND, 0, 0, mask), *checks, _answer(errno.EPERM)]


def _if_truncated_unwritten(index: int) -> list[Instruction]:
    """Refuse O_TRUNC without write access; access mode 3 is neither reading nor writing."""
    return [
        _argument(index),
        (JUMP_IF_ANY_BIT, 0, 4, os.O_TRUNC),
        (AND, 0, 0, os.O_ACCMODE),
        (JUMP_IF_EQUAL, 2, 0, os.O_WRONLY),
        (JUMP_IF_EQUAL, 1, 0, os.O_RDWR),
        _answer(errno.EPERM),
    ]


def _if_any_bit(index: int, bits: int) -> list[Instruction]:
    """Refuse the call if the argument has any of these bits."""
    return [_argument(index), (JUMP_IF_ANY_BIT, 0, 1, bits), _answer(errno.EPERM)]


def _if_argument(index: int, refused: list[int], error: int = errno.EPERM) -> list[Instruction]:
    """Answer the call with ``error`` if the argument is one of ``refused``."""
    checks = [
        (JUMP_IF_EQUAL, len(refused) - position - 1, 0, value)
        for position, value in enumerate(refused[:-1])
    ]
    last = (JUMP_IF_EQUAL, 0, 1, refused[-1])
    return [_argument(index), *checks, last, _answer(error)]
