"""The checks that any optimizer gets, as rows of a table, and the inputs that they draw.

    standard_checks(Momentum, settings={"learning_rate": 0.03, ...}, other={...})

declares them all; `standard_check` declares one, with any field of its `Row` changed. The probes
are in ``optimizer_probes.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from _shared.digits import HELD_OUT, digits, some_weights

from autograder.grading.judge import close, expect, expect_close
from autograder.model import Judge

# --- inputs ---------------------------------------------------------------------------------------


def some_gradients(rng, *shape):
    """Gradients of either sign and sizes from 0.1 to 10; float64."""
    return rng.choice([-1.0, 1.0], shape) * 10 ** rng.uniform(-1, 1, shape)


def two_variables(rng, *, settings, updates):
    """A vector and a matrix, and gradients of which the first are partly zero."""
    vector_gradients = some_gradients(rng, updates, 3)
    matrix_gradients = some_gradients(rng, updates, 2, 4)
    vector_gradients[0, 1] = 0.0
    matrix_gradients[0, :, 2] = 0.0
    return {
        "settings": settings,
        "vector": rng.normal(size=3),
        "matrix": rng.normal(size=(2, 4)),
        "vector_gradients": vector_gradients,
        "matrix_gradients": matrix_gradients,
    }


def some_always_zero(rng, *, settings, updates):
    """The same, with elements whose gradient is always zero, and an epsilon that would show."""
    inputs = two_variables(rng, settings={**settings, "epsilon": 0.5}, updates=updates)
    inputs["vector_gradients"][:, 0] = 0.0
    inputs["matrix_gradients"][:, 1, 1] = 0.0
    return inputs


def four_vectors(rng, *, settings, updates):
    return {
        "settings": settings[0],
        "other_settings": settings[1],
        "starts": rng.normal(size=(4, 3)),
        "gradients": some_gradients(rng, updates, 4, 3),
    }


def changing_rates(rng, *, settings, updates):
    rates = settings["learning_rate"] * rng.uniform(0.3, 3.0, size=updates)
    return {"rates": rates, **one_vector(rng, settings=settings, updates=updates)}


def one_vector(rng, *, settings, updates):
    return {
        "settings": settings,
        "start": rng.normal(size=3),
        "gradients": some_gradients(rng, updates, 3),
    }


def gradients_with_gaps(rng, *, settings, updates):
    return {
        "settings": settings,
        "starts": rng.normal(size=(2, 3)),
        "gradients": some_gradients(rng, updates, 2, 3),
        "missing": np.isin(np.arange(updates), [2, 3, 6]),
    }


def two_vectors(rng, *, settings, updates):
    """With the gradients of the first update only."""
    return {
        "settings": settings,
        "starts": rng.normal(size=(2, 3)),
        "gradients": some_gradients(rng, updates, 2, 3)[0],
    }


def small_regression(rng, *, settings, updates):
    return {
        "settings": settings,
        "kernel": rng.normal(size=(4, 3)).astype("float32"),
        "x": rng.normal(size=(8, 4)).astype("float32"),
        "y": rng.normal(size=(8, 3)).astype("float32"),
        "updates": updates,
    }


def small_classification(rng, *, settings, updates):
    return {
        "settings": settings,
        "kernel": rng.normal(size=(4, 3)),
        "x": rng.normal(size=(8, 4)),
        "y": rng.integers(0, 3, size=8),
        "before": updates // 2,
        "after": updates // 2,
    }


def digits_in_batches(rng, *, settings, updates, epochs=2, batch_size=40):
    """Handwritten digits and the weights that a linear model starts at."""
    return {
        **digits(rng, rows=updates // epochs * batch_size),
        "settings": settings,
        "kernel": 0.1 * rng.normal(size=(64, 10)),
        "batch_size": batch_size,
        "epochs": epochs,
    }


# --- judges ---------------------------------------------------------------------------------------


def close_where_gradients_are_zero(observed, expected, inputs):
    """Any placement of epsilon is right, so only these elements are compared."""
    for name in ("vector", "matrix"):
        zero = (inputs[f"{name}_gradients"] == 0).all(axis=0)
        for update, got in enumerate(observed[name], 1):
            what = f"after update {update}, where every gradient was 0, {name}"
            expect_close(got, expected[name][update - 1], where=zero, what=what)


def list_is_as_it_was(observed):
    expect(
        observed["list_is_as_it_was"],
        "The list of gradients passed to `apply` has changed. Work on a copy of it.",
    )


# --- the table ------------------------------------------------------------------------------------

by_update = close(along="update")


@dataclass(frozen=True)
class Row:
    """A check of any optimizer.

    Attributes:
        draw: ``draw(rng, settings=, updates=)`` returns the probe's inputs.
        updates: how many updates the probe makes.
        uses: which hyper-parameters ``draw`` gets.
        options: further options of ``Exercise.rule``.
    """

    name: str
    claim: str
    points: float
    probe: str
    draw: Callable[..., dict[str, Any]]
    updates: int
    uses: Literal["settings", "other", "both"] = "settings"
    judge: Judge = by_update
    options: dict[str, Any] = field(default_factory=dict)


# Name, claim, then points, probe, draw, updates, uses. The cheap ones, and those that tell the most
# mistakes apart, come first.
ROWS = (
    Row(
        "first_update_follows_the_rule",
        "The first update from zero state moves two variables as the rule says.",
        *(1, "trajectory", two_variables, 1),
    ),
    Row(
        "every_update_follows_the_rule",
        "After each of {updates} updates, a vector and a matrix are where the rule puts them.",
        *(3, "trajectory", two_variables, 20),
    ),
    Row(
        "hyperparameters_are_used",
        "The rule also holds with very different hyper-parameters.",
        *(2, "trajectory", two_variables, 20, "other"),
    ),
    Row(
        "zero_gradient_means_no_step",
        "A gradient that has always been 0 does not move the variable.",
        *(1, "trajectory", some_always_zero, 6),
        judge=close_where_gradients_are_zero,
    ),
    Row(
        "instances_share_nothing",
        "Two instances taking turns, each on its own variables, do not disturb each other.",
        *(1, "two_instances", four_vectors, 6, "both"),
    ),
    Row(
        "learning_rate_may_change",
        "A learning rate that is assigned or scheduled takes effect at the next update.",
        *(1, "changing_learning_rate", changing_rates, 6),
    ),
    Row(
        "missing_gradient_leaves_variable_alone",
        "An update in which a variable has no gradient changes neither the variable nor its state.",
        *(1, "missing_gradient", gradients_with_gaps, 9),
    ),
    Row(
        "list_of_gradients_is_left_alone",
        "An update leaves the caller's list of gradients unchanged.",
        *(1, "gradients_afterwards", two_vectors, 1),
        judge=list_is_as_it_was,
    ),
    Row(
        "config_holds_every_hyperparameter",
        "from_config(get_config()) makes an optimizer that moves in the same way.",
        *(1, "config_round_trip", one_vector, 8, "other"),
    ),
    Row(
        "float64_variables_work",
        "A float64 variable is updated in float64.",
        *(1, "double_precision", one_vector, 8),
        # Between float32 arithmetic (1e-7) and float64 (1e-16), with room for cancellation.
        judge=close(along="update", rtol=1e-6, atol=1e-6),
    ),
    Row(
        "mixed_precision_works",
        "A mixed_float16 layer trains with Keras' loss scaling.",
        *(1, "mixed_precision", small_regression, 4),
        # What is rounded to float16 must be the same numbers.
        options={"reference_floatx": "float32"},
    ),
    Row(
        "graph_mode_follows_the_rule",
        "Every update is the same when compiled once by tf.function.",
        *(2, "graph_trajectory", two_variables, 20),
    ),
    Row(
        "training_resumes_after_saving",
        "A model that is saved and loaded in the middle of training resumes where it was.",
        *(1, "resumed_training", small_classification, 6),
    ),
    Row(
        "fit_follows_the_rule",
        "model.fit on handwritten digits ends every epoch at the weights of the rule.",
        *(2, "fit", digits_in_batches, 12, "other"),
        judge=close(along="epoch"),
        options={"withheld": HELD_OUT, "measure": some_weights},
    ),
)


def standard_checks(exercise, settings, other):
    """Declare every check of the table.

    Args:
        settings, other: hyper-parameters far from the defaults and from each other, with rates at
            which positions stay near 1, where float32 is precise. An epsilon has to be too small to
            matter, because any placement of it is right.
    """
    for row in ROWS:
        if row.draw is not some_always_zero or "epsilon" in settings:
            standard_check(exercise, row.name, settings, other)


def standard_check(exercise, name, /, settings, other, **changes):
    """Declare one check of the table. ``changes`` are fields of its `Row`."""
    row = replace(next(row for row in ROWS if row.name == name), **changes)
    given = {"settings": settings, "other": other, "both": (settings, other)}[row.uses]
    exercise.rule(
        row.name,
        row.claim.format(updates=row.updates),
        points=row.points,
        probe=row.probe,
        inputs=partial(row.draw, settings=given, updates=row.updates),
        judge=row.judge,
        **row.options,
    )
