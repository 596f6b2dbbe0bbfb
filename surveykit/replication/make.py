"""Replicate weights made from the strata, units and fractions of a design."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, check_choice
from surveykit.context import Note
from surveykit.design import Design, check_design
from surveykit.formulas import bootstrap
from surveykit.formulas import replicates as factors
from surveykit.formulas.replicates import Factors, varying
from surveykit.replicates import Replicates
from surveykit.replication.source import (
    ALL_STAGES,
    LISTED,
    Source,
    check_fit,
    leaves_out,
    places,
    read_design,
)

Method = Literal["auto", "JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "rwyb", "preston", "SDR"]
METHODS = ("auto", "JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "rwyb", "preston", "SDR")
BOOTSTRAPS = ("bootstrap", "rwyb", "preston")
RANDOM = ("JK2", *BOOTSTRAPS)  # they need a seed
FIXED = ("JK1", "JKn", "JK2")  # the units give the number of replicates
BOOTSTRAP = 500  # replicates of a bootstrap, if not said
SUCCESSIVE = 160  # most replicates of SDR, if not said
FAY = 0.5
MANY = 2000  # units from which "auto" takes the bootstrap
LARGEST = 100_000_000  # factors: 800 MB
ROUNDING = 1e-12


def replicate_weights(
    design: Design,
    method: Method = "auto",
    *,
    replicates: int | None = None,
    seed: int | None = None,
    fay: float | None = None,
    mse: bool = True,
) -> Design:
    r"""Give a design replicate weights; every variance is then read from them in the place of Taylor's.

    .. math:: \hat V = c \sum_r s_r (\hat\theta_r - \hat\theta)^2

    The weighting steps, taken before or after, are taken again on every replicate.

    Parameters
    ----------
    design : Design
    method : text
        "JK1" (no strata), "JKn": one PSU after another is left out. "JK2", "BRR", "Fay": two PSUs a stratum.
        "bootstrap": Rao–Wu, n − 1 PSUs drawn again. "rwyb": Rao–Wu–Yue–Beaumont, at every stage, with the
        chances of each unit. "preston": half of the units of every stage. "SDR": successive differences, in
        the order of the rows. "auto": "rwyb" where later stages count or chances were unequal ("SDR" for one
        stage drawn down a list); else "JK1" or "JKn", or "bootstrap" where ``replicates`` is given or there
        are more than 2,000 PSUs.
    replicates : number, optional
        For bootstraps (500 if not said); for BRR, Fay and SDR at least so many, rounded up to the order of a
        Hadamard matrix.
    seed : whole number
        For the random methods (JK2 and the bootstraps), and for steps whose targets are estimates; recorded.
    fay : number, optional
        Fay's factor ρ, 0.5 if not said.
    mse : bool
        True: deviations from the full estimate; False: from the mean of the replicates, as R by default. A
        bootstrap then has c = 1 / (R − 1) in the place of 1 / R, for the mean is of the same replicates.

    Returns
    -------
    Design with ``replicates``

    Raises
    ------
    ArgumentError, LonelyPSUError
        The method does not fit the design; the sentence names one that does.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, ch. 3–5; Beaumont & Émond (2022), Stats 5, 339–357.

    Examples
    --------
    >>> import numpy as np, pandas as pd, surveykit as sv
    >>> people = pd.DataFrame({"w": 10.0, "xa": list("aabbcc"), "diem": [4, 5, 3, 4, 2, 3]})
    >>> design = sv.replicate_weights(sv.Design(people, weights="w", psu="xa"))
    >>> result = sv.mean(design, "diem")
    >>> float(result.se.iloc[0].round(4)), result.context.method.en
    (0.5774, 'JK1, 3 replicates')
    """
    check_design(design)
    check_choice(method, METHODS, "method")
    if design.replicates is not None:
        raise ArgumentError(
            f"replicate_weights: the design has replicates already ({design.replicates.note.en}). Start "
            "from the design without them."
        )
    source = read_design(design)
    chosen = choose(source, method, replicates)
    rho = check_words(chosen, replicates, seed, fay)
    check_fit(source, chosen)
    seed = None if seed is None else int(seed)  # NumPy's whole numbers too
    made = factors_of(source, chosen, replicates, seed, rho)
    notes = check_made(source, chosen, made)
    scale = 1 / (made.rscales.size - 1) if chosen in BOOTSTRAPS and not mse else made.scale
    last = source.plan.key[0] if chosen in ALL_STAGES else 0
    return design.changed(
        replicates=Replicates(
            chosen, scale, made.rscales, mse=bool(mse), seed=seed,
            fay=rho if chosen == "Fay" else None, unit=design.units(last).row, factors=made.F, notes=notes,
        )
    )  # fmt: skip


def choose(source: Source, method: Method, replicates: Any) -> str:
    """Return the method, worked out for "auto"."""
    if method != "auto":
        return method
    if source.rules and source.rules <= LISTED and len(source.levels) == 1:
        return "SDR"
    if len(source.levels) > 1 or source.rules:
        return "rwyb"
    first = source.levels[0]
    if replicates is not None or first.stratum.size > MANY:
        return "bootstrap"
    return "JK1" if first.f.size == 1 else "JKn"


def check_words(method: str, replicates: Any, seed: Any, fay: Any) -> float:
    """Refuse words that do not go with the method; return Fay's factor, 0 for other methods."""
    if replicates is not None:
        if isinstance(replicates, bool) or not isinstance(replicates, (int, np.integer)) or replicates < 2:
            raise ArgumentError(f"replicates={replicates!r}: give a whole number, 2 or more.")
        if method in FIXED:
            raise ArgumentError(
                f"replicates={replicates}: with method={method!r} the units give the number. Leave it out, "
                "or take method='bootstrap'."
            )
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0):
        raise ArgumentError(f"seed={seed!r}: pass a whole number, 0 or more, e.g. 20261122.")
    if method in RANDOM and seed is None:
        raise ArgumentError(
            f"method={method!r} draws by chance: pass a seed, so that it can be repeated, e.g. seed=20261122."
        )
    if fay is None:
        return FAY if method == "Fay" else 0.0
    if method != "Fay":
        raise ArgumentError(f"fay={fay!r} goes with method='Fay', not with {method!r}. Leave it out.")
    if isinstance(fay, bool) or not isinstance(fay, (int, float, np.number)) or not 0 <= fay < 1:
        raise ArgumentError(f"fay={fay!r}: Fay's factor is a number from 0 to below 1; 0.5 is usual.")
    return float(fay)


