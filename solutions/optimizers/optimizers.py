# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Optimizers: Momentum, AdaGrad, RMSprop, Adam
#
# Plain gradient descent takes one number, the learning rate $\eta$, and uses it for every weight at
# every update. It has no memory. In this notebook you write four optimizers that remember
# something about the gradients they have seen, and two more for a bonus:
#
# | you write | it remembers, for each weight | it helps with |
# |---|---|---|
# | `Momentum` | a velocity | narrow valleys, small dips |
# | `AdaGrad` | the sum of squared gradients | weights whose gradients differ in size |
# | `RMSprop` | a running mean of squared gradients | AdaGrad's steps dying out |
# | `Adam` | running means of gradients and of squared gradients | both of the above |
# | `Nesterov` (bonus) | a velocity | overshooting |
# | `AdamW` (bonus) | as Adam | weight decay that Adam would distort |
#
# Each class is a real `keras.optimizers.Optimizer`: it works in your own training loop, inside
# `tf.function`, in `model.fit`, under mixed precision, and after saving and loading. Using the
# finished class of Keras instead of writing it earns nothing.
#
# **About this notebook**
#
# - **You will be able to** write four optimizers, say what each of them remembers, and choose
#   between them.
# - **Builds on:** notebook 1 (what an update is, and how Keras calls an optimizer).
# - **Time:** about 5 hours.
# - **What is checked:** the list below each exercise says it, with points. Run its check as often
#   as you like. The question at the end is graded by a person.
# - **Predictions:** before some pictures you write down what you expect. Any answer earns half a
#   point; the text below the picture says what it shows, and why.
# - **Hidden checks:** grading runs the same checks on other inputs, and a few more on inputs drawn
#   at random. They ask for nothing that the text and the lists do not say.
# - **CPU limit of a check:** 10 s here; in grading ten times what our solution takes, at least 2 s.
#
# In all formulas $w$ is a weight, $g$ the gradient of the loss with respect to it, $\eta$ the
# learning rate, and $t = 1, 2, 3, \dots$ the number of the update being made. Everything remembered
# starts at zero unless the text says otherwise. Products, squares and roots of tensors are taken
# element by element, so variables may have any shape: scalars, vectors, kernels of four axes.

# %%
# First, because it keeps TensorFlow's start-up messages out of the notebook.
from autograder import check  # noqa: F401, I001 - comes first; the check cells use it

import keras
import matplotlib.pyplot as plt
import numpy as np
from keras import ops
from sklearn.datasets import load_digits

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# Colours that people with colour-blindness can tell apart (Okabe and Ito).
COLORS = {
    "gradient descent": "#000000",
    "Momentum": "#0072B2",
    "AdaGrad": "#E69F00",
    "RMSprop": "#009E73",
    "Adam": "#D55E00",
    "Nesterov": "#56B4E9",
    "AdamW": "#CC79A7",
}

# %% [markdown]
# ## The helper behind the pictures
#
# `follow` puts an optimizer on a starting point, feeds it gradients and writes down where it goes.
# Every picture below uses it on *your* classes. As long as a class is not written, the picture is
# drawn without it and a line says so.


# %%
def follow(optimizer, gradient, start, steps):
    """Drive an optimizer and return the points it visits, shape `(steps + 1, *start.shape)`.

    `gradient(point, step)` returns the gradient that the optimizer is given at `point`. If the
    optimizer is still to be written, a line says so and the result is None.
    """
    point = keras.Variable(np.array(start, dtype="float32"))
    points = [ops.convert_to_numpy(point)]
    try:
        for step in range(steps):
            optimizer.apply([ops.convert_to_tensor(gradient(points[-1], step))], [point])
            points.append(ops.convert_to_numpy(point))
    except NotImplementedError:
        print(f"{type(optimizer).__name__} is still to be written: its curve is missing here.")
        return None
    return np.array(points)


def gradient_descent(gradient, start, steps, learning_rate):
    """The same for plain gradient descent, to compare with."""
    points = [np.array(start, dtype="float32")]
    for step in range(steps):
        points.append(points[-1] - learning_rate * gradient(points[-1], step))
    return np.array(points)


def written(paths):
    """The paths of those optimizers that are written."""
    return {name: path for name, path in paths.items() if path is not None}


# %% [markdown]
# ## The ravine
#
# Our test track is a long, narrow valley:
#
# $$f(x, y) = \tfrac{1}{2}\left(x^2 + 50\, y^2\right), \qquad
# \nabla f = \left(x,\; 50\, y\right).$$
#
# Across the valley ($y$) the slope is 50 times steeper than along it ($x$). A learning rate above
# $2/50$ throws plain gradient descent out of the valley, and any rate below that crawls along it.
# The right-hand panel of such a picture shows the distance to the minimum on a logarithmic scale,
# where a straight line means that every step removes the same fraction of the remaining distance.

# %%
STEEPNESS = np.array([1.0, 50.0], dtype="float32")
RAVINE_START = np.array([-9.0, 1.2], dtype="float32")


def ravine_gradient(point, step):
    return STEEPNESS * point


def draw_ravine(paths, title, turn=None):
    """Left: the paths in the valley. Right: the distance to the minimum after each step.

    The columns of `turn` are the flat and the steep direction, if these are not x and y.
    """
    figure, (valley, distance) = plt.subplots(
        1, 2, figsize=(11, 3.8), gridspec_kw={"width_ratios": [3, 2]}, layout="constrained"
    )
    x_range, y_range = ((-10, 4), (-1.8, 1.8)) if turn is None else ((-9, 4), (-9, 4))
    x, y = np.meshgrid(np.linspace(*x_range, 200), np.linspace(*y_range, 200))
    flat, steep = (x, y) if turn is None else np.tensordot(turn.T, [x, y], axes=1)
    height = (flat**2 + 50 * steep**2) / 2
    valley.contour(x, y, height, levels=np.geomspace(0.3, 90, 12), colors="0.8", linewidths=0.8)
    styles = zip(("o-", "s--", "^-.", "v:"), (1.9, 1.6, 1.3, 1.0), strict=True)
    for (style, width), (name, path) in zip(styles, written(paths).items(), strict=False):
        valley.plot(*path.T, style, color=COLORS[name], markersize=width + 1.5, linewidth=width)
        distance.semilogy(
            np.linalg.norm(path, axis=1), style, color=COLORS[name], label=name, markevery=10
        )
    valley.plot(0, 0, "k*", markersize=11)
    valley.set(xlim=x_range, ylim=y_range, title="path, star = minimum")
    valley.set(
        xlabel="x (flat direction)" if turn is None else "x",
        ylabel="y (steep direction)" if turn is None else "y",
    )
    distance.set(xlabel="update", ylabel="distance to the minimum", title="distance")
    if written(paths):
        distance.legend()
    figure.suptitle(title)
    plt.show()


