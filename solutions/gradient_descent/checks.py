"""The checks of the gradient descent assignment: what must hold, its worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here. Batches are drawn at random, and everybody may draw them in another way, so most judges look
at what must hold for any order, and redo each update from the batch that it was made on.
"""

from functools import partial, wraps

import numpy as np
from sklearn.datasets import load_digits

from autograder.grading.judge import alike, at_least, close
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise("minibatches"),
    Exercise(
        "GradientDescent",
        forbidden=(
            "keras.optimizers.SGD",
            "tensorflow.compat.v1.train.GradientDescentOptimizer",
            "tensorflow.raw_ops.ResourceApplyGradientDescent",
        ),
    ),
    Exercise(
        "train",
        forbidden=(
            "keras.Model.fit",
            "keras.Model.train_on_batch",
            "keras.Model.train_step",
        ),
    ),
]

# --- minibatches ----------------------------------------------------------------------------------


def rows_with_numbers(rng, rows):
    """x whose column 0 is the number of its row, and y = 1000 + that number."""
    x = np.column_stack([np.arange(rows), rng.integers(-9, 9, size=(rows, 2))])
    return x.astype("float32"), np.arange(1000, 1000 + rows)


def some_seed(rng):
    return int(rng.integers(2**31))


def some_epochs(rng, *, rows, batch_size, epochs):
    x, y = rows_with_numbers(rng, rows)
    return {"x": x, "y": y, "batch_size": batch_size, "epochs": epochs, "seed": some_seed(rng)}


def cases_of_sizes(rng, *, cases):
    x, y = rows_with_numbers(rng, 12)
    return {"x": x, "y": y, "cases": np.array(cases), "seed": some_seed(rng)}


def two_seeds(rng):
    x, y = rows_with_numbers(rng, 40)
    one, other = rng.choice(2**31, size=2, replace=False)
    return {"x": x, "y": y, "batch_size": 8, "seeds": [int(one), int(one), int(other)]}


def some_images(rng):
    return {
        "x": rng.integers(0, 256, size=(7, 4, 3, 2)).astype("uint8"),
        "y": rng.normal(size=(7, 2)).astype("float32"),
        "batch_size": 3,
        "seed": some_seed(rng),
    }


def arrays_that_fit(judge):
    """The judge, asked only if the arrays of some epochs fit together."""

    @wraps(judge)
    def guarded(observed, expected, inputs):
        x, y, sizes, batches = (observed.get(name) for name in ("x", "y", "sizes", "batches"))
        if any(array is None or not np.isfinite(array).all() for array in (x, y, sizes, batches)):
            return "what came back are no numbers of rows."
        if (
            x.shape != (len(y), inputs["x"].shape[1])
            or y.shape != (int(sizes.sum()),)
            or batches.shape != (inputs["epochs"],)
            or sizes.shape != (int(batches.sum()),)
            or batches.min() < 1
            or sizes.min() < 0
        ):
            return "the batches of x and of y do not have equally many rows."
        return judge(observed, expected, inputs)

    return guarded


def orders_by_epoch(observed, inputs, name="x"):
    """The numbers of the rows in the order they came, one array for each epoch."""
    came = observed["x"][:, 0] if name == "x" else observed["y"] - 1000
    ends = np.cumsum(observed["sizes"])[np.cumsum(observed["batches"]) - 1]
    return np.split(came.round().astype(int), ends[:-1])


@arrays_that_fit
def each_row_once(observed, expected, inputs):
    rows = len(inputs["x"])
    for epoch, order in enumerate(orders_by_epoch(observed, inputs), 1):
        times = np.bincount(order.clip(0, rows), minlength=rows + 1)
        missing, repeated = int((times[:rows] == 0).sum()), int((times > 1).sum())
        if missing or repeated or len(order) != rows:
            return (
                f"in epoch {epoch}, {len(order)} rows came for the {rows} there are: {missing} "
                f"never, {repeated} more than once. Each must come exactly once."
            )
    return None


