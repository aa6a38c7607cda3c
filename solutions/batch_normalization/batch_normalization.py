# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Batch normalization: keep every ReLU at work
#
# A ReLU passes what is positive and turns the rest into 0. Where it gives 0, no gradient comes back
# through it. That is fine now and then. But a unit that gives 0 for *every* example gets no
# gradient at all, so its weights never change again: it is dead, and the network is that much
# smaller. In this notebook you measure how much of a network is dead, and write the layer that
# keeps it alive:
#
# | you write | what it is |
# |---|---|
# | `dead_fraction` | the measurement: which share of a layer's units gives nothing at all |
# | `BatchNormalization` | the layer that gives each feature mean 0 and deviation 1 over the batch |
# | `ConvBNReLU` | a building block for images: convolution, then normalization, then ReLU |
#
# Using the finished normalization of Keras or TensorFlow instead of writing `BatchNormalization`
# earns nothing.
#
# **About this notebook**
#
# - **You will be able to** measure how much of a network is dead, write batch normalization, and
#   say what it costs.
# - **Builds on:** notebooks 2 (Adam) and 5 (layers that behave differently in training and at
#   inference).
# - **Time:** about 3.5 hours.
# - **What is checked:** the list below each exercise says it, with points. Run its check as often
#   as you like. The question at the end is graded by a person.
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
from keras import ops
from sklearn.datasets import load_digits

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# Colours that people with colour-blindness can tell apart (Okabe and Ito), and a line style each.
COLORS = {"without": "#D55E00", "with": "#0072B2"}
STYLES = {"without": "s--", "with": "o-"}
LABELS = {"without": "without normalization", "with": "with your BatchNormalization"}

digits, labels = load_digits(return_X_y=True)
digits = (digits / 16).astype("float32")  # 1797 handwritten digits of 8 x 8 pixels, from 0 to 1
train_x, train_y = digits[:1300], labels[:1300]
test_x, test_y = digits[1300:], labels[1300:]

# %% [markdown]
# The experiments below use the optimizers that you wrote in notebooks 1 and 2, if they are in the
# folders beside this one and run. Otherwise they use Keras' own, and the next cell says why. Your
# grade does not depend on it.

# %%
GradientDescent = mine("gradient_descent", "GradientDescent", otherwise=keras.optimizers.SGD)
Adam = mine("optimizers", "Adam", otherwise=keras.optimizers.Adam)

# %% [markdown]
# ## 1 · How much of a layer is dead?
#
# Put a batch through a layer and look at what its ReLU lets through. A **unit** is one column of
# the result, that is one place on the last axis: a neuron of a dense layer, or a channel of a
# convolution. It is dead if it gives exactly 0 for every example, and in images at every position
# too, because a channel has the same weights everywhere.
#
# | | unit 1 | unit 2 | unit 3 | unit 4 |
# |---|---|---|---|---|
# | example 1 | 0 | 0.3 | 0 | 2.0 |
# | example 2 | 1.2 | 0 | 0 | 0.1 |
# | example 3 | 0 | 0 | 0 | 0.4 |
#
# Six of the twelve values are 0, but only unit 3 is dead: the fraction is 1/4.
#
# **Write** `dead_fraction`. Zeros alone do not count; what counts is a unit that has nothing else.


# %% exercise="dead_fraction"
def dead_fraction(activations):
    """The share of units that are 0 for every example and at every position.

    Args:
        activations: array of shape (n, units) or (n, h, w, units), what a ReLU let through.

    Returns:
        a number from 0 to 1. A single value other than 0, however small, makes a unit alive.
    """
    ### BEGIN SOLUTION: dead_fraction: return the share of units that are 0 everywhere.
    activations = ops.convert_to_numpy(activations)
    units = activations.reshape(-1, activations.shape[-1])
    alive = np.any(units != 0, axis=0)
    return 1 - np.mean(alive)
    ### END SOLUTION


# %% [markdown]
# ### Where the units go
#
# The cell below defines our test object: a network with five hidden layers of 64 units, for the
# digits, with or without a normalization before each ReLU. It then trains the plain one, with Adam
# and a learning rate of 0.02. That is bold, and a rate one would like to be able to use.

