"""What replicates are made from: the stages of the whole sample, and whether a method fits them."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np

from sampling import format as fmt
from sampling.checks import ArgumentError, SurveyWarning, listed, shown
from surveykit.columns import Domains
from surveykit.design import Design
from surveykit.formulas.arrays import Codes
from surveykit.formulas.bootstrap import Level
from surveykit.formulas.replicates import varying
from surveykit.stages import Plan, build

PAIRS = ("JK2", "BRR", "Fay")  # they need two units a stratum
ALL_STAGES = ("rwyb", "preston")
NEGLIGIBLE = 0.05  # part of the variance inside units that may be left out without a word
LISTED = {"successive"}  # rules of draws down a list, for which SDR is made
#: Rules of draws that keep no order and no balance, whose variance Hájek's form comes near to.
ENTROPY = {
    "srs",
    "yates_grundy",
    "horvitz_thompson",
    "hajek",
    "brewer",
    "overton",
    "hartley_rao",
    "with_replacement",
}


class Source(NamedTuple):
    """What the factors are made from: the plan of the whole sample, and its levels."""

    design: Design
    plan: Plan
    levels: list[Level]

    @property
    def rules(self) -> set[str]:
        """Variance rules of the stages whose units have chances of their own; empty where all are equal."""
        known = [self.design.form_of(s) for s, level in enumerate(self.levels) if level.pi is not None]
        return {rule for form in known if form is not None for rule in form[1]}

    @property
    def name(self) -> str:
        """What the units of the first stage are called."""
        return self.design.stage_name(0)


def read_design(design: Design) -> Source:
    """Lay out the stages of the whole sample, before any step or condition."""
    if design.sampling == "self-selected":
        raise ArgumentError(
            "replicate_weights: the rows are self-selected, so there is no sampling error that replicates "
            "could show."
        )
    if design.phase is not None:
        raise ArgumentError(
            "replicate_weights: replicates of a two-phase design are not made, for the first phase and the "
            "second vary in different ways. Its standard errors come from the Taylor variance."
        )
    bare = design.changed(steps=(), subset=())
    whole = Domains(np.where(bare.w > 0, 0, -1), None, 1)
    units = bare.units(0)
    if bare.stages > 1 and len(units.parent) == 1:
        raise ArgumentError(
            f"replicate_weights: the whole sample lies in one {bare.psu[0]}. Give Design "
            f"psu={list(bare.psu[1:])}, so that {bare.psu[1]} is the first stage."
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
            f"lonely_domain={bare.lonely_domain!r} is a rule for the Taylor variance, and replicates know "
            "none like it. Leave it off to make replicates."
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
            f"method={method!r} needs two units ({source.name}) in every stratum, and "
            f"{_stratum(source, int(odd[0]))} has "
            f"{n[odd[0]]}{f' ({odd.size} strata in all)' if odd.size > 1 else ''}. Use method='JKn' or "
            "'bootstrap', or form pairs."
        )
    if not leaves_out(source, method):
        return
    if (first.f == 1).any():
        raise ArgumentError(
            f"method={method!r} counts the first stage alone, but in "
            f"{_stratum(source, int(np.argmax(first.f)))} every {source.name} was taken, so the error lies "
            f"in the stage below ({design.stage_name(1)}). Use method='rwyb' or 'preston'."
        )
    warnings.warn(
        f"method={method!r} counts the first stage alone. Up to "
        f"{fmt.percent(float(first.f.max()), 0, 'en')} of its units ({source.name}) were drawn, so the "
        "variance inside them matters, and is left out. method='rwyb' or 'preston' counts every stage.",
        SurveyWarning,
        stacklevel=3,  # where replicate_weights was called
    )


def leaves_out(source: Source, method: str) -> bool:
    """Whether the method leaves out stages that count: at most the fraction drawn, of their variance."""
    return (
        method not in ALL_STAGES and len(source.levels) > 1 and float(source.levels[0].f.max()) > NEGLIGIBLE
    )


def _stratum(source: Source, h: int) -> str:
    """Name a stratum of the first stage."""
    if not source.design.strata:
        return "the sample"
    unit = int(np.flatnonzero(source.levels[0].stratum == h)[0])
    row = int(np.flatnonzero(source.design.units(0).row == unit)[0])
    label = source.design.data[list(source.design.strata)].iloc[row].tolist()
    return shown(label[0] if len(label) == 1 else tuple(label))


def places(design: Design) -> Codes:
    """(P,) place of each first-stage unit in the list: the first of its rows."""
    row = design.units(0).row
    out = np.full(int(row.max()) + 1, row.size)
    np.minimum.at(out, row, np.arange(row.size))
    return out
