"""Everything the report tells, worked out once: frames of estimates, nothing formatted."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from sampling.checks import LonelyPSUError, SurveyWarning
from surveykit.comparison import before_after
from surveykit.difference import did
from surveykit.estimation import mean, proportion
from surveykit.privacy import SmallCells, mark
from surveykit.project import ARMS, Project
from surveykit.result import Estimates

__all__ = ["BOUNDARY", "FEW", "FEWEST", "MAIN", "Findings", "work_out"]

BOUNDARY = dt.date(2025, 7, 1)  # communes were reorganised on this day
FEWEST, FEW = 3, 6  # communes an arm: below the first no effect interval, below the second a warning
MAIN = "satisfied"
ESTIMATE = ["estimate", "se", "low", "high", "df", "deff", "n", "n_eff"]
JOINED = ("1", "1_low", "1_high", "2", "2_low", "2_high")


@dataclass(frozen=True)
class Findings:
    """Results of one project.

    ``counts`` (arm, wave): communes, issued, answered. ``levels``: people by answer (rows) and arm and wave
    (columns). ``arms`` (arm, wave): estimate, se, low, high, df, deff, n, n_eff, mark of the main measure.
    ``communes`` by code: name, type, arm and, for 1, 2 and change, the estimate and the rest with the name in
    front.
    ``changes`` (measure, arm): the same. ``effects`` by measure: estimate, se, low, high, df, p, mark; empty
    without two arms. ``refusal``: why there is no effect interval.
    """

    project: Project
    rules: SmallCells
    counts: pd.DataFrame
    levels: pd.DataFrame
    arms: pd.DataFrame
    communes: pd.DataFrame
    changes: pd.DataFrame
    effects: pd.DataFrame
    refusal: str
    shared: int
    contexts: Mapping[str, str]
    messages: tuple[str, ...] = field(default=())

    @property
    def level(self) -> float:
        """Confidence level."""
        return float(self.project.settings["report.level"])

    def communes_in(self, arm: str) -> int:
        """Return the number of communes of an arm with answers to the main question, in its poorer wave."""
        data = self.project.data
        own = data[(data["arm"] == arm) & data[MAIN].notna()]
        counts = own.groupby("wave")["commune"].nunique()
        return int(counts.min()) if len(counts) else 0

    @property
    def comparable(self) -> bool:
        """Whether both waves measured the same thing in the same places."""
        settings = self.project.settings
        straddled = settings["waves.before.date"] < BOUNDARY <= settings["waves.after.date"]
        return not (settings["design.instrument_changed"] or straddled)

    @property
    def conclusive(self) -> bool:
        """Whether an interval of the difference may be read as evidence, and have a p-value."""
        chosen = self.project.settings["design.selection"] != "self-selected"
        return self.comparable and chosen and not self.refusal

    @property
    def measures(self) -> dict[str, str]:
        """Name of each measure by its column: the main one first."""
        label = str(self.project.settings["outcome.label"])
        return {MAIN: label[:1].upper() + label[1:], **self.project.groups}


def work_out(
    project: Project, *, rules: SmallCells | None = None, tick: Callable[[str], None] = lambda _: None
) -> Findings:
    """Estimate everything that the report tells.

    Parameters
    ----------
    project : Project
        As ``read_project`` returns it.
    rules : SmallCells, optional
        When a number is hidden or starred.
    tick : function of a word
        Called at each step.

    Returns
    -------
    Findings
    """
    rules = rules or SmallCells()
    with warnings.catch_warnings(record=True) as caught, _naming_the_key():
        warnings.simplefilter("always", SurveyWarning)
        contexts: dict[str, str] = {}
        tick("arms")
        arms = _arms(project, rules, contexts)
        tick("communes")
        communes = _communes(project, rules, contexts)
        tick("changes")
        changes = _changes(project, rules, contexts)
        tick("effects")
        effects, refusal = _effects(project, rules, contexts)
    messages = tuple(dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, SurveyWarning)))
    counts = _counts(project.data)
    both = project.data.groupby("commune")["wave"].nunique()
    return Findings(
        project, rules, counts, _levels(project), arms, communes, changes, effects, refusal,
        int((both == 2).sum()), contexts, messages,
    )  # fmt: skip


@contextmanager
def _naming_the_key() -> Iterator[None]:
    """Say in the settings' own words how a stratum of one commune is settled."""
    try:
        yield
    except LonelyPSUError as error:
        text = str(error).replace('pass lonely_psu="centre"', 'set design.lonely_psu = "centre"')
        raise LonelyPSUError(f"columns.stratum: {text}") from None


