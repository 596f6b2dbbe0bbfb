import hashlib
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from sampling import communes, crosswalk

module = sys.modules["sampling.communes"]
DATA = Path(__file__).resolve().parents[2] / "data" / "communes"
EARLIER = "2025-06-30"


def read(name):
    return pd.read_csv(DATA / name, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def flagged(units, flag):
    return units[units["quality"].str.split().map(lambda flags: flag in flags)]


@pytest.fixture(scope="module")
def country():
    return communes().units


@pytest.fixture(scope="module")
def earlier():
    return communes(as_of=EARLIER).units


@pytest.fixture(scope="module")
def edges():
    return crosswalk()


# --- the files ----------------------------------------------------------------------------------------------


def test_the_files_are_those_that_the_build_script_wrote():
    lines = (DATA / "checksums.txt").read_text(encoding="utf-8").splitlines()
    sums = {name: checksum for checksum, name in (line.split("  ") for line in lines)}
    assert set(sums) == {path.name for path in DATA.glob("*.csv")}
    for name, checksum in sums.items():
        content = (DATA / name).read_bytes().replace(b"\r\n", b"\n")
        assert hashlib.sha256(content).hexdigest() == checksum, name
        assert len(content) < 1_000_000


def test_every_text_is_composed_unicode_without_stray_blanks():
    for path in DATA.glob("*.csv"):
        text = path.read_text(encoding="utf-8-sig")
        assert unicodedata.is_normalized("NFC", text), path.name
        cells = read(path.name).to_numpy().ravel()
        assert all(cell == " ".join(cell.split()) for cell in cells), path.name


def test_every_column_is_described_in_the_readme():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for path in DATA.glob("*.csv"):
        assert f"`{path.name}`" in readme
        for column in read(path.name).columns:
            assert f"`{column}`" in readme, (path.name, column)
    flags = {
        flag
        for name in DATA.glob("*[0-9].csv")
        for flag in read(name.name).get("quality", pd.Series(dtype=str))
    }
    for flag in {one for text in flags for one in text.split()}:
        assert f"`{flag}`" in readme


def test_every_flag_but_the_missing_area_has_a_meaning(country, earlier):
    used = {flag for units in (country, earlier) for text in units["quality"] for flag in text.split()}
    assert used == {*module.FLAGS, "area_missing"}


# --- the units of 1 July 2025 -------------------------------------------------------------------------------


def test_there_are_3321_units_of_three_types(country):
    assert country["type"].value_counts().to_dict() == {"xã": 2621, "phường": 687, "đặc khu": 13}
    assert len(country) == 3321
    assert country["province"].nunique() == 34
    assert (country["valid_from"] == "2025-07-01").all()


def test_codes_are_unique_text_of_five_digits(country):
    assert isinstance(country["code"].dtype, pd.StringDtype)
    assert country["code"].str.fullmatch("[0-9]{5}").all()
    assert country["code"].is_unique
    assert country["province_code"].str.fullmatch("[0-9]{2}").all()
    assert not country.duplicated(["province", "name"]).any()


def test_names_begin_with_their_type(country, earlier):
    for units in (country, earlier[earlier["type"] != "huyện đảo"]):
        starts = [n.lower().startswith(t + " ") for n, t in zip(units["name"], units["type"], strict=True)]
        assert all(starts)


def test_where_the_source_contradicts_the_name_the_name_is_followed_and_flagged(country, earlier):
    new = flagged(country, "type_from_name")
    assert dict(zip(new["code"], new["name"], strict=True)) == {
        "10543": "Phường Việt Hòa",
        "11848": "Xã Vĩnh Hòa",
        "31213": "Phường Tân Lộc",
        "31299": "Xã Phong Điền",
    }
    old = flagged(earlier, "type_from_name")
    assert old["name"].tolist() == ["Thị trấn Ngọc Lặc", "Phường 5", "Phường 15"]
    assert earlier["type"].value_counts().to_dict() == {
        "xã": 7692,
        "phường": 1726,
        "thị trấn": 617,
        "huyện đảo": 5,
    }


def test_flags_are_counted(country):
    counts = country["quality"].str.split().explode().value_counts().to_dict()
    assert counts == {
        "area_total_off": 536,
        "area_shared": 303,
        "type_changed_later": 72,
        "coordinate_suspect": 19,
        "area_missing": 4,
        "type_from_name": 4,
        "code_not_official": 1,
    }


def test_the_code_of_ba_che_is_flagged_and_not_changed(country):
    row = flagged(country, "code_not_official")
    assert row[["code", "name"]].to_numpy().tolist() == [["06970", "Xã Ba Chẽ"]]
    assert "06978" not in set(country["code"])


def test_the_nineteen_suspect_coordinates_are_the_known_ones(country):
    assert flagged(country, "coordinate_suspect")["code"].tolist() == [
        "01456", "04714", "04924", "06757", "06967", "08296", "13972", "20669", "22736", "23535",
        "23538", "25126", "25135", "25162", "28615", "29983", "30130", "30781", "31108",
    ]  # fmt: skip


def test_six_provinces_have_areas_that_do_not_add_up(country):
    provinces = read("provinces_2025-07-01.csv").set_index("province")
    ratio = provinces["area_ratio"].astype(float)
    assert ratio[(ratio - 1).abs() > 0.05].to_dict() == {
        "Tỉnh Hưng Yên": 1.456,
        "Tỉnh Ninh Bình": 1.433,
        "Tỉnh Quảng Trị": 0.909,
        "Tỉnh Khánh Hòa": 0.934,
        "Tỉnh Tây Ninh": 0.865,
        "Tỉnh Cà Mau": 0.795,
    }
    off = set(flagged(country, "area_total_off")["province"])
    assert (
        off
        == set(provinces.index[provinces["area_total_off"] == "1"])
        == set(ratio.index[(ratio - 1).abs() > 0.05])
    )
    sums = country.groupby("province")["area_km2"].sum()
    assert_allclose(provinces["area_sum_km2"].astype(float), sums[provinces.index], atol=0.006)
    assert provinces["units"].astype(int).to_dict() == country["province"].value_counts().to_dict()


def test_a_shared_area_is_that_of_a_unit_of_the_same_name_in_another_province(country):
    shared = flagged(country, "area_shared")
    groups = shared.groupby(["name", "area_km2"])
    assert (groups["province"].nunique() == groups.size()).all()
    assert (groups.size() > 1).all()
    assert len(groups) == 132


def test_missing_areas_are_empty_or_zero(country):
    missing = flagged(country, "area_missing")
    assert missing["code"].tolist() == ["06187", "19147", "19159", "28435"]
    assert not (missing["area_km2"] > 0).any()


# --- the units before ---------------------------------------------------------------------------------------


def test_there_are_10040_earlier_rows_for_10035_communes(earlier):
    assert len(earlier) == 10_040
    islands = flagged(earlier, "no_commune")
    assert len(earlier) - len(islands) == 10_035
    assert dict(zip(islands["code"], islands["name"], strict=True)) == {
        "H318": "Huyện Bạch Long Vĩ",
        "H471": "Huyện Cồn Cỏ",
        "H498": "Huyện Hoàng Sa",
        "H536": "Huyện Lý Sơn",
        "H755": "Huyện Côn Đảo",
    }
    assert (islands["type"] == "huyện đảo").all()
    assert islands[["lat", "lon"]].isna().all(axis=None)


def test_earlier_units_have_their_districts_and_provinces(earlier):
    assert earlier["district_code"].nunique() == 696
    assert earlier["province"].nunique() == 63
    assert earlier["code"].is_unique
    assert earlier.loc[earlier["type"] != "huyện đảo", "code"].str.fullmatch("[0-9]{5}").all()
    phuc_sen = earlier[(earlier["name"] == "Xã Phúc Sen") & (earlier["province"] == "Tỉnh Cao Bằng")]
    assert phuc_sen[["code", "district"]].to_numpy().tolist() == [["01603", "Huyện Quảng Hòa"]]


def test_the_report_on_the_earlier_units_says_why_there_are_five_more_rows():
    report = communes(as_of=EARLIER).problems().set_index("check")
    row = report.loc["huyện đảo không có xã"]
    assert row["n"] == 5
    assert "10.040 dòng, số chính thức là 10.035" in row["meaning"]
    assert row["where"].startswith("H318 Huyện Bạch Long Vĩ; H471 Huyện Cồn Cỏ; H498 Huyện Hoàng Sa; ")


# --- the crosswalk ------------------------------------------------------------------------------------------


def test_every_old_unit_has_its_edges_and_every_new_unit_a_source(edges, country, earlier):
    assert len(edges) == 10_602
    assert set(edges["old_code"]) == set(earlier["code"])
    assert set(edges["new_code"]) == set(country["code"])
    assert not edges.duplicated(["old_code", "new_code"]).any()


def test_9569_old_units_are_whole_and_471_divided(edges):
    kinds = edges.groupby("old_code")["kind"].agg(["nunique", "first", "size"])
    assert (kinds["nunique"] == 1).all()
    assert kinds["first"].value_counts().to_dict() == {"whole": 9569, "part": 471}
    assert (kinds.loc[kinds["first"] == "whole", "size"] == 1).all()
    assert kinds.loc[kinds["first"] == "part", "size"].value_counts().to_dict() == {
        2: 397,
        3: 58,
        4: 15,
        5: 1,
    }


def test_every_old_unit_has_exactly_one_default(edges):
    assert (edges.groupby("old_code")["is_default"].sum() == 1).all()


def test_new_units_by_the_number_of_their_sources(edges):
    sources = edges.groupby("new_code").size().clip(upper=6).value_counts().to_dict()
    assert sources == {1: 140, 2: 756, 3: 1499, 4: 566, 5: 181, 6: 179}
    whole = edges[edges["kind"] == "whole"]["new_code"]
    assert edges["new_code"].nunique() - whole.nunique() == 39
    assert edges.loc[edges["kind"] == "part", "new_code"].nunique() == 441


def test_the_suspect_edges_are_the_28_that_lie_far_away(edges):
    suspect = edges[edges["suspect"]]
    assert len(suspect) == 28
    assert (suspect["kind"] == "part").all()
    assert suspect["old_code"].nunique() == 27
    assert suspect["distance_km"].between(29, 103).all()
    kept = suspect.loc[suspect["is_default"], ["old_code", "new_code"]]
    assert kept.to_numpy().tolist() == [["28437", "28435"]]
    pairs = set(zip(suspect["old_code"], suspect["new_code"], strict=True))
    assert {("31246", "31726"), ("27691", "25459"), ("32245", "32248"), ("06079", "06184")} <= pairs
    assert not edges.loc[~edges["suspect"] & (edges["kind"] == "part"), "distance_km"].gt(25).any()


def test_the_drop_rule_leaves_every_divided_unit_a_place_to_go(edges):
    left = edges[~(edges["suspect"] & ~edges["is_default"])]
    assert len(edges) - len(left) == 27
    assert left["old_code"].nunique() == 10_040


def test_distances_follow_from_the_coordinates_in_the_files(edges, country, earlier):
    def km(a, b):
        lat_a, lon_a, lat_b, lon_b = (
            np.radians(x.to_numpy(float)) for x in (a["lat"], a["lon"], b["lat"], b["lon"])
        )
        chord = (
            np.sin((lat_b - lat_a) / 2) ** 2
            + np.cos(lat_a) * np.cos(lat_b) * np.sin((lon_b - lon_a) / 2) ** 2
        )
        return 2 * 6371.0088 * np.arcsin(np.sqrt(chord))

    place = ["lat", "lon"]
    old = earlier.set_index("code")[place].reindex(edges["old_code"])
    whole = (edges["kind"] == "whole").to_numpy() & old["lat"].notna().to_numpy()
    by_new = old[whole].assign(new=edges.loc[whole, "new_code"].to_numpy()).groupby("new")[place]
    distance = km(old, by_new.median().reindex(edges["new_code"]))
    assert_allclose(edges["distance_km"], distance, atol=0.0051)
    assert edges["distance_km"].isna().sum() == np.isnan(distance).sum() == 196 + 5
    units = country.set_index("code")
    own = pd.Series(km(old, units.reindex(edges["new_code"])), index=edges["new_code"])[whole]
    far = own.groupby(level=0).median()
    assert sorted(far.index[far > 25]) == flagged(country, "coordinate_suspect")["code"].tolist()
    strays = edges.loc[(edges["kind"] == "whole") & (edges["distance_km"] > 25), "old_code"]
    assert sorted(strays) == flagged(earlier, "coordinate_suspect")["code"].tolist()
    assert len(strays) == 12


@pytest.mark.parametrize(
    ("old_name", "old_province", "new_code", "new_name", "sources"),
    [
        ("Xã Phúc Sen", "Tỉnh Cao Bằng", "01576", "Xã Quảng Uyên", 4),
        ("Phường Bồ Xuyên", "Tỉnh Thái Bình", "13225", "Phường Thái Bình", 7),
        ("Xã Đông Văn", "Tỉnh Thanh Hóa", "16417", "Phường Đông Quang", 8),
    ],
)
def test_the_places_of_the_published_models_go_where_they_went(
    edges, old_name, old_province, new_code, new_name, sources
):
    row = edges[
        (edges["old_name"] == old_name) & (edges["old_province"] == old_province) & edges["is_default"]
    ]
    assert row[["new_code", "new_name"]].to_numpy().tolist() == [[new_code, new_name]]
    assert (edges["new_code"] == new_code).sum() == sources


def test_cao_bang_came_from_161_whole_units():
    table = crosswalk("Cao Bằng")
    assert len(table) == 161
    assert (table["kind"] == "whole").all()
    assert table["new_code"].nunique() == 56
    assert set(table["old_province"]) == {"Tỉnh Cao Bằng"}


def test_the_crosswalk_has_tidy_columns(edges):
    assert edges.columns.tolist() == [
        "old_code", "old_name", "old_district", "old_province", "new_code", "new_name", "new_province",
        "kind", "is_default", "suspect", "distance_km", "valid_from",
    ]  # fmt: skip
    assert edges["is_default"].dtype == edges["suspect"].dtype == bool
    assert edges[["old_code", "new_code"]].apply(tuple, axis=1).is_monotonic_increasing
