# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Too little, too much, just right: fitting
#
# A model is not trained to know the training data. It is trained to be right about data it has
# *not* seen. Two things can go wrong:
#
# - **Underfitting:** the model is too simple, or not trained enough. It is wrong even about the
#   rows it learns from.
# - **Overfitting:** the model learns the training rows by heart, mistakes in them included. About
#   those it is right. About others it gets worse the longer it learns.
#
# To see which, keep some rows away from training, the **validation** rows, and after every epoch
# compute the loss on both. In this notebook you write
#
# | you write | it is | its question |
# |---|---|---|
# | `diagnose` | a function | which of the two is it? |
# | `best_epoch` | a function | when was the model at its best? |
# | `EarlyStopping` | a Keras callback | when to stop, and with which weights? |
#
# and you answer one question in your own words, which a person reads and grades.
#
# **About this notebook**
#
# - **You will be able to** read learning curves, tell over- from underfitting, and stop a training
#   at the right epoch.
# - **Builds on:** notebook 1 (epochs and losses).
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

import keras
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

plt.rcParams.update({"figure.dpi": 90, "axes.grid": True, "grid.alpha": 0.3, "font.size": 10})

# Colours that people with colour-blindness can tell apart (Okabe and Ito).
TRAINING, VALIDATION, BEST = "#0072B2", "#D55E00", "#009E73"

# %% [markdown]
# The experiments below use the Adam that you wrote in notebook 2, if it is in the folder beside
# this one and runs. Otherwise they use Keras' Adam, and the next cell says why. Your grade does not
# depend on it.

# %%
Adam = mine("optimizers", "Adam", otherwise=keras.optimizers.Adam)

# %% [markdown]
# ## Three networks, one set of data
#
# scikit-learn's handwritten digits: 300 to train on, 500 to validate, and the rest held out for the
# very end. To make it as hard as life, 3 labels in 10 are replaced by random ones, in training and
# validation alike. Random labels cannot be predicted, so no model can get the validation loss near
# zero. But a large network can learn all 300 by heart.

# %% [markdown] prediction="lowest"
# **Predict, then look.** Three networks, with 2, 16 and 256 + 256 hidden units, train for 50
# epochs. Which of them reaches the lowest validation loss at *any* epoch?
#
# - **a** the one of 2 units, which cannot learn the wrong labels
# - **b** the one of 16 units
# - **c** the one of 256 + 256 units

# %%
digits, labels = load_digits(return_X_y=True)
digits = (digits / 16).astype("float32")
rng = np.random.default_rng(0)
order = rng.permutation(len(digits))
noisy = labels.copy()
wrong = rng.random(len(labels)) < 0.3
noisy[wrong] = rng.integers(0, 10, size=wrong.sum())

train, validation, test = np.split(order, [300, 800])
EPOCHS = 50


def network(*hidden):
    """A classifier with hidden layers of these sizes; the same initial weights every time."""
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Dense(size, activation="relu") for size in hidden]
    model = keras.Sequential(
        [keras.Input((64,)), *layers, keras.layers.Dense(10, activation="softmax")]
    )
    model.compile(Adam(0.002), "sparse_categorical_crossentropy")
    return model


def fit(model, epochs=EPOCHS, callbacks=()):
    """Train on the training rows and return {"loss": [...], "val_loss": [...]}."""
    return model.fit(
        digits[train],
        noisy[train],
        validation_data=(digits[validation], noisy[validation]),
        validation_batch_size=500,
        epochs=epochs,
        batch_size=30,
        callbacks=list(callbacks),
        verbose=0,
    ).history


def true_accuracy(model):
    """Share of the held-out digits that the model reads correctly, by their true labels."""
    scores = model.predict_on_batch(digits[test])
    return float(np.mean(scores.argmax(axis=1) == labels[test]))


models = {
    "2 units": network(2),
    "16 units": network(16),
    "256 + 256 units": network(256, 256),
}
histories = {name: fit(model) for name, model in models.items()}

figure, panels = plt.subplots(1, 3, figsize=(12, 3.6), sharey=True, layout="constrained")
for panel, (name, history) in zip(panels, histories.items(), strict=True):
    panel.plot(history["loss"], color=TRAINING, label="training")
    panel.plot(history["val_loss"], "--", color=VALIDATION, label="validation")
    panel.set(title=name, xlabel="epoch", ylim=(0, 3))
panels[0].set_ylabel("loss")
panels[0].legend(loc="lower left")
figure.suptitle("Which of them would you rather have, and after which epoch?")
plt.show()
for name, history in histories.items():
    print(f"{name:16} last training loss {history['loss'][-1]:.2f}, validation ", end="")
    print(f"{history['val_loss'][-1]:.2f}, lowest {min(history['val_loss']):.2f}")

