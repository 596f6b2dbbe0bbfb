"""Which stages, strata and units a call is judged by: the plan that every variance is read from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

import numpy as np

from sampling.checks import ArgumentError, shown
from surveykit.columns import Domains
from surveykit.context import Note
from surveykit.design import Design
from surveykit.drawn import Given
from surveykit.formulas import phases as two
from surveykit.formulas.arrays import Array, Codes, Mask, compress
from surveykit.formulas.omega import added, centred
from surveykit.formulas.totals import Cells, make_cells
from surveykit.formulas.variance import Stage
from surveykit.lonely import check_lonely, collapse, fractions_of, note_lonely, sizes_of
from surveykit.stepnames import stage_vi


class Plan(NamedTuple):
    """Stages from the first that counts, and what each domain can and cannot show.

    ``finest`` (n,) finest unit of each row; ``unit``, ``stratum`` (P,) codes that count for degrees of
    freedom; ``alone`` (D,) domains inside one unit; ``census`` (D,) domains without sampling error;
    ``reason`` (D,) why a domain has no standard error; ``psus`` units of the first stage that counts.
    """

    key: tuple[Any, ...]
    first: int
    finest: Codes
    cells: Cells
    stages: tuple[Stage, ...]
    unit: Codes
    stratum: Codes
    alone: Mask
    census: Mask
    reason: Any
    psus: int
    notes: tuple[Note, ...]


def cells_at(design: Design, s: int, domains: Domains, key: tuple[Any, ...]) -> Cells:
    """Cells of the units of stage s and the domains."""
    units = design.units(s)
    made: Cells = design.cached(
        ("cells", s, *key), lambda: make_cells(units.row, domains.row, len(units.parent), domains.D)
    )
    return made


def make_plan(design: Design, domains: Domains, *, within: bool, key: tuple[Any, ...]) -> Plan:
    """Choose the first stage that counts: if every domain lies inside one unit, the units below it.

    Domains inside one first-stage unit have no variance between such units. Where all are so, inference is
    conditional on the units that hold them, and the next stage takes the place of the first.
    """
    if design.phase is not None:  # whose form is of the whole sample
        return build(design, domains, 0, key, within=within)
    first = 0
    alone = single(cells_at(design, 0, domains, key))
    if design.replicates is not None:  # they were made from the first stage on
        return build(design, domains, 0, key, within=within or bool(alone.all() and design.stages > 1))
    while alone.all() and first + 1 < design.stages:
        first += 1
        alone = single(cells_at(design, first, domains, key))
    if first == 0 and design.stages > 1 and within and alone.any():
        _check_mixed(design, domains, key, alone)
    return build(design, domains, first, key, within=within)


def single(cells: Cells) -> Mask:
    """(D,) domains that lie in one unit."""
    return np.asarray(np.bincount(cells.domain, minlength=cells.D) == 1)


def strata_plan(design: Design, plan: Plan) -> Plan:
    """Return the plan whose domains are all strata of the (conditional) design, whatever was asked."""
    whole = design.changed(subset=())
    row = design.units(plan.first - 1).row if plan.first else design.stratum_codes()[0]
    codes, found = compress(np.where(whole.w != 0, row, -1), int(row.max()) + 1)
    key = ("strata", plan.first)
    made: Plan = design.cached(
        ("plan", *key), lambda: build(whole, Domains(codes, None, len(found)), plan.first, key, check=False)
    )
    return made


def build(
    design: Design,
    domains: Domains,
    first: int,
    key: tuple[Any, ...],
    *,
    check: bool = True,
    within: bool = True,
) -> Plan:
    """Lay out the stages from ``first`` on: a further stage counts where every stage above has a fraction."""
    last = first
    factor = np.ones(len(sizes_of(design, first)))
    factors = [factor]
    sure = design.lonely_psu == "certainty"
    while last + 1 < design.stages and (last + 1 < len(design.fpc) or sure):
        parent, f = design.units(last).parent, fractions_of(design, last, conditional=0 < first == last)
        own = design.given(last, parent, f, factors[-1])
        factor = factors[-1][parent] * (f[parent] if own is None else own.fraction)
        if last + 1 >= len(design.fpc):  # the rest is seen only below what was taken whole
            factor = np.where(f[parent] == 1, factor, 0.0)
        if not (factor > 0).any():
            break
        factors.append(factor)
        last += 1
    bottom = last if design.phase is None else len(design.psu)  # a second phase draws rows
    cells = cells_at(design, bottom, domains, key)
    ancestors = [np.arange(cells.P)]
    for s in range(bottom, first, -1):
        ancestors.insert(0, design.units(s).parent[ancestors[0]])
    notes: list[Note] = []
    stages = [
        _stage(
            design, s, ancestors[s - first], factors[s - first], notes, conditional=first > 0 and s == first
        )
        for s in range(first, last + 1)
    ]
    alone = single(cells_at(design, first, domains, key))
    note_lonely(design, stages, first, notes)
    for s, stage in enumerate(stages, start=first):
        if check and (s == 0 or s > first):
            check_lonely(design, s, stage, cells)
    census = census_of(stages, cells)
    lost = census & (last + 1 < design.stages)
    census = census & ~lost
    h = stages[0].stratum[stages[0].unit[cells.unit]]
    nothing = np.bincount(cells.domain, weights=~stages[0].alone[h], minlength=cells.D) == 0
    silent = alone & ~_sure(stages, cells) & (within | nothing & (first > 0))
    reason = _reasons(design, first, silent, census)
    if design.replicates is not None and design.psu:
        reason[silent & ~census] = f"lies inside one {design.psu[0]}: replicates show no sampling error there"
    if lost.any():
        above, below = design.stage_name(last), design.stage_name(last + 1)
        reason[lost] = (
            f"the variance inside {above} is not known: give fpc for {below} too (0: with replacement)"
        )
    if design.lonely_psu == "certainty" and not first and design.replicates is None:
        reason[(nothing == 1) & ~census & (reason == "")] = (
            "every stratum has one PSU, taken for certain: no sampling error is seen there"
        )
    scale = stages[0].pairs(cells, np.zeros((cells.unit.size, 1))).scale
    reason[np.isnan(scale) & (reason == "") & ~census] = "no stratum with two units to take the mean of"
    if first:
        above, below = ", ".join(design.psu[:first]), design.stage_name(first)
        notes.insert(
            0, Note(f"conditional on {above}; PSU = {below}", f"có điều kiện theo {above}; PSU = {below}")
        )
    unit, stratum = _units_for_df(stages)
    if design.phase is not None:
        stages, unit, stratum = two_phases(design, stages, bottom, unit, stratum)
        notes.append(design.phase.note)
    psus = len(design.units(first).parent)
    return Plan(
        (bottom, *key), first, design.units(bottom).row, cells, tuple(stages), unit, stratum, alone, census,
        reason, psus, tuple(notes),
    )  # fmt: skip


def _stage(
    design: Design, s: int, unit: Codes, factor: Array, notes: list[Note], *, conditional: bool
) -> Stage:
    parent = design.units(s).parent
    n = np.bincount(parent)
    f = fractions_of(design, s, conditional=conditional)
    policy = design.lonely_psu
    if policy == "collapse" and s == 0:
        parent, n, f = collapse(parent, n, f, notes)
        factor = np.ones(n.size)
    lonely = "certainty" if conditional or policy in ("error", "collapse") else policy
    domain_rule = "off" if conditional else design.lonely_domain
    own = design.given(s, parent, f, factor)
    if own is None:
        return Stage(unit, parent, n, f, factor, lonely, domain_rule)
    _note_drawn(design, s, own, notes)
    f = np.where(own.broken, 0.0, f)
    return Stage(unit, parent, n, f, factor, lonely, domain_rule, own.stratum, own.omega)


def two_phases(
    design: Design, stages: list[Stage], bottom: int, unit: Codes, stratum: Codes
) -> tuple[list[Stage], Codes, Codes]:
    """Return the stages of both phases over rows, and the units and strata that count for df.

    Rows of the second phase count where the first phase drew rows; where it drew clusters, those count.
    """
    phase = design.phase
    assert phase is not None
    U = unit.size
    g, drawn = np.zeros(U, dtype=np.intp), np.zeros(U, dtype=bool)
    row = design.units(bottom).row
    g[row], drawn[row] = phase.stratum, phase.selected
    forms = [centred(stage.a, stage.n, stage.stratum).lifted(stage.unit) for stage in stages] + [
        stage.omega.lifted(stage.unit) for stage in stages if stage.omega is not None
    ]
    if phase.method == "approx":
        own = stages[0]
        made, stages = [two.approximate(own.a, own.n.astype(float), own.stratum, phase.f[g], drawn)], []
    else:
        made = [two.correction(added(forms), g, phase.n, phase.f)]
        stages = [replace(stage, phase=1) for stage in stages]
    made.append(two.second(g, drawn, phase.n, phase.f))
    rows, one = np.arange(U), np.ones(1, dtype=bool)
    zeros, n = np.zeros(U, dtype=np.intp), np.array([U])
    sure = np.array([float((phase.f == 1).all())])
    stages = [
        *stages,
        *(
            Stage(rows, zeros, n, sure * number, np.ones(1), given=one, omega=form, phase=number + 1)
            for number, form in enumerate(made)
        ),
    ]
    return (stages, rows, g) if not design.psu else (stages, unit, stratum)


def _note_drawn(design: Design, s: int, own: Given, notes: list[Note]) -> None:
    """Say which form the strata have, and how many had to fall back to drawing with replacement."""
    name, broken, form = design.stage_name(s), int(own.broken.sum()), design.form_of(s)
    named = design.unequal(s) or not design.drawn[name].forms or own.stratum.any()
    if design.replicates is None and form is not None and named:
        note = form[0]
        notes.append(Note(f"{name}: {note.en}", f"{stage_vi(name)}: {note.vi}") if design.psu else note)
    if broken:
        notes.append(
            Note(
                f"{name}: {broken} strata lack units that were drawn: counted as drawn with replacement",
                f"{stage_vi(name)}: {broken} tầng thiếu đơn vị đã chọn nên tính như chọn có hoàn lại",
            )
        )


def census_of(stages: list[Stage], cells: Cells) -> Mask:
    """(D,) domains in whose strata every unit was taken, at every stage."""
    random = np.zeros(cells.D)
    for stage in stages:
        h = stage.stratum[stage.unit[cells.unit]]
        np.add.at(random, cells.domain, (stage.f[h] < 1) & (stage.factor[h] > 0))
    return np.asarray(random == 0)


def _sure(stages: list[Stage], cells: Cells) -> Mask:
    """(D,) domains whose first-stage units were all taken while a later stage was sampled."""
    if len(stages) == 1:
        return np.zeros(cells.D, dtype=bool)
    h = stages[0].stratum[stages[0].unit[cells.unit]]
    return np.asarray(np.bincount(cells.domain, weights=stages[0].f[h] < 1, minlength=cells.D) == 0)


def _reasons(design: Design, first: int, alone: Mask, census: Mask) -> Any:
    name = design.stage_name(first)
    if not design.psu:
        text = "one answer: no sampling error can be estimated"
    elif first:
        text = f"one {name} only: no sampling error can be estimated"
    else:
        text = f"lies inside one {name}: name the stage below in psu=[…] to estimate its sampling error"
    return np.where(alone & ~census, text, "").astype(object)


def _check_mixed(design: Design, domains: Domains, key: tuple[Any, ...], alone: Mask) -> None:
    cells = cells_at(design, 0, domains, key)
    units = design.units(0)
    if len(design.fpc) > 1:
        f = design.fractions[0]
        sure = (f == 1)[units.parent] & (np.bincount(units.parent) == 1)[units.parent]
        inside = alone[cells.domain] & sure[cells.unit]
        alone = alone.copy()
        alone[cells.domain[inside]] = False
    if alone.any() and not alone.all():
        _refuse_mixed(design, domains, cells, alone)


def _refuse_mixed(design: Design, domains: Domains, cells: Cells, alone: Mask) -> NoReturn:
    small, large = int(np.flatnonzero(alone)[0]), int(np.flatnonzero(~alone)[0])
    index = domains.names
    names = [shown(index[d]) if index is not None else "all rows" for d in (small, large)]
    unit = cells.unit[cells.starts[small]]
    row = int(np.flatnonzero(design.units(0).row == unit)[0])
    own = design.data[design.psu[0]].iloc[row]
    raise ArgumentError(
        f"by={list(index.names) if index is not None else None}: {names[0]} lies inside one {design.psu[0]} "
        f"({own}) and {names[1]} spreads over several, so their errors are of two kinds. Estimate them apart "
        "with where=, or merge the small domain with another."
    )


def _units_for_df(stages: list[Stage]) -> tuple[Codes, Codes]:
    """(P,) unit and stratum that count for degrees of freedom.

    A stratum whose units were all taken shows no error at its stage; the units below count in their place.
    """
    unit = stages[0].unit.copy()
    stratum = stages[0].stratum[unit]
    sure = stages[0].f[stratum] == 1
    base_unit, base_stratum = stages[0].stratum.size, stages[0].n.size
    for stage in stages[1:]:
        own = stage.stratum[stage.unit]
        unit = np.where(sure, base_unit + stage.unit, unit)
        stratum = np.where(sure, base_stratum + own, stratum)
        sure = sure & (stage.f[own] == 1)
        base_unit += stage.stratum.size
        base_stratum += stage.n.size
    return unit, stratum
