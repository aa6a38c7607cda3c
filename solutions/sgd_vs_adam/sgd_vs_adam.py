# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Is SGD better than Adam?
#
# You have heard both: "Adam just works" and "SGD generalizes better". This notebook puts the
# question to the test twice. First on data that were made up so that one side *must* lose, which
# shows that the choice of an optimizer can decide what is learned, and not only how fast. Then on
# real data, where you will see how much of a difference is left once each optimizer gets the
# learning rate that suits it.
#
# | you write | what it is |
# |---|---|
# | `fit_linear` | least squares by any optimizer of Keras, from zero weights |
# | `sign_accuracy` | how many rows are classified right |
# | `select_learning_rate` | the fair part of a comparison: the best rate for each optimizer |
#
# At the end is a question that a person reads and grades.
#
# **About this notebook**
#
# - **You will be able to** compare optimizers fairly, and say what a comparison shows and what it
#   does not.
# - **Builds on:** notebooks 2 (the optimizers) and 3 (validation and test rows).
# - **Time:** about 2 hours.
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

from functools import partial

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.datasets import load_breast_cancer, load_digits

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# Keras' versions, each made from a learning rate, with the settings of notebook 2.
KERAS = {
    "SGD": keras.optimizers.SGD,
    "Momentum": partial(keras.optimizers.SGD, momentum=0.9),
    "AdaGrad": partial(keras.optimizers.Adagrad, initial_accumulator_value=0.0),
    "RMSprop": keras.optimizers.RMSprop,
    "Adam": keras.optimizers.Adam,
}

# The optimizers that we compare: those that you wrote in notebooks 1 and 2, if they are in the
# folders beside this one and run. Otherwise Keras' own. (Your grade does not depend on it.)
OPTIMIZERS = {"SGD": mine("gradient_descent", "GradientDescent", otherwise=KERAS["SGD"])}
for name in ("Momentum", "AdaGrad", "RMSprop", "Adam"):
    OPTIMIZERS[name] = mine("optimizers", name, otherwise=KERAS[name])

# A colour for each that people with colour-blindness can tell apart (Okabe and Ito).
COLORS = {
    "SGD": "#000000",
    "Momentum": "#0072B2",
    "AdaGrad": "#E69F00",
    "RMSprop": "#009E73",
    "Adam": "#D55E00",
}
MARKERS = dict(zip(OPTIMIZERS, "osD^v", strict=True))
HATCHES = dict(zip(OPTIMIZERS, ("", "//", "..", "\\\\", "xx"), strict=True))

# %% [markdown]
# ## 1 · Least squares by any optimizer
#
# The simplest model there is: a row $x$ of $d$ features gets the score $x \cdot w$, and training
# makes the score of each row close to its label $y$, which is $-1$ or $+1$. The loss is the mean
# square
#
# $$L(w) = \frac{1}{n} \sum_{i=1}^{n} (x_i \cdot w - y_i)^2, \qquad
# \nabla L = \frac{2}{n} \sum_{i=1}^{n} (x_i \cdot w - y_i)\, x_i.$$
#
# **Why so simple?** If there are more features than rows, many $w$ make the loss exactly 0. They
# agree on the training rows and disagree on all others. Which of them one gets is up to the
# optimizer and to where it starts, and in a model as simple as this one can work out which.
#
# **Write** `fit_linear`. It starts from $w = 0$ and makes `steps` updates, each with the gradient
# over *all* rows (full batch, no chance in it), by the optimizer that it is given, whichever of
# Keras' optimizers that is. You may write the gradient by hand or let `tf.GradientTape` find it. An
# optimizer of Keras moves a `keras.Variable` by `optimizer.apply([gradient], [variable])`. With
# `steps=0` the weights are still zero.


# %% exercise="fit_linear"
def fit_linear(optimizer, x, y, steps):
    """Least squares by `steps` updates of an optimizer, each on all rows, from zero weights.

    The loss is the mean over rows of (x @ w - y)^2; there is no bias and no penalty.

    Args:
        optimizer: a fresh `keras.optimizers.Optimizer`.
        x: float32 array of shape (n, d).
        y: float32 array of shape (n,).
        steps: int, at least 0; the number of updates.

    Returns:
        the weights w, a NumPy array or a tensor of shape (d,).
    """
    ### BEGIN SOLUTION: fit_linear: start at zero, update `steps` times, return the weights.
    x, y = ops.convert_to_tensor(x), ops.convert_to_tensor(y)
    w = keras.Variable(np.zeros(x.shape[1]), dtype=x.dtype)
    optimizer.build([w])
    for _ in range(steps):
        residual = ops.matmul(x, w) - y
        gradient = 2 * ops.matmul(residual, x) / len(x)
        optimizer.apply([gradient])
    return ops.convert_to_numpy(w)
    ### END SOLUTION


