"""Tables by the units of one day turned into tables by those of another: laws, bands, named shares."""

import itertools
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from sampling import communes, convert, crosswalk
from sampling.checks import SurveyWarning
from sampling.conversion.band import mean_band, total_band

SUM = 1e-12  # relative: sums of ten thousand numbers in another order
SECONDS = 3.0  # for the whole country; 0.3 s were measured
EDGES = crosswalk()
OLD, NEW = communes(as_of="2025-06-30").units, communes().units
SURE = EDGES[~(EDGES["suspect"] & ~EDGES["is_default"])]
PLACE = ["00004", "00013", "00016", "00019", "00022", "00025", "00007", "00008", "00006"]  # some are divided


def quiet(table, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        return convert(table, **({"code": "ma", "values": "dan"} | how))


def national(day="2025-06-30", seed=1):
    units = OLD if day == "2025-06-30" else NEW
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {"ma": units["code"], "dan": rng.integers(0, 20_000, len(units)), "diem": rng.random(len(units))}
    )


def column(result, name="dan"):
    return dict(zip(result.table["code"], result.table[name], strict=True))


# --- whole units --------------------------------------------------------------------------------------------


def test_the_commune_in_the_news_goes_to_its_new_commune():
    with pytest.warns(SurveyWarning) as said:
        result = convert(pd.DataFrame({"ma": ["01603"], "so_ho": [650]}), code="ma", values="so_ho")
    assert result.table[["code", "name", "so_ho", "complete"]].to_numpy().tolist() == [
        ["01576", "Xã Quảng Uyên", 650, False]
    ]
    assert [str(one.message) for one in said] == [
        "1 units of 2025-07-01 are not complete, for 3 units of 2025-06-30 are not in the table: '01576', "
        "'01579', '01606'. See .missing."
    ]
    assert said[0].filename == __file__
    assert result.missing.to_numpy().tolist() == [
        ["01576", "Thị trấn Quảng Uyên", "01576"],
        ["01579", "Xã Phi Hải", "01576"],
        ["01606", "Xã Chí Thảo", "01576"],
    ]


def test_whole_units_add_up_and_stay_whole_numbers():
    old = EDGES.loc[EDGES["new_province"] == "Tỉnh Cao Bằng", ["old_code", "new_code"]]
    table = pd.DataFrame({"ma": old["old_code"], "dan": np.arange(len(old)), "ho": 1})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = convert(table, code="ma", values=["dan", "ho"])
    expected = table.set_index("ma").groupby(old.set_index("old_code")["new_code"]).sum()
    assert column(result) == expected["dan"].to_dict()
    assert column(result, "ho") == column(result, "sources") == expected["ho"].to_dict()
    assert result.table[["dan", "dan_low", "dan_high"]].dtypes.tolist() == [np.int64] * 3
    assert (result.table["dan_low"] == result.table["dan_high"]).all()
    assert result.table["complete"].all()
    assert result.by_share == ()
    assert result.share is None
    assert result.notes() == []
    assert result.totals.to_numpy().tolist() == [[len(old) * (len(old) - 1) / 2] * 2, [len(old)] * 2]


def test_the_callers_table_is_not_changed_and_row_order_does_not_matter():
    table = national()
    before = table.copy()
    one, other = quiet(table, share="equal"), quiet(table.sample(frac=1, random_state=1), share="equal")
    pd.testing.assert_frame_equal(table, before)
    assert_allclose(one.table["dan"], other.table["dan"], rtol=SUM)
    assert one.table["code"].tolist() == other.table["code"].tolist() == sorted(NEW["code"])


# --- laws ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", ["equal", "area"])
@pytest.mark.parametrize("suspects", ["exclude", "keep"])
def test_the_sum_over_the_country_does_not_change(share, suspects):
    table = national()
    if share == "area":  # parts that went to units without an area
        lost = NEW.loc[~(NEW["area_km2"] > 0), "code"]
        table = table[~table["ma"].isin(EDGES.loc[EDGES["new_code"].isin(lost), "old_code"])]
    result = quiet(table, share=share, suspects=suspects)
    assert_allclose(result.table["dan"].sum(), table["dan"].sum(), rtol=SUM)
    assert_allclose(result.totals["after"], result.totals["before"], rtol=SUM)
    assert result.pairs.groupby("source")["share"].sum().sub(1).abs().max() < SUM
    assert (result.table["dan_low"] <= result.table["dan"] * (1 + SUM)).all()
    assert (result.table["dan"] <= result.table["dan_high"] * (1 + SUM)).all()