# %% [markdown] prediction="dead"
# **Predict, then look.** Before the first update, about one unit in fifteen is dead. How many are
# after the first epoch, when the loss has fallen a lot?
#
# - **a** fewer: training brings them back
# - **b** about as many
# - **c** several times as many


# %%
def network(kind, scale=1.0):
    """Five hidden layers of 64 ReLUs. `scale` multiplies the usual (He) initial weights."""
    keras.utils.set_random_seed(1)
    start = keras.initializers.VarianceScaling(2 * scale**2, "fan_in", "untruncated_normal")
    x = inputs = keras.Input((64,))
    for _ in range(5):
        x = keras.layers.Dense(64, kernel_initializer=start.clone())(x)
        if kind == "with":
            x = BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))


def around_the_relus(model, x):
    """What enters and what leaves each ReLU of a model at inference: two lists of arrays."""
    relus = [layer for layer in model.layers if isinstance(layer, keras.layers.ReLU)]
    view = keras.Model(model.input, [[r.input for r in relus], [r.output for r in relus]])
    entering, leaving = view(x, training=False)
    return [ops.convert_to_numpy(a) for a in entering], [ops.convert_to_numpy(a) for a in leaving]


def train(kind, epochs=8):
    """A trained network, its training losses, and its dead fractions, (epochs + 1, layers).

    None, and a line that says so, if something that this needs is still to be written.
    """
    try:
        model = network(kind)
        model.compile(Adam(0.02), "sparse_categorical_crossentropy")
        fractions, losses = [], []
        for epoch in range(epochs + 1):
            if epoch:
                history = model.fit(train_x, train_y, batch_size=64, verbose=0).history
                losses += history["loss"]
            _, leaving = around_the_relus(model, train_x)
            fractions.append([float(dead_fraction(layer)) for layer in leaving])
    except NotImplementedError:
        print(f"{LABELS[kind]}: missing here, something it needs is still to be written.")
        return None
    return model, losses, np.array(fractions)


def draw_training(runs):
    """Left: the share of dead units over training. Right: the training loss."""
    runs = {kind: run for kind, run in runs.items() if run is not None}
    if not runs:
        return
    _, (dead, loss) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
    for kind, (_, losses, fractions) in runs.items():
        epochs = np.arange(len(fractions))
        dead.fill_between(
            epochs, fractions.min(1), fractions.max(1), color=COLORS[kind], alpha=0.2, linewidth=0
        )
        dead.plot(epochs, fractions.mean(1), STYLES[kind], color=COLORS[kind], label=LABELS[kind])
        loss.semilogy(epochs[1:], losses, STYLES[kind], color=COLORS[kind], label=LABELS[kind])
    dead.set(ylim=(-0.02, 1), xlabel="epoch", ylabel="dead fraction")
    dead.set_title("dead units: mean of the five layers, band = least to most")
    loss.set(xlabel="epoch", ylabel="training loss", title="training loss")
    for axes in (dead, loss):
        axes.legend()
    plt.show()


runs = {"without": train("without")}
draw_training(runs)

# %% [markdown]
# Before the first update about one unit in fifteen is dead, by bad luck. After the first epoch it
# is nearly four in ten (**c**), and after eight it is still about three in ten. The loss falls all
# the same: the units that are left do the work. But it is a smaller network than the one you pay
# for.
#
# > **Try it.** Train with `Adam(0.002)`, a tenth of the rate. Now only about one unit in eight is
# > dead, and the loss ends lower, below 0.03. It is the bold rate that killed the others.
#
# Next: *why* do they die? What a ReLU gets is $w \cdot x + b$. If one bold step moves the bias, or
# the units of the layer before, so that this sum is negative for all examples, the unit gives 0 for
# all of them. Its gradient is 0 for all of them, so it cannot help itself. Only a change in the
# layers before it may bring it back, and for the first layer there are none.

