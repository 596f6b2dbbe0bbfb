"""What is said of a table that cannot be converted as it stands."""

import warnings

import pandas as pd
import pytest

from sampling import communes, convert, crosswalk
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning

TABLE = pd.DataFrame({"ma": ["00007", "00004"], "dan": [10, 20], "loai": ["a", "b"]})
SHARES = pd.DataFrame({"old_code": "00007", "new_code": ["00008", "00025"], "p": [0.25, 0.75]})


def refused(kind, table=TABLE, **how):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        with pytest.raises(kind) as error:
            convert(table, **({"code": "ma", "values": "dan"} | how))
    return str(error.value)


def test_divided_units_need_a_share_and_are_named():
    assert refused(ArgumentError) == (
        "share: 1 units of the table are divided: 'Phường Cống Vị' ('00007'). Say how to share them out: "
        "share='equal', share='area', or a column of your own table shares=."
    )
    new = pd.DataFrame({"ma": ["01576"], "dan": [5]})
    assert refused(ArgumentError, new, to="2025-06-30").startswith(
        "share: 1 units of the table are divided: 'Xã Quảng Uyên' ('01576')."
    )


def test_rules_that_are_no_rules():
    assert refused(ArgumentError, share="equl") == (
        "share='equl' is no rule. Did you mean 'equal'? Choose 'equal' or 'area', or pass the table that has "
        "this column as shares=."
    )
    for share in (None, "area"):
        assert refused(ArgumentError, share=share, shares=SHARES) == (
            f"share={share!r} leaves the table of shares unused. Pass the name of its column as share=."
        )
    assert refused(ArgumentError, suspects="drop").startswith("suspects='drop' is not known.")
    assert refused(ArgumentError, unmatched="keep").startswith("unmatched='keep' is not known.")


def test_areas_that_are_not_known_or_doubtful():
    lost = pd.DataFrame({"ma": ["28437", "28438"], "dan": [1, 1]})
    assert refused(DataError, lost, share="area", suspects="keep") == (
        "share='area': the area of '28435' is not known. Pass share='equal' or your own shares=."
    )
    new = pd.DataFrame({"ma": ["01576"], "dan": [5]})
    assert refused(ArgumentError, new, to="2025-06-30", share="area") == (
        "share='area': the list of 2025-06-30 has no areas. Pass share='equal', or old populations as "
        "shares= with normalise=True."
    )
    flagged = communes().units.set_index("code")["quality"]
    pairs = crosswalk()
    part = pairs[
        (pairs["kind"] == "part") & pairs["new_code"].isin(flagged.index[flagged.str.contains("area_to")])
    ]
    doubtful = pd.DataFrame({"ma": part["old_code"].head(1).tolist(), "dan": [1]})
    with pytest.warns(SurveyWarning) as said:
        convert(doubtful, code="ma", values="dan", share="area")
    assert any(
        str(one.message).startswith("share='area': the areas of ")
        and str(one.message).endswith("Compare .sensitivity, or pass your own shares=.")
        for one in said
    )


def test_own_shares_that_do_not_fit():
    how = {"share": "p", "shares": SHARES}
    assert refused(DataError, **how | {"shares": SHARES.assign(p=[0.25, 0.5])}) == (
        "share='p': the shares of '00007' sum to 0.75, not to 1. Mend them, or pass normalise=True if they "
        "are populations or other amounts of the parts."
    )
    assert refused(DataError, **how | {"shares": SHARES.assign(p=[0, 0])}, normalise=True) == (
        "share='p': all parts of '00007' have 0. Give each unit a share somewhere."
    )
    assert refused(DataError, **how | {"shares": SHARES.head(1)}) == (
        "share='p': no share for '00007' → '00025'. Give one for each part of the divided units."
    )
    assert refused(DataError, **how | {"shares": SHARES.assign(p=[1.25, -0.25])}) == (
        "share='p': '00007' → '00025' has -0.25; a share is 0 or more."
    )
    assert refused(DataError, **how | {"shares": SHARES.assign(new_code=["00008", "00004"])}) == (
        "shares: '00007' → '00004' is in no pair of the crosswalk that is used. See sampling.crosswalk(); "
        "pairs that are suspect need suspects='keep'."
    )
    assert refused(DataError, **how | {"shares": pd.concat([SHARES] * 3)}) == (
        "shares: '00007' → '00008', '00007' → '00025' stands there twice. Keep one row for each."
    )
    assert refused(DataError, **how | {"shares": SHARES.assign(old_code="7")}) == (
        "shares: old_code has '7', '7'; a code is text of five digits, such as '01603'."
    )
    assert refused(ColumnError, **how | {"share": "pp"}) == (
        "share='pp': the table of shares has no such column. Did you mean 'p'?"
    )
    assert refused(TypeError, **how | {"shares": SHARES.assign(p="x")}) == (
        "share='p' holds text in the table of shares. Turn it into numbers."
    )
    assert refused(TypeError, **how | {"shares": {"p": 1}}) == "shares is a dict; pass a pandas DataFrame."


