"""Build the commune files of this folder from the PyPI package vietnamadminunits 1.0.4 (MIT).

Run it with ``python data/communes/build.py``, where the package is installed, or with the package's
folder as argument. It needs the standard library only and reads two files of the package:
``data/dataset.db`` and ``data/converter_2025.json``. Run again, it writes the same bytes. What each
column and flag means, and which defects of the source are flagged, stands in README.md beside it.
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import math
import os
import sqlite3
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import itemgetter
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
DATE = "2025-07-01"
LAST_DAY_BEFORE = "2025-06-30"
FAR_KM = 25.0  # farther than this from the sources: a coordinate, or an edge, is suspect
AREA_OFF = 0.05  # a province whose communes add up to more or less than this share is suspect
KINDS = ("xã", "phường", "thị trấn", "đặc khu")
CHANGED_LATER = {"75": "xã"}  # ten xã of Đồng Nai, not known which, became phường on 30 April 2026
OTHER_CODES = {"06970": "06978"}  # code in the package: code in the official list (Ba Chẽ, Quảng Ninh)

# Natural area in km² by province code: resolution 202/2025/QH15 for the 23 merged provinces, the
# published land statistics for the 11 others. Only used to check the sums of the commune areas.
PROVINCE_AREA = {
    "01": 3359.84, "04": 6700.39, "08": 13795.50, "11": 9539.93, "12": 9068.73, "14": 14109.83,
    "15": 13256.92, "19": 8375.21, "20": 8310.18, "22": 6207.93, "24": 4718.60, "25": 9361.38,
    "31": 3194.72, "33": 2514.81, "37": 3942.62, "38": 11114.71, "40": 16486.49, "42": 5994.45,
    "44": 12700.00, "46": 4947.11, "48": 11859.59, "51": 14832.55, "52": 21576.53, "56": 8555.86,
    "66": 18096.40, "68": 24233.07, "75": 12737.18, "79": 6772.59, "80": 8536.44, "82": 5938.64,
    "86": 6296.20, "91": 9888.91, "92": 6360.83, "96": 7942.39,
}  # fmt: skip

Row = dict[str, Any]
Point = tuple[float, float]


def package_folder(arguments: Sequence[str]) -> Path:
    """Return the folder of the installed package, given or found."""
    if arguments:
        folder = Path(arguments[0])
    else:
        spec = importlib.util.find_spec("vietnamadminunits")
        if spec is None or spec.origin is None:
            sys.exit("vietnamadminunits is not installed here: pip install vietnamadminunits==1.0.4")
        folder = Path(spec.origin).parent
    if not (folder / "data" / "dataset.db").is_file():
        sys.exit(f"{folder}: no data/dataset.db there. Pass the folder of vietnamadminunits 1.0.4.")
    return folder


def read_table(folder: Path, table: str) -> list[Row]:
    """Return the rows of one table of the package's database."""
    with sqlite3.connect(f"{(folder / 'data' / 'dataset.db').as_uri()}?mode=ro", uri=True) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(f"SELECT * FROM {table}")]


def distance_km(a: Point, b: Point) -> float:
    """Return the great-circle distance between two points (latitude, longitude in degrees)."""
    (lat_a, lon_a), (lat_b, lon_b) = [(math.radians(p[0]), math.radians(p[1])) for p in (a, b)]
    chord = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * 6371.0088 * math.asin(math.sqrt(chord))


def middle(points: Iterable[Point]) -> Point:
    """Return the median latitude and the median longitude."""
    latitudes, longitudes = zip(*points, strict=True)
    return median(latitudes), median(longitudes)


def clean(text: str) -> str:
    """Return a name in NFC with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def kind_of(name: str, kind: str | None) -> tuple[str, list[str]]:
    """Return the type that the name states, flagged where the package's column says another."""
    for word in KINDS:
        if name.lower().startswith(word + " "):
            return word, ([] if clean(kind or "").lower() == word else ["type_from_name"])
    sys.exit(f"{name}: the name begins with none of {KINDS}.")


def new_units(folder: Path) -> dict[str, Row]:
    """Return the units of 1 July 2025 by the package's key."""
    units = {}
    for row in read_table(folder, "admin_units"):
        name = clean(row["ward"])
        kind, flags = kind_of(name, row["wardType"])
        units[f"{row['provinceKey']}_{row['wardKey']}"] = {
            "code": row["wardCode"],
            "name": name,
            "type": kind,
            "province": clean(row["province"]),
            "province_code": row["provinceCode"],
            "lat": row["wardLat"],
            "lon": row["wardLon"],
            "area_km2": row["wardAreaKm2"],
            "valid_from": DATE,
            "quality": flags,
        }
    return units


def old_units(folder: Path) -> dict[str, Row]:
    """Return the units before 1 July 2025 by key; an island district without communes is one unit."""
    units = {}
    for row in read_table(folder, "admin_units_legacy"):
        island = row["ward"] is None
        name = clean(row["district"] if island else row["ward"])
        kind, flags = ("huyện đảo", ["no_commune"]) if island else kind_of(name, row["wardType"])
        units[f"{row['provinceKey']}_{row['districtKey']}_{row['wardKey'] or ''}"] = {
            "code": f"H{row['districtCode']}" if island else row["wardCode"],
            "name": name,
            "type": kind,
            "district_code": row["districtCode"],
            "district": clean(row["district"]),
            "province_code": row["provinceCode"],
            "province": clean(row["province"]),
            "lat": row["wardLat"],
            "lon": row["wardLon"],
            "valid_to": LAST_DAY_BEFORE,
            "quality": flags,
        }
    return units


