"""What became of each case issued: counts, outcome rates, and the weight of cases of unknown eligibility."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from sampling import format as fmt
from sampling.checks import (
    ArgumentError,
    DataError,
    SurveyWarning,
    check_choice,
    check_columns,
    check_frame,
    shown,
)
from surveykit import columns as col
from surveykit.design import Design
from surveykit.formulas import response
from surveykit.formulas.arrays import Array
from surveykit.formulas.response import CLASSES, RATES, STAGES, UNKNOWN
from surveykit.formulas.statistics import divide
from surveykit.formulas.steps import ClassAdjustment
from surveykit.outcomes import (
    CLASS_WORDS,
    RATE_WORDS,
    STAGE_WORDS,
    classify,
    outcome_codes,
    outcome_html,
    substitutes_of,
    told,
)
from surveykit.weighting.guards import check_open

__all__ = ["Dispositions", "classify", "dispositions", "spread_unknown"]

Cases = Literal["issued", "with_substitutes"]


@dataclass(frozen=True, eq=False, repr=False)
class Dispositions:
    """Cases by outcome, with the outcome rates of AAPOR.

    ``numbers`` (2, 2, G, 8): cases without and with base weights; issued and substitutes; groups; classes.
    ``names`` of the groups, or None for one; ``given`` the share e that was given; ``weighted`` and
    ``substituted`` say which of the numbers are shown.
    """

    numbers: Array
    names: pd.Index[Any] | None
    given: float | None
    weighted: bool
    substituted: bool

    def _cases(self, cases: str, weighted: bool) -> Array:
        issued, substitutes = self.numbers[int(weighted)]
        found = {"issued": issued, "substitutes": substitutes, "with_substitutes": issued + substitutes}
        return np.asarray(found[cases])

    def _rates(self, cases: str, weighted: bool) -> Array:
        """(G, 17) the share e, then the rates."""
        counts = self._cases(cases, weighted)
        e = response.eligible_share(counts)
        e = e if self.given is None else np.full_like(e, self.given)
        return np.column_stack([e, response.outcome_rates(counts, e)])

    def _table(self, what: Any, cases: Sequence[str], labels: Sequence[str], head: str) -> pd.DataFrame:
        columns = {}
        for weighted in (False, True)[: 1 + self.weighted]:
            for one in cases[: 1 + self.substituted]:
                columns[one + "_weighted" * weighted] = what(one, weighted).ravel()
        G = self.numbers.shape[2]
        names = [] if self.names is None else [self.names.get_level_values(i) for i in range(len(self.by))]
        index: pd.Index[Any] = pd.Index(list(labels) * G, name=head)
        if names:
            index = pd.MultiIndex.from_arrays(
                [*(name.repeat(len(labels)) for name in names), index], names=[*self.by, head]
            )
        return pd.DataFrame(columns, index=index)

    @property
    def by(self) -> tuple[str, ...]:
        """Columns that make the groups."""
        return () if self.names is None else tuple(str(name) for name in self.names.names)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Cases of each class: ``issued``, ``substitutes``, and their sums of base weights."""
        table = self._table(self._cases, ("issued", "substitutes"), CLASSES, "class")
        return table.astype({name: int for name in ("issued", "substitutes") if name in table})

    @cached_property
    def rates(self) -> pd.DataFrame:
        """The share e and the 16 rates: of the cases ``issued``, and ``with_substitutes`` as more cases."""
        return self._table(self._rates, ("issued", "with_substitutes"), ("e", *RATES), "rate")

    @cached_property
    def flow(self) -> pd.DataFrame:
        """Cases issued left at each stage, their share of all issued and of the stage before."""
        counts = response.flow(self._cases("issued", weighted=False))
        before = np.column_stack([counts[:, 0], counts[:, :-1]])
        table = self._table(lambda *_: counts, ("issued",), STAGES, "stage").iloc[:, :1].astype(int)
        shares = {"of_issued": counts[:, :1], "of_stage_before": before}
        for name, base in shares.items():
            table[name] = divide(counts, base).ravel()
        if self.weighted:
            table["issued_weighted"] = response.flow(self._cases("issued", weighted=True)).ravel()
        return table

    def to_frame(self, cases: Cases = "issued", *, weighted: bool = False) -> pd.DataFrame:
        """Return one row a group: the number of each class, the share e, and the rates.

        Parameters
        ----------
        cases : {"issued", "with_substitutes"}
        weighted : bool
            By the base weights.
        """
        check_choice(cases, ("issued", "with_substitutes"), "cases")
        if weighted and not self.weighted:
            raise ArgumentError("weighted=True: no weights were given. Pass weights= to dispositions().")
        table = np.column_stack([self._cases(cases, weighted), self._rates(cases, weighted)])
        frame = pd.DataFrame(table, index=self.names, columns=[*CLASSES, "e", *RATES])
        return frame if weighted else frame.astype(dict.fromkeys(CLASSES, int))

    def reading(self, lang: fmt.Lang = "vi") -> str:
        """Return in words what the response rate of all groups together says."""
        whole = Dispositions(self.numbers.sum(axis=2, keepdims=True), None, self.given, True, True)
        counts = whole.numbers[0, :, 0]
        e, *rates = whole._rates("issued", weighted=False)[0]
        unknown = float(counts[0, 5:7].sum()) > 0
        substitutes = (int(counts[1].sum()), int(counts[1, :2].sum())) if self.substituted else None
        both = whole._rates("with_substitutes", weighted=False)[0, 1:]
        return told(dict(zip(RATES, rates, strict=True)), e if unknown else None, substitutes, both[2], lang)

    def __repr__(self) -> str:
        """Return the reading in English."""
        return self.reading("en")

    def _repr_html_(self) -> str:
        """Return flow, counts and rates as tables in Vietnamese, with a line that reads them."""
        tables = (
            ("Từ phiếu phát ra đến phiếu trả lời", self.flow, STAGE_WORDS),
            ("Kết quả của từng phiếu", self.counts, CLASS_WORDS),
            ("Tỷ lệ theo chuẩn AAPOR", self.rates, RATE_WORDS),
        )
        parts = [f"<p><b>{name}</b></p>{outcome_html(table, words)}" for name, table, words in tables]
        line = col.html_text(self.reading())
        return f'{"".join(parts)}<p style="font-size:90%">{line}</p>'


