"""Likert items, questions with several answers, standardised means and clusters: laws and plain loops."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from surveykit.clustering import deff_parts, icc

TIGHT = 1e-10  # the same numbers in another order


def people(seed: int = 1, n: int = 240) -> pd.DataFrame:
    r = np.random.default_rng(seed)
    table = pd.DataFrame(
        {"tang": r.integers(0, 3, n), "w": r.uniform(1, 4, n), "gioi": r.choice(["Nam", "Nữ"], n)}
    )
    table["thon"] = table["tang"] * 10 + r.integers(0, 6, n)
    table["tuoi"] = r.choice(["18–34", "35–59", "60+"], n)
    for item in ("c1", "c2"):
        table[item] = r.integers(1, 6, n).astype(float)
        table.loc[r.random(n) < 0.05, item] = np.nan
    for option in ("xa", "cham", "phi"):
        table[option] = r.integers(0, 2, n).astype(float)
    table.loc[:9, ["xa", "cham", "phi"]] = np.nan
    return table


def design(table: pd.DataFrame) -> sv.Design:
    return sv.Design(table, weights="w", strata="tang", psu="thon")


# ---- items on a scale --------------------------------------------------------------------------------------


def test_boxes_are_shares_and_net_is_their_difference_with_its_covariance() -> None:
    d = design(people())
    table = sv.likert(d, ["c1", "c2"])
    for item in ("c1", "c2"):
        top, bottom = (sv.proportion(d, item, value=v) for v in ([4, 5], [1, 2]))
        assert_allclose(table.top.value[item], top.value[item], rtol=TIGHT)
        assert_allclose(table.bottom.ci().loc[item], bottom.ci().loc[item], rtol=TIGHT)
        shares = sv.proportion(d, item)
        levels = {1: -1, 2: -1, 4: 1, 5: 1}
        net = shares.contrast({float(k): v for k, v in levels.items()})
        assert_allclose(table.net.value[item], net.value.iloc[0], rtol=TIGHT)
        assert_allclose(table.net.se[item], net.se.iloc[0], rtol=TIGHT)
    assert_allclose(table.mean.covariance.full(), sv.mean(d, ["c1", "c2"]).covariance.full(), rtol=TIGHT)


def test_words_by_codes_are_the_numbers_they_stand_for() -> None:
    table = people()
    words = {1.0: "rất kém", 2.0: "kém", 3.0: "vừa", 4.0: "tốt", 5.0: "rất tốt"}
    spoken = table.assign(c1=table["c1"].map(words))
    one = sv.likert(design(table), "c1", by="gioi")
    other = sv.likert(design(spoken), "c1", codes={v: int(k) for k, v in words.items()}, by="gioi")
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())


def test_categories_are_the_words_or_numbers_they_hold() -> None:
    table = people()
    words = {1.0: "rất kém", 2.0: "kém", 3.0: "vừa", 4.0: "tốt", 5.0: "rất tốt"}
    one = sv.likert(design(table), "c1").to_frame()
    text = table.assign(c1=pd.Categorical(table["c1"].map(words), categories=list(words.values())))
    codes = {v: int(k) for k, v in words.items()}
    pd.testing.assert_frame_equal(sv.likert(design(text), "c1", codes=codes).to_frame(), one)
    numbers = table.assign(c1=pd.Categorical(table["c1"]))
    pd.testing.assert_frame_equal(sv.likert(design(numbers), "c1").to_frame(), one)
    full = text.assign(c1=text["c1"].fillna("vừa"))
    assert sv.likert(design(full), "c1", codes=codes, missing="vừa").missing["c1"] == (
        (full["c1"] == "vừa").sum()
    )


def test_missing_answers_are_counted_by_item_and_group() -> None:
    table = people()
    found = sv.likert(design(table), ["c1", "c2"], by="gioi").to_frame()["missing"]
    for sex in ("Nam", "Nữ"):
        for item in ("c1", "c2"):
            assert found[sex, item] == table.loc[table["gioi"] == sex, item].isna().sum()
    assert "thiếu" in sv.likert(design(table), "c1").to_html("vi")


def test_named_missing_values_are_left_out_like_blanks() -> None:
    table = people()
    nine = table.assign(c1=table["c1"].fillna(9.0))
    one, other = sv.likert(design(table), "c1"), sv.likert(design(nine), "c1", missing=[9])
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())
    assert one.mean.n["c1"] == table["c1"].notna().sum()


def test_the_table_of_items_is_in_vietnamese_with_decimal_commas() -> None:
    shown = sv.likert(design(people()), ["c1", "c2"])._repr_html_()
    for words in (
        "câu hỏi",
        "điểm trung bình (1–5)",
        "2 mức cao nhất",
        "chênh lệch (điểm phần trăm)",
        "bậc tự do",
    ):
        assert words in shown
    assert "mean" not in shown
    english = sv.likert(design(people()), "c1", by="gioi").to_html("en")
    assert "net (percentage points)" in english
    assert "net" in repr(sv.likert(design(people()), "c1"))


def test_an_item_without_answers_in_a_group_has_a_dash() -> None:
    table = people()
    table.loc[table["gioi"] == "Nữ", "c1"] = np.nan
    assert "–</td>" in sv.likert(design(table), "c1", by="gioi").to_html("vi")


ITEMS = {
    "outside": (
        {"items": "c1", "scale": (1, 4)},
        r"items='c1' has 5 (56 rows), outside the scale 1 to 4. Name it in missing=, or correct scale=.",
    ),
    "scale": (
        {"items": "c1", "scale": (5, 1)},
        "scale=(5, 1): pass the least and the greatest level, as (1, 5).",
    ),
    "codes": (
        {"items": "gioi", "codes": {"Nam": 1, "Nữ": 7}},
        "items='gioi' has 7 (117 rows), outside the scale 1 to 5. Correct codes= or scale=.",
    ),
    "overlap": (
        {"items": "c1", "top": 3, "bottom": 3},
        "top=3 and bottom=3 overlap on a scale of 5 levels. Take fewer.",
    ),
    "count": ({"items": "c1", "top": 0}, "top=0: say how many levels count, a whole number from 1 on."),
    "word": (
        {"items": "gioi", "codes": {"Nam": 1}},
        "codes has no level for 'Nữ', which items='gioi' holds (117 rows). Add it, or name it in missing=.",
    ),
    "text": (
        {"items": "gioi"},
        "items='gioi' holds text ('Nữ', 'Nam'), and a scale needs numbers. "
        "Say which level each answer is with codes={…}.",
    ),
}


@pytest.mark.parametrize("name", ITEMS)
def test_items_are_refused_in_these_words(name: str) -> None:
    words, text = ITEMS[name]
    with pytest.raises((ValueError, TypeError)) as error:
        sv.likert(design(people()), **words)
    assert str(error.value) == text


# ---- questions with several answers ------------------------------------------------------------------------

OPTIONS = ["xa", "cham", "phi"]


def test_shares_of_people_add_to_the_mean_number_and_shares_of_answers_to_one() -> None:
    table = people()
    d = design(table)
    of_people, of_answers = sv.multiple_response(d, OPTIONS), sv.multiple_response(d, OPTIONS, base="answers")
    number = sv.mean(design(table.assign(so=table[OPTIONS].sum(axis=1, skipna=False))), "so")
    assert_allclose(of_people.value.sum(), number.value.iloc[0], rtol=TIGHT)
    assert_allclose(
        of_people.combine(_ones(3), pd.Index(["sum"]), "sum").se.iloc[0], number.se.iloc[0], rtol=TIGHT
    )
    assert_allclose(of_answers.value.sum(), 1, rtol=TIGHT)
    assert_allclose(of_answers.value, of_people.value / number.value.iloc[0], rtol=TIGHT)
    assert_allclose(of_people.value, sv.mean(d, OPTIONS).value.to_numpy(), rtol=TIGHT)
    assert_allclose(of_people.covariance.full(), sv.mean(d, OPTIONS).covariance.full(), rtol=TIGHT)


def _ones(k: int):
    import scipy.sparse as sp

    return sp.csr_matrix(np.ones((k, 1)))


def test_one_column_of_text_says_the_same_as_a_column_an_option() -> None:
    table = people()
    text = [
        " ".join(o for o in OPTIONS if row[o] == 1) if not np.isnan(row["xa"]) else None
        for _, row in table[OPTIONS].iterrows()
    ]
    one = sv.multiple_response(design(table), OPTIONS, by="gioi")
    other = sv.multiple_response(design(table.assign(tat_ca=text)), "tat_ca", by="gioi")
    value = other.value.reindex(one.value.index)
    assert_allclose(value, one.value, rtol=TIGHT)
    assert_allclose(other.se.reindex(one.value.index), one.se, rtol=TIGHT)


def test_a_person_without_an_answer_is_counted_once() -> None:
    table = people()
    assert sv.multiple_response(design(table), OPTIONS).context.missing == 10
    assert sv.multiple_response(design(table), OPTIONS, by="gioi").context.missing == 10


def test_a_share_is_not_held_against_90() -> None:
    with pytest.raises(ValueError, match=r"null=90: these are shares, from 0 to 1. Did you mean 0.9\?"):
        sv.proportion(design(people()), "c1", value=[4, 5]).test(90)
    with pytest.raises(ValueError, match=r"null=-1: these are shares, from 0 to 1.$"):
        sv.proportion(design(people()), "c1", value=[4, 5]).test(-1)


def test_two_groups_that_agree_have_no_certain_difference() -> None:
    table = people().assign(dat=1)
    table.loc[table["tuoi"] == "60+", "dat"] = (table["c1"] > 2)[table["tuoi"] == "60+"].astype(int)
    pairs = sv.proportion(design(table), "dat", value=1, by="tuoi").pairwise()
    reason = pairs.reason.to_dict()
    assert reason["18–34", "35–59"] == "everyone agrees in these groups: no sampling error can be estimated"
    assert reason["18–34", "60+"] == ""
    assert np.isnan(pairs.ci().loc[("18–34", "35–59"), "ci_low"])
    assert "ai cũng trả lời như nhau" in pairs.to_html("vi")


def test_a_word_for_chosen_and_labels() -> None:
    table = people()
    ticked = table.assign(**{o: table[o].map({1.0: "có", 0.0: None}) for o in OPTIONS})
    where = " or ".join(f"{option}.notna()" for option in OPTIONS)
    found = sv.multiple_response(design(ticked), OPTIONS, selected="có", labels={"xa": "ở xa"}, where=where)
    assert list(found.value.index) == ["ở xa", "cham", "phi"]
    answered = ticked[OPTIONS].notna().any(axis=1)
    expected = (table["w"] * (table["xa"] == 1)).sum() / table["w"][answered].sum()
    assert_allclose(found.value["ở xa"], expected, rtol=TIGHT)


SEVERAL = {
    "values": (
        {"columns": ["c1", "xa"]},
        "columns: 'c1' holds 2.0, 3.0, 4.0, 5.0 beside selected=1. A column of an option has one value for "
        "chosen and one for not: recode it, or say selected=.",
    ),
    "nobody": (
        {"columns": OPTIONS, "selected": 7},
        "columns: 'xa' holds 0.0, 1.0 beside selected=7. A column of an option has one value for chosen "
        "and one for not: recode it, or say selected=.",
    ),
    "separator": (
        {"columns": "gioi", "separator": ""},
        "separator='': write the text between two options, as ' ' or ';'.",
    ),
    "number": (
        {"columns": "w"},
        "columns='w' holds numbers, and one column of a question with several answers is text. "
        "Pass the list of columns, one an option.",
    ),
    "words": (
        {"columns": OPTIONS, "labels": {"xa": "x", "phi": "x"}},
        "labels gives 'x' to two options. Write different words.",
    ),
    "label": (
        {"columns": OPTIONS, "labels": {"xaa": "x"}},
        "labels names 'xaa', which is no option. Did you mean 'xa'?",
    ),
    "base": (
        {"columns": OPTIONS, "base": "all"},
        "base='all' is not known. Choose one of 'people', 'answers'.",
    ),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_answers_are_refused_in_these_words(name: str) -> None:
    words, text = SEVERAL[name]
    with pytest.raises((ValueError, TypeError, KeyError)) as error:
        sv.multiple_response(design(people()), **words)
    assert str(error.value).strip('"') == text


def test_blank_questions_and_too_many_options_are_refused() -> None:
    table = people()
    with pytest.raises(ValueError, match="nobody chose an option"):
        sv.multiple_response(design(table.assign(trong="")), "trong")
    with pytest.raises(ValueError, match=r"nobody chose an option: selected=1 stands in none of 'khong'"):
        sv.multiple_response(design(table.assign(khong=0.0)), ["khong"])
    with pytest.raises(ValueError, match="240 options, and a question has at most 60"):
        sv.multiple_response(design(table.assign(ten=[f"nguoi{i}" for i in range(240)])), "ten")


# ---- clusters ----------------------------------------------------------------------------------------------


def test_parts_of_the_design_effect_multiply_to_the_whole() -> None:
    d = design(people())
    table = deff_parts(d, "c1")
    assert_allclose(table["deff"].iloc[:3].prod(), table["deff"]["total"], rtol=TIGHT)
    assert_allclose(table["deff"]["total"], sv.mean(d, "c1").deff().iloc[0], rtol=TIGHT)
    assert_allclose(table["share"].iloc[:3].sum(), 1, rtol=TIGHT)
    rows = sv.Design(people(), weights="w")
    assert_allclose(deff_parts(rows, "c1", where="gioi == 'Nữ'")["deff"].iloc[1:3], 1, rtol=TIGHT)


def test_parts_of_no_design_effect_are_refused() -> None:
    table = people()
    with pytest.raises(
        ValueError, match=r"y='mot': all answers are the same, or there is no sampling error, so"
    ):
        deff_parts(design(table.assign(mot=1.0)), "mot")
    with pytest.raises(
        ValueError, match=r"y='c1': lies inside one thon: .+, so there is no design effect to"
    ):
        deff_parts(sv.Design(table, weights="w", psu="thon"), "c1", where="thon == 11")


def test_icc_is_that_of_the_analysis_of_variance() -> None:
    r = np.random.default_rng(7)
    table = pd.DataFrame({"thon": np.repeat(np.arange(12), 5)})
    table["y"] = np.repeat(r.normal(size=12), 5) + r.normal(size=60)
    found = icc(sv.Design(table, sampling="srs", psu="thon"), "y")
    groups = [g.to_numpy() for _, g in table.groupby("thon")["y"]]
    between = 5 * sum((g.mean() - table["y"].mean()) ** 2 for g in groups) / 11
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / 48
    assert_allclose(found["icc"], (between - within) / (between + 4 * within), rtol=TIGHT)
    left = [
        icc(sv.Design(table[table["thon"] != k], sampling="srs", psu="thon"), "y")["icc"] for k in range(12)
    ]
    assert_allclose(found["se"], np.sqrt(11 / 12 * ((left - np.mean(left)) ** 2).sum()), rtol=1e-8)
    assert found["units"] == 12
    assert found["take"] == 5


def test_icc_says_nothing_where_there_is_nothing() -> None:
    table = pd.DataFrame({"thon": list("aabb"), "y": [1.0, 1, 2, 2], "moi": list("abcd")})
    assert icc(sv.Design(table, sampling="srs", psu="thon"), "y")["icc"] == 1
    assert np.isnan(icc(sv.Design(table, sampling="srs", psu="moi"), "y")["icc"])
    assert np.isnan(icc(sv.Design(table.assign(y=1.0), sampling="srs", psu="thon"), "y")["icc"])


def test_icc_of_groups_is_that_of_each_alone() -> None:
    d = design(people())
    table = icc(d, "c1", by="gioi")
    for sex in ("Nam", "Nữ"):
        assert_allclose(table.loc[sex], icc(d, "c1", where=f"gioi == '{sex}'"), rtol=1e-8)
    assert list(table.columns) == ["icc", "se", "units", "take"]
    blank = people().assign(c1=lambda t: t["c1"].where(t["gioi"] == "Nam"))
    assert icc(design(blank), "c1", by="gioi").loc["Nữ"].isna().all()


def test_clusters_are_refused_in_these_words() -> None:
    table = people()
    for verb in (icc, deff_parts):
        with pytest.raises(ValueError, match=r"y=\['c1', 'c2'\]: pass the name of one column\."):
            verb(design(table), ["c1", "c2"])
    with pytest.raises(TypeError, match=r"y='gioi' holds text .+, and a correlation needs numbers"):
        icc(design(table), "gioi")
    with pytest.raises(ValueError, match="y='c1' has no answers in the rows asked for: all are missing"):
        icc(design(table.assign(c1=np.nan)), "c1")
    with pytest.raises(ValueError, match=r"icc needs units with several rows: name them with psu="):
        icc(sv.Design(table, weights="w"), "c1")
    raked = sv.rake(design(table), {"gioi": {"Nam": 0.5, "Nữ": 0.5}})
    with pytest.raises(ValueError, match="deff_parts needs a design without weighting steps and replicates"):
        deff_parts(raked, "c1")


def test_a_t_test_counts_people_without_a_group_as_missing() -> None:
    table = people()
    table.loc[table.index[20:40], "gioi"] = None
    found = sv.t_test(design(table), "c1", by="gioi")
    assert found.context.missing == len(table) - (table["c1"].notna() & table["gioi"].notna()).sum()
