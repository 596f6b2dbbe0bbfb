"""True values beside estimates, for a population whose truth is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import plain

from .findings import MAIN, Findings

__all__ = ["with_truth"]

ARM_CODES = {"ap_dung_giua": "adopting", "chua_ap_dung": "comparison", "ap_dung_truoc": "early"}
SCOPES = {"xa": "commune", "nhom": "group", "hieu qua": "effect"}


def with_truth(findings: Findings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return true values beside estimates: (groups and effects, communes); empty without truth.

    Columns: measure, arm or code and name, wave, truth, estimate, se, low, high, covered, kind, mark.
    """
    project, truth = findings.project, findings.project.truth
    if truth is None:
        return pd.DataFrame(), pd.DataFrame()
    measures = {str(project.settings["outcome.main"]): MAIN} | {v: k for k, v in project.groups.items()}
    rows: list[dict[str, Any]] = []
    for fact in truth.to_dict("records"):
        scope = SCOPES.get(plain(str(fact["scope"])), plain(str(fact["scope"])))
        measure = measures.get(str(fact["measure"]))
        row = None if measure is None else _estimate_for(findings, scope, fact, measure)
        if row is not None:
            low, high, value = float(row["low"]), float(row["high"]), float(fact["value"])
            covered = bool(low <= value <= high) if np.isfinite(low) else None
            rows.append({"scope": scope, "measure": measure, "truth": value, "covered": covered, **row})
    table = pd.DataFrame(rows)
    if table.empty:
        return table, table
    local = table["scope"] == "commune"
    return table[~local].reset_index(drop=True), table[local].reset_index(drop=True)


def _estimate_for(
    findings: Findings, scope: str, fact: dict[Any, Any], measure: str
) -> dict[str, Any] | None:
    """Return the estimate that a true value belongs to, or None."""
    fields = ("estimate", "se", "low", "high", "mark")
    if scope == "effect" and measure in findings.effects.index:
        row = findings.effects.loc[[measure]].iloc[0]
        return {"arm": "", "wave": None, **{f: row[f] for f in fields}}
    if pd.isna(fact["wave"]):
        return None
    wave = int(fact["wave"])
    if scope == "group" and fact["code"] is not None:
        arm = ARM_CODES.get(str(fact["code"]), str(fact["code"]))
        if (measure, arm) not in findings.changes.index:
            return None
        row = findings.changes.loc[[(measure, arm)]].iloc[0]
        return {"arm": arm, "wave": wave, **_part(row, wave, fields)}
    if scope == "commune" and measure == MAIN and fact["code"] in findings.communes.index:
        own = findings.communes.loc[[fact["code"]]].iloc[0]
        found = {"code": fact["code"], "name": own["name"], "arm": own["arm"], "wave": wave}
        return {**found, **_part(own, wave, fields)}
    return None


def _part(row: Any, wave: int, fields: tuple[str, ...]) -> dict[str, Any]:
    return {f: row[str(wave) if f == "estimate" else f"{wave}_{f}"] for f in fields}
