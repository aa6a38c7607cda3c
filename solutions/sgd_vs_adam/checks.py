"""The checks of the assignment on SGD and Adam: what must hold, what it is worth, how it is judged.

Runs in the grader; students may read it: the right numbers come from the reference, which is not
here.
"""

from functools import partial

import numpy as np
from sklearn.datasets import load_diabetes

from autograder.grading.judge import close, mismatch
from autograder.model import Check, Exercise

EXERCISES = [
    Exercise("fit_linear"),
    Exercise("sign_accuracy"),
    Exercise("select_learning_rate"),
]

# --- inputs ---------------------------------------------------------------------------------------


def some_rows(rng, *, rows=7, features=3):
    """Columns of unlike means and sizes, and targets that no weights fit exactly."""
    x = rng.normal(size=(rows, features)) + rng.uniform(-1, 1, features)
    return {"x": x, "y": 2 * rng.normal(size=rows) + 0.5}


def by_sgd(rng, *, steps):
    settings = {"learning_rate": 0.06}
    return {**some_rows(rng), "kind": "SGD", "settings": settings, "steps": np.array(steps)}


def by_adam(rng, *, steps):
    # A large epsilon, so that Adam's first steps depend on the size of the gradient too.
    settings = {"learning_rate": 0.2, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 0.5}
    return {**some_rows(rng), "kind": "Adam", "settings": settings, "steps": np.array(steps)}


def by_each(rng):
    optimizers = [
        ["SGD", {"learning_rate": 0.02, "momentum": 0.8}],
        ["Adagrad", {"learning_rate": 0.3, "epsilon": 0.5}],
        ["RMSprop", {"learning_rate": 0.05, "rho": 0.7, "epsilon": 0.5}],
    ]
    return {**some_rows(rng, rows=4, features=6), "optimizers": optimizers, "steps": 10}


def diabetes(rng):
    """300 rows of scikit-learn's diabetes data, in units of deviation, and 142 others."""
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


HELD_OUT = ("held_out_x", "held_out_y")


def scored_rows(rng):
    """Three cases of ten rows, none of whose scores is near 0."""
    w = rng.uniform(0.5, 2, (3, 4)) * rng.choice([-1.0, 1.0], (3, 4))
    x = rng.normal(size=(3, 10, 4))
    scores = np.einsum("cnd,cd->cn", x, w)
    signs = np.where(scores < 0, -1.0, 1.0)
    x += 0.2 * signs[..., None] * (w / (w**2).sum(-1, keepdims=True))[:, None]
    # 3, 8 and 6 right of 10, the wrong ones of either sign.
    right = np.zeros((3, 10), bool)
    for case, number in enumerate((3, 8, 6)):
        right[case, rng.permutation(10)[:number]] = True
    return {"w": w, "x": x, "y": np.where(right, signs, -signs)}


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


def orthogonal_problem(rng, *, share):
    """A problem on which SGD with rate r is at (1 - (1 - 2 r)^t) w after t updates.

    The columns of x are orthogonal, so all weights approach w alike; the validation rows ask for a
    ``share`` of w, so that neither the smallest nor the largest rate is the best. Their columns
    are longer: who fits them too ends elsewhere.
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
        "y_val": share * (x_val @ w),
    }


def rates_in_any_order(rng):
    """After 3 updates these are at 6, 27, 49, 78 and 99 % of w, and 35 % is asked for."""
    rates = np.array([0.01, 0.05, 0.1, 0.2, 0.4])
    orders = [rates, rates[::-1], rates[[3, 0, 4, 1, 2]]]
    return {**orthogonal_problem(rng, share=0.35), "rates": np.stack(orders), "steps": 3}


def many_steps(rng):
    """After 20 updates the smallest rate is the best: at 33 % of w, where 35 % is asked for."""
    rates = np.array([[0.05, 0.2, 0.01, 0.4], [0.4, 0.05, 0.2, 0.01]])
    return {**orthogonal_problem(rng, share=0.35), "rates": rates, "steps": 20}


BEYOND = 1e30  # diverges beyond float64 in 12 updates
FAR = 1e4  # after 12 updates at 1e51: beyond float32 and finite in float64


def some_diverged(rng):
    rates = [
        [BEYOND, 0.01, 0.05, 0.3],
        [0.01, 0.05, BEYOND, 0.3],
        [0.3, 0.05, 0.01, BEYOND],
        [FAR, 0.3, FAR, 0.05],
    ]
    return {**orthogonal_problem(rng, share=0.7), "rates": np.array(rates), "steps": 12}


def all_diverged(rng):
    rates = [[BEYOND, 3 * BEYOND], [BEYOND, BEYOND]]
    return {**orthogonal_problem(rng, share=0.7), "rates": np.array(rates), "steps": 12}


def all_alike(rng):
    """Without an update all rates end at the same weights."""
    rates = np.array([[0.1, 0.01, 0.3], [0.3, 0.1, 0.01], [0.01, 0.3, 0.1]])
    return {**orthogonal_problem(rng, share=0.3), "rates": rates, "steps": 0}


# --- judges ---------------------------------------------------------------------------------------

# Over 200 seeds of the reference the held-out error is 0.51 on average with a deviation of 0.045,
# and 0.66 at most. 0.80 is more than six deviations above: a false alarm in fewer than one of 10^8
# runs. Always predicting the mean has an error of 1.
LARGEST_ERROR = 0.80


def predicts_held_out(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    error = held_out_error(observed, inputs)
    if error <= LARGEST_ERROR:
        return None
    return (
        f"mean squared error on unseen rows: expected at most {LARGEST_ERROR:.2f}, got {error:.2f} "
        "(always predicting the mean would have 1.00)."
    )


def held_out_error(observed, inputs):
    """Mean squared error of the returned weights on rows that the student's code never saw."""
    with np.errstate(all="ignore"):
        return float(np.mean((inputs["held_out_x"] @ observed["w"] - inputs["held_out_y"]) ** 2))