# %% [markdown]
# ## 2 · Batch normalization
#
# The cure (Ioffe and Szegedy, 2015) is to centre and scale each feature before the ReLU. For each
# feature by itself, take the mean $\mu$ and the variance $\sigma^2$ over the batch, and compute
#
# $$y = \gamma\, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \mu = \frac{1}{n} \sum_i x_i, \qquad \sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2.$$
#
# Whatever the layers before have done, the fraction now has mean 0 and deviation (almost) 1. A
# feature with mean 0 is positive for some examples of the batch, so the ReLU after it passes
# something. $\gamma$ and $\beta$ are weights, one of each per feature: the network may learn
# another deviation and another mean, if it is better off with them. $\varepsilon$ keeps the root
# away from 0.
#
# **By hand.** A batch of four rows has the values 1, 3, 5, 7 in a feature. The mean is 4, and the
# variance is $(9 + 1 + 1 + 9)/4 = 5$: divided by 4, not by 3 ("biased"). With $\gamma = 1$,
# $\beta = 0$ and a tiny $\varepsilon$ the results are $\mp 3/\sqrt 5 = \mp 1.34$ and
# $\mp 1/\sqrt 5 = \mp 0.45$.
#
# **Which axes?** All but the last. Of a table $(n, d)$, each column has its own mean. Of images
# $(n, h, w, c)$, each channel has its own, over all examples, rows and columns.
#
# **In training and at inference.** Later the network is asked about a single digit, and a single
# digit has no spread. So the layer remembers. At every training batch it moves two running means,
#
# $$\text{moving mean} \leftarrow m \cdot \text{moving mean} + (1 - m)\, \mu, \qquad
# \text{moving variance} \leftarrow m \cdot \text{moving variance} + (1 - m)\, \sigma^2,$$
#
# with the `momentum` $m$. At inference it uses these two instead of $\mu$ and $\sigma^2$, and
# leaves them alone. Beware: in Keras the momentum weights the *old* value; in PyTorch it weights
# the *new* one, and what Keras calls 0.99 is called 0.01 there. The paper and PyTorch also divide
# by $n - 1$ in the moving variance. Here, as in Keras, it is $n$ in both places. (And it has
# nothing to do with the `momentum` of an optimizer.)
#
# **What Keras wants.** Three methods:
#
# 1. **`build(input_shape)`** creates the weights by `self.add_weight(name=..., shape=...,
#    initializer=..., trainable=...)`. The number of features is `input_shape[-1]`. Only what is
#    made this way is trained, saved and loaded. The four must be the attributes `gamma`, `beta`,
#    `moving_mean` and `moving_variance`.
# 2. **`call(inputs, training=False)`** computes. Keras sets `training` to true in `fit` and to
#    false in `predict` and `evaluate`. To move a weight use `self.moving_mean.assign(value)`: a
#    plain `=` would put a tensor where the weight was, and inside `fit` that fails or goes stale.
# 3. **`get_config()`** returns what `__init__` needs to make the layer again.
#
# What costs people an evening:
#
# - Mean and variance are made of the inputs, so gradients flow through them too. They do so by
#   themselves as long as you calculate with `ops` and never leave the tensors.
# - Inside `fit` the number of rows is unknown (`None`) while the function is traced, and the last
#   batch is shorter. `ops.mean` needs no count.
# - Under mixed precision (`mixed_float16`) the inputs arrive as float16, whose largest number is
#   65504: a square overflows soon. Cast the inputs to `self.variable_dtype` (float32) first, and
#   the result to `self.compute_dtype` at the end. `add_weight(..., autocast=False)` keeps Keras
#   from handing you the weights in float16.