def _sized(source: Source, P: int, R: int) -> None:
    """Refuse tables of factors that would not fit in memory."""
    if P * R > LARGEST:
        raise ArgumentError(
            f"{fmt.integer(P, 'en')} units by {fmt.integer(R, 'en')} replicates are "
            f"{fmt.number(8e-9 * P * R, 1, 'en')} GB of factors. Use method='bootstrap' with "
            f"replicates=500, or name the clusters in psu= if {source.name} is not the first stage."
        )


def factors_of(source: Source, method: str, replicates: int | None, seed: int | None, rho: float) -> Factors:
    """Return the factors of a method that fits the design."""
    first, P = source.levels[0], source.levels[0].stratum.size
    drawn = seed if seed is not None else 0  # methods without chance do not read it
    if method in ("JK1", "JKn"):
        _sized(source, P, int(varying(first.stratum, first.f)[first.stratum].sum()))
        return (factors.jk1 if method == "JK1" else factors.jkn)(first.stratum, first.f)
    if method == "JK2":
        _sized(source, P, first.f.size)
        return factors.jk2(first.stratum, first.f, drawn)
    if method in ("BRR", "Fay"):
        _sized(source, P, max(first.f.size, replicates or 0))
        return factors.balanced(first.stratum, first.f, rho, replicates or 0)
    if method == "SDR":
        least = replicates or min(P + 1, SUCCESSIVE)
        _sized(source, P, least)
        return factors.successive(first.stratum, first.f, places(source.design), least)
    levels = source.levels[:1] if method == "bootstrap" else source.levels
    R = replicates or BOOTSTRAP
    _sized(source, levels[-1].stratum.size, R)
    return (bootstrap.preston if method == "preston" else bootstrap.rescaled)(levels, R, drawn)


def check_made(source: Source, method: str, made: Factors) -> tuple[Note, ...]:
    """Refuse factors below 0; return the remarks for the line below a table."""
    least = float(made.F.min(initial=1.0))
    if least < -ROUNDING:
        raise DataError(
            f"method={method!r} gives factors below 0 here (least {fmt.number(least, 3, 'en')}), which "
            "weights cannot have: large fractions or very unequal chances stand at one stage above small "
            f"ones. Use method={'bootstrap' if method == 'rwyb' else 'rwyb'!r}."
        )
    if not leaves_out(source, method):
        return ()
    en = f"variance inside {source.name} left out by the replicates"
    return (Note(en, f"quyền số lặp bỏ qua sai số bên trong {source.name}"),)
