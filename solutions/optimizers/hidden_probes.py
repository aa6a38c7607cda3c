"""The probe of the hidden checks of the optimizers assignment."""

from _shared.optimizer_probes import named_positions


def three_variables(optimizer_class, *, settings, **arrays):
    """Positions of named variables after each update, by ``apply`` on a list of gradients."""
    optimizer = optimizer_class(**settings)
    return named_positions(lambda weights: optimizer.apply, arrays)