@arrays_that_fit
def pairs_kept(observed, expected, inputs):
    x_numbers, y_numbers = observed["x"][:, 0].round(), (observed["y"] - 1000).round()
    whole = inputs["x"][x_numbers.astype(int).clip(0, len(inputs["x"]) - 1)]
    if not np.array_equal(whole, observed["x"]):
        return "a row of x_batch is no row of x: its columns were mixed or changed."
    apart = x_numbers != y_numbers
    if apart.any():
        first = int(np.argmax(apart))
        return (
            f"{int(apart.sum())} of {apart.size} rows came with another row's target: row "
            f"{x_numbers[first]:.0f} of x came with that of row {y_numbers[first]:.0f}. One "
            "order has to serve both."
        )
    return None


@arrays_that_fit
def orders_differ(observed, expected, inputs):
    orders = orders_by_epoch(observed, inputs)
    for epoch, order in enumerate(orders[1:], 2):
        if np.array_equal(order, orders[0]):
            return (
                f"epoch {epoch} has the same order as epoch 1, {order[:4].tolist()} and so on. "
                "Each needs a new permutation."
            )
    return None


# The order of all EPOCHS epochs of ROWS rows, judged by counts. In a uniform permutation of 6 rows,
# "row i comes at place j" has probability 1/6, and "row j comes right after row i" also (5 of 30).
# Each of these 36 + 30 counts is binomial(300, 1/6), with mean 50. Two-sided union bound:
#   66 * (binom.cdf(11, 300, 1/6) + binom.sf(92, 300, 1/6)) = 66 * (1.7e-12 + 7.1e-10) < 5e-8,
# with scipy.stats.binom. This is the chance that a correct implementation fails for one seed.
ROWS, EPOCHS, LEAST, MOST = 6, 300, 12, 92


def counts_of_orders(observed, inputs):
    """How often row i came at place j, and how often row j came right after row i."""
    orders = [o for o in orders_by_epoch(observed, inputs) if len(o) == ROWS]
    places, neighbours = np.zeros((ROWS, ROWS)), np.zeros((ROWS, ROWS))
    for order in orders:
        order = order.clip(0, ROWS - 1)
        np.add.at(places, (order, np.arange(ROWS)), 1)
        np.add.at(neighbours, (order[:-1], order[1:]), 1)
    return places, neighbours


@arrays_that_fit
def every_order_equally_likely(observed, expected, inputs):
    places, neighbours = counts_of_orders(observed, inputs)
    for row, place in np.ndindex(ROWS, ROWS):
        if not LEAST <= places[row, place] <= MOST:
            return (
                f"row {row} came at place {place} in {places[row, place]:.0f} of {EPOCHS} epochs "
                f"of {ROWS} rows; a fair shuffle puts it there about {EPOCHS // ROWS} times."
            )
    for row, after in np.ndindex(ROWS, ROWS):
        if row != after and not LEAST <= neighbours[row, after] <= MOST:
            return (
                f"row {after} came right after row {row} in {neighbours[row, after]:.0f} of "
                f"{EPOCHS} epochs of {ROWS} rows; in a fair shuffle about {EPOCHS // ROWS} times."
            )
    return None


def shape_of_chance(observed, inputs):
    """Which counts are far too low or too high: what tells one unfair shuffle from another."""
    places, neighbours = counts_of_orders(observed, inputs)
    return {
        "places": (places > MOST).astype(int) - (places < LEAST),
        "neighbours": (neighbours > MOST).astype(int) - (neighbours < LEAST),
    }


def what_holds_for_epochs(observed, inputs):
    """What tells two mistakes apart, whatever the order: who is missing, repeated, mismatched."""
    rows = len(inputs["x"])
    found = []
    x_orders, y_orders = (orders_by_epoch(observed, inputs, name) for name in "xy")
    for order, y_order in zip(x_orders, y_orders, strict=True):
        times = np.bincount(order.clip(0, rows - 1), minlength=rows)
        found.append(
            [
                len(order),
                (times == 0).any(),
                (times > 1).any(),
                np.array_equal(order, np.arange(len(order))),
                np.array_equal(y_order, np.arange(len(order))),
                np.array_equal(order, y_order),
                np.array_equal(order, x_orders[0]),
                len(set(y_order.tolist())),
            ]
        )
    return {"facts": np.array(found[:2], dtype=float), "sizes": observed["sizes"]}


