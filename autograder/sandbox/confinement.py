"""What a child gives up before it runs a student's first line: files, network, processes, time.

Everything here is called in the freshly forked child, while it has one thread, and cannot be
undone by it. Landlock (a kernel mechanism that needs no root) covers files, TCP and signals;
a seccomp filter covers what Landlock does not; resource limits bound memory, time and files.

The kernel is called through ctypes: of the packages that were tried, ``landlock`` 1.0.0.dev5
covers files but neither TCP nor signals, ``pyseccomp`` 0.1.2 needs a system libseccomp and looks
for it by starting programs, and ``landlockpy`` 0.2.0 covers Landlock only, with ctypes of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox import syscalls
from autograder.sandbox.limits import Limits


class ConfinementError(Exception):
    """This system lacks a protection: the message says which."""


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_SECCOMP, PR_SET_MM, PR_SET_NO_NEW_PRIVS = 22, 35, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_PTRACER = 0x59616D61


def _prctl(option: int, *arguments: int) -> None:
    words = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    if _libc.prctl(ctypes.c_int(option), *words) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"prctl({option}): {os.strerror(number)}")


def _syscall(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"system call {number}: {os.strerror(code)}")
    return result


def hide_memory() -> None:
    """Keep other processes of the same user from reading this one's memory and environment."""
    _prctl(PR_SET_DUMPABLE, 0)


def die_with_parent(parent: int, how: signal.Signals = signal.SIGKILL) -> None:
    """Receive ``how`` when the thread that started this process ends.

    Args:
        parent: the process id that the parent is known to have; if it is gone already, exit.
    """
    _prctl(PR_SET_PDEATHSIG, how)
    if os.getppid() != parent:
        os._exit(0)


def confine(
    scratch: Path, readable: Iterable[Path], limits: Limits, landlock: int, run_folder: Path
) -> None:
    """Give up everything but reading ``readable``, and reading and writing in ``scratch``.

    Args:
        landlock: the version of Landlock to use. 0: none, so that bubblewrap has to be around this
            process, and everything else in ``run_folder`` is hidden by mounts.

    Raises:
        ConfinementError: a protection is missing; nothing of the student's may run then.
    """
    try:
        limit_resources(limits)
        _prctl(PR_SET_NO_NEW_PRIVS, 1)
        if not landlock:
            _hide_other_folders(scratch, run_folder)
        _drop_capabilities()
        if landlock:
            _restrict_files(scratch, readable, min(landlock, landlock_abi()))
            # For the grader, who looks at its open files. Landlock keeps its neighbours out.
            _prctl(PR_SET_DUMPABLE, 1)
        _filter_system_calls(landlock)
    except OSError as error:
        raise ConfinementError(f"the kernel refused to confine a process: {error}") from error


# --- resources ------------------------------------------------------------------------------------


def limit_resources(limits: Limits) -> None:
    """Set the limits that the kernel keeps itself; they end with the process."""
    with Path("/proc/self/statm").open("rb") as file:
        mapped_bytes = int(file.read().split()[0]) * resource.getpagesize()
    for kind, soft, hard in (
        (resource.RLIMIT_AS, mapped_bytes + limits.memory_bytes, None),
        # SIGXCPU, which code can catch, and SIGKILL soon after.
        (resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 5),
        (resource.RLIMIT_FSIZE, limits.file_bytes, None),
        (resource.RLIMIT_NOFILE, limits.open_files, None),
        (resource.RLIMIT_CORE, 0, None),
        (resource.RLIMIT_MEMLOCK, 0, None),
    ):
        wanted = (soft, soft if hard is None else hard)
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            wanted = (min(wanted[0], ceiling), min(wanted[1], ceiling))
        resource.setrlimit(kind, wanted)
    # If the machine runs out of memory, the kernel shall take the child, not the grader. The file
    # belongs to root while the memory is hidden.
    _prctl(PR_SET_DUMPABLE, 1)
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    hide_memory()


