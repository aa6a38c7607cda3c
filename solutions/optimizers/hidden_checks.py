"""What the optimizers are graded with beyond what students can run: never released.

Other shapes and hyper-parameters that no solution can be written around.
"""

from functools import partial

from _shared.optimizer_checks import what_tells
from _shared.optimizer_inputs import TINY, some_gradients
from checks import OPTIMIZERS

from autograder.grading.judge import close

UPDATES = 6


def any_settings(rng, like):
    """Hyper-parameters of the same names, drawn at random."""
    drawn = {}
    for name, value in like.items():
        if name == "epsilon":
            drawn[name] = TINY
        elif name == "learning_rate":
            drawn[name] = value * rng.uniform(0.5, 1.5)
        else:
            drawn[name] = float(rng.uniform(0.3, 0.97))
    return drawn


def three_ranks(rng, *, like):
    """A scalar, a long vector and a tensor of rank 3, with gradients of sizes from 0.1 to 10."""
    return {
        "settings": any_settings(rng, like),
        "scalar": rng.normal(size=()),
        "vector": rng.normal(size=11),
        "cube": rng.normal(size=(2, 3, 2)),
        "scalar_gradients": some_gradients(rng, UPDATES),
        "vector_gradients": some_gradients(rng, UPDATES, 11),
        "cube_gradients": some_gradients(rng, UPDATES, 2, 3, 2),
    }


for optimizer, settings, *_ in OPTIMIZERS:
    optimizer.rule(
        "any_shape_and_any_settings",
        "Variables of other ranks follow the rule with hyper-parameters drawn at random.",
        points=2,
        probe="three_variables",
        inputs=partial(three_ranks, like=settings),
        judge=close(along="update"),
        measure=what_tells,
    )