# %% [markdown]
# ### Two rows, three weights
#
# A first look at "which of them one gets". Two rows, three features, so there is a whole line of
# weights with loss 0. SGD and Adam both find one. SGD's is the shortest of all: its steps are sums
# of rows, so it never leaves the plane of the rows. Adam divides each weight's step by the size of
# its own gradients and ends somewhere else.

# %%
few_x = np.array([[1.0, 2.0, 0.0], [1.0, 0.0, 0.5]], dtype="float32")
few_y = np.array([1.0, -1.0], dtype="float32")


def attempt(what, function, *arguments):
    """What the function returns, as an array; None, and a line, if it is still to be written."""
    try:
        return ops.convert_to_numpy(function(*arguments))
    except NotImplementedError:
        print(f"{what}: missing here, something it needs is still to be written.")
        return None


for name, rate in (("SGD", 0.2), ("Adam", 0.05)):
    weights = attempt(name, fit_linear, OPTIMIZERS[name](rate), few_x, few_y, 300)
    if weights is not None:
        print(
            f"{name:5} w = {np.round(weights, 2)}, scores {np.round(few_x @ weights, 2)}, "
            f"length {np.linalg.norm(weights):.2f}"
        )

# %% [markdown]
# ## 2 · How many rows are classified right?
#
# A row is classified by the sign of its score. **Write** `sign_accuracy`, the share of rows with
# $\operatorname{sign}(x \cdot w) = y$. A score of exactly 0 has no sign: it is wrong for either
# label. Any other score counts by its sign, however small it is.


# %% exercise="sign_accuracy"
def sign_accuracy(w, x, y):
    """The share of rows with sign(x @ w) = y. A score of exactly 0 is wrong.

    Args:
        w: array of shape (d,).
        x: array of shape (n, d).
        y: array of shape (n,) of labels -1 and +1.

    Returns:
        a number from 0 to 1.
    """
    ### BEGIN SOLUTION: sign_accuracy: return the share of rows whose score has the label's sign.
    scores = x @ w
    return np.mean(np.sign(scores) == y)
    ### END SOLUTION


# %% [markdown]
# ### The trap of Wilson et al.
#
# Wilson, Roelofs, Stern, Srebro and Recht (2017, section 3.3) made up this data set. Row $i$ has
# the label $y_i$, more often $+1$ than $-1$, and features of 0 and $\pm 1$:
#
# - feature 1 is the label itself, so a child could classify by it;
# - features 2 and 3 are 1 in every row and say nothing;
# - then each row has five features of its own. In a positive row the first of them is 1, in a
#   negative row all five are. In every other row they are 0.
#
# A row that was not in training has features of its own that no training row has ever touched,
# so their weights are still 0. All that counts for it are the first three.


# %%
def trap(labels, first, rows):
    """The features of Wilson et al., of rows `first`, `first + 1`, ... of `rows` rows in all."""
    x = np.zeros((len(labels), 3 + 5 * rows), dtype="float32")
    x[:, 0] = labels
    x[:, 1:3] = 1
    for i, label in enumerate(labels):
        own = 3 + 5 * (first + i)
        x[i, own : own + (1 if label > 0 else 5)] = 1
    return x


FITTED, UNSEEN = 60, 40
rng = np.random.default_rng(0)
trap_y = rng.permutation(np.repeat([1, -1], [36, 24])).astype("float32")
unseen_y = rng.permutation(np.repeat([1, -1], [24, 16])).astype("float32")
trap_x = trap(trap_y, 0, FITTED + UNSEEN)
unseen_x = trap(unseen_y, FITTED, FITTED + UNSEEN)

figure, axes = plt.subplots(figsize=(9, 2.6), layout="constrained")
axes.imshow(trap_x[:8, :43], cmap="RdBu_r", vmin=-1.6, vmax=1.6, aspect="auto")
axes.set_yticks(range(8), [f"{label:+.0f}" for label in trap_y[:8]])
axes.set_xticks([0, 1, 2, *range(3, 43, 5)], [1, 2, 3, *range(4, 44, 5)])
axes.set(xlabel="feature", ylabel="label of the row")
axes.set_title("The first 8 rows and 43 features: red 1, blue -1, white 0")
axes.grid(False)
plt.show()

