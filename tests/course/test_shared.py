"""A new exercise costs a few lines: what any optimizer or regularizer has to do is in `_shared/`.

The course here has one assignment with exercises that the real one lacks, and the real `_shared/`.
"""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.sources.checks import read_checks

ROOT = Path(__file__).parents[2]

CHECKS = """\
from functools import partial

from _shared.regularizer_checks import some_weights, standard_checks

from autograder.grading.judge import close
from autograder.model import Exercise

L3 = Exercise("L3")
standard_checks(L3, settings={"l3": 0.3}, other={"l3": 2.5}, training={"l3": 0.05})

SignDescent = Exercise("SignDescent")


def one_vector_and_one_matrix(rng):
    return {
        "settings": {"learning_rate": 0.3},
        "vector": some_weights(rng, 3),
        "matrix": some_weights(rng, 2, 4),
        "vector_gradients": some_weights(rng, 8, 3),
        "matrix_gradients": some_weights(rng, 8, 2, 4),
    }


rule = partial(SignDescent.rule, inputs=one_vector_and_one_matrix, judge=close(along="update"))
rule("follows_the_rule", "Only the sign of a gradient counts.", points=2, probe="trajectory")
rule("works_in_graph_mode", "The same when compiled.", points=1, probe="graph_trajectory")
"""

PROBES = """\
from _shared.optimizer_probes import graph_trajectory, trajectory
from _shared.regularizer_probes import (
    compiled,
    config_round_trip,
    double_precision,
    fit,
    gradients,
    gradients_at_zero,
    mixed_precision,
    penalties,
    regression,
    reloaded,
    two_strengths,
)
"""

NOTEBOOK = """\
# %%
import keras
from keras import ops

# %% exercise="L3"
class L3(keras.regularizers.Regularizer):
    def __init__(self, l3=0.01):
        self.l3 = l3

    def __call__(self, w):
        ### BEGIN SOLUTION: Return the strength times the sum of cubes.
        return self.l3 * ops.sum(ops.abs(w) ** 3)
        ### END SOLUTION

    def get_config(self):
        return {"l3": self.l3}

# %% exercise="SignDescent"
class SignDescent(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, **settings):
        super().__init__(learning_rate=learning_rate, **settings)

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: Move by the learning rate against the sign of the gradient.
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * ops.sign(gradient))
        ### END SOLUTION
"""

MISCONCEPTIONS = """
[[misconception]]
name = "strength_forgotten"
exercise = "L3"
hint = "Multiply by the strength."
find = "self.l3 * ops.sum"
replace = "ops.sum"

[[misconception]]
name = "size_of_the_gradient_counts"
exercise = "SignDescent"
hint = "Use the sign of the gradient only."
find = "ops.sign(gradient)"
replace = "gradient"

[[equivalent]]
exercise = "SignDescent"
mutant = "default_of_learning_rate_is_another"
why = "Both checks pass a learning rate."
"""


@pytest.fixture
def course(tmp_path: Path) -> Path:
    folder = tmp_path / "solutions" / "novel"
    shutil.copytree(ROOT / "solutions" / "_shared", folder.parent / "_shared")
    folder.mkdir()
    (folder / "novel.py").write_text(NOTEBOOK)
    (folder / "checks.py").write_text(CHECKS)
    (folder / "probes.py").write_text(PROBES)
    (folder / "misconceptions.toml").write_text(MISCONCEPTIONS)
    return tmp_path


def test_a_few_lines_declare_the_checks_of_a_new_regularizer_and_optimizer(course: Path) -> None:
    check_set = read_checks(course / "solutions" / "novel")
    assert {e.name: len(check_set.of(e.name)) for e in check_set.exercises} == {
        "L3": 11,
        "SignDescent": 2,
    }


def test_a_shared_probe_is_sent_to_the_child_with_all_it_needs(course: Path) -> None:
    for probe in read_checks(course / "solutions" / "novel").probes.values():
        modules = {
            node.module
            for node in ast.walk(ast.parse(probe.source))
            if isinstance(node, ast.ImportFrom)
        }
        assert not any((module or "").startswith("_shared") for module in modules), probe.name


@pytest.mark.slow
def test_they_grade_the_new_exercises(course: Path) -> None:
    """The reference earns everything, the stub nothing, every mistake is named."""
    program = Path(sys.executable).with_name("autograder")
    command = [str(program), "verify", "--course", str(course), "--seeds", "1", "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "✓ novel:" in done.stdout