# %% exercise="BatchNormalization"
class BatchNormalization(keras.layers.Layer):
    """Normalizes each feature over the batch.

    In training, with the batch's mean and its biased variance (the mean square of the deviations)
    over all axes but the last:

        y = gamma * (x - mean) / sqrt(variance + epsilon) + beta
        moving_mean <- momentum * moving_mean + (1 - momentum) * mean
        moving_variance <- momentum * moving_variance + (1 - momentum) * variance

    Outside training the same y with moving_mean and moving_variance in place of the batch's, and
    these two stay as they are.

    Source: Ioffe and Szegedy (2015), algorithms 1 and 2, with the running means of Keras.

    Inputs have shape (n, d) or (n, h, w, c); the output has the same. The weights are attributes of
    shape (d,) or (c,): gamma (starts at ones) and beta (zeros) are trainable, moving_mean (zeros)
    and moving_variance (ones) are not.

    Args:
        momentum: float from 0 to 1; the weight of the old running mean.
        epsilon: small float that is added to a variance before its root is taken.
    """

    def __init__(self, momentum=0.99, epsilon=1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        ### BEGIN SOLUTION: BatchNormalization.build: create the four weights.
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones", autocast=False)
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros", autocast=False)
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=shape, initializer="zeros", trainable=False, autocast=False
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=shape, initializer="ones", trainable=False, autocast=False
        )
        ### END SOLUTION

    def call(self, inputs, training=False):
        ### BEGIN SOLUTION: BatchNormalization.call: normalize, and in training move the statistics.
        x = ops.cast(inputs, self.variable_dtype)
        if training:
            axes = tuple(range(len(x.shape) - 1))
            mean = ops.mean(x, axis=axes)
            variance = ops.mean(ops.square(x - mean), axis=axes)
            momentum = self.momentum
            self.moving_mean.assign(momentum * self.moving_mean + (1 - momentum) * mean)
            self.moving_variance.assign(momentum * self.moving_variance + (1 - momentum) * variance)
        else:
            mean = self.moving_mean
            variance = self.moving_variance
        normalized = (x - mean) / ops.sqrt(variance + self.epsilon)
        return ops.cast(self.gamma * normalized + self.beta, self.compute_dtype)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: BatchNormalization.get_config: add both settings to the dictionary.
        config = super().get_config()
        config["momentum"] = self.momentum
        config["epsilon"] = self.epsilon
        return config
        ### END SOLUTION


# %% [markdown]
# ### What it remembers
#
# A stream of batches of eight rows, whose one feature has mean 3 and variance 4. The dots are the
# means and variances of single batches, the lines your layer's moving statistics. They start at 0
# and 1, whatever the data. With a momentum of 0.9 they need some twenty batches to get there, and
# then fluctuate with individual batches. With 0.99, the default, they are smooth, and after 100
# batches still a third of the way off: $0.99^{100} = 0.37$. Mind that when you train for a few
# batches only. And look where the variance goes: a little below 4, because dividing by $n$ makes
# the variance of eight rows too small by 1/8 on average.


# %%
def remembered(momentum, batches):
    """The moving mean and the moving variance after each batch, shape (batches, 2), or None."""
    try:
        layer = BatchNormalization(momentum=momentum)
        layer.build((None, 1))
        path = []
        for batch in batches:
            layer(batch, training=True)
            path.append([float(layer.moving_mean[0]), float(layer.moving_variance[0])])
    except NotImplementedError:
        print("BatchNormalization is still to be written: its curves are missing here.")
        return None
    return np.array(path)


stream = np.random.default_rng(2).normal(3.0, 2.0, size=(100, 8, 1)).astype("float32")
memories = {momentum: remembered(momentum, stream) for momentum in (0.9, 0.99)}

if all(memory is not None for memory in memories.values()):
    figure, panels = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    of_batches = [stream.mean(axis=(1, 2)), stream.var(axis=(1, 2))]
    for column, (panel, name) in enumerate(zip(panels, ("mean", "variance"), strict=True)):
        panel.plot(of_batches[column], ".", color="0.65", label="of each batch")
        panel.axhline((3, 4)[column], color="0.3", linestyle=":", label="of the source")
        for (momentum, memory), color, style in zip(
            memories.items(), ("#E69F00", "#0072B2"), ("--", "-"), strict=True
        ):
            panel.plot(memory[:, column], style, color=color, label=f"moving, momentum {momentum}")
        panel.set(xlabel="training batch", ylabel=name, title=f"moving {name}")
    panels[0].legend(loc="lower right", fontsize=8)
    plt.show()

# %% [markdown]
# ### The same network, normalized
#
# The network of part 1 once more, the same initial weights, the same bold learning rate, with your
# layer before each ReLU.

# %%
runs["with"] = train("with")
draw_training(runs)

# %% [markdown]
# Before training, when the moving statistics are still 0 and 1, both are alike. From the first
# epoch on, not one unit of the normalized network is dead, and its loss is a fraction of the
# other's.
#
# ### What enters and what leaves each ReLU
#
# The two trained networks, layer by layer, and the training digits. Grey is what enters a ReLU and
# is cut off, the colour is what passes.


