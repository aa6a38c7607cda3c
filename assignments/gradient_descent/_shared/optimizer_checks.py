"""The checks that any optimizer gets, as rows of a table.

    standard_checks(Momentum, settings={"learning_rate": 0.03, ...}, other={...})

declares them all; `standard_check` declares one, with any field of its `Row` changed. The inputs
that they draw are in ``optimizer_inputs.py``, the probes in ``optimizer_probes.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from _shared.digits import HELD_OUT, fourth_column
from _shared.optimizer_inputs import (
    DEFAULT_EPSILON,
    changing_rates,
    digits_in_batches,
    four_vectors,
    gradients_with_gaps,
    one_vector,
    rate_of_few_digits,
    small_classification,
    small_regression,
    some_always_zero,
    three_vectors,
    two_sizes_of_gradients,
    two_variables,
    two_vectors,
    without_settings,
)

from autograder.grading.judge import alike_in, close, expect, expect_close
from autograder.model import Aspect, Judge

# --- judges ---------------------------------------------------------------------------------------

by_update = close(along="update")


def close_where_gradients_are_zero(observed, expected, inputs):
    """Any placement of epsilon is right, so only these elements are compared."""
    for name in ("vector", "matrix"):
        zero = (inputs[f"{name}_gradients"] == 0).all(axis=0)
        for update, got in enumerate(observed[name], 1):
            what = f"after update {update}, where every gradient was 0, {name}"
            expect_close(got, expected[name][update - 1], where=zero, what=what)


def epsilon_is_in_the_denominator(observed, expected, inputs):
    """Each step is shorter by what epsilon adds to the denominator, in any of its places.

    These are after the root and inside it; of what is in the root, Adam's correction may come
    before or after. How much an epsilon after the root adds is known from the reference.
    """
    correction = np.sqrt(1 - inputs["settings"].get("beta_2", 0.0))
    passed, default = f"epsilon={inputs['epsilon']:.3g}", "the default epsilon"
    for name, without, epsilon, how in (
        ("passed", "plain", inputs["epsilon"], f"With {passed}"),
        ("copied", "plain", inputs["epsilon"], f"With {passed} from get_config()"),
        ("default", "faint_plain", DEFAULT_EPSILON, f"With {default} and a tiny gradient"),
    ):
        with np.errstate(all="ignore"):
            share = expected[without] / expected[name] - 1  # epsilon, divided by the root
            after_root, in_root = 1 + share, np.sqrt(1 + share**2 / epsilon)
            uncorrected = 1 + share / correction, np.sqrt(1 + (share / correction) ** 2 / epsilon)
            shorter = observed[without] / observed[name]
            found = any(
                np.allclose(shorter, right, rtol=1e-3, atol=0)
                for right in (after_root, in_root, *uncorrected)
            )
        expect(
            found,
            f"{how}, the first step has size {np.abs(observed[name][0]):.4g}; without any epsilon "
            f"it has size {np.abs(observed[without][0]):.4g}. Expected it to be shorter by a "
            f"factor of {after_root[0]:.4g} with epsilon added to the root, or of {in_root[0]:.4g} "
            "with epsilon inside the root.",
        )


def what_tells(observed, inputs):
    """What tells one mistake from another: of numbers that are NaN or infinite, nothing.

    Very different mistakes end there, and what the configuration holds is alike in all of them.
    """
    finite = {name: np.where(np.isfinite(array), array, np.nan) for name, array in observed.items()}
    moves = {name: array for name, array in finite.items() if name != "in_config"}
    return finite if any(np.isfinite(array).any() for array in moves.values()) else moves


def copy_moves_alike(observed, expected):
    """What else the configuration holds is for telling mistakes apart."""
    by_update({"vector": observed["vector"]}, {"vector": expected["vector"]})


def loaded_model_moves_alike(observed, expected):
    by_update({"kernel": observed["kernel"]}, {"kernel": expected["kernel"]})


def copy_moves_like_the_original(observed, inputs, others):
    expect(np.ptp(observed["original"], axis=0).any(), "Nothing moves.")
    expect_close(observed["vector"], observed["original"], what="the copy's vector")


def resumes_like_the_unsaved(observed, inputs, others):
    """The model that was loaded goes on as the one that was saved."""
    unsaved = observed["unsaved"]
    expect(np.ptp(unsaved, axis=0).any(), "Nothing moves.")
    expect_close(observed["kernel"][-len(unsaved) :], unsaved, what="after loading, kernel")


def list_is_as_it_was(observed):
    expect(
        observed["list_is_as_it_was"],
        "The list of gradients passed to `apply` has changed. Work on a copy of it.",
    )


# --- the table ------------------------------------------------------------------------------------


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
    aspect: Aspect
    points: float
    probe: str
    draw: Callable[..., dict[str, Any]]
    updates: int
    uses: Literal["settings", "other", "both"] = "settings"
    judge: Judge = by_update
    options: dict[str, Any] = field(default_factory=dict)


# Name, claim, then aspect, points, probe, draw, updates, uses. The cheap ones, and those that tell
# the most mistakes apart, come first.
ROWS = (
    Row(
        "first_update_follows_the_rule",
        "The first update from zero state moves two variables as the rule says.",
        *("rule", 1, "trajectory", two_variables, 1),
    ),
    Row(
        "every_update_follows_the_rule",
        "After each of {updates} updates, a vector and a matrix are where the rule puts them.",
        *("rule", 4, "trajectory", two_variables, 20),
        options={"pairs": True},
    ),
    Row(
        "hyperparameters_are_used",
        "The rule also holds with very different hyper-parameters.",
        *("rule", 1.5, "trajectory", two_variables, 20, "other"),
    ),
    Row(
        "defaults_are_those_of_the_signature",
        "Without arguments, the hyper-parameters are the defaults of the given `__init__`.",
        *("rule", 1.5, "trajectory", without_settings, 20),
        # A default decay of a few thousandths shows in the fifth digit.
        judge=close(along="update", rtol=1e-5, atol=1e-5),
    ),
    Row(
        "zero_gradient_means_no_step",
        "Where every gradient so far was 0, the gradient moves nothing, even if epsilon is large.",
        *("behaviour", 0.5, "trajectory", some_always_zero, 6),
        judge=close_where_gradients_are_zero,
    ),
    Row(
        "epsilon_is_in_the_denominator",
        "Epsilon enlarges the denominator: as passed, in a from_config copy, and by default 1e-7.",
        *("rule", 1, "effect_of_epsilon", two_sizes_of_gradients, 1),
        judge=epsilon_is_in_the_denominator,
    ),
    Row(
        "every_variable_has_its_own_slots",
        "Variables of one name and shape have slots of their own; a second `build` changes none.",
        *("behaviour", 1, "alike_variables", three_vectors, 4),
    ),
    Row(
        "instances_share_nothing",
        "Two optimizers taking turns, each on its own variables in any order, share nothing.",
        *("behaviour", 1, "two_instances", four_vectors, 6, "both"),
    ),
    Row(
        "learning_rate_may_change",
        "A learning rate that is assigned or scheduled takes effect at the next update.",
        *("behaviour", 0.5, "changing_learning_rate", changing_rates, 6),
    ),
    Row(
        "missing_gradient_leaves_variable_alone",
        "An update in which a variable has no gradient changes neither the variable nor its state.",
        *("behaviour", 0.5, "missing_gradient", gradients_with_gaps, 9),
    ),
    Row(
        "list_of_gradients_is_left_alone",
        "An update leaves the caller's list of gradients unchanged.",
        *("behaviour", 0.5, "gradients_afterwards", two_vectors, 1),
        judge=list_is_as_it_was,
    ),
    Row(
        "config_holds_every_hyperparameter",
        "An optimizer made by from_config(get_config()) moves in the same way.",
        *("behaviour", 0.5, "config_round_trip", one_vector, 8, "other"),
        judge=copy_moves_alike,
        options={"in_itself": copy_moves_like_the_original},
    ),
    Row(
        "float64_variables_work",
        "A float64 variable is updated in float64, even if gradient or learning rate are float32.",
        *("behaviour", 0.5, "double_precision", rate_of_few_digits, 5),
        # Between float32 arithmetic (1e-7) and float64 (1e-16), with room for cancellation.
        judge=close(along="update", rtol=1e-6, atol=1e-6),
    ),
    Row(
        "mixed_precision_works",
        "The weights of a mixed_float16 layer follow the rule under Keras' LossScaleOptimizer.",
        *("behaviour", 0.5, "mixed_precision", small_regression, 4),
        # What is rounded to float16 must be the same numbers.
        options={"reference_floatx": "float32"},
    ),
    Row(
        "graph_mode_follows_the_rule",
        "Compiled once by tf.function, every update still follows the rule.",
        *("behaviour", 1, "graph_trajectory", two_variables, 20),
        options={
            "inputs_of": "every_update_follows_the_rule",
            "in_itself": alike_in("every_update_follows_the_rule", "compiled"),
        },
    ),
    Row(
        "training_resumes_after_saving",
        "A model that is saved and loaded in the middle of training resumes where it was.",
        *("behaviour", 0.5, "resumed_training", small_classification, 4),
        judge=loaded_model_moves_alike,
        options={"in_itself": resumes_like_the_unsaved},
    ),
    Row(
        "fit_follows_the_rule",
        "In model.fit on handwritten digits, the weights after each epoch are those of the rule.",
        *("behaviour", 0.5, "fit", digits_in_batches, 12, "other"),
        judge=close(along="epoch"),
        options={"withheld": HELD_OUT, "measure": fourth_column},
    ),
)


def standard_checks(exercise, settings, other):
    """Declare every check of the table.

    Args:
        settings, other: hyper-parameters far from the defaults and from each other, with rates at
            which positions stay near 1, where float32 is precise. An epsilon has to be too small to
            matter, because any placement of it is right; its default is 1e-7.
    """
    has_epsilon = "epsilon" in settings
    for row in ROWS:
        # The points for epsilon are some of those for the rule.
        points = row.points - 1.5 * (has_epsilon and row.name == "every_update_follows_the_rule")
        if has_epsilon or row.draw not in (some_always_zero, two_sizes_of_gradients):
            standard_check(exercise, row.name, settings, other, points=points)


def standard_check(exercise, name, /, settings, other, **changes):
    """Declare one check of the table. ``changes`` are fields of its `Row`."""
    row = replace(next(row for row in ROWS if row.name == name), **changes)
    given = {"settings": settings, "other": other, "both": (settings, other)}[row.uses]
    exercise.rule(
        row.name,
        row.claim.format(updates=row.updates),
        points=row.points,
        aspect=row.aspect,
        probe=row.probe,
        inputs=partial(row.draw, settings=given, updates=row.updates),
        judge=row.judge,
        **{"measure": what_tells, **row.options},
    )
