"""The filter of system calls: its tables, and its answers on a model of the kernel's BPF."""

from __future__ import annotations

import errno
import fcntl
import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

from autograder.sandbox import seccomp, syscalls
from autograder.sandbox.syscall_numbers import NUMBERS

PID = 1234
MACHINES = sorted(seccomp.ARCHITECTURES)
SCRIPT = Path(__file__).parents[2] / "scripts" / "syscall_table.py"
KILLED = "killed"


def number(machine: str, name: str) -> int:
    found = NUMBERS[name][seccomp.COLUMNS.index(machine)]
    assert found is not None
    return found


def run(
    program: list[seccomp.Instruction], architecture: int, call: int, arguments: tuple[int, ...]
) -> int | str | None:
    """What the filter answers: an errno, ``KILLED``, or None if it allows the call."""
    data = {seccomp.NUMBER: call, seccomp.ARCHITECTURE: architecture}
    for index, argument in enumerate(arguments):
        data[seccomp.ARGUMENTS + 8 * index] = argument & 0xFFFFFFFF
    position = value = 0
    while True:
        code, if_true, if_false, constant = program[position]
        position += 1
        if code == seccomp.LOAD:
            value = data.get(constant, 0)
        elif code == seccomp.AND:
            value &= constant
        elif code == seccomp.RETURN:
            answers = {seccomp.ALLOW: None, seccomp.KILL: KILLED}
            return answers[constant] if constant in answers else constant & 0xFFFF
        else:
            jumps = {
                seccomp.JUMP_IF_EQUAL: value == constant,
                seccomp.JUMP_IF_GREATER: value > constant,
                seccomp.JUMP_IF_ANY_BIT: bool(value & constant),
            }
            position += if_true if jumps[code] else if_false


def answer(machine: str, name: str, *arguments: int, landlock: int = 7) -> int | str | None:
    program = seccomp.program(machine, PID, landlock)
    return run(program, seccomp.ARCHITECTURES[machine], number(machine, name), arguments)


# --- the program ----------------------------------------------------------------------------------


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_fits_the_kernel(machine: str) -> None:
    program = seccomp.program(machine, PID, 7)
    assert len(program) <= 4096
    assert len(seccomp.program(machine, PID, 2)) > len(program)
    for position, (code, if_true, if_false, _) in enumerate(program):
        if code & 0x07 == 0x05:  # a jump stays inside
            assert position + 1 + max(if_true, if_false) < len(program)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_listed_call_gets_the_answer_of_its_group(machine: str) -> None:
    absent = set() if machine == "x86_64" else syscalls.ONLY_X86_64
    for names, wanted in (
        (syscalls.REFUSED, errno.EPERM),
        (syscalls.PRETENDED, 0),
        (syscalls.UNSUPPORTED, errno.ENOTSUP),
    ):
        for name in set(names) - absent:
            assert answer(machine, name) == wanted, name
    for name in syscalls.OWN_PROCESS_ONLY:
        assert answer(machine, name, PID) is None, name
        assert answer(machine, name, PID + 1) == errno.EPERM, name
        itself = None if name in syscalls.ZERO_IS_SELF else errno.EPERM
        assert answer(machine, name, 0) == itself, name


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_listed_is_allowed_up_to_the_newest_known_call(machine: str) -> None:
    program = seccomp.program(machine, PID, 7)
    architecture = seccomp.ARCHITECTURES[machine]
    futex_waitv = 449
    assert run(program, architecture, futex_waitv, ()) is None
    assert run(program, architecture, syscalls.NEWEST + 1, ()) == errno.ENOSYS
    x32 = 0x40000000
    assert run(program, architecture, x32 | futex_waitv, ()) == errno.ENOSYS


def test_another_architecture_is_killed() -> None:
    i386 = 0x40000003
    assert run(seccomp.program("x86_64", PID, 7), i386, 1, ()) == KILLED


@pytest.mark.parametrize("machine", MACHINES)
def test_clone_makes_threads_that_share_their_files_and_nothing_else(machine: str) -> None:
    thread = seccomp.CLONE_THREAD | seccomp.CLONE_FILES
    assert answer(machine, "clone", thread) is None
    for flags in (0, seccomp.CLONE_THREAD, seccomp.CLONE_FILES, thread | 0x10000000):
        assert answer(machine, "clone", flags) == errno.EPERM, hex(flags)
    assert answer(machine, "clone3", thread) == errno.ENOSYS


