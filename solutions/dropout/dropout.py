# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Dropout: train a crowd, ask them all
#
# In a network that is trained for long, units begin to rely on each other: one makes a mistake, and
# another is trained to make up for it. Such pacts fit the training rows and nothing else. Dropout
# breaks them: at every update, each unit is switched off with some probability. A unit that cannot
# count on its neighbours has to be useful by itself (Srivastava et al., 2014).
#
# | you write | what it is |
# |---|---|
# | `Dropout` | a layer that drops values in training and does nothing in inference |
# | `mc_predict` (bonus) | predictions with dropout left on: a mean, and how sure the model is |
#
# `Dropout` is a real `keras.layers.Layer`: it works in your own loop, inside `tf.function`, in
# `model.fit`, under mixed precision, and after saving and loading. Using the finished layer or
# function of Keras or TensorFlow instead of writing it earns nothing; random numbers and all
# arithmetic are fine.
#
# **About this notebook**
#
# - **You will be able to** write a layer that behaves differently in training and at inference, and
#   use it against overfitting.
# - **Builds on:** notebooks 3 (overfitting) and 4 (the noisy digits).
# - **Time:** about 2 hours.
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
from matplotlib.colors import PowerNorm
from sklearn.datasets import load_digits

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# Colours that people with colour-blindness can tell apart (Okabe and Ito).
BLACK, ORANGE, BLUE, GREEN = "#000000", "#D55E00", "#0072B2", "#009E73"

# %% [markdown]
# The experiments below use the Adam that you wrote in notebook 2, if it is in the folder beside
# this one and runs. Otherwise they use Keras' Adam, and the next cell says why. Your grade does not
# depend on it.

# %%
Adam = mine("optimizers", "Adam", otherwise=keras.optimizers.Adam)

# %% [markdown]
# ## 1 · Dropout
#
# **In training**, each element of the input, whatever its place, is set to zero with probability
# `rate`, independently of all others. What is kept is scaled up, so that the expected value stays
# what it was:
#
# $$y = \frac{m}{1 - \text{rate}}\; x, \qquad
# m = \begin{cases} 0 & \text{with probability rate} \\ 1 & \text{otherwise} \end{cases}
# \qquad\Rightarrow\qquad \mathbb{E}[y] = x.$$
#
# Every call draws a new mask $m$.
#
# **In inference**, and in training at rate 0, the input comes back untouched, bit for bit. Because
# of the scaling in training, no correction is needed here. (The first papers did it the other way
# round: no scaling in training, and weights times $1 - \text{rate}$ in inference. Keras and this
# exercise do it as above, which is called inverted dropout.)
#
# > **What your notes say.** "Dropout kills weights: random weights are killed and not used. It is
# > used in training only, not at inference." Almost. What dropout switches off are *units*, that is
# > values that a layer passes on, drawn anew for each row of the batch. For that row, all weights
# > that leave the unit have no effect; the weights themselves stay as they are. Killing single
# > weights is another method, DropConnect (Wan et al., 2013). The second sentence is right, and
# > part 2 is the exception.
#
# **The gradient** passes through the same mask with the same scale, since $y$ is linear in $x$.
# TensorFlow sees to that as long as $y$ is computed from $x$ by its operations.
#
# Three things cost people an evening:
#
# - **Random numbers in Keras have no memory.** `keras.random.uniform(shape, seed=7)` gives the
#   *same* numbers at every call, and NumPy's are drawn once, when a function is compiled, and never
#   again. What moves on from call to call is a `keras.random.SeedGenerator(seed)`: make **one** in
#   `__init__`, keep it on `self`, and pass it as `seed=` at every draw. With `seed=None` it
#   picks a start of its own.
# - **The shape may be unknown.** Inside `model.fit` the number of rows is known only when the
#   function runs. `ops.shape(inputs)` is right at any time, `inputs.shape` is not.
# - **The number type is the input's.** Under mixed precision the inputs are float16, and so must be
#   the output. Draw in float32, then cast the mask.
#
# `training` tells which of the two modes it is. Keras passes it on by itself in `fit`, `evaluate`
# and `predict`; a bare `layer(x)` is inference.