def sizes_as_promised(observed, expected, inputs):
    for (rows, batch_size), got, wanted in zip(
        inputs["cases"], observed["sizes"], expected["sizes"], strict=True
    ):
        if not np.array_equal(got, wanted):
            return (
                f"{rows} rows with batch_size={batch_size}: expected batches of "
                f"{wanted[wanted >= 0].tolist()} rows, got {got[got >= 0].tolist()[:20]}."
            )
    return None


def order_follows_seed(observed, expected, inputs):
    if observed["order"].shape != expected["order"].shape:
        rows, wanted = observed["order"].shape[-1], expected["order"].shape[-1]
        return f"an epoch had {rows} rows for the {wanted} there are."
    first, again, other = observed["order"]
    if not np.array_equal(first, again):
        return (
            "two generators with the same seed gave two different orders: something random does "
            "not come from rng."
        )
    if np.array_equal(first, other):
        return "generators with different seeds gave the same order: rng is not what decides it."
    return None


def what_the_seed_changes(observed, inputs):
    first, again, other = observed["order"]
    return {"same": np.array([np.array_equal(first, again), np.array_equal(first, other)])}


def untouched(observed, expected, inputs):
    for name in ("x", "y"):
        if not np.array_equal(observed[name], inputs[name]):
            rows = (observed[name] != inputs[name]).reshape(len(inputs[name]), -1).any(axis=1)
            return (
                f"{int(rows.sum())} of {rows.size} rows of the caller's {name} have changed. "
                "Shuffle row numbers, not the data."
            )
    return None


def which_changed(observed, inputs):
    return {"changed": np.array([not np.array_equal(observed[n], inputs[n]) for n in "xy"])}


def all_arrays(observed, expected, inputs):
    for index, name in enumerate(("x_batch", "y_batch")):
        if not observed["is_array"][index]:
            return f"{name} is no NumPy array."
        if not observed["same_dtype"][index]:
            return f"{name} has not the dtype of the array that its rows come from."
    return None


def value_errors(observed, expected, inputs):
    kinds = {0: "nothing was raised", 2: "another exception was raised"}
    for (x_rows, y_rows, batch_size), got in zip(
        inputs["cases"], observed["complaint"], strict=True
    ):
        if got != 1:
            return (
                f"{x_rows} rows of x, {y_rows} of y and batch_size={batch_size}: expected a "
                f"ValueError no later than at the first batch, but {kinds[int(got)]}."
            )
    return None