# %%
def draw_relus(runs):
    """Histograms of what enters each ReLU: a row for each network, a column for each layer."""
    runs = {kind: run for kind, run in runs.items() if run is not None}
    if not runs:
        return
    _, rows = plt.subplots(
        len(runs), 5, figsize=(12, 2.6 * len(runs)), layout="constrained", squeeze=False
    )
    for panels, (kind, (model, _, fractions)) in zip(rows, runs.items(), strict=True):
        entering, leaving = around_the_relus(model, train_x)
        for number, (panel, before, after) in enumerate(
            zip(panels, entering, leaving, strict=True), 1
        ):
            low, high = np.quantile(before, [0.01, 0.99])
            # An edge of the bins at 0, so that each bar is on one side.
            width = (high - low) / 40
            edges = width * np.arange(np.floor(low / width), np.ceil(high / width) + 1)
            counts, _ = np.histogram(before, edges)
            shares = counts / before.size
            colors = np.where(edges[:-1] >= -width / 2, COLORS[kind], "#BBBBBB")
            panel.bar(edges[:-1], shares, width, align="edge", color=colors)
            panel.set_title(
                f"layer {number}: {np.mean(after > 0):.0%} pass\n"
                f"{fractions[-1, number - 1]:.0%} of units dead",
                fontsize=9,
            )
            panel.tick_params(labelsize=8)
        panels[0].set_ylabel(f"{LABELS[kind]}\n\nshare of values", fontsize=9)
        for panel in panels:
            panel.set_xlabel("what enters", fontsize=9)
    plt.show()


draw_relus(runs)

# %% [markdown]
# Without normalization only a fifth to a quarter of what enters a ReLU is positive, and from layer
# to layer the numbers spread out: from about 4 in the first to 10 in the last. With it, each layer
# gets numbers of the same size, about two fifths or more of them positive, and no unit is left out.
# (It is not exactly half, because the network has chosen its own $\beta$.)
#
# > **What your notes say.** "What comes out has many ranges. If much of it is negative, the ReLU
# > makes it 0, and only some of the values get through; the values must not be biased, but
# > normalized." The two rows of this picture show that: 19 % to 26 % pass without normalization, 40
# > % to 47 % with it. That a single value is cut is no harm, though: it is what makes a ReLU a
# > ReLU. The harm is in units that are cut for *every* example, 20 % to 41 % of a layer above and
# > none below.
#
# ### How much the initial weights matter
#
# The usual initial weights (He et al., 2015) are chosen with care so that numbers neither grow nor
# shrink from layer to layer. What if one gets them wrong? Below, all initial weights are multiplied
# by a scale, and each network is trained for five epochs by plain SGD with a rate of 0.1, with two
# random initialisations. A cross at the top marks a loss that is NaN.

# %% [markdown] prediction="scales"
# **Predict, then look.** The scales go from 0.1 to 30. At which of them does each network learn?
#
# - **a** the plain one at most of them, the normalized one at all
# - **b** the plain one near 1 alone, the normalized one at all
# - **c** both near 1 alone: weights that are too large spoil either

# %%
SCALES = np.array([0.1, 0.3, 0.5, 1, 2, 5, 10, 30])
GUESSING = np.log(10)  # the loss of a network that gives each of ten digits the same chance


def loss_by_scale(kind, epochs=5, repeats=2):
    """Final training losses, shape (scales, repeats); None if something is still to be written."""
    try:
        model = network(kind)
        # Compiled once; every run starts from other weights, and SGD remembers nothing.
        model.compile(GradientDescent(0.1), "sparse_categorical_crossentropy")
        losses = np.zeros((len(SCALES), repeats))
        for repeat in range(repeats):
            rng = np.random.default_rng(repeat)
            start = [
                rng.normal(0, np.sqrt(2 / len(w)), w.shape) if w.ndim == 2 else w
                for w in network(kind).get_weights()
            ]
            for row, scale in enumerate(SCALES):
                model.set_weights([scale * w if w.ndim == 2 else w for w in start])
                history = model.fit(train_x, train_y, batch_size=64, epochs=epochs, verbose=0)
                losses[row, repeat] = history.history["loss"][-1]
    except NotImplementedError:
        print(f"{LABELS[kind]}: missing here, something it needs is still to be written.")
        return None
    return losses