# %% [markdown]
# Left: both curves are high and close together, and neither would come down much: two units cannot
# tell ten digits apart. Right: the training loss falls to nothing. The validation loss falls too,
# for a few epochs, while the network learns what digits look like; then it climbs, while the
# network learns which labels were wrong. Middle: both come down and stay down.
#
# The lowest validation loss of all is the right-hand one's, for a moment (**c**): 1.54, against
# 1.59 in the middle and 2.16 on the left. After 50 epochs it is the highest, 3.5. So it matters
# when one stops, and that is what this notebook is about.
#
# > **What your notes say.** "Overfitting: the training loss has gone down, but the loss on the test
# > or evaluation set goes up. Underfitting: all losses are high; the model has not been trained
# > enough." The first is the right-hand panel, and the rule of `diagnose` below. Two things to add.
# > The set that you watch during training is the *validation* set; the test set is for one look at
# > the end. And training longer is not always the cure for underfitting: the two units have had
# > their 50 epochs and are flat at 2.1. They need a larger model.
#
# ## 1 · diagnose
#
# Put into words for a computer:
#
# 1. `"underfitting"` if the *last training loss* is above `high_loss`. (Not even the training rows
#    are learned.) If it is NaN, not a number, the training has failed, and that counts as above. A
#    NaN in an earlier epoch does not matter.
# 2. Otherwise `"overfitting"` if the *last validation loss* is more than `gap` above *its own
#    minimum*. (It was better once.)
# 3. Otherwise `"good fit"`. So a loss of exactly `high_loss` and a rise of exactly `gap` still fit.
#
# What about a training that fails on the validation rows alone? NaN validation losses are left out
# of the minimum. A *last* validation loss that is NaN counts as more than `gap` above it: the
# training has gone wrong after it was better. And mind what the rule does not see. It looks for a
# *rise*; a validation loss that never came below `high_loss` and never rose is still a "good fit"
# to it, as long as the training loss is low. So look at the height of the validation curve too.
#
# Both limits depend on the data, so they are arguments. Why not compare the validation loss with
# the training loss? Because nearly every model is better on rows it knows; a distance between the
# two curves does no harm. Harm is done when the validation loss *rises*.
#
# **Write** the function. `history` is what `model.fit(...).history` gives: a dictionary with the
# lists `"loss"` and `"val_loss"`, one number for each epoch, and perhaps others such as
# `"accuracy"`. If the two are empty, or not equally long, raise a `ValueError`.


# %% exercise="diagnose"
def diagnose(history, *, high_loss, gap):
    """Say whether a model underfits, overfits or fits well.

    Args:
        history: dictionary with "loss" and "val_loss", lists of floats, one for each epoch.
        high_loss: float; a last training loss above it, or NaN, is underfitting.
        gap: float; how far the last validation loss may be above the lowest one. A last one that
            is NaN is more than that above it, and an earlier NaN is left out.

    Returns:
        "underfitting", "overfitting" or "good fit"; underfitting is looked for first.

    Raises:
        ValueError: the lists are empty, or differ in length.
    """
    ### BEGIN SOLUTION: diagnose: examine the lists, then compare with both limits in turn.
    loss, val_loss = history["loss"], history["val_loss"]
    if len(loss) == 0 or len(loss) != len(val_loss):
        raise ValueError(f"loss has {len(loss)} epochs and val_loss {len(val_loss)}.")
    if np.isnan(loss[-1]) or loss[-1] > high_loss:
        return "underfitting"
    if np.isnan(val_loss[-1]):
        return "overfitting"
    val_loss = [each for each in val_loss if not np.isnan(each)]
    if val_loss[-1] - min(val_loss) > gap:
        return "overfitting"
    return "good fit"
    ### END SOLUTION


# %% [markdown]
# ### The three networks, diagnosed
#
# With limits that suit these data: a training loss of more than 1.6 is poor for ten classes (pure
# guessing has $\ln 10 = 2.3$), and a rise of 0.2 is more than noise.
#
# > **Try it.** Raise `high_loss` to 2.5, above the 2.3 of pure guessing. Now even the network of
# > two units counts as a good fit: a diagnosis is only as good as its limits.

# %%
diagnoses = dict.fromkeys(histories, "")
try:
    for name, history in histories.items():
        diagnoses[name] = diagnose(history, high_loss=1.6, gap=0.2)
        print(f"{name:16} {diagnoses[name]}")
