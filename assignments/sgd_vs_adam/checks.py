"""The checks of the assignment on SGD and Adam: what must hold, what it is worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here.
"""

from functools import partial

import numpy as np
from _shared.cases import each_case, each_is_refused
from _shared.digits import HELD_OUT
from sklearn.datasets import load_diabetes

from autograder.grading.judge import close, expect
from autograder.model import Exercise

fit_linear = Exercise("fit_linear")
sign_accuracy = Exercise("sign_accuracy")
select_learning_rate = Exercise("select_learning_rate")

# --- fit_linear -----------------------------------------------------------------------------------

SGD = {"kind": "SGD", "settings": {"learning_rate": 0.06}}
# A large epsilon, so that Adam's first steps depend on the size of the gradient too.
ADAM = {
    "kind": "Adam",
    "settings": {"learning_rate": 0.2, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.5},
}
OTHERS = [
    ["SGD", {"learning_rate": 0.02, "momentum": 0.8}],
    ["Adagrad", {"learning_rate": 0.3, "epsilon": 0.5}],
    ["RMSprop", {"learning_rate": 0.05, "rho": 0.7, "epsilon": 0.5}],
]


def some_rows(rng, *, rows=7, features=3, **settings):
    """Columns of unlike means and sizes, and targets that no weights fit exactly."""
    x = rng.normal(size=(rows, features)) + rng.uniform(-1, 1, features)
    return {"x": x, "y": 2 * rng.normal(size=rows) + 0.5, **settings}


def diabetes(rng):
    """300 rows of scikit-learn's diabetes data, in standard deviations, and 142 held-out rows."""
    x, y = load_diabetes(return_X_y=True)
    order = rng.permutation(len(x))
    x, y = (x / x.std(axis=0))[order], ((y - y.mean()) / y.std())[order]
    return {
        "kind": "SGD",
        "settings": {"learning_rate": 0.05, "momentum": 0.8},
        "x": x[:300],
        "y": y[:300],
        "steps": 80,
        "held_out_x": x[300:],
        "held_out_y": y[300:],
    }


fitted = partial(fit_linear.rule, probe="fits", judge=close(along="case"))
fitted(
    "every_update_is_the_optimizers",
    "After 1, 2, 3 and 9 updates, the weights are where Keras' Adam puts them.",
    points=3,
    inputs=partial(some_rows, **ADAM, steps=np.array([1, 2, 3, 9])),
    pairs=True,
)
fitted(
    "the_loss_is_the_mean_of_squares",
    "Each update uses the gradient of the mean squared error over all rows (seen with SGD).",
    points=2,
    inputs=partial(some_rows, **SGD, steps=np.array([1, 5])),
)
fitted(
    "weights_start_at_zero",
    "Without any update, the weights are a vector of zeros.",
    points=1,
    inputs=partial(some_rows, **SGD, steps=np.array([0])),
)
fit_linear.rule(
    "any_optimizer_will_do",
    "The same with momentum, AdaGrad and RMSprop, and with more weights than rows.",
    points=2,
    aspect="behaviour",
    probe="fits_of_each",
    inputs=partial(some_rows, rows=4, features=6, optimizers=OTHERS, steps=10),
    judge=close(),
)


@fit_linear.check(
    points=1, aspect="convergence", probe="one_fit", inputs=diabetes, withheld=HELD_OUT
)
def unseen_rows_are_predicted(observed, inputs):
    """Fitted to 300 patients, the weights predict how the disease of others progresses.

    Over 200 seeds the reference's error is 0.51 on average with a deviation of 0.045, and 0.66 at
    most. 0.80 is more than six deviations above: a false alarm in fewer than one of 10^8 runs.
    """
    with np.errstate(all="ignore"):
        error = np.mean((inputs["held_out_x"] @ observed["w"] - inputs["held_out_y"]) ** 2)
    expect(
        error <= 0.80,
        f"Mean squared error on unseen rows: expected at most 0.80, got {error:.2f} (always "
        "predicting the mean has 1.00).",
    )


# --- sign_accuracy --------------------------------------------------------------------------------