MINIBATCHES = [
    Check(
        "every_row_comes_exactly_once",
        "minibatches",
        "In one epoch every row comes exactly once.",
        2,
        "epochs_of_batches",
        partial(some_epochs, rows=30, batch_size=7, epochs=3),
        each_row_once,
        fingerprint=what_holds_for_epochs,
    ),
    Check(
        "pairs_stay_together",
        "minibatches",
        "Every row of x comes with its own target.",
        2,
        "epochs_of_batches",
        partial(some_epochs, rows=30, batch_size=7, epochs=2),
        pairs_kept,
        fingerprint=what_holds_for_epochs,
    ),
    Check(
        "last_batch_may_be_shorter",
        "minibatches",
        "All batches have batch_size rows, but the last, which holds what is left.",
        1,
        "batch_sizes",
        partial(cases_of_sizes, cases=[[10, 4], [9, 4], [8, 4], [11, 3]]),
        sizes_as_promised,
    ),
    Check(
        "full_batch_to_single_rows",
        "minibatches",
        "With batch_size 1 each row is a batch; with all rows or more there is one batch.",
        1,
        "batch_sizes",
        partial(cases_of_sizes, cases=[[5, 1], [5, 5], [5, 1000]]),
        sizes_as_promised,
    ),
    Check(
        "every_epoch_has_its_own_order",
        "minibatches",
        "Called again with the same generator, it gives another order.",
        1,
        "epochs_of_batches",
        partial(some_epochs, rows=40, batch_size=8, epochs=3),
        orders_differ,  # two of 40! orders are equal: never
        fingerprint=what_holds_for_epochs,
    ),
    Check(
        "every_order_is_equally_likely",
        "minibatches",
        f"Over {EPOCHS} epochs, no row favours a place and no row a neighbour.",
        1,
        "epochs_of_batches",
        partial(some_epochs, rows=ROWS, batch_size=2, epochs=EPOCHS),
        every_order_equally_likely,
        fingerprint=shape_of_chance,
        budget=20.0,  # a tf.data pipeline for each epoch is slow, but right
    ),
    Check(
        "the_order_comes_from_rng",
        "minibatches",
        "The generator decides the order: the same seed gives the same, another seed another.",
        1,
        "order_and_seed",
        two_seeds,
        order_follows_seed,
        fingerprint=what_the_seed_changes,
    ),
    Check(
        "callers_arrays_stay_as_they_are",
        "minibatches",
        "Nothing is shuffled in place.",
        1,
        "arrays_afterwards",
        partial(some_epochs, rows=20, batch_size=6, epochs=2),
        untouched,
        fingerprint=which_changed,
    ),
    Check(
        "batches_are_arrays_of_the_same_kind",
        "minibatches",
        "Batches of images are NumPy arrays with the dtype of the images.",
        1,
        "kinds_of_batches",
        some_images,
        all_arrays,
    ),
    Check(
        "batch_size_below_one_is_refused",
        "minibatches",
        "A batch_size of 0 or below raises a ValueError.",
        1,
        "complaints",
        partial(cases_of_sizes, cases=[[6, 6, 0], [6, 6, -1], [6, 6, -6]]),
        value_errors,
    ),
    Check(
        "unequal_lengths_are_refused",
        "minibatches",
        "An x and a y of different lengths raise a ValueError.",
        1,
        "complaints",
        partial(cases_of_sizes, cases=[[7, 6, 3], [6, 7, 3], [7, 6, 20], [3, 9, 2]]),
        value_errors,
    ),
]

# --- GradientDescent ------------------------------------------------------------------------------

SETTINGS, OTHER_SETTINGS = {"learning_rate": 0.07}, {"learning_rate": 0.002}
UPDATES = 24


def some_gradients(rng, *shape):
    """Gradients of either sign and sizes from 0.1 to 10; float64."""
    return rng.choice([-1.0, 1.0], shape) * 10 ** rng.uniform(-1, 1, shape)


def two_variables(rng, *, settings):
    """A vector and a matrix, and gradients of which the first are partly zero."""
    vector_gradients = some_gradients(rng, UPDATES, 3)
    matrix_gradients = some_gradients(rng, UPDATES, 2, 4)
    vector_gradients[0, 1] = 0.0
    matrix_gradients[0, :, 2] = 0.0
    return {
        "settings": settings,
        "vector": rng.normal(size=3),
        "matrix": rng.normal(size=(2, 4)),
        "vector_gradients": vector_gradients,
        "matrix_gradients": matrix_gradients,
    }


def four_vectors(rng):
    return {
        "settings": SETTINGS,
        "other_settings": OTHER_SETTINGS,
        "starts": rng.normal(size=(4, 3)),
        "gradients": some_gradients(rng, 10, 4, 3),
    }


def changing_rates(rng):
    return {
        "settings": SETTINGS,
        "rates": SETTINGS["learning_rate"] * rng.uniform(0.3, 3.0, size=10),
        "start": rng.normal(size=3),
        "gradients": some_gradients(rng, 10, 3),
    }


def one_vector(rng, *, settings):
    return {
        "settings": settings,
        "start": rng.normal(size=3),
        "gradients": some_gradients(rng, 8, 3),
    }


def small_classification(rng):
    return {
        "settings": SETTINGS,
        "kernel": rng.normal(size=(4, 3)),
        "x": rng.normal(size=(8, 4)),
        "y": rng.integers(0, 3, size=8),
        "before": 4,
        "after": 4,
    }


def small_regression(rng):
    return {
        "settings": SETTINGS,
        "kernel": rng.normal(size=(4, 3)).astype("float32"),
        "x": rng.normal(size=(8, 4)).astype("float32"),
        "y": rng.normal(size=(8, 3)).astype("float32"),
        "updates": 8,
    }


