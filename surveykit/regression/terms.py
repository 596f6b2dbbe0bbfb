"""Formula strings as columns of numbers: ``hai_long ~ tuoi + C(gioi) * loai``."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, ColumnError, DataError, listed, near
from surveykit.columns import factorise, kind_of
from surveykit.doubts import as_numbers, tell_blanks
from surveykit.formulas.arrays import Array, Mask

LEAD = 4  # rows that tell patsy what kind each factor is
FUNCTIONS = {"np": np, "log": np.log, "exp": np.exp, "sqrt": np.sqrt, "abs": np.abs}
FACTOR = re.compile(  # C(name) and C(name, Treatment('a'))
    r"C\(\s*(Q\((['\"]).*?\2\)|[^,()]+?)\s*(?:,[^()]*(?:\([^()]*\))?[^()]*)?\)"
)
WORDS = {*FUNCTIONS, "C", "I", "Q", "Treatment", "Sum", "Poly", "Diff", "Helmert", "center", "standardize",
         "scale", "bs", "cr", "cc", "te"}  # fmt: skip
FORM = 'Write it like "hai_long ~ tuoi + C(gioi)"; names with spaces in backticks.'
FAULTS = {  # what patsy says of a formula, in our words
    "expected a noun": "a term is missing before it",
    "Unmatched '('": "its bracket is not closed",
    "unclosed bracket": "its bracket is not closed",
    "extra ')'": "the bracket was not opened",
    "unmatched close bracket": "the bracket was not opened",
    "~ can only be used once": "one '~' stands between the answer and the terms",
    "requires a positive integer": "'**' needs a whole number of 1 or more after it",
    "numbers besides": "no number is a term but 1 and 0, with and without the intercept",
    "intercept term cannot interact": "the intercept has no interactions",
    "comments are not allowed": "'#' begins a comment",
    "error tokenizing": "no name or sign begins so, or a quotation mark is not closed",
}


def readable(name: str) -> str:
    """Return the name of a column of the model as people read it.

    Examples
    --------
    >>> readable("C(gioi, Treatment('Nam'))[T.Nữ]:tuoi"), readable("Q('tuổi tác')"), readable("C(loai)")
    ('gioi[Nữ]:tuoi', 'tuổi tác', 'loai')
    """
    name = FACTOR.sub(r"\1", name)
    name = re.sub(r"Q\((['\"])(.*?)\1\)", r"\2", name)
    return re.sub(r"\[T\.", "[", name)


def quoted(formula: str) -> str:
    """Turn names in backticks into Q("…")."""
    return re.sub(r"`([^`]+)`", lambda m: f"Q({m.group(1)!r})", formula)


@dataclass(frozen=True, eq=False, repr=False)
class Terms:
    """The right and left side of a formula, and how their columns are made.

    ``order`` codes of the terms, and ``placed`` the terms themselves with the intercept: as they were
    written, interactions after what they are made of; ``info`` patsy's description; ``names`` of the
    columns; ``used`` columns of the data; ``left`` code of the answer; ``sources`` columns of the data in
    each piece of the formula.
    """

    formula: str
    info: Any
    names: tuple[str, ...]
    used: tuple[str, ...]
    left: str
    environment: Any
    order: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    placed: tuple[Any, ...] = ()

    @property
    def intercept(self) -> int | None:
        """Place of the intercept among the columns, or None."""
        return self.names.index("Intercept") if "Intercept" in self.names else None

    @property
    def slices(self) -> dict[str, slice]:
        """Columns of each term, by the name people read."""
        out, j = {}, 0
        for term in self.placed:
            width = len(range(*self.info.term_slices[term].indices(len(self.names))))
            out[readable(term.name())] = slice(j, j + width)
            j += width
        return out

    def variable(self, name: str) -> list[Any]:
        """Return the factors of the model in which a column of the data stands."""
        return [factor for factor in self.info.factor_infos if name in self.sources[factor.code]]

    def matrix(self, data: pd.DataFrame) -> Array:
        """(m, p) columns of the model for complete rows."""
        values = {
            factor: self._factor(factor, about, data) for factor, about in self.info.factor_infos.items()
        }
        out = np.empty((len(data), len(self.names)), order="F")  # written and read by column
        j = 0
        for term in self.placed:
            for part in self.info.term_codings[term]:
                columns: list[Array | None] = [None]
                for factor in reversed(part.factors):  # the first factor moves fastest
                    own = self._columns(values[factor], part.contrast_matrices.get(factor))
                    columns = [c if a is None else a * c for a in columns for c in own]
                for column in columns:
                    out[:, j] = 1.0 if column is None else column
                    j += 1
        return out

    @staticmethod
    def _columns(values: Array, contrast: Any) -> list[Array]:
        if contrast is None:
            return [values[:, k] for k in range(values.shape[1])]
        return [row[values] for row in np.ascontiguousarray(contrast.matrix.T)]

    def _factor(self, factor: Any, about: Any, data: pd.DataFrame) -> Any:
        """Numbers (m, k) of a factor, or the place (m,) of its levels."""
        code = factor.code
        if about.type == "numerical":
            name = self.sources[code][0] if len(self.sources[code]) == 1 else ""
            plain = code == name and kind_of(data[name]) == "number"
            raw = data[name].to_numpy(dtype=float) if plain else self._eval(factor, about.state, data)
            values = np.asarray(raw, dtype=float)
            values = values[:, None] if values.ndim == 1 else values
            bad = np.flatnonzero(~np.isfinite(values).all(axis=1))
            if bad.size:
                raise DataError(
                    f"formula: {code!r} is not a finite number in row {data.index[bad[0]]}"
                    f"{f' and {bad.size - 1} more' if bad.size > 1 else ''}. "
                    "Correct the value, make it missing, or leave the row out with where=."
                )
            return values
        return self._codes(factor, about, data)

    def evaluate(self, code: str, data: pd.DataFrame) -> Any:
        """Return a piece of the formula worked out for the rows, as ``muc >= 4``."""
        from patsy import EvalFactor

        factor, state = EvalFactor(code), dict[str, Any]()
        factor.memorize_passes_needed(state, self.environment)
        return self._eval(factor, state, data)

    def _eval(self, factor: Any, state: Any, data: pd.DataFrame) -> Any:
        from patsy import PatsyError

        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what is no finite number is refused with its row
                return factor.eval(state, data)
        except (PatsyError, TypeError, ValueError) as error:
            raise ArgumentError(
                f"formula={self.formula!r}: {readable(factor.code)!r} cannot be worked out "
                f"({str(error).splitlines()[0]})."
            ) from error

    def _codes(self, factor: Any, about: Any, data: pd.DataFrame) -> Any:
        names = self.sources[factor.code]
        known = list(about.categories)
        if names and readable(factor.code) == names[0]:
            own, levels = factorise(data[names[0]])
            place = {str(v): i for i, v in enumerate(known)}
            absent = [v for v in levels if str(v) not in place]
            if absent:
                raise ColumnError(
                    f"formula: {names[0]!r} holds {absent[0]!r}, which the model does not know. "
                    f"Its levels are {', '.join(map(str, known[:8]))}."
                )
            return np.array([place[str(v)] for v in levels], dtype=np.intp)[own]
        import patsy

        values, whole = self._eval(factor, about.state, data), patsy.NAAction(on_NA="raise")
        try:
            return np.asarray(patsy.categorical.categorical_to_int(values, about.categories, whole))
        except patsy.PatsyError as error:
            raise ColumnError(
                f"formula: {readable(factor.code)!r} has a level that the model does not know. "
                f"Its levels are {', '.join(map(str, known[:8]))}."
            ) from error


def parse(formula: Any, data: pd.DataFrame) -> Terms:
    """Read a formula; unknown columns and bad syntax are refused in the user's words."""
    if not isinstance(formula, str):
        raise TypeError(f'formula={formula!r}: write it as text: "hai_long ~ tuoi + gioi".')
    import patsy

    text = quoted(formula)
    try:
        described = patsy.ModelDesc.from_formula(text)
    except patsy.PatsyError as error:
        raise ArgumentError(f"formula={formula!r} {_fault(error)}. {FORM}") from error
    if len(described.lhs_termlist) != 1 or len(described.lhs_termlist[0].factors) != 1:
        raise ArgumentError(
            f"formula={formula!r} names no answer, or several. Write one column, then ~, then the terms: "
            '"hai_long ~ tuoi + C(gioi)".'
        )
    left = described.lhs_termlist[0].factors[0].code
    environment = patsy.EvalEnvironment([FUNCTIONS])
    sources = {left: names_in(left, data, formula)}
    for term in described.rhs_termlist:
        for factor in term.factors:
            sources[factor.code] = names_in(factor.code, data, formula)
    used = tuple(dict.fromkeys(name for names in sources.values() for name in names))
    order = tuple(term.name() for term in in_order(described.rhs_termlist) if term.factors)
    return Terms(formula, described, (), used, left, environment, order, sources)


