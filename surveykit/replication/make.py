"""Replicate weights made from the strata, units and fractions of a design."""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple

import numpy as np

from sampling import format as fmt
from sampling.checks import ArgumentError, DataError, SurveyWarning, check_choice, listed, shown
from surveykit.columns import Domains
from surveykit.design import Design, check_design
from surveykit.formulas import bootstrap
from surveykit.formulas import replicates as factors
from surveykit.formulas.arrays import Codes
from surveykit.formulas.bootstrap import Level
from surveykit.formulas.replicates import Factors, varying
from surveykit.replicates import Replicates
from surveykit.result import Note
from surveykit.stages import Plan, build

Method = Literal["auto", "JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "rwyb", "preston", "SDR"]
METHODS = ("auto", "JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "rwyb", "preston", "SDR")
RANDOM = ("JK2", "bootstrap", "rwyb", "preston")  # they need a seed
BOOTSTRAPS = ("bootstrap", "rwyb", "preston")
PAIRS = ("JK2", "BRR", "Fay")  # they need two units a stratum
FIXED = ("JK1", "JKn", "JK2")  # the units give the number of replicates
ALL_STAGES = ("rwyb", "preston")
LISTED = {"successive"}  # rules of draws down a list, for which SDR is made
#: Rules of draws that keep no order and no balance, whose variance Hájek's form comes near to.
ENTROPY = {"srs", "yates_grundy", "horvitz_thompson", "hajek", "brewer", "hartley_rao", "with_replacement"}
BOOTSTRAP = 500  # replicates of a bootstrap, if not said
SUCCESSIVE = 160  # most replicates of SDR, if not said
FAY = 0.5
MANY = 2000  # units from which "auto" takes the bootstrap
LARGEST = 100_000_000  # factors: 800 MB
ROUNDING = 1e-12


class Source(NamedTuple):
    """What the factors are made from: the plan of the whole sample, and its levels."""

    design: Design
    plan: Plan
    levels: list[Level]

    @property
    def rules(self) -> set[str]:
        """Variance rules of the stages whose units have chances of their own; empty where all are equal."""
        names = [self.design.stage_name(s) for s, level in enumerate(self.levels) if level.pi is not None]
        return {rule for name in names for rule in self.design.drawn[name].rules or ("hajek",)}

    @property
    def name(self) -> str:
        """What the units of the first stage are called."""
        return self.design.stage_name(0)


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
        True: deviations from the full estimate; False: from the mean of the replicates, as R by default.

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
            "from the "
            "design without them."
        )
    source = read_design(design)
    chosen = choose(source, method, replicates)
    rho = check_words(chosen, replicates, seed, fay)
    check_fit(source, chosen)
    made = factors_of(source, chosen, replicates, seed, rho)
    notes = check_made(source, chosen, made)
    last = source.plan.key[0] if chosen in ALL_STAGES else 0
    return design.changed(
        replicates=Replicates(
            chosen, made.scale, made.rscales, mse=bool(mse), seed=None if seed is None else int(seed),
            fay=rho if chosen == "Fay" else None, unit=design.units(last).row, factors=made.F, notes=notes,
        )
    )  # fmt: skip


def read_design(design: Design) -> Source:
    """Lay out the stages of the whole sample, before any step or condition."""
    if design.sampling == "self-selected":
        raise ArgumentError(
            "replicate_weights: the rows are self-selected, so there is no sampling error that "
            "replicates could "
            "show."
        )
    bare = design.changed(steps=(), subset=())
    whole = Domains(np.where(bare.w > 0, 0, -1), None, 1)
    units = bare.units(0)
    if bare.stages > 1 and len(units.parent) == 1:
        raise ArgumentError(
            f"replicate_weights: the whole sample lies in one {bare.psu[0]}. Give Design "
            f"psu={listed(bare.psu[1:])}, so that the {bare.psu[1]} are the first stage."
        )
    plan = build(bare, whole, 0, ("replicates",))
    first = plan.stages[0]
    if first.alone.any() and bare.lonely_psu in ("centre", "average"):
        raise ArgumentError(
            f"lonely_psu={bare.lonely_psu!r}: replicates cannot show what a stratum with one "
            f"{bare.stage_name(0)} "
            'is to give. Merge it with a neighbour, or pass lonely_psu="collapse" or "certainty" to Design.'
        )
    if bare.lonely_domain != "off":
        raise ArgumentError(
            f"lonely_domain={bare.lonely_domain!r} is a rule for the Taylor variance, and replicates "
            "know none "
            "like it. Leave it off to make replicates."
        )
    return Source(bare, plan, levels_of(bare, plan))


def levels_of(design: Design, plan: Plan) -> list[Level]:
    """Return the stages that count, as the formulas of the bootstrap take them."""
    levels = []
    for s, stage in enumerate(plan.stages):
        above = design.units(s).parent if s else np.zeros(stage.stratum.size, dtype=np.intp)
        own = design.given(s, stage.stratum, stage.f, stage.factor)
        pi = None if own is None or not own.stratum.any() else own.fraction
        levels.append(Level(stage.stratum, stage.f, above, stage.factor[stage.stratum], pi))
    return levels


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
                f"replicates={replicates}: with method={method!r} the units give the number. Leave it "
                "out, or "
                "take method='bootstrap'."
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


def check_fit(source: Source, method: str) -> None:
    """Refuse a method that the strata, stages or chances of the design do not allow."""
    design, (first, *below) = source.design, source.levels
    n, moves = np.bincount(first.stratum), varying(first.stratum, first.f)
    fits = {"rwyb": ENTROPY, "SDR": LISTED}.get(method, set())
    if not source.rules <= fits:
        way = (
            "Use method='rwyb', which has the chances of each."
            if source.rules <= ENTROPY
            else "Use method='SDR', for draws down a list."
            if source.rules <= LISTED
            else "Leave the replicates out: the Taylor variance has the form of the draw."
        )
        raise ArgumentError(
            f"method={method!r} does not fit the way in which the units were drawn "
            f"({listed(sorted(source.rules))}). {way}"
        )
    counted = source.levels if method in ALL_STAGES else [first]
    if not any(varying(level.stratum, level.f).any() for level in counted):
        way = "Use method='rwyb', which draws the units below." if below else "There is no sampling error."
        raise ArgumentError(f"method={method!r}: every {source.name} was taken (fpc 1). {way}")
    if method == "JK1" and n.size > 1:
        raise ArgumentError(
            f"method='JK1' is for a sample without strata, and this one has {n.size}. Use method='JKn'."
        )
    odd = np.flatnonzero(moves & (n != 2)) if method in PAIRS else np.zeros(0, dtype=np.intp)
    if odd.size:
        raise ArgumentError(
            f"method={method!r} needs two {source.name} in every stratum; "
            f"{_stratum(source, int(odd[0]))} has "
            f"{n[odd[0]]}{f' ({odd.size} strata in all)' if odd.size > 1 else ''}. Use method='JKn' or "
            "'bootstrap', or form pairs of strata."
        )
    if method in ALL_STAGES or not below:  # a stage below counts where the first has fractions above 0
        return
    if (first.f == 1).any():
        raise ArgumentError(
            f"method={method!r} counts the first stage alone, but "
            f"{_stratum(source, int(np.argmax(first.f)))} was "
            f"taken whole, so all of its error lies in the {design.stage_name(1)} below. Use "
            "method='rwyb' or "
            "'preston'."
        )
    warnings.warn(
        f"method={method!r} counts the first stage alone: with "
        f"{fmt.percent(float(first.f.max()), 0, 'en')} of the "
        f"{source.name} drawn, the variance inside them is left out. method='rwyb' or 'preston' counts every "
        "stage.",
        SurveyWarning,
        stacklevel=3,
    )


def _stratum(source: Source, h: int) -> str:
    """Name a stratum of the first stage."""
    if not source.design.strata:
        return "the sample"
    unit = int(np.flatnonzero(source.levels[0].stratum == h)[0])
    row = int(np.flatnonzero(source.design.units(0).row == unit)[0])
    label = source.design.data[list(source.design.strata)].iloc[row].tolist()
    return shown(label[0] if len(label) == 1 else tuple(label))


def _sized(source: Source, P: int, R: int) -> None:
    """Refuse tables of factors that would not fit in memory."""
    if P * R > LARGEST:
        raise ArgumentError(
            f"{fmt.integer(P, 'en')} units by {fmt.integer(R, 'en')} replicates are "
            f"{fmt.number(8e-9 * P * R, 1, 'en')} GB of factors. Use method='bootstrap' with "
            "replicates=500, or "
            f"name the clusters in psu= if {source.name} is not the first stage."
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


def places(design: Design) -> Codes:
    """(P,) place of each first-stage unit in the list: the first of its rows."""
    row = design.units(0).row
    out = np.full(int(row.max()) + 1, row.size)
    np.minimum.at(out, row, np.arange(row.size))
    return out


def check_made(source: Source, method: str, made: Factors) -> tuple[Note, ...]:
    """Refuse factors below 0; return the remarks for the line below a table."""
    least = float(made.F.min(initial=1.0))
    if least < -ROUNDING:
        raise DataError(
            f"method={method!r} gives factors below 0 here (least {fmt.number(least, 3, 'en')}), which "
            "weights cannot have: large fractions or very unequal chances stand at one stage above small "
            "ones. "
            f"Use method={'bootstrap' if method == 'rwyb' else 'rwyb'!r}."
        )
    if method in ALL_STAGES or len(source.levels) == 1:
        return ()
    en = f"variance inside {source.name} left out by the replicates"
    return (Note(en, f"quyền số lặp bỏ qua sai số bên trong {source.name}"),)