# %% [markdown]
# Now fit it by each optimizer. Left: the loss, which goes to 0 for all (the picture ends at 1e-8).
# Middle: the unseen rows, where curves of the same height are drawn over each other, the first with
# the largest marks. Right: the weights of the first three features in the end.

# %% [markdown] prediction="trap"
# **Predict, then look.** All five bring the loss on the fitted rows to 0. Which of them classify
# the unseen rows right?
#
# - **a** all five: feature 1 is the label
# - **b** SGD and Momentum alone
# - **c** AdaGrad, RMSprop and Adam alone

# %%
TRAP_RATES = {"SGD": 0.3, "Momentum": 0.05, "AdaGrad": 0.1, "RMSprop": 0.005, "Adam": 0.02}
TRAP_STEPS = [1, 2, 4, 8, 16, 32, 64, 128]


def in_the_trap(name):
    """After each of TRAP_STEPS updates: weights, and (loss, accuracy, accuracy on unseen rows)."""
    weights, numbers = [], []
    try:
        for steps in TRAP_STEPS:
            optimizer = OPTIMIZERS[name](TRAP_RATES[name])
            w = ops.convert_to_numpy(fit_linear(optimizer, trap_x, trap_y, steps))
            loss = np.mean((trap_x @ w - trap_y) ** 2)
            right = [sign_accuracy(w, trap_x, trap_y), sign_accuracy(w, unseen_x, unseen_y)]
            weights.append(w)
            numbers.append([loss, float(right[0]), float(right[1])])
    except NotImplementedError:
        print(f"{name}: missing here, something it needs is still to be written.")
        return None
    return np.array(weights), np.array(numbers)


trapped = {name: in_the_trap(name) for name in OPTIMIZERS}
trapped = {name: found for name, found in trapped.items() if found is not None}

if trapped:
    figure, panels = plt.subplots(
        1, 3, figsize=(12, 3.8), layout="constrained", width_ratios=[3, 3, 4]
    )
    for place, (name, (weights, numbers)) in enumerate(trapped.items()):
        style = {"marker": MARKERS[name], "color": COLORS[name], "label": name}
        panels[0].loglog(TRAP_STEPS, np.maximum(numbers[:, 0], 1e-8), **style, markersize=5)
        # Many are equal: hollow marks of falling size show those below.
        panels[1].semilogx(
            TRAP_STEPS, numbers[:, 2], **style, markersize=16 - 3 * place, fillstyle="none"
        )
        panels[2].bar(
            np.arange(3) + 0.16 * (place - 2), weights[-1][:3], 0.15, color=COLORS[name],
            label=name, hatch=HATCHES[name], edgecolor="white",
        )  # fmt: skip
        print(
            f"{name:8} accuracy {numbers[-1, 1]:.2f} on fitted rows, {numbers[-1, 2]:.2f} on unseen"
        )
    panels[0].set(xlabel="updates", ylabel="loss", title="loss on the fitted rows")
    panels[1].set(ylim=(0.3, 1.05), xlabel="updates", ylabel="accuracy", title="unseen rows")
    panels[1].axhline(0.6, color="0.4", linestyle=":")
    panels[1].annotate("always saying +1", (1, 0.55), color="0.35", fontsize=9)
    panels[2].set_xticks(range(3), ["1 (the label)", "2 (always 1)", "3 (always 1)"])
    panels[2].set(
        xlabel="feature", ylabel="weight", title=f"weights after {TRAP_STEPS[-1]} updates"
    )
    panels[2].legend(fontsize=8)
    plt.show()

