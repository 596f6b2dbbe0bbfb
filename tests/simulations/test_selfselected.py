"""Many people rate at the counter: what pseudo-weights mend, and what they do not."""

import numpy as np
import pandas as pd
import pytest

import surveykit as sv

N = 20_000
#: Standard errors of the simulation that the result may be off by chance, once in 16,000.
CHANCE = 4.0
MANY, FEW = 1_000, 60


def simulated(R, method, *, on_answer):
    """Errors of the plain and of the pseudo-weighted share, in each of R draws from one population.

    Answering hangs on sex and age and, if ``on_answer``, on the answer itself.
    """
    rng = np.random.default_rng([7, int(on_answer)])
    table = pd.DataFrame({"gioi": rng.choice(["Nam", "Nữ"], N), "tuoi": rng.integers(18, 80, N)})
    eta = 0.8 * (table["gioi"] == "Nữ") + 0.03 * (table["tuoi"] - 45)
    table["y"] = (rng.random(N) < 1 / (1 + np.exp(-eta))) * 1.0
    moved = -2.5 - 0.7 * (table["gioi"] == "Nữ") - 0.03 * (table["tuoi"] - 45) + on_answer * table["y"]
    chance = 1 / (1 + np.exp(-moved))
    errors = np.empty((R, 2))
    for r in range(R):
        own = sv.Design(table[rng.random(N) < chance], sampling="self-selected")
        sample = table.iloc[rng.choice(N, 1_000, replace=False)].assign(w=N / 1_000)
        made = sv.pseudo_weights(own, sv.Design(sample, weights="w"), using=["gioi", "tuoi"], method=method)
        result = sv.mean(made, "y")
        assert result.line("vi").endswith("mẫu tự chọn: không suy rộng được")
        errors[r] = sv.mean(own, "y").value.iloc[0], result.value.iloc[0]
    return errors - table["y"].mean()


@pytest.mark.slow
def test_what_hangs_on_the_columns_alone_is_mended(repetitions):
    R = repetitions(MANY, FEW)
    plain, weighted = simulated(R, "propensity", on_answer=0.0).T
    error = CHANCE * weighted.std() / np.sqrt(R)
    assert abs(weighted.mean()) < error + 0.001, weighted.mean()  # a ratio has a bias of the order of 1/n
    assert abs(plain.mean()) > 0.03


@pytest.mark.slow
@pytest.mark.parametrize("method", ["propensity", "calibration"])
def test_what_hangs_on_the_answer_is_not_mended(repetitions, method):
    R = repetitions(MANY, FEW)
    _, weighted = simulated(R, method, on_answer=1.0).T
    assert weighted.mean() > 0.05
    assert weighted.mean() > 5 * weighted.std()  # sure of itself, and wrong