def dispositions(
    data: pd.DataFrame | Design,
    status: str,
    *,
    codes: Mapping[Any, str] | None = None,
    weights: str | None = None,
    by: str | Sequence[str] | None = None,
    e: float | None = None,
    substitute: str | None = None,
) -> Dispositions:
    r"""Count what became of the cases issued, and work out the outcome rates of AAPOR.

    .. math:: RR3 = \frac{I}{(I + P) + (R + NC + O) + e\,(UH + UO)}, \qquad
              e = \frac{I + P + R + NC + O}{I + P + R + NC + O + NE}

    and RR1–RR6, COOP1–4, REF1–3, CON1–3 likewise (:mod:`surveykit.formulas.response`). The rates are those of
    the cases first issued. A case that was replaced is still a nonrespondent; beside it stand the rates
    "with_substitutes", in which every substitute is one more case, as AAPOR asks.

    Parameters
    ----------
    data : DataFrame or Design
        One row a case, answered or not. Of a Design the base weights count, and rows of weight 0 do not.
    status : column name
        What became of the case, in words: Vietnamese or English ones of ``surveykit.outcomes.WORDS``, the
        letters of the classes, or words of your own that ``codes`` explains.
    codes : {word: class}, optional
        Class of a word: I complete, P partial, R refusal or break-off, NC non-contact, O other non-interview
        (form not usable, ill), UH unknown household, UO unknown otherwise, NE not eligible. They go before
        the words of the house. "không thu về" tells nothing of the person and is UH, as AAPOR has it; where a
        list shows that all are eligible, pass ``{"không thu về": "NC"}``, or "R" if that is why.
    weights : column name, optional
        Base weights of a DataFrame; without them only numbers of cases are shown.
    by : column name or list of them, optional
        Groups; each has its own e.
    e : number from 0 to 1, optional
        Share eligible among the cases of unknown eligibility; by default that among the known (CASRO),
        weighted in the weighted rates.
    substitute : column name, optional
        True where a case was taken in the place of another. Or the column ``use`` of a drawn sample's table:
        "released" are substitutes, and reserves never used are no cases. A replaced case has no weight in
        that table; its base weight is ``1 / table["probability"]``.

    Returns
    -------
    Dispositions with ``counts``, ``rates``, ``flow``, ``to_frame()``

    Raises
    ------
    ColumnError, TypeError, ArgumentError
        An absent column; a class that does not exist; e outside 0 to 1.
    DataError
        A status is missing or has no class; every case is a substitute.

    References
    ----------
    AAPOR (2016), Standard Definitions, 9th ed.; CASRO (1982).

    Examples
    --------
    >>> import surveykit as sv
    >>> words = ["hoàn thành"] * 4 + ["một phần"] * 2 + ["từ chối", "không gặp", "khác", "không rõ"]
    >>> found = sv.dispositions(pd.DataFrame({"ket_qua": words}), "ket_qua")
    >>> found.rates["issued"][["RR1", "RR2", "COOP1"]].round(3).tolist()
    [0.4, 0.6, 0.5]
    >>> found
    Of 100 eligible people among the cases issued, about 40 answered in full (RR3 = 40.0%; with partial
    answers RR4 = 60.0%; unweighted, e = 1.00).
    """
    given = _share(e)
    if isinstance(data, Design) and weights is not None:
        raise ArgumentError(f"weights={weights!r}: a design has its own base weights. Leave weights out.")
    table = data.data if isinstance(data, Design) else check_frame(data)
    substitutes, cases = substitutes_of(table, substitute)
    if isinstance(data, Design):
        design = data.changed(steps=())
    else:
        table, substitutes = table[cases], substitutes[cases]
        cases = cases[cases]
        design = Design(table, weights=weights, sampling=None if weights else "srs")
    groups = design.domains(by)
    used = (groups.row >= 0) & cases
    if not (used & ~substitutes).any():
        raise DataError(
            f"substitute={substitute!r}: no row is a case first issued, so there is no response rate. "
            "Keep the rows of the cases that were replaced."
        )
    outcome = outcome_codes(table, status, codes, used)
    shape = (2, groups.D, len(CLASSES))
    cell = np.ravel_multi_index((substitutes[used].astype(int), groups.row[used], outcome[used]), shape)
    size = int(np.prod(shape))
    numbers = [np.bincount(cell, weights=w, minlength=size) for w in (None, design.base_weights[used])]
    issued, taken = numbers[0].reshape(shape).sum(axis=1)
    if taken[:2].sum() > issued[2:].sum():
        warnings.warn(
            f"substitute={substitute!r}: {int(taken[:2].sum())} substitutes answered, but only "
            f"{int(issued[2:].sum())} of the cases issued did not. If the replaced cases are not among the "
            "rows, the response rate is too high: keep a row for each of them.",
            SurveyWarning,
            stacklevel=2,
        )
    weighted = bool(design.weighted_by or design.fpc)
    return Dispositions(
        np.array(numbers, dtype=float).reshape(2, *shape),
        groups.names,
        given,
        weighted,
        substitute is not None,
    )


