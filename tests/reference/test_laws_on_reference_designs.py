"""Identities that hold in every stored design, and the variance written out as in a textbook."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from reference import cases
from reference.designs import columns, open_entry, r_design
from reference.textbook import variance

import surveykit as sv
from sampling.checks import SurveyWarning

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-10

#: A number, another number and a factor of each data set.
COLUMNS = {
    "api": ("api00", "api99", "stype"),
    "csat": ("score", "age", "service"),
    "hospital": ("births", "hospno", "oblevel"),
    "scd": ("alive", "arrests", "ESA"),
    "nhanes": ("HI_CHOL", "RIAGENDR", "race"),
    "lonely": ("api00", "api99", "sch.wide"),
    "clusl": ("api00", "api99", "sch.wide"),
}


def entries() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return each different design of the R cases with the options it was used with.

    Those drawn with unequal chances have forms of their own, held against loops in test_unequal.py.
    """
    found = {}
    for case in cases.r_cases().values():
        for entry in (e for e in case.get("design", []) if not e["name"].startswith("r_")):  # replicates
            if "pps" in entry["args"]:
                continue
            options = case.get("r_options", {})
            rule = options.get("survey.lonely.psu")
            inside = "-in-domains" if options.get("survey.adjust.domain.lonely") else ""
            lonely = entry["name"] in ("dlonely", "dclusl")
            if rule or not lonely:
                found[f"{entry['name']}{'-' + rule if rule else ''}{inside}"] = (entry, options)
    return found


def numbers(entry: dict[str, Any]) -> tuple[str, str, str]:
    return next(names for start, names in COLUMNS.items() if entry["dataset"].startswith(start))


