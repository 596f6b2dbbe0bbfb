"""The sentences a user reads when a column holds what a form or a spreadsheet left in it, word for word."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from refusals import refused, warned

import surveykit as sv
from sampling.checks import DataError, SurveyWarning

PEOPLE = pd.DataFrame(
    {
        "quyen_so": [10.0, 10, 10, 10, 20, 20, 20, 20],
        "tang": list("AAAABBBB"),
        "xa": ["Hoà An", "Hoà An", "Nà Hang", "Nà Hang", "Sa Pa", "Sa Pa", "Ba Bể", "Ba Bể"],
        "nguoi": list("abababab"),
        "gioi": ["Nam", "Nữ"] * 4,
        "dot": ["trước", "trước", "sau", "sau"] * 2,
        "diem": [4.0, 5, 3, 4, 5, 4, 2, 5],
    }
)


def design(data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.Design(data, **{"weights": "quyen_so", "strata": "tang", "psu": "xa", **words})


# --- one level, written in two ways -------------------------------------------------------------------------

VERBS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "by": ("gioi", lambda data: sv.mean(design(data), "diem", by="gioi")),
    "psu": ("xa", lambda data: sv.mean(design(data), "diem")),
    "strata": ("tang", lambda data: sv.mean(design(data), "diem")),
    "levels": ("gioi", lambda data: sv.proportion(design(data), "gioi")),
    "value": ("gioi", lambda data: sv.proportion(design(data), "gioi", value="Nam")),
    "crosstab": ("gioi", lambda data: sv.crosstab(design(data), "dot", "gioi")),
    "regress": ("gioi", lambda data: sv.regress(design(data), "diem ~ gioi")),
    "t test": ("gioi", lambda data: sv.t_test(design(data), "diem", by="gioi")),
    "wave": ("dot", lambda data: sv.before_after(design(data), "diem", wave="dot")),
}


@pytest.mark.parametrize("text", [object, "category"])
@pytest.mark.parametrize("verb", VERBS)
def test_a_level_with_a_blank_at_the_end_is_refused(verb, text):
    name, call = VERBS[verb]
    last = PEOPLE[name].iloc[-1]
    data = PEOPLE.assign(**{name: [*PEOPLE[name].iloc[:-1], last + " "]})
    refused(
        DataError,
        f"{name!r} holds {last!r} and {last + ' '!r}, which differ only in blanks at the ends and would "
        f'count as two. Make them one: data[{name!r}] = data[{name!r}].str.normalize("NFC").str.strip().',
        lambda: call(data.astype({name: text})),
    )
    mended = data.assign(**{name: data[name].str.normalize("NFC").str.strip()})
    pd.testing.assert_frame_equal(mended, PEOPLE)


@pytest.mark.parametrize("text", ["str", object, "category"])
def test_a_level_whose_accents_are_stored_apart_is_refused(text):
    apart = unicodedata.normalize("NFD", "Nữ")
    data = PEOPLE.assign(gioi=[*PEOPLE["gioi"].iloc[:-1], apart]).astype({"gioi": text})
    refused(
        DataError,
        f"'gioi' holds 'Nữ' and {apart!r}, which differ only in the Unicode form of their accents and would "
        "count as two. Make them one: data['gioi'] = data['gioi'].str.normalize(\"NFC\").str.strip().",
        lambda: sv.mean(design(data), "diem", by="gioi"),
    )


def test_one_way_of_writing_is_right_whatever_it_is():
    apart = PEOPLE["gioi"].map({"Nam": " Nam", "Nữ": unicodedata.normalize("NFD", "Nữ")})
    table = sv.mean(design(PEOPLE.assign(gioi=apart)), "diem", by="gioi")
    assert table.value.tolist() == sv.mean(design(), "diem", by="gioi").value.tolist()


# --- numbers written as text --------------------------------------------------------------------------------

NEEDS = "and a mean needs numbers."
WHOLE = "data['tien'].str.replace('.', '', regex=False).astype(float)"


@pytest.mark.parametrize("written", [["7.642", "12.500"], ["7.642", "950"], ["-7.642", " 1.000"]])
def test_a_dot_before_three_digits_has_two_meanings(written):
    data = PEOPLE.assign(tien=written * 4)
    refused(
        TypeError,
        f"y='tien' holds numbers written as text ({written[0]!r}, {written[1]!r}), {NEEDS} Does the dot part "
        f"thousands or decimals? Turn them into numbers first: {WHOLE} for thousands, "
        "data['tien'].astype(float) for decimals.",
        lambda: sv.mean(design(data), "tien"),
    )
    assert eval(WHOLE, {"data": data}).iloc[0] == 1000 * data["tien"].astype(float).iloc[0]


def test_two_dots_part_thousands():
    data = PEOPLE.assign(tien=["1.250.000", "950.000"] * 4)
    refused(
        TypeError,
        f"y='tien' holds numbers written as text ('1.250.000', '950.000'), {NEEDS} "
        f"Turn them into numbers first: {WHOLE}.",
        lambda: sv.mean(design(data), "tien"),
    )
    assert eval(WHOLE, {"data": data}).sum() == 4 * 2_200_000


def test_dots_and_a_comma_are_seen_in_any_row():
    data = PEOPLE.assign(tien=["3,0"] * 5 + ["1.234,5"] * 3)
    mend = "data['tien'].str.replace('.', '', regex=False).str.replace(',', '.', regex=False).astype(float)"
    refused(
        TypeError,
        f"y='tien' holds numbers written as text ('3,0', '1.234,5'), {NEEDS} "
        f"Turn them into numbers first: {mend}.",
        lambda: sv.mean(design(data), "tien"),
    )
    assert eval(mend, {"data": data}).iloc[-1] == 1234.5


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        (["13,2", "9,5"], "data['phut'].str.replace(',', '.', regex=False).astype(float)."),
        (["13.2", "9"], "data['phut'].str.replace(',', '.', regex=False).astype(float)."),
    ],
)
def test_a_formula_does_not_take_numbers_written_as_text_for_levels(written, mend):
    data = PEOPLE.assign(phut=written * 4, ma=["01273", "01276"] * 4)
    refused(
        TypeError,
        f"formula='diem ~ phut': 'phut' holds numbers written as text ({written[0]!r}, {written[1]!r}), "
        f"and each would be a level. Turn them into numbers first: {mend} For levels write C(phut).",
        lambda: sv.regress(design(data), "diem ~ phut"),
    )
    assert len(sv.regress(design(data), "diem ~ C(phut)").coefficients.value) == 2
    assert len(sv.regress(design(data), "diem ~ ma").coefficients.value) == 2


# --- options ticked or left blank ---------------------------------------------------------------------------

TICKED = PEOPLE.assign(
    tivi=[1, None, 1, None, None, 1, None, None], loa=[None, 1, 1, None, None, None, None, 1.0]
)


@pytest.mark.parametrize(("chosen", "blank"), [(1, 0), ("x", "0"), (True, 0)])
def test_people_with_all_options_blank_are_not_dropped_where_blank_may_mean_not_chosen(chosen, blank):
    names = ["tivi", "loa"]
    data = TICKED.assign(**{name: TICKED[name].map({1: chosen}) for name in names})
    refused(
        DataError,
        f"columns: 'tivi', 'loa' hold {chosen!r} or blank, and no value for \"not chosen\", so 3 rows with "
        "all of them blank may have chosen none or not have answered. For those who chose none write "
        f"{blank!r}: data[columns] = data[columns].fillna({blank!r}); leave out with where= those who "
        "did not answer.",
        lambda: sv.multiple_response(design(data), names, selected=chosen),
    )
    mended = data.assign(**{name: data[name].fillna(blank) for name in names})
    share = sv.multiple_response(design(mended), names, selected=chosen).value
    np.testing.assert_allclose(share, [40 / 120, 40 / 120], rtol=1e-12)


def test_blank_options_stand_where_the_columns_tell_what_blank_means():
    names = ["tivi", "loa"]
    answered = "tivi.notna() or loa.notna()"
    share = sv.multiple_response(design(TICKED), names, where=answered).value
    np.testing.assert_allclose(share, [40 / 70, 40 / 70], rtol=1e-12)
    told = TICKED.assign(bao=[0, 0, 0, 1, None, 0, None, 0])
    share = sv.multiple_response(design(told), [*names, "bao"]).value
    np.testing.assert_allclose(share, [40 / 80, 40 / 80, 10 / 80], rtol=1e-12)


# --- blank text ---------------------------------------------------------------------------------------------

BLANKS: dict[str, tuple[str, Callable[[pd.DataFrame], Any]]] = {
    "by": ("by='gioi'", lambda data: sv.mean(design(data), "diem", by="gioi")),
    "proportion": ("y='gioi'", lambda data: sv.proportion(design(data), "gioi")),
    "value": ("y='gioi'", lambda data: sv.proportion(design(data), "gioi", value="Nam")),
    "rows": ("rows='gioi'", lambda data: sv.crosstab(design(data), "gioi", "dot")),
    "columns": ("columns='gioi'", lambda data: sv.crosstab(design(data), "dot", "gioi")),
    "formula": ("formula: 'gioi'", lambda data: sv.regress(design(data), "diem ~ gioi")),
    "rank test": (
        "by='gioi'",
        lambda data: sv.rank_test(sv.Design(data, weights="quyen_so"), "diem", "gioi"),
    ),
}
TEXTS = {
    "str": ".replace({!r}, pd.NA)",
    "object": ".replace({!r}, pd.NA)",
    "category": ".cat.remove_categories([{!r}])",
}


@pytest.mark.parametrize("verb", BLANKS)
@pytest.mark.parametrize("text", TEXTS)
def test_blank_text_is_told_of(verb, text):
    said, call = BLANKS[verb]
    for blank in ("", "  "):
        data = PEOPLE.assign(gioi=["Nam", blank, "Nữ", "Nam", "Nữ", "Nam", "Nữ", blank]).astype(
            {"gioi": text}
        )
        mend = f"data['gioi']{TEXTS[text].format(blank)}"
        sentence = (
            f"{said} holds blank text ({blank!r}) in 2 rows, which counts as a level of its own. If it means "
            f"no answer, make it missing: data['gioi'] = {mend}."
        )
        warned(sentence, lambda data=data: call(data))
        mended = data.assign(gioi=eval(mend, {"data": data, "pd": pd}))
        assert mended["gioi"].isna().sum() == 2
        call(mended)


def test_blank_text_outside_the_rows_asked_for_is_not_told_of():
    data = PEOPLE.assign(gioi=["Nam", "", "Nữ", "Nam", "Nữ", "Nam", "Nữ", ""])
    where = "gioi != ''"
    sv.proportion(design(data), "gioi", where=where)
    sv.proportion(design(data), "gioi", value="Nam", where=where)
    sv.mean(design(data), "diem", by="gioi", where=where)
    sv.crosstab(design(data), "gioi", "dot", where=where)
    sv.regress(design(data), "diem ~ gioi", where=where)


# --- codes of no answer -------------------------------------------------------------------------------------

GRADED: dict[str, Callable[[pd.DataFrame], Any]] = {
    "mean": lambda data: sv.mean(design(data), "hl", by="gioi"),
    "total of another": lambda data: (sv.total(design(data), "hl"), sv.mean(design(data), ["diem", "hl"])),
    "quantile": lambda data: sv.quantile(design(data), "hl", [0.25, 0.5]),
    "median": lambda data: sv.median(design(data), "hl"),
    "sd": lambda data: sv.sd(design(data), "hl"),
    "t test": lambda data: sv.t_test(design(data), "hl", null=3),
    "of groups": lambda data: sv.t_test(design(data), "hl", by="gioi"),
    "of pairs": lambda data: sv.t_test(design(data), "hl", paired="diem"),
    "of a panel": lambda data: sv.t_test(sv.Design(data, weights="deu"), "hl", wave="lan", id="ai"),
}


def graded(hl: list[Any], dtype: Any = float) -> pd.DataFrame:
    return PEOPLE.assign(hl=pd.array(hl, dtype=dtype), lan=[1, 2] * 4, ai=list("kkllmmnn"), deu=1.0)


@pytest.mark.parametrize("verb", GRADED)
def test_a_code_apart_from_grades_is_told_of(verb):
    sentence = (
        "y='hl' is 9 in 2 rows, apart from its other values, and counts as that number. If it means no "
        "answer, make it missing: data['hl'] = data['hl'].where(data['hl'] < 9), or pass where=\"hl != 9\"."
    )
    data = graded([4, 5, 3, 9, 2, 1, 9, 5])
    warned(sentence, lambda: GRADED[verb](data))


@pytest.mark.parametrize("dtype", [int, float, "Int64", "Float64"])
@pytest.mark.parametrize(
    ("hl", "told"),
    [
        ([1, 2, 3, 4, 5, 9, 8, 9], "8 in 1 row and 9 in 2 rows"),
        ([1, 2, 3, 4, 5, 9, 99, 99], "9 in 1 row and 99 in 2 rows"),
        ([2, 3, 4, 5, 5, 4, 8, 9], "8 in 1 row and 9 in 1 row"),
        ([1, 3, 7, 10, 9, 9, 98, 99], "98 in 1 row and 99 in 1 row"),
        ([0, 1, 0, 1, 0, 998, 999, 0], "998 in 1 row and 999 in 1 row"),
    ],
)
def test_several_codes_are_told_of_at_once_and_mended_at_once(hl, told, dtype):
    data, least = graded(hl, dtype), told.split()[0]
    sentence = (
        f"y='hl' is {told}, apart from its other values, and counts as that number. If it means no "
        f"answer, make it missing: data['hl'] = data['hl'].where(data['hl'] < {least}), or pass "
        f'where="hl < {least}".'
    )
    warned(sentence, lambda: sv.mean(design(data), "hl"))
    left = sv.mean(design(data), "hl", where=f"hl < {least}").value.iloc[0]
    mended = data.assign(hl=data["hl"].where(data["hl"] < int(least)))
    assert sv.mean(design(mended), "hl").value.iloc[0] == left


def test_a_name_with_blanks_is_quoted_in_the_condition():
    data = graded([1, 2, 3, 4, 5, 5, 4, 9]).rename(columns={"hl": "hài lòng"})
    with pytest.warns(SurveyWarning, match=r"or pass where=\"`hài lòng` != 9\"\.$"):
        sv.mean(design(data), "hài lòng")


@pytest.mark.parametrize(
    "hl",
    [
        [1, 2, 3, 4, 5, 6, 7, 8],  # no gap
        [1, 2, 3, 4, 5, 5, 5, 7],  # no code
        [1.5, 2, 3, 4, 5, 5, 5, 9],  # not whole
        [18, 25, 30, 41, 52, 60, 75, 98],  # ages
        [-20, 1, 2, 3, 4, 5, 5, 9],
        [1, 1, 1, 1, 1, 1, 9, 9],  # one grade is no scale
        [1, 2, 3, 5, 6, 3, 2, 9],  # a hole
        [0, 1, 2, 3, 4, 5, 6, 9],  # each value once
        [2, 3, 4, 5, 6, 7, 7, 9],  # grades start at 1 or before
        [np.nan, 1, 2, 3, 4, 5, 5, 5],
    ],
)
def test_what_is_no_code_is_not_told_of(hl):
    sv.mean(design(graded(hl)), "hl")


def test_a_long_list_of_values_is_no_scale():
    data = pd.DataFrame({"hl": [*range(-4, 8), 9, 9]})
    sv.mean(sv.Design(data, sampling="srs"), "hl")
    with pytest.warns(SurveyWarning, match="^y='hl' is 9 in 2 rows,"):
        sv.mean(sv.Design(data[1:], sampling="srs"), "hl")
