"""A small made-up district (giả lập) for tests of plans: communes, villages, households, with their lists."""

import numpy as np
import pandas as pd
import pytest

from sampling import Frame
from sampling.plan import Plan

KINDS = ["phường", "xã", "xã", "xã"]


def communes(count=16):
    rows = [
        (
            f"{1273 + 3 * i:05d}",
            f"Xã {i + 1} giả lập",
            KINDS[i % 4],
            300 + 170 * ((7 * i) % 11),
            i % 3,
            (i * 5) % 7,
        )
        for i in range(count)
    ]
    return pd.DataFrame(rows, columns=["code", "name", "type", "households", "x", "y"])


def villages(count=16):
    rows = [
        (code, f"{code}-{k + 1}", f"Thôn {k + 1}", 40 + 13 * ((i + 3 * k) % 9), k == 0)
        for i, code in enumerate(communes(count)["code"])
        for k in range(4 + i % 3)
    ]
    return pd.DataFrame(rows, columns=["commune", "ma_thon", "name", "so_ho", "seat"])


def households(count=16, each=12):
    rows = [
        (village, f"{village}-{k:02d}", 1 + (i + k) % 4, k % 5)
        for i, village in enumerate(villages(count)["ma_thon"])
        for k in range(each)
    ]
    return pd.DataFrame(rows, columns=["village", "ma_ho", "so_nguoi", "duong"])


def frame(table, id, *, seed=None, **changes):
    """Return a frame; with a seed its rows are shuffled."""
    if seed is not None:
        table = table.iloc[np.random.default_rng(seed).permutation(len(table))]
    about = {"name": f"Danh sách {id} giả lập", "as_of": "2026-07-01", "source": "giả lập"}
    return Frame(table, id=id, **(about | changes))


def commune_frame(count=16, **changes):
    return frame(communes(count), "code", **changes)


def village_frame(count=16, **changes):
    return frame(villages(count), "ma_thon", **changes)


def household_frame(count=16, **changes):
    return frame(households(count), "ma_ho", **changes)


# --- plans and samples of it --------------------------------------------------------------------------------


def first(**changes):
    options = {"method": "pps_sampford", "size": "households", "reserve": 1} | changes
    return Plan(commune_frame(), "type", "Khảo sát giả lập").stage("commune", n=6, **options)


def three(**changes):
    plan = first(**changes).stage("village", n=2, reserve=1).stage("household", n=4, reserve=3)
    return plan.stage("adult", method="birthday")


def drawn(seed=20261122, **changes):
    sample = three(**changes).draw(seed=seed, on="2026-11-22")
    return sample.draw_next(village_frame(), others="drop").draw_next(household_frame(), others="drop")


def says(error, call):
    """Return the sentence of the error that a call raises."""
    with pytest.raises(error) as caught:
        call()
    return str(caught.value)