def test_units_with_a_share_are_those_with_divided_sources():
    result = quiet(national(), share="equal")
    divided = SURE[SURE.groupby("old_code")["new_code"].transform("size") > 1]
    assert set(result.by_share) == set(divided["new_code"])
    assert set(result.pairs["source"]) == set(divided["old_code"])
    assert len(result.pairs) == len(divided)
    assert result.table["complete"].all()
    wide = result.table["dan_low"] < result.table["dan_high"]
    assert set(result.table.loc[wide, "code"]) <= set(result.by_share)


def test_means_are_weighted_and_the_mean_of_the_country_does_not_change():
    table = national()
    result = quiet(table, values="diem", weights="dan", share="equal")
    assert_allclose(
        np.average(result.table["diem"], weights=result.table["dan"]),
        np.average(table["diem"], weights=table["dan"]),
    )
    assert_allclose(result.totals["before"], result.totals["after"], rtol=SUM)
    assert result.totals.index.tolist() == ["diem", "dan"]
    totals = quiet(table.assign(y=table["diem"] * table["dan"]), values=["y", "dan"], share="equal").table
    assert_allclose(result.table["diem"], totals["y"] / totals["dan"])
    assert_allclose(result.table["dan"], totals["dan"])
    inside = result.table[["diem_low", "diem", "diem_high"]].to_numpy()
    assert (np.diff(inside, axis=1) > -SUM).all()


def test_a_constant_rate_stays_what_it_is_whatever_the_shares():
    result = quiet(national().assign(diem=0.25), values="diem", weights="dan", share="equal")
    for name in ("diem", "diem_low", "diem_high"):
        assert_allclose(result.table[name].dropna(), 0.25)


def test_there_and_back_keeps_the_sum_and_the_wholes():
    there = quiet(national(), share="equal")
    back = quiet(there.table.rename(columns={"code": "ma"})[["ma", "dan"]], to="2025-06-30", share="equal")
    assert_allclose(back.table["dan"].sum(), there.table["dan"].sum(), rtol=SUM)
    assert back.table["code"].tolist() == sorted(OLD["code"])
    assert "district" in back.table
    alone = EDGES.groupby("new_code")["old_code"].transform("size") == 1
    same = EDGES[alone & (EDGES["kind"] == "whole")]
    assert_allclose([column(back)[c] for c in same["old_code"]], [column(there)[c] for c in same["new_code"]])


def test_the_way_back_by_old_populations_is_exact_when_they_are_right():
    old = national().assign(dan=lambda t: t["dan"] + 1)
    whole = EDGES.groupby("new_code")["kind"].transform(lambda kind: (kind == "whole").all())
    kept = old[old["ma"].isin(EDGES.loc[whole, "old_code"])]
    there = quiet(kept)
    people = kept.rename(columns={"ma": "old_code"})
    table = there.table.rename(columns={"code": "ma"})[["ma", "dan"]]
    back = quiet(table, to="2025-06-30", share="dan", shares=people, normalise=True)
    assert_allclose(pd.Series(column(back)), kept.set_index("ma")["dan"].sort_index(), rtol=SUM)


# --- shares -------------------------------------------------------------------------------------------------


def own_table():
    return pd.DataFrame({"ma": PLACE, "dan": [100.0 * (i + 1) for i in range(len(PLACE))]})


def own_pairs():
    pairs = EDGES[EDGES["old_code"].isin(PLACE) & (EDGES["kind"] == "part")]
    return pairs[["old_code", "new_code"]].reset_index(drop=True)


def test_shares_of_a_users_own_decide_where_the_parts_go():
    pairs = own_pairs()
    ends = pairs.groupby("old_code").cumcount() == 0
    result = quiet(own_table(), share="p", shares=pairs.assign(p=ends.astype(float)))
    goes = dict(pairs.loc[ends].itertuples(index=False)) | dict(
        EDGES.loc[
            EDGES["old_code"].isin(PLACE) & (EDGES["kind"] == "whole"), ["old_code", "new_code"]
        ].itertuples(index=False)
    )
    sums = own_table().set_index("ma")["dan"].groupby(goes).sum()
    found = pd.Series(column(result))
    assert_allclose(found[sums.index], sums)
    assert found.drop(sums.index).eq(0).all()
    assert result.share == "p"
    assert "theo cột 'p' của người dùng" in result.notes()[0]