# %% exercise="Dropout"
class Dropout(keras.layers.Layer):
    """Zeroes elements at random in training; does nothing in inference.

        training:   y = m * x / (1 - rate),  m = 0 with probability rate, else 1
        inference:  y = x

    Source: Srivastava et al. (2014), scaled in training ("inverted"), as in Keras.

    Args:
        rate: float, at least 0 and below 1; the probability to drop an element.
        seed: integer or None. Layers with the same seed draw the same masks, call by call; layers
            with different seeds draw different ones, and with None every layer draws its own.

    Raises:
        ValueError: the rate is below 0, or 1 or more.
    """

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(**kwargs)
        ### BEGIN SOLUTION: Dropout.__init__: refuse wrong rates, and keep what the calls need.
        if not 0 <= rate < 1:
            raise ValueError(f"rate must be at least 0 and below 1, got {rate}.")
        self.rate = rate
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)
        ### END SOLUTION

    def call(self, inputs, training=False):
        """Return a tensor of the shape and dtype of `inputs` (floats, any shape)."""
        ### BEGIN SOLUTION: Dropout.call: drop and scale in training, else return the inputs.
        if not training:
            return inputs
        draws = keras.random.uniform(ops.shape(inputs), dtype="float32", seed=self.seed_generator)
        kept = ops.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1 - self.rate)
        ### END SOLUTION

    def get_config(self):
        ### BEGIN SOLUTION: Dropout.get_config: add rate and seed to the base class's dictionary.
        config = super().get_config()
        config["rate"] = self.rate
        config["seed"] = self.seed
        return config
        ### END SOLUTION


# %% [markdown]
# ### What your layer does to an image
#
# The same digit, sent through your layer at three rates. In each row the first image is what
# inference gives back, and the other four are four calls in training. Two things to look for: no
# two masks are alike, and the higher the rate, the brighter are the pixels that are left. They are
# scaled by $1/(1 - \text{rate})$, which is 1.25, 2 and 5 here. Averaged over many calls, every
# pixel is as bright as it was: the line that is printed says by how much 2000 calls miss.

# %%
digits, labels = load_digits(return_X_y=True)
digits = (digits / 16).astype("float32")


def show_masks(image, rates=(0.2, 0.5, 0.8)):
    _, panels = plt.subplots(len(rates), 5, figsize=(9, 5.6), layout="constrained")
    for row, rate in zip(panels, rates, strict=True):
        layer = Dropout(rate, seed=1)
        pictures = [layer(image, training=False)]
        pictures += [layer(image, training=True) for _ in range(4)]
        titles = [f"rate {rate}: inference", *(f"training, call {n}" for n in (1, 2, 3, 4))]
        for axes, picture, title in zip(row, pictures, titles, strict=True):
            pixels = ops.convert_to_numpy(picture).reshape(8, 8)
            axes.imshow(pixels, cmap="gray", norm=PowerNorm(0.5, vmin=0, vmax=5))
            axes.set_title(title, fontsize=9)
            axes.axis("off")
    plt.suptitle("Your layer at work (brightness: the square root of the value, one scale for all)")
    plt.show()
    crowd = ops.convert_to_numpy(layer(np.tile(image, (2000, 1)), training=True))
    gap = np.abs(crowd.mean(axis=0) - image).max()
    print(f"rate {rate}: the mean of 2000 calls misses a pixel by at most {gap:.2f}")


try:
    show_masks(digits[0:1])
except NotImplementedError as missing:
    print(f"still to be written: {missing}")

# %% [markdown]
# ## The experiment: 300 digits, a large network
#
# A network with two layers of 256 on 300 digits, of which 90 carry a wrong label, as in the last
# notebook. It has room enough to learn every wrong label by heart. Both runs start from the same
# weights; the second has your `Dropout` at rate 0.6 behind each of the two layers. (Each line takes
# a few seconds.)

# %% [markdown] prediction="unseen"
# **Predict, then look.** What does the accuracy on unseen rows do during 30 epochs *without*
# dropout?
#
# - **a** it rises, and stays where it is
# - **b** it rises, and then falls
# - **c** it stays low: with so many wrong labels, nothing can be learned

# %%
rng = np.random.default_rng(0)
order = rng.permutation(len(digits))
train_rows, validation_rows = order[:300], order[300:1300]
noisy_labels = labels[train_rows].copy()
wrong = rng.permutation(300)[:90]
noisy_labels[wrong] = (noisy_labels[wrong] + rng.integers(1, 10, size=90)) % 10


