"""The filter of system calls."""

from __future__ import annotations

from autograder.sandbox import seccomp, syscalls


def test_the_filter_fits_the_kernel():
    for column, architecture in seccomp.ARCHITECTURES.values():
        program = seccomp._program(column, architecture, 1234, 7)
        assert len(program) <= 4096
        assert len(seccomp._program(column, architecture, 1234, 2)) > len(program)
        for position, (code, if_true, if_false, _) in enumerate(program):
            if code & 0x07 == 0x05:  # a jump stays inside
                assert position + 1 + max(if_true, if_false) < len(program)


def test_no_system_call_is_listed_twice():
    tables = [
        syscalls.REFUSED,
        syscalls.PRETENDED,
        syscalls.OWN_PROCESS_ONLY,
        syscalls.BY_ARGUMENT,
    ]
    for column in (0, 1):
        numbers = [row[column] for table in tables for row in table.values()]
        known = [number for number in numbers if number is not None]
        assert len(known) == len(set(known))
        assert max(known) <= syscalls.NEWEST