except NotImplementedError:
    print("diagnose is still to be written: its verdicts are missing here.")

# %% [markdown]
# ## 2 · best_epoch
#
# If the validation loss has a lowest point, that is when you should have stopped. Epochs count
# from 0, as Keras counts them: `best_epoch` is an index into the list.
#
# **Write** the function. Where two epochs are equally good, the earlier one wins. A training that
# blew up leaves NaN or infinity in the list; NaN is never the lowest. (Careful: every comparison
# with NaN is false, and `np.argmin` takes NaN for the smallest number there is.) If there is no
# finite number at all, or no epoch, there is no best epoch: raise a `ValueError`. The lists in
# `history` stay as they are.


# %% exercise="best_epoch"
def best_epoch(history):
    """The epoch with the lowest validation loss.

    Args:
        history: dictionary with "loss" and "val_loss", lists of floats, one for each epoch.

    Returns:
        int, counted from 0; the first of several equally good ones.

    Raises:
        ValueError: "val_loss" holds no finite number.
    """
    ### BEGIN SOLUTION: best_epoch: find the lowest validation loss that is a number.
    val_loss = np.array(history["val_loss"], dtype="float64")
    if not np.isfinite(val_loss).any():
        raise ValueError("no epoch has a finite validation loss.")
    return int(np.nanargmin(val_loss))
    ### END SOLUTION


# %% [markdown]
# ### The gap, and the best epoch
#
# The same curves with your two functions at work. The shaded area is how much better each network
# is on the rows it knows. The vertical line is your best epoch.

# %%
figure, panels = plt.subplots(1, 3, figsize=(12, 3.6), sharey=True, layout="constrained")
for panel, (name, history) in zip(panels, histories.items(), strict=True):
    epochs = np.arange(EPOCHS)
    loss, val_loss = history["loss"], history["val_loss"]
    panel.fill_between(epochs, loss, val_loss, color="0.85", label="gap")
    panel.plot(epochs, loss, color=TRAINING, label="training")
    panel.plot(epochs, val_loss, "--", color=VALIDATION, label="validation")
    try:
        best = best_epoch(history)
    except NotImplementedError:
        if panel is panels[0]:
            print("best_epoch is still to be written: its lines are missing here.")
    else:
        panel.axvline(best, color=BEST, linewidth=1)
        panel.plot(
            best, val_loss[best], "*", color=BEST, markersize=14, label=f"best: epoch {best}"
        )
    panel.set(title=f"{name}   {diagnoses[name]}", xlabel="epoch", ylim=(0, 3))
    panel.legend(
        loc="center right" if diagnoses[name] == "overfitting" else "lower left", fontsize=8
    )
panels[0].set_ylabel("loss")
figure.suptitle("Training and validation loss")
plt.show()

# %% [markdown]
# The small network is at its best at the very end: it still creeps downwards. The large one was at
# its best after a few epochs, and all the work since has made it worse. Its gap is huge, but the
# gap is not what tells you: the network in the middle has one too.
#
# ## 3 · EarlyStopping
#
# You do not want to watch a training for hours to press a button at the right moment. A
# **callback** does it for you: an object that `model.fit` calls at certain times (Prechelt, 1998,
# calls the idea "early stopping, but when?").
#
# | method | is called |
# |---|---|
# | `on_train_begin(logs)` | once, before the first epoch of each `fit` |
# | `on_epoch_end(epoch, logs)` | after every epoch (the first is 0), with `logs["val_loss"]` |
# | `on_train_end(logs)` | once, at the end, whether stopped early or not |
#
# In all of them `self.model` is the model. A true `self.model.stop_training` makes `fit` stop after
# this epoch.
#
# **The rule.** An epoch *improves* if its validation loss is lower than the best so far by *more*
# than `min_delta`. Then it is the new best. The best is always the loss of an epoch that improved:
# many tiny steps down, each less than `min_delta` below the one before, may still add up to an
# improvement. After `patience` epochs *in a row* without improvement the training stops. With a
# patience of 0 it stops at the first such epoch, so 0 and 1 mean the same. NaN never improves.
#
# **At the end,** stopped early or not, the model gets back *all* weights of its best epoch, those
# that are not trained (statistics, for example) included. Mind that `self.model.weights` is a list
# of the living variables, which go on changing; `self.model.get_weights()` copies their numbers.
# Until then training goes on from where it is. If no epoch ever improved, the weights stay as they
# are.
#
# **Attributes** to read afterwards: `best_epoch` (`None` if none improved) and `stopped_epoch`, the
# epoch at whose end training was stopped (`None` if it ran to the end). Someone may use the same
# callback for a second `fit`, which starts anew.


