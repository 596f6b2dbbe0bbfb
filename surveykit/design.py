"""Design: the data with everything a sound estimate needs to know of how they were drawn. No statistics."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Concatenate, Literal, NamedTuple, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import (
    ArgumentError,
    ColumnError,
    check_choice,
    check_columns,
    check_frame,
    column_names,
    listed,
    near,
)
from surveykit import columns as col
from surveykit import fractions as rates
from surveykit.columns import Domains
from surveykit.drawn import Drawn, Given, given
from surveykit.formulas.arrays import Array, Codes, Mask, cross
from surveykit.formulas.effects import biggest_change
from surveykit.formulas.selfselected import DEFECT
from surveykit.formulas.steps import Step
from surveykit.replicates import ReplicateColumns, Replicates, read_columns, refuse_step
from surveykit.stepnames import step_words

P = ParamSpec("P")
R = TypeVar("R")
TRAIL_VI = ["bước quyền số", "số dòng", "tổng", "nhỏ nhất", "lớn nhất", "deff", "thay đổi lớn nhất"]
REMEMBERED = 8  # tables of one kind kept in memory
Sampling = Literal["probability", "srs", "self-selected"]
Lonely = Literal["error", "certainty", "centre", "average", "collapse"]
LonelyDomain = Literal["off", "centre", "average"]


class Units(NamedTuple):
    """Units of one stage: ``row`` (n,) unit of each row, ``parent`` (U,) stratum of each unit."""

    row: Codes
    parent: Codes


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
    nest : bool
        Say True when PSU ids start again in each stratum.
    lonely_psu : {"error", "certainty", "centre", "average", "collapse"}
        What a stratum with one PSU contributes. "certainty": nothing; "centre": its distance from the mean
        of all PSUs; "average": the mean of the other strata; "collapse": it joins its neighbour.
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
    replicates: Replicates | None = None
    cache: dict[Any, Any] = field(default_factory=dict)

    def __init__(
        self,
        data: pd.DataFrame,
        *,
        weights: str | None = None,
        strata: str | Sequence[str] | None = None,
        psu: str | Sequence[str] | None = None,
        fpc: str | Sequence[str] | None = None,
        sampling: Sampling | None = None,
        nest: bool = False,
        lonely_psu: Lonely = "error",
        lonely_domain: LonelyDomain = "off",
        defect: float | None = None,
        replicates: ReplicateColumns | None = None,
    ) -> None:
        check_frame(data)
        if weights is not None and (not isinstance(weights, str) or weights not in data.columns):
            if isinstance(weights, str):
                raise ColumnError(
                    f"weights={weights!r}: the data have no such column.{near(weights, data.columns)}"
                )
            column_names(weights, "weights")
            raise TypeError(f"weights={weights!r}: pass the name of one column.")
        names = {
            "strata": check_columns(data, strata, "strata"),
            "psu": check_columns(data, psu, "psu"),
            "fpc": check_columns(data, fpc, "fpc"),
        }
        check_choice(lonely_psu, ("error", "certainty", "centre", "average", "collapse"), "lonely_psu")
        check_choice(lonely_domain, ("off", "centre", "average"), "lonely_domain")
        if sampling is not None:
            check_choice(sampling, ("probability", "srs", "self-selected"), "sampling")
        if weights is None and not names["fpc"] and sampling not in ("srs", "self-selected"):
            raise ArgumentError(
                "No design given: an estimate needs to know how the rows were drawn. Pass weights='…' (and "
                "strata=, psu=), or say sampling='srs' (every row had the same chance) or "
                "sampling='self-selected' (people chose to answer: no inference to the population)."
            )
        if len(names["fpc"]) > max(len(names["psu"]), 1):
            raise ArgumentError(
                f"fpc={list(names['fpc'])}: {len(names['fpc'])} columns for {max(len(names['psu']), 1)} "
                "stage(s). Give one column for each stage named in psu."
            )
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
        kept |= set() if "data" in changes else {"base"}
        kept |= set() if {"steps", "data"} & changes.keys() else {"path", "lines"}
        cache = {k: v for k, v in self.cache.items() if k[0] in kept}
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

    def add_step(self, step: Step) -> Design:
        """Return the design with one more weighting step."""
        refuse_step(self.replicates, step.name)
        return self.changed(steps=(*self.steps, step))

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
        made: Units = self.cached(("units", s), lambda: self._make_units(s))
        return made

    def _make_units(self, s: int) -> Units:
        above = self.units(s - 1).row if s else self.stratum_codes()[0]
        if not self.psu:
            row = np.empty(len(above), dtype=np.intp)
            order = np.argsort(above, kind="stable")
            row[order] = np.arange(len(above))
            return Units(row, above[order])
        codes, levels = col.complete_codes(self.data, self.psu[s], "psu")
        row, parent, own = cross(above, codes, len(levels))
        if s == 0 and not self.nest and len(parent) > len(levels):
            twice = np.flatnonzero(np.bincount(own) > 1)
            strata = self.stratum_codes()[1][parent[own == twice[0]]]
            raise ArgumentError(
                f"psu={self.psu[0]!r}: {listed(levels[twice], 3)} stands in more than one stratum "
                f"({listed(strata, 3)}). If the ids start again in each stratum, pass nest=True; if not, "
                "correct the stratum of those rows."
            )
        return Units(row, parent)

    @property
    def fractions(self) -> list[Array]:
        """Fraction drawn in each stratum of each stage with an fpc."""
        made: list[Array] = self.cached(("fractions",), lambda: rates.fractions(self))
        return made

    def given(self, s: int, parent: Codes, f: Array, factor: Array) -> Given | None:
        """Strata of stage s whose form comes from the probabilities that a drawn sample carries."""
        if s >= len(self.psu) or s >= len(self.fpc) or self.psu[s] not in self.drawn:
            return None
        return given(self.drawn[self.psu[s]], self.units(s).row, parent, f, factor)

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
        names = ["design", *(step.name for step in self.steps)]
        rows = []
        before = self.weight_path[0]
        for name, w in zip(names, self.weight_path, strict=True):
            used = w[w != 0]
            deff = used.size * float((used**2).sum()) / float(used.sum()) ** 2
            rows.append(
                (name, used.size, used.sum(), used.min(), used.max(), deff, biggest_change(before, w))
            )
            before = w
        return pd.DataFrame(rows, columns=["step", "n", "sum", "min", "max", "deff", "change"])

    # ---- how it looks -------------------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.data)

    def __repr__(self) -> str:
        """Return the design in one line."""
        parts = [f"weights {self.weighted_by!r}" if self.weighted_by else "no weight column"]
        if self.sampling != "probability":
            parts.append(f"sampling {self.sampling}")
        if self.strata:
            parts.append(f"strata {', '.join(self.strata)!r} ({len(self.stratum_codes()[1])})")
        parts += [f"psu {name!r} ({len(self.units(s).parent)})" for s, name in enumerate(self.psu)]
        if self.replicates is None or not self.replicates.given:
            parts.append(f"fpc {', '.join(self.fpc)!r}" if self.fpc else "drawn with replacement")
        parts += [f"{name!r}: {drawn.note.en}" for name, drawn in self.drawn.items()]
        parts += [f"steps {', '.join(step.name for step in self.steps)}"] if self.steps else []
        parts += [self.replicates.note.en] if self.replicates is not None else []
        parts += [f"where {' and '.join(self.subset)}"] if self.subset else []
        return f"Design of {fmt.integer(len(self.data), 'en')} rows: " + "; ".join(parts)

    def _repr_html_(self) -> str:
        """Return the design and the trail of its weights as HTML."""
        parts = [f"{fmt.integer(len(self.data))} dòng"]
        parts.append(f"quyền số: {self.weighted_by}" if self.weighted_by else "không có cột quyền số")
        if self.strata:
            count = fmt.integer(len(self.stratum_codes()[1]))
            parts.append(f"tầng: {', '.join(self.strata)} ({count})")
        parts += [
            f"PSU: {name} ({fmt.integer(len(self.units(s).parent))})" for s, name in enumerate(self.psu)
        ]
        if self.replicates is None or not self.replicates.given:
            parts.append(f"fpc: {', '.join(self.fpc)}" if self.fpc else "chọn có hoàn lại")
        parts += [f"{name}: {drawn.note.vi}" for name, drawn in self.drawn.items()]
        if self.sampling == "self-selected":
            parts.append("mẫu tự chọn: không suy rộng được")
        parts += [self.replicates.note.vi] if self.replicates is not None else []
        parts += [f"chỉ các dòng: {' và '.join(self.subset)}"] if self.subset else []
        trail = self.trail.assign(step=[step_words(name) for name in self.trail["step"]])
        table = trail.set_axis(TRAIL_VI, axis=1).map(
            lambda v: (
                fmt.number(v, 2) if isinstance(v, float) else fmt.integer(v) if isinstance(v, int) else v
            )
        )
        return f"<p>Thiết kế mẫu: {col.html_text('; '.join(parts))}</p>{table.to_html(index=False, border=0)}"


def check_design(design: Any) -> Design:
    """Return design if it is one."""
    if not isinstance(design, Design):
        raise TypeError(
            f"design is a {type(design).__name__}; make one first: "
            "Design(data, weights='…', strata='…', psu='…')."
        )
    return design
