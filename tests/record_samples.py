"""Small synthetic samples for the tests of the draw record, the field lists and the map."""

from io import BytesIO

import numpy as np
import pandas as pd

from sampling.frame import Frame
from sampling.plan import Plan

SEED = 20261122
DAY = "2026-07-01"
MADE_UP = "dữ liệu giả lập"


def commune_units(N=12):
    places = np.arange(N)
    return pd.DataFrame(
        {
            "code": [f"{1200 + 3 * i:05d}" for i in places],
            "name": [f"Phúc Sen {i}" for i in places],
            "type": np.where(places % 3 == 0, "phường", "xã"),
            "so_ho": 300 + 70 * places,
            "chac": places == 4,
            "lat": 22.3 + 0.05 * places,
            "lon": 105.6 + 0.03 * (places * 7 % 12),
        }
    )


def commune_frame(units=None, name="Các xã tỉnh giả lập", source=MADE_UP):
    units = commune_units() if units is None else units
    return Frame(units, id="code", name=name, as_of=DAY, source=source, size="so_ho")


def village_frame(communes, each=4, name="Danh sách thôn giả lập", source=MADE_UP):
    rows = [(f"{code}-{j}", code, f"Thôn {j}") for code in communes for j in range(1, each + 1)]
    table = pd.DataFrame(rows, columns=["ma_thon", "commune", "name"])
    return Frame(table, id="ma_thon", name=name, as_of=DAY, source=source)


def household_frame(villages, each=10, names="Nguyễn Văn {}"):
    rows = [
        (f"{j:03d}", village.split("-")[0], village, names.format(j), f"0912{j:06d}")
        for village in villages
        for j in range(1, each + 1)
    ]
    table = pd.DataFrame(rows, columns=["ho", "commune", "village", "name", "phone"])
    return Frame(table, id="ho", name="Danh sách hộ giả lập", as_of=DAY, source=MADE_UP)


def frames(each=10):
    communes = commune_frame()
    villages = village_frame(communes.units["code"])
    return {
        "commune": communes,
        "village": villages,
        "household": household_frame(villages.units["ma_thon"], each),
    }


def three_stages(lists=None, n=4, take=3, reserve=2):
    lists = frames() if lists is None else lists
    plan = Plan(lists["commune"], strata="type", name="Khảo sát 2026 (giả lập)")
    plan = plan.stage("commune", n_each=n // 2, method="pps_systematic", size="so_ho")
    plan = plan.stage("village", n=2, frame=lists["village"], parent="commune")
    return plan.stage(
        "household",
        n=take,
        frame=lists["household"],
        parent=["commune", "village"],
        reserve=reserve,
        carry=["name", "phone"],
    )


def drawn(**plan):
    return three_stages(**plan).draw(SEED, on="2026-11-22")


def paths(table):
    """Return the ids of commune, village and household joined, as `release` takes them."""
    return (table["commune"] + "/" + table["village"] + "/" + table["household"]).tolist()


def docx_of(path):
    from docx import Document

    return Document(BytesIO(path.read_bytes()))


def words_of(document):
    """Return the text of a document, tables included, in its order."""
    return "\n".join(
        "".join(t.text or "" for t in p.iter(W + "t")) for p in document.element.body.iter(W + "p")
    )


W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def book_of(path):
    from openpyxl import load_workbook

    return load_workbook(BytesIO(path.read_bytes()))


def cells_of(book):
    return [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
