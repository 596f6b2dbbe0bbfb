"""What an earlier survey tells about the next: a few numbers, however they were worked out."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Earlier"]


@dataclass(frozen=True)
class Earlier:
    """Results of an earlier survey that the size functions take as assumptions (`earlier=`).

    What is None is not known. Whatever is given to the size function itself counts before it.

    Attributes
    ----------
    p : share, if the variable was a share
    mean, sd : mean and standard deviation of the people, if it was a number
    deff : design effect of the estimate against simple random sampling with replacement
    icc : intraclass correlation, the one that gives deff back with `take`, unequal weights set aside:
        (deff / (1 + cv²(w)) - 1) / (take - 1), not below 0
    take : answers per cluster, each answer counted with its own cluster: Σ m² / Σ m
    n : answers
    response : response rate
    source : where the numbers come from

    Examples
    --------
    >>> import sampling.size as size
    >>> pilot = Earlier(p=0.8, icc=0.05, take=20, deff=1.95, source="điều tra thử")
    >>> size.size_proportion(margin=0.05, take=10, earlier=pilot).assumptions["deff"]
    1.45
    """

    p: float | None = None
    mean: float | None = None
    sd: float | None = None
    deff: float | None = None
    icc: float | None = None
    take: float | None = None
    n: int | None = None
    response: float | None = None
    source: str = ""