def test_amounts_become_shares_and_equal_amounts_are_equal_shares():
    pairs = own_pairs().assign(dan=7)
    one = quiet(own_table(), share="dan", shares=pairs, normalise=True)
    other = quiet(own_table(), share="equal")
    assert_allclose(one.table["dan"], other.table["dan"])
    by_area = NEW.rename(columns={"code": "new_code"})[["new_code", "area_km2"]].dropna()
    third = quiet(own_table(), share="area_km2", shares=by_area, normalise=True)
    assert_allclose(third.table["dan"], quiet(own_table(), share="area").table["dan"])


def test_area_means_the_area_of_the_whole_receiving_unit_and_says_so():
    result = quiet(own_table(), share="area")
    area = NEW.set_index("code")["area_km2"]
    for _, part in result.pairs.groupby("source"):
        assert_allclose(part["share"], area[part["target"]] / area[part["target"]].sum())
    assert "diện tích của riêng từng phần không được công bố" in result.notes()[0]
    assert "areas of the parts are not public" in result.notes("en")[0]


# --- the band -----------------------------------------------------------------------------------------------


def test_the_sensitivity_lists_every_rule_inside_its_band():
    result = quiet(national(), values=["dan", "diem"], share="equal")
    table = result.sensitivity
    assert table.columns.tolist() == ["value", "code", "name", "used", "equal", "area", "low", "high"]
    assert len(table) == 2 * len(result.by_share)
    assert_allclose(table["used"], table["equal"])
    lost = set(NEW.loc[~(NEW["area_km2"] > 0), "code"])
    assert table["area"].isna().sum() >= 2 * len(lost & set(table["code"]))
    for rule in ("used", "equal", "area"):
        there = table.dropna(subset=[rule])
        assert (there["low"] <= there[rule] * (1 + SUM)).all()
        assert (there[rule] <= there["high"] * (1 + SUM)).all()
    back = quiet(national("2025-07-01"), to="2025-06-30", share="equal")
    assert back.sensitivity["area"].isna().all()


def extremes(value, weight, divided, mean):
    """Try all corners of the shares."""
    found = []
    free = np.flatnonzero(divided)
    for corner in itertools.product([0.0, 1.0], repeat=free.size):
        s = np.ones(value.size)
        s[free] = corner
        if not mean:
            found.append((s * value).sum())
        elif (s * weight).sum() > 0:
            found.append((s * weight * value).sum() / (s * weight).sum())
    return (min(found), max(found)) if found else (np.nan, np.nan)


SOURCES = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(0, 5), st.booleans(), st.integers(0, 2)), min_size=1, max_size=7
)


@given(SOURCES)
def test_the_band_reaches_the_worst_of_all_corners_and_no_further(sources):
    value, weight, divided, target = (np.array(x) for x in zip(*sources, strict=True))
    value, weight = value.astype(float), weight.astype(float)
    low, high = total_band(value, target, divided, 3)
    m_low, m_high = mean_band(value, weight, target, divided, 3)
    for t in set(target.tolist()):
        rows = target == t
        assert_allclose((low[t], high[t]), extremes(value[rows], weight[rows], divided[rows], mean=False))
        found = extremes(value[rows], weight[rows], divided[rows], mean=True)
        assert_allclose((m_low[t], m_high[t]), found, atol=SUM)


def test_the_band_of_a_conversion_is_reached_by_shares_at_its_ends():
    pairs = own_pairs()
    result = quiet(own_table(), share="equal")
    for target in result.by_share:
        inside = (pairs["new_code"] == target).to_numpy()
        touched = pairs["old_code"].isin(pairs.loc[inside, "old_code"])
        rest = 1 / (pairs.groupby("old_code")["new_code"].transform("size") - 1)
        up = np.where(inside, 1.0, np.where(touched, 0.0, 1.0))
        down = np.where(inside, 0.0, rest)
        for shares, end in ((up, "high"), (down, "low")):
            reached = quiet(own_table(), share="p", shares=pairs.assign(p=shares), normalise=True)
            assert_allclose(column(reached)[target], column(result, f"dan_{end}")[target])


# --- suspects, missing, unmatched ---------------------------------------------------------------------------