# %% [markdown]
# All five classify every training row right. On unseen rows SGD and Momentum are perfect, and
# AdaGrad, RMSprop and Adam say $+1$ to everything: 0.6, the share of the positive rows. So **b**.
#
# **Why.** Look at the weights. SGD has seen that feature 1 has large gradients, because it agrees
# with every label, and gives it nearly all the weight. The adaptive methods divide each step by the
# size of the weight's gradients. What is left is the sign, and all weights that have a gradient of
# the same sign all along get the same weight: here 1/4 for features 1, 2 and 3 alike. The rest is
# arithmetic. A negative row that was fitted has $-\tfrac14 + \tfrac14 + \tfrac14$ from them and $-5
# \cdot \tfrac14$ from its own five features, in sum $-1$: right. A negative row that was not has
# only the first part, $+\tfrac14$: wrong.
#
# **What it shows, and what not.** Loss 0 is not the end of the story: *which* solution an optimizer
# finds is part of its nature. But the trap was laid for one side. Make feature 1 a few times
# larger, and none of the five falls in. It proves that there are such data, not that yours are.
#
# > **Try it.** In `trap`, write `3 * labels` instead of `labels` (in the line that fills feature
# > 1), and give SGD a rate of 0.05, since larger features allow smaller steps only. All five are
# > then right about every unseen row.

# %% [markdown]
# ## 3 · A fair comparison
#
# A rate of 0.01 is a tiny step for one optimizer and a huge one for another. To compare optimizers
# at one rate is to compare the rates. The least that fairness asks for: each optimizer gets the
# rate that is best *for it*, chosen on rows that were not fitted (validation), and is then judged
# on rows that were used for neither (test).
#
# **Write** `select_learning_rate`. For each rate make a fresh optimizer, run your `fit_linear` (a
# mistake there then counts here as well), and take the mean squared error on the validation rows.
# Rates that are too large send the weights to infinity, and the error becomes `inf` or `nan`. Such
# a run must never win, and here is the trap in this exercise: every comparison with `nan` is false,
# and `np.argmin` takes it for the smallest. If no run is left, raise a `ValueError`. Of equal
# errors the first one wins.


# %% exercise="select_learning_rate"
def select_learning_rate(make_optimizer, rates, x, y, x_val, y_val, steps):
    """The learning rate whose weights have the lowest mean squared error on the validation rows.

    For each rate, `fit_linear` is run on x and y with a fresh optimizer.

    Args:
        make_optimizer: `make_optimizer(rate)` returns a fresh optimizer with that learning rate.
        rates: list of floats, in any order.
        x: array of shape (n, d), y: of shape (n,); the rows to fit.
        x_val: array of shape (m, d), y_val: of shape (m,); the rows to choose by.
        steps: int; the number of updates of each run.

    Returns:
        one of the rates; the first of those with equal errors.

    Raises:
        ValueError: every run diverged (its error is infinite or NaN).
    """
    ### BEGIN SOLUTION: select_learning_rate: try each rate, and return the best one.
    best_rate, best_error = None, np.inf
    for rate in rates:
        w = fit_linear(make_optimizer(rate), x, y, steps)
        error = np.mean(np.square(x_val @ w - y_val))
        if error < best_error:
            best_rate, best_error = rate, error
    if best_rate is None:
        raise ValueError(f"every run diverged; try rates below {min(rates)}")
    return best_rate
    ### END SOLUTION


# %% [markdown]
# ### Real data, twice
#
# - **Odd or even digits**: 100 handwritten digits to fit, 64 features brought to mean 0 and
#   deviation 1 (and a constant).
# - **Breast cancer, as measured**: 200 patients to fit, 30 features in their own units, from
#   0.001 to 4000 (and a constant).
#
# In both, 150 rows choose the rate and 200 are for the test. Everything is done four times with
# other rows, and 40 updates a run. Each optimizer may try as many rates as the others. That is a
# few hundred fits: it takes a while.

# %% [markdown] prediction="own_best_rate"
# **Predict, then look.** With each optimizer at its own best rate, which is best on the features as
# measured, from 0.001 to 4000?
#
# - **a** one of the adaptive ones, by far: they give each weight its own rate
# - **b** SGD or Momentum, by far
# - **c** hardly any of them is better than the others

# %%
REPEATS, STEPS = 4, 40


def odd_digits():
    x, labels = load_digits(return_X_y=True)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-6)
    return x, np.where(labels % 2, 1.0, -1.0), 100


def breast_cancer():
    x, labels = load_breast_cancer(return_X_y=True)
    return x, np.where(labels, 1.0, -1.0), 200


# In steps of two to five, around where each kind of optimizer works best.
PROBLEMS = {
    "odd digits, features of one size": (
        odd_digits,
        {"plain": [0.0003, 0.001, 0.003, 0.01, 0.03], "adaptive": [0.001, 0.003, 0.01, 0.03, 0.1]},
    ),
    "breast cancer, features as measured": (
        breast_cancer,
        {
            "plain": [5e-8, 1e-7, 2e-7, 5e-7, 1e-6, 2e-6],
            "adaptive": [2e-5, 1e-4, 5e-4, 2e-3, 1e-2, 5e-2],
        },
    ),
}


