"""Variants of the example, for the tests of settings, report and command line."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "data" / "examples" / "cao_bang"
SETTINGS = "bao_cao.toml"


def copy_example(folder, *edits):
    """Copy the example into a folder; each edit (old, new) changes the settings. Return their path."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*EXAMPLE.glob("*.csv"), EXAMPLE / SETTINGS]:
        shutil.copyfile(path, folder / path.name)
    settings = folder / SETTINGS
    text = settings.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    settings.write_text(text, encoding="utf-8")
    return settings


def drop_line(key):
    """Return the edit that takes one line out of the example's settings."""
    text = (EXAMPLE / SETTINGS).read_text(encoding="utf-8")
    (line,) = re.findall(rf"^{re.escape(key)} *=.*\n", text, flags=re.MULTILINE)
    return line, ""


def change_rows(path, change, *, delimiter=","):
    """Rewrite a CSV file: change(row) returns the new row, or None to drop it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [row for row in map(change, rows) if row is not None]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(kept)


def keep_communes(folder, codes):
    """Keep the forms of some communes only."""
    for wave in (1, 2):
        change_rows(folder / f"phieu_dot_{wave}.csv", lambda row: row if row["ma_xa"] in codes else None)


def sampled(group):
    """Return the codes of the sampled communes of a group, those not taken with certainty first."""
    with (EXAMPLE / "xa.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["nhom"] == group and r["duoc_chon"] == "1"]
    return [r["ma_xa"] for r in sorted(rows, key=lambda r: float(r["xac_suat"]))]


ADOPTING, COMPARISON, EARLY = "áp dụng giữa hai đợt", "chưa áp dụng", "áp dụng từ trước"
