"""Cells, auxiliaries and targets that can or cannot be reached, and a programme that says which."""

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

WAYS = st.sampled_from(["one target moved", "people moved", "bounds", "numbers"])


def possible(d, X, t, lower=0.0, upper=np.inf):
    """Tell whether there are weights between d L and d U with these sums, by a programme of another form."""
    bounds = np.column_stack([d * lower, d * upper])
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    found = linprog(np.zeros(d.size), A_eq=X.T, b_eq=t, bounds=bounds, method="highs", options=exact)
    assert found.status in (0, 2)
    return found.status == 0


def problem(seed):
    """Return cells of two margins with some crossings absent, a number, and totals that can be reached."""
    rng = np.random.default_rng(seed)
    rows, columns = (int(k) for k in rng.integers(2, 5, 2))
    first, second = (code.ravel() for code in np.indices((rows, columns)))
    there = rng.random(first.size) < 0.6
    there[[0, -1]] = True
    first, second = first[there], second[there]
    first, second = (np.unique(code, return_inverse=True)[1] for code in (first, second))
    X = np.hstack([np.eye(first.max() + 1)[first], np.eye(second.max() + 1)[second]])
    X = np.column_stack([X, rng.uniform(1, 2, len(X))])
    d = rng.uniform(0.5, 3.0, len(X))
    g = rng.uniform(0.5, 2.0, len(X))
    return rng, d, X, g, first.max() + 1


def impossible(seed, way):
    """Return a problem and bounds; the targets are mostly impossible."""
    rng, d, X, g, cut = problem(seed)
    t = X.T @ (d * g)
    lower, upper = 0.0, np.inf
    if way == "one target moved":
        t[rng.integers(t.size)] *= 1.5
    elif way == "people moved":
        t[0], t[cut - 1] = t[0] + 0.9 * t[cut - 1], 0.1 * t[cut - 1]
    elif way == "bounds":
        lower, upper = 0.9, rng.uniform(1.0, 1.5, d.size)
    else:
        t[-1] *= 2.0
    return d, X, t, lower, upper