by_scale = {kind: loss_by_scale(kind) for kind in ("without", "with")}

plt.figure(figsize=(7.5, 3.9), layout="constrained")
for kind, losses in by_scale.items():
    if losses is None:
        continue
    finite = np.where(np.isfinite(losses), losses, np.nan)
    known = np.isfinite(losses).all(axis=1)
    middle = np.median(finite[known], axis=1)
    plt.plot(SCALES[known], middle, STYLES[kind], color=COLORS[kind], label=LABELS[kind])
    plt.fill_between(
        SCALES[known], finite[known].min(1), finite[known].max(1), color=COLORS[kind], alpha=0.2
    )
    lost = SCALES[~known]
    plt.plot(lost, np.full(len(lost), 8.0), "x", color=COLORS[kind], markersize=9)
plt.axhline(GUESSING, color="0.4", linestyle=":")
plt.annotate("guessing", (0.1, GUESSING * 1.1), color="0.35")
plt.xscale("log")
plt.yscale("log")
plt.ylim(None, 12)
plt.xlabel("scale of the initial weights (1 = He)")
plt.ylabel("training loss after 5 epochs")
plt.title("Final loss against the scale of the initial weights (x = NaN)")
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# The plain network learns at one scale of these, the one that theory says (**b**). With smaller
# weights the signal has faded before it gets to the end, and five epochs later the network still
# guesses. With larger ones it explodes, and the loss is NaN.
#
# The normalized network learns at every scale, over a factor of 300. Why: multiply all weights of a
# layer by 10, and the normalization divides by 10 again. Then why does its curve rise to the right?
# The output stays the same, so the gradient of a weight that is ten times larger is ten times
# smaller, and a step that is ten times smaller moves a weight that is ten times larger. Large
# weights learn more slowly.
#
# > **What your notes say.** "It makes the values have a stable distribution." Over the layers it
# > does, as the pictures above show, and the paper of 2015 saw the reason for its success there.
# > Whether that is the reason is disputed: Santurkar et al. (2018) made the distributions unstable
# > again on purpose, by adding noise after the normalization, and training was as fast. They found
# > that the loss becomes smoother, so that larger steps are safe.
#
# ## 3 · Convolution, then normalization, then ReLU
#
# For images the three steps come as a block. Their order is that of the sentence: the convolution
# makes sums, the normalization centres them, and the ReLU cuts. The other way round, ReLU before
# the normalization, would cut first and then centre what is left.
#
# > **What your notes say.** "Batch normalization is generally used between convolution and ReLU."
# > That is the block you write here, and the place that the paper proposes. It is a convention and
# > not a law: some networks normalize after the ReLU, or before the convolution (He et al., 2016,
# > in their second paper on residual networks).
#
# - The convolution keeps height and width (`padding="same"`).
# - It has **no bias**: a constant added to a channel is taken off again with the mean. $\beta$ does
#   the shifting.
# - The normalization has one mean, variance, $\gamma$ and $\beta$ per channel.
#
# **Write** the two sub-layers (attributes `conv` and `bn`), the three steps, and the configuration.
# Layers that are attributes of a layer are found by Keras: their weights are trained and saved with
# yours. `bn` may be your `BatchNormalization` or Keras' own; its settings stay at their defaults.
# Pass `training` on to it. Kernels may be of odd or even size, and under mixed precision the block
# returns float16, as its sub-layers do.


