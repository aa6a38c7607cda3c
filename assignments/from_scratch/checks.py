"""The checks of the capstone: what must hold, what it is worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here. What the network is made of is the probes' own, so that a mistake in an earlier notebook costs
nothing here.
"""

from functools import partial

import numpy as np
from _shared.cases import each_case, each_is_refused
from _shared.convergence import convergence, linear_scores, losses_of
from _shared.digits import digits
from _shared.orders import expect_each_row_once, expect_new_orders, facts_of_orders, some_seed

from autograder.grading.judge import alike, close, expect
from autograder.model import Exercise

small_cnn = Exercise("small_cnn")
fit_network = Exercise(
    "fit_network",
    forbidden=("keras.Model.fit", "keras.Model.train_on_batch", "keras.Model.train_step"),
)
tune = Exercise("tune")


def picked(*names, along=""):
    """Options of a check that looks at some of the arrays alone."""

    def measure(observed, inputs):
        return {name: observed[name] for name in names}

    def judge(measured, wanted):
        close(along=along)(measured, wanted)

    return {"measure": measure, "judge": judge}


LAYERS = ("normalization", "dropout")

# --- small_cnn ------------------------------------------------------------------------------------


def some_images(rng, *, filters=(4, 6), height=9, width=13, classes=3, strength=0.05):
    """Two images of one channel, and the kernels of a network for them.

    Odd sizes show whether pooling pads.
    """
    channels = (1, *filters)
    convolutions = [
        (rng.normal(size=(3, 3, before, after)) / 2).tolist()
        for before, after in zip(channels, filters, strict=False)
    ]
    rows = (height // 2 ** len(filters)) * (width // 2 ** len(filters)) * filters[-1]
    return {
        "x": rng.normal(size=(2, height, width, 1)),
        "filters": list(filters),
        "convolutions": convolutions,
        "dense": rng.normal(size=(rows, classes)) / 2,
        "bias": rng.uniform(0.5, 2, classes),
        "strength": strength,
    }


def some_sizes(rng):
    filters = [int(rng.integers(3, 9))] * 2  # so that one layer would do at both places
    return {"x": np.zeros((1, 8, 12, 1)), "filters": filters, "classes": 10, "strength": 0.1}


def one_block_and_three(rng):
    """Arguments of two networks. Inputs within inputs travel as JSON."""
    sizes = ({"filters": (5,), "height": 4, "width": 6}, {"filters": (2, 3, 2), "width": 8})
    cases = [some_images(rng, **each) for each in sizes]
    return {
        "cases": [
            {
                name: value.tolist() if isinstance(value, np.ndarray) else value
                for name, value in case.items()
            }
            for case in cases
        ]
    }


of_network = partial(small_cnn.rule, probe="network")

of_network(
    "scores_are_those_of_the_network",
    "With given kernels, the scores are those of convolution, normalization, ReLU and pooling, "
    "for each number of filters, and of the dense layer behind them.",
    points=3,
    inputs=some_images,
    **picked("scores"),
)
small_cnn.rule(
    "one_block_for_each_number_of_filters",
    "Networks with one convolution and with three have the scores that they should have.",
    points=1,
    aspect="behaviour",
    probe="networks",
    inputs=one_block_and_three,
    judge=close(),
)
of_network(
    "dropout_stands_before_the_dense_layer",
    "In training mode, normalization and dropout do what they do in training, each in its place.",
    points=1,
    aspect="behaviour",
    inputs=some_images,
    **picked("scores_in_training"),
)
of_network(
    "kernels_are_penalized",
    "The model's losses are the penalties of all its kernels: of every convolution, and of the "
    "dense layer. Its bias has none.",
    points=1,
    inputs=partial(some_images, strength=0.3),
    **picked("penalty"),
)


def layers_of(observed, expected):
    """A judge of `layers`."""
    for kind, got, wanted in zip(LAYERS, observed["made"], expected["made"], strict=True):
        expect(got == wanted, f"`{kind}` was called {got} times, expected {wanted}.")
    got, wanted = (
        [tuple(row[row > 0].tolist()) for row in each["sizes"]] for each in (observed, expected)
    )
    expect(
        sorted(got) == sorted(wanted),
        f"The weights that are trained have the shapes {got}; expected {wanted}.",
    )


small_cnn.rule(
    "every_place_has_a_layer_of_its_own",
    "Each convolution has its own normalization and no bias; the dense layer has one, and a "
    "dropout before it.",
    points=1,
    aspect="behaviour",
    probe="layers",
    inputs=some_sizes,
    judge=layers_of,
    same_shapes=False,
)

# --- fit_network ----------------------------------------------------------------------------------


def some_regression(rng, *, rows=10, validated=7, strength=0.15, **settings):
    """A small regression with targets that are all different, and other rows to validate on."""
    return {
        "kernel": rng.choice([-1.0, 1.0], (3, 1)) * rng.uniform(0.5, 1.5, (3, 1)),
        "x": rng.normal(size=(rows, 3)),
        "y": rng.permutation(np.linspace(-2, 2, rows))[:, None],
        "x_val": rng.normal(size=(validated, 3)),
        "y_val": rng.permutation(np.linspace(5, 6, validated))[:, None],
        "strength": strength,
        "seed": some_seed(rng),
        **settings,
    }


def digits_to_learn(rng):
    """Sorted by class, so that it shows whether rows are shuffled; the last batch is short."""
    inputs = digits(rng, rows=340)
    order = np.argsort(inputs["y"], kind="stable")
    others = digits(rng, rows=50)
    return {
        **inputs,
        "x": inputs["x"][order],
        "y": inputs["y"][order],
        "x_val": others["x"],
        "y_val": others["y"],
        "kernel": 0.05 * rng.normal(size=(64, 10)),
        "bias": np.zeros(10),
        "strength": 0.05,
        "batch_size": 90,
        "epochs": 5,
        "learning_rate": 0.3,
        "seed": some_seed(rng),
    }


of_full_batches = partial(
    fit_network.rule,
    probe="full_batches",
    # More rows to validate on than two batches have: all of them count alike.
    inputs=partial(some_regression, validated=23, epochs=5, learning_rate=0.08),
)
of_full_batches(
    "every_update_goes_down_loss_and_penalty",
    "With all rows in one batch, every update goes down the gradient of the loss and the model's "
    "penalties together.",
    points=3,
    **picked("weights", along="update"),
)
of_full_batches(
    "loss_includes_the_penalty",
    "'loss' is the loss of each epoch before its update, with the penalties of that moment.",
    points=2,
    **picked("loss", along="epoch"),
)


def rising_validation(rng):
    """Targets far beyond the predictions, from which training on others takes these away."""
    inputs = some_regression(rng, validated=23, epochs=5, learning_rate=0.08)
    return {**inputs, "y_val": 4 * inputs["x_val"] @ inputs["kernel"]}


of_full_batches(
    "validation_comes_after_the_epoch",
    "'val_loss' is the loss on the validation rows after the updates of each epoch, with the "
    "penalties of that moment.",
    points=2,
    inputs=rising_validation,
    **picked("val_loss", along="epoch"),
)
fit_network.rule(
    "training_and_validation_run_in_their_modes",
    "The model is called with training=True for updates and with training=False for validation, "
    "so that moving statistics come from training alone.",
    points=2,
    aspect="behaviour",
    probe="both_modes",
    inputs=partial(some_regression, epochs=4, learning_rate=0.03),
    judge=close(),
)


def epochs_of_rows(observed, inputs):
    """The rows of the batches of each epoch; -1 for a target that is not a row's."""
    y, targets = inputs["y"].ravel(), observed["targets"]
    found = []
    for batch in targets:
        batch = batch[~np.isnan(batch)]
        apart = np.abs(batch[:, None] - y)
        found.append(np.where(apart.min(axis=1) < 1e-3, apart.argmin(axis=1), -1))
    each = max(-(-len(found) // inputs["epochs"]), 1)
    return [found[first : first + each] for first in range(0, len(found), each)]


def losses_by_formula(epochs, inputs):
    """The loss of each epoch by the right formula, the first, and by others that come to mind.

    The weights never move, so each is made of the losses of the rows at the start.
    """
    w = inputs["kernel"].ravel()
    of_row = (inputs["x"] @ w - inputs["y"].ravel()) ** 2
    penalty = inputs["strength"] * w @ w
    found = []
    for batches in epochs:
        sizes = np.array([len(batch) for batch in batches])
        losses = np.array([of_row[batch].mean() for batch in batches]) + penalty
        mean = sizes @ losses / max(sizes.sum(), 1)
        found.append([mean, mean - penalty, losses.mean(), losses.sum(), losses[-1]])
    return np.array(found).T


def facts_of_epochs(observed, inputs):
    """What tells mistakes apart, whatever the order: rows, sizes of batches, losses."""
    epochs = epochs_of_rows(observed, inputs)
    rows = [np.concatenate(batches) for batches in epochs]
    loss = observed["loss"]
    fits = [alike({"": loss}, {"": other}) for other in losses_by_formula(epochs, inputs)]
    return {
        "orders": facts_of_orders(rows, len(inputs["x"])),
        "sizes": np.array([len(batch) for batches in epochs for batch in batches]),
        "rng_used": observed["rng_used"],
        "fits": np.array(fits),
        "loss": np.zeros(0) if any(fits) else loss,
    }


MINI = partial(some_regression, rows=10, batch_size=4, epochs=3)
of_batches = partial(
    fit_network.check, probe="batches", measure=facts_of_epochs, same_shapes=False, inputs=MINI
)


def rows_of(observed, inputs):
    epochs = [np.concatenate(batches) for batches in epochs_of_rows(observed, inputs)]
    expect(
        all(rows.size and (rows >= 0).all() for rows in epochs),
        "The first argument of loss_fn in an update is not a batch of y.",
    )
    return epochs


@of_batches(points=1)
def every_epoch_uses_every_row_once(observed, inputs):
    """Each epoch makes its updates on every row once, the short last batch included."""
    expect_each_row_once(rows_of(observed, inputs), len(inputs["x"]))


@of_batches(points=1, inputs=partial(some_regression, rows=24, batch_size=8, epochs=3))
def every_epoch_is_shuffled_anew(observed, inputs):
    """Each epoch goes through the rows in a new order, which comes from `rng`.

    Two of 24! orders are never equal, and none is sorted.
    """
    epochs = rows_of(observed, inputs)
    expect(
        not any(np.array_equal(rows, np.sort(rows)) for rows in epochs),
        "The rows come in the order they have in x. Shuffle them.",
    )
    expect_new_orders(epochs)
    expect(observed["rng_used"], "Nothing was drawn from rng. Shuffle with it.")


@of_batches(points=1)
def epoch_loss_is_the_mean_over_rows(observed, inputs):
    """The loss of an epoch is the mean over its rows, so a short last batch weighs less."""
    wanted, *_ = losses_by_formula(epochs_of_rows(observed, inputs), inputs)
    got, epochs = observed["loss"], inputs["epochs"]
    expect(got.shape == (epochs,), f"Expected {epochs} losses for {epochs} epochs, got {got.size}.")
    close(along="epoch")({"loss": got}, {"loss": wanted})


AGREEMENTS = ("is missing", "is no number", "is not what the history has for that epoch", "")
"""What `logs` of `events` means."""


def callback_is_told(observed, expected, inputs):
    """A judge of `events`."""
    for index, epochs in enumerate(inputs["stop_after"]):
        case = f"Where the callback stops the training after epoch {epochs}"
        begun, ended, number = observed["told"][index]
        _, _, wanted = expected["told"][index]
        expect(begun == 1, f"{case}: on_train_begin was called {begun} times, expected 1.")
        expect(number == wanted, f"{case}: {number} epochs ran, expected {wanted}.")
        expect(
            observed["counted"][index],
            f"{case}: on_epoch_end was not called with the epochs 0, 1, 2, ... in this order.",
        )
        expect(ended == 1, f"{case}: on_train_end was called {ended} times, expected 1.")
        lengths = observed["lengths"][index].tolist()
        expect(lengths == [wanted] * 2, f"{case}: the curves have {lengths} epochs.")
        for name, agreement in zip(("loss", "val_loss"), observed["logs"][index], strict=True):
            problem = AGREEMENTS[agreement]
            expect(not problem, f"{case}: in the logs of an epoch, '{name}' {problem}.")


told = partial(
    fit_network.rule, aspect="behaviour", probe="events", judge=callback_is_told, same_shapes=True
)
told(
    "the_callback_is_told",
    "The callback is told of the beginning, of every epoch with both losses, and of the end; when "
    "it sets model.stop_training, no further epoch runs.",
    points=2,
    inputs=partial(
        some_regression, epochs=5, batch_size=4, stop_after=[2, 4, 9], stopped_before=False
    ),
)
told(
    "a_new_training_runs_though_the_last_was_stopped",
    "A model whose last training was stopped is trained again.",
    points=1,
    inputs=partial(some_regression, epochs=4, batch_size=4, stop_after=[2, 9], stopped_before=True),
)
# Over 600 seeds, the logarithms of the reference's losses in two orders of the rows differ with a
# standard deviation of at most 0.0044, and by 0.02 at most. 0.04 is nine deviations; as some digits
# vary more than others, that is a false alarm in fewer than one of 10^6 runs. What does something
# wrong to the penalties, or leaves out the short batch, is 0.06 away or more.
# (benchmarks/false_alarms.py from_scratch)
fit_network.rule(
    "losses_follow_the_rule",
    "Trained on handwritten digits that are sorted by class, a penalized linear model has after "
    "every epoch about the loss that any other order of the rows gives, on its own digits and on "
    "unseen ones.",
    points=3,
    probe="trained_on_digits",
    inputs=digits_to_learn,
    **convergence(losses_of(linear_scores), band=0.04, by_chance=True),
)

# --- tune -----------------------------------------------------------------------------------------

RATES = [[0.01, 0.1, 0.3, 0.003], [0.2, 0.02, 0.002, 0.0002], [0.001, 0.01, 0.1, 1.0]]
EPOCHS = 5


def some_runs(rng, *, best, rates=RATES):
    """Losses such that run ``best`` of each case has the lowest, in the middle of its training.

    Another run has the lowest last loss, another one the lowest mean.
    """
    found = []
    for case, run in enumerate(best):
        losses = rng.uniform(1.0, 2.0, size=(len(rates[case]), EPOCHS))
        losses[run] = rng.uniform(2.5, 3.0, EPOCHS)
        losses[run, rng.integers(1, EPOCHS - 1)] = rng.uniform(0.2, 0.5)
        losses[(run + 1) % len(losses), -1] = 0.9
        found.append(losses)
    return {"rates": np.array(rates), "val_losses": np.array(found)}


def some_diverge(rng):
    """Runs with NaN or infinite losses, some of which have the lowest loss before."""
    inputs = some_runs(rng, best=(1, 2, 3))
    losses = inputs["val_losses"]
    losses[0, 0], losses[0, 3, -1] = np.nan, np.nan
    losses[1, 0, 0], losses[1, 0, 2:] = 0.1, np.inf
    losses[2, 1, 1], losses[2, 1, 3:] = 0.1, np.nan
    losses[2, 0] = -np.inf
    return inputs


def ties(rng):
    inputs = some_runs(rng, best=(0, 1, 2))
    for losses, first, again in zip(inputs["val_losses"], (0, 1, 2), (2, 3, 3), strict=True):
        losses[again] = losses[first][::-1]
    return inputs


def all_diverge(rng):
    inputs = some_runs(rng, best=(0, 1, 2))
    losses = inputs["val_losses"]
    losses[0] = np.nan
    losses[1, :, 1:] = np.inf
    losses[2, ::2], losses[2, 1::2, -1] = np.inf, np.nan
    return inputs


def lists_of_rates(inputs):
    return [f"Of the rates {', '.join(f'{rate:g}' for rate in rates)}" for rates in inputs["rates"]]


def chosen(result, shown="{:g}".format):
    return {
        "measure": lambda observed, inputs: {result: observed[result]},
        "judge": each_case(result, lists_of_rates, shown, rtol=1e-5),
    }


of_tuning = partial(tune.rule, probe="tunings", inputs=partial(some_runs, best=(2, 0, 1)))
of_tuning(
    "the_lowest_validation_loss_wins",
    "The rate is returned whose run has the lowest validation loss in any of its epochs.",
    points=2,
    **chosen("rate"),
)
of_tuning(
    "that_loss_is_returned",
    "'val_loss' is that lowest loss.",
    points=0.5,
    **chosen("val_loss"),
)


def fair_starts(observed, inputs):
    """A judge: nothing of the run before is left in the model."""
    for case, starts in zip(lists_of_rates(inputs), observed["starts"], strict=True):
        for run, (trained, others) in enumerate(starts, 1):
            expect(np.isfinite(trained), f"{case}: the model was never fitted at rate {run}.")
            expect(
                trained == 0 and others == 0,
                f"{case}: run {run} does not start from the weights that the model had when tune "
                f"was called{'' if trained else ', but for those that are trained'}.",
            )


of_tuning(
    "every_run_starts_from_the_same_weights",
    "Before each run, all weights of the model are what they were when tune was called.",
    points=1,
    measure=lambda observed, inputs: {"starts": observed["starts"]},
    judge=fair_starts,
)


def own_optimizers(observed, inputs):
    """A judge: each run has an optimizer of its own."""
    for case, own in zip(lists_of_rates(inputs), observed["own"], strict=True):
        expect(own, f"{case}: expected one run for each, with an optimizer made for it.")


of_tuning(
    "every_run_has_its_own_optimizer",
    "Each rate is fitted once, with an optimizer that is made for it.",
    points=0.5,
    aspect="behaviour",
    measure=lambda observed, inputs: {"own": observed["own"]},
    judge=own_optimizers,
)
of_tuning(
    "a_diverged_run_never_wins",
    "A run with a validation loss that is NaN or infinite never wins, whatever came before.",
    points=1,
    inputs=some_diverge,
    **chosen("rate"),
)
of_tuning(
    "the_first_wins_a_tie",
    "Where lowest losses are equal, the first rate in the list is returned.",
    points=0.5,
    aspect="behaviour",
    inputs=ties,
    **chosen("rate"),
)


def best_weights(observed, expected, inputs):
    """A judge: the model has the weights that the best run left."""
    cases = zip(lists_of_rates(inputs), observed["weights"], expected["weights"], strict=True)
    for case, got, wanted in cases:
        expect(
            np.array_equal(got, wanted),
            f"{case}: in the end the model does not have the weights that the best run left.",
        )


of_tuning(
    "the_best_runs_weights_are_back",
    "In the end the model has the weights that the best run left.",
    points=1,
    aspect="behaviour",
    measure=lambda observed, inputs: {"weights": observed["weights"]},
    judge=best_weights,
)
tune.rule(
    "all_diverged_is_an_error",
    "If every run diverges, a ValueError says so.",
    points=0.5,
    aspect="behaviour",
    probe="complaints",
    inputs=all_diverge,
    judge=each_is_refused(lists_of_rates),
)
