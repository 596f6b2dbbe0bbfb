"""Sample size for a proportion."""

from __future__ import annotations

import math
from typing import Literal

from ..checks import check_choice, check_fraction
from .earlier import Earlier
from .field import Kind, checked_n, field_of, one_target
from .result import Call, SizeResult
from .solve import enough_forms, rounded
from .tails import z_of

__all__ = ["ProportionMethod", "half_length", "size_proportion"]

ProportionMethod = Literal["wald", "wilson", "log-odds", "exact"]
METHODS = ("wald", "wilson", "log-odds", "exact")


def size_proportion(
    p: float | None = None,
    margin: float | None = None,
    *,
    n: int | None = None,
    relative_margin: float | None = None,
    cv: float | None = None,
    method: ProportionMethod = "wald",
    level: float = 0.95,
    deff: float | None = None,
    icc: float | None = None,
    take: float | None = None,
    response: float | None = None,
    population: int | None = None,
    domain: float | None = None,
    earlier: Earlier | None = None,
) -> SizeResult:
    r"""Forms to hand out for a proportion with a given margin, or the margin that n forms give.

    .. math:: n_0 = \frac{z^2 p (1 - p)}{e^2}, \qquad n_1 = \frac{n_0 N}{N - 1 + n_0}, \qquad
              n = n_1 \times deff / response

    n is rounded up once, at the end. The finite population correction is taken before the design effect:
    see `sampling.size.field`.

    Parameters
    ----------
    p : share expected; by default that of `earlier`, else 0.5, which needs the largest sample
    margin : half the length of the interval, as a share: 0.03 for 3 points
    n : people to select; give it instead of a target to learn the margin
    relative_margin : margin over p, another way to give the target
    cv : standard error over p, another way to give the target
    method : the interval that will be used: "wald"; "wilson"; "log-odds" (symmetric on the logit); "exact"
        (Clopper-Pearson). Limits that are not symmetric have half their distance as margin.
    level : confidence level
    deff : design effect, 1 or more; or instead of it:
    icc, take : intraclass correlation and people per cluster who answer; deff = 1 + (take - 1) icc
    response : share of the forms that come back answered
    population : people in the population; by default without end
    domain : share of the population that is in the domain, where p and margin are those of the domain and its
        people are met by chance; n is then the whole sample
    earlier : results of an earlier survey, for what is not given

    Returns
    -------
    SizeResult

    Raises
    ------
    ArgumentError
        A percentage in the place of a share, deff below 1, icc outside 0 to 1, n above the population,
        no target or more than one, or a target that not even the whole population reaches.

    References
    ----------
    Cochran (1977), Sampling Techniques, ch. 4; Valliant, Dever and Kreuter (2018), Practical Tools for
    Designing and Weighting Survey Samples, ch. 3.

    Examples
    --------
    >>> result = size_proportion(p=0.85, margin=0.03, deff=2.5, response=0.8)
    >>> result.n, result.n_answered
    (1701, 1361)
    >>> round(size_proportion(p=0.85, n=1701, deff=2.5, response=0.8).margin, 4)
    0.03
    """
    asked = dict(locals())
    check_choice(method, METHODS, "method")
    targets = {"margin": margin, "relative_margin": relative_margin, "cv": cv}
    target = one_target(targets, n, "size_proportion")
    field = field_of(
        level=level, deff=deff, icc=icc, take=take, response=response, population=population, domain=domain,
        earlier=earlier,
    )  # fmt: skip
    known = earlier.p if p is None and earlier is not None else p
    share = 0.5 if known is None else check_fraction(known, "p")
    kind: Kind = "odds" if method == "log-odds" else "share"
    if target is None:
        size = checked_n(n, field)
        exact = float(size)
    else:
        wanted = check_fraction(targets[target], target)
        exact = enough_forms(
            field,
            kind,
            lambda srs: _reached(target, share, srs, method, field.level) <= wanted,
            f"{target}={wanted:g}",
        )
        size = rounded(exact)
    srs = field.srs(size, kind)
    half = half_length(share, srs, method, field.level)
    se = math.sqrt(share * (1 - share) / srs)
    return SizeResult(
        kind="proportion",
        solved="margin" if target is None else "n",
        n=size,
        exact=exact,
        n_answered=round(size * field.response),
        total=size,
        groups=(("all", size),),
        clusters=field.clusters(size),
        assumptions={"p": share, **targets, "method": method, **field.assumptions()},
        field=field,
        assumed=("p",) * (known is None) + field.assumed,
        margin=half,
        relative_margin=half / share,
        cv=se / share,
        se=se,
        call=Call(size_proportion, asked, targets=tuple(targets)),
    )


def _reached(target: str, p: float, srs: float, method: ProportionMethod, level: float) -> float:
    if target == "cv":
        return math.sqrt((1 - p) / (p * srs))
    return half_length(p, srs, method, level) / (p if target == "relative_margin" else 1)


def half_length(p: float, n: float, method: ProportionMethod, level: float) -> float:
    r"""Half the length of the interval when the share observed is p.

    .. math:: \text{wald} \; z \sqrt{pq/n}, \qquad
              \text{wilson} \; \frac{z}{1 + z^2/n} \sqrt{\frac{pq}{n} + \frac{z^2}{4 n^2}}, \qquad
              \text{log-odds} \; \mathrm{logit}^{-1}\!\left(\mathrm{logit}\,p \pm z / \sqrt{npq}\right)

    and exact: beta quantiles with np of n answers "yes".

    Parameters
    ----------
    p : share, strictly between 0 and 1
    n : answers of a simple random sample from a population without end; need not be whole
    method, level : as in `size_proportion`

    Returns
    -------
    Half the distance between the limits; 0 for n without end.

    References
    ----------
    Wilson (1927), JASA 22; Clopper and Pearson (1934), Biometrika 26; Newcombe (2001), The American
    Statistician 55 (log-odds).
    """
    if math.isinf(n):
        return 0.0
    z, q = z_of(level), 1 - p
    if method == "wald":
        return z * math.sqrt(p * q / n)
    if method == "wilson":
        return z / (1 + z * z / n) * math.sqrt(p * q / n + z * z / (4 * n * n))
    if method == "log-odds":
        from scipy.special import expit, logit

        step = z / math.sqrt(n * p * q)
        return float(expit(logit(p) + step) - expit(logit(p) - step)) / 2
    from scipy.special import betaincinv

    tail, x = (1 - level) / 2, n * p
    return float(betaincinv(x + 1, n - x, 1 - tail) - betaincinv(x, n - x + 1, tail)) / 2