def chosen(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    for rates, got, wanted in zip(inputs["rates"], observed["rate"], expected["rate"], strict=True):
        if not np.isclose(got, wanted, rtol=1e-5):
            listed = ", ".join(f"{rate:g}" for rate in rates)
            return f"of the rates {listed} expected {wanted:g}, got {got:g}."
    return None


def error_raised(observed, expected, inputs):
    problem = mismatch(observed, expected)
    if problem:
        return problem
    if not observed["raised"].all():
        return "every run diverged; expected a ValueError, and a rate came back."
    return None


# --- checks ---------------------------------------------------------------------------------------

CHECKS = [
    Check(
        "every_update_is_the_optimizers",
        "fit_linear",
        "After 1, 2, 3 and 9 updates by Adam, the weights are where it puts them.",
        3,
        "fits",
        partial(by_adam, steps=[1, 2, 3, 9]),
        close(along="case"),
    ),
    Check(
        "the_loss_is_the_mean_of_squares",
        "fit_linear",
        "Updates by SGD are as long as the gradient of the mean squared error over all rows.",
        2,
        "fits",
        partial(by_sgd, steps=[1, 5]),
        close(along="case"),
    ),
    Check(
        "weights_start_at_zero",
        "fit_linear",
        "Without any update, the weights are a vector of zeros.",
        1,
        "fits",
        partial(by_sgd, steps=[0]),
        close(),
    ),
    Check(
        "any_optimizer_will_do",
        "fit_linear",
        "Momentum, AdaGrad and RMSprop do their own updates, with more weights than rows too.",
        2,
        "fits_of_each",
        by_each,
        close(),
    ),
    Check(
        "unseen_rows_are_predicted",
        "fit_linear",
        "Fitted to 300 patients, the weights predict how the illness of others goes on.",
        1,
        "one_fit",
        diabetes,
        predicts_held_out,
        withheld=HELD_OUT,
    ),
    Check(
        "right_signs_are_counted",
        "sign_accuracy",
        "The accuracy is the share of rows whose score has the sign of the label.",
        2,
        "accuracies",
        scored_rows,
        close(along="case"),
    ),
    Check(
        "a_zero_score_is_wrong",
        "sign_accuracy",
        "A score of exactly 0 has no sign, and counts as wrong for either label.",
        1,
        "accuracies",
        rows_with_zero_scores,
        close(),
    ),
    Check(
        "one_sided_cases_work",
        "sign_accuracy",
        "All right is 1, all wrong is 0, and labels may all be alike.",
        1,
        "accuracies",
        rows_of_one_kind,
        close(along="case"),
    ),
    Check(
        "the_size_of_scores_does_not_matter",
        "sign_accuracy",
        "Scores ever so small or large count by their sign.",
        1,
        "accuracies",
        faint_rows,
        close(along="case"),
    ),
    Check(
        "lowest_validation_error_wins",
        "select_learning_rate",
        "The rate with the lowest mean squared error on the validation rows comes back.",
        3,
        "selected",
        rates_in_any_order,
        chosen,
    ),
    Check(
        "as_many_updates_as_asked_for",
        "select_learning_rate",
        "Each rate gets `steps` updates: with more of them, a smaller rate may be the best.",
        1,
        "selected",
        many_steps,
        chosen,
    ),
    Check(
        "a_diverged_run_never_wins",
        "select_learning_rate",
        "A run whose error is infinite or no number is never chosen, wherever it stands.",
        2,
        "selected",
        some_diverged,
        chosen,
    ),
    Check(
        "the_first_wins_a_tie",
        "select_learning_rate",
        "Where errors are equal, the rate that stands first comes back.",
        1,
        "selected",
        all_alike,
        chosen,
    ),
    Check(
        "all_diverged_is_an_error",
        "select_learning_rate",
        "If every run diverges, a ValueError says so.",
        1,
        "refused",
        all_diverged,
        error_raised,
    ),
]
