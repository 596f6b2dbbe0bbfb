"""Tables of the report, each made from the findings with the small-cell rules applied."""

from __future__ import annotations

from typing import Any

import pandas as pd

from surveykit.privacy import hide_counts
from surveykit.tables import Column, Table

from .findings import Findings
from .words import Words

__all__ = ["tables"]

PARTS = ("", "_low", "_high", "_se", "_mark")


def tables(findings: Findings, truth: tuple[pd.DataFrame, pd.DataFrame], words: Words) -> dict[str, Table]:
    """Return every table of the report by its key, in the order of the page.

    Parameters
    ----------
    findings : Findings
        What was worked out.
    truth : (DataFrame, DataFrame)
        True values of groups and effects, and of communes; empty without truth.
    words : Words
        Language and level.

    Returns
    -------
    dict of Table
    """
    made = [
        _response(findings, words),
        _answers(findings, words),
        _trail(findings, words),
        _arms(findings, words),
        _communes(findings, words),
        _changes(findings, words),
    ]
    if not findings.effects.empty:
        made.append(_effects(findings, words))
    if not truth[0].empty:
        made.append(_truth(findings, truth[0], words))
    if not truth[1].empty:
        made.append(_truth_communes(findings, truth[1], words))
    made.append(_files(findings, words))
    return {table.key: table for table in made}


def _head(words: Words, key: str, **values: Any) -> str:
    return words.say(f"head.{key}", **values)


def _with_level(words: Words, name: str) -> str:
    return words.say("head.interval", name=name)


def _hidden(findings: Findings, words: Words) -> str:
    rules = findings.rules
    return words.say("label.hidden", suppress=rules.suppress, star=rules.star, cell=rules.cell)


def _title(findings: Findings, words: Words, key: str) -> str:
    settings = findings.project.settings
    tail = words.say("label.synthetic_tail") if settings["synthetic"] else ""
    return words.say(f"table.{key}", label=settings["outcome.label"]) + tail


def _arm(words: Words, arm: Any) -> str:
    return words.say(f"label.{arm}") if arm else ""


def _pairs(index: pd.Index[Any]) -> list[tuple[Any, Any]]:
    """Return an index as pairs: (arm, wave) or (measure, arm)."""
    return list(zip(index.get_level_values(0), index.get_level_values(1), strict=True))


def _arm_wave(findings: Findings, words: Words, arm: Any, wave: Any) -> str:
    return f"{_arm(words, arm)}, {findings.project.wave_label(int(wave))}"


def _response(findings: Findings, words: Words) -> Table:
    """Forms issued, answered and not, by arm and wave; no cell gives a small count away."""
    project, known = findings.project, bool(findings.project.settings["columns.responded"])
    rows = findings.counts
    names = ["answered", "unanswered"] if known else ["answered"]
    counts = pd.DataFrame({"answered": rows["answered"], "unanswered": rows["issued"] - rows["answered"]})[
        names
    ]
    total = words.say("label.total")
    table = hide_counts(counts, total="issued", rules=findings.rules)
    frame = pd.DataFrame(
        {
            "arm": [_arm(words, arm) for arm, _ in _pairs(rows.index)] + [total],
            "wave": [project.wave_label(wave) for _, wave in _pairs(rows.index)] + [""],
            "communes": [*rows["communes"], len(findings.communes)],
        }
    ).join(table.reset_index(drop=True))
    columns = [
        Column("arm", _head(words, "arm")),
        Column("wave", _head(words, "wave")),
        Column("communes", _head(words, "communes"), "count"),
    ]
    columns += [Column(n, _head(words, n), "count") for n in (["issued", *names] if known else names)]
    if known:
        frame["rate"] = (frame["answered"].astype("Float64") / frame["issued"].astype("Float64")).astype(
            float
        )
        columns.append(Column("rate", _head(words, "rate"), "share"))
    return _table(findings, words, "response", frame, columns)


def _answers(findings: Findings, words: Words) -> Table:
    """People by answer, arm and wave."""
    total = words.say("label.total")
    pairs = _pairs(findings.levels.columns)
    counts = findings.levels.set_axis([f"{arm}_{wave}" for arm, wave in pairs], axis=1)
    table = hide_counts(counts, total=total, rules=findings.rules)
    frame = table.rename(columns={total: "total"}).reset_index(names="level")
    columns = [Column("level", _head(words, "level"))]
    for arm, wave in pairs:
        columns.append(Column(f"{arm}_{wave}", _arm_wave(findings, words, arm, wave), "count"))
    columns.append(Column("total", total, "count"))
    return _table(findings, words, "answers", frame, columns)