def crosswalk(folder: Path, old: dict[str, Row], new: dict[str, Row]) -> list[Row]:
    """Return the edges from old to new units."""
    text = (folder / "data" / "converter_2025.json").read_text(encoding="utf-8")
    converter = json.loads(text)
    edges = [
        {"old": old[source], "new": new[f"{province}_{target}"], "kind": "whole", "is_default": 1}
        for province, targets in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items()
        for target, sources in targets.items()
        for source in sources
    ]
    edges += [
        {
            "old": old[source],
            "new": new[f"{province}_{part['newWardKey']}"],
            "kind": "part",
            "is_default": int(part["isDefaultNewWard"]),
        }
        for province, divided in converter["DICT_PROVINCE_WARD_DIVIDED"].items()
        for source, parts in divided.items()
        for part in parts
    ]
    return edges


def flag_distances(edges: list[Row]) -> None:
    """Flag the coordinates and the part edges that lie too far from the whole sources."""
    whole = defaultdict(list)
    for edge in edges:
        if edge["kind"] == "whole" and edge["old"]["lat"] is not None:
            whole[edge["new"]["code"]].append(edge["old"])
    centre = {code: middle(_point(unit) for unit in units) for code, units in whole.items()}
    for edge in edges:
        code = edge["new"]["code"]
        known = code in centre and edge["old"]["lat"] is not None
        far = distance_km(_point(edge["old"]), centre[code]) if known else None
        edge["distance_km"] = far
        edge["suspect"] = int(edge["kind"] == "part" and far is not None and far > FAR_KM)
        if edge["kind"] == "whole" and far is not None and far > FAR_KM:
            edge["old"]["quality"].append("coordinate_suspect")
    for unit in {id(edge["new"]): edge["new"] for edge in edges}.values():
        distances = [distance_km(_point(unit), _point(source)) for source in whole.get(unit["code"], [])]
        if distances and median(distances) > FAR_KM:
            unit["quality"].append("coordinate_suspect")


def _point(unit: Row) -> Point:
    return unit["lat"], unit["lon"]


def flag_units(units: Iterable[Row]) -> list[Row]:
    """Flag missing and shared areas, sums that are off, codes and types; return the provinces."""
    units = sorted(units, key=lambda unit: unit["code"])
    same = Counter((unit["name"], unit["area_km2"]) for unit in units)
    total: dict[str, float] = defaultdict(float)
    for unit in units:
        total[unit["province_code"]] += unit["area_km2"] or 0.0
    share = {code: total[code] / area for code, area in PROVINCE_AREA.items()}
    for unit in units:
        if not unit["area_km2"]:  # empty, or 0
            unit["quality"].append("area_missing")
        elif same[unit["name"], unit["area_km2"]] > 1:
            unit["quality"].append("area_shared")
        if abs(share[unit["province_code"]] - 1) > AREA_OFF:
            unit["quality"].append("area_total_off")
        if unit["code"] in OTHER_CODES:
            unit["quality"].append("code_not_official")
        if CHANGED_LATER.get(unit["province_code"]) == unit["type"]:
            unit["quality"].append("type_changed_later")
    names = {unit["province_code"]: unit["province"] for unit in units}
    return [
        {
            "province_code": code,
            "province": names[code],
            "units": sum(unit["province_code"] == code for unit in units),
            "area_published_km2": f"{PROVINCE_AREA[code]:.2f}",
            "area_sum_km2": f"{total[code]:.2f}",
            "area_ratio": f"{share[code]:.3f}",
            "area_total_off": int(abs(share[code] - 1) > AREA_OFF),
        }
        for code in sorted(names)
    ]


def as_csv(rows: Iterable[Row], columns: Sequence[str]) -> bytes:
    """Return rows as CSV that spreadsheets read with its Vietnamese letters."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        cells = [row[column] for column in columns]
        writer.writerow([" ".join(cell) if isinstance(cell, list) else cell for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def main(arguments: Sequence[str]) -> None:
    """Read the package, flag its defects and write the files with their checksums."""
    folder = package_folder(arguments)
    old, new = old_units(folder), new_units(folder)
    edges = crosswalk(folder, old, new)
    flag_distances(edges)
    provinces = flag_units(new.values())
    for edge in edges:
        edge["old_code"], edge["new_code"] = edge["old"]["code"], edge["new"]["code"]
        edge["distance_km"] = "" if edge["distance_km"] is None else f"{edge['distance_km']:.2f}"
    districts = {unit["district_code"]: unit for unit in old.values()}
    by_code = itemgetter("code")
    files = {
        f"communes_{DATE}.csv": as_csv(
            sorted(new.values(), key=by_code),
            list(next(iter(new.values()))),
        ),
        f"provinces_{DATE}.csv": as_csv(provinces, list(provinces[0])),
        f"earlier_units_{LAST_DAY_BEFORE}.csv": as_csv(
            sorted(old.values(), key=by_code),
            ["code", "name", "type", "district_code", "lat", "lon", "valid_to", "quality"],
        ),
        f"earlier_districts_{LAST_DAY_BEFORE}.csv": as_csv(
            [districts[code] for code in sorted(districts)],
            ["district_code", "district", "province_code", "province"],
        ),
        f"crosswalk_{DATE}.csv": as_csv(
            sorted(edges, key=lambda edge: (edge["old_code"], edge["new_code"])),
            ["old_code", "new_code", "kind", "is_default", "suspect", "distance_km"],
        ),
    }
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    files["checksums.txt"] = "".join(lines).encode("utf-8")
    for name, content in files.items():
        temporary = HERE / f".{name}.tmp"
        temporary.write_bytes(content)
        os.replace(temporary, HERE / name)
        print(f"{name}: {len(content):,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
