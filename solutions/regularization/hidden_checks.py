"""What this assignment is graded with beyond what students can run: never released.

The public probes with strengths that nobody could have written their code around.
"""

from _shared.regularizer_checks import three_tensors
from checks import L1, L1L2, L2, L2Norm, penalized_loss

from autograder.grading.judge import close


def any_strengths(names):
    """A function that draws three tensors, and a strength for each name."""

    def draw(rng):
        return three_tensors(rng, settings={name: float(rng.uniform(0.1, 3)) for name in names})

    return draw


def any_data_loss(rng):
    return three_tensors(
        rng, data_loss=float(rng.uniform(0.1, 3)), strength=float(rng.uniform(0.1, 3))
    )


for exercise, strengths in ((L1, ["l1"]), (L2, ["l2"]), (L1L2, ["l1", "l2"]), (L2Norm, ["l2"])):
    exercise.rule(
        "any_strength",
        "The penalty follows the formula at strengths drawn at random.",
        points=1,
        probe="penalties",
        inputs=any_strengths(strengths),
        judge=close(),
    )

penalized_loss.rule(
    "any_data_loss",
    "The loss is also right for a data loss and a strength drawn at random.",
    points=1,
    probe="penalized",
    inputs=any_data_loss,
    judge=close(),
)
