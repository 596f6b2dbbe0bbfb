"""A small made-up district (giả lập) for tests of plans: communes, villages, households, with their lists."""

import numpy as np
import pandas as pd

from sampling import Frame

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
