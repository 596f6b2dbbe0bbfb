r"""Outcome rates of the cases issued, by the standard definitions of AAPOR.

The last axis of ``counts`` holds numbers (or sums of weights) of cases in the order of ``CLASSES``:
complete I, partial P, refusal R, non-contact NC, other non-interview O, unknown whether a household UH,
unknown otherwise UO, not eligible NE. ``e`` is the share eligible among the unknown. A rate whose
denominator is 0 is NaN.

References
----------
AAPOR (2016), Standard Definitions: Final Dispositions of Case Codes and Outcome Rates for Surveys, 9th ed.
"""

from __future__ import annotations

import numpy as np

from surveykit.formulas.arrays import Array
from surveykit.formulas.statistics import divide

CLASSES = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")
UNKNOWN = ("UH", "UO")
RATES = (
    "RR1", "RR2", "RR3", "RR4", "RR5", "RR6", "COOP1", "COOP2", "COOP3", "COOP4",
    "REF1", "REF2", "REF3", "CON1", "CON2", "CON3",
)  # fmt: skip
STAGES = ("issued", "known", "eligible", "contacted", "responded")


def _parts(counts: Array) -> list[Array]:
    return [counts[..., k] for k in range(len(CLASSES))]


def eligible_share(counts: Array) -> Array:
    r"""Share eligible among the cases whose eligibility is known: the proportional allocation of CASRO.

    .. math:: e = \frac{I + P + R + NC + O}{I + P + R + NC + O + NE}

    Parameters
    ----------
    counts : (..., 8)

    Returns
    -------
    (...) shares, NaN where no case is known.

    References
    ----------
    AAPOR (2016); CASRO (1982), On the Definition of Response Rates.

    Examples
    --------
    >>> float(eligible_share(np.array([4.0, 2, 1, 1, 1, 1, 1, 1])))
    0.9
    """
    eligible = counts[..., :5].sum(axis=-1)
    return divide(eligible, eligible + counts[..., 7])


def outcome_rates(counts: Array, e: Array) -> Array:
    r"""Response, cooperation, refusal and contact rates, in the order of ``RATES``.

    .. math:: RR1 = \frac{I}{(I + P) + (R + NC + O) + (UH + UO)}, \quad
              COOP1 = \frac{I}{(I + P) + R + O}, \quad
              CON1 = \frac{(I + P) + R + O}{(I + P) + R + O + NC + (UH + UO)}

    RR3, RR4, REF2, CON2 take e (UH + UO) in the place of (UH + UO), RR5, RR6, REF3, CON3 leave it out; RR2,
    RR4, RR6, COOP2, COOP4 count partial interviews as answers; COOP3, COOP4 leave O out.

    Parameters
    ----------
    counts : (..., 8)
    e : (...), shares from 0 to 1

    Returns
    -------
    (..., 16) rates

    References
    ----------
    AAPOR (2016), Standard Definitions, "Calculating outcome rates".

    Examples
    --------
    >>> rates = outcome_rates(np.array([4.0, 2, 1, 1, 1, 1, 1, 1]), np.array(0.9))
    >>> dict(zip(RATES, rates.round(3).tolist()))["RR3"]
    0.37
    """
    I, P, R, NC, O, UH, UO, _ = _parts(counts)  # noqa: E741 -- the letters of the standard
    U = UH + UO
    eligible = (I + P) + (R + NC + O)
    contacted = (I + P) + R + O
    part = np.where(U > 0, e * U, 0.0)  # where nobody is unknown, e does not matter
    bases = (eligible + U, eligible + part, eligible)
    response = [divide(top, base) for base in bases for top in (I, I + P)]
    cooperation = [divide(top, base) for base in (contacted, (I + P) + R) for top in (I, I + P)]
    refusal = [divide(R, base) for base in bases]
    contact = [divide(contacted, base) for base in bases]
    return np.stack([*response, *cooperation, *refusal, *contact], axis=-1)


def flow(counts: Array) -> Array:
    """Cases left after each stage: issued, eligibility known, eligible, contacted, responded.

    Each stage is a part of the one before, so what is lost between two is a sum of classes: UH + UO, NE, NC,
    R + O. A partial interview is a response.

    Parameters
    ----------
    counts : (..., 8)

    Returns
    -------
    (..., 5) in the order of ``STAGES``

    Examples
    --------
    >>> flow(np.array([4.0, 2, 1, 1, 1, 1, 1, 1])).tolist()
    [12.0, 10.0, 9.0, 8.0, 6.0]
    """
    I, P, R, NC, O, UH, UO, NE = _parts(counts)  # noqa: E741 -- the letters of the standard
    responded = I + P
    contacted = responded + R + O
    eligible = contacted + NC
    known = eligible + NE
    return np.stack([known + UH + UO, known, eligible, contacted, responded], axis=-1)