descent_path = gradient_descent(ravine_gradient, RAVINE_START, 80, learning_rate=0.037)
draw_ravine({"gradient descent": descent_path}, "Plain gradient descent zigzags and crawls")

# %% [markdown]
# ## How an optimizer of Keras is built
#
# It has four methods, and you meet them in this order in every exercise:
#
# 1. **`__init__`** keeps the hyper-parameters. It is given.
# 2. **`build(variables)`** runs once, with all the variables there are. Here you create what has to
#    be remembered: one *slot* per variable and per thing to remember, made by
#    `self.add_variable_from_reference(variable, name="...")`. A slot has the shape and dtype of its
#    variable and starts at zero (or at what `initializer=` says). Only what is made this way is
#    saved with the model. Should `build` be called again, it changes nothing: that is what its
#    first two lines, which are given, see to. Variables of several layers may have the same name
#    and shape; each has slots of its own.
# 3. **`update_step(gradient, variable, learning_rate)`** runs at every update, once for *each*
#    variable. `self._get_variable_index(variable)` is the place of this variable in the list that
#    `build` got, and so the place of its slot in yours.
# 4. **`get_config()`** returns a dictionary with everything `__init__` needs to make the same
#    optimizer again. The base class fills in its own part, learning rate included.
#
# What costs people an evening:
#
# - Writing `slot = slot + 1` only gives a new local name to a number that is then forgotten. What
#   is to last is written by `self.assign(slot, value)`, `self.assign_add(slot, value)` or
#   `self.assign_sub(slot, value)`; the same three move the variable.
# - Use the `learning_rate` that `update_step` is given. It may change from update to update.
# - Start with `gradient = ops.cast(gradient, variable.dtype)` and the same for `learning_rate`,
#   or float64 weights meet float32 numbers and TensorFlow refuses. A float64 variable is updated
#   in float64 throughout, its slots and $t$ included.
# - $t$ is `self.iterations + 1`: `self.iterations` counts the updates *already made*, and Keras
#   advances it after the last variable. It is an integer; cast it before you calculate with it.
#   Do not keep a counter of your own: inside `tf.function` Python runs only while the function is
#   traced, so a Python counter stands still and a tensor kept in a Python list goes stale.
# - If the gradient of a variable is missing (`None`), Keras does not call `update_step` for it. The
#   variable stays where it is and its slots keep their values, without any work of yours.
#
# Here is a complete optimizer of another kind to look at. It ignores the size of the gradient and
# takes full steps where the gradient has kept its sign since the last update, and smaller ones
# where the sign has changed:


# %%
class CautiousSign(keras.optimizers.Optimizer):
    """w <- w - learning_rate * c * sign(g), with c = 1 if sign(g) is what it was, else `caution`.

    An example, not an exercise.
    """

    def __init__(self, learning_rate=0.01, caution=0.1, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.caution = caution

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.last_signs = []
        for variable in variables:
            self.last_signs.append(self.add_variable_from_reference(variable, name="last_sign"))

    def update_step(self, gradient, variable, learning_rate):
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        last_sign = self.last_signs[self._get_variable_index(variable)]
        sign = ops.sign(gradient)
        share = ops.where(ops.equal(sign, last_sign), 1.0, self.caution)
        self.assign_sub(variable, learning_rate * ops.cast(share, variable.dtype) * sign)
        self.assign(last_sign, sign)

    def get_config(self):
        config = super().get_config()
        config["caution"] = self.caution
        return config


# %% [markdown]
# ## 1 · Momentum
#
# A ball that rolls downhill does not stop and think at every point: it keeps most of its speed. The
# velocity $v$ is what is left of the earlier steps plus the new push, and the weight moves by the
# velocity (Polyak, 1964):
#
# $$v \leftarrow \text{momentum} \cdot v - \eta\, g, \qquad w \leftarrow w + v.$$
#
# **Why.** Across the ravine the gradient flips its sign, and the pushes cancel. Along the ravine it
# always points the same way, and they add up: under a constant gradient the velocity grows to
# $\eta g / (1 - \text{momentum})$, which is ten times the plain step for a momentum of 0.9.
#
# **Where it fails.** The ball has mass: it shoots past the minimum, comes back, and swings. The
# larger the momentum, the longer it swings.
#
# > **What your notes say.** "$v = \alpha v - \eta\,(dL/dw)$, then $w = w + v$." This is the rule
# > above, with other letters: the $\alpha$ of the notes is `momentum`, the share of the velocity
# > that is kept. It is not a learning rate; that is $\eta$. (PyTorch uses the same name, but keeps
# > $\eta$ out of the velocity and multiplies by it when the weight moves.)
#
# **Write** the slot (a velocity per variable), the update, and the configuration. Mind the order:
# the weight moves by the *new* velocity. And mind the place of $\eta$: it multiplies the gradient
# when it enters the velocity, so a later change of the learning rate leaves old pushes as they
# were.


# %% exercise="Momentum"
class Momentum(keras.optimizers.Optimizer):
    """Gradient descent with a velocity.

        v <- momentum * v - learning_rate * g
        w <- w + v

    Source: Polyak (1964), in the form Keras uses. There is one velocity per variable, of the same
    shape and dtype, zero before the first update.

    Args:
        learning_rate: float, or a schedule; the factor of the newest gradient.
        momentum: float, at least 0 and below 1; the share of the velocity that is kept.
    """

    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: Momentum.build: create one velocity for each variable.
        self.velocities = []
        for variable in variables:
            self.velocities.append(self.add_variable_from_reference(variable, name="velocity"))
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: Momentum.update_step: update the velocity, then move the variable by it.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)
        self.assign_add(variable, velocity)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: Momentum.get_config: add the momentum to the base class's dictionary.
        config = super().get_config()
        config["momentum"] = self.momentum
        return config
        ### END SOLUTION


# %% [markdown]
# ### Your Momentum in the ravine
#
# Both start at the same place with the same learning rate. After 80 updates plain descent (black,
# round marks) is still half a unit away from the minimum and Momentum about a thousandth. Look also
# at the price: Momentum's path (blue, square marks) swings past the minimum and comes back, so its
# distance falls in waves.