def compare(name, load, rates):
    """Test accuracies and chosen rates of one optimizer, for each repeat; None if unwritten."""
    x, y, fitted = load()
    x = np.column_stack([x, np.ones(len(x))]).astype("float32")
    y = y.astype("float32")
    rates = rates["plain" if name in ("SGD", "Momentum") else "adaptive"]
    accuracies, chosen = [], []
    for repeat in range(REPEATS):
        order = np.random.default_rng(repeat).permutation(len(x))
        a, b, c = order[:fitted], order[fitted : fitted + 150], order[fitted + 150 : fitted + 350]
        with np.errstate(all="ignore"):
            rate = select_learning_rate(OPTIMIZERS[name], rates, x[a], y[a], x[b], y[b], STEPS)
        w = ops.convert_to_numpy(fit_linear(OPTIMIZERS[name](rate), x[a], y[a], STEPS))
        accuracies.append(float(sign_accuracy(w, x[c], y[c])))
        chosen.append(float(rate))
    return np.array(accuracies), chosen


results = {}
for problem, (load, rates) in PROBLEMS.items():
    for name in OPTIMIZERS:
        try:
            results[problem, name] = compare(name, load, rates)
        except NotImplementedError:
            print(f"{problem}, {name}: missing here, something it needs is still to be written.")

if results:
    figure, panels = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for panel, problem in zip(panels, PROBLEMS, strict=True):
        for place, name in enumerate(OPTIMIZERS):
            if (problem, name) not in results:
                continue
            accuracies, chosen = results[problem, name]
            spots = place + np.linspace(-0.15, 0.15, REPEATS)
            panel.plot(spots, accuracies, MARKERS[name], color=COLORS[name], alpha=0.75)
            panel.hlines(accuracies.mean(), place - 0.3, place + 0.3, color=COLORS[name])
            print(
                f"{problem}: {name:8} accuracy {accuracies.mean():.3f} "
                f"(from {accuracies.min():.3f} to {accuracies.max():.3f}), "
                f"rates {', '.join(f'{rate:g}' for rate in sorted(set(chosen)))}"
            )
        panel.set_xticks(range(len(OPTIMIZERS)), list(OPTIMIZERS))
        panel.set(ylabel="test accuracy", title=problem)
    figure.suptitle(
        "Each optimizer with its own best rate: a mark for each repeat, a line for the mean"
    )
    plt.show()

# %% [markdown]
# **Digits.** The means differ by one or two hundredths, and the four repeats of a single optimizer
# differ by more than that. None of them wins. With four other repeats the order may be another one.
#
# **Breast cancer.** Here too, plain SGD is level with the best of them, at 5e-7 (**c**). So is
# there nothing in "Adam just works"? There is, but a table of best rates cannot show it.
#
# ### How well must the rate be hit?
#
# The same data and the rows of the first repeat, with many rates in steps of about two. Each point
# is a fit. The dotted line is what calling every tumour benign would earn.

# %%
MANY_RATES = {
    "plain": [digit * 10.0**power for power in range(-8, -4) for digit in (1, 2, 5)],
    "adaptive": [digit * 10.0**power for power in range(-6, 0) for digit in (1, 2, 5)],
}


def accuracy_by_rate(name):
    """Many rates of one optimizer, and the test accuracy with each."""
    rates = MANY_RATES["plain" if name in ("SGD", "Momentum") else "adaptive"]
    x, y, fitted = breast_cancer()
    x = np.column_stack([x, np.ones(len(x))]).astype("float32")
    order = np.random.default_rng(0).permutation(len(x))
    a, c = order[:fitted], order[fitted + 150 : fitted + 350]
    found = []
    with np.errstate(all="ignore"):
        for rate in rates:
            w = fit_linear(OPTIMIZERS[name](rate), x[a], y[a].astype("float32"), STEPS)
            found.append(float(sign_accuracy(ops.convert_to_numpy(w), x[c], y[c])))
    return np.array(rates), np.array(found)


curves = {}
for name in OPTIMIZERS:
    try:
        curves[name] = accuracy_by_rate(name)
    except NotImplementedError:
        print(f"{name}: missing here, something it needs is still to be written.")

