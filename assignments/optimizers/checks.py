"""The checks of the optimizers assignment: those of any optimizer, and one of its own.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here.
"""

from _shared.convergence import losses_follow_the_rule
from _shared.optimizer_checks import standard_checks
from _shared.optimizer_inputs import TINY

from autograder.model import Exercise

Momentum = Exercise("Momentum", forbidden=("keras.optimizers.SGD",))
AdaGrad = Exercise("AdaGrad", forbidden=("keras.optimizers.Adagrad",))
RMSprop = Exercise("RMSprop", forbidden=("keras.optimizers.RMSprop",))
Adam = Exercise("Adam", forbidden=("keras.optimizers.Adam",))
Nesterov = Exercise("Nesterov", forbidden=("keras.optimizers.SGD",), bonus=True)
AdamW = Exercise("AdamW", forbidden=("keras.optimizers.Adam",), bonus=True)

# For each optimizer two sets of hyper-parameters, and those at which it learns digits.
OPTIMIZERS = [
    (
        Momentum,
        {"learning_rate": 0.03, "momentum": 0.6},
        {"learning_rate": 0.004, "momentum": 0.95},
        {"learning_rate": 0.2, "momentum": 0.8},
    ),
    (
        AdaGrad,
        {"learning_rate": 0.3, "initial_accumulator_value": 0.0, "epsilon": TINY},
        {"learning_rate": 0.08, "initial_accumulator_value": 0.7, "epsilon": TINY},
        {"learning_rate": 0.1, "initial_accumulator_value": 0.02, "epsilon": TINY},
    ),
    (
        RMSprop,
        {"learning_rate": 0.04, "rho": 0.6, "epsilon": TINY},
        {"learning_rate": 0.02, "rho": 0.95, "epsilon": TINY},
        {"learning_rate": 0.02, "rho": 0.8, "epsilon": TINY},
    ),
    (
        Adam,
        {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.85, "epsilon": TINY},
        {"learning_rate": 0.03, "beta_1": 0.95, "beta_2": 0.8, "epsilon": TINY},
        {"learning_rate": 0.03, "beta_1": 0.8, "beta_2": 0.95, "epsilon": TINY},
    ),
    (
        Nesterov,
        {"learning_rate": 0.03, "momentum": 0.6},
        {"learning_rate": 0.004, "momentum": 0.95},
        {"learning_rate": 0.2, "momentum": 0.8},
    ),
    (
        AdamW,
        {"learning_rate": 0.05, "beta_1": 0.7, "beta_2": 0.85, "epsilon": TINY, "decay": 0.4},
        {"learning_rate": 0.03, "beta_1": 0.95, "beta_2": 0.8, "epsilon": TINY, "decay": 0.7},
        {
            "learning_rate": 0.03,
            "beta_1": 0.8,
            "beta_2": 0.95,
            "epsilon": TINY,
            "decay": 0.5,
        },
    ),
]

for optimizer, settings, other, training in OPTIMIZERS:
    standard_checks(optimizer, settings, other)
    losses_follow_the_rule(optimizer, training)