def some_digits(rng):
    x, y = load_digits(return_X_y=True)
    rows = rng.permutation(len(x))[:160]
    return {
        "settings": {"learning_rate": 0.4},
        "kernel": 0.1 * rng.normal(size=(64, 10)),
        "x": x[rows] / 16,
        "y": y[rows],
        "batch_size": 40,
        "epochs": 2,
    }


def descent(name, claim, points, probe, inputs, judge=None, **options):
    judge = judge or close(along="update")
    return Check(name, "GradientDescent", claim, points, probe, inputs, judge, **options)


GRADIENT_DESCENT = [
    descent(
        "every_update_follows_the_rule",
        f"After each of {UPDATES} updates, a vector and a matrix are where the rule puts them.",
        2,
        "trajectory",
        partial(two_variables, settings=SETTINGS),
    ),
    descent(
        "learning_rate_is_used",
        "The same holds with a learning rate 35 times smaller.",
        1,
        "trajectory",
        partial(two_variables, settings=OTHER_SETTINGS),
    ),
    descent(
        "instances_share_nothing",
        "Two instances taking turns, each on its own variables, do not disturb each other.",
        1,
        "two_instances",
        four_vectors,
    ),
    descent(
        "learning_rate_may_change",
        "A learning rate that is assigned anew, or scheduled, counts from the next update on.",
        1,
        "changing_learning_rate",
        changing_rates,
    ),
    descent(
        "config_holds_the_learning_rate",
        "from_config(get_config()) makes an optimizer that moves in the same way.",
        1,
        "config_round_trip",
        partial(one_vector, settings=OTHER_SETTINGS),
    ),
    descent(
        "float64_variables_work",
        "A float64 variable is updated in float64.",
        1,
        "double_precision",
        # A rate that float32 holds exactly, because Keras keeps it in a float32 variable.
        partial(one_vector, settings={"learning_rate": 0.0625}),
        # Float64 arithmetic leaves 1e-15 after 8 updates, a gradient rounded to float32 1e-8.
        close(along="update", rtol=1e-11, atol=1e-11),
    ),
    descent(
        "mixed_precision_works",
        "A mixed_float16 layer is trained through Keras' loss scaling.",
        1,
        "mixed_precision",
        small_regression,
        reference_floatx="float32",  # what is rounded to float16 must be the same numbers
    ),
    descent(
        "graph_mode_follows_the_rule",
        "Compiled once by tf.function, every update is the same as without.",
        1,
        "graph_trajectory",
        partial(two_variables, settings=SETTINGS),
    ),
    descent(
        "training_resumes_after_saving",
        "A model saved and loaded in the middle of training goes on as if nothing happened.",
        1,
        "resumed_training",
        small_classification,
    ),
    descent(
        "fit_follows_the_rule",
        "model.fit on handwritten digits ends every epoch at the weights of the rule.",
        1,
        "fit",
        some_digits,
        close(along="epoch"),
    ),
]

# --- train ----------------------------------------------------------------------------------------


def some_regression(rng, *, rows=10, **settings):
    """A small regression whose targets are all different, so that they tell which row is which."""
    return {
        "kernel": rng.normal(size=(3, 1)),
        "x": rng.normal(size=(rows, 3)),
        "y": rng.permutation(np.linspace(-2, 2, rows))[:, None],
        "seed": some_seed(rng),
        **settings,
    }


def regression_cases(rng, *, cases):
    return some_regression(rng, rows=12, cases=np.array(cases))


def classification(rng, **settings):
    return {
        "kernel": 0.5 * rng.normal(size=(4, 3)),
        "x": rng.normal(size=(9, 4)),
        "y": rng.integers(0, 3, size=9),
        "seed": some_seed(rng),
        **settings,
    }


def regression_and_seeds(rng):
    one, other = rng.choice(2**31, size=2, replace=False)
    inputs = some_regression(rng, rows=24, batch_size=6, seeds=[int(one), int(one), int(other)])
    del inputs["seed"]
    return inputs


