# Tries: to raise its limits of memory and files, and then to exceed the old ones.
# Earns: Descent 0, average 2
# Without protection: nothing to compare
import contextlib
import mmap
import resource


class Descent:
    def __init__(self, *_, **__):
        for kind in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE):
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            with contextlib.suppress(OSError, ValueError):
                resource.prlimit(0, kind, (1 << 40, 1 << 40))
        taken = mmap.mmap(-1, 1 << 36, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)
        raise RuntimeError(f"its limit was raised: {len(taken)} bytes")
