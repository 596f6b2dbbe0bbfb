"""Coverage of the default 95 % interval of a share; the same code prints benchmarks/coverage.md."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.coverage import SHARES, cells, least


@pytest.mark.slow
def test_the_default_interval_holds_the_truth_in_every_cell(repetitions):
    samples = repetitions(2000, 60)
    found = cells(samples, methods=False, shares=repetitions(SHARES, (0.5, 0.9, 0.98)))
    bad = [(c.kind, c.p, c.villages, c.takes, c.coverage["auto"]) for c in found if c.coverage["auto"] < least(c)]
    assert not bad
    mean = float(np.mean([c.coverage["auto"] for c in found]))
    error = 2 * np.sqrt(0.05 * 0.95 / sum(c.intervals for c in found))
    assert 0.95 - error <= mean <= 0.975 + error
