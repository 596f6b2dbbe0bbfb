"""What a model of which columns were left out can and cannot tell; slopes at the border of a function."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, DataError
from surveykit.regression import regress

WHY = "the data do not tell the terms apart there (left out: 'x2')"


def people(seed: int = 6, n: int = 90) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    d = pd.DataFrame(
        {"x": r.normal(size=n), "g": r.choice(["Nam", "Nữ"], n), "loai": r.choice(list("abc"), n)}
    )
    d = d[~((d["g"] == "Nữ") & (d["loai"] == "c"))].reset_index(drop=True)
    d["x2"], d["p"] = 2 * d["x"] - 1, r.uniform(0.5, 3, len(d))
    d["y"] = d["x"] + r.normal(size=len(d))
    d["b"] = (d["y"] > 0) * 1
    return d


@pytest.mark.parametrize("family", ["gaussian", "logit"])
def test_a_number_that_another_gives_has_no_effect_that_could_be_told(family):
    d = people()
    y = "b" if family == "logit" else "y"
    model = regress(sv.Design(d, sampling="srs"), f"{y} ~ x + x2", family=family)
    assert list(model.effects().reason) == [WHY, WHY]
    assert model.effects().value.isna().all()
    assert model.effects().se.isna().all()
    assert list(model.margins("x2", at=[0, 5]).reason) == [WHY, WHY]
    new = pd.DataFrame({"x": [0.0, 0.0, 1.0], "x2": [-1.0, 50.0, 1.0]})
    found = model.predict(new)
    assert list(found.reason) == ["", WHY, ""]
    alone = regress(sv.Design(d, sampling="srs"), f"{y} ~ x", family=family)
    assert_allclose(found.value.iloc[[0, 2]], alone.predict(new).value.iloc[[0, 2]], rtol=1e-9)
    assert_allclose(found.se.iloc[[0, 2]], alone.predict(new).se.iloc[[0, 2]], rtol=1e-9)
    assert "số liệu không tách được các số hạng ở đó (bỏ: &#x27;x2&#x27;)" in found.to_html() or (
        "số liệu không tách được các số hạng ở đó (bỏ: 'x2')" in found.to_html()
    )


def test_a_cell_that_nobody_is_in_has_no_margin():
    model = regress(sv.Design(people(), sampling="srs"), "y ~ g * loai")
    found = model.margins("loai")
    assert list(found.reason) == [
        "",
        "",
        "the data do not tell the terms apart there (left out: 'g[Nữ]:loai[c]')",
    ]
    assert found.value.notna().tolist() == [True, True, False]
    effects = model.effects("loai")
    assert effects.value.notna().tolist() == [True, False]
    both = regress(sv.Design(people(), sampling="srs"), "b ~ g * loai", family="logit").effects("loai")
    assert both.value.notna().tolist() == [True, False]


def test_a_change_that_the_data_tell_is_told_though_its_levels_are_not():
    d = people().assign(h=lambda t: 1.0)  # a constant, left out beside the intercept
    model = regress(sv.Design(d, sampling="srs"), "y ~ g + h")
    assert model.dropped == ("h",)
    assert model.effects("g").reason.iloc[0] == ""
    assert model.margins("h", at=[1.0, 2.0]).reason.tolist()[0] == ""
    assert model.margins("h", at=[1.0, 2.0]).reason.tolist()[1] != ""


def test_a_number_far_from_0_has_the_effect_of_its_distance():
    r = np.random.default_rng(0)
    d = pd.DataFrame({"x": r.integers(0, 10, 200) * 1.0})
    d["b"] = (r.uniform(size=200) < 1 / (1 + np.exp(1 - 0.3 * d["x"]))) * 1.0
    d["t"] = 1.7e9 + d["x"]
    design = sv.Design(d, sampling="srs")
    near, far = (regress(design, f"b ~ {name}", family="logit").effects() for name in ("x", "t"))
    assert_allclose(far.value.iloc[0], near.value.iloc[0], rtol=1e-6)
    assert_allclose(far.se.iloc[0], near.se.iloc[0], rtol=1e-6)


def test_slopes_at_the_border_of_a_function_are_one_sided():
    d = people()
    d.loc[3, "p"] = 1e-7
    design = sv.Design(d, sampling="srs")
    model = regress(design, "y ~ log(p)")
    wanted = (model.coefficients.value["log(p)"] / d["p"]).mean()
    with pytest.raises(DataError, match="the slope of a term by 'p' has no end at one of its values"):
        model.effects("p")
    d["p"] = d["p"].clip(lower=0.5)
    design = sv.Design(d, sampling="srs")
    model = regress(design, "y ~ log(p)")
    wanted = (model.coefficients.value["log(p)"] / d["p"]).mean()
    assert_allclose(model.effects("p").value.iloc[0], wanted, rtol=1e-7)
    curved = regress(design, "y ~ bs(p, df=4)")  # knows no values beyond those of the sample
    inside = curved.effects("p").value.iloc[0]
    X = curved.terms.matrix(d)
    assert np.isfinite(inside)
    h = 1e-4
    mid = d["p"].clip(d["p"].min() + h, d["p"].max() - h)
    up, down = (curved.terms.matrix(d.assign(p=mid + s * h)) for s in (1, -1))
    slope = ((up - down) / (2 * h)) @ curved.coefficients.value.to_numpy()
    assert_allclose(inside, slope.mean(), rtol=1e-2)
    assert X.shape[1] == 5


def test_sqrt_at_0_has_a_slope_without_end():
    d = people()
    d.loc[3, "p"] = 0.0
    model = regress(sv.Design(d, sampling="srs"), "y ~ np.sqrt(p)")
    with pytest.raises(DataError, match="Leave those rows out with where=, or take margins at values"):
        model.effects("p")


def test_a_term_that_compares_a_number_asks_for_a_column():
    d = people().assign(tuoi=lambda t: np.arange(len(t)))
    model = regress(sv.Design(d, sampling="srs"), "b ~ (tuoi > 40) + x", family="logit")
    with pytest.raises(ArgumentError, match=r"effects: 'tuoi' has \d+ values\. Where a term compares it, as"):
        model.effects("tuoi")