def test_shares_by_the_receiving_unit_are_amounts():
    by_target = SHARES.drop(columns="old_code")
    assert refused(ColumnError, share="p", shares=by_target) == (
        "shares='old_code': the data have no such column. Did you mean 'new_code'?"
    )
    assert refused(ColumnError, share="p", shares=SHARES.drop(columns="new_code"), normalise=True) == (
        "shares='new_code': the data have no such column. Did you mean 'old_code'?"
    )
    assert refused(DataError, share="p", shares=by_target.head(1), normalise=True) == (
        "share='p': no share for '00025'. Give one for each part of the divided units."
    )


def test_codes_that_are_unknown_or_of_the_other_day_or_double():
    assert refused(DataError, TABLE.assign(ma=["99999", "00004"])) == (
        "code='ma': 1 codes are no units of 2025-06-30: '99999'. Mend them, or pass unmatched='drop' to "
        "leave their rows out."
    )
    old_only = pd.DataFrame({"ma": ["01603"], "dan": [1]})
    assert refused(DataError, old_only, to="2025-06-30", share="equal") == (
        "code='ma': 1 codes are no units of 2025-07-01: '01603'. They are units of 2025-06-30: is the table "
        "of that day? Mend them, or pass unmatched='drop' to leave their rows out."
    )
    assert refused(DataError, TABLE.assign(ma="00004")) == (
        "code='ma': '00004' stand in more than one row. Keep one row per unit."
    )
    assert refused(DataError, TABLE.assign(ma=["00004", None])) == (
        "code='ma': no code in row 1. Fill them in or drop these rows."
    )
    assert refused(DataError, TABLE.assign(ma=["99999", "99998"]), unmatched="drop") == (
        "code='ma': none of the 2 codes is a unit of 2025-06-30. Check as_of= and to=."
    )


def test_days_without_a_list_and_the_same_day():
    assert refused(ArgumentError, to="2025-07-01", as_of="2025-07-01") == (
        "to='2025-07-01' is the day of the table already. Pass another day."
    )
    assert refused(ArgumentError, to="2026-05-01").startswith(
        "to='2026-05-01': the list held is of 2025-07-01"
    )
    assert refused(ArgumentError, as_of="2020-01-01") == (
        "as_of='2020-01-01' is not known. Did you mean '2025-07-01'? "
        "Choose one of '2025-07-01', '2025-06-30'."
    )


def test_values_and_weights_that_cannot_be_added():
    assert refused(TypeError, values="loai") == (
        "values='loai' holds no numbers. Turn the column into numbers, or choose another."
    )
    assert refused(DataError, TABLE.assign(dan=[1, None])) == (
        "values='dan' is missing for 1 units: '00004'. Fill it in, or drop these rows."
    )
    assert refused(ColumnError, values="dann") == (
        "values='dann': the data have no such column. Did you mean 'dan'?"
    )
    assert (
        refused(ArgumentError, values=[]) == "values=[]: name a column of totals, or of means with weights=."
    )
    how = {"weights": "w", "share": "equal"}
    assert refused(DataError, TABLE.assign(w=[-1, 1]), **how) == (
        "weights='w': '00007' has a weight below 0. Mend it."
    )
    assert refused(DataError, TABLE.assign(w=0), **how) == (
        "weights='w': all weights are 0. Pass the column of populations."
    )
    assert refused(ArgumentError, weights="dan", share="equal") == (
        "weights='dan' is among the values. Means are weighted by another column."
    )
    taken = TABLE.rename(columns={"dan": "name"})
    assert refused(ColumnError, taken, values="name") == (
        "values='name': the result has a column of that name for something else. Rename it."
    )
    low = TABLE.assign(dan_low=1)
    assert refused(ColumnError, low, values=["dan", "dan_low"]).startswith("values='dan_low': the result")
    assert refused(ColumnError, low, weights="dan_low").startswith("weights='dan_low': the result has")
