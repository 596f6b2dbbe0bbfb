"""Effective number of answers of rows that chose themselves."""

from __future__ import annotations

from surveykit.columns import Domains
from surveykit.design import Design
from surveykit.formulas.selfselected import Effective, effective


def effective_of(design: Design, domains: Domains, n: int) -> Effective | None:
    """Return the effective number of n answers in the domains; None for rows drawn by chance."""
    if design.sampling != "self-selected":
        return None
    return effective(n, design.w[(domains.row >= 0) & (design.w != 0)], design.steps, design.defect)
