"""A made-up province drawn in stages, for the tests of what a sample tells of its design."""

import numpy as np
import pandas as pd

import sampling
import surveykit as sv

RTOL = 1e-10  # linear algebra only
TOLD = {"as_of": "2026-07-01", "source": "giả lập"}


def population():
    """Return 12 communes in 2 strata, 4 to 7 villages each, 6 to 9 adults in each village (giả lập)."""
    rng = np.random.default_rng(20261122)
    communes = pd.DataFrame(
        {
            "ma_xa": [f"{k:02d}" for k in range(12)],
            "loai": ["phường"] * 5 + ["xã"] * 7,
            "ho": rng.integers(50, 160, 12),
            "lat": rng.uniform(0, 50, 12),
            "lon": rng.uniform(0, 50, 12),
        }
    )
    villages = communes.loc[np.repeat(communes.index, rng.integers(4, 8, 12)), ["ma_xa"]]
    villages["ma_thon"] = [f"{x}-{k:02d}" for k, x in enumerate(villages["ma_xa"])]
    adults = villages.loc[np.repeat(villages.index, 1)].reset_index(drop=True)
    adults = adults.loc[np.repeat(adults.index, rng.integers(6, 10, len(adults)))].reset_index(drop=True)
    adults["ma_nguoi"] = [f"p{k:04d}" for k in range(len(adults))]
    adults["diem"] = rng.integers(1, 6, len(adults)) + adults["ma_xa"].astype(int) / 10
    return communes, villages.reset_index(drop=True), adults


COMMUNES, VILLAGES, ADULTS = population()


def frame(table, id, **more):
    return sampling.Frame(table, id=id, name=f"danh sách {id} giả lập", **TOLD, **more)


def one_stage(method, n=3, **more):
    """Return a sample of communes in two strata."""
    plan = sampling.Plan(frame(COMMUNES, "ma_xa"), strata="loai").stage("xa", n_each=n, method=method, **more)
    return plan.draw(seed=7)


def joined(sample, pps="auto"):
    answers = pd.DataFrame({"xa": sample.main["xa"], "y": np.arange(len(sample)) ** 1.5 + 3})
    return sv.join(sample, answers, id="xa", pps=pps)


def variance_by_block(sample, form_of):
    """z' Ω z over the blocks, from the sample's own table and blocks."""
    main = sample.main.assign(y=np.arange(len(sample)) ** 1.5 + 3)
    z = (main["y"] * main["weight"]).set_axis(main["xa"])
    total = 0.0
    for block in sample.blocks.values():
        keep = ~block.certainty
        own = z[list(block.ids)].to_numpy()[keep]
        total += own @ form_of(block, keep) @ own
    return total


def inside(block, keep):
    return block.joint[np.ix_(keep, keep)]