def _trail(findings: Findings, words: Words) -> Table:
    frame = findings.project.design.trail.copy()
    kinds = {"design": "design", "nonresponse": "nonresponse", "rake": "raking"}
    frame["step"] = [words.say(f"step.{kinds[str(s).split(' ')[0]]}") for s in frame["step"]]
    columns = [
        Column("step", _head(words, "step")),
        Column("n", _head(words, "rows"), "count"),
        Column("sum", _head(words, "sum"), "number"),
        Column("min", _head(words, "min"), "number"),
        Column("max", _head(words, "max"), "number"),
        Column("deff", _head(words, "weight_deff"), "ratio"),
    ]
    return _table(findings, words, "trail", frame, columns)


def _arms(findings: Findings, words: Words) -> Table:
    rows, project = findings.arms, findings.project
    hidden = (rows["mark"] == "hidden").to_numpy()
    frame = pd.DataFrame(
        {
            "arm": [_arm(words, arm) for arm, _ in _pairs(rows.index)],
            "wave": [project.wave_label(wave) for _, wave in _pairs(rows.index)],
            **{f"share{end}": rows[end.lstrip("_") or "estimate"].to_numpy() for end in PARTS},
            "n": rows["n"].mask(hidden).to_numpy(),
            "deff": rows["deff"].mask(hidden).to_numpy(),
            "n_eff": rows["n_eff"].mask(hidden).to_numpy(),
            "df": rows["df"].to_numpy(),
        }
    )
    columns = [
        Column("arm", _head(words, "arm")),
        Column("wave", _head(words, "wave")),
        Column("share", _with_level(words, _head(words, "estimate")), "share"),
        Column("n", _head(words, "n"), "count"),
        Column("deff", _head(words, "deff"), "ratio"),
        Column("n_eff", _head(words, "n_eff"), "count"),
        Column("df", _head(words, "df"), "df"),
    ]
    return _table(findings, words, "arms", frame, columns)


def _communes(findings: Findings, words: Words) -> Table:
    rows = findings.communes
    frame = rows.rename(columns={f"{w}{p}": f"wave_{w}{p}" for w in (1, 2) for p in (*PARTS, "_n")})
    frame = frame.assign(code=rows.index, arm=[words.say(f"short.{arm}") for arm in rows["arm"]])
    for name in ("wave_1", "wave_2"):
        frame[f"{name}_n"] = frame[f"{name}_n"].mask(frame[f"{name}_mark"] == "hidden")
    order = frame["wave_2"].fillna(-1).sort_values(ascending=False, kind="stable").index
    columns = [Column("code", _head(words, "code"), "code"), Column("name", _head(words, "name"), "name")]
    if rows["type"].notna().any():
        columns.append(Column("type", _head(words, "type")))
    columns.append(Column("arm", _head(words, "arm")))
    for wave in (1, 2):
        label = findings.project.wave_label(wave)
        columns.append(Column(f"wave_{wave}", _with_level(words, label), "share"))
        columns.append(Column(f"wave_{wave}_n", _head(words, "n_at", wave=label), "count"))
    columns.append(Column("change", _with_level(words, _head(words, "change")), "points"))
    return _table(findings, words, "communes", frame.loc[order].reset_index(drop=True), columns)


def _changes(findings: Findings, words: Words) -> Table:
    rows = findings.changes.rename(columns={f"{w}{p}": f"wave_{w}{p}" for w in (1, 2) for p in PARTS})
    frame = rows.assign(
        measure_name=[findings.measures[m] for m, _ in _pairs(rows.index)],
        arm_name=[_arm(words, arm) for _, arm in _pairs(rows.index)],
    ).reset_index(drop=True)
    columns = [Column("measure_name", _head(words, "measure")), Column("arm_name", _head(words, "arm"))]
    for wave in (1, 2):
        label = findings.project.wave_label(wave)
        columns.append(Column(f"wave_{wave}", _with_level(words, label), "share"))
    columns.append(Column("change", _with_level(words, _head(words, "change")), "points"))
    return _table(findings, words, "changes", frame, columns)


