"""Random survey samples for the core laws: strata, two stages, fractions, weights, missing answers."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pandas as pd


@st.composite
def samples(draw, *, missing=True):
    """Draw a frame with h, c, v (stratum, commune, village), N_c, N_v, w, y, x, z (1–3), u, g, r."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = []
    for h in range(draw(st.integers(1, 3))):
        n_c = int(rng.integers(2, 5))
        N_c = n_c + int(rng.integers(1, 6))
        for c in range(n_c):
            n_v = int(rng.integers(2, 4))
            N_v = n_v + int(rng.integers(1, 5))
            for v in range(n_v):
                level = rng.normal()
                for _ in range(int(rng.integers(1, 5))):
                    w = N_c / n_c * N_v / n_v
                    rows.append((f"h{h}", f"c{h}{c}", f"v{h}{c}{v}", N_c, N_v, w, level + rng.normal()))
    data = pd.DataFrame(rows, columns=["h", "c", "v", "N_c", "N_v", "w", "y"])
    n = len(data)
    data["x"] = rng.uniform(1, 3, n)
    data["z"] = rng.integers(1, 4, n)
    data["u"] = data["w"] * rng.uniform(0.5, 2, n)
    data["g"] = rng.choice(["a", "b"], n)
    data["r"] = (rng.random(n) < 0.75).astype(int)
    if missing and n > 6:
        data.loc[rng.choice(n, 2, replace=False), "y"] = np.nan
    return data
