"""What this assignment is graded with beyond what students can run: never released.

The public probes with strengths that nobody could have written their code around.
"""

from dataclasses import replace

from checks import CHECKS as PUBLIC
from checks import SETTINGS, three_tensors

public = {check.id: check for check in PUBLIC}


def any_strengths(names):
    """A function that draws three tensors, and a strength for each name."""

    def draw(rng):
        return three_tensors(rng, settings={name: float(rng.uniform(0.1, 3)) for name in names})

    return draw


def any_data_loss(rng):
    return three_tensors(
        rng, data_loss=float(rng.uniform(0.1, 3)), strength=float(rng.uniform(0.1, 3))
    )


CHECKS = [
    replace(
        public[f"{name}.penalty_follows_the_formula"],
        name="any_strength",
        claim="The penalty follows the formula at strengths drawn at random.",
        points=1,
        inputs=any_strengths(settings[0]),
    )
    for name, settings in SETTINGS.items()
]
CHECKS.append(
    replace(
        public["penalized_loss.every_tensor_is_penalized"],
        name="any_data_loss",
        claim="Data loss and strength drawn at random are added up in the same way.",
        points=1,
        inputs=any_data_loss,
    )
)
