import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.checks import ArgumentError, nfc
from sampling.format import (
    WORDS,
    date,
    decimals_for,
    integer,
    interval,
    number,
    p_value,
    percent,
    points,
    word,
)


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (1234.5, 2, "1.234,50", "1,234.50"),
        (1234567, 0, "1.234.567", "1,234,567"),
        (-0.25, 1, "−0,3", "−0.3"),
        (0.125, 2, "0,13", "0.13"),
        (2.675, 2, "2,68", "2.68"),
        (-0.004, 2, "0,00", "0.00"),
        (1e30, 0, "1." + ".".join(["000"] * 10), "1," + ",".join(["000"] * 10)),
        (math.inf, 2, "∞", "∞"),
        (-math.inf, 2, "−∞", "−∞"),
    ],
)
def test_number_has_decimal_comma_in_vietnamese_and_point_in_english(value, digits, vi, en):
    assert (number(value, digits), number(value, digits, "en")) == (vi, en)


@pytest.mark.parametrize("missing", [None, float("nan"), np.nan, pd.NA, pd.NaT, np.float64("nan")])
def test_a_missing_value_is_a_dash_in_every_form(missing):
    forms = [number(missing), integer(missing), percent(missing), points(missing), p_value(missing)]
    assert {*forms, date(missing), interval(missing, missing)} == {"–"}


@pytest.mark.parametrize("kind", [float, np.float64, np.float32, int, np.int64, np.uint8])
def test_every_kind_of_number_looks_the_same(kind):
    assert number(kind(12), 1) == "12,0"


def test_percent_takes_a_share_and_rounds_half_up_as_a_spreadsheet():
    assert percent(0.8394) == "83,9 %"
    assert percent(0.8394, 2, "en") == "83.94%"
    assert percent(0.145, 0) == "15 %"
    assert percent(0.29, 0) == "29 %"
    assert percent(0.0, 1) == "0,0 %"
    assert percent(-0.031, 1, sign=True) == "−3,1 %"


def test_points_carry_their_sign_and_their_unit():
    assert points(0.06) == "+6,0 điểm phần trăm"
    assert points(-0.0125, 1, "en") == "−1.3 percentage points"
    assert points(0) == "0,0 điểm phần trăm"
    assert points(0.06, sign=False) == "6,0 điểm phần trăm"


def test_integer_marks_thousands():
    assert (integer(36525), integer(36525, "en"), integer(-12.5)) == ("36.525", "36,525", "−13")


def test_interval_shows_both_ends_once_with_the_unit():
    assert interval(0.812, 0.865) == "81,2 đến 86,5 %"
    assert interval(0.812, 0.865, 2, "en") == "81.20 to 86.50%"
    assert interval(-0.012, 0.034, unit="points") == "−1,2 đến +3,4 điểm phần trăm"
    assert interval(1.5, 2.25, 1, unit="number") == "1,5 đến 2,3"
    assert interval(float("nan"), 0.5) == "– đến 50,0 %"


def test_p_value_below_a_thousandth_is_said_to_be_below():
    assert p_value(0.0312) == "0,031"
    assert p_value(0.00002, "en") == "< 0.001"
    assert p_value(0.0005) == "0,001"
    assert p_value(0) == "< 0,001"


@pytest.mark.parametrize(
    "day",
    [
        "2025-07-01",
        "2025-07-01T08:30:00",
        dt.date(2025, 7, 1),
        dt.datetime(2025, 7, 1, 8),
        pd.Timestamp("2025-07-01"),
        np.datetime64("2025-07-01"),
    ],
)
def test_date_is_day_month_year_from_every_kind_of_date(day):
    assert (date(day), date(day, "en")) == ("01/07/2025", "1 July 2025")


def test_decimals_follow_the_standard_error():
    assert [decimals_for(se) for se in (240, 12, 9.96, 1.84, 0.35, 0.031, 0.00012)] == [0, 0, 0, 1, 2, 3, 4]
    assert decimals_for(0.00012, most=6) == 5
    assert decimals_for(0.0996) == 2
    assert decimals_for(pd.Series([1.2, 2.4, 31, np.nan, 0])) == 1
    assert [decimals_for(se) for se in (np.nan, 0, np.inf, [])] == [1, 1, 1, 1]
    assert decimals_for(0, default=3) == 3


@given(st.floats(1e-3, 1e6))
def test_a_standard_error_printed_with_its_decimals_keeps_two_digits(se):
    shown = float(number(se, decimals_for(se), "en").replace(",", ""))
    assert abs(shown - se) <= 0.0501 * se


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 6))
def test_the_two_languages_differ_only_in_their_marks(value, digits):
    swapped = number(value, digits, "en").translate(str.maketrans(",.", ".,"))
    assert number(value, digits) == swapped


def test_every_word_has_two_languages_and_is_composed_unicode():
    for key, (vi, en) in WORDS.items():
        assert vi == nfc(vi) != ""
        assert en
        assert word(key) == vi
        assert word(key, "en") == en


def test_terms_are_those_of_the_glossary():
    assert word("se") == "sai số chuẩn"
    assert word("margin of error") == "sai số biên"
    assert word("deff") == "hệ số thiết kế (deff)"
    assert word("did") == "sai biệt kép (DiD)"
    assert word("synthetic") == "giả lập"


def test_an_unknown_word_names_the_likely_one():
    with pytest.raises(ArgumentError) as error:
        word("stratums")
    assert str(error.value) == (
        "word('stratums') is not in the glossary. Did you mean 'stratum'? Use a key of sampling.format.WORDS."
    )


@pytest.mark.parametrize("say", [number, integer, percent, points, p_value])
def test_text_and_lists_are_refused(say):
    with pytest.raises(TypeError) as error:
        say("83,9")
    assert str(error.value) == "'83,9' is a str; pass one number."
    with pytest.raises(TypeError, match=r"^\[1, 2\] is a list; pass one number\.$"):
        say([1, 2])
    with pytest.raises(TypeError, match=r"^True is a bool; pass one number\.$"):
        say(True)


def test_an_unknown_language_or_unit_is_named():
    with pytest.raises(ArgumentError) as error:
        number(1, lang="vn")
    assert str(error.value) == "lang='vn' is not known. Choose one of 'vi', 'en'."
    with pytest.raises(ArgumentError, match=r"^unit='percents' is not known\. Did you mean 'percent'\?"):
        interval(0, 1, unit="percents")


def test_a_wrong_date_says_how_to_write_it():
    with pytest.raises(ArgumentError) as error:
        date("01/07/2025")
    assert str(error.value) == "date('01/07/2025'): write the date as 'yyyy-mm-dd', e.g. '2025-07-01'."
    with pytest.raises(TypeError) as kind:
        date(20250701)
    assert str(kind.value) == "date(20250701) is a int; pass a date, or text such as '2025-07-01'."