def frame_of(estimates: Estimates, level: float) -> pd.DataFrame:
    """Return a table of estimates with the report's column names."""
    table = estimates.to_frame(level)
    for name in ("deff", "n_eff"):
        if name not in table:
            table[name] = np.nan
    names = {"ci_low": "low", "ci_high": "high"}
    return table.rename(columns=names)[ESTIMATE]


def _counts(data: pd.DataFrame) -> pd.DataFrame:
    groups = data.groupby(["arm", "wave"])
    out = pd.DataFrame(
        {
            "communes": groups["commune"].nunique(),
            "issued": groups.size(),
            "answered": groups["responded"].sum(),
        }
    )
    return out.loc[_in_order(out.index)]


def _levels(project: Project) -> pd.DataFrame:
    """People by answer to the main question; no weights."""
    data = project.data.dropna(subset=["answer"])
    table = pd.crosstab(data["answer"], [data["arm"], data["wave"]])
    table = table.reindex(index=project.settings["outcome.scale"], fill_value=0)
    return table[_in_order(table.columns)]


def _in_order(index: pd.Index[Any]) -> list[tuple[Any, ...]]:
    """Return (arm, wave) pairs with the arms in their order."""
    return sorted(index, key=lambda pair: (ARMS.index(pair[0]), *pair[1:]))


def _answers(data: pd.DataFrame, y: str, by: list[str]) -> pd.Series[int]:
    """Answers to y behind each (…, wave) cell, and the smaller of the two waves behind a change."""
    return data[data[y].notna()].groupby(by).size()


def _arms(project: Project, rules: SmallCells, contexts: dict[str, str]) -> pd.DataFrame:
    """Level of the main measure in each arm and wave.

    Each arm is estimated by itself: an arm of one commune has another kind of error than one of many.
    """
    level, parts = float(project.settings["report.level"]), {}
    for arm in _present(project):
        found = proportion(project.design, MAIN, by="wave", where=f"arm == '{arm}'", value=1)
        contexts[f"arms_{arm}"] = found.line(project.lang, level)
        parts[arm] = frame_of(found, level)
    out = pd.concat(parts, names=["arm"])
    return out.assign(mark=mark(out["n"], rules))


def _present(project: Project) -> list[str]:
    return [arm for arm in ARMS if (project.sampled["arm"] == arm).any()]


def _communes(project: Project, rules: SmallCells, contexts: dict[str, str]) -> pd.DataFrame:
    """Estimates of each commune in each wave, and its change."""
    level = float(project.settings["report.level"])
    out = project.sampled[["name", "type", "arm"]].copy()
    for wave in (1, 2):
        found = proportion(project.design, MAIN, by="commune", where=f"wave == {wave}", value=1)
        contexts[f"communes_{wave}"] = found.line(project.lang, level)
        out = out.join(_named(frame_of(found, level), str(wave), rules))
    n = pd.concat([out["1_n"], out["2_n"]], axis=1)
    both = n.notna().all(axis=1)
    if both.any():
        change = before_after(project.design, MAIN, wave="wave", by="commune", overlap=_overlap(project))
        table = frame_of(change, level).assign(n=n.min(axis=1))
        table[["low", "high"]] = joined(out.loc[table.index])
    else:
        table = pd.DataFrame(np.nan, out.index, ESTIMATE)
    return out.join(_named(table, "change", rules))