def _effects(findings: Findings, words: Words) -> Table:
    rows, kind = findings.effects, "descriptive" if findings.refusal else "interval"
    frame = pd.DataFrame(
        {
            "measure": [findings.measures[m] for m in rows.index.to_list()],
            **{f"effect{end}": rows[end.lstrip("_") or "estimate"].to_numpy() for end in PARTS},
            "df": rows["df"].to_numpy(dtype=float),
            "p": rows["p"].to_numpy(dtype=float),
        }
    )
    columns = [
        Column("measure", _head(words, "measure")),
        Column("effect", words.say(f"head.{kind}", name=_head(words, "effect")), "points"),
    ]
    if findings.conclusive:
        columns += [Column("df", _head(words, "df"), "df"), Column("p", _head(words, "p"), "p")]
    title = "effects_refused" if findings.refusal else "effects"
    return _table(findings, words, "effects", frame, columns, title=title)


def _truth(findings: Findings, truth: pd.DataFrame, words: Words) -> Table:
    """Make the table of true groups and effects; shares and differences have columns of their own."""
    effect = (truth["scope"] == "effect").to_numpy()
    frame = pd.DataFrame(
        {
            "measure": [findings.measures[m] for m in truth["measure"]],
            "what": [
                words.say("head.effect")
                if e
                else f"{_arm(words, arm)}, {findings.project.wave_label(int(wave))}"
                for e, arm, wave in zip(effect, truth["arm"], truth["wave"], strict=True)
            ],
            "covered": [_yes(words, c) for c in truth["covered"]],
        }
    )
    columns = [Column("measure", _head(words, "measure")), Column("what", _head(words, "arm"))]
    for name, kind, rows in (("share", "share", ~effect), ("points", "points", effect)):
        if rows.any():
            head = _head(words, "estimate" if kind == "share" else "change")
            unit = "%" if kind == "share" else words.say("figure.points").lower()
            for end in PARTS:
                values = truth[end.lstrip("_") or "estimate"]
                frame[f"{name}{end}"] = values.where(rows, "hidden") if end == "_mark" else values.where(rows)
            frame[f"{name}_truth"] = truth["truth"].where(rows)
            columns.append(Column(f"{name}_truth", f"{_head(words, 'truth')}, {unit}", kind))  # type: ignore[arg-type]
            columns.append(Column(name, _with_level(words, f"{head}, {unit}"), kind))  # type: ignore[arg-type]
    columns.append(Column("covered", _head(words, "covered")))
    return _table(findings, words, "truth", frame, columns, folded=True)


def _truth_communes(findings: Findings, truth: pd.DataFrame, words: Words) -> Table:
    frame = truth.rename(columns={p.lstrip("_") or "estimate": f"share{p}" for p in PARTS})
    frame = frame.assign(
        wave_name=[findings.project.wave_label(int(w)) for w in truth["wave"]],
        arm=[words.say(f"short.{arm}") for arm in truth["arm"]],
        covered=[_yes(words, c) for c in truth["covered"]],
    )
    columns = [
        Column("code", _head(words, "code"), "code"),
        Column("name", _head(words, "name"), "name"),
        Column("arm", _head(words, "arm")),
        Column("wave_name", _head(words, "wave")),
        Column("truth", _head(words, "truth"), "share"),
        Column("share", _with_level(words, _head(words, "estimate")), "share"),
        Column("covered", _head(words, "covered")),
    ]
    return _table(findings, words, "truth_communes", frame, columns, folded=True)


def _files(findings: Findings, words: Words) -> Table:
    files = findings.project.files
    frame = pd.DataFrame({"file": list(files), "hash": list(files.values())})
    columns = [Column("file", words.say("label.file")), Column("hash", words.say("label.hash"))]
    return _table(findings, words, "files", frame, columns)


def _yes(words: Words, covered: Any) -> str:
    return "" if covered is None or pd.isna(covered) else words.say("label.yes" if covered else "label.no")


def _table(
    findings: Findings,
    words: Words,
    key: str,
    frame: pd.DataFrame,
    columns: list[Column],
    *,
    title: str = "",
    folded: bool = False,
) -> Table:
    made = Table(key, _title(findings, words, title or key), frame, tuple(columns), folded=folded)
    note = _hidden(findings, words) if made.has_hidden else ""
    return Table(key, made.title, frame, made.columns, note, folded)
