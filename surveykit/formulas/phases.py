r"""Two phases: what a second draw from the rows of the first adds to the form of the first.

With z the weighted influence of the rows drawn twice, :math:`z_i = y_i / (\pi_{1i} \pi_{2i})`, the first
phase is estimated without bias by

.. math:: \sum_{ij} \Omega_{1,ij} \frac{\pi_{2i} \pi_{2j}}{\pi_{2,ij}} z_i z_j

(Särndal, Swensson & Wretman 1992, result 9.3.1). Rows of two strata of the second phase are drawn
independently, so that the ratio of probabilities is 1; inside a stratum it is the same for all pairs. What is
added to :math:`z' \Omega_1 z` is therefore a product of sums by stratum.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from surveykit.formulas.arrays import Array, Codes, sum_by
from surveykit.formulas.omega import Omega, centred, indicator


def correction(first: Omega, stratum: Codes, n: Array, f: Array) -> Omega:
    r"""Form that added to Ω₁ makes it unbiased on the rows of the second phase.

    Parameters
    ----------
    first : Omega of rows (U, U)
        Form of the first phase.
    stratum : (U,) stratum of the second phase of each row
    n, f : (G,) rows drawn, fraction drawn

    Returns
    -------
    Omega with elements Ω₁ (ρ − 1), ρ = π_i π_j / π_ij between rows of a stratum and π_i on the diagonal

    Examples
    --------
    >>> half = correction(centred(np.ones(1), np.array([4]), np.zeros(4, int)), np.zeros(4, int),
    ...                   np.array([2.0]), np.array([0.5]))
    >>> half.dense()[0].round(4).tolist()
    [-0.375, -0.125, -0.125, -0.125]
    """
    N = n / f
    pairs = np.where(f < 1, n * (N - 1) / (N * np.maximum(n - 1, 1)), 1.0) - 1  # ρ − 1 of two rows
    S = first.sparse.tocoo()
    same = stratum[S.row] == stratum[S.col]
    off = (S.row != S.col) & same
    values = np.where(off, S.data * pairs[stratum[S.row]], 0.0)
    sparse = sp.csr_matrix((values, (S.row, S.col)), shape=S.shape)
    low = first.diagonal() - first.sparse.diagonal()
    own = first.diagonal() * (f - 1)[stratum] - low * pairs[stratum]
    L, K = first.left.tocoo(), first.middle.tocoo()
    G = f.size
    found, place = np.unique(L.col.astype(np.intp) * G + stratum[L.row], return_inverse=True)
    left = sp.csr_matrix((L.data, (L.row, place)), shape=(L.shape[0], found.size))
    pick = indicator(found // G, first.left.shape[1])
    among = (pick @ K.tocsr() @ pick.T).tocoo()
    g = found % G
    keep = g[among.row] == g[among.col]
    rows, columns = among.row[keep], among.col[keep]
    middle = sp.csr_matrix((among.data[keep] * pairs[g[rows]], (rows, columns)), shape=among.shape)
    return Omega((sparse + sp.diags(own)).tocsr(), left, middle)


def second(stratum: Codes, drawn: Array, n: Array, f: Array) -> Omega:
    r"""Form of the second phase: :math:`\sum_g (1 - f_g) \frac{n_g}{n_g - 1} \sum (z_i - \bar z_g)^2`.

    Parameters
    ----------
    stratum : (U,) stratum of each row
    drawn : (U,) whether the row was drawn
    n, f : (G,) rows drawn, fraction drawn
    """
    a = (1 - f) * n / np.maximum(n - 1, 1)
    return centred(a, n, np.where(drawn, stratum, -1))


def approximate(a: Array, n: Array, stratum: Codes, chance: Array, drawn: Array) -> Omega:
    r"""R's approximation of the first phase, for rows drawn at random.

    .. math:: \sum_h a_h \sum_{i \in s_2 \cap h} (\pi_{2i} z_i - m_h)^2 / \pi_{2i}, \quad m_h = \sum z_i / n_h

    Parameters
    ----------
    a, n : (H,) factor of the sum of squares, rows drawn in the first phase
    stratum : (U,) stratum of the first phase
    chance : (U,) π₂
    drawn : (U,) whether the row was drawn in the second phase

    References
    ----------
    Lumley, R package survey, ``twophase(method="approx")``.
    """
    R = sum_by(stratum, drawn / chance, n.size)
    K = sp.diags(-a * (2 / n - R / n**2)).tocsr()
    return Omega(sp.diags(a[stratum] * chance * drawn).tocsr(), indicator(stratum, n.size), K)