def test_suspect_pairs_are_left_out_with_their_names():
    table = pd.DataFrame({"ma": ["28437", "27691", "01603"], "dan": [10, 20, 30]})
    with pytest.warns(SurveyWarning) as said:
        result = convert(table, code="ma", values="dan", share="equal")
    assert str(said[0].message) == (
        "2 suspect pairs are left out: '27691 → 25459', '28437 → 29869'. '28437 → 28435' is suspect too, but "
        "the default of its unit, and is used. See .suspects; suspects='keep' uses them all."
    )
    assert result.suspects[["source", "target", "used"]].to_numpy().tolist() == [
        ["27691", "25459", False],
        ["28437", "28435", True],
        ["28437", "29869", False],
    ]
    assert "3 cặp nghi ghép nhầm tên, dùng 1 cặp (xem .suspects)." in result.notes()
    kept = quiet(table, share="equal", suspects="keep")
    assert column(kept)["25459"] == 10
    assert kept.suspects["used"].all()
    with pytest.warns(SurveyWarning) as only:
        convert(pd.DataFrame({"ma": ["27691"], "dan": [1]}), code="ma", values="dan", share="equal")
    assert str(only[0].message) == (
        "1 suspect pairs are left out: '27691 → 25459'. See .suspects; suspects='keep' uses them all."
    )


def test_every_unit_keeps_a_pair_when_suspects_are_left_out():
    assert set(SURE["old_code"]) == set(OLD["code"])
    assert set(SURE["new_code"]) == set(NEW["code"])


def test_rows_of_unknown_codes_may_be_dropped_and_are_listed():
    table = pd.DataFrame({"ma": ["01603", "99999"], "dan": [5, 7]})
    with pytest.warns(SurveyWarning) as said:
        result = convert(table, code="ma", values="dan", unmatched="drop")
    assert str(said[0].message) == (
        "code='ma': 1 codes are no units of 2025-06-30: '99999'. Their rows are left out."
    )
    assert result.unmatched == ("99999",)
    assert result.totals["before"].item() == 5
    assert result.notes() == [
        "1 đơn vị chưa đủ: 3 đơn vị nguồn không có trong bảng.",
        "1 mã không phải đơn vị ngày 30/06/2025 nên bỏ ra (xem .unmatched).",
    ]


def test_a_table_of_the_other_day_is_suspected_when_much_is_missing():
    table = pd.DataFrame({"ma": NEW.loc[NEW["province"] == "Tỉnh Cao Bằng", "code"], "dan": 1})
    with pytest.warns(
        SurveyWarning, match=r"All codes are units of 2025-07-01 as well: is the table of that day"
    ):
        convert(table, code="ma", values="dan")


def test_codes_that_lost_their_zeros_are_mended_with_a_warning():
    with pytest.warns(SurveyWarning) as said:
        result = convert(pd.DataFrame({"ma": [1603], "dan": [5]}), code="ma", values="dan")
    assert str(said[0].message).startswith(
        "code='ma': 1 codes lack their leading zeros and were mended, '1603' to '01603'."
    )
    assert said[0].filename == __file__
    assert column(result) == {"01576": 5}


# --- how it looks and how long it takes ---------------------------------------------------------------------


def test_the_words_under_a_result_are_there_in_both_languages():
    result = quiet(national(), values="diem", weights="dan", share="equal")
    assert repr(result).split("\n") == [
        "Chuyển đổi diem: đơn vị ngày 30/06/2025 thành 3.321 đơn vị ngày 01/07/2025",
        "418 đơn vị dựa vào tỷ lệ chia của 446 đơn vị, chia đều cho các phần; khoảng thấp nhất – cao nhất là "
        "khi tỷ lệ chia đi từ không có gì đến tất cả.",
        "Số bình quân và tỷ lệ được tính bình quân theo quyền số 'dan'.",
        "28 cặp nghi ghép nhầm tên, dùng 1 cặp (xem .suspects).",
    ]
    assert result.notes("en")[0] == (
        "418 units rest on shares of 446 divided units, in equal shares; the band from lowest to highest is "
        "for shares from nothing to all."
    )
    html = result._repr_html_()
    assert "diem: thấp nhất" in html
    assert "dựa vào tỷ lệ chia" in html
    assert "và 3.311 đơn vị nữa" in html
    assert "Bình quân chung" in html


def test_the_html_of_a_small_table_shows_all_of_it():
    html = quiet(pd.DataFrame({"ma": ["01603"], "dan": [12_345]}))._repr_html_()
    assert "12.345" in html
    assert "đơn vị nữa" not in html
    assert "<li>dan: trước 12.345, sau 12.345</li>" in html
    assert "<td>không</td>" in html


def test_the_whole_country_is_converted_in_a_moment():
    table = national()
    start = time.perf_counter()
    quiet(table, values=["dan", "diem"], share="equal")
    assert time.perf_counter() - start < SECONDS