def digits_to_learn(rng):
    """320 handwritten digits to train on, scaled to [0, 1], and 500 others to judge by."""
    x, y = load_digits(return_X_y=True)
    shuffled = rng.permutation(len(x))
    train, held_out = shuffled[:320], shuffled[-500:]
    return {
        "kernel": 0.05 * rng.normal(size=(64, 10)),
        "x": x[train] / 16,
        "y": y[train],
        "batch_size": 20,
        "epochs": 4,
        "learning_rate": 0.5,
        "seed": some_seed(rng),
        "held_out_x": x[held_out] / 16,
        "held_out_y": y[held_out],
    }


HELD_OUT = ("held_out_x", "held_out_y")


def held_out_accuracy(observed, inputs):
    """Share of the held-out digits that the returned weights classify correctly."""
    scores = inputs["held_out_x"] @ observed["kernel"].astype("float64")
    return float(np.mean(scores.argmax(axis=1) == inputs["held_out_y"]))


def updates_that_fit(judge):
    """The judge, asked only if there is a batch and a vector of weights for each update."""

    @wraps(judge)
    def guarded(observed, expected, inputs):
        targets, weights, loss = (observed.get(name) for name in ("targets", "weights", "loss"))
        if targets is None or weights is None or loss is None:
            return "nothing came back."
        if (
            targets.ndim != 2
            or loss.ndim != 1
            or weights.shape != (len(targets), inputs["kernel"].size)
        ):
            return "the updates do not belong to the weights of the model."
        return judge(observed, expected, inputs)

    return guarded


def rows_of_updates(observed, inputs):
    """For each update the numbers of its batch's rows; -1 for a target that is no row's."""
    y = inputs["y"].ravel()
    found = []
    for targets in observed["targets"]:
        targets = targets[~np.isnan(targets)]
        apart = np.abs(targets[:, None] - y[None, :])
        found.append(np.where(apart.min(axis=1) < 1e-3, apart.argmin(axis=1), -1))
    return found