# %% exercise="EarlyStopping"
class EarlyStopping(keras.callbacks.Callback):
    """Stop training when the validation loss has stopped improving, and keep the best weights.

    Source: Prechelt (1998). `logs["val_loss"]` is what is watched; it must get lower.

    Args:
        patience: int; epochs in a row without improvement after which training stops. 0 behaves
            like 1.
        min_delta: float; an epoch improves only if its loss is lower than the best by more than
            this.

    Attributes:
        best_epoch: the last epoch that improved, from 0; None if there was none.
        stopped_epoch: the epoch after which training was stopped, from 0; None if it was not.
    """

    def __init__(self, patience=0, min_delta=0.0):
        super().__init__()
        self.patience = patience
        self.min_delta = min_delta
        self.best_epoch = None
        self.stopped_epoch = None

    def on_train_begin(self, logs=None):
        ### BEGIN SOLUTION: EarlyStopping.on_train_begin: forget all about an earlier training.
        self.best = np.inf
        self.best_weights = None
        self.best_epoch = None
        self.stopped_epoch = None
        self.wait = 0
        ### END SOLUTION

    def on_epoch_end(self, epoch, logs=None):
        ### BEGIN SOLUTION: EarlyStopping.on_epoch_end: note an improvement, or lose patience.
        val_loss = logs["val_loss"]
        if val_loss < self.best - self.min_delta:
            self.best = val_loss
            self.best_epoch = epoch
            self.best_weights = self.model.get_weights()
            self.wait = 0
        else:
            self.wait += 1
            if self.wait >= self.patience:
                self.stopped_epoch = epoch
                self.model.stop_training = True
        ### END SOLUTION

    def on_train_end(self, logs=None):
        ### BEGIN SOLUTION: EarlyStopping.on_train_end: put the best weights back.
        if self.best_weights is not None:
            self.model.set_weights(self.best_weights)
        ### END SOLUTION


# %% [markdown]
# ### Early stopping at work
#
# The large network once more, from the same initial weights, with your callback and a patience of
# 6. Grey: the earlier run without early stopping. Then the question that matters: how many of the
# held-out digits do the two read, judged by the *true* labels?

# %% [markdown] prediction="held_out"
# **Predict, then look.** Which network reads the most of the held-out digits?
#
# - **a** the large one after all 50 epochs, which knows its training rows best
# - **b** the large one, stopped early
# - **c** the one of 16 units, which does not overfit

# %%
careful = network(256, 256)
stopping = EarlyStopping(patience=6)
try:
    stopped = fit(careful, callbacks=[stopping])
except NotImplementedError:
    print("EarlyStopping is still to be written: its picture is missing here.")
else:
    whole = histories["256 + 256 units"]
    plt.figure(figsize=(8, 3.8), layout="constrained")
    plt.plot(whole["val_loss"], "--", color="0.7", label="validation, not stopped")
    plt.plot(whole["loss"], color="0.7", label="training, not stopped")
    plt.plot(stopped["loss"], color=TRAINING, label="training")
    plt.plot(stopped["val_loss"], "--", color=VALIDATION, label="validation")
    if stopping.best_epoch is not None:
        plt.plot(
            stopping.best_epoch, stopped["val_loss"][stopping.best_epoch], "*", color=BEST,
            markersize=15, label=f"weights of epoch {stopping.best_epoch} are kept",
        )  # fmt: skip
    if stopping.stopped_epoch is not None:
        plt.axvline(stopping.stopped_epoch, color="black", linestyle=":", linewidth=1.2,
                    label=f"stopped after epoch {stopping.stopped_epoch}")  # fmt: skip
    plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.ylim(0, 3)
    plt.title("The large network with a patience of 6")
    plt.legend(fontsize=8, loc="center right")
    plt.show()
    for name, model in (
        (f"large, all {EPOCHS} epochs", models["256 + 256 units"]),
        ("large, stopped early", careful),
        (f"16 units, all {EPOCHS} epochs", models["16 units"]),
    ):
        print(f"{name:24} reads {true_accuracy(model):.0%} of the held-out digits")

