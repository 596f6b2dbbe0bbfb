"""When a calibration cannot be done: why, and what comes nearest."""

from __future__ import annotations

from typing import NoReturn

import numpy as np

from sampling.checks import MarginError, shown
from surveykit.design import Design
from surveykit.formulas.calibrated import Calibration
from surveykit.formulas.calibration import Solution


def explain(design: Design, step: Calibration, found: Solution, argument: str) -> NoReturn:
    """Raise the error that says why the targets are not met."""
    worst = int(np.argmax(found.gap))
    name, level = step.aims[worst]
    raise MarginError(
        f"{argument}: the weights do not come to agree with {name!r} {shown(level)} ({found.gap.max():.2g})."
    )