def _drop_capabilities() -> None:
    """Make root an ordinary user to the kernel. The uid stays: only it may reach the runtime."""
    try:
        _prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
        for capability in range(64):
            _prctl(PR_CAPBSET_DROP, capability)
    except OSError as error:
        # EINVAL: past the last one. EPERM: not root; without exec the bounding set is moot.
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
    header = struct.pack("Ii", 0x20080522, 0)  # version 3, this process
    if _libc.capset(header, bytes(24)) != 0:  # effective, permitted, inheritable, twice 32 bits
        raise OSError(ctypes.get_errno(), "capset")


# --- Landlock -------------------------------------------------------------------------------------

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
SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
)
IN_A_PREFIX = ("lib", "lib64", "share", "pyvenv.cfg")


def landlock_abi() -> int:
    """The version of Landlock that this kernel speaks; 0 if none."""
    try:
        return _syscall(LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def readable_paths() -> tuple[Path, ...]:
    """What any Python program on this machine needs to read: the runtime, and this package.

    Of a virtual environment only the folders that hold code count, since the environment may be
    the course folder itself, and of the repository only the package.
    """
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    paths = {Path(path) for path in SYSTEM}
    paths |= {Path(prefix, name) for prefix in prefixes for name in IN_A_PREFIX}
    paths |= {Path(sysconfig.get_path(name)) for name in names}
    paths.add(Path(__file__).parent.parent)
    # Sorted, so that one run is as the next; /proc/self would resolve to the wrong process here.
    return tuple(sorted(path for path in paths if path.exists()))


def _restrict_files(scratch: Path, readable: Iterable[Path], abi: int) -> None:
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
        _syscall(LANDLOCK_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(flags))
    finally:
        os.close(ruleset)


def _create_ruleset(files: int, network: int, scope: int) -> int:
    words = [files, network, scope]
    while words[-1] == 0:  # an older kernel knows a shorter structure
        words.pop()
    attributes = struct.pack(f"{len(words)}Q", *words)
    try:
        return _syscall(
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
        _syscall(LANDLOCK_ADD_RULE, ctypes.c_int(ruleset), path_beneath, rule, ctypes.c_uint32(0))
    finally:
        os.close(handle)


# --- mounts ---------------------------------------------------------------------------------------

CLONE_NEWNS = 0x00020000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 1 << 14, 1 << 18


def _hide_other_folders(scratch: Path, run_folder: Path) -> None:
    """Where Landlock does not keep children apart: mounts that no other process sees.

    An empty folder over that of the run, and in it nothing but this child's own; and a /proc that
    shows no other process and nothing of the machine, least of all settings that root may write.
    """
    if _libc.unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    careful = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    handle = os.open(scratch, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _mount("tmpfs", run_folder, "tmpfs", careful, "size=64k,mode=755")
        scratch.mkdir(mode=0o700)
        _mount(f"/proc/self/fd/{handle}", scratch, None, MS_BIND)
    finally:
        os.close(handle)
    _mount("none", run_folder, None, MS_REMOUNT | MS_BIND | MS_RDONLY | careful)
    # By hidepid, because belonging to root's group would show them all.
    _mount("proc", "/proc", "proc", careful | MS_RDONLY, "hidepid=4,subset=pid")
    os.chdir(scratch)


def _mount(
    source: str, target: Path | str, kind: str | None, flags: int, options: str = ""
) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    if _libc.mount(*words, ctypes.c_ulong(flags), options.encode() or None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"mount on {target}: {os.strerror(number)}")


# --- seccomp --------------------------------------------------------------------------------------

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


def _filter_system_calls(landlock: int) -> None:
    column, architecture = _architecture()
    program = b"".join(
        struct.pack("HBBI", *instruction)
        for instruction in _program(column, architecture, os.getpid(), landlock)
    )
    code = ctypes.create_string_buffer(program, len(program))
    descriptor = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(code))
    buffer = ctypes.create_string_buffer(descriptor, len(descriptor))
    mode_filter = 2
    _prctl(PR_SET_SECCOMP, mode_filter, ctypes.addressof(buffer))


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