def scored_rows(rng):
    """Three cases of ten rows, whose scores are not near 0; a few scores are just the label."""
    w = rng.uniform(0.5, 2, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4))
    w[:, 0] = np.sign(w[:, 0])
    x = rng.normal(size=(3, 10, 4))
    scores = np.einsum("cnd,cd->cn", x, w)
    signs = np.where(scores < 0, -1.0, 1.0)
    x += 0.2 * signs[..., None] * (w / (w**2).sum(-1, keepdims=True))[:, None]
    # 3, 8 and 6 right of 10, the wrong ones of either sign.
    right = np.zeros((3, 10), bool)
    for case, number in enumerate((3, 8, 6)):
        right[case, rng.permutation(10)[:number]] = True
    y = np.where(right, signs, -signs)
    # If none were the label, an accuracy of 0 would be that of comparing the scores with it.
    for case, number in enumerate((1, 3, 2)):
        rows = np.flatnonzero(right[case])[-number:]
        x[case, rows] = np.outer(y[case, rows] * w[case, 0], np.eye(4)[0])
    return {"w": w, "x": x, "y": y}


def rows_with_zero_scores(rng):
    """Small whole numbers: scores are exact, some exactly 0, for labels of either sign."""
    w = np.array([[1.0, -2.0, 0.0]])
    x = np.array([[[2.0, 1, 5], [0, 0, 3], [4, 2, -1], [3, 1, 0], [-1, 1, 2], [1, 0, 0]]])
    y = np.array([[1.0, -1, -1, 1, -1, -1]])
    order = rng.permutation(6)
    return {"w": w, "x": x[:, order], "y": y[:, order]}


def rows_of_one_kind(rng):
    """All right; all wrong; all labels -1."""
    inputs = scored_rows(rng)
    signs = np.sign(np.einsum("cnd,cd->cn", inputs["x"], inputs["w"]))
    inputs["y"] = np.stack([signs[0], -signs[1], -np.ones(10)])
    return inputs


def faint_rows(rng):
    inputs = scored_rows(rng)
    return {**inputs, "w": inputs["w"] * np.array([1e-12, 1e-3, 1e6])[:, None]}


accuracy = partial(sign_accuracy.rule, probe="accuracies", judge=close(along="case"))
accuracy(
    "right_signs_are_counted",
    "The accuracy is the share of rows whose score has the sign of the label.",
    points=2,
    inputs=scored_rows,
)
accuracy(
    "a_zero_score_is_wrong",
    "A score of exactly 0 has no sign, and counts as wrong for either label.",
    points=1,
    inputs=rows_with_zero_scores,
)
accuracy(
    "one_sided_cases_work",
    "If all rows are right it is 1, if all are wrong 0; all labels may be the same.",
    points=1,
    inputs=rows_of_one_kind,
)
accuracy(
    "the_size_of_scores_does_not_matter",
    "Very small and very large scores count by their sign alone.",
    points=1,
    inputs=faint_rows,
)

# --- select_learning_rate -------------------------------------------------------------------------


def orthogonal_problem(rng, *, share, scale=1.0, **settings):
    """A problem on which SGD with rate r is at (1 - (1 - 2 r)^t) w after t updates.

    The columns of x are orthogonal, so all weights approach w alike; the validation rows ask for a
    ``share`` of w, so that neither the smallest nor the largest rate is the best. Their columns
    are longer: a fit to them too ends elsewhere.
    """
    n, m, d = 8, 6, 3
    x = np.linalg.qr(rng.normal(size=(n, d)))[0] * np.sqrt(n)
    x_val = np.linalg.qr(rng.normal(size=(m, d)))[0] * np.sqrt(3 * m)
    w = rng.choice([-1.0, 1.0], d) * rng.uniform(0.5, 2, d)
    return {
        "kind": "SGD",
        "settings": {},
        "x": x,
        "y": x @ w,
        "x_val": x_val,
        "y_val": scale * share * (x_val @ w),
        **settings,
    }


def problem(rates, **settings):
    return partial(orthogonal_problem, rates=np.array(rates), **settings)


OTHER_ERRORS = {
    "mean absolute": lambda r: np.abs(r).mean(axis=1),
    "median": lambda r: np.median(np.square(r), axis=1),
    "largest": lambda r: np.abs(r).max(axis=1),
    "variance": lambda r: r.var(axis=1),
}


