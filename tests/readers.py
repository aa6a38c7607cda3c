"""What every reader of untrusted bytes promises, each as a function that raises if it is broken.

`test_fuzz.py` calls them with what hypothesis makes, `benchmarks/fuzz.py` with what a
coverage-guided fuzzer finds.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
import nbformat

from autograder.gradebook.restore import restore
from autograder.grading.journal import Journal
from autograder.grading.observe import read_reply
from autograder.messages import (
    Load,
    Loaded,
    Observe,
    Observed,
    ReportedFailure,
    Request,
    SourceText,
)
from autograder.model import AutograderError
from autograder.sandbox import control
from autograder.sandbox.limits import Limits
from autograder.sandbox.wire import Bounds, WireError, decode, encode
from autograder.sources.code_cells import locked_cells
from autograder.sources.definitions import Cell, definitions
from autograder.sources.submission import read_submission

BOUNDS = Bounds(frame_bytes=1 << 16, json_bytes=1 << 14, arrays=8, name_chars=40, rank=6)
NAMES = ["Momentum", "average"]
RELEASE = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_code_cell(
            source,
            id=grade_id,
            metadata={
                "nbgrader": {
                    "grade_id": grade_id,
                    "locked": locked,
                    "solution": not locked,
                    "grade": locked,
                    "task": False,
                    "schema_version": 3,
                    **({"points": 2} if locked else {}),
                }
            },
        )
        for grade_id, source, locked in [
            ("average", "def average(numbers):\n    raise NotImplementedError", False),
            ("check-average", "check(average)", True),
        ]
    ]
)
LOCKED = locked_cells(RELEASE)


def notebook(content: bytes) -> None:
    """A submission is read whatever it holds: into cells, or with the reason why not."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.ipynb")
        path.write_bytes(content)
        submission = read_submission(path, "student", LOCKED)
    assert submission.cells or submission.unreadable or submission.notebook is not None
    plan = submission.definitions(NAMES)
    assert set(plan.missing) <= set(NAMES)
    plain = [*submission.remarks, submission.unreadable, *plan.missing.values()]
    assert all(isinstance(text, str) and len(text) <= 1000 for text in plain)
    if submission.notebook is not None:
        restored = restore(nbformat.from_dict(submission.notebook), RELEASE)
        nbformat.validate(restored)
        kept = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in restored.cells]
        assert kept.count("average") == kept.count("check-average") == 1


def module(content: bytes) -> None:
    """A module's definitions are cut out, or its parts are called broken; nothing is raised."""
    text = content.decode("utf-8", "replace")
    for cell in (Cell("cell 1", text), Cell("module", text, magics=False)):
        found, defined, broken = definitions([cell], NAMES)
        assert defined <= set(NAMES)
        assert not broken or broken[0].line >= 1
        for file in found.files:
            compile(file.text, "again", "exec", 0x2400, dont_inherit=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.py")
        path.write_bytes(content)
        submission = read_submission(path, "student")
    assert submission.cells or submission.unreadable or not content.strip()
    assert set(submission.definitions(NAMES).missing) <= set(NAMES)


def frame(content: bytes) -> None:
    """A frame is refused, or it comes back the same from another trip."""
    try:
        message, arrays = decode(content, bounds=BOUNDS)
    except WireError:
        return
    again, arrays_again = decode(encode(message, arrays))
    assert json.dumps(again) == json.dumps(message)
    assert {name: array.tobytes() for name, array in arrays.items()} == {
        name: array.tobytes() for name, array in arrays_again.items()
    }


def request(content: bytes) -> None:
    """A request is refused, or it comes back the same from another trip."""
    try:
        message, arrays = decode(content, Request, BOUNDS)
    except WireError:
        return
    assert isinstance(message, Load | Observe)
    assert decode(encode(message, arrays), Request)[0] == message


def reply(content: bytes) -> None:
    """A reply is refused, or an observation that does not blame the grader, in plain short text."""
    for kind in (Observed, Loaded):
        try:
            message, arrays = decode(content, kind, BOUNDS)
        except WireError:
            continue
        assert isinstance(message, kind)
        if isinstance(message, Loaded):
            continue
        observation = read_reply(message, arrays)
        assert 0 <= observation.seconds < math.inf
        failure = observation.failure
        if failure:
            assert failure.kind not in ("internal", "timeout", "crashed")
            texts = [failure.message, failure.where, failure.exception]
            assert all(len(text) <= 600 and text.isprintable() for text in texts)


def control_message(content: bytes) -> None:
    """A control message is refused, or comes back the same from another trip."""
    for kind in (control.ORDERS, control.EVENTS):
        try:
            message = control.decode(content, kind)
        except control.ControlError:
            continue
        assert control.decode(msgspec.json.encode(message), kind) == message


def journal(content: bytes) -> None:
    """A journal is read, or the message says what to delete."""
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder), "x")
        journal.path.parent.mkdir()
        journal.path.write_bytes(content)
        said = ""
        try:
            with journal:
                journal.last()
                journal.entries()
        except AutograderError as error:
            said = str(error)
        assert not said or str(journal.path) in said