# %% exercise="ConvBNReLU"
class ConvBNReLU(keras.layers.Layer):
    """Convolution, then batch normalization, then ReLU.

    Inputs have shape (n, h, w, c), the output has shape (n, h, w, filters). The sub-layers are
    attributes: conv (a Conv2D with padding "same" and no bias) and bn (a BatchNormalization with
    its default settings, yours or Keras').

    Source: Ioffe and Szegedy (2015), section 3.2.

    Args:
        filters: int; the number of channels of the output.
        kernel_size: int; height and width of the kernel.
    """

    def __init__(self, filters, kernel_size, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = kernel_size
        ### BEGIN SOLUTION: ConvBNReLU.__init__: create the sub-layers conv and bn.
        self.conv = keras.layers.Conv2D(filters, kernel_size, padding="same", use_bias=False)
        self.bn = BatchNormalization()
        ### END SOLUTION

    def build(self, input_shape):
        self.conv.build(input_shape)
        self.bn.build(self.conv.compute_output_shape(input_shape))

    def call(self, inputs, training=False):
        ### BEGIN SOLUTION: ConvBNReLU.call: apply the three steps in their order.
        x = self.conv(inputs)
        x = self.bn(x, training=training)
        return ops.relu(x)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: ConvBNReLU.get_config: add both arguments to the base's dictionary.
        config = super().get_config()
        config["filters"] = self.filters
        config["kernel_size"] = self.kernel_size
        return config
        ### END SOLUTION


# %% [markdown]
# ### A digit on its way through the block
#
# Two of your blocks (8 and 16 channels, kernels of 3 by 3), then a softmax over all that they give.
# Beside it the same network without normalization (its convolutions have a bias), which has the
# same initial kernels. Both see the digits as images, for eight epochs of SGD with a rate of 0.1.


# %%
def image_network(kind):
    keras.utils.set_random_seed(3)
    x = inputs = keras.Input((8, 8, 1))
    for filters in (8, 16):
        if kind == "with":
            x = ConvBNReLU(filters, 3)(x)
        else:
            x = keras.layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = keras.layers.Flatten()(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))


