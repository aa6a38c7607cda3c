"""Orders in which the rows of some data come: one array of row numbers for each epoch.

Two correct solutions may draw them differently, so a judge looks at what holds for any order.
"""

import numpy as np

from autograder.grading.judge import expect


def some_seed(rng):
    return int(rng.integers(2**31))


def same_twice_then_another(rng):
    one, other = rng.choice(2**31, size=2, replace=False).tolist()
    return [one, one, other]


def facts_of_orders(epochs, rows):
    """Of the first two epochs what tells mistakes apart, whatever the order."""
    facts, all_rows = [], set(range(rows))
    for order in epochs[:2]:
        came, size = set(order), len(order)
        as_in_x, as_before = (np.array_equal(order, other) for other in (np.sort(order), epochs[0]))
        facts.append(
            [size, all_rows <= came, len(came) < size, came <= all_rows, as_in_x, as_before]
        )
    return np.array(facts)


def counts_of_orders(epochs, rows):
    """How often row i came at place j, and how often row j came right after row i."""
    places, after = np.zeros((2, rows, rows))
    for order in epochs:
        if len(order) == rows:
            order = order.clip(0, rows - 1)
            np.add.at(places, (order, np.arange(rows)), 1)
            np.add.at(after, (order[:-1], order[1:]), 1)
    np.fill_diagonal(after, len(epochs) / rows)  # no row comes after itself
    return {"comes at place": places, "comes right before row": after}


def expect_each_row_once(epochs, rows):
    for epoch, order in enumerate(epochs, 1):
        missing, again = len(set(range(rows)) - set(order)), len(order) - len(set(order))
        expect(
            not missing and len(order) == rows,
            f"Epoch {epoch} has {len(order)} rows, expected each of the {rows} once: {missing} are "
            f"missing, {again} are repeated.",
        )


def expect_new_orders(epochs):
    for epoch, order in enumerate(epochs[1:], 2):
        expect(
            not np.array_equal(order, epochs[0]),
            f"Epoch {epoch} has the same order as epoch 1: {order[:4].tolist()} and so on. Draw a "
            "new permutation for each epoch.",
        )


def which_orders_agree(observed, inputs):
    """A measure: whether ``order`` (3, rows) is the same for `same_twice_then_another`."""
    first, again, other = observed["order"]
    return {
        "rows": np.array(len(first)),
        "same seed": np.array(np.array_equal(first, again)),
        "other seed": np.array(np.array_equal(first, other)),
    }


def only_the_seed_decides(measured):
    """A judge of `which_orders_agree`."""
    expect(
        measured["same seed"],
        "Two generators with the same seed give different orders. Draw all random numbers from "
        "rng.",
    )
    expect(
        not measured["other seed"],
        "Generators with different seeds give the same order. Draw the order from rng.",
    )
