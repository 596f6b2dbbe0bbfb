"""Derivatives of weighting steps: as a step gives them, and by counting one row after another more."""

from __future__ import annotations

import numpy as np

from surveykit.formulas.steps import Linear, dense, replay

#: Change of how often a row counts in a central difference: its error is about the square of it, and that of
#: the solver (1e-12) over it.
STEP = 1e-5
MOVED = 1e-6


def rows_of(line: Linear) -> np.ndarray:
    """(n, p) auxiliaries of every row."""
    X = dense(line.X)
    return X if line.cell is None else X[line.cell]


def carried(line: Linear) -> np.ndarray:
    """(n, p) V = diag(v) X − t r', written out."""
    V = line.v[:, None] * rows_of(line)
    if line.t is None:
        return V
    part = np.zeros(line.t.size, dtype=int) if line.part is None else line.part
    return V - line.t[:, None] * dense(line.r)[part]


def influence(step, w, u):
    """(n, k) derivative of Σ w u by how often each row counts, as the step gives it; u (n, k)."""
    after = step.apply(w)
    line = step.linear(w, after)
    M = rows_of(line).T @ (line.g[:, None] * u)
    return after[:, None] * u - carried(line) @ dense(line.inverse @ M)


def moved(step, w, u):
    """(n, k) the same, by central differences."""
    often = np.eye(w.size) * STEP
    return np.array(
        [sum(s * (replay(step, w * (1 + s * more), 1 + s * more) @ u) for s in (1, -1)) / (2 * STEP)
         for more in often]
    )  # fmt: skip


def check_derivative(step, w, u):
    """Fail unless the derivative that a step gives is that of its weights."""
    wanted = moved(step, w, u)
    np.testing.assert_allclose(influence(step, w, u), wanted, rtol=MOVED, atol=MOVED * np.abs(wanted).max())
