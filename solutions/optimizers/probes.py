"""The probes of the optimizers assignment: each drives an optimizer and returns what it did.

A probe gets the student's class and inputs, and returns arrays. It holds no answer. These serve any
optimizer, so they stand in the kit.
"""

from autograder.probing.kit import (  # noqa: F401 - probes that checks.py names
    changing_learning_rate,
    config_round_trip,
    descend,
    double_precision,
    fit,
    gradients_afterwards,
    graph_trajectory,
    missing_gradient,
    mixed_precision,
    resumed_training,
    trajectory,
    two_instances,
)
