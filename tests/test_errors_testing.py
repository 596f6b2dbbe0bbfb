"""The sentences a user reads when a test is refused or has no p, word for word, and how tests are shown."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.testing.fit import goodness_of_fit, mcnemar

PEOPLE = pd.DataFrame(
    {
        "thon": list("aabbccddeeff"),
        "gioi": list("NWNWNWNWNWNW"),
        "hl": list("ccckckckckkk"),
        "ba": list("xyzxyzxyzxyz"),
        "diem": [4.0, 5, 3, 4, 4, 5, 2, 3, 4, 4, 1, 2],
        "w": [1.0, 2, 3] * 4,
        "trong": np.nan,
        "hang": 0.0,
        "mot": "có",
        "tang": range(12),
        "nhieu": [f"{i:02d}" for i in range(12)],
    }
)
PEOPLE["truoc"] = (PEOPLE["hl"] == "c").astype(float)
PEOPLE["kieu"] = np.where(PEOPLE["gioi"] == "N", "<a>", "b & c")
SELF = (
    "the rows are self-selected (không suy rộng được), so no sampling error says how far chance could have "
    "moved them, and there is no p-value. Compare with a probability sample."
)
INSIDE = "lies inside one thon: name the stage below in psu=[…] to estimate its sampling error"
ONE = "pass the name of one column, as text."
NO_ERROR = "the answers show no sampling error, so there is no test"
FULL = "there are as many strata as units, so there is no test"


def design(data: pd.DataFrame = PEOPLE, **words: Any) -> sv.Design:
    return sv.Design(data, **{"weights": "w", "psu": "thon", "sampling": "srs", **words})


D, EQUAL = design(), design(weights=None)
SELECTED = sv.Design(PEOPLE, sampling="self-selected", weights="w")
ALONE = sv.Design(PEOPLE, weights="w", strata="tang", lonely_psu="centre")


def fit(shares: Any, d: sv.Design = D, y: str = "gioi", **words: Any) -> Any:
    return goodness_of_fit(d, y, shares, **words)


HALF = {"N": 0.5, "W": 0.5}
CASES: list[tuple[type[Exception], Any, str]] = [
    (TypeError, lambda: sv.t_test(D, ["diem"]), f"y=['diem']: {ONE}"),
    (TypeError, lambda: sv.t_test(D, "diem", by=["gioi"]), f"by=['gioi']: {ONE}"),
    (TypeError, lambda: sv.t_test(D, "diem", paired=["truoc"]), f"paired=['truoc']: {ONE}"),
    (TypeError, lambda: sv.rank_test(D, ["diem"], "gioi"), f"y=['diem']: {ONE}"),
    (TypeError, lambda: sv.rank_test(D, "diem", ["gioi"]), f"by=['gioi']: {ONE}"),
    (TypeError, lambda: sv.crosstab(D, ["hl"], "gioi"), f"rows=['hl']: {ONE}"),
    (TypeError, lambda: sv.crosstab(D, "hl", 5), f"columns=5: {ONE}"),
    (
        ColumnError,
        lambda: sv.crosstab(D, "hl", "gio"),
        "columns='gio': the data have no such column. Did you mean 'gioi'?",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "diem", by="gioi", paired="truoc"),
        "by= compares groups and paired= answers of the same rows. Pass one of them.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "diem", null="3"),  # type: ignore[arg-type]
        "null='3': write the number that the mean is compared with.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "diem", null=float("nan")),
        "null=nan: write the number that the mean is compared with.",
    ),
    (
        ArgumentError,
        lambda: sv.t_test(D, "diem", paired="diem"),
        "paired='diem' is y itself. Name the first answer of the same row.",
    ),
    (
        DataError,
        lambda: sv.t_test(D, "diem", by="ba"),
        "by='ba' has 3 levels with answers ('x', 'y', 'z'), and a t test compares two. For several groups "
        "use mean(by=…).pairwise(), rank_test or regress.",
    ),
    (
        DataError,
        lambda: sv.t_test(D, "diem", by="mot"),
        "by='mot' has 1 levels with answers ('có'), and a t test compares two. For one mean leave by= out.",
    ),
    (
        DataError,
        lambda: sv.t_test(D, "trong", by="gioi"),
        "by='gioi' has 0 levels with answers (none), and a t test compares two. For one mean leave by= out.",
    ),
    (
        DataError,
        lambda: sv.rank_test(D, "diem", "mot"),
        "by='mot' has 1 levels with answers ('có'), and a rank test compares groups.",
    ),
    (
        DataError,
        lambda: sv.rank_test(D, "trong", "gioi"),
        "by='gioi' has 0 levels with answers (none), and a rank test compares groups.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "diem"),
        "by='diem' is y itself. Group by another column.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "gioi", method=["wilcoxon"]),  # type: ignore[arg-type]
        "method=['wilcoxon']: choose 'wilcoxon' or 'kruskal-wallis', or pass a function of ranks.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "ba", method="wilcoxon"),
        "method='wilcoxon' compares two groups, and there are 3. Use method='kruskal-wallis'.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "gioi", method=lambda r, N: r[:3]),
        "method: the function gave (3,) scores for 12 ranks, or not all finite.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "gioi", method=lambda r, N: r * np.nan),
        "method: the function gave (12,) scores for 12 ranks, or not all finite.",
    ),
    (
        TypeError,
        lambda: sv.rank_test(D, "diem", "gioi", method=lambda r, N: np.array(["a"] * len(r))),
        "method: the function gave scores that are not numbers. Return one number for each rank.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(D, "diem", "gioi", where="thon == 'a'"),
        f"rank_test: a group has no standard error ({INSIDE}), so there is no test.",
    ),
    (
        ArgumentError,
        lambda: sv.rank_test(ALONE, "diem", "gioi"),
        "rank_test: 2 groups leave -1 degrees of freedom, so there is no test.",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "hl", "hl"),
        "columns='hl' is rows itself. Cross two different columns.",
    ),
    (
        DataError,
        lambda: sv.crosstab(D, "trong", "gioi"),
        "rows='trong' has no answers in the rows asked for.",
    ),
    (
        DataError,
        lambda: sv.crosstab(D, "mot", "gioi"),
        "'mot' has one level ('có') in the rows with both answers, and a table needs two. For its share use "
        "proportion().",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "hl", "gioi").test("F"),  # type: ignore[arg-type]
        "method='F' is not known. "
        "Choose one of 'rao-scott', 'rao-scott-1', 'wald', 'adjusted-wald', 'score'.",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "hl", "gioi").shares("x"),  # type: ignore[arg-type]
        "percent='x' is not known. Choose one of 'column', 'row', 'total'.",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "nhieu", "gioi").test("wald"),
        "test: a Wald test of 11 independent cells needs more than the 5 degrees of freedom here, or some "
        "cells do not vary. Use method='rao-scott', or join levels.",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "kieu", "gioi").test(),
        "test: the cells have no sampling error beyond that of the margins, so there is no test.",
    ),
    (
        ArgumentError,
        lambda: sv.crosstab(D, "ba", "gioi", where="thon == 'a'").test(),
        f"test: the cells have no standard error ({INSIDE}), so there is no test.",
    ),
    (ArgumentError, lambda: sv.crosstab(ALONE, "hl", "gioi").test(), f"test: {FULL}."),
    (ArgumentError, lambda: fit(HALF, ALONE), f"goodness_of_fit: {FULL}."),
    (
        ArgumentError,
        lambda: fit(HALF, EQUAL),
        "goodness_of_fit: the shares have no sampling error, so there is no test.",
    ),
    (
        ArgumentError,
        lambda: fit(HALF, where="thon == 'a'"),
        f"goodness_of_fit: the shares have no standard error ({INSIDE}), so there is no test.",
    ),
    (
        DataError,
        lambda: fit({"có": 1.0}, y="mot"),
        "y='mot' has one level ('có'), and shares of one level are always 1.",
    ),
    (
        TypeError,
        lambda: fit([0.5, 0.5]),
        "shares=[0.5, 0.5]: pass the levels with their shares, as {'Nam': 0.49, 'Nữ': 0.51}.",
    ),
    (ColumnError, lambda: fit({"N": 1.0}), "shares has no 'W', which 'gioi' holds. Add it."),
    (ColumnError, lambda: fit({**HALF, "X": 0.1}), "shares names 'X', an answer nobody gave to 'gioi'."),
    (
        TypeError,
        lambda: fit({"N": "a", "W": 0.5}),
        "shares['N'] is 'a': write a share or a count, as a number.",
    ),
    (
        TypeError,
        lambda: fit({"N": True, "W": 1}),
        "shares['N'] is True: write a share or a count, as a number.",
    ),
    (
        DataError,
        lambda: fit({"N": 1, "W": 0}),
        "shares['W'] is 0: a share to be tested is above 0 and finite.",
    ),
    (
        DataError,
        lambda: fit({"N": np.inf, "W": 1}),
        "shares['N'] is inf: a share to be tested is above 0 and finite.",
    ),
    (
        DataError,
        lambda: fit({"N": 0.5, "W": 0.6}),
        "shares sum to 1.1, and shares sum to 1. Correct them, or give counts.",
    ),
    (
        DataError,
        lambda: mcnemar([[3, 0], [0, 4]]),
        "table: nobody changed the answer, so there is nothing to test.",
    ),
    *[
        (ArgumentError, lambda table=table: mcnemar(table), f"table={table!r}: pass two rows of two counts.")
        for table in (
            "x",
            [[1, "a"], [2, 3]],
            [[1], [2, 3]],
            [[1, np.inf], [2, 3]],
            [[-1, 1], [2, 3]],
            [[1, 2]],
        )
    ],
    (ArgumentError, lambda: sv.t_test(SELECTED, "diem"), f"t_test: {SELF}"),
    (ArgumentError, lambda: sv.t_test(SELECTED, "diem", by="gioi"), f"t_test: {SELF}"),
    (ArgumentError, lambda: sv.rank_test(SELECTED, "diem", "gioi"), f"rank_test: {SELF}"),
    (ArgumentError, lambda: fit(HALF, SELECTED), f"goodness_of_fit: {SELF}"),
    (ArgumentError, lambda: sv.crosstab(SELECTED, "hl", "gioi").test(), f"test: {SELF}"),
]


@pytest.mark.parametrize(("kind", "call", "sentence"), CASES)
def test_what_is_refused_is_said_word_for_word(kind, call, sentence):
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (lambda: sv.t_test(D, "hang"), NO_ERROR),
        (lambda: sv.t_test(D, "hang", by="gioi"), NO_ERROR),
        (lambda: sv.rank_test(D, "hang", "gioi"), NO_ERROR),
        (lambda: sv.rank_test(D, "hang", "ba"), NO_ERROR),
        (lambda: sv.t_test(ALONE, "diem"), FULL),
        (lambda: sv.t_test(ALONE, "diem", by="gioi"), FULL),
        (lambda: sv.t_test(D, "diem", by="gioi", where="thon == 'a'"), INSIDE),
    ],
)
def test_without_an_error_there_is_no_p_but_a_reason_in_both_languages(call, reason):
    found = call()
    assert np.isnan(found.p)
    assert found.reason == reason
    assert found.to_frame()["reason"].tolist() == [reason]
    assert reason in repr(found)
    html = found._repr_html_()
    assert reason not in html
    assert " p " not in html.split("</p>")[0]


ENGLISH = re.compile(
    r"\b(the|test|of|no|rows|cells|shares?|estimate|there|is|scale|with|left|out|answers|intervals)\b"
)


@pytest.mark.parametrize(
    "call",
    [
        lambda: sv.t_test(D, "diem", by="gioi"),
        lambda: sv.t_test(D, "diem", paired="truoc"),
        lambda: sv.t_test(D, "hang"),
        lambda: sv.rank_test(D, "diem", "ba"),
        lambda: sv.rank_test(D, "diem", "gioi", method=lambda r, N: r),
        lambda: fit({"N": 0.4, "W": 0.6}),
        lambda: mcnemar([[3, 4], [1, 2]]),
        lambda: sv.crosstab(D, "hl", "gioi"),
        lambda: sv.crosstab(D, "kieu", "gioi"),
        lambda: sv.crosstab(ALONE, "hl", "gioi"),
        lambda: sv.crosstab(SELECTED, "hl", "gioi"),
        lambda: sv.crosstab(D, "ba", "gioi", where="thon == 'a'"),
        lambda: sv.crosstab(D, "hl", "gioi").test("adjusted-wald"),
        lambda: sv.crosstab(design(PEOPLE.assign(hl=PEOPLE["hl"].mask(PEOPLE["thon"] == "b"))), "hl", "gioi"),
    ],
)
def test_in_vietnamese_no_english_is_left_and_numbers_have_a_comma(call):
    text = re.sub(r"<[^>]*>", " ", call()._repr_html_())
    assert ENGLISH.findall(text) == []
    assert not re.search(r"\d\.\d{1,2}(?!\d)", text)


def test_a_test_reads_in_both_languages():
    found = sv.crosstab(D, "hl", "gioi").test()
    assert found.sentence("vi") == (
        "kiểm định Rao–Scott về mối liên hệ (bậc hai): F(1; 5) = 5,442 · p = 0,0670 · X² = 5,333 · "
        "hệ số thiết kế = 0,980"
    )
    assert repr(found).startswith(
        "Rao–Scott test of association (second order): F(1; 5) = 5.442 · p = 0.0670 · "
    )
    assert list(found.to_frame().columns) == ["F", "df1", "df2", "p", "X²", "deff"]
    small = mcnemar([[9, 90], [1, 5]])
    assert "p < 0.0001" in repr(small)
    assert "p < 0,0001" in small.sentence("vi")


def test_levels_are_escaped_in_html():
    for html in (sv.crosstab(D, "hl", "kieu")._repr_html_(), sv.t_test(D, "diem", by="kieu")._repr_html_()):
        assert "&lt;a&gt;" in html
        assert "b &amp; c" in html
        assert "<a>" not in html


def test_empty_cells_are_told_and_a_column_may_have_the_name_that_is_used_inside():
    data = PEOPLE.assign(hl=PEOPLE["hl"].where(PEOPLE["ba"] != "x", "c"))
    found = sv.crosstab(design(data), "hl", "ba").test()
    assert any("1 cells have no answers" in note.en for note in found.context.notes)
    assert np.isfinite([found.statistic, found.p]).all()
    named = sv.crosstab(design(PEOPLE.rename(columns={"hl": "both answered"})), "both answered", "gioi")
    wanted = sv.crosstab(D, "hl", "gioi")
    for percent in ("column", "row", "total"):
        assert np.isfinite(named.to_frame(percent)["estimate"]).all()
        assert named.to_frame(percent)["estimate"].tolist() == wanted.to_frame(percent)["estimate"].tolist()