# %% [markdown]
# The large network, stopped in time, is the best of all (**b**): it has learned what digits look
# like and had no time for the wrong labels. It reads about 87 % of the new digits where its twin
# that trained on reads about 75 %, after a fifth of the epochs, and the one of 16 units 82 %. That
# is why one usually takes a model that is large enough and stops it, and does not search for the
# size that cannot overfit.
#
# How much patience? Too little, and a bump in a noisy curve ends the training; too much costs
# nothing but time, for the best weights come back in any case. One warning: the validation rows
# have now helped to choose the epoch. For an honest number use rows that had no part in it, as
# above.
#
# > **Try it.** Set `patience=1`. This validation curve is smooth, so the training stops after epoch
# > 4 instead of 9, and the weights of epoch 3 come back all the same. On a bumpy curve a patience
# > of 1 would stop at the first bump.
#
# ## 4 · Reading curves
#
# Three trainings by three students, each with the same kind of data as above and the loss of pure
# guessing at 2.3. The pictures are drawn from formulas, so that you all see the same.

# %%
epochs = np.arange(40)
bumps = 0.02 * np.sin(2.1 * epochs) + 0.015 * np.sin(0.7 * epochs + 1)
pairs = {
    "A": (1.75 + 0.5 * np.exp(-epochs / 4), 1.80 + 0.47 * np.exp(-epochs / 4)),
    "B": (2.25 * np.exp(-epochs / 7), 0.95 + 1.3 * np.exp(-epochs / 3) + 0.025 * epochs),
    "C": (2.3 - 0.028 * epochs, 2.3 - 0.0265 * epochs),
}
figure, panels = plt.subplots(1, 3, figsize=(12, 3.4), sharey=True, layout="constrained")
for panel, (name, (loss, val_loss)) in zip(panels, pairs.items(), strict=True):
    panel.plot(epochs, loss + bumps / 2, color=TRAINING, label="training")
    panel.plot(epochs, val_loss + bumps, "--", color=VALIDATION, label="validation")
    panel.set(title=name, xlabel="epoch", ylim=(0, 2.6))
panels[0].set_ylabel("loss")
panels[0].legend(loc="lower left")
plt.show()

# %% [markdown] question="learning_curves" points=6
# **Question.** For each of A, B and C: what do you see in the two curves, what do you conclude, and
# what would you change next? Name one change for each, and say what the curves should do if you are
# right. Two or three sentences a pair are enough. (6 points, 2 a pair, graded by a person.)
#
# ### BEGIN SOLUTION: *Write your answer here.*
# **Rubric.** 2 points for each pair: 1 for a reading that is true *and* points at the curves, 1 for
# a change that fits the reading, with what it should do to the curves. A fitting change without
# any evidence from the curves earns 1 of the 2. `diagnose` alone ("it says underfitting") is no
# reading.
#
# - **A, underfitting.** Both curves are flat from about epoch 12 on, close together, and high (1.75
#   to 1.80, not far below guessing). More epochs of the same will not help. Changes that fit: a
#   larger network (more units or layers), better features, less regularization, or a learning rate
#   that is tried anew. Both curves should then level off lower. Not accepted: more data, dropout,
#   early stopping, or simply more epochs.
# - **B, overfitting.** The training loss goes to zero while the validation loss has its minimum
#   around epoch 8 and climbs from there. Changes that fit: early stopping with the best weights
#   restored, more data or augmentation, weight decay, dropout, a smaller network, cleaner labels.
#   The validation curve should then stop climbing; the training curve may end higher. Not
#   accepted: more epochs, a larger network.
# - **C, not finished.** Both curves fall steadily, together, and have not begun to bend: neither
#   over- nor underfitting can be told yet. Changes that fit: a higher learning rate, or more
#   epochs. The curves should then bend and level off, and only then can one judge. "Underfitting"
#   is accepted as a reading if it says that the training is too short or too slow. Not accepted as
#   the first change: a larger network, regularization, early stopping.
# ### END SOLUTION

# %% [markdown]
# ## Takeaways
#
# | training loss | validation loss | it is | try |
# |---|---|---|---|
# | high and flat | high and flat | underfitting | a larger model, a better learning rate |
# | low | rose from its minimum | overfitting | stopping early, more data, regularization |
# | low enough | near its minimum | a good fit | the test rows, once |
#
# **Next:** early stopping keeps a model from learning too long. The next notebook keeps it from
# learning too much: with a price on large weights.
#
# **Before you submit:** restart the kernel, run all cells from the top, see that every check you
# count on passes, and that your answer is in the cell above. Save the notebook; then submit it.
#
# **Sources.** Prechelt, "Early stopping, but when?", 1998. Goodfellow, Bengio and Courville, "Deep
# Learning", chapters 5 and 7, 2016. Zhang, Bengio, Hardt, Recht and Vinyals, "Understanding deep
# learning requires rethinking generalization", ICLR 2017 (networks that learn random labels). Data:
# Alpaydin and Kaynak, 1998 (digits).
