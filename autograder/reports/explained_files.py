"""An explanation for other programs: as JSON, and every array of it as safetensors."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save

from autograder.atomic import atomic_replacement, atomic_write
from autograder.grading.explained import ExplainedCheck
from autograder.grading.gaps import Compared
from autograder.model import AutograderError, Observation
from autograder.reports.explanation import Explanation
from autograder.reports.results import results
from autograder.reports.summaries import FIRST
from autograder.verdicts import seed_in_json

VERSION = 1


def write_json(path: Path, found: Explanation) -> None:
    """Write an explanation as JSON.

    Raises:
        AutograderError: the file cannot be written.
    """
    text = json.dumps(content(found), indent=1, allow_nan=False, default=repr)
    try:
        atomic_write(path, f"{text}\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def write_arrays(folder: Path, found: Explanation) -> tuple[Path, ...]:
    """Write every array in full, a file ``<Exercise>.<check>.safetensors`` for each check.

    Names in it are ``inputs/...``, ``expected/...``, ``observed/...`` and ``mistake/...``.

    Raises:
        AutograderError: the folder cannot be written.
    """
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in found.checks:
            path = folder / f"{each.check.id}.safetensors"
            with atomic_replacement(path) as replacement:
                replacement.write_bytes(save(dict(_arrays(each))))
            written.append(path)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return tuple(written)


def content(found: Explanation) -> dict[str, Any]:
    """An explanation as plain JSON values."""
    origin, report = found.provenance, found.explained.report
    return {
        "version": VERSION,
        "assignment": found.assignment,
        "student": found.recorded.student,
        "same": found.same,
        "bit_for_bit": found.bit_for_bit,
        "differences": found.differences,
        "report": results(report.assignment, report.seed, report.sandbox, [report])["students"][0],
        "checks": [_check(each, found) for each in found.checks],
        "misconceptions": [
            {
                "exercise": each.exercise,
                "name": each.misconception.name,
                "hint": each.misconception.hint,
                "failed_checks": each.failed,
                "same_numbers_in": list(each.alike),
                "other_numbers_in": list(each.otherwise),
            }
            for each in found.explained.evidence
        ],
        "submission": {
            "file": str(origin.file),
            "sha256": origin.sha256,
            "unchanged": origin.unchanged,
        },
        "seed": seed_in_json(origin.seed),
        "seed_of": origin.whose_seed,
        "sandbox": {"recorded": origin.sandbox[0], "now": origin.sandbox[1]},
        "versions": origin.versions,
        "changed_since": None if origin.changes is None else list(origin.changes),
        "results": str(origin.results),
        "reproduce": origin.command,
    }


def _check(found: ExplainedCheck, whole: Explanation) -> dict[str, Any]:
    check, verdict = found.check, found.verdict
    before = whole.before(check.exercise, check.name)
    return {
        "exercise": check.exercise,
        "name": check.name,
        "claim": check.claim,
        "aspect": check.aspect,
        "hidden": check.hidden,
        "status": verdict.status,
        "points": verdict.points,
        "max_points": verdict.max_points,
        "message": verdict.message,
        "misconception": verdict.misconception,
        "judged_against": verdict.judged_against,
        "digest": {"recorded": before.observed if before else "", "now": verdict.observed},
        "inputs": {
            name: {"withheld": name in check.withheld, "value": _value(value)}
            for name, value in found.inputs.items()
        },
        "expected": _observation(found.expected),
        "observed": _observation(found.observed),
        "beside_expected": _compared(found.compared),
        "mistake": _observation(found.mistake),
        "beside_mistake": _compared(found.beside_mistake),
    }


def _observation(seen: Observation | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "failure": asdict(seen.failure) if seen.failure else None,
        "arrays": {name: _value(array) for name, array in seen.arrays.items()},
    }


def _value(value: Any) -> Any:
    """An array by its type, shape and first numbers; anything else as it is."""
    if isinstance(value, Mapping):
        return {str(key): _value(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each) for each in value]
    if not isinstance(value, np.ndarray):
        return _finite(value)
    numbers = value.ravel()[:FIRST].tolist()
    return {
        "dtype": str(value.dtype),
        "shape": list(value.shape),
        "first": [_finite(each) for each in numbers],
    }


def _compared(found: Compared | None) -> dict[str, Any] | None:
    if found is None:
        return None
    values = asdict(found)
    for name in ("first", "largest"):
        if values[name] is not None:
            values[name] = {key: _finite(each) for key, each in values[name].items()}
    return values


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: these are text."""
    return value if not isinstance(value, float) or np.isfinite(value) else str(value)


def _arrays(found: ExplainedCheck) -> Iterator[tuple[str, np.ndarray]]:
    parts: dict[str, Mapping[str, Any]] = {
        "inputs": found.inputs,
        "expected": found.expected.arrays,
        "observed": found.observed.arrays if found.observed else {},
        "mistake": found.mistake.arrays if found.mistake else {},
    }
    for part, arrays in parts.items():
        for name, array in arrays.items():
            if isinstance(array, np.ndarray) and array.dtype.kind in "biuf":
                yield f"{part}/{name}", np.array(array, order="C")


def _unwritable(path: Path, error: OSError) -> AutograderError:
    remedy = "Free some space, or choose" if error.errno == errno.ENOSPC else "Choose"
    return AutograderError(f"{path} could not be written ({error.strerror}). {remedy} another one.")