@pytest.mark.parametrize("machine", MACHINES)
def test_locks_are_pretended(machine: str) -> None:
    assert answer(machine, "flock", 5, fcntl.LOCK_EX) == 0
    for command in (fcntl.F_SETLK, fcntl.F_SETLKW, 37, 38):  # the last two of open files
        assert answer(machine, "fcntl", 5, command) == 0, command
    for command in (fcntl.F_GETLK, fcntl.F_DUPFD, fcntl.F_GETFL, fcntl.F_SETFL):
        assert answer(machine, "fcntl", 5, command) is None, command


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("landlock", [1, 7])
def test_no_call_waits_for_the_disk(machine: str, landlock: int) -> None:
    for name in ("sync", "syncfs", "fsync", "fdatasync", "sync_file_range", "msync"):
        assert answer(machine, name) == 0, name
    # `os` has the flags of the machine that runs this; these two are the same on both.
    for flags in (os.O_DSYNC, os.O_SYNC, os.O_SYNC | os.O_CREAT | os.O_RDWR):
        assert answer(machine, "openat", 0, 0, flags, landlock=landlock) == errno.EPERM
    for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC):
        assert answer(machine, "openat", 0, 0, flags, landlock=landlock) is None
    assert answer(machine, "openat2", landlock=landlock) == errno.ENOSYS
    for flags in (2, 4, 6):  # RWF_DSYNC, RWF_SYNC
        assert answer(machine, "pwritev2", 5, 0, 0, 0, 0, flags) == errno.EPERM
    assert answer(machine, "pwritev2", 5, 0, 0, 0, 0, 1) is None


@pytest.mark.parametrize("machine", MACHINES)
def test_a_socket_does_not_tell_who_is_at_its_other_end(machine: str) -> None:
    for option in (17, 31, 59, 77):  # SO_PEERCRED, SO_PEERSEC, SO_PEERGROUPS, SO_PEERPIDFD
        assert answer(machine, "getsockopt", 3, 1, option) == errno.EPERM
    for option in (16, 34, 76):  # SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD
        assert answer(machine, "setsockopt", 3, 1, option) == errno.EPERM
    # What Python asks of a socket that it is given: SO_TYPE, SO_PROTOCOL, SO_DOMAIN.
    assert [answer(machine, "getsockopt", 3, 1, option) for option in (3, 38, 39)] == 3 * [None]


@pytest.mark.parametrize("machine", MACHINES)
def test_bits_that_the_kernel_ignores_do_not_hide_an_argument(machine: str) -> None:
    high = 1 << 32
    assert answer(machine, "ioctl", 0, seccomp.TIOCSTI) == errno.EPERM
    assert answer(machine, "ioctl", 0, seccomp.TIOCSTI | high) == errno.EPERM
    assert answer(machine, "fcntl", 0, seccomp.F_SETOWN | high) == errno.EPERM
    assert answer(machine, "kill", (PID + 1) | high) == errno.EPERM
    assert answer(machine, "fcntl", 0, 1) is None


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_stops_truncation_where_landlock_does_not(machine: str) -> None:
    unwritten = os.O_RDONLY | os.O_TRUNC
    for abi, wanted in ((2, errno.EPERM), (3, None)):
        assert answer(machine, "truncate", landlock=abi) == wanted
        assert answer(machine, "openat", 0, 0, unwritten, landlock=abi) == wanted
        assert answer(machine, "openat", 0, 0, os.O_WRONLY | os.O_TRUNC, landlock=abi) is None


# --- the tables -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("syscall_table", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_system_call_is_listed_twice() -> None:
    assert len(syscalls.EVERY_CALL) == len(set(syscalls.EVERY_CALL))
    for column in (0, 1):
        known = [row[column] for row in NUMBERS.values() if row[column] is not None]
        assert len(known) == len(set(known))
        assert max(filter(None, known)) <= syscalls.NEWEST


def test_every_listed_call_has_a_number() -> None:
    assert set(NUMBERS) == set(syscalls.EVERY_CALL)
    assert all(x86_64 is not None for x86_64, _ in NUMBERS.values())
    assert {name for name, (_, arm) in NUMBERS.items() if arm is None} == syscalls.ONLY_X86_64
    assert set(syscalls.EVERY_CALL) >= {*syscalls.ZERO_IS_SELF, *syscalls.ONLY_X86_64}


def test_the_table_is_what_the_kernels_headers_say(script: ModuleType) -> None:
    try:
        wanted = script.generate()
    except script.HeadersError as error:
        pytest.skip(str(error))
    assert script.TARGET.read_text() == wanted


def test_the_script_refuses_a_name_that_no_kernel_knows(script: ModuleType) -> None:
    with pytest.raises(script.HeadersError, match="no header knows a system call 'sokcet'"):
        script.table(["sokcet"], {"socket": 41}, {"socket": 198})


def test_the_script_refuses_headers_that_contradict_its_list_of_later_calls(
    script: ModuleType,
) -> None:
    known = script.table(["listns"], {"listns": 470}, {"listns": 470})
    assert known == script.table(["listns"], {}, {}) == {"listns": (470, 470)}
    with pytest.raises(script.HeadersError, match=r"listns is \[471, None\] in the headers"):
        script.table(["listns"], {"listns": 471}, {})


def test_the_script_refuses_headers_that_are_missing_or_too_old(
    script: ModuleType, tmp_path: Path
) -> None:
    with pytest.raises(script.HeadersError, match="install linux-libc-dev"):
        script.read_headers(tmp_path)
    (tmp_path / "linux").mkdir()
    (tmp_path / "linux" / "version.h").write_text(f"#define LINUX_VERSION_CODE {5 << 16 | 19 << 8}")
    with pytest.raises(script.HeadersError, match=r"must be of Linux 6\.1 or newer"):
        script.read_headers(tmp_path)
