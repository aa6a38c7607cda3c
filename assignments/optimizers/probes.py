"""The probes of the optimizers assignment: those that serve any optimizer."""

from _shared.optimizer_probes import (  # noqa: F401 - probes that checks.py names
    alike_variables,
    changing_learning_rate,
    config_round_trip,
    descend,
    double_precision,
    effect_of_epsilon,
    fit,
    gradients_afterwards,
    graph_trajectory,
    missing_gradient,
    mixed_precision,
    resumed_training,
    trajectory,
    two_instances,
)
