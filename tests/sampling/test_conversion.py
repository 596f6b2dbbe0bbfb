"""Tables turned from the units of one day into those of another: nothing is lost, nothing is guessed."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import sampling
from sampling.checks import ArgumentError, ColumnError, DataError, SurveyWarning

RTOL = 1e-9  # sums of thousands of numbers
HAI_PHONG = sampling.crosswalk("Hải Phòng")
ALL = sampling.crosswalk()


def old_table(pairs, seed=1):
    codes = pairs["old_code"].drop_duplicates().reset_index(drop=True)
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"ma": codes, "dan": rng.integers(500, 9000, len(codes)).astype(float)})


def quiet(*args, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SurveyWarning)
        return sampling.convert(*args, **more)


def test_the_commune_in_the_news_is_found_in_its_new_unit():
    old = pd.DataFrame({"ma": ["01576", "01579", "01603", "01606"], "n": [4, 3, 2, 1]})
    found = sampling.convert(old, code="ma", values="n")
    assert found.table[["code", "name", "n", "n_low", "n_high"]].values.tolist() == [
        ["01576", "Xã Quảng Uyên", 10, 10, 10]
    ]
    assert found.by_share == ()


@pytest.mark.parametrize("share", ["equal", "area"])
def test_sums_are_kept_whatever_the_share(share):
    old = old_table(ALL)
    found = quiet(old, code="ma", values="dan", share=share)
    assert_allclose(found.table["dan"].sum(), old["dan"].sum(), rtol=RTOL)
    assert_allclose(found.totals["before"], found.totals["after"], rtol=RTOL)
    assert len(found.table) == 3321
    assert (found.table["dan_low"] <= found.table["dan"] + 1e-9).all()
    assert (found.table["dan"] <= found.table["dan_high"] + 1e-9).all()


def test_the_band_is_a_point_where_nothing_is_divided_and_open_where_something_is():
    found = quiet(old_table(HAI_PHONG), code="ma", values="dan", share="equal").table
    assert (found.loc[~found["by_share"], "dan_low"] == found.loc[~found["by_share"], "dan_high"]).all()
    assert (found.loc[found["by_share"], "dan_low"] < found.loc[found["by_share"], "dan_high"]).all()


def divided(n=3):
    parts = HAI_PHONG[(HAI_PHONG["kind"] == "part") & ~HAI_PHONG["suspect"]]
    codes = parts["old_code"].value_counts()
    return parts[parts["old_code"].isin(codes[codes == 2].index[:n])].sort_values(["old_code", "new_code"])


@settings(max_examples=15, deadline=None)
@given(first=st.floats(0, 1))
def test_any_share_lies_inside_the_band(first):
    parts = divided(1)
    old = pd.DataFrame({"ma": parts["old_code"].unique(), "dan": 1000.0})
    own = parts[["old_code", "new_code"]].assign(phan=[first, 1 - first])
    found = quiet(old, code="ma", values="dan", share="phan", shares=own).table
    assert (found["dan_low"] <= found["dan"]).all()
    assert (found["dan"] <= found["dan_high"]).all()
    assert_allclose(found["dan"].sum(), 1000)


def test_populations_of_the_parts_become_shares():
    parts = divided(1)
    old = pd.DataFrame({"ma": parts["old_code"].unique(), "dan": 1000.0})
    own = parts[["old_code", "new_code"]].assign(so_nguoi=[300, 100])
    found = quiet(old, code="ma", values="dan", share="so_nguoi", shares=own, normalise=True).table
    assert_allclose(found.set_index("code").loc[parts["new_code"], "dan"], [750, 250])


def test_means_are_weighted_and_never_averaged_plainly():
    old = pd.DataFrame(
        {"ma": ["01576", "01579", "01603", "01606"], "tl": [0.9, 0.8, 0.5, 1], "n": [1, 1, 8, 0]}
    )
    found = sampling.convert(old, code="ma", values="tl", weights="n").table
    assert_allclose(found["tl"], [(0.9 + 0.8 + 4.0) / 10])


def test_there_and_back_again_gives_the_whole_units():
    old = old_table(sampling.crosswalk("Cao Bằng"))
    new = quiet(old, code="ma", values="dan").table.rename(columns={"code": "ma"})
    shares = old.rename(columns={"ma": "old_code"})
    back = quiet(
        new[["ma", "dan"]],
        code="ma",
        values="dan",
        to="2025-06-30",
        share="dan",
        shares=shares,
        normalise=True,
    )
    got = back.table.set_index("code")["dan"]
    assert_allclose(got.loc[old["ma"]], old["dan"], rtol=RTOL)


def test_later_changes_of_ones_own_fit_the_same_table():
    later = pd.DataFrame(
        {"old_code": ["01576"], "new_code": ["01576"], "kind": ["whole"], "date": ["2026-04-30"],
         "new_name": ["Phường Quảng Uyên"]}
    )  # fmt: skip
    old = pd.DataFrame({"ma": ["01576", "01579", "01603", "01606"], "n": [4, 3, 2, 1]})
    found = sampling.convert(old, code="ma", values="n", to="2026-05-01", changes=later)
    assert found.table[["code", "name", "n"]].values.tolist() == [["01576", "Phường Quảng Uyên", 10]]
    frame = sampling.communes("Cao Bằng", as_of="2026-05-01", changes=later)
    assert frame.units["type"].value_counts().to_dict() == {"xã": 52, "phường": 4}


def test_a_later_split_needs_a_share_and_a_merger_adds():
    later = pd.DataFrame(
        {
            "old_code": ["01576", "01576", "01594"],
            "new_code": ["01576", "01594", "01594"],
            "kind": ["part", "part", "whole"],
            "date": ["2026-04-30"] * 3,
        }
    )
    new = pd.DataFrame({"ma": ["01576", "01594"], "n": [10.0, 4.0]})
    days = {"as_of": "2025-07-01", "to": "2026-05-01", "changes": later}
    with pytest.raises(ArgumentError, match="share: 1 units of the table are divided"):
        sampling.convert(new, code="ma", values="n", **days)
    found = quiet(new, code="ma", values="n", share="equal", **days)
    assert found.table[["code", "n", "n_low", "n_high"]].values.tolist() == [
        ["01576", 5, 0, 10], ["01594", 9, 4, 14],
    ]  # fmt: skip


def test_suspect_pairs_are_never_used_in_silence():
    old = old_table(HAI_PHONG)
    with pytest.warns(SurveyWarning, match="2 suspect pairs are left out: '10798 → 11911'"):
        left_out = sampling.convert(old, code="ma", values="dan", share="equal")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kept = sampling.convert(old, code="ma", values="dan", share="equal", suspects="keep")
    assert not left_out.suspects["used"].any()
    assert kept.suspects["used"].all()
    assert left_out.table["dan"].sum() == pytest.approx(kept.table["dan"].sum())


def test_units_that_lack_a_source_are_named():
    old = pd.DataFrame({"ma": ["01576", "01603"], "n": [4, 2]})
    with pytest.warns(SurveyWarning, match="1 units of 2025-07-01 are not complete"):
        found = sampling.convert(old, code="ma", values="n")
    assert not found.table["complete"].any()
    assert found.missing["source"].tolist() == ["01579", "01606"]


def test_rows_that_are_no_units_can_be_left_out_with_a_warning():
    old = pd.DataFrame({"ma": ["01576", "01579", "01603", "01606", "99999"], "n": [4, 3, 2, 1, 7]})
    with pytest.warns(SurveyWarning, match="1 codes are no units of 2025-06-30: '99999'"):
        found = sampling.convert(old, code="ma", values="n", unmatched="drop")
    assert found.unmatched == ("99999",)
    assert found.table["n"].tolist() == [10]


def test_it_reads_in_vietnamese_and_english():
    found = quiet(old_table(HAI_PHONG), code="ma", values="dan", share="equal")
    assert repr(found).startswith("Chuyển đổi dan: đơn vị ngày 30/06/2025 thành 114 đơn vị ngày 01/07/2025")
    page = found._repr_html_()
    assert "thấp nhất" in page
    assert "104 đơn vị nữa" in page
    assert "chia đều cho các phần" in " ".join(found.notes())
    assert "units rest on shares" in " ".join(found.notes("en"))
    assert {"equal", "area", "low", "high"} <= set(found.sensitivity.columns)


PARTS = divided(1)
ONE = pd.DataFrame({"ma": PARTS["old_code"].unique(), "dan": [1000.0]})
OWN = PARTS[["old_code", "new_code"]].assign(phan=[0.5, 0.5])


def turned(table, **more):
    return quiet(table, code="ma", values="dan", **more)


REFUSED = [
    (lambda: turned(ONE), ArgumentError, "share: 1 units of the table are divided:"),
    (lambda: turned(ONE, share="even"), ArgumentError, "share='even' is no rule."),
    (lambda: turned(ONE, share="equal", shares=OWN), ArgumentError,
     "share='equal' leaves the table of shares unused."),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(phan=0.4)), DataError,
     "share='phan': the shares of"),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(phan=[-0.5, 1.5])), DataError,
     "share='phan':"),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(phan=0.0)), DataError,
     "share='phan': all parts of"),
    (lambda: turned(ONE, share="phan", shares=OWN.iloc[:1]), DataError,
     "share='phan': no share for"),
    (lambda: turned(ONE, share="phan", shares=pd.concat([OWN, OWN])), DataError, "shares: "),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(new_code="01576")), DataError,
     "shares: "),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(old_code="x")), DataError,
     "shares: old_code has 'x'"),
    (lambda: turned(ONE, share="khac", shares=OWN), ColumnError, "share='khac':"),
    (lambda: turned(ONE, share="phan", shares=OWN.assign(phan="một nửa")), TypeError,
     "share='phan' holds text in the table of shares."),
    (lambda: turned(ONE.assign(ma="99999")), DataError,
     "code='ma': 1 codes are no units of 2025-06-30: '99999'."),
    (lambda: turned(pd.concat([ONE, ONE])), DataError, "code='ma': "),
    (lambda: turned(ONE.assign(dan=np.nan), share="equal"), DataError, "values='dan'"),
    (lambda: turned(ONE, to="2025-06-30", as_of="2025-06-30"), ArgumentError,
     "to='2025-06-30' is the day of the table already. Pass another day."),
    (lambda: turned(ONE, to="2026-04-30"), ArgumentError, "to='2026-04-30': "),
    (lambda: turned(pd.DataFrame({"ma": ["01576"], "dan": [5.0]}), to="2025-06-30", share="area"),
     ArgumentError, "share='area': the list of 2025-06-30 has no areas."),
]  # fmt: skip


@pytest.mark.parametrize(("call", "kind", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_converted_is_refused_with_its_reason(call, kind, sentence):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value).startswith(sentence)


CHANGE = {"old_code": "01576", "new_code": "01576", "kind": "whole", "date": "2026-04-30"}
WRONG = [
    ({"old_code": "99999"}, "changes: '99999' was no unit on 2026-04-30."),
    ({"old_code": "1"}, "changes: old_code has '1'; a code is text of five digits, such as '01576'."),
    ({"date": "2025-07-01"}, "changes: '2025-07-01' is not after 2025-07-01;"),
    ({"kind": "part"}, "changes: '01576' on 2026-04-30: a unit is 'whole' in one row,"),
    ({"new_name": "Quảng Uyên"}, "changes: new_name='Quảng Uyên' must begin with its type:"),
    ({"new_code": "90001"}, "changes: the unit '90001' of 2026-04-30 needs one new_name, and has none."),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG, ids=range(len(WRONG)))
def test_changes_that_do_not_fit_are_refused(change, sentence):
    later = pd.DataFrame([CHANGE | change])
    with pytest.raises(DataError) as error:
        sampling.communes(as_of="2026-05-01", changes=later)
    assert str(error.value).startswith(sentence)


def test_a_pair_of_changes_stands_once():
    later = pd.DataFrame([CHANGE, CHANGE])
    with pytest.raises(DataError, match="goes to the same unit twice"):
        sampling.communes(as_of="2026-05-01", changes=later)