def digit_network(rate):
    """64 -> 256 -> 256 -> 10, with your dropout behind the hidden layers if there is a rate."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((64,))])
    for number in range(2):
        model.add(keras.layers.Dense(256, "relu"))
        if rate:
            model.add(Dropout(rate, seed=number))
    model.add(keras.layers.Dense(10, "softmax"))
    model.compile(Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train_on_noisy_digits(name, rate, epochs=30):
    """Accuracies after each epoch, on training rows in inference too; None if unwritten."""
    try:
        model = digit_network(rate)
        training = []
        measure = keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: training.append(accuracy_of(model))
        )
        history = model.fit(
            digits[train_rows],
            noisy_labels,
            batch_size=50,
            epochs=epochs,
            validation_data=(digits[validation_rows], labels[validation_rows]),
            validation_batch_size=1000,
            callbacks=[measure],
            verbose=0,
        ).history
    except NotImplementedError:
        print(f"{name}: still to be written, its curves are missing below.")
        return None
    validation = history["val_accuracy"]
    print(f"{name}: training accuracy {training[-1]:.2f}, validation accuracy {validation[-1]:.2f}")
    return training, validation


def accuracy_of(model):
    """Share of the (partly wrong) training labels that the model says, without dropout."""
    scores = ops.convert_to_numpy(model(digits[train_rows], training=False))
    return np.mean(scores.argmax(axis=1) == noisy_labels)


runs = {
    "without dropout": train_on_noisy_digits("without dropout", 0),
    "with dropout at rate 0.6": train_on_noisy_digits("with dropout at rate 0.6", 0.6),
}
runs = {name: run for name, run in runs.items() if run is not None}

# %% [markdown]
# The orange curve (round marks) is the accuracy on the training rows, wrong labels included,
# measured without dropout; the blue one (square marks) is the accuracy on 1000 unseen rows, whose
# labels are all right. A model that reads every digit correctly agrees with only 0.7 of the
# training labels (dotted), because the others are wrong.
#
# - **Without dropout** the orange curve passes the dotted line after about five epochs and goes on
#   to 0.99: from there on the network learns wrong labels by heart. The blue curve pays for it. It
#   falls from 0.90 to about 0.75 (**b**), and behind the crossing the shaded gap is what
#   overfitting looks like.
# - **With dropout** the orange curve stays near 0.72 and the blue one at 0.90. It takes longer to
#   get there. The gap is the other way round, since the unseen labels are right and the training
#   labels are not.
#
# > **What your notes say.** "A technique to avoid overfitting." Yes: 0.90 instead of 0.75 on unseen
# > rows here. It is not free, since training takes longer, and how much it helps depends on the
# > rate.
#
# > **Try it.** The rate decides. At 0.2 the network still learns many wrong labels (0.94 in
# > training, 0.80 on unseen rows). At 0.95 hardly a signal gets through, and after 30 epochs it
# > still guesses (0.10).
#
# (Another machine may print numbers that differ by a hundredth or two.)

# %%
figure, panels = plt.subplots(
    1, len(runs), figsize=(5.2 * len(runs), 3.8), sharey=True, squeeze=False, layout="constrained"
)
for axes, (name, (training, validation)) in zip(panels[0], runs.items(), strict=True):
    epochs = range(1, len(training) + 1)
    axes.plot(epochs, training, "o-", color=ORANGE, markersize=4, markevery=4, label="training")
    axes.plot(epochs, validation, "s-", color=BLUE, markersize=4, markevery=4, label="validation")
    axes.fill_between(epochs, training, validation, color="0.5", alpha=0.15)
    axes.axhline(0.7, color="0.3", linestyle=":", label="share of right training labels")
    axes.set(xlabel="epoch", title=name, ylim=(0, 1.02))
panels[0][0].set(ylabel="accuracy")
panels[0][0].legend(loc="lower right")
figure.suptitle("The gap between training and validation")
plt.show()

# %% [markdown]
# ## 2 · mc_predict (bonus)
#
# In inference dropout is off, and the model gives one answer, whether it knows or guesses. Leave
# dropout **on** and ask again and again: each pass is the answer of another thinned network. Where
# they agree, the prediction is robust; where they disagree, be careful. This is called Monte Carlo
# dropout (Gal and Ghahramani, 2016).
#
# For passes $f_1, \dots, f_S$ of the same rows through the model, each with masks of its own:
#
# $$\text{mean} = \frac{1}{S} \sum_{s=1}^S f_s, \qquad
# \text{std} = \sqrt{\frac{1}{S} \sum_{s=1}^S (f_s - \text{mean})^2}.$$
#
# **Write** the function. Both are taken over the passes alone, so they have the shape of one
# prediction. Which argument of a model's call switches dropout on, you know from the layer above.
#
# One warning for later. That argument switches *every* layer of the model to training. If there is
# batch normalization in it (notebook 6), each pass normalizes by the batch at hand and moves the
# layer's moving statistics, so that asking changes the model. The models here have no such layer.


# %% exercise="mc_predict"
def mc_predict(model, x, samples):
    """Predict with dropout left on.

    Source: Gal and Ghahramani (2016).

    Args:
        model: a Keras model with dropout in it; it is not changed.
        x: array of shape (n, ...), the rows to predict.
        samples: int, at least 1; the number of passes, each with masks of its own.

    Returns:
        (mean, std), the mean and the population standard deviation over the passes, each of the
        shape of one prediction; NumPy arrays or tensors.
    """
    ### BEGIN SOLUTION: mc_predict: collect the passes, and return their mean and deviation.
    passes = np.stack([ops.convert_to_numpy(model(x, training=True)) for _ in range(samples)])
    return passes.mean(axis=0), passes.std(axis=0)
    ### END SOLUTION


# %% [markdown]
# ### Clear and ambiguous digits
#
# A network with your `Dropout` is trained on 1000 digits with right labels. Then three groups of
# images are predicted with 200 passes each:
#
# - **clear**: 300 digits that the network has not seen;
# - **ambiguous**: 300 images that are half one such digit and half another of a different class,
#   pixel by pixel, as if two pages shone through each other;
# - **noise**: 300 images whose pixels are shuffled.
#
# For each image we look at the class with the highest mean, and at the deviation of its
# probability.

# %% [markdown] prediction="disagree"
# **Predict, then look.** About which group do the 200 passes disagree most?
#
# - **a** clear digits
# - **b** ambiguous images, which are two digits at once
# - **c** noise

# %%
QUESTIONS = {"clear": GREEN, "ambiguous": ORANGE, "noise": BLACK}


def three_groups(x, y, rng):
    """Clear digits, half-and-half mixtures of two classes, and digits with shuffled pixels."""
    partner = rng.permutation(len(x))
    while (y[partner] == y).any():
        same = y[partner] == y
        partner[same] = rng.integers(0, len(x), same.sum())
    shuffled = np.stack([image[rng.permutation(64)] for image in x])
    return {"clear": x, "ambiguous": (x + x[partner]) / 2, "noise": shuffled}


def certain_or_not():
    """Mean and deviation of the winning class for each group, and the images themselves."""
    model = digit_network(0.5)
    model.fit(digits[order[:1000]], labels[order[:1000]], batch_size=50, epochs=15, verbose=0)
    rows = order[1000:1300]
    groups = three_groups(digits[rows], labels[rows], np.random.default_rng(2))
    answers = {}
    for name, images in groups.items():
        mean, std = (np.array(part) for part in mc_predict(model, images, 200))
        winner = mean.argmax(axis=1)[:, None]
        answers[name] = [np.take_along_axis(part, winner, 1)[:, 0] for part in (mean, std)]
    return groups, answers


try:
    groups, answers = certain_or_not()
except NotImplementedError as missing:
    groups, answers = {}, {}
    print(f"still to be written: {missing}")

for name, (mean, std) in answers.items():
    print(
        f"{name:>9}: median probability {np.median(mean):.2f}, "
        f"median deviation {np.median(std):.3f}"
    )

# %% [markdown]
# For most clear digits the 200 passes agree: half of the deviations are below about 0.05. They
# disagree about mixtures (a median of about 0.24) and more so about noise (0.31, so **c**). The
# tail of the green curve is worth a look too: clear digits with a deviation above 0.2 are mostly
# badly written ones, and they are where the mistakes are.
#
# The network has never seen a mixture or noise, and it has no answer "no digit". All the same it
# gives its favourite a probability above 0.6 in half of the cases of noise. The mean alone does not
# tell that; the deviation does.


# %%
def draw_answers(groups, answers):
    figure = plt.figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[2, 3])
    panels = left.subplots(3, 4)
    for row, (name, images) in zip(panels, groups.items(), strict=True):
        for axes, image in zip(row, images[:4], strict=True):
            axes.imshow(image.reshape(8, 8), cmap="gray_r")
            axes.set(xticks=[], yticks=[])
        row[0].set_title(name, color=QUESTIONS[name], loc="left")
    axes = right.subplots()
    bins = np.linspace(0, 0.5, 41)
    for style, (name, (_, std)) in zip(("-", "--", ":"), answers.items(), strict=True):
        axes.hist(
            std, bins, histtype="step", linewidth=2, linestyle=style, color=QUESTIONS[name],
            label=name,
        )  # fmt: skip
    axes.set(
        xlabel="standard deviation of the winning class over 200 passes",
        ylabel="number of images",
        title="How much the passes disagree",
    )
    axes.legend()
    plt.show()


if answers:
    draw_answers(groups, answers)

# %% [markdown] question="dropout_or_leak" points=4
# ## 3 · Your judgement (a person reads this)
#
# A friend trains with dropout at rate 0.6 on the noisy digits of this notebook and sends you what
# `fit` prints: "accuracy 0.55, val_accuracy 0.90". They write: "The network is better on unseen
# rows than on training rows. That cannot be, so validation rows must have got into training. And
# since dropout helps against overfitting, I now take a rate of 0.95." Write half a page:
#
# 1. Give two reasons, other than a leak, why the training accuracy that `fit` prints is so much
#    lower here. Which of them did the experiment of this notebook remove, and how? Which numbers
#    are left?
# 2. What will a rate of 0.95 do? Say it with a number, and why more dropout is not always better.
# 3. With `mc_predict`, two images get the same probability of 0.6 for their best class, one with a
#    deviation of 0.05 and one of 0.3. What would you say about each? (You need not have written the
#    bonus: its text and picture are enough.)
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric, 4 points.**
#
# - **1 point, dropout is on.** `fit` measures training rows with units switched off, and over the
#   epoch while the weights still change; unseen rows are measured without dropout. The experiment
#   measures the training rows at inference after each epoch: about 0.72.
# - **1 point, wrong labels.** Three in ten training labels are wrong: a network that reads every
#   digit agrees with 0.7 of them, and the unseen labels are right (0.90). So no leak is needed.
# - **1 point, the rate.** At 0.95 hardly a signal gets through: 0.10 after 30 epochs, guessing. The
#   rate is chosen on validation rows; too much is underfitting. Half a point without a number.
# - **1 point, the two images.** A small deviation: the thinned networks agree that it is 0.6, that
#   is, it looks like two classes to all of them. A large one: they disagree, as about mixtures and
#   noise (about 0.24 and 0.31); a person should look. Half a point if only one of them is read.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# | | training | inference |
# |---|---|---|
# | mask | new at every call, one draw for each element | none |
# | scale of what is kept | $1/(1 - \text{rate})$ | 1 |
# | gradient | the same mask, the same scale | that of the identity |
#
# - Dropout makes training slower and its loss noisier, and so it should. Compare models by their
#   validation curves.
# - The rate is chosen on validation rows, like every other hyper-parameter. A model that is too
#   small already gets no better from losing half of it.
# - It is one of several remedies for overfitting, beside penalties on the weights (the last
#   notebook), early stopping, and more data, which beats them all.
#
# **Next:** batch normalization, a layer that also behaves differently in training and in
# inference, and for another reason.
#
# **Before you submit:** restart the kernel, run all cells from the top, and see that every check
# you count on passes. Write your answer to the question above. Save the notebook; then submit it.
#
# **Sources.** Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way
# to prevent neural networks from overfitting", JMLR 2014. Wan, Zeiler, Zhang, LeCun and Fergus,
# "Regularization of neural networks using DropConnect", ICML 2013. Gal and Ghahramani, "Dropout as
# a Bayesian approximation: representing model uncertainty in deep learning", ICML 2016.