def train_on_images(kind, epochs=8):
    """A trained network and, for each epoch, its accuracy in training and on unseen digits."""
    try:
        model = image_network(kind)
        model.compile(GradientDescent(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(
            train_x.reshape(-1, 8, 8, 1), train_y, batch_size=32, epochs=epochs, verbose=0,
            validation_data=(test_x.reshape(-1, 8, 8, 1), test_y),
        )  # fmt: skip
    except NotImplementedError:
        print(f"{LABELS[kind]}: missing here, something it needs is still to be written.")
        return None
    return model, history.history["accuracy"], history.history["val_accuracy"]


image_runs = {kind: train_on_images(kind) for kind in ("without", "with")}

plt.figure(figsize=(7.5, 3.6), layout="constrained")
for kind, run in image_runs.items():
    if run is not None:
        epochs = np.arange(1, len(run[1]) + 1)
        plt.plot(epochs, run[1], ":", color=COLORS[kind], label=f"{LABELS[kind]}, in training")
        plt.plot(epochs, run[2], STYLES[kind], color=COLORS[kind], label=f"{LABELS[kind]}, unseen")
plt.ylim(0, 1)
plt.xlabel("epoch")
plt.ylabel("share of digits read correctly")
plt.title("Two convolutions on handwritten digits")
plt.legend(loc="lower right")
plt.show()

# %% [markdown]
# Solid and dashed: digits that were not trained on. Dotted: in training, averaged over the epoch
# while the network learns. With your blocks the first epoch does what takes the plain network two,
# and the unseen digits are read a little better in the end (about 0.95 against 0.91). Both learn:
# with two layers and a fitting rate, normalization is a help and not a must.
#
# > **What your notes say.** "One of the essential elements." For deep networks at large rates it
# > makes much of the difference, as the five layers above show. These two convolutions learn
# > without it as well: 0.91 on unseen digits after eight epochs, against 0.95. And very deep
# > networks have been trained without any normalization, by careful initial weights (Zhang, Dauphin
# > and Ma, 2019).
#
# The next picture follows one unseen digit through the first block. Blue is negative, red is
# positive, white is 0.


# %%
def draw_channels(block, image):
    """One image after each of the three steps of a block, a column for each channel."""
    convolved = block.conv(image[None, :, :, None])
    normalized = block.bn(convolved, training=False)
    steps = {
        "convolution": convolved,
        "normalization": normalized,
        "ReLU": ops.relu(normalized),
    }
    figure, rows = plt.subplots(3, 9, figsize=(11, 4.1), layout="constrained")
    for panels, (name, result) in zip(rows, steps.items(), strict=True):
        maps = ops.convert_to_numpy(result)[0]
        size = np.abs(maps).max()
        for channel, panel in enumerate(panels[1:]):
            # Blue is negative, white is 0, red is positive.
            drawn = panel.imshow(maps[..., channel], cmap="RdBu_r", vmin=-size, vmax=size)
            if name == "convolution":
                panel.set_title(f"channel {channel + 1}", fontsize=8)
        figure.colorbar(drawn, ax=panels[-1])
        panels[0].set_axis_off()
        panels[0].text(0.0, 0.45, f"after the\n{name}", fontsize=10)
    rows[0, 0].clear()
    rows[0, 0].set_axis_on()
    rows[0, 0].imshow(image, cmap="gray_r")
    rows[0, 0].set_xlabel("the digit", fontsize=8)
    rows[0, 1].set_ylabel("convolution", fontsize=8)
    for panel in rows.flat:
        panel.set(xticks=[], yticks=[])
        panel.grid(False)
    plt.show()


if image_runs["with"] is not None:
    draw_channels(image_runs["with"][0].layers[1], test_x[0].reshape(8, 8))

# %% [markdown]
# Look at channels 5 and 8 of the first row: hardly anything is negative, so a ReLU right after the
# convolution would pass them nearly as they are. And a channel that is blue nearly everywhere would
# be cut off altogether. The normalization shifts and scales each channel by its own numbers. In the
# second row every channel has both colours, and in the third each keeps a part of its picture.

# %% [markdown] question="what_it_costs" points=4
# ## 4 · Your judgement (a person reads this)
#
# A friend puts your `BatchNormalization` (with its default momentum) into a network, trains it on
# 20 batches of 4 rows, and reports: "Training accuracy 0.95, but on the very same rows `evaluate`
# says 0.30. And after each ReLU about 55 % of the values are 0, so more than half of the network is
# dead. I take the layer out again. The notes call it essential; it is not." Write half a page:
#
# 1. Why may training and inference differ so much here? Work out what is left of the start of the
#    moving statistics after these 20 batches, and say what the small batch adds to it.
# 2. Are 55 % of the units dead? Say what you would compute instead, and what this notebook found
#    for both networks.
# 3. What would you try before taking the layer out? And what do you say about "essential", with one
#    result of this notebook for it and one against it?
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.**
#
# - **1 point, the moving statistics.** In training the batch's own are used, at inference the
#   moving ones, which still are $0.99^{20} = 0.82$ of where they started (0 and 1). Batches of 4
#   rows make the statistics noisy, and the variance too small by a quarter. Half a point without
#   the number.
# - **1 point, dead or not.** Zeros are what a ReLU is for: with normalization, 40 % to 47 % pass
#   and no unit is dead. Dead is a unit that gives 0 for every row: `dead_fraction` over all rows,
#   20 % to 41 % of a layer without normalization.
# - **1 point, what to try.** For instance a lower momentum such as 0.9, more or larger batches;
#   each with what it changes. Half a point without a reason.
# - **1 point, essential?** For it: at the bold rate no unit dies, or it learns at every scale of
#   the initial weights. Against: the two convolutions learn without it, 0.91 against 0.95. Half a
#   point if only one side has a result.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# | | in training | at inference |
# |---|---|---|
# | mean and variance | of the batch | the moving ones |
# | the moving ones | move towards the batch's | stay |
# | one example's result | depends on who else is in the batch | depends on the example alone |
# | gradient | also through mean and variance | through a fixed scale and shift |
#
# Batch normalization lets a network start from poor weights and learn with a large rate, and keeps
# its ReLUs at work. It has its price. The batch must not be too small, or its mean and variance are
# chance. Training and inference are not the same function, and a layer that was trained for a few
# batches only has not yet learned its statistics. And it does not make every network better: where
# weights and rate are chosen well, the plain one learns too.
#
# **Next:** the last notebook asks whether SGD is better than Adam.
#
# **Before you submit:** restart the kernel, run all cells from the top, and see that every check
# you count on passes. Write your answer to the question above. Save the notebook; then submit it.
#
# **Sources.** Ioffe and Szegedy, "Batch normalization: accelerating deep network training by
# reducing internal covariate shift", ICML 2015. Santurkar, Tsipras, Ilyas and Madry, "How does
# batch normalization help optimization?", NeurIPS 2018. Zhang, Dauphin and Ma, "Fixup
# initialization: residual learning without normalization", ICLR 2019. He, Zhang, Ren and Sun,
# "Delving deep into rectifiers", ICCV 2015, and "Identity mappings in deep residual networks", ECCV
# 2016. Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines", ICML 2010.
