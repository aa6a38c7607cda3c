"""Searches for what a fork inherits: these need no sandbox to fail, only care."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
from pathlib import Path


def find_an_inherited_descriptor(on):
    found = []
    for handle in range(3, 1024):
        if handle != on.own_descriptor:
            with contextlib.suppress(OSError):
                fcntl.fcntl(handle, fcntl.F_GETFD)
                found.append(handle)
    if not found:
        raise OSError("none")
    return found


def find_a_secret_in_the_environment(on):
    inherited = Path("/proc/self/environ").read_bytes()
    if on.environment_secret.encode() not in inherited + str(dict(os.environ)).encode():
        raise OSError("not there")
    return "found"


def find_a_secret_in_memory(on):
    """Whatever a parent knew would be in the heap."""
    wanted = on.secret_halves[0] + on.secret_halves[1]
    mine = {id(wanted), id(on.secret_halves)}
    for thing in gc.get_objects():
        if id(thing) not in mine and isinstance(thing, dict) and thing.get("answer") == wanted:
            return "found"
    raise OSError("not there")


def import_from_the_repository(on):
    import tests.sandbox.escape_service as found

    return found.__name__
