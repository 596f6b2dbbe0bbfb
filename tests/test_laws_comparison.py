"""Laws of comparisons: t tests of textbooks, four cells, and waves as domains of one design."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats
from strategies import MARGINS, SEEDS, STRATA, build, check_same, intervals_of

import surveykit as sv

#: Linear algebra on the same numbers in another order.
TIGHT = 1e-9

few = settings(max_examples=8)
SIZES = st.integers(2, 30)


#: Small samples warn of few units; that is tested elsewhere.
pytestmark = pytest.mark.filterwarnings("ignore::sampling.checks.SurveyWarning")


def waves(strata: list[int], seed: int) -> pd.DataFrame:
    """Return two waves of the same communes with fresh villages; ``adopted`` in every other commune."""
    one, two = build(strata, seed), build(strata, seed + 1)
    two = two.assign(
        village="later " + two["village"], N1=two["commune"].map(one.groupby("commune")["N1"].first())
    )
    data = pd.concat([one.assign(wave=1), two.assign(wave=2)], ignore_index=True)
    size = data.groupby("commune")["N1"].first()
    number = {commune: k for k, commune in enumerate(size.index)}
    return data.assign(adopted=data["commune"].map(number) % 2, N1=data["commune"].map(size))


def panel(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    before = rng.normal(3, 1, n)
    after = before + rng.normal(0.3, 0.5, n)
    data = pd.DataFrame({"person": np.tile(np.arange(n), 2), "wave": np.repeat([1, 2], n)})
    return before, after, data.assign(score=np.r_[before, after])


# --- before and after ---------------------------------------------------------------------------------------


@few
@given(SIZES, SEEDS)
def test_before_and_after_on_a_simple_panel_is_the_paired_t_test(n, seed):
    before, after, data = panel(n, seed)
    design = sv.Design(data.sample(frac=1, random_state=1), sampling="srs", psu="person")
    change = sv.before_after(design, "score", wave="wave")
    known = stats.ttest_rel(after, before)
    found = change.test().iloc[0]
    assert_allclose([found["t"], found["p"]], [known.statistic, known.pvalue], rtol=1e-7)
    assert found["df"] == known.df == n - 1
    assert_allclose(change.value, after.mean() - before.mean())
    for level in (0.8, 0.95):
        assert_allclose(change.ci(level).iloc[0], known.confidence_interval(level), rtol=1e-7)


@few
@given(SIZES, SIZES, SEEDS)
def test_two_samples_without_overlap_are_two_means(n1, n2, seed):
    _, _, data = panel(n1 + n2, seed)
    one, two = data[data["wave"] == 1].iloc[:n1], data[data["wave"] == 2].iloc[-n2:]
    change = sv.before_after(sv.Design(pd.concat([one, two]), sampling="srs"), "score", wave="wave")
    parts = [sv.mean(sv.Design(part, sampling="srs"), "score") for part in (one, two)]
    assert_allclose(change.value, parts[1].value - parts[0].value)
    assert_allclose(change.se**2, sum(part.se**2 for part in parts))
    assert change.df.iloc[0] == n1 + n2 - 2
    welch = stats.ttest_ind(two["score"], one["score"], equal_var=False)
    assert_allclose(change.test()["t"], welch.statistic)


@few
@given(STRATA, SEEDS, st.sampled_from(["none", "psu"]))
def test_a_change_is_a_contrast_of_the_waves(strata, seed, overlap):
    data = waves(strata, seed)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune")
    change = sv.before_after(design, "z", wave="wave", by="group", overlap=overlap)
    words: dict[str, Any] = {"strata": "stratum", "psu": "commune"}
    if overlap == "none":
        words = {"strata": ["stratum", "wave"], "psu": "commune", "nest": True}
    table = sv.mean(sv.Design(data, weights="w", **words), "z", by=["group", "wave"])
    for group in change.value.index:
        wanted = table.contrast({(group, 2): 1, (group, 1): -1})
        row = change.contrast({group: 1})
        assert_allclose(row.value, wanted.value)
        assert_allclose(row.se, wanted.se)
        assert change.df[group] == wanted.df.iloc[0]
    two = change.contrast({"a": 1, "b": -1})
    four = table.contrast({("a", 2): 1, ("a", 1): -1, ("b", 2): -1, ("b", 1): 1})
    check_same(four, two, rtol=TIGHT)


@few
@given(STRATA, SEEDS)
def test_a_change_of_shares_is_the_change_of_the_mean_of_a_yes(strata, seed):
    data = waves(strata, seed).assign(yes=lambda t: t["y"].isin([4, 5]).where(t["y"].notna()) * 1.0)
    design = sv.Design(data, weights="w", strata="stratum", psu="commune").pipe(sv.rake, MARGINS)
    for by in (None, "sex"):
        shares = sv.before_after(design, "y", wave="wave", value=[4, 5], by=by)
        means = sv.before_after(design, "yes", wave="wave", by=by)
        check_same(means, shares, rtol=TIGHT, intervals=False)
        cut = intervals_of(shares)
        for method, limits in intervals_of(means).items():  # only of shares is it known where a change ends
            assert_allclose(cut[method], limits.clip(-1, 1), rtol=TIGHT, atol=TIGHT)


@few
@given(STRATA, SEEDS)
def test_a_change_by_level_is_the_change_where_the_level(strata, seed):
    design = sv.Design(waves(strata, seed), weights="w", strata="stratum", psu="commune")
    table = sv.before_after(design, "z", wave="wave", by="sex")
    for sex in (1, 2):
        alone = sv.before_after(design, "z", wave="wave", where=f"sex == {sex}")
        check_same(alone, table.contrast({sex: 1}), rtol=TIGHT)


@few
@given(STRATA, SEEDS)
def test_the_waves_turned_round_change_the_sign(strata, seed):
    data = waves(strata, seed)
    turned = data.assign(wave=3 - data["wave"])
    one, two = (
        sv.before_after(sv.Design(d, weights="w", strata="stratum", psu="commune"), "z", wave="wave")
        for d in (data, turned)
    )
    assert_allclose(one.value, -two.value)
    assert_allclose(one.se, two.se)


@few
@given(STRATA, SEEDS)
def test_with_sizes_at_every_stage_a_commune_taken_twice_is_taken_once(strata, seed):
    data = waves(strata, seed)
    words = {"strata": "stratum", "psu": ["commune", "village"], "fpc": ["N1", "N2"]}
    sizes = data.groupby("commune")["village"].transform("nunique") + 3
    data = data.assign(N2=sizes, N1=data.groupby("stratum")["N1"].transform("max"), turn=2)
    found = sv.before_after(sv.Design(data, weights="w", **words), "z", wave="wave")
    words = {"strata": "stratum", "psu": ["commune", "wave", "village"], "fpc": ["N1", "turn", "N2"]}
    table = sv.mean(sv.Design(data, weights="w", **words), "z", by="wave")
    assert_allclose(found.se, table.contrast({2: 1, 1: -1}).se)


@few
@given(STRATA, SEEDS)
def test_fresh_villages_of_one_commune_are_two_independent_samples(strata, seed):
    data = waves(strata, seed)
    design = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"])
    change = sv.before_after(design, "z", wave="wave", by="commune")
    for commune in change.value.index:
        own = data[data["commune"] == commune]
        alone = sv.Design(own, weights="w", strata="wave", psu="village")
        wanted = sv.mean(alone, "z", by="wave").contrast({2: 1, 1: -1})
        assert_allclose(change.value[commune], wanted.value.iloc[0])
        assert_allclose(change.se[commune], wanted.se.iloc[0])
        assert change.df[commune] == wanted.df.iloc[0]


# --- difference in differences ------------------------------------------------------------------------------


def balanced(adopting: int, comparison: int, seed: int, people: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    units = adopting + comparison
    data = pd.DataFrame({"commune": np.repeat(np.arange(units), 2 * people)})
    data["wave"] = np.tile(np.repeat([1, 2], people), units)
    data["adopted"] = (data["commune"] < adopting) * 1
    shift = rng.normal(size=(units, 2))
    data["score"] = shift[data["commune"], data["wave"] - 1] + rng.normal(size=len(data))
    return data


@few
@given(st.integers(3, 12), st.integers(3, 12), SEEDS)
def test_did_with_equal_communes_is_welch_of_their_changes(adopting, comparison, seed):
    data = balanced(adopting, comparison, seed)
    effect = sv.did(sv.Design(data, sampling="srs"), "score", treated="adopted", wave="wave", unit="commune")
    means = data.pivot_table("score", "commune", "wave")
    change = means[2] - means[1]
    known = stats.ttest_ind(change[:adopting], change[adopting:], equal_var=False)
    found = effect.test().iloc[0]
    wanted = [known.statistic, known.df, known.pvalue]
    assert_allclose([found["t"], found["df"], found["p"]], wanted, rtol=1e-6)
    assert_allclose(effect.ci().iloc[0], known.confidence_interval(), rtol=1e-6)


@few
@given(st.lists(st.integers(3, 6), min_size=1, max_size=2), SEEDS, st.sampled_from([None, "sex == 1"]))
def test_did_is_the_contrast_of_four_cells_with_communes_as_clusters(strata, seed, where):
    data = waves([6, *strata], seed)
    asked = data if where is None else data.query(where)
    held = asked.dropna(subset=["y"]).groupby("wave")["commune"].nunique()
    assume((held == data["commune"].nunique()).all())  # a commune without answers is left out by did
    full = sv.Design(data, weights="w", strata="stratum", psu=["commune", "village"])
    known = sv.Design(data, weights="w", strata="adopted", psu="commune")
    cells = {(1, 2): 1, (1, 1): -1, (0, 2): -1, (0, 1): 1}
    for words, verb in (({}, sv.mean), ({"value": [4, 5]}, sv.proportion)):
        words = {"where": where, **words}
        effect = sv.did(full, "y", treated="adopted", wave="wave", unit="commune", **words)
        wanted = verb(known, "y", by=["adopted", "wave"], **words).contrast(cells)
        assert_allclose(effect.value, wanted.value, rtol=TIGHT, atol=TIGHT)
        assert_allclose(effect.se, wanted.se, rtol=TIGHT)
        assert effect.n.iloc[0] == wanted.n.iloc[0]
        assert effect.df.iloc[0] <= wanted.df.iloc[0] + 1e-9


@few
@given(SEEDS)
def test_communes_in_neither_arm_change_nothing(seed):
    data = waves([6, 6], seed)
    outside = data["commune"].isin(["h0c0", "h1c1"])
    told = data.assign(adopted=data["adopted"].astype(float).mask(outside))
    known = {"treated": "adopted", "wave": "wave", "unit": "commune"}
    one = sv.did(sv.Design(told, weights="w", strata="stratum", psu="commune"), "z", **known)
    two = sv.did(sv.Design(data[~outside], weights="w", strata="stratum", psu="commune"), "z", **known)
    check_same(two, one, rtol=TIGHT)


TYPES = ["bool", "boolean", "Int8", "float32", "int64[pyarrow]", "bool[pyarrow]", "object"]


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("first", [bool, int])
def test_the_type_of_treated_never_matters(dtype, first):
    data = waves([6, 6], 51)
    known = {"treated": "adopted", "wave": "wave", "unit": "commune"}
    other = data.assign(adopted=data["adopted"].astype(first).astype(dtype))
    one, two = (sv.did(sv.Design(d, weights="w"), "z", **known) for d in (data, other))
    check_same(one, two, rtol=0)


@few
@given(SEEDS, st.floats(0.01, 100), st.floats(-5, 5))
def test_an_effect_moves_with_the_answers(seed, scale, shift):
    data = waves([6, 6], seed)
    data["moved"] = shift + scale * data["z"] + 2.5 * ((data["wave"] == 2) & (data["adopted"] == 1))
    design = sv.Design(data, weights="w")
    known = {"treated": "adopted", "wave": "wave", "unit": "commune"}
    one, two = sv.did(design, "z", **known), sv.did(design, "moved", **known)
    assert_allclose(two.value, scale * one.value + 2.5, rtol=1e-6, atol=1e-6)
    assert_allclose(two.se, scale * one.se, rtol=1e-6)
    assert_allclose(two.df, one.df, rtol=1e-6)