def _fault(error: Any) -> str:
    """Say where a formula cannot be read, and why."""
    why, origin = error.message, error.origin
    code, start, end = (origin.code, origin.start, origin.end) if origin else ("", 0, 0)
    piece = _written(code[start:end])
    if "expression ended" in why:
        return f"breaks off at its end: a term is missing after {piece!r}"
    if why.startswith("~"):
        start = code.find("~", code.find("~") + 1)
    known = (said for part, said in FAULTS.items() if part in why)
    return f"cannot be read from {_written(code[start:])!r} on: {next(known, why)}"


def _written(code: str) -> str:
    """Return a piece of a formula with its names in backticks again."""
    return re.sub(r"Q\((['\"])(.*?)\1\)", r"`\2`", code).strip()


def in_order(terms: Sequence[Any]) -> tuple[Any, ...]:
    """Return terms as they were written, those of several factors after those of fewer."""
    return tuple(sorted(terms, key=lambda term: len(term.factors)))


def names_in(code: str, data: pd.DataFrame, formula: str) -> tuple[str, ...]:
    """Return the columns of the data that a piece of a formula uses."""
    from patsy.eval import ast_names

    plain = [m.group(2) for m in re.finditer(r"Q\((['\"])(.*?)\1\)", code)]
    rest = re.sub(r"Q\((['\"])(.*?)\1\)", "0", code)
    try:
        several = isinstance(ast.parse(rest, mode="eval").body, ast.Tuple)
        found = list(ast_names(rest))
        plain += [name for name in found if name in data.columns or name not in WORDS]
    except SyntaxError as error:
        raise ArgumentError(
            f"formula={formula!r}: {code!r} cannot be read. Put names with spaces or signs in backticks."
        ) from error
    if several:
        raise ArgumentError(f"formula={formula!r}: {_written(code)!r} is a list. Join terms by '+'.")
    for name in plain:
        if name not in data.columns:
            if re.search(rf"\b{re.escape(name)}\s*\(", rest):
                raise ArgumentError(
                    f"formula={formula!r}: there is no function {name!r}.{near(name, WORDS)} Formulas have "
                    "log, exp, sqrt, abs and those of np; C(…) for categories written as numbers."
                )
            raise ColumnError(
                f"formula={formula!r}: the data have no column {name!r}.{near(name, data.columns)}"
            )
    return tuple(dict.fromkeys(plain))


