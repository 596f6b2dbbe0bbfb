"""Make the files of cao_bang: a synthetic population of Cao Bằng and a survey of it in two waves.

Run it with ``python data/examples/make.py``; a folder as argument is written to instead. Run again, it writes
the same bytes. What each file and column means stands in README.md beside it. The file of settings,
bao_cao.toml, is written by hand and not touched.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from surveykit.population import draw_demo, simulate

HERE = Path(__file__).resolve().parent
PROVINCE = "Cao Bằng"
#: Of the seeds 1 to 60 the one whose population has the effect nearest to the 6 points it is made from.
POPULATION_SEED = 32
#: Not chosen: the day on which the draw was fixed.
DRAW_SEED = 20261122
DECIMALS = {"quyen_so": 6, "xac_suat": 8, "ty_le": 6, "gia_tri": 6}
COMMUNE_COLUMNS = [
    *("ma_xa", "ten_xa", "loai", "so_ho_gia_lap", "ngay_ap_dung", "nhom"),
    *("tang", "duoc_chon", "xac_suat", "nguon"),
]


def tables() -> dict[str, pd.DataFrame]:
    """Return the tables by the name of their file."""
    population = simulate(PROVINCE, seed=POPULATION_SEED)
    survey = draw_demo(population, seed=DRAW_SEED)
    return {
        "phieu_dot_1.csv": survey.forms[survey.forms["dot"] == 1],
        "phieu_dot_2.csv": survey.forms[survey.forms["dot"] == 2],
        "xa.csv": survey.communes[COMMUNE_COLUMNS],
        "bien_dan_so.csv": survey.margins,
        "su_that.csv": population.truth,
    }


def write(folder: Path, files: Mapping[str, pd.DataFrame]) -> None:
    """Write every table into the folder; a file is there whole, or as it was before."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in files.items():
        table = table.round({c: d for c, d in DECIMALS.items() if c in table})
        temporary = folder / f"{name}.part"
        temporary.write_bytes(table.to_csv(index=False, lineterminator="\n").encode("utf-8-sig"))
        os.replace(temporary, folder / name)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "cao_bang", tables())
