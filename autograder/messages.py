"""What the grader and the process of a submission say to each other: requests and replies.

Both sides decode with these types, so a message with other fields, other types or longer texts is
refused where it is read. The grader believes no reply: `autograder.grading.observe` turns it into
an observation.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

MESSAGE_CHARS = 600
WHERE_CHARS = 200
EXCEPTION_CHARS = 60
OPERATION_CHARS = 160
MEANING_CHARS = 300

PRINT_LINES, PRINT_CHARS = 10, 200
"""How many lines of what code prints are kept, and how much of each."""


class SourceText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file or cell of a submission.

    Attributes:
        name: file name that tracebacks show.
        label: what students call it, such as "cell 3".
        text: the whole source.
        keep: indices of the top-level statements to run.
        defines: those that define an exercise, with its name.
    """

    name: str
    label: str
    text: str
    keep: tuple[int, ...]
    defines: tuple[tuple[int, str], ...] = ()


class Load(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="request", tag="load"
):
    """Forget what was loaded before, and run these definitions.

    Attributes:
        files: what to run, in order.
        undefined: names that nothing defines in time, and why; for messages.
        forbidden: dotted names of what they may not use, if they are those of one exercise alone.
    """

    files: tuple[SourceText, ...]
    undefined: tuple[tuple[str, str], ...] = ()
    forbidden: tuple[str, ...] = ()


class Observe(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="request", tag="observe"
):
    """Run one probe on one exercise; the inputs that are arrays are sent beside it.

    Attributes:
        exercise: name of the class or function.
        forbidden: dotted names of what it may not delegate to.
        probe: name of the probe.
        source: the text that defines it.
        seed: for Keras and NumPy, and for this probe alone.
        floatx: Keras' default float type.
        inputs: the inputs that are not arrays: JSON values.
        cpu_seconds: when to interrupt it; None for never.
        prints: whether to keep what it prints meanwhile.
    """

    exercise: str
    forbidden: tuple[str, ...]
    probe: str
    source: str
    seed: int
    floatx: str
    inputs: dict[str, Any]
    cpu_seconds: float | None = None
    prints: bool = False


class Unknown(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="request", tag="unknown"
):
    """Say which of these dotted names do not exist in the installed packages."""

    names: tuple[str, ...]


Request = Load | Observe | Unknown


class Loaded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The definitions have run."""


class UnknownNames(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The names that do not exist, in the order in which they were asked for."""

    names: tuple[str, ...]


ReportedKind = Literal[
    "missing", "unwritten", "delegated", "malformed", "raised", "memory", "timeout"
]


class ReportedFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a probe returned no arrays.

    Only what a submission can know of itself: that the grader failed is not among the kinds.

    Attributes:
        message: one line.
        where: the line of the submission, or "".
        exception: name of the exception's class, or "".
        operation: what failed there, in terms that do not depend on the student's names, or "".
        meaning: what such an error usually means, or "".
    """

    kind: ReportedKind
    message: Annotated[str, msgspec.Meta(max_length=MESSAGE_CHARS)]
    where: Annotated[str, msgspec.Meta(max_length=WHERE_CHARS)] = ""
    exception: Annotated[str, msgspec.Meta(max_length=EXCEPTION_CHARS)] = ""
    operation: Annotated[str, msgspec.Meta(max_length=OPERATION_CHARS)] = ""
    meaning: Annotated[str, msgspec.Meta(max_length=MEANING_CHARS)] = ""


PrintedLine = Annotated[str, msgspec.Meta(max_length=PRINT_CHARS)]


class Observed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a probe did; its arrays are sent beside it.

    Attributes:
        failure: None if it returned arrays.
        seconds: CPU time that it took.
        printed: the first lines that it printed, if that was asked for.
        unprinted: how many more there were.
    """

    failure: ReportedFailure | None
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    printed: Annotated[tuple[PrintedLine, ...], msgspec.Meta(max_length=PRINT_LINES)] = ()
    unprinted: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