# %%
momentum_path = follow(
    Momentum(learning_rate=0.037, momentum=0.8), ravine_gradient, RAVINE_START, 80
)
draw_ravine(
    {"gradient descent": descent_path, "Momentum": momentum_path},
    "Same start, same learning rate 0.037: momentum 0.8 against none",
)

# %% [markdown]
# ### A dip on the way down
#
# The slope below has a shallow dip before the deep valley. Plain descent and Momentum start at its
# left end, with the same learning rate.

# %% [markdown] prediction="dip"
# **Predict, then look.** Where does the ball of Momentum come to rest?
#
# - **a** in the dip, like plain descent
# - **b** in the deep minimum
# - **c** nowhere: it swings until the last update


# %%
def hill(x):
    return 0.15 * (x - 3) ** 2 - 1.6 * np.exp(-(((x + 1.5) / 0.6) ** 2))


def hill_gradient(x, step):
    return 0.3 * (x - 3) + 1.6 * (2 * (x + 1.5) / 0.36) * np.exp(-(((x + 1.5) / 0.6) ** 2))


hill_start = np.array([-5.0])
balls = {
    "gradient descent": gradient_descent(hill_gradient, hill_start, 120, learning_rate=0.05),
    "Momentum": follow(Momentum(learning_rate=0.05, momentum=0.9), hill_gradient, hill_start, 120),
}

figure, (slope, position) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
x = np.linspace(-5.5, 7.5, 400)
slope.plot(x, hill(x), color="0.6")
for lift, (name, path) in enumerate(written(balls).items()):
    slope.plot(path, hill(path) + 0.25 * (lift + 1), "os"[lift], color=COLORS[name], markersize=3)
    slope.plot(path[-1], hill(path[-1]), "*", color=COLORS[name], markersize=15, label=name)
    position.plot(path, ("-", "--")[lift], color=COLORS[name], label=name)
slope.set(xlabel="x", ylabel="loss", title="points visited (drawn above the curve), star = last")
slope.legend()
position.axhline(3, color="0.6", linestyle="--", linewidth=1)
position.annotate("deep minimum", (60, 3.3), color="0.4")
position.set(xlabel="update", ylabel="x", title="position after each update")
plt.show()

# %% [markdown]
# Plain descent ends in the dip: the gradient there is zero, and it remembers nothing else. Momentum
# arrives with enough speed to roll through, and comes to rest in the deep minimum: **b**.
#
# > **What your notes say.** "Momentum keeps the weights from getting stuck in a local minimum, and
# > leads them to the *global* minimum, because it has speed." The first half is what you see, on
# > this slope and with this momentum. The second half is not a law. Speed carries the ball through
# > whatever lies ahead, a bad minimum or a good one, and where it stops depends on the start, the
# > rate and the momentum. No optimizer in this course is sure to find the global minimum.
#
# > **Try it.** With `momentum=0.7` the ball stays in the dip. With 0.97 it rolls through, past the
# > deep minimum and up the other side, comes back with so much speed that it passes it again, and
# > settles in the dip after all.

# %% [markdown]
# ## 2 · AdaGrad
#
# Momentum still has one learning rate for all weights. But a weight that belongs to a rare word
# gets a gradient once in a hundred batches, and a weight of a common word at every batch. AdaGrad
# (Duchi, Hazan and Singer, 2011) gives each weight a rate of its own. It sums up the squared
# gradients of the weight and divides by the root of the sum:
#
# $$G \leftarrow G + g^2, \qquad w \leftarrow w - \eta\, \frac{g}{\sqrt{G} + \varepsilon}.$$
#
# **Why.** Much gradient so far: small steps. Little gradient so far: large steps. Multiply all
# gradients by 1000 and the path stays the same.
#
# **Where it fails.** $G$ only grows. Under steady gradients the steps shrink like $1/\sqrt{t}$, and
# training can slow to a crawl long before the minimum.
#
# > **What your notes say.** "AdaGrad adds up all the largest derivatives, squares them and takes
# > the root. It trains with averaged values, which makes it robust to noise." Take care with the
# > order: *first* square, *then* add, then take the root. After the gradients 3 and $-4$ that is
# > $\sqrt{9 + 16} = 5$; adding first would give $\sqrt{(3 - 4)^2} = 1$, as if hardly anything had
# > happened. No largest derivative is picked out: every weight has a sum of its own, and all its
# > gradients enter. Nor is anything averaged. What is true: no gradient, however large, moves a
# > weight by more than $\eta$, since $\lvert g \rvert \le \sqrt{G}$. But it stays in $G$ for good
# > and slows that weight ever after.
#
# **Write** the accumulator $G$, which starts at `initial_accumulator_value` (an initializer for
# that is `keras.initializers.Constant(value)`), the update, and the configuration. $\varepsilon$
# keeps the division finite where no gradient has come yet. Textbooks put it after the root or
# inside it; both are accepted, here and in all exercises below. But it belongs to the denominator:
# where the gradient has always been zero, the step is exactly zero.


