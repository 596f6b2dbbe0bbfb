r"""What targets can be reached: linear programmes over the factors g of the weights of the distinct cells.

Everywhere :math:`\sum_k d_k g_k X_{kj} = t_j` is asked for with :math:`L_k \le g_k \le U_k`: d (K,) weights
of the cells, X (K, p) their auxiliaries, dense or sparse, t (p,) targets in units of the totals. One
programme answers all: the elastic one, whose least loss is 0 where the targets can be reached,

.. math:: \varphi = \min_g \sum_j |X_j' (d g) - t_j| / s_j, \qquad L \le g \le U.

Its duals y prove that nothing better exists and say which targets take part; with
:math:`r = -d\, X (y / s)` they say how the loss moves with the bounds. The scale :math:`s_j` is
:math:`|t_j|`, or what the cells hold where the target is 0.

References
----------
Chinneck (2008), Feasibility and Infeasibility in Optimization, ch. 6.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
import scipy.sparse as sp

from sampling.checks import ArgumentError
from surveykit.formulas.arrays import Array, Codes

TOLERANCE = 1e-9  # greatest gap, relative to the scale of its target, that counts as reached
SOLVER = 1e-10  # tolerance of the programme, in the same units
TINY = 0.01  # a target below this share of what the cells hold is measured by what they hold
NOTHING = 1e-7  # a dual below this share of all of them takes no part

Bound = float | Array


class Elastic(NamedTuple):
    """Solution of the elastic programme: g (K,), gap (p,) relative, loss φ, duals y (p,), r (K,)."""

    g: Array
    gap: Array
    loss: float
    y: Array
    r: Array

    @property
    def reached(self) -> bool:
        """Whether every target is reached."""
        return float(np.abs(self.gap).max(initial=0.0)) <= TOLERANCE


class Conflict(NamedTuple):
    """Irreducible conflict: ``members`` targets (or groups of them); ``bounds`` whether bounds take part."""

    members: Codes
    bounds: bool


def scales(d: Array, X: Any, t: Array) -> Array:
    """(p,) unit in which the gap of each target is measured: its size, or what the cells hold if it is 0.

    What the cells hold is taken at the level of the other targets, so that the unit of d does not matter.
    """
    columns = sp.csr_matrix(X).T
    size, held = np.abs(t), np.asarray(abs(columns) @ d, dtype=float)
    known = (size > 0) & (held > 0) & (np.asarray(columns @ d) == held)  # sums in which nothing cancels
    level = float(np.median(size[known] / held[known])) if known.any() else 1.0
    scale = np.where(size > TINY * level * held, size, level * held)
    return np.where(scale > 0, scale, 1.0)


def elastic(
    d: Array, X: Any, t: Array, lower: Bound, upper: Bound, loss: Literal["sum", "greatest"] = "sum"
) -> Elastic:
    """Solve the elastic programme, for the least sum of gaps or the least greatest gap.

    Rows are divided by the scale of their target and columns by the root of the share of their cell, so that
    the tolerances of the solver are relative and no coefficient is too small for it.
    """
    from scipy.optimize import linprog

    s, L, U = scales(d, X, t), np.broadcast_to(lower, d.shape), np.broadcast_to(upper, d.shape)
    A = sp.csc_matrix(sp.diags(1 / s) @ sp.csr_matrix(X).T @ sp.diags(d))
    share = np.asarray(abs(A).max(axis=0).todense(), dtype=float).ravel()
    unit = np.where(share > 0, np.sqrt(share), 1.0)
    (p, K), one = A.shape, sp.eye(t.size)
    greatest = loss == "greatest"  # one more variable, above the gap of every target
    below = sp.hstack([sp.csr_matrix((p, K)), one, one, np.full((p, 1), -1.0)]) if greatest else None
    gaps = np.tile([0.0, np.inf], (2 * p + greatest, 1))
    result = linprog(
        np.r_[np.zeros(K), np.full(2 * p, float(not greatest)), np.ones(int(greatest))],
        A_ub=below,
        b_ub=np.zeros(p) if greatest else None,
        A_eq=sp.hstack([A @ sp.diags(1 / unit), one, -one, sp.csr_matrix((p, int(greatest)))]).tocsc(),
        b_eq=t / s,
        bounds=np.vstack([np.column_stack([L * unit, U * unit]), gaps]),
        method="highs-ds",
        options={"primal_feasibility_tolerance": SOLVER, "dual_feasibility_tolerance": SOLVER},
    )
    if result.status:
        raise ArgumentError(
            f"targets: the linear programme that looks for weights was not solved ({result.message}). "
            "Check that every lower bound is below its upper bound, and that all numbers are finite."
        )
    g = np.clip(result.x[:K] / unit, L, U)
    y = np.asarray(result.eqlin.marginals, dtype=float)
    return Elastic(g, A @ g - t / s, float(result.fun), y, -np.asarray(A.T @ y, dtype=float))


def is_feasible(d: Array, X: Any, t: Array, *, lower: Bound = 0.0, upper: Bound = np.inf) -> bool:
    """Tell whether factors within the bounds reach every target, to 1e-9 of its size.

    Parameters
    ----------
    d : (K,) weights of the cells, above 0
    X : (K, p), dense or sparse
        Auxiliaries of the cells: indicators or numbers.
    t : (p,) targets of the totals
    lower, upper : number or (K,)
        Bounds of the factors.

    Examples
    --------
    >>> women, men = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]).T
    >>> d, X = np.array([10.0, 5.0, 5.0]), np.column_stack([women, men])
    >>> is_feasible(d, X, np.array([12.0, 8.0])), is_feasible(d, X, np.array([12.0, 8.0]), upper=1.1)
    (True, False)
    """
    return elastic(d, X, t, lower, upper).reached


def least_violating(
    d: Array, X: Any, t: Array, *, lower: Bound = 0.0, upper: Bound = np.inf
) -> tuple[Array, Array]:
    """Return factors g (K,) with the least sum of relative gaps, and the totals (p,) that they reach.

    Calibration to these totals is possible, though only at the edge of the bounds.

    Examples
    --------
    >>> d, X = np.array([10.0, 10.0]), np.array([[1.0, 1.0], [0.0, 1.0]])
    >>> least_violating(d, X, np.array([40.0, 30.0]))[1]
    array([30., 30.])
    """
    g = elastic(d, X, t, lower, upper).g
    return g, np.asarray(sp.csr_matrix(X).T @ (d * g), dtype=float)


# ---- which targets contradict each other -------------------------------------------------------------


def conflict(
    d: Array,
    X: Any,
    t: Array,
    *,
    groups: Codes | None = None,
    lower: Bound = 0.0,
    upper: Bound = np.inf,
) -> Conflict | None:
    """Return targets that cannot be reached together, though they can once any one of them is dropped.

    If the targets cannot be reached by any g ≥ 0, those are named that contradict each other by themselves;
    if they can, those that the bounds make impossible. Targets are dropped one by one from those with a dual.

    Parameters
    ----------
    d, X, t, lower, upper : as for :func:`is_feasible`
    groups : (p,) numbers from 0, optional
        Targets dropped together, as the levels of a margin; the members are then groups.

    Returns
    -------
    Conflict, or None if all targets can be reached

    Examples
    --------
    Nobody is a man in the country or a woman in town, so men and people in town are the same cell.

    >>> X = np.array([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]])  # men, women, town, country
    >>> conflict(np.ones(2), X, np.array([60.0, 40.0, 70.0, 30.0]))
    Conflict(members=array([1, 3]), bounds=False)

    Bounds may forbid one target by itself.

    >>> conflict(np.array([10.0, 10.0]), np.eye(2), np.array([14.0, 10.0]), upper=1.2)
    Conflict(members=array([0]), bounds=True)
    """
    codes = np.arange(t.size) if groups is None else groups
    every = np.arange(int(codes.max(initial=-1)) + 1)
    bounds = [(np.minimum(lower, 0.0), np.inf, False), (lower, upper, True)]
    for low, high, bounded in bounds:
        members = _support(d, X, t, codes, every, low, high)
        if members is not None:
            return Conflict(_irreducible(d, X, t, codes, members, low, high), bounded)
    return None


def _irreducible(d: Array, X: Any, t: Array, codes: Codes, members: Codes, low: Bound, high: Bound) -> Codes:
    """Drop members of an impossible set one by one: those without which the rest is possible stay."""
    columns = np.flatnonzero(np.isin(codes, members))
    (d, X, t, low, high), codes = merged(d, X, t, columns, low, high), codes[columns]
    needed: list[int] = []
    while len(left := np.setdiff1d(members, needed)):
        without = _support(d, X, t, codes, np.setdiff1d(members, left[0]), low, high)
        if without is None:
            needed.append(int(left[0]))
        else:
            members = without
    return members


def _support(
    d: Array, X: Any, t: Array, codes: Codes, members: Codes, low: Bound, high: Bound
) -> Codes | None:
    """Members with a dual in the proof that they are impossible together; None if they are possible.

    The duals of the least greatest gap add up to 1, and few of them are above 0. That those targets are
    impossible by themselves is tried again, for a small dual may be rounding or not.
    """
    if members.size == 0:
        return None
    columns = np.flatnonzero(np.isin(codes, members))
    done = elastic(*merged(d, X, t, columns, low, high), loss="greatest")
    if done.reached:
        return None
    large = np.abs(done.y) > NOTHING
    part = np.unique(codes[columns[large]])
    if part.size == members.size:
        return members
    smaller = _support(d, X, t, codes, part, low, high)
    return members if smaller is None else smaller


def merged(
    d: Array, X: Any, t: Array, columns: Codes, lower: Bound, upper: Bound
) -> tuple[Array, Array, Array, Array, Array]:
    """Cells that are alike on some of the columns as one: d, X, t, lower, upper of the smaller problem."""
    part = sp.csc_matrix(X)[:, columns].toarray()
    patterns, cell = np.unique(part, axis=0, return_inverse=True)
    add = sp.csr_matrix((d, (cell.ravel(), np.arange(d.size))), shape=(len(patterns), d.size))
    D = np.asarray(add.sum(axis=1), dtype=float).ravel()
    L, U = (np.asarray(add @ np.broadcast_to(bound, d.shape)) / D for bound in (lower, upper))
    return D, patterns, t[columns], L, U