def joined(waves: pd.DataFrame) -> npt.NDArray[np.float64]:
    r"""Join the intervals (l, u) of two waves of a share p into that of the change, for each commune.

    .. math:: d - \sqrt{(p_2 - l_2)^2 + (u_1 - p_1)^2},\quad d + \sqrt{(u_2 - p_2)^2 + (p_1 - l_1)^2}

    The villages of the waves are separate draws in a commune, so the waves are independent there. Unlike a t
    interval, this one does not shrink to a point where everybody agrees.

    Parameters
    ----------
    waves : (D,) frame
        Columns 1, 1_low, 1_high, 2, 2_low, 2_high.

    Returns
    -------
    (D, 2) low and high

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; Zou & Donner (2008), 27, 1693-1702.
    """
    p1, l1, u1, p2, l2, u2 = (waves[c].to_numpy(dtype=float) for c in JOINED)
    low = p2 - p1 - np.hypot(p2 - l2, u1 - p1)
    high = p2 - p1 + np.hypot(u2 - p2, p1 - l1)
    return np.column_stack([low, high])


def _named(table: pd.DataFrame, name: str, rules: SmallCells) -> pd.DataFrame:
    """Put a name before each column, the estimate keeping the name alone; add the mark."""
    table = table.assign(mark=mark(table["n"], rules))
    return table.rename(columns={c: name if c == "estimate" else f"{name}_{c}" for c in table})


def _overlap(project: Project) -> Any:
    said = project.settings["design.overlap"]
    return None if said == "auto" else said


def _changes(project: Project, rules: SmallCells, contexts: dict[str, str]) -> pd.DataFrame:
    """Level in each wave and change between them, by measure and arm; an arm in one wave has no change."""
    level, rows = float(project.settings["report.level"]), {}
    for y in (MAIN, *project.groups):
        n = _answers(project.data, y, ["arm", "wave"])
        for arm in _present(project):
            where, least = f"arm == '{arm}'", min(int(n.get((arm, wave), 0)) for wave in (1, 2))
            table = pd.DataFrame(np.nan, [0], ESTIMATE)
            if least:
                found = before_after(project.design, y, wave="wave", where=where, overlap=_overlap(project))
                contexts[f"changes_{y}_{arm}"] = found.line(project.lang, level)
                table = frame_of(found, level)
            row = _named(table.assign(n=least), "change", rules).iloc[0]
            if y == MAIN:
                waves = frame_of(proportion(project.design, y, by="wave", where=where, value=1), level)
            else:
                waves = frame_of(mean(project.design, y, by="wave", where=where), level)
                waves[["low", "high"]] = waves[["low", "high"]].clip(0, 1)  # an index is a share as well
            for wave in (1, 2):
                row = pd.concat([row, _named(waves.reindex([wave]), str(wave), rules).iloc[0]])
            rows[y, arm] = row
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index = pd.MultiIndex.from_tuples(rows, names=["measure", "arm"])
    numeric = [column for column in out if not str(column).endswith("_mark")]
    return out.astype(dict.fromkeys(numeric, float))


def _effects(project: Project, rules: SmallCells, contexts: dict[str, str]) -> tuple[pd.DataFrame, str]:
    """Change in adopting less change in comparison communes, for each measure; none without four cells."""
    level, rows, refusal = float(project.settings["report.level"]), {}, ""
    cells = [(arm, wave) for arm in ("adopting", "comparison") for wave in (1, 2)]
    for y in (MAIN, *project.groups):
        least = int(_answers(project.data, y, ["arm", "wave"]).reindex(cells, fill_value=0).min())
        if not least:
            continue
        found = did(project.design, y, treated="treated", wave="wave", unit="commune")
        if y == MAIN:
            refusal = found.refusal
        contexts[f"effects_{y}"] = found.line(project.lang, level)
        row = dict(frame_of(found, level).iloc[0])
        if (
            found.refusal and not refusal
        ):  # too few communes answered this measure: no interval beside the others'
            row |= {"se": np.nan, "low": np.nan, "high": np.nan}
        p = np.nan if found.no_test else float(found.test()["p"].iloc[0])
        rows[y] = {**row, "p": p, "n": least, "mark": rules.mark(least)}
    columns = ["estimate", "se", "low", "high", "df", "p", "n", "mark"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns if not rows else None), refusal