# %% exercise="AdaGrad"
class AdaGrad(keras.optimizers.Optimizer):
    """Gradient descent with a rate for each weight that falls with the gradients it has had.

        G <- G + g^2
        w <- w - learning_rate * g / (sqrt(G) + epsilon)

    Source: Duchi, Hazan and Singer (2011). There is one accumulator G per variable, of the same
    shape and dtype.

    Args:
        learning_rate: float, or a schedule.
        initial_accumulator_value: float, at least 0; every element of G before the first update.
        epsilon: small float that keeps the division finite.
    """

    def __init__(self, learning_rate=0.01, initial_accumulator_value=0.0, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: AdaGrad.build: create one accumulator for each variable, with its start.
        start = keras.initializers.Constant(self.initial_accumulator_value)
        self.accumulators = []
        for variable in variables:
            self.accumulators.append(
                self.add_variable_from_reference(variable, name="accumulator", initializer=start)
            )
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: AdaGrad.update_step: update the accumulator, then move the variable.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        accumulator = self.accumulators[self._get_variable_index(variable)]
        self.assign_add(accumulator, ops.square(gradient))
        step = learning_rate * gradient / (ops.sqrt(accumulator) + self.epsilon)
        self.assign_sub(variable, step)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: AdaGrad.get_config: add its two own settings to the base's dictionary.
        config = super().get_config()
        config["initial_accumulator_value"] = self.initial_accumulator_value
        config["epsilon"] = self.epsilon
        return config
        ### END SOLUTION


# %% [markdown]
# ### A rare feature and a common one
#
# Two weights get gradients of size 1, the first at every update, the second at every tenth only.
# The picture shows how far each moves when its gradient comes. On these axes every power of $t$ is
# a straight line; these two fall by half a decade for each decade, like $1/\sqrt{t}$. But the rare
# one stays about three times ($\sqrt{10}$) higher: AdaGrad makes the most of the few gradients it
# gets.


# %%
def rare_and_common(point, step):
    return np.array([1.0, step % 10 == 9], dtype="float32")


rare_path = follow(AdaGrad(learning_rate=0.1), rare_and_common, np.zeros(2), 300)

if rare_path is not None:
    moves = np.abs(np.diff(rare_path, axis=0))
    updates = np.arange(1, 301)
    plt.figure(figsize=(7.5, 3.8), layout="constrained")
    plt.loglog(updates, moves[:, 0], color=COLORS["AdaGrad"], label="gradient at every update")
    plt.loglog(
        updates[9::10], moves[9::10, 1], "s--", color=COLORS["Momentum"], markersize=4,
        label="gradient at every 10th update",
    )  # fmt: skip
    plt.xlabel("update")
    plt.ylabel("size of the move")
    plt.title("AdaGrad, learning rate 0.1: the rarer the gradient, the longer the move")
    plt.legend()
    plt.show()

# %% [markdown]
# ## 3 · RMSprop
#
# RMSprop (Tieleman and Hinton, 2012, lecture 6.5 of "Neural Networks for Machine Learning") is
# AdaGrad with a memory that fades. Instead of the sum it keeps a running mean of the squared
# gradients:
#
# $$s \leftarrow \rho\, s + (1 - \rho)\, g^2, \qquad
# w \leftarrow w - \eta\, \frac{g}{\sqrt{s} + \varepsilon}.$$
#
# **Why.** With $\rho = 0.9$ the mean reaches back about ten updates. What the gradient was a
# thousand updates ago no longer holds anything up. In steady state the step is about $\eta$,
# whatever the size of the gradient.
#
# **Where it fails.** The steps do not die out any more, so near a minimum it keeps jumping about by
# $\eta$ unless you lower the learning rate. And $s$ starts at zero, which makes the first steps too
# long, by up to $1/\sqrt{1 - \rho}$. Adam fixes that.
#
# **Write** the slot for $s$, the update, and the configuration. Watch which factor goes with the
# old mean ($\rho$, the large one) and which with the new square.


# %% exercise="RMSprop"
class RMSprop(keras.optimizers.Optimizer):
    """Gradient descent divided by the root of a running mean of squared gradients.

        s <- rho * s + (1 - rho) * g^2
        w <- w - learning_rate * g / (sqrt(s) + epsilon)

    Source: Tieleman and Hinton (2012), lecture 6.5. There is one running mean s per variable, of
    the same shape and dtype, zero before the first update.

    Args:
        learning_rate: float, or a schedule.
        rho: float, at least 0 and below 1; the weight of the old mean.
        epsilon: small float that keeps the division finite.
    """

    def __init__(self, learning_rate=0.001, rho=0.9, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: RMSprop.build: create one running mean of squares for each variable.
        self.mean_squares = []
        for variable in variables:
            self.mean_squares.append(self.add_variable_from_reference(variable, name="mean_square"))
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: RMSprop.update_step: update the running mean, then move the variable.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        mean_square = self.mean_squares[self._get_variable_index(variable)]
        new_square = ops.square(gradient)
        self.assign(mean_square, self.rho * mean_square + (1 - self.rho) * new_square)
        step = learning_rate * gradient / (ops.sqrt(mean_square) + self.epsilon)
        self.assign_sub(variable, step)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: RMSprop.get_config: add its two own settings to the base's dictionary.
        config = super().get_config()
        config["rho"] = self.rho
        config["epsilon"] = self.epsilon
        return config
        ### END SOLUTION


# %% [markdown]
# ### When the gradients change their size
#
# For 100 updates the gradient is 10, then it is 0.1: a steep start and a long plateau after it. The
# picture shows how far AdaGrad and RMSprop move at each update, as a share of the learning rate.

# %% [markdown] prediction="plateau"
# **Predict, then look.** How long are the moves at the end of the plateau, after 200 updates on it?
#
# - **a** about one learning rate for both
# - **b** about one for RMSprop, a thousandth of it for AdaGrad
# - **c** about a hundredth for both, like the gradients


# %%
def steep_then_flat(point, step):
    return np.array([10.0 if step < 100 else 0.1], dtype="float32")


plateau = {
    "AdaGrad": follow(AdaGrad(learning_rate=0.01), steep_then_flat, np.zeros(1), 300),
    "RMSprop": follow(RMSprop(learning_rate=0.01), steep_then_flat, np.zeros(1), 300),
}

if written(plateau):
    plt.figure(figsize=(7.5, 3.8), layout="constrained")
    for style, (name, path) in zip(("-", "--"), written(plateau).items(), strict=False):
        moves = np.abs(np.diff(path[:, 0])) / 0.01
        plt.semilogy(np.arange(1, 301), moves, style, color=COLORS[name], label=name)
    plt.axhline(1, color="0.5", linestyle=":")
    plt.axvspan(0, 100, color="0.93", label="gradient 10 (afterwards 0.1)")
    plt.xlabel("update")
    plt.ylabel("size of the move / learning rate")
    plt.title("A steep start and a plateau: who still moves?")
    plt.legend()
    plt.show()

# %% [markdown]
# AdaGrad never forgets the steep start and hardly moves on the plateau: each move is a thousandth
# of the learning rate. RMSprop forgets it within some 80 updates and then takes full steps again:
# **b**. (See also its very first steps, up to three times too long: that is the start at zero.)
#
# > **What your notes say.** "RMSprop fixes the drawback of AdaGrad: it converges." It fixes the
# > steps that die out, as this picture shows. It does not make everything converge: at a fixed rate
# > its steps stay about $\eta$ long. In the ravine further down it is still about 0.1 away from the
# > minimum after 120 updates, half of its rate of 0.2, and gets no closer.
#
# > **Try it.** Give RMSprop `rho=0.99`. Its memory is ten times as long, and after 200 updates on
# > the plateau its step is still only about a thirtieth of the learning rate.

# %% [markdown]
# ## 4 · Adam
#
# Adam (Kingma and Ba, 2015) joins the two ideas. It keeps a running mean $m$ of the gradients,
# which smooths the direction as momentum does, and a running mean $v$ of their squares, which
# scales the step as RMSprop does:
#
# $$m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
# v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2,$$
#
# $$\hat m = \frac{m}{1 - \beta_1^t}, \qquad \hat v = \frac{v}{1 - \beta_2^t}, \qquad
# w \leftarrow w - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}.$$
#
# **Why the hats.** Both means start at zero and are too small at first. If the gradients are alike,
# $m$ is expected to be $(1 - \beta_1^t)$ times what it should be, and $v$ is $(1 - \beta_2^t)$
# times. Dividing undoes exactly that. $v$ with its longer memory is further off than $m$,
# so without the hats the first steps would be too *long*, not too short.
#
# > **What your notes say.** "Adam = RMSprop + Momentum." Nearly. Momentum *adds up* pushes, and
# > under a steady gradient its step grows to ten times the plain one; Adam's $m$ is a *mean*, so
# > its step stays about $\eta$. And the sum leaves out the hats, without which the first steps are
# > wrong: see the picture below the exercise.
#
# **Where it fails.** The mean of squares makes all gradients about equally important, also those
# that are nothing but noise; on some problems the solution it finds works less well on new data
# than the one of plain descent with momentum (a later notebook looks at that). And it stores two
# numbers for each weight.
#
# **Write** two slots per variable, the update, and the configuration. The hats are for this one
# step only: what is stored stays uncorrected. Other forms of the same algebra are fine, and so is
# any place for $\varepsilon$ in the denominator.


# %% exercise="Adam"
class Adam(keras.optimizers.Optimizer):
    """Gradient descent along a running mean of gradients, scaled by one of their squares.

        m <- beta_1 * m + (1 - beta_1) * g
        v <- beta_2 * v + (1 - beta_2) * g^2
        w <- w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    with m_hat = m / (1 - beta_1^t), v_hat = v / (1 - beta_2^t), t = 1 at the first update.

    Source: Kingma and Ba (2015), algorithm 1. There is one m and one v per variable, of the same
    shape and dtype, zero before the first update.

    Args:
        learning_rate: float, or a schedule.
        beta_1: float, at least 0 and below 1; the weight of the old m.
        beta_2: float, at least 0 and below 1; the weight of the old v.
        epsilon: small float that keeps the division finite.
    """

    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: Adam.build: create a first and a second moment for each variable.
        self.first_moments = []
        self.second_moments = []
        for variable in variables:
            self.first_moments.append(self.add_variable_from_reference(variable, name="first"))
            self.second_moments.append(self.add_variable_from_reference(variable, name="second"))
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: Adam.update_step: update both moments, correct copies of them, and move.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        index = self._get_variable_index(variable)
        first = self.first_moments[index]
        second = self.second_moments[index]
        new_square = ops.square(gradient)
        self.assign(first, self.beta_1 * first + (1 - self.beta_1) * gradient)
        self.assign(second, self.beta_2 * second + (1 - self.beta_2) * new_square)
        t = ops.cast(self.iterations + 1, variable.dtype)
        first_corrected = first / (1 - ops.power(self.beta_1, t))
        second_corrected = second / (1 - ops.power(self.beta_2, t))
        step = learning_rate * first_corrected / (ops.sqrt(second_corrected) + self.epsilon)
        self.assign_sub(variable, step)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: Adam.get_config: add its three own settings to the base's dictionary.
        config = super().get_config()
        config["beta_1"] = self.beta_1
        config["beta_2"] = self.beta_2
        config["epsilon"] = self.epsilon
        return config
        ### END SOLUTION


# %% [markdown]
# ### The first hundred steps, with and without the hats
#
# Both curves come from your Adam and the same noisy gradients around 1. For the second one the
# picture sets `iterations` to a million before the start. Then $\beta^t$ is zero and the hats do
# nothing. With correction the steps are about $\eta$ from the very first one. Without it the first
# is three times as long ($0.1/\sqrt{0.001} = 3.2$), and around the twelfth it is more than six
# times, at a moment when the optimizer knows least.

# %%
noisy_gradients = np.random.default_rng(4).normal(1.0, 0.2, size=(100, 1)).astype("float32")


def noisy_stream(point, step):
    return noisy_gradients[step]


uncorrected = Adam(learning_rate=0.001)
uncorrected.iterations.assign(1_000_000)
starts = {
    "with correction": follow(Adam(learning_rate=0.001), noisy_stream, np.zeros(1), 100),
    "without correction": follow(uncorrected, noisy_stream, np.zeros(1), 100),
}

if written(starts):
    plt.figure(figsize=(7.5, 3.8), layout="constrained")
    for style, color, (name, path) in zip(
        ["-", "--"], [COLORS["Adam"], COLORS["Momentum"]], written(starts).items(), strict=False
    ):
        moves = np.abs(np.diff(path[:, 0])) / 0.001
        plt.plot(np.arange(1, 101), moves, style, color=color, label=name)
    plt.axhline(1, color="0.5", linestyle=":")
    plt.ylim(0, None)
    plt.xlabel("update")
    plt.ylabel("size of the step / learning rate")
    plt.title("Adam's first 100 steps")
    plt.legend()
    plt.show()

# %% [markdown]
# ## The four in the ravine
#
# Each with a learning rate that suits it, for the rates of different optimizers mean different
# things. Momentum swings. AdaGrad and RMSprop scale each direction by its own gradients, so at
# first they move as far in $x$ as in $y$, however different the slopes are. AdaGrad's first step is
# as long as its rate, 3: it overshoots the valley floor and is back on it within a few steps.
# RMSprop goes down the wall and then straight along the floor. Here AdaGrad is the fastest: the
# gradients shrink on the way, so its sums soon stop growing, and from then on every step takes the
# same share of the distance. RMSprop keeps its speed and then cannot settle: in the end it is still
# about half a step from the minimum. Adam swings too, in wide and gentle turns that slowly get
# smaller.

# %%
four = {
    "Momentum": follow(Momentum(0.037, momentum=0.8), ravine_gradient, RAVINE_START, 120),
    "AdaGrad": follow(AdaGrad(3.0), ravine_gradient, RAVINE_START, 120),
    "RMSprop": follow(RMSprop(0.2), ravine_gradient, RAVINE_START, 120),
    "Adam": follow(Adam(0.5, beta_2=0.99), ravine_gradient, RAVINE_START, 120),
}
draw_ravine(four, "Four optimizers in the ravine, each with a learning rate that suits it")

# %% [markdown]
# ### The same ravine, turned
#
# That was an easy ravine for an optimizer that scales each weight by itself: its steep direction
# *was* one of the weights. Turn the whole picture by 45°, start included, and nothing about the
# valley has changed, but both weights now have a share in both directions.

# %% [markdown] prediction="turned"
# **Predict, then look.** The rates stay as they are. Which of the four is harmed most?
#
# - **a** Momentum
# - **b** AdaGrad
# - **c** RMSprop
# - **d** none of them: the valley is the same

# %%
TURN = np.array([[1, -1], [1, 1]], dtype="float32") / np.sqrt(2)


def turned_gradient(point, step):
    return (TURN @ ravine_gradient(TURN.T @ point, step)).astype("float32")


turned_start = (TURN @ RAVINE_START).astype("float32")
turned = {
    "Momentum": follow(Momentum(0.037, momentum=0.8), turned_gradient, turned_start, 120),
    "AdaGrad": follow(AdaGrad(3.0), turned_gradient, turned_start, 120),
    "RMSprop": follow(RMSprop(0.2), turned_gradient, turned_start, 120),
    "Adam": follow(Adam(0.5, beta_2=0.99), turned_gradient, turned_start, 120),
}
draw_ravine(turned, "The same optimizers and rates in the ravine turned by 45°", TURN)

# %% [markdown]
# Momentum takes the same path as before, turned: it multiplies the whole gradient by one number,
# and does not care which way the axes point. The other three get their scale from the gradients of
# each weight, and here the steep direction fills both of them alike. There is nothing left to tell
# the flat direction by. AdaGrad suffers most, and no other learning rate helps it much: the first
# zigzags stay in its sums for good, and it crawls (**b**). RMSprop and Adam forget them.
#
# > **What your notes say.** "AdaGrad has the drawback of being very slow; it does not converge
# > well." It depends on the valley. In the first ravine it is the fastest of the four by far, in
# > this one the slowest: half a unit away after 120 updates, with Momentum at a hundred-thousandth.
# > On the digits at the end it starts fastest and then falls behind. What is behind all three: its
# > sums never forget, so the early gradients set the size of the late steps.
#
# > **Try it.** Give AdaGrad other rates in the turned ravine. After 120 updates it is about 0.9
# > away with a rate of 1, 0.4 with 2 and 0.7 with 10.

# %% [markdown]
# ## 5 · Nesterov (bonus)
#
# Momentum asks for the slope where it stands and then jumps. Nesterov (1983) asks for the slope
# where the jump is about to land, and so brakes before the other side of the valley, not on it.
# Written for neural networks by Sutskever, Martens, Dahl and Hinton (2013), the gradient is taken
# at the point ahead, $\theta + \text{momentum} \cdot v$. Keras, like everyone with a fixed order
# of forward, backward, update, calls this point ahead $w$. Then the rule needs no second gradient:
#
# $$v \leftarrow \text{momentum} \cdot v - \eta\, g, \qquad
# w \leftarrow w + \text{momentum} \cdot v - \eta\, g,$$
#
# where the second formula uses the *new* $v$. (With the old one it would be the first formula
# again, and you would have Momentum.)
#
# **Where it fails.** It brakes less where the curvature is small, so in flat directions the
# difference is slight. And it diverges at a smaller learning rate than Momentum does.


# %% exercise="Nesterov"
class Nesterov(keras.optimizers.Optimizer):
    """Momentum with the gradient taken at the point ahead.

        v <- momentum * v - learning_rate * g
        w <- w + momentum * v - learning_rate * g        (with the new v)

    Source: Nesterov (1983), after Sutskever et al. (2013), in the form Keras uses. There is one
    velocity per variable, of the same shape and dtype, zero before the first update.

    Args:
        learning_rate: float, or a schedule; the factor of the newest gradient.
        momentum: float, at least 0 and below 1; the share of the velocity that is kept.
    """

    def __init__(self, learning_rate=0.01, momentum=0.9, **kwargs):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: Nesterov.build: create one velocity for each variable.
        self.velocities = []
        for variable in variables:
            self.velocities.append(self.add_variable_from_reference(variable, name="velocity"))
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: Nesterov.update_step: update the velocity, then move to the point ahead.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        velocity = self.velocities[self._get_variable_index(variable)]
        self.assign(velocity, self.momentum * velocity - learning_rate * gradient)
        self.assign_add(variable, self.momentum * velocity - learning_rate * gradient)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: Nesterov.get_config: add the momentum to the base class's dictionary.
        config = super().get_config()
        config["momentum"] = self.momentum
        return config
        ### END SOLUTION


# %% [markdown]
# ### Braking before the turn
#
# Same learning rate, same momentum of 0.9. Momentum (dark blue, round marks) swings from wall to
# wall. Nesterov (light blue, square marks) stops swinging across the valley almost at once; along
# the flat direction both overshoot, Nesterov a little less.

# %%
braking = {
    "Momentum": follow(Momentum(0.02, momentum=0.9), ravine_gradient, RAVINE_START, 80),
    "Nesterov": follow(Nesterov(0.02, momentum=0.9), ravine_gradient, RAVINE_START, 80),
}
draw_ravine(braking, "Learning rate 0.02, momentum 0.9: Nesterov brakes across the valley")

# %% [markdown]
# ## 6 · AdamW (bonus)
#
# To keep weights small one can add a penalty to the loss (L2), which adds a multiple of $w$ to
# the gradient, or let every weight decay a little at each update. For plain gradient descent these
# are the same thing. For Adam they are not (Loshchilov and Hutter, 2019): what is added to the
# gradient gets divided by $\sqrt{\hat v}$ as well, so a weight with large gradients is hardly
# decayed and one with small gradients very much. AdamW keeps the decay out of the gradient:
#
# $$w \leftarrow w - \eta \cdot \text{decay} \cdot w, \qquad
# \text{then Adam's step with } m \text{ and } v \text{ of } g \text{ alone.}$$
#
# **Where it fails.** The decay is tied to $\eta$: when a schedule lowers the rate, the pull towards
# zero fades with it.
#
# **Write** the whole optimizer. You may build on your own `Adam` (`class AdamW(Adam)` and
# `super().update_step(...)`); a mistake there then counts here as well. The keyword is `decay`. All
# variables decay, biases too, and also where the gradient is zero.


# %% exercise="AdamW"
class AdamW(keras.optimizers.Optimizer):
    """Adam with weight decay that does not pass through the gradient.

        w <- w - learning_rate * decay * w
        w <- w - learning_rate * m_hat / (sqrt(v_hat) + epsilon)

    with m, v and their corrected forms as in Adam, from the gradient alone.

    Source: Loshchilov and Hutter (2019), algorithm 2, with the decay scaled by the learning rate,
    as in Keras. There is one m and one v per variable, of the same shape and dtype, zero before the
    first update.

    Args:
        learning_rate: float, or a schedule.
        beta_1: float, at least 0 and below 1; the weight of the old m.
        beta_2: float, at least 0 and below 1; the weight of the old v.
        epsilon: small float that keeps the division finite.
        decay: float, at least 0; the share of a weight that is taken off per unit of learning rate.
    """

    def __init__(
        self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, decay=0.004, **kwargs
    ):
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.decay = decay

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        ### BEGIN SOLUTION: AdamW.build: create a first and a second moment for each variable.
        self.first_moments = []
        self.second_moments = []
        for variable in variables:
            self.first_moments.append(self.add_variable_from_reference(variable, name="first"))
            self.second_moments.append(self.add_variable_from_reference(variable, name="second"))
        ### END SOLUTION

    def update_step(self, gradient, variable, learning_rate):
        ### BEGIN SOLUTION: AdamW.update_step: let the variable decay, then take the step of Adam.
        gradient = ops.cast(gradient, variable.dtype)
        learning_rate = ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, learning_rate * self.decay * variable)
        index = self._get_variable_index(variable)
        first = self.first_moments[index]
        second = self.second_moments[index]
        new_square = ops.square(gradient)
        self.assign(first, self.beta_1 * first + (1 - self.beta_1) * gradient)
        self.assign(second, self.beta_2 * second + (1 - self.beta_2) * new_square)
        t = ops.cast(self.iterations + 1, variable.dtype)
        first_corrected = first / (1 - ops.power(self.beta_1, t))
        second_corrected = second / (1 - ops.power(self.beta_2, t))
        step = learning_rate * first_corrected / (ops.sqrt(second_corrected) + self.epsilon)
        self.assign_sub(variable, step)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: AdamW.get_config: add its four own settings to the base's dictionary.
        config = super().get_config()
        config["beta_1"] = self.beta_1
        config["beta_2"] = self.beta_2
        config["epsilon"] = self.epsilon
        config["decay"] = self.decay
        return config
        ### END SOLUTION


# %% [markdown]
# ### The same decay for everyone
#
# A hundred weights start at 1 and get gradients that are pure noise: small noise (0.3) for half of
# them and large noise (10) for the others. Nothing but the decay should move them. With L2 added to
# the gradient, your Adam pulls the first half to zero quickly and forgets to decay the other. Your
# AdamW takes both down the same curve, $(1 - \eta \cdot \text{decay})^t$.

# %%
DECAY = 0.5
noise_size = np.array([[0.3], [10.0]], dtype="float32")
noise = np.random.default_rng(0).normal(size=(400, 2, 50)).astype("float32") * noise_size


def noise_alone(point, step):
    return noise[step]


def noise_and_penalty(point, step):
    return noise[step] + DECAY * point


decayed = {
    "Adam": follow(Adam(0.005), noise_and_penalty, np.ones((2, 50)), 400),
    "AdamW": follow(AdamW(0.005, decay=DECAY), noise_alone, np.ones((2, 50)), 400),
}
legend = {"Adam": "Adam, L2 in the gradient", "AdamW": "AdamW"}

if written(decayed):
    plt.figure(figsize=(7.5, 3.8), layout="constrained")
    for name, path in written(decayed).items():
        small, large = path.mean(axis=2).T
        plt.plot(small, color=COLORS[name], label=f"{legend[name]}, small gradients")
        plt.plot(large, "--", color=COLORS[name], label=f"{legend[name]}, large gradients")
    plt.plot((1 - 0.005 * DECAY) ** np.arange(401), "k:", label="what was asked for")
    plt.xlabel("update")
    plt.ylabel("mean weight")
    plt.title("Weight decay: AdamW treats all weights alike")
    plt.legend(fontsize=8)
    plt.show()

# %% [markdown]
# ## All of them in `model.fit`
#
# A small network on scikit-learn's handwritten digits, the same initial weights and the same order
# of batches for every optimizer. This is your code inside a compiled Keras model. AdaGrad is off to
# the fastest start and then falls behind, as its steps die out. Adam and AdamW lie nearly on one
# line: in ten epochs so small a decay hardly shows. With other learning rates the order changes.

# %%
digits, labels = load_digits(return_X_y=True)
digits = (digits / 16).astype("float32")


def training_losses(optimizer):
    """Training loss of each epoch, or None if the optimizer is still to be written."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.layers.Input((64,)),
            keras.layers.Dense(32, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")
    try:
        return model.fit(digits, labels, batch_size=64, epochs=10, verbose=0).history["loss"]
    except NotImplementedError:
        print(f"{type(optimizer).__name__} is still to be written: its curve is missing here.")
        return None


losses = {
    "Momentum": training_losses(Momentum(0.02)),
    "AdaGrad": training_losses(AdaGrad(0.02)),
    "RMSprop": training_losses(RMSprop(0.003)),
    "Adam": training_losses(Adam(0.003)),
    "Nesterov": training_losses(Nesterov(0.02)),
    "AdamW": training_losses(AdamW(0.003, decay=0.01)),
}

if written(losses):
    plt.figure(figsize=(7.5, 3.8), layout="constrained")
    for marker, (name, loss) in zip("osD^v*", losses.items(), strict=True):
        if loss is not None:
            plt.semilogy(
                range(1, 11), loss, marker=marker, markersize=5, color=COLORS[name], label=name
            )
    plt.xlabel("epoch")
    plt.ylabel("training loss")
    plt.title("Handwritten digits: your optimizers in model.fit")
    plt.legend()
    plt.show()

# %% [markdown]
# ## The family of optimizers
#
# > **What your notes say.** The notes show a picture of the family of optimizers. Here is ours. An
# > arrow leads from a rule to the one that was made from it, and says what is added. Methods in the
# > upper row change the *direction* of a step by remembering gradients; those in the lower row
# > change its *size*, weight by weight, by remembering their squares. Adam does both.
#
# From left to right: gradient descent becomes SGD by looking at a few rows at a time. From there,
# above, a velocity makes Momentum, and looking ahead makes Nesterov. Below, a sum of squared
# gradients makes AdaGrad, and forgetting makes RMSprop. Momentum and RMSprop together, with the
# correction of the start, make Adam; weight decay outside the gradient makes AdamW.

# %%
FAMILY = {
    "gradient\ndescent": (0, 1, "#FFFFFF"),
    "SGD": (1.9, 1, "#FFFFFF"),
    "Momentum": (3.9, 2, "#D6E9F5"),
    "Nesterov": (6.6, 2, "#D6E9F5"),
    "AdaGrad": (3.9, 0, "#FBE8C3"),
    "RMSprop": (6.6, 0, "#FBE8C3"),
    "Adam": (8.4, 1, "#F6D9C9"),
    "AdamW": (11.4, 1, "#F6D9C9"),
}
ADDED = [
    ("gradient\ndescent", "SGD", "a few rows\nper update"),
    ("SGD", "Momentum", "a velocity"),
    ("Momentum", "Nesterov", "the gradient\nat the point ahead"),
    ("SGD", "AdaGrad", "a sum of squared gradients\nfor each weight"),
    ("AdaGrad", "RMSprop", "forgetting:\na running mean"),
    ("Momentum", "Adam", "a mean\nof gradients"),
    ("RMSprop", "Adam", "corrected\nfor its start"),
    ("Adam", "AdamW", "weight decay outside\nthe gradient"),
]

figure, axes = plt.subplots(figsize=(12, 4.2), layout="constrained")
for earlier, later, added in ADDED:
    (x0, y0, _), (x1, y1, _) = FAMILY[earlier], FAMILY[later]
    axes.annotate(
        "", (x1, y1), (x0, y0),
        arrowprops={"arrowstyle": "-|>", "color": "0.4", "shrinkA": 30, "shrinkB": 30},
    )  # fmt: skip
    axes.text(
        (x0 + x1) / 2, (y0 + y1) / 2, added, ha="center", va="center", fontsize=8,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
    )  # fmt: skip
for name, (x, y, color) in FAMILY.items():
    box = {"boxstyle": "round,pad=0.5", "facecolor": color, "edgecolor": "0.3"}
    axes.text(x, y, name, ha="center", va="center", fontweight="bold", bbox=box)
axes.text(-0.6, 2, "remembers gradients:\ndirection", va="center", style="italic")
axes.text(-0.6, 0, "remembers their squares:\nsize, weight by weight", va="center", style="italic")
axes.set(xlim=(-0.7, 12.0), ylim=(-0.5, 2.5))
axes.set_title("The family of optimizers, and what each adds")
axes.axis("off")
plt.show()

# %% [markdown] question="which_of_the_four" points=4
# ## 7 · Your judgement (a person reads this)
#
# Someone changes the loss of a model: where it was a mean over 1000 rows it is now their sum, so
# every gradient is 1000 times larger. No learning rate is changed.
#
# 1. Which of your four optimizers (Momentum, AdaGrad, RMSprop, Adam) still take the same path in
#    the ravine, and what becomes of the others? Argue by the rules, or multiply `ravine_gradient`
#    by 1000 and look.
# 2. The lecture notes say that AdaGrad "is very slow" and "does not converge well". Name one
#    picture of this notebook that agrees and one that does not, and the one property of its rule
#    that explains both.
# 3. A friend always takes Adam, "because it is RMSprop and Momentum in one, and so at least as good
#    as either". Judge this by one picture, with what you read from it. Which optimizer would you
#    try first on a model with rare and common words, and what would you watch to see that you were
#    wrong?
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.**
#
# - **1 point, the path.** AdaGrad, RMSprop and Adam divide by the size of the gradients, so a
#   common factor cancels (but for epsilon): the same path. Momentum multiplies the gradient by its
#   rate, now 1000 times too large for the ravine: it diverges. Half a point without the reason.
# - **1 point, AdaGrad.** Agrees: the plateau, or the turned ravine. Does not: the first ravine, or
#   the digits at the start. The property: its sums only grow, so early gradients set the late
#   steps; harmless where gradients shrink on the way, harmful where they stay, or where directions
#   mix.
# - **1 point, Adam.** The sentence is wrong: for instance in the ravine it swings, and ends further
#   from the minimum than Momentum and AdaGrad do. Half a point without something read from a
#   picture.
# - **1 point, a choice with reasons.** An adaptive one, as rare weights get longer steps (AdaGrad's
#   picture of a rare feature, or Adam), and something to watch: steps that die out, a loss that
#   stops falling early or does not settle, validation rows.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# | | state per weight | the step under a steady gradient $g$ | watch out for |
# |---|---|---|---|
# | gradient descent | none | $\eta g$ | steep directions limit $\eta$ for all |
# | Momentum, Nesterov | 1 | $\eta g / (1 - \text{momentum})$ | overshooting |
# | AdaGrad | 1 | $\eta / \sqrt{t}$ | steps that die out |
# | RMSprop | 1 | $\eta$ | does not settle by itself; long first steps |
# | Adam, AdamW | 2 | $\eta$ | noise counts as much as signal |
#
# Read the middle column again: for the first two rows the step depends on $g$ and for the others
# only on its sign. That is why a good learning rate for one family says nothing about the other,
# and why an honest comparison tunes the rate for each. One small data set, as above, does not
# crown a winner: whether SGD is better than Adam is the question of the last notebook of this
# course.
#
# **Next:** the training loss here only ever goes down. The next notebook asks what happens
# meanwhile on data the model has not seen.
#
# **Before you submit:** restart the kernel, run all cells from the top, and see that every check
# you count on passes. Write your answer to the question above. Save the notebook; then submit it.
#
# **Sources.** Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
# Nesterov, "A method for solving the convex programming problem with convergence rate O(1/k²)",
# 1983. Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and stochastic
# optimization", JMLR 2011. Tieleman and Hinton, "Lecture 6.5: RMSProp", Coursera 2012. Sutskever,
# Martens, Dahl and Hinton, "On the importance of initialization and momentum in deep learning",
# ICML
# 2013. Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015. Loshchilov and
# Hutter, "Decoupled weight decay regularization", ICLR 2019.