@pytest.fixture(autouse=True)
def no_survey_warnings() -> Iterator[None]:
    """Small samples warn of few PSUs; that is tested elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        yield


Known = tuple[sv.Design, str, str, str]


def opened(name: str) -> Known:
    """Return a design (with a column of ones), two numeric columns and a factor."""
    entry, options = entries()[name]
    args, table = open_entry(entry)
    table["one"] = 1.0
    return r_design(args, table, options), *numbers(entry)


@pytest.fixture(params=entries())
def known(request: pytest.FixtureRequest) -> Known:
    return opened(request.param)


def same(a: sv.Estimates, b: sv.Estimates) -> None:
    """Assert that two results agree in value, standard error and df."""
    scale = np.nanmax(np.abs(b.value.to_numpy()))
    assert_allclose(a.value.to_numpy(), b.value.to_numpy(), rtol=TIGHT, atol=TIGHT * scale)
    assert_allclose(a.se.to_numpy(), b.se.to_numpy(), rtol=TIGHT, atol=TIGHT * scale)
    assert_allclose(a.df.to_numpy(), b.df.to_numpy())


def test_a_mean_is_the_ratio_to_a_column_of_ones(known: Known) -> None:
    design, y, _, _ = known
    same(sv.mean(design, y), sv.ratio(design, y, "one"))


def test_a_mean_by_domain_is_the_ratio_to_ones_by_domain(known: Known) -> None:
    design, y, _, factor = known
    same(sv.mean(design, y, by=factor), sv.ratio(design, y, "one", by=factor))


def test_counting_people_is_the_total_of_ones(known: Known) -> None:
    design, _, _, factor = known
    same(sv.count(design, by=factor), sv.total(design, "one", by=factor))


def test_standard_errors_are_the_roots_of_the_diagonal_of_the_covariance(known: Known) -> None:
    design, y, x, factor = known
    for est in (sv.mean(design, [y, x], by=factor), sv.total(design, [y, x]), sv.proportion(design, factor)):
        V = est.covariance.full()
        assert_allclose(np.diag(V), est.se.to_numpy() ** 2, rtol=1e-8, atol=1e-12 * np.nanmax(np.abs(V)))
        assert_allclose(V, V.T, atol=1e-12 * np.nanmax(np.abs(V)))


def test_a_share_is_the_mean_of_an_indicator(known: Known) -> None:
    design, _, _, factor = known
    shares = sv.proportion(design, factor)
    for level in shares.value.index:
        one = sv.proportion(design, factor, value=level)
        assert_allclose(one.value.iloc[0], shares.value[level], rtol=TIGHT)
        assert_allclose(one.se.iloc[0], shares.se[level], rtol=TIGHT, atol=1e-14)


def test_shares_add_to_one_without_error(known: Known) -> None:
    design, _, _, factor = known
    shares = sv.proportion(design, factor)
    whole = shares.contrast(dict.fromkeys(shares.value.index, 1.0))
    assert_allclose(whole.value.iloc[0], 1.0, rtol=TIGHT)
    assert_allclose(whole.se.iloc[0], 0.0, atol=1e-9)


def additive() -> list[str]:
    """Return the designs without a rule for strata of one PSU that looks at each domain by itself."""
    rules = ("adjust", "average")
    return [k for k, (_, options) in entries().items() if options.get("survey.lonely.psu") not in rules]


@pytest.mark.parametrize("name", additive())
def test_totals_of_domains_add_to_the_total(name: str) -> None:
    design, y, _, factor = opened(name)
    parts = sv.total(design, y, by=factor)
    whole, total = parts.contrast(dict.fromkeys(parts.value.index, 1.0)), sv.total(design, y)
    assert_allclose(whole.value.iloc[0], total.value.iloc[0], rtol=TIGHT)
    assert_allclose(whole.se.iloc[0], total.se.iloc[0], rtol=1e-8)


def test_a_domain_of_a_table_is_the_same_domain_alone(known: Known) -> None:
    design, y, _, factor = known
    table = sv.mean(design, y, by=factor)
    for i, level in enumerate(table.value.index):
        alone = sv.mean(design.where(f"`{factor}` == {level!r}"), y)
        assert_allclose(alone.value.iloc[0], table.value.iloc[i], rtol=TIGHT)
        assert_allclose(alone.se.iloc[0], table.se.iloc[i], rtol=TIGHT)
        assert alone.df.iloc[0] == table.df.iloc[i]


def test_the_variance_of_a_yes_or_no_answer_is_p_times_one_less_p(known: Known) -> None:
    design, _, _, factor = known
    level = design.data[factor].iloc[0]
    data = design.data.assign(yes=(design.data[factor] == level).astype(float))
    n = len(data)
    p = sv.mean(design.changed(data=data), "yes").value.iloc[0]
    assert_allclose(sv.variance(design.changed(data=data), "yes").value.iloc[0], p * (1 - p) * n / (n - 1))


def plain() -> list[str]:
    """Return the designs without a stratum of one PSU."""
    return [name for name, (_, options) in entries().items() if not options]


@pytest.mark.parametrize("name", plain())
def test_totals_and_means_have_the_variance_of_the_textbook(name: str) -> None:
    entry, _ = entries()[name]
    args, table = open_entry(entry)
    y, x, factor = numbers(entry)
    design = r_design(args, table, {})
    strata = columns(table, args.get("strata"))
    units = columns(table, args["id"])
    stages = [table[unit] for unit in units] if units else [pd.Series(range(len(table)))]
    sizes = [table[size] for size in columns(table, args.get("fpc")) or []]
    known = [*sizes, *[None] * (len(stages) - len(sizes))]
    stratum = table[strata[0]] if strata else pd.Series(0, index=table.index)
    w = design.weights.to_numpy()
    values = table[[y, x]].to_numpy(float)
    inside = np.isfinite(values)
    values = np.where(inside, values, 0.0)

    V = variance(w[:, None] * values, stages, stratum, known)
    assert_allclose(sv.total(design, [y, x]).covariance.full(), V, rtol=1e-8, atol=1e-12 * V.max())

    N = (w[:, None] * inside).sum(axis=0)
    influence = inside * w[:, None] * (values - (w[:, None] * values).sum(axis=0) / N) / N
    V = variance(influence, stages, stratum, known)
    assert_allclose(sv.mean(design, [y, x]).covariance.full(), V, rtol=1e-8, atol=1e-12 * V.max())

    level = table[factor].iloc[[0]].tolist()[0]
    part = np.where(table[factor] == level, w * values[:, 0], 0.0)
    alone = sv.total(design, y, where=f"`{factor}` == {level!r}")
    V = variance(part[:, None], stages, stratum, known)
    assert_allclose(alone.se.iloc[0] ** 2, V[0, 0], rtol=1e-8)