if curves:
    plt.figure(figsize=(9, 4), layout="constrained")
    for name, (rates, curve) in curves.items():
        plt.semilogx(rates, curve, MARKERS[name] + "-", color=COLORS[name], label=name, ms=4)
        good = rates[curve >= curve.max() - 0.1]
        print(f"{name:8} within 0.1 of its best from {good.min():g} to {good.max():g}")
    plt.axhline(0.63, color="0.4", linestyle=":")
    plt.xlabel("learning rate")
    plt.ylabel("test accuracy")
    plt.title("Breast cancer, features as measured, 40 updates")
    plt.legend()
    plt.show()

# %% [markdown]
# SGD is good at one of its rates, and at half or twice that rate it is not: with 2e-7 most of the
# weights hardly move in 40 updates, and with 1e-6 the weight of the largest feature, which is a
# thousand times and more the size of others, begins to explode. If you try powers of ten, as is
# common, you find no good rate and report that SGD fails on these data. The good rates of Momentum
# and RMSprop span a factor of ten, those of AdaGrad and Adam a factor of a hundred and more.
#
# So the answer is: with its best rate, hardly any of them is better than the others. They differ in
# how hard that rate is to find. What made SGD's so hard to find was the size of the features: bring
# them to one size, as for the digits, and the difference is nearly gone.
#
# > **What your notes say.** "Is SGD better than Adam? Papers are appearing that say that adaptive
# > methods (Adam, RMSprop) are worse than non-adaptive ones (SGD, Momentum)." Wilson et al. (2017)
# > is such a paper, and the trap above is theirs: 0.60 against 1.00 on unseen rows. It is not the
# > last word. Choi et al. (2019) found that with enough tuning of every setting, adaptive methods
# > never did worse than the simpler ones that they contain as special cases (with a large epsilon,
# > Adam moves like Momentum). Here, on two sets of real data and with tuned rates, the five differ
# > by little, and SGD needs its rate to be hit within a factor of two.

# %% [markdown] question="which_optimizer" points=4
# ## 4 · Your judgement (a person reads this)
#
# A colleague shows you a chart: on their data Adam, at Keras' default rate, brings the training
# loss to 0.01 in half the epochs that SGD needs at the same rate. They conclude: "Adam is better,
# we use it from now on." Write half a page:
#
# 1. What does the chart show, and what does it not show? Name at least two things that are missing.
# 2. Use one result of this notebook (with its numbers) that speaks against the conclusion, and one
#    that speaks for using Adam all the same.
# 3. Which experiment would you run to decide, on which rows, and when would you call it a draw?
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.**
#
# - **1 point, the chart.** It shows how fast the training loss falls, nothing on unseen rows.
#   Missing are at least two of: validation or test rows; a rate tuned for each (the same rate is
#   not the same step); several seeds and their spread; the loss where both have come to rest.
# - **1 point, against.** For instance the trap: all five fit every training row, and on unseen rows
#   AdaGrad, RMSprop and Adam have 0.60 (they always say +1) while SGD and Momentum have 1.00. Or
#   the digits, where all five lie within each other's spread. Half a point without numbers.
# - **1 point, for.** For instance the breast cancer data in their own units: plain SGD has to hit
#   its rate within a factor of two to be level with Adam, which works over a factor of a hundred,
#   for SGD's one rate has to suit features of very different size. Half a point without the reason.
# - **1 point, the experiment.** Tune the rate of both by validation rows, with the same number of
#   trials; judge once on test rows; repeat with several seeds. A draw where the difference is small
#   against the spread. Half a point if test rows are used for choosing.
#
# Full marks do not depend on who wins. An answer that crowns one of them for all data gets at most
# 2.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# - Which of many solutions is found depends on the optimizer. Plain SGD from zero finds the
#   shortest; the adaptive ones treat all weights with a steady gradient alike.
# - There are data on which adaptive methods fail on unseen rows, and data on which plain SGD works
#   at one rate only, which one has to find. Neither wins always.
# - A comparison without a tuned rate for each, unseen rows and a spread says little.
#
# **Before you submit:** restart the kernel, run all cells from the top, and see that every check
# you count on passes. Write your answer to part 4. Save the notebook; then submit it.
#
# **Sources.** Wilson, Roelofs, Stern, Srebro and Recht, "The marginal value of adaptive gradient
# methods in machine learning", NeurIPS 2017. Choi, Shallue, Nado, Lee, Maddison and Dahl, "On
# empirical comparisons of optimizers for deep learning", 2019.
