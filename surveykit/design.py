"""Design: the data with everything a sound estimate needs to know of how they were drawn. No statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from sampling.checks import check_choice, check_columns, check_frame, own_keywords
from surveykit import columns as col
from surveykit import fractions as rates
from surveykit.chances import Chances, laid, note_of, read_pps, rule_of
from surveykit.columns import Domains
from surveykit.context import Note
from surveykit.designview import one_line, page, trail_of
from surveykit.drawn import Drawn, Given, given
from surveykit.formulas.arrays import Array, Codes, Mask
from surveykit.formulas.selfselected import DEFECT
from surveykit.formulas.steps import Step
from surveykit.fractions import Units
from surveykit.phases import FirstPhase, Method, SecondPhase, first_phase, read_second
from surveykit.replicates import ReplicateColumns, Replicates, read_columns, refuse_step

P = ParamSpec("P")
R = TypeVar("R")
REMEMBERED = 8  # tables of one kind kept in memory
Sampling = Literal["probability", "srs", "self-selected"]
Lonely = Literal["error", "certainty", "centre", "average", "collapse"]
LonelyDomain = Literal["off", "centre", "average"]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Design:
    """Survey data with weights, strata and stages.

    Parameters
    ----------
    data : DataFrame
        One row a person; nonrespondents may stay as rows. Never changed.
    weights : column name
        Design weight, the inverse of the probability of selection. Without it say how the rows came about:
        ``sampling="srs"`` (every row the same chance) or ``sampling="self-selected"`` (no inference), or
        give ``fpc``, from which the weights follow.
    strata : column name or list of them (crossed)
    psu : column name or list of them
        Units of the first stage, the second, …; without it the rows are the units.
    fpc : column name or list of them, one for each stage
        Units in the population (counts, at least 1) or fractions drawn (at most 1); without it the stage
        counts as drawn with replacement.
    pps : word or object of :mod:`surveykit.chances`, or a list of them, one for each stage, optional
        The units of a stage were drawn with unequal chances, and its ``fpc`` holds their inclusion
        probabilities given the unit above. The variance by "brewer", "overton", "hajek", "hartley-rao",
        "poisson", "successive", or by ``JointProbabilities(matrix)``; None for a stage of equal chances.
    nest : bool
        Say True when PSU ids start again in each stratum.
    lonely_psu : {"error", "certainty", "centre", "average", "collapse"}
        What a stratum with one PSU contributes. "certainty": the error of the stage below, where there is
        one, for the PSU was not drawn by chance; "centre": its distance from the mean of the
        PSUs in all strata that hold the domain; "average": the mean of the other strata; "collapse": it
        joins its neighbour among the strata of which a part was drawn (first stage only).
    lonely_domain : {"off", "centre", "average"}
        The same for a stratum in which a domain has one PSU.
    defect : number, optional
        For self-selected rows: the data defect correlation that the effective number of answers assumes.
        0.005 by default: what Meng (2018) found for the US election of 2016, not a finding of these data.
    replicates : ReplicateColumns, optional
        Replicate weights that the data bring along, in the place of strata, psu and fpc. To make them from
        strata and psu see :func:`replicate_weights`.

    Raises
    ------
    ColumnError, ArgumentError, DataError
        A column is absent, or holds values that cannot be a weight, a unit or a fraction.

    Examples
    --------
    >>> people = pd.DataFrame({"w": [10, 10, 20, 20], "thon": list("aabb"), "diem": [4, 5, 3, 4]})
    >>> Design(people, weights="w", psu="thon")
    Design of 4 rows: weights 'w'; psu 'thon' (2); drawn with replacement
    """

    data: pd.DataFrame
    weighted_by: str | None
    strata: tuple[str, ...]
    psu: tuple[str, ...]
    fpc: tuple[str, ...]
    sampling: Sampling
    nest: bool
    lonely_psu: Lonely
    lonely_domain: LonelyDomain
    defect: float = DEFECT
    steps: tuple[Step, ...] = ()
    subset: tuple[str, ...] = ()
    drawn: Mapping[str, Drawn] = field(default_factory=dict)
    pps: tuple[Chances | None, ...] = ()
    phase: SecondPhase | None = None
    replicates: Replicates | None = None
    cache: dict[Any, Any] = field(default_factory=dict)

    @own_keywords("Design", rates.ELSEWHERE, "Design(data, weights='…', strata='…', psu='…')")
    def __init__(
        self,
        data: pd.DataFrame,
        *,
        weights: str | None = None,
        strata: str | Sequence[str] | None = None,
        psu: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        pps: Chances | Sequence[Chances | None] | None = None,
        sampling: Sampling | None = None,
        nest: bool = False,
        lonely_psu: Lonely = "error",
        lonely_domain: LonelyDomain = "off",
        defect: float | None = None,
        replicates: ReplicateColumns | None = None,
    ) -> None:
        check_frame(data)
        rates.check_weights_name(data, weights)
        names = {
            "strata": check_columns(data, strata, "strata"),
            "psu": check_columns(data, psu, "psu"),
            "fpc": check_columns(data, fpc, "fpc"),
        }
        check_choice(lonely_psu, ("error", "certainty", "centre", "average", "collapse"), "lonely_psu")
        check_choice(lonely_domain, ("off", "centre", "average"), "lonely_domain")
        if sampling is not None:
            check_choice(sampling, ("probability", "srs", "self-selected"), "sampling")
        rates.check_given(weights, sampling, names["psu"], names["fpc"])
        values: dict[str, Any] = {
            "data": data.copy(deep=False),
            "weighted_by": weights,
            **names,
            "sampling": sampling or "probability",
            "nest": nest,
            "lonely_psu": lonely_psu,
            "lonely_domain": lonely_domain,
            "defect": rates.check_defect(defect, sampling),
            "steps": (),
            "subset": (),
            "drawn": {},
            "pps": read_pps(pps, max(len(names["psu"]), 1), names["fpc"]),
            "phase": None,
            "replicates": None,
            "cache": {},
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        rates.check_values(self)
        if replicates is not None:
            object.__setattr__(self, "replicates", read_columns(self, replicates))

    # ---- making a design from a design -------------------------------------------------------------

    def changed(self, *, keep_units: bool = True, **changes: Any) -> Design:
        """Return a copy with other fields; codes already worked out are kept unless units change."""
        new = object.__new__(Design)
        for name in self.__dataclass_fields__:
            object.__setattr__(new, name, changes.get(name, getattr(self, name)))
        kept = {"units", "strata", "fractions"} if keep_units else set()
        kept |= {"chances", "joint"} if keep_units and "data" not in changes else set()
        kept |= set() if {"data", "phase"} & changes.keys() else {"base"}
        kept |= set() if {"steps", "data", "phase"} & changes.keys() else {"path", "lines"}
        cache = {k: v for k, v in self.cache.items() if k[0] in kept}
        if "fpc" in changes and self.weighted_by is None and len(new.data) == len(self.data):
            cache["base",] = self.base_weights  # which followed from the sizes, and do not change with them
        object.__setattr__(new, "cache", cache)
        return new

    def where(self, condition: str) -> Design:
        """Return the design for the rows that meet a condition; the others stay for the variance.

        Parameters
        ----------
        condition : text
            As ``DataFrame.query`` takes it: ``"tuoi >= 18 and gioi == 'Nữ'"``.
        """
        col.check_condition(condition)
        col.condition(self.data, condition)
        return self.changed(subset=(*self.subset, condition))

    def add_step(self, step: Step, *, inner: bool = False) -> Design:
        """Return the design with one more weighting step; ``inner``: it calibrates to the first phase."""
        refuse_step(self.replicates, step.name)
        phase = None if self.phase is None else self.phase.after(step.name, inner=inner)
        return self.changed(steps=(*self.steps, step), phase=phase)

    def second_phase(
        self,
        selected: str,
        *,
        strata: str | Sequence[str] | None = None,
        fpc: str | None = None,
        probabilities: str | None = None,
        method: Method = "full",
    ) -> Design:
        r"""Return the design of a second phase: rows drawn from these, which all stay.

        The weight of a selected row is divided by its chance in the second phase; the others get weight 0.

        .. math:: \hat V = \sum_{ij} \frac{\Omega_{1,ij}}{\pi_{2,ij}} y_i y_j / (\pi_{1i} \pi_{1j}) + \hat V_2

        Parameters
        ----------
        selected : column name
            1 or True for rows of the second phase, 0 or False for the others.
        strata : column name or list of them (crossed)
            Strata in which the rows were drawn at random, with equal chances in each.
        fpc : column name, optional
            Rows of the first phase in each stratum, or the fraction drawn; by default counted.
        probabilities : column name, optional
            Chance of each row in the second phase, the same in a stratum, in the place of ``fpc``.
        method : {"full", "approx"}
            "full" is unbiased; "approx" is R's approximation, for a first phase of rows drawn at random.

        Raises
        ------
        ArgumentError, DataError, LonelyPSUError
            The design has weighting steps or replicates, or a stratum has nobody or one row selected.

        References
        ----------
        Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, chapter 9.

        Examples
        --------
        >>> forms = pd.DataFrame({"w": [5.0] * 6, "sau": [1, 1, 0, 1, 1, 0], "diem": [4, 5, 0, 3, 4, 0]})
        >>> Design(forms, weights="w").second_phase("sau").weights.tolist()
        [7.5, 7.5, 0.0, 7.5, 7.5, 0.0]
        """
        found = read_second(
            self, selected, strata=strata, fpc=fpc, probabilities=probabilities, method=method
        )
        return self.changed(phase=found)

    def first_phase_totals(self, columns: str | Sequence[str]) -> FirstPhase:
        """Return the totals over the first phase of columns known there, as targets for ``calibrate``."""
        return first_phase(self, columns)

    def pipe(self, function: Callable[Concatenate[Design, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call function(design, …), so that steps read from top to bottom."""
        return function(self, *args, **kwargs)

    # ---- what the estimators read ------------------------------------------------------------------

    def cached(self, key: tuple[Any, ...], make: Callable[[], Any]) -> Any:
        """Return what was made under this key, making it at the first call."""
        if key not in self.cache:
            same = [k for k in self.cache if k[0] == key[0]]
            if key[0] != "units" and len(same) >= REMEMBERED:
                self.cache.pop(same[0], None)
            self.cache[key] = make()
        return self.cache[key]

    @property
    def stages(self) -> int:
        """Number of stages named; the rows are the units of one when psu is not given."""
        return max(len(self.psu), 1)

    def stage_name(self, s: int) -> str:
        """Name of the units of stage s, for messages."""
        return self.psu[s] if self.psu else "row"

    def stratum_codes(self) -> tuple[Codes, pd.Index[Any]]:
        """(n,) first-stage stratum of each row, and the names of the strata."""
        made: tuple[Codes, pd.Index[Any]] = self.cached(
            ("strata",), lambda: col.crossed_codes(self.data, self.strata, "strata")
        )
        return made

    def units(self, s: int) -> Units:
        """Units of stage s, numbered so that those of one stratum, and of one unit above, are together."""
        made: Units = self.cached(("units", s), lambda: rates.make_units(self, s))
        return made

    @property
    def fractions(self) -> list[Array]:
        """Fraction drawn in each stratum of each stage with an fpc."""
        made: list[Array] = self.cached(("fractions",), lambda: rates.fractions(self))
        return made

    def given(self, s: int, parent: Codes, f: Array, factor: Array) -> Given | None:
        """Strata of stage s whose form comes from unequal chances, said by hand or carried by a sample."""
        if self.unequal(s):
            return laid(self, s, parent, factor)
        if s >= len(self.psu) or s >= len(self.fpc) or self.psu[s] not in self.drawn:
            return None
        return given(self.drawn[self.psu[s]], self.units(s).row, parent, f, factor)

    def unequal(self, s: int) -> bool:
        """Whether the chances of stage s were said to be unequal."""
        return s < min(len(self.pps), len(self.fpc)) and self.pps[s] is not None

    def chances(self, s: int) -> Array:
        """(U,) inclusion probability of each unit of a stage of unequal chances, given the unit above."""
        made: Array = self.cached(("chances", s), lambda: rates.unit_chances(self, s))
        return made

    def form_of(self, s: int) -> tuple[Note, tuple[str, ...]] | None:
        """Return what the line says of the forms of stage s, and their rules; None for equal chances."""
        said = self.pps[s] if self.unequal(s) else None
        if said is not None:
            return note_of(said), (rule_of(said),)
        own = self.drawn.get(self.stage_name(s))
        return None if own is None else (own.note, own.rules or ("hajek",))

    @property
    def base_weights(self) -> Array:
        """(n,) weight before any step."""
        made: Array = self.cached(("base",), lambda: rates.base_weights(self))
        return made

    @property
    def weight_path(self) -> list[Array]:
        """Weights (n,) before the first step, after it, … after the last."""

        def fold() -> list[Array]:
            path = [self.base_weights]
            for step in self.steps:
                path.append(step.apply(path[-1]))
            return path

        path: list[Array] = self.cached(("path",), fold)
        return path

    @property
    def w(self) -> Array:
        """(n,) final weight."""
        return self.weight_path[-1]

    @property
    def weights(self) -> pd.Series:
        """Final weight of each row, with the index of the data."""
        return pd.Series(self.w, index=self.data.index, name="weight")

    def mask(self, where: str | None = None) -> Mask | None:
        """(n,) rows asked for, or None for all."""
        if where is not None:
            col.check_condition(where)
        conditions = (*self.subset, *((where,) if where is not None else ()))
        if not conditions:
            return None
        made: Mask = self.cached(
            ("mask", conditions),
            lambda: np.logical_and.reduce([col.condition(self.data, c) for c in conditions]),
        )
        return made

    def domains(self, by: str | Sequence[str] | None = None, where: str | None = None) -> Domains:
        """Rows sorted into domains: the levels of ``by`` (missing values have a row of their own)."""
        if where is not None:
            col.check_condition(where)
        names = check_columns(self.data, by, "by")
        key = ("domains", names, where)
        made: Domains = self.cached(key, lambda: col.domains(self, names, where))
        return made

    @property
    def trail(self) -> pd.DataFrame:
        """Each weighting step: rows with a weight, sum, least, greatest, deff of the weights, biggest change.

        The biggest change is the ratio of a weight after the step to that before which is farthest from 1,
        among rows that keep a weight.
        """
        return trail_of(self)

    # ---- how it looks -------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.data)

    def __repr__(self) -> str:
        """Return the design in one line."""
        return one_line(self)

    def _repr_html_(self) -> str:
        """Return the design and the trail of its weights as HTML."""
        return page(self)


def check_design(design: Any) -> Design:
    """Return design if it is one."""
    if not isinstance(design, Design):
        raise TypeError(
            f"design is a {type(design).__name__}; make one first: "
            "Design(data, weights='…', strata='…', psu='…')."
        )
    return design
