"""Asking for the communes of a province, and what is said when it cannot be found."""

import datetime as dt
import subprocess
import sys
import unicodedata
from pathlib import Path

import pandas as pd
import pytest

import sampling
from sampling import communes, crosswalk
from sampling import communes as door
from sampling.checks import ArgumentError, DataError

module = sys.modules["sampling.communes"]
DATA = Path(__file__).resolve().parents[2] / "data" / "communes"
EARLIER = "2025-06-30"


@pytest.fixture(scope="module")
def country():
    return communes().units


@pytest.fixture(scope="module")
def earlier():
    return communes(as_of=EARLIER).units


# --- asking for a province ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        "Cao Bằng",
        "Tỉnh Cao Bằng",
        "tỉnh cao bằng",
        "CAO BẰNG",
        "Cao Bang",
        "tinh cao bang",
        " Cao  Bằng ",
        unicodedata.normalize("NFD", "Cao Bằng"),
        "04",
    ],
)
def test_a_province_is_found_however_it_is_written(asked):
    frame = communes(province=asked)
    assert len(frame) == 56
    assert frame.units["type"].value_counts().to_dict() == {"xã": 53, "phường": 3}
    assert frame.id == "code"
    assert frame.as_of == dt.date(2025, 7, 1)
    assert "vietnamadminunits 1.0.4" in frame.source


@pytest.mark.parametrize(
    ("asked", "n"),
    [
        ("Thanh Hoá", 166),
        ("Thanh Hóa", 166),
        ("Khánh Hoà", 65),
        ("Thành phố Hồ Chí Minh", 168),
        ("TP. Hồ Chí Minh", 168),
        ("TP.HCM", 168),
        ("Thủ đô Hà Nội", 126),
        ("Đắc Lắc".replace("c", "k"), 102),
        ("Huế", 40),
        ("Thừa Thiên – Huế", 40),
        (["Cao Bằng", "04", "Bắc Ninh"], 155),
    ],
)
def test_old_spellings_short_names_and_lists_are_understood(asked, n):
    assert len(communes(asked)) == n


def test_a_province_of_before_is_found_in_the_earlier_list():
    frame = communes("Bắc Giang", as_of=dt.date(2025, 6, 30))
    assert set(frame.units["province"]) == {"Tỉnh Bắc Giang"}
    assert frame.as_of == dt.date(2025, 6, 30)


def test_all_names_of_provinces_are_told_apart_without_marks(country, earlier):
    for units, n in ((country, 34), (earlier, 63)):
        assert len({module._key(name) for name in units["province"].unique()}) == n


def test_a_merged_province_is_told_its_new_name():
    with pytest.raises(ArgumentError) as error:
        communes("Bắc Giang")
    assert str(error.value) == (
        "province='Bắc Giang': it is part of 'Tỉnh Bắc Ninh' since 2025-07-01. "
        "Use that name, or as_of='2025-06-30' for the units before."
    )


def test_an_unknown_province_is_told_the_near_names():
    with pytest.raises(ArgumentError) as error:
        crosswalk("Cao Bnag")
    assert str(error.value) == (
        "province='Cao Bnag': no province has that name. "
        "Near names: 'Tỉnh Cao Bằng', 'Thành phố Đà Nẵng', 'Tỉnh Cà Mau'."
    )
    with pytest.raises(
        ArgumentError, match=r"^province='xyz': no province has that name. Near names: .* and 29 more\.$"
    ):
        communes("xyz")


def test_a_name_unknown_in_the_earlier_list_is_told_the_near_names():
    with pytest.raises(ArgumentError, match=r"no province has that name\. Near names: 'Tỉnh Hà Giang'"):
        communes("Hà Giangg", as_of=EARLIER)


def test_a_code_that_lost_its_zero_is_told_so():
    with pytest.raises(ArgumentError) as error:
        communes("4")
    assert str(error.value) == (
        "province='4': no province has that code; codes have two digits, such as '04'. Did you mean '04'?"
    )
    with pytest.raises(TypeError) as number:
        communes(4)
    assert str(number.value) == "province=4 is a number; province codes are text: write '04'."
    with pytest.raises(
        ArgumentError, match=r"^province='99': no province has that code; codes have two digits"
    ):
        communes("99")


def test_other_wrong_arguments_are_refused():
    with pytest.raises(TypeError) as kind:
        communes(pd.Series(["Cao Bằng"]))
    assert str(kind.value).endswith("pass the name of a province as text, or a list of names.")
    with pytest.raises(ArgumentError, match=r"^province=\[\] names no province\."):
        communes([])
    with pytest.raises(ArgumentError) as day:
        communes(as_of="2024-01-01")
    assert str(day.value) == (
        "as_of='2024-01-01' is not known. Did you mean '2025-06-30'? "
        "Choose one of '2025-07-01', '2025-06-30'."
    )


# --- the door -----------------------------------------------------------------------------------------------


def test_changing_what_was_returned_changes_nothing_for_the_next_caller():
    for table, column in (
        (communes().units, "name"),
        (communes("04").units, "name"),
        (crosswalk(), "new_name"),
    ):
        table.loc[:, column] = "x"
    assert communes("Cao Bằng").units["name"].tolist()[0] == "Phường Thục Phán"
    assert crosswalk("Cao Bằng")["new_name"].tolist()[0] != "x"


def test_the_content_of_a_frame_is_pinned():
    assert communes("Cao Bằng").hash == "59f55d001845e1f6aed704251a1d364b263a8b94fd1ae4b12a9ec2ee6a77fdf5"
    assert communes().hash == "d4ee3f8de48c80ee1ec279fe5ee05cb57b35f9d428a233a057860a75d6a893fc"
    assert door is sampling.communes


def test_missing_files_are_reported_with_the_places_looked_at(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "HERE", tmp_path / "sampling")
    with pytest.raises(DataError) as error:
        communes()
    assert str(error.value) == (
        f"The commune files are neither in {tmp_path / 'sampling' / '_data' / 'communes'} nor in "
        f"{tmp_path / 'data' / 'communes'}. Install the project again, "
        "or make them with data/communes/build.py."
    )


def test_the_files_of_an_installed_wheel_are_found_first(monkeypatch, tmp_path):
    folder = tmp_path / "sampling" / "_data" / "communes"
    folder.mkdir(parents=True)
    head = (DATA / "communes_2025-07-01.csv").read_text(encoding="utf-8").splitlines(keepends=True)[:3]
    (folder / "communes_2025-07-01.csv").write_text("".join(head), encoding="utf-8")
    monkeypatch.setattr(module, "HERE", tmp_path / "sampling")
    assert module.data_folder() == folder
    assert len(communes()) == 2


def test_importing_the_package_stays_cheap():
    heavy = ["scipy", "matplotlib", "statsmodels", "jinja2", "openpyxl", "pyreadstat"]
    code = f"import sampling, sys; print([m for m in {heavy} if m in sys.modules])"
    root = Path(sampling.__file__).resolve().parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
