"""The files of data/examples are what their script makes, and what their README says."""

import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "data" / "examples"
FILES = ["bien_dan_so.csv", "phieu_dot_1.csv", "phieu_dot_2.csv", "su_that.csv", "xa.csv"]
MEGABYTE = 2**20


@pytest.fixture(scope="module")
def make():
    spec = importlib.util.spec_from_file_location("make_examples", FOLDER / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def committed():
    return {name: pd.read_csv(FOLDER / "cao_bang" / name, dtype=str, encoding="utf-8-sig") for name in FILES}


def test_the_script_writes_the_same_bytes(make, tmp_path):
    make.write(tmp_path / "cao_bang", make.tables())
    assert sorted(p.name for p in (tmp_path / "cao_bang").iterdir()) == FILES
    for name in FILES:
        assert (tmp_path / "cao_bang" / name).read_bytes() == (FOLDER / "cao_bang" / name).read_bytes(), name


def test_a_disk_that_refuses_leaves_the_old_file_as_it_was(make, tmp_path, monkeypatch):
    make.write(tmp_path, {"xa.csv": pd.DataFrame({"ma_xa": ["01273"]})})

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        make.write(tmp_path, {"xa.csv": pd.DataFrame({"ma_xa": ["01279"]})})
    assert "01273" in (tmp_path / "xa.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("name", FILES)
def test_files_are_small_say_that_they_are_synthetic_and_open_in_a_spreadsheet(name, committed):
    raw = (FOLDER / "cao_bang" / name).read_bytes()
    assert len(raw) < MEGABYTE
    assert raw.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in raw
    assert set(committed[name]["nguon"]) == {"giả lập"}


@pytest.mark.parametrize("name", FILES)
def test_every_column_and_the_number_of_rows_stand_in_the_readme(name, committed):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    rows = int(re.search(rf"\| `{name}` \| ([\d.]+) \|", readme)[1].replace(".", ""))
    assert rows == len(committed[name])
    for column in committed[name].columns:
        assert f"`{column}`" in readme or re.fullmatch(r"c0[2-9]|c1[0-4]", column), column


def test_codes_are_text_of_five_digits_that_the_frame_knows(committed):
    codes = committed["xa.csv"]["ma_xa"]
    assert codes.str.fullmatch(r"\d{5}").all()
    for wave in (1, 2):
        forms = committed[f"phieu_dot_{wave}.csv"]
        assert set(forms["ma_xa"]) == set(codes[committed["xa.csv"]["duoc_chon"] == "1"])
        assert (forms["dot"] == str(wave)).all()


def test_the_numbers_of_the_readme_are_those_of_the_population(make):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    p = make.simulate(make.PROVINCE, seed=make.POPULATION_SEED, items=False)
    place = p.structure.communes
    for number in (
        place["so_nguoi_gia_lap"].sum(),
        place["so_ho_gia_lap"].sum(),
        place["so_thon_gia_lap"].sum(),
    ):
        assert f"{number:,}".replace(",", ".") in readme
    assert f"là {make.POPULATION_SEED}:" in readme
    assert str(make.DRAW_SEED) in readme
    effects = [abs(make.simulate(p.structure, seed=s, items=False).effect()[0] - 0.06) for s in range(1, 61)]
    assert effects.index(min(effects)) + 1 == make.POPULATION_SEED