READERS: Mapping[str, Callable[[bytes], None]] = {
    reader.__name__: reader
    for reader in (notebook, module, frame, request, reply, control_message, journal)
}


def seeds() -> dict[str, list[bytes]]:
    """Well-formed content to start from, by reader."""
    import numpy as np

    from autograder.verdicts import ExerciseReport, Report, Verdict

    student = json.loads(nbformat.writes(RELEASE))
    student["cells"] += [None, {"cell_type": "markdown", "source": ["a", "b"]}]
    failed = Observed(ReportedFailure("raised", "x", "y", "ValueError"), 0.5)
    load = Load((SourceText("cell_2.py", "cell 2", "class Momentum: pass", (0, 1)),))
    observe = Observe(
        "E", ("keras.SGD",), "p", "def p(): ...", 1, "float32", {"a": [1, {"b": 2.5}]}
    )
    limits = Limits()
    verdict = Verdict("check", "claim", "failed", 0.0, 1.0, "message", "name", "hint", True)
    report = Report("ada", "x", (ExerciseReport("E", False, (verdict,)),), 1, "none", ("remark",))
    with tempfile.TemporaryDirectory() as folder:
        with Journal(Path(folder), "x") as journal:
            journal.add("digest", report)
        database = journal.path.read_bytes()
    return {
        "notebook": [
            json.dumps(student).encode(),
            b'{"nbformat": 3, "worksheets": [{"cells": []}]}',
        ],
        "module": [
            b"# %%\n!ls\n%matplotlib inline\nimport numpy as np\nRATE: float = 0.1\n"
            b"class Momentum(object):\n    def f(self, *a, **k):\n        return [x for x in a]\n"
            b"@np.vectorize\ndef average(numbers, *, rate=RATE):\n    global RATE\n    return 1\n"
            b"match RATE:\n    case {'a': [b, *c]} if b:\n        average = lambda: (yield)\n",
            b"%%time\n%%capture\n    >>> x = !ls \\\n    ... -l\n"
            b"    >>> %time average = len\n    x.y??\n",
            b"# coding: latin-1\n# %%\r\nIn [1]: class Momentum:\r\n   ...:     pass;\r\n\x0c\n",
        ],
        "frame": [
            encode(
                {"a": [1.5, {"b": None}]}, {"a": np.arange(6.0).reshape(2, 3), "b": np.array(True)}
            ),
            encode({"failure": None}, {}),
        ],
        "request": [encode(load, {}), encode(observe, {"x": np.arange(3.0)})],
        "reply": [
            encode(failed, {}),
            encode(Observed(None, 0.25), {"a": np.arange(6.0).reshape(2, 3)}),
            encode(Loaded(), {}),
        ],
        "control_message": [
            msgspec.json.encode(message)
            for message in (
                control.Start(1, "/tmp/x", True, 7, False, limits),
                control.Kill(1),
                control.Stop(),
                control.Ready(["/usr"], 1),
                control.Started(1),
                control.Refused(1, "why"),
                control.Ended(1, -9, 2, 0.5),
            )
        ],
        "journal": [database],
    }