def spread_unknown(
    design: Design,
    *,
    status: str,
    codes: Mapping[Any, str] | None = None,
    cells: str | Sequence[str] | None = None,
) -> Design:
    r"""Give the weight of cases of unknown eligibility to the known ones, eligible and not, by class.

    .. math:: w_i \leftarrow w_i k_i \sum_c w / \sum_c w k, \qquad k_i = 1 \text{ unless UH or UO}

    It comes before :func:`adjust_nonresponse`, which goes on among the eligible (``eligible=``). Cases that
    are not eligible keep their weight: they stand for people outside the survey, so an estimate leaves them
    out with ``where=``.

    Parameters
    ----------
    design : Design
        Its data hold a row for every case issued.
    status, codes : as for :func:`dispositions`
    cells : column name or list of them, optional
        Classes, known for all cases; without them all rows are one class.

    Returns
    -------
    Design with one more step; cases of unknown eligibility keep their rows with weight 0. The variance takes
    in that the shares were estimated.

    Raises
    ------
    DataError
        A status is missing or has no class; a class holds no case of known eligibility.

    References
    ----------
    Valliant, Dever & Kreuter (2018), Practical Tools for Designing and Weighting Survey Samples, ch. 13.

    Examples
    --------
    >>> import surveykit as sv
    >>> words = ["hoàn thành", "từ chối", "không rõ", "ngoài đối tượng"]
    >>> design = sv.Design(pd.DataFrame({"w": [30.0] * 4, "kq": words}), weights="w")
    >>> sv.spread_unknown(design, status="kq").weights.tolist()
    [40.0, 40.0, 0.0, 40.0]
    """
    check_open(design, "spread_unknown")
    used = design.w != 0
    outcome = outcome_codes(design.data, status, codes, used)
    known = ~np.isin(outcome, [CLASSES.index(name) for name in UNKNOWN])
    names = check_columns(design.data, cells, "cells")
    classes, index = col.crossed_codes(design.data, names, "cells")
    every = np.bincount(classes[used], minlength=len(index))
    held = np.bincount(classes[used & known], minlength=len(index))
    empty = np.flatnonzero((every > 0) & (held == 0))
    if empty.size and not names:
        raise DataError(
            f"status={status!r}: the eligibility of every case is unknown, so none can stand for it."
        )
    if empty.size:
        raise DataError(
            f"cells={list(names)}: in class {shown(index[empty[0]])} the eligibility of every case is "
            f"unknown ({every[empty[0]]} rows), so none can stand for it. Join it with another class."
        )
    name = f"unknown eligibility ({', '.join(names) or 'one class'})"
    return design.add_step(ClassAdjustment(classes, known, len(index), name))


def _share(e: Any) -> float | None:
    if e is None:
        return None
    if isinstance(e, bool) or not isinstance(e, (int, float, np.number)):
        raise TypeError(f"e={e!r}: pass a number from 0 to 1, or leave it out.")
    if not 0 <= e <= 1:
        hint = f" Did you mean {e / 100:g}?" if 1 < e <= 100 else ""
        raise ArgumentError(f"e={e:g}: a share, of those of unknown eligibility, is from 0 to 1.{hint}")
    return float(e)
