"""Reports as a journal keeps them: bytes, and objects that share what is alike."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakValueDictionary

import msgspec

from autograder.verdicts import ExerciseReport, Report


class _Kept(msgspec.Struct):
    """A `Report` whose exercises are not decoded yet."""

    student: str
    assignment: str
    exercises: tuple[msgspec.Raw, ...]
    seed: int
    sandbox: str
    remarks: tuple[str, ...]


def encoded(report: Report) -> bytes:
    """A report as bytes, without the student's id, which need not be valid Unicode.

    Also without what its checks used: reports that are alike would differ in it.
    """
    exercises = tuple(replace(each, used=None) for each in report.exercises)
    return msgspec.json.encode(replace(report, student="", exercises=exercises))


class KeptReports:
    """Decodes reports; exercises with the same report share one object while anyone holds it.

    In a class of thousands most reports on an exercise are alike. Each on its own would fill the
    memory.
    """

    def __init__(self) -> None:
        self._alike: WeakValueDictionary[bytes, ExerciseReport] = WeakValueDictionary()

    def decoded(self, content: bytes, student: str) -> Report:
        """The report on a student.

        Raises:
            TypeError, ValueError: ``content`` is not by `encoded`.
        """
        kept = msgspec.json.decode(content, type=_Kept)
        exercises = tuple(map(self._exercise, map(bytes, kept.exercises)))
        return Report(student, kept.assignment, exercises, kept.seed, kept.sandbox, kept.remarks)

    def _exercise(self, content: bytes) -> ExerciseReport:
        report = self._alike.get(content)
        if report is None:
            report = msgspec.json.decode(content, type=ExerciseReport)
            self._alike[content] = report
        return report