def complete(terms: Terms, data: pd.DataFrame, *more: str) -> Mask:
    """(n,) rows in which no column of the formula is missing."""
    keep = np.ones(len(data), dtype=bool)
    for name in (*terms.used, *more):
        keep &= ~data[name].isna().to_numpy()
    return keep


def numbers(values: pd.Series) -> pd.Series:
    """Return complete nullable numbers as plain ones, whole numbers as such."""
    whole = pd.api.types.is_integer_dtype(values.dtype)
    return pd.Series(values.to_numpy(dtype=np.int64 if whole else float), index=values.index)


def build(terms: Terms, data: pd.DataFrame) -> Terms:
    """Learn the levels and the columns from complete rows."""
    import patsy

    factors = [factor.code for term in terms.info.rhs_termlist for factor in term.factors]
    plainly = {readable(code) for code in factors if not code.startswith("C(")}
    ready = {}
    for name in terms.used:
        values = data[name]
        kind = kind_of(values)
        if kind == "number" and not pd.api.types.is_bool_dtype(values.dtype):
            nullable = pd.api.types.is_extension_array_dtype(values.dtype)  # Int64 and the like
            ready[name] = numbers(values) if nullable else values
            continue
        codes, levels = factorise(values)
        tell_blanks(values, f"formula: {name!r}")
        part = kind == "digits" and any("." in level for level in levels)
        if name in plainly and (part or kind == "decimal-comma"):
            raise TypeError(
                f"formula={terms.formula!r}: {name!r} holds numbers written as text ({listed(levels, 2)}), "
                f"and each would be a level. {as_numbers(values, name)} For levels write C({name})."
            )
        ready[name] = pd.Series(pd.Categorical.from_codes(codes, levels), index=data.index)
    whole = pd.DataFrame(ready, index=data.index)
    rhs = patsy.ModelDesc([], terms.info.rhs_termlist)
    plain = all(
        readable(f.code) in whole
        and not (f.code.startswith("C(") and kind_of(whole[readable(f.code)]) == "number")
        for term in terms.info.rhs_termlist
        for f in term.factors
    )  # then a few rows tell all about each factor
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            (info,) = patsy.design_matrix_builders(
                [rhs.rhs_termlist], lambda: iter([whole.iloc[:LEAD] if plain else whole]), terms.environment
            )
        except (patsy.PatsyError, NameError, TypeError, ValueError) as error:
            raise ArgumentError(
                f"formula={terms.formula!r} cannot be worked out ({str(error).splitlines()[0]})."
            ) from error
    for factor, about in info.factor_infos.items():
        if about.type == "categorical" and len(about.categories) < 2:
            raise DataError(
                f"formula={terms.formula!r}: {readable(factor.code)!r} has one level "
                f"({', '.join(map(str, about.categories))}) in the rows of the model. Leave it out."
            )
    placed = in_order(terms.info.rhs_termlist)
    columns = [name for term in placed for name in info.column_names[info.term_slices[term]]]
    return replace(terms, info=info, names=tuple(map(readable, columns)), placed=placed)
