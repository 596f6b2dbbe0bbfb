"""Two-stage least squares: a linear model of which some terms are told by instruments."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, listed
from surveykit.formulas import glm
from surveykit.formulas.arrays import Array
from surveykit.formulas.instruments import TwoStage, first_stage, second_stage
from surveykit.regression import terms as formulas
from surveykit.regression.terms import Terms

WEAK = 1e-9  # of a column's information: what the instruments must tell of it beyond the other columns


@dataclass(frozen=True, eq=False, repr=False)
class Instruments:
    """The right side of a formula that lists the instruments."""

    terms: Terms

    def matrix(self, part: pd.DataFrame, w: Array) -> Array:
        """(m, q) instruments for complete rows, less their means, without those that others give."""
        built = formulas.build(self.terms, part)
        Z = built.matrix(part)
        glm.centred(Z, w, built.intercept)
        return np.asfortranarray(Z[:, glm.independent(Z, w)])


def told_by(plain: glm.Glm, Z: Array, w: Array, names: list[str]) -> TwoStage:
    """Return the model of two stages on the rows and columns of a linear one."""
    X, q, p = plain.X, Z.shape[1], plain.X.shape[1]
    if q < p:
        raise ArgumentError(
            f"instruments: {q} columns for a model of {p} ({listed(names, 4)}). Name an instrument for "
            "each term that they are to tell, and repeat the terms that need none."
        )
    _, A = first_stage(Z, X, w)
    size = np.sqrt(np.array([w @ (x * x) for x in X.T]))
    if np.linalg.eigvalsh(A / np.outer(size, size))[0] < WEAK:
        raise ArgumentError(
            f"instruments: they do not tell the terms apart ({listed(names, 4)}): some column, or a sum "
            "of columns, has no part in common with them. Name others."
        )
    theta, pi, A = second_stage(Z, X, plain.y, w)
    kept = {field.name: getattr(plain, field.name) for field in fields(glm.Glm)}
    return TwoStage(**kept | {"inner": theta, "information": A}, Z=Z, pi=pi)


def parse(text: str, formula: str, data: pd.DataFrame) -> Instruments:
    """Read the instruments, beside the formula whose answer they share."""
    if not isinstance(text, str) or "~" in text or not text.strip():
        raise ArgumentError(
            f"instruments={text!r}: write the right side of a formula: the instruments, and the terms of the "
            'model that need none: "khoang_cach + tuoi".'
        )
    return Instruments(formulas.parse(f"{formula.split('~', maxsplit=1)[0]}~ {text}", data))