def rows_of_epochs(observed, inputs):
    """The rows in the order they came, split into epochs of equally many updates."""
    rows = rows_of_updates(observed, inputs)
    each = -(-len(rows) // inputs["epochs"])
    return [np.concatenate(rows[first : first + each]) for first in range(0, len(rows), each)]


def redone(observed, inputs):
    """For each update: its rows, the loss of its batch before it, and the step it should make.

    The gradient of the mean squared error of a linear model is 2/b x^T (x w - y).
    """
    before = np.vstack([inputs["kernel"].ravel(), observed["weights"][:-1]])
    found = []
    for rows, weights in zip(rows_of_updates(observed, inputs), before, strict=True):
        x, y = inputs["x"][rows], inputs["y"].ravel()[rows]
        error = x @ weights - y
        step = -inputs["learning_rate"] * 2 * x.T @ error / max(len(rows), 1)
        found.append((rows, weights, float(np.mean(error**2)) if len(rows) else np.nan, step))
    return found


def no_row_of_y(rows, update):
    if (rows < 0).any():
        return (
            f"for update {update}, loss_fn was given targets that are no rows of y. It takes the "
            "targets first and the predictions second."
        )
    return None


@updates_that_fit
def visits_every_row(observed, expected, inputs):
    everything = len(inputs["x"])
    for epoch, rows in enumerate(rows_of_epochs(observed, inputs), 1):
        problem = no_row_of_y(rows, f"some in epoch {epoch}")
        if problem:
            return problem
        if not np.array_equal(np.sort(rows), np.arange(everything)):
            return (
                f"in epoch {epoch}, updates were made on {len(rows)} rows, {len(set(rows))} of "
                f"them different; expected each of the {everything} once."
            )
    return None


@updates_that_fit
def shuffles_every_epoch(observed, expected, inputs):
    epochs = rows_of_epochs(observed, inputs)
    if any(np.array_equal(rows, np.sort(rows)) for rows in epochs):
        return "the rows came in the order they have in x; they are to be shuffled."
    for epoch, rows in enumerate(epochs[1:], 2):
        if np.array_equal(rows, epochs[0]):
            return f"epoch {epoch} has the same order as epoch 1; draw a new one for each epoch."
    return None


@updates_that_fit
def steps_on_its_batch(observed, expected, inputs):
    for update, ((rows, weights, _, step), after) in enumerate(
        zip(redone(observed, inputs), observed["weights"], strict=True), 1
    ):
        problem = no_row_of_y(rows, update)
        if problem:
            return problem
        message = close()({"step": after - weights}, {"step": step}, inputs)
        if message:
            return (
                f"update {update}, on {len(rows)} rows: {message} Expected is the step down the "
                "gradient of this batch's mean loss, at the weights as they were before."
            )
    return None


def epoch_losses(observed, inputs):
    """The mean loss of each epoch by several formulas: over rows (right), over batches, ..."""
    updates = redone(observed, inputs)
    epochs = inputs["epochs"]
    each = max(1, len(updates) // epochs)
    after = observed["weights"]
    found = {"rows": [], "batches": [], "sum": [], "last": [], "batch sum": [], "after": []}
    for first in range(0, each * epochs, each):
        sizes, losses, later = [], [], []
        for (rows, _, loss, _), weights in zip(
            updates[first : first + each], after[first : first + each], strict=True
        ):
            sizes.append(len(rows))
            losses.append(loss)
            error = inputs["x"][rows] @ weights - inputs["y"].ravel()[rows]
            later.append(np.mean(error**2) if len(rows) else np.nan)
        sizes, losses = np.array(sizes), np.array(losses)
        found["rows"].append(np.sum(sizes * losses) / max(sizes.sum(), 1))
        found["batches"].append(np.mean(losses))
        found["sum"].append(np.sum(sizes * losses))
        found["batch sum"].append(np.sum(losses))
        found["last"].append(losses[-1])
        found["after"].append(np.sum(sizes * np.array(later)) / max(sizes.sum(), 1))
    return {name: np.array(values) for name, values in found.items()}


@updates_that_fit
def mean_over_rows(observed, expected, inputs):
    got = observed["loss"]
    if got.shape != (inputs["epochs"],):
        return f"{inputs['epochs']} epochs: expected as many losses, got {got.size}."
    if len(observed["weights"]) % inputs["epochs"]:
        return "the epochs have not all made the same number of updates."
    message = close(along="epoch")(
        {"loss": got}, {"loss": epoch_losses(observed, inputs)["rows"]}, inputs
    )
    if message:
        return (
            f"{message} Expected is the mean over rows of the loss that each batch had before its "
            "own update."
        )
    return None


def formulas_that_fit(observed, inputs):
    """Which formulas give the losses that were returned: what tells one mistake from another."""
    formulas = epoch_losses(observed, inputs)
    got = observed["loss"]
    # Running sums over epochs, too: a total that is never set back to zero.
    formulas["never reset"] = np.cumsum(formulas["rows"])
    return {
        "fits": np.array([alike({"loss": got}, {"loss": f}) for f in formulas.values()]),
        "count": np.array([got.size, len(observed["weights"])]),
        "ends high": np.array(got.size > 0 and bool(np.all(got > 2 * formulas["sum"].max()))),
    }


def what_holds_for_training(observed, inputs):
    """What tells two mistakes apart, whatever the order of the rows."""
    facts = []
    for rows in rows_of_epochs(observed, inputs)[:2]:
        facts.append(
            [
                len(rows),
                len(set(rows.tolist())),
                (rows < 0).any(),
                np.array_equal(rows, np.sort(rows)),
                np.array_equal(rows, rows_of_epochs(observed, inputs)[0]),
            ]
        )
    ratios = []
    for (_, weights, _, step), after in zip(
        redone(observed, inputs), observed["weights"], strict=True
    ):
        made, size = after - weights, np.linalg.norm(step)
        ratio = float(made @ step) / max(size**2, 1e-12)
        straight = np.linalg.norm(made - ratio * step) < 1e-3 * size
        ratios.append(ratio if straight else -99.0)
    return {
        "facts": np.array(facts, dtype=float),
        "ratios": np.array(ratios).round(2),
        "sizes": np.array([len(rows) for rows in rows_of_updates(observed, inputs)]),
    }


def what_the_seed_changes_in_training(observed, inputs):
    return {**what_the_seed_changes(observed, inputs), "rows": np.array(observed["order"].shape)}


def counts_as_promised(observed, expected, inputs):
    names = ("losses returned", "updates returned", "updates made")
    for (rows, batch_size, epochs), got, wanted in zip(
        inputs["cases"], observed["counts"], expected["counts"], strict=True
    ):
        for name, one, other in zip(names, got, wanted, strict=True):
            if one != other:
                return (
                    f"{rows} rows, batch_size={batch_size}, epochs={epochs}: expected {other} "
                    f"{name}, got {one}."
                )
    return None


def training(name, claim, points, probe, inputs, judge, **options):
    return Check(name, "train", claim, points, probe, inputs, judge, **options)


MINI = {"rows": 10, "batch_size": 4, "epochs": 3, "learning_rate": 0.15}
TRAIN = [
    training(
        "full_batches_follow_the_rule",
        "With all rows in one batch, every update goes down the gradient of the mean loss.",
        2,
        "full_batch_training",
        partial(some_regression, epochs=5, learning_rate=0.1),
        close(along="update"),
    ),
    training(
        "every_update_uses_its_own_batch",
        "Every update goes down the gradient of its own batch, at the weights of that moment.",
        3,
        "training",
        partial(some_regression, **MINI),
        steps_on_its_batch,
        fingerprint=what_holds_for_training,
    ),
    training(
        "every_epoch_uses_every_row_once",
        "Each epoch makes its updates on every row once, the short last batch included.",
        1,
        "training",
        partial(some_regression, **MINI),
        visits_every_row,
        fingerprint=what_holds_for_training,
    ),
    training(
        "every_epoch_is_shuffled_anew",
        "Each epoch goes through the rows in a new order.",
        1,
        "training",
        # Two of 24! orders are equal, or one is sorted: never.
        partial(some_regression, rows=24, batch_size=8, epochs=3, learning_rate=0.02),
        shuffles_every_epoch,
        fingerprint=what_holds_for_training,
    ),
    training(
        "epoch_loss_is_the_mean_over_rows",
        "The loss of an epoch is the mean over its rows, so a short last batch weighs less.",
        2,
        "training",
        partial(some_regression, **MINI),
        mean_over_rows,
        fingerprint=formulas_that_fit,
    ),
    training(
        "updates_are_counted",
        "There is a loss for each epoch, and the updates returned are the updates made.",
        1,
        "counts",
        partial(regression_cases, cases=[[10, 4, 3], [8, 4, 2], [5, 50, 2], [3, 1, 2]]),
        counts_as_promised,
    ),
    training(
        "model_runs_in_training_mode",
        "The model is called with training=True.",
        1,
        "training_mode",
        partial(some_regression, epochs=3, learning_rate=0.03),
        close(),
    ),
    training(
        "any_optimizer_and_loss_will_do",
        "Keras' Adam with a loss for class numbers ends at the weights it should.",
        2,
        "other_optimizer",
        partial(classification, epochs=6, settings={"learning_rate": 0.05, "beta_1": 0.8}),
        close(),
    ),
    training(
        "the_order_comes_from_rng",
        "The generator decides the order: the same seed gives the same, another seed another.",
        1,
        "orders_of_seeds",
        regression_and_seeds,
        order_follows_seed,
        fingerprint=what_the_seed_changes_in_training,
    ),
    training(
        "digits_are_learned",
        "Four passes teach a linear model to read handwritten digits it has not seen.",
        1,
        "trained_on_digits",
        digits_to_learn,
        # Over 200 seeds the reference reaches 0.90, with a standard deviation of 0.016, and never
        # less than 0.846. This is 9 deviations below: a false alarm in far less than one of 1e6.
        # (benchmarks/false_alarms.py gradient_descent)
        at_least(held_out_accuracy, 0.75, "share of unseen digits read correctly"),
        withheld=HELD_OUT,
    ),
]

CHECKS = [*MINIBATCHES, *GRADIENT_DESCENT, *TRAIN]
