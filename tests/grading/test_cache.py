"""What has not changed is not computed again, and whatever changes is."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.grading import cache
from autograder.grading.cache import FILE, ObservationCache, observation_cache, observation_keys
from autograder.grading.journal import FOLDER
from autograder.grading.trial import Trial
from autograder.model import AutograderError, Failure, FailureKind, Observation
from autograder.programs import Definitions, Probe, SourceFile
from autograder.sources.assignment import Assignment
from autograder.sources.inputs import draw_inputs

CODE = Definitions(
    (SourceFile("walk.py", "solution of walk", "def walk():\n    return 1\n", (0,)),)
)


@pytest.fixture
def trial(assignment: Assignment) -> Trial:
    check = assignment.check_set.checks[0]
    exercise = assignment.check_set.exercise(check.exercise)
    probe = assignment.check_set.probes[check.probe]
    return Trial(exercise, check, probe, draw_inputs(check, 1), 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "observations.db"


def test_an_observation_comes_back_as_it_was(path: Path, trial: Trial) -> None:
    arrays = {
        "double": np.array([[1.0, np.nan], [-np.inf, 1e-300]]),
        "half": np.array([0.5], dtype="float16"),
        "none": np.zeros((0, 3), dtype="int64"),
        "scalar": np.array(True),
        "transposed": np.arange(6.0).reshape(2, 3).T,
    }
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(arrays, seconds=0.25, peak_bytes=1 << 40))
    with closing(ObservationCache(path)) as kept:
        found = kept.get(CODE, trial)
    assert found is not None
    assert found.failure is None
    assert (found.seconds, found.peak_bytes) == (0.25, 1 << 40)
    assert list(found.arrays) == list(arrays)
    for name, array in arrays.items():
        assert found.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(found.arrays[name], array, strict=True)


def test_a_failure_of_the_code_itself_is_kept(path: Path, trial: Trial) -> None:
    raised = Failure("raised", "ValueError: no", "solution, line 2", "ValueError")
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(failure=raised))
        assert kept.get(CODE, trial) == Observation(failure=raised)


@pytest.mark.parametrize("kind", ["timeout", "memory", "crashed", "internal"])
def test_what_may_be_chance_is_tried_again(path: Path, trial: Trial, kind: FailureKind) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(failure=Failure(kind, "gone")))
        assert kept.get(CODE, trial) is None


def test_a_file_of_an_earlier_version_lacks_sizes_alone(path: Path, trial: Trial) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(seconds=0.25, peak_bytes=9))
    with closing(sqlite3.connect(path)) as database:
        database.execute("drop table peak")
    with closing(ObservationCache(path)) as kept:
        assert kept.get(CODE, trial) == Observation(seconds=0.25)


def edits(trial: Trial) -> dict[str, tuple[Definitions, Trial]]:
    (file,) = CODE.files
    gradients = trial.inputs["gradients"]

    def with_inputs(**other: Any) -> Trial:
        return replace(trial, inputs={**trial.inputs, **other})

    return {
        "code": (Definitions((replace(file, text="def walk():\n    return 2\n"),)), trial),
        "statements": (Definitions((replace(file, keep=()),)), trial),
        "another cell": (Definitions((file, file)), trial),
        "exercise": (Definitions((replace(file, defines=((0, "walk"),)),)), trial),
        "undefined": (Definitions((file,), (("rate", "Nothing defines it."),)), trial),
        "data": (CODE, replace(trial, data={"data/a.csv": b"1"})),
        "other data": (CODE, replace(trial, data={"data/a.csv": b"2"})),
        "probe": (CODE, replace(trial, probe=Probe(trial.probe.name, trial.probe.source + "#"))),
        "number": (CODE, with_inputs(rate=0.2)),
        "array": (CODE, with_inputs(gradients=gradients + 1e-12)),
        "shape": (CODE, with_inputs(gradients=gradients[:, None])),
        "dtype": (CODE, with_inputs(gradients=gradients.view("int64"))),
        "name": (CODE, with_inputs(more=gradients)),
        "float type": (CODE, replace(trial, floatx="float64")),
        "seed": (CODE, replace(trial, seed=2)),
        "forbidden": (CODE, replace(trial, exercise=replace(trial.exercise, forbidden=("a.b",)))),
    }


def test_every_change_is_another_observation(trial: Trial) -> None:
    keys = {observation_keys(*edited) for edited in edits(trial).values()}
    assert len(keys) == len(edits(trial))
    assert observation_keys(CODE, trial) not in keys


def test_the_same_again_is_the_same_observation(trial: Trial) -> None:
    # Points, words and limits decide nothing about what is observed.
    reworded = replace(trial.check, claim="Otherwise.", points=5, tolerance=1.0)
    again = replace(trial, check=reworded, cpu_seconds=99.0, inputs=dict(trial.inputs))
    assert observation_keys(CODE, again) == observation_keys(CODE, trial)


def test_other_versions_are_other_observations(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = observation_keys(CODE, trial)
    monkeypatch.setattr(cache, "version", lambda library: "99.0")
    cache._versions.cache_clear()
    after = observation_keys(CODE, trial)
    monkeypatch.undo()
    cache._versions.cache_clear()
    assert after != before
    assert observation_keys(CODE, trial) == before


def test_our_own_code_that_answers_a_probe_counts_and_no_other() -> None:
    found = {path.relative_to(cache._PACKAGE).as_posix() for path in cache._code_of_a_child()}
    assert {"probing/child.py", "probing/kit.py", "sources/stubs.py", "sandbox/wire.py"} <= found
    assert not found & {"sources/views.py", "grading/judge.py", "sources/misconceptions.py"}


def test_a_damaged_file_is_replaced(tmp_path: Path, trial: Trial) -> None:
    file = tmp_path / FOLDER / FILE
    file.parent.mkdir()
    file.write_bytes(b"no database at all" * 100)
    with observation_cache(tmp_path) as kept:
        assert kept.get(CODE, trial) is None
        kept.put(CODE, trial, Observation(seconds=1.0))
        assert kept.get(CODE, trial) is not None


def test_what_another_process_is_writing_is_not_taken_for_damage(
    path: Path, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(seconds=1.0))
    monkeypatch.setattr(cache, "PATIENCE", 0.05)
    with closing(sqlite3.connect(path)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        with pytest.raises(AutograderError, match=r"cannot be written .*locked"):
            ObservationCache(path)
    with closing(ObservationCache(path)) as kept:
        assert kept.get(CODE, trial) is not None


def test_a_line_above_the_code_changes_nothing_but_the_place_of_a_failure(
    path: Path, trial: Trial
) -> None:
    (file,) = CODE.files
    lower = Definitions((replace(file, text="\n\n" + file.text),))
    raised = Observation(failure=Failure("raised", "ValueError: no", "line 2", "ValueError"))
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, raised)
        assert kept.get(lower, trial) is None
        kept.put(CODE, trial, Observation(seconds=1.0))
        assert kept.get(lower, trial) is not None


def test_comments_and_formatting_change_nothing_but_the_place_of_a_failure(
    path: Path, trial: Trial
) -> None:
    (file,) = CODE.files
    alike = replace(file, text="# One.\ndef walk():\n    'Walk.'\n    return (1)\n", label="cell 9")
    raised = Observation(failure=Failure("raised", "ValueError: no", "line 2", "ValueError"))
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, raised)
        assert kept.get(Definitions((alike,)), trial) is None
        kept.put(CODE, trial, Observation(seconds=1.0))
        assert kept.get(Definitions((alike,)), trial) is not None


def test_what_loads_with_the_forbidden_names_refused_is_another_observation(
    path: Path, trial: Trial
) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation(seconds=1.0), alone=True)
        assert kept.get(CODE, trial) is None
        assert kept.get(CODE, trial, alone=True) is not None


def test_what_of_a_reply_is_read_decides_what_is_kept(trial: Trial) -> None:
    few, many = ({"a": ((size,), 8 * size)} for size in (3, 300_000))
    keys = {observation_keys(CODE, replace(trial, reference=each)) for each in (few, many, None)}
    assert len(keys) == 3


def test_damaged_arrays_are_computed_again(path: Path, trial: Trial) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation({"a": np.ones(3)}))
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("update observation set arrays = ?", (b"\x07",))
    with closing(ObservationCache(path)) as kept:
        assert kept.get(CODE, trial) is None


def test_what_was_not_used_for_longest_goes_first(
    path: Path, trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "LIMIT", 3000)
    monkeypatch.setattr(cache, "USED_AGAIN", -1.0)
    trials = [replace(trial, seed=seed) for seed in range(4)]
    with closing(ObservationCache(path)) as kept:
        for each in trials:
            kept.put(CODE, each, Observation({"a": np.zeros(100)}))
        assert kept.get(CODE, trials[0]) is not None  # used again, so it stays
    with closing(ObservationCache(path)) as kept:
        assert [kept.get(CODE, each) is not None for each in trials] == [True, False, True, True]


def test_clearing_leaves_nothing(path: Path, trial: Trial) -> None:
    with closing(ObservationCache(path)) as kept:
        kept.put(CODE, trial, Observation({"a": np.zeros(1000)}))
        number, size = kept.size()
        assert number == 1
        assert size > 8000
        kept.clear()
        assert kept.size() == (0, 0)
        assert kept.get(CODE, trial) is None


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(AutograderError, match=rf"{FILE} cannot be written .*writable"):
        ObservationCache(tmp_path / FOLDER / FILE)


def test_threads_and_two_openings_share_one_file(path: Path, trial: Trial) -> None:
    trials = [replace(trial, seed=seed) for seed in range(40)]
    with closing(ObservationCache(path)) as one, closing(ObservationCache(path)) as other:

        def work(each: Trial) -> bool:
            writer, reader = (one, other) if each.seed % 2 else (other, one)
            writer.put(CODE, each, Observation({"seed": np.array(each.seed)}))
            found = reader.get(CODE, each)
            return found is not None and int(found.arrays["seed"]) == each.seed

        with ThreadPoolExecutor(8) as executor:
            assert all(executor.map(work, trials))
