"""What the grader and the zygote agree on: a child's limits, and two numbers of their protocol.

Unlike its neighbours it can be imported on any system, so that `sandbox` can say what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

CONTROL_BYTES = 1 << 16
"""The longest message between grader and zygote."""

OUT_OF_MEMORY = 77
"""Exit status of a child whose service raised a MemoryError."""

GIBIBYTE = 1 << 30


def out_of_time(cpu_seconds: float | None) -> str:
    """What is said of a request that took longer; "" if it may take any time."""
    if cpu_seconds is None:
        return ""
    return f"Exceeded the CPU limit of {cpu_seconds:.3g} s. An endless loop?"


@dataclass(frozen=True)
class Limits:
    """How much a child may use.

    Attributes:
        memory_bytes: address space beyond what the zygote's imports take. TensorFlow reserves
            about 2 GiB that it hardly touches.
        cpu_seconds: CPU time of the child's whole life; each request has a budget of its own.
        file_bytes: size of one file.
        scratch_bytes: all files in the child's folder together, with those that it has deleted and
            still has open. Checked while a request runs, so a fast writer exceeds it for a
            moment.
        scratch_files: their number.
        open_files: file descriptors.
        threads: threads at a time. Checked while a request runs; what a child can start until then
            is bounded by the kernel, unless it is root's.
        frame_bytes: size of one reply.
    """

    memory_bytes: int = 4 * GIBIBYTE
    cpu_seconds: int = 900
    file_bytes: int = GIBIBYTE // 4
    scratch_bytes: int = GIBIBYTE
    scratch_files: int = 10_000
    open_files: int = 256
    threads: int = 512
    frame_bytes: int = GIBIBYTE // 16