def problem_of_mean_squares(rng, *, rates, **settings):
    """One whose best rate is another by each of `OTHER_ERRORS`.

    A constant is added to the validation targets, and two of them are outliers.
    """
    rates = np.array(rates)
    reached = 1 - (1 - 2 * rates[0]) ** settings["steps"]
    while True:
        found = orthogonal_problem(rng, rates=rates, **settings)
        whole = found["y_val"] / settings["share"]  # what all of w predicts
        y_val = found["y_val"] + rng.uniform(-3, 3)
        y_val[:2] *= rng.uniform(-4, 4, 2)
        residuals = reached[:, None] * whole - y_val
        errors = np.square(residuals).mean(axis=1)
        others = {error(residuals).argmin() for error in OTHER_ERRORS.values()}
        first, second = np.sort(errors)[:2]
        # Nor may rounding decide.
        if errors.argmin() not in others and len(others) == 4 and second > 1.02 * first:
            return {**found, "y_val": y_val}


def lists_of_rates(inputs):
    return [f"Of the rates {', '.join(f'{rate:g}' for rate in rates)}" for rates in inputs["rates"]]


def lists_without_a_best(inputs):
    why = ("of which every run diverges", "of which every error is infinite")
    return [f"{rates}, {each}" for rates, each in zip(lists_of_rates(inputs), why, strict=True)]


# After 3 updates these are at 0.3, 1, 27, 49, 78 and 99 % of w.
RATES = [0.0005, 0.002, 0.05, 0.1, 0.2, 0.4]
SHUFFLED = [0.2, 0.002, 0.4, 0.05, 0.0005, 0.1]
# At 94, 66, 43, 32, 9 and 2 % of w; and at 61, 96, 2, 41, 0.6 and 12 %. The answers to three lists
# of other rates tell more mistakes apart than those to one list in three orders.
FALLING = [0.3, 0.15, 0.085, 0.06, 0.015, 0.003]
MIXED = [0.135, 0.33, 0.004, 0.08, 0.001, 0.02]
BEYOND = 1e30  # diverges beyond float64 in 12 updates
FAR = 1e4  # after 12 updates at 1e51: beyond float32 and finite in float64
SOME_DIVERGE = [
    [BEYOND, 0.01, 0.05, 0.3],
    [0.01, 0.05, BEYOND, 0.3],
    [0.3, 0.05, 0.01, BEYOND],
    [FAR, 0.3, FAR, 0.05],
]

chosen = partial(
    select_learning_rate.rule,
    probe="selected",
    judge=each_case("rate", lists_of_rates, "{:g}".format, rtol=1e-5),
)
chosen(
    "lowest_validation_error_wins",
    "The rate with the lowest mean squared error on the validation rows is returned.",
    points=2,
    inputs=problem([RATES, FALLING, MIXED], share=0.35, steps=3),
)
chosen(
    "squares_of_all_errors_count",
    "The mean of the squares decides, also where other ways to put the errors together, such as "
    "their absolute values or the largest of them, would choose another rate.",
    points=1,
    inputs=partial(
        problem_of_mean_squares, rates=[RATES, RATES[::-1], SHUFFLED], share=0.35, steps=3
    ),
)
chosen(
    "as_many_updates_as_asked_for",
    "Each rate gets `steps` updates: with more of them, a smaller rate may be the best.",
    points=1,
    # After 20 updates the smallest rate is the best: at 33 % of w, where 35 % is asked for.
    inputs=problem([[0.05, 0.2, 0.01, 0.4], [0.4, 0.05, 0.2, 0.01]], share=0.35, steps=20),
)
chosen(
    "a_diverged_run_never_wins",
    "A run whose error is infinite or NaN is never chosen, wherever it is in the list.",
    points=2,
    inputs=problem(SOME_DIVERGE, share=0.7, steps=12),
)
chosen(
    "the_first_wins_a_tie",
    "Where errors are equal, the first rate in the list is returned.",
    points=1,
    # Without an update all rates end at the same weights. However large their error, it is one.
    inputs=problem(
        [[0.1, 0.01, 0.3], [0.3, 0.1, 0.01], [0.01, 0.3, 0.1]], share=0.3, scale=1e6, steps=0
    ),
)
select_learning_rate.rule(
    "all_diverged_is_an_error",
    "If the error of every run is infinite or NaN, a ValueError says so.",
    points=1,
    aspect="behaviour",
    probe="complaints",
    # The validation targets are so large that no error is finite, whatever the weights are.
    inputs=problem([[BEYOND, 3 * BEYOND], [0.05, 0.3]], share=0.7, steps=12, scale=1e300),
    judge=each_is_refused(lists_without_a_best),
)
