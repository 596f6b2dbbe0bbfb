"""Relative bias of variance estimators where joint probabilities are approximate or absent (giả lập).

    python -m benchmarks.joint              # two minutes; writes benchmarks/joint.md
    python -m benchmarks.joint --draws 500  # a look, nothing written

Two ways. Small: all samples of a population of 7 are written out (tests/enumerated.py), so the bias is exact.
Larger: many samples of 15 of 60 units are drawn, and the mean of the estimates is set against the variance of
the estimated totals, which has a Monte Carlo error of its own. Where every pair has a chance and all chances
are known, Yates–Grundy is unbiased: those rows show what rounding or Monte Carlo error leaves.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sampling.format import number
from sampling.joint import joint_probabilities
from sampling.probabilities import pps_probabilities
from sampling.selection import select
from surveykit.formulas import forms

TABLE = Path(__file__).with_name("joint.md")
DRAWS = 10_000
N, TAKEN = 60, 15
SMALL, SMALL_TAKEN = 7, 3
Form = Callable[[np.ndarray, np.ndarray], np.ndarray]  # of π and the values balanced or spread on, drawn
Rule = tuple[str, str, Form | None]  # None: Yates–Grundy from joint probabilities

RULES: tuple[Rule, ...] = (
    ("pps_sampford", "Yates–Grundy", None),
    ("pps_conditional_poisson", "Yates–Grundy", None),
    ("pps_tille", "Yates–Grundy", None),
    ("pps_brewer", "Hájek", lambda pi, _: forms.hajek(pi)),
    ("pps_brewer", "Brewer (R)", lambda pi, _: forms.brewer(pi)),
    ("pps_brewer", "Overton", lambda pi, _: forms.overton(pi)),
    ("pps_pivotal_random", "Hájek", lambda pi, _: forms.hajek(pi)),
    ("pps_randomised", "Hartley–Rao", lambda pi, _: forms.hartley_rao(pi)),
    ("pps_pareto", "Hájek", lambda pi, _: forms.hajek(pi)),
    ("pps_pivotal", "sai phân kế tiếp", lambda pi, _: forms.successive(pi)),
    ("pps_systematic", "sai phân kế tiếp", lambda pi, _: forms.successive(pi)),
    ("pps_systematic", "có hoàn lại", lambda pi, _: forms.with_replacement(pi.size)),
    ("local_pivotal", "lân cận", lambda pi, x: forms.local(pi, x)),
    ("local_pivotal", "Hájek", lambda pi, _: forms.hajek(pi)),
    ("cube", "phần dư", lambda pi, x: forms.balanced(pi, x)),
    ("cube", "Hájek", lambda pi, _: forms.hajek(pi)),
)
ENUMERATED = ("pps_pareto", "local_pivotal", "cube")  # these are not: their samples have no closed chance


class Population(NamedTuple):
    """Units in the order of the list: size, π, places (N, 2), and two answers (N, 2)."""

    size: np.ndarray
    pi: np.ndarray
    place: np.ndarray
    y: np.ndarray


def population(count: int, taken: int, seed: int) -> Population:
    """One answer goes with the size, the other with the place; the list goes from west to east."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(6, 0.5, count).round()
    place = rng.uniform(size=(count, 2))
    place = place[np.argsort(place[:, 0])]
    by_size = 3 * size + rng.normal(0, 12, count) * np.sqrt(size)
    by_place = 2000 * (1 + place[:, 0] + np.sin(3 * place[:, 1])) + rng.normal(0, 300, count)
    return Population(size, pps_probabilities(size, taken), place, np.column_stack([by_size, by_place]))


def balancing(units: Population, method: str) -> np.ndarray:
    """Return what a method is spread or balanced on, (N, 2)."""
    return units.place if method != "cube" else np.column_stack([units.pi, units.place[:, 0]])


def estimate(units: Population, method: str, form: Form | None, s: np.ndarray, joint: Any) -> np.ndarray:
    """Variance estimates of both answers from the sample s."""
    omega = (
        forms.yates_grundy(joint[np.ix_(s, s)])
        if form is None
        else form(units.pi[s], balancing(units, method)[s])
    )
    z = units.y[s] / units.pi[s, None]
    return np.einsum("ij,ik,jk->k", omega, z, z)


def joint_of(units: Population, method: str, form: Form | None) -> Any:
    """Return joint probabilities where the rule needs them."""
    return None if form is not None else joint_probabilities(units.pi, method).matrix


def enumerated(units: Population) -> Mapping[str, dict[frozenset[int], float]]:
    """Return the chance of every sample of the small population, by method."""
    sys.path.insert(0, str(TABLE.parents[1] / "tests"))
    import enumerated as design

    pi = units.pi
    return {
        "pps_sampford": design.sampford(pi, SMALL_TAKEN),
        "pps_conditional_poisson": design.conditional_poisson(pi, SMALL_TAKEN),
        "pps_tille": design.tille(units.size, SMALL_TAKEN),
        "pps_brewer": design.brewer(pi, SMALL_TAKEN),
        "pps_pivotal": design.pivotal(pi),
        "pps_systematic": design.systematic(pi),
        "pps_pivotal_random": design.over_all_orders(design.pivotal, pi),
        "pps_randomised": design.over_all_orders(design.systematic, pi),
    }


def of_all_samples() -> list[tuple[Rule, np.ndarray]]:
    """Exact relative bias, with all samples of the small population."""
    units = population(SMALL, SMALL_TAKEN, seed=7)
    total = units.y.sum(axis=0)
    designs = enumerated(units)
    found = []
    for rule in RULES:
        method, _, form = rule
        if method in ENUMERATED:
            continue
        joint = joint_of(units, method, form)
        true, mean = np.zeros(2), np.zeros(2)
        for sample, chance in designs[method].items():
            s = np.sort(list(sample))
            true += chance * ((units.y[s] / units.pi[s, None]).sum(axis=0) - total) ** 2
            mean += chance * estimate(units, method, form, s, joint)
        found.append((rule, mean / true - 1))
    return found


def samples(units: Population, method: str, draws: int) -> np.ndarray:
    """Draw many times at once, each draw from a copy of the list: (draws, n) places."""
    ids = np.tile([f"{i:03d}" for i in range(N)], draws)
    within = np.repeat([f"{r:06d}" for r in range(draws)], N)
    more: dict[str, Any] = {}
    if method == "local_pivotal":
        more["coords"] = np.tile(units.place, (draws, 1))
    if method == "cube":
        more["balance"] = np.tile(balancing(units, method), (draws, 1))
    size = np.tile(units.size, draws)
    drawn = select(ids, TAKEN, method=method, seed=20261125, size=size, within=within, **more)  # type: ignore[arg-type]
    return np.asarray(drawn.position % N).reshape(draws, TAKEN)


def of_many_draws(draws: int) -> list[tuple[Rule, np.ndarray]]:
    """Relative bias from many draws of the larger population."""
    units = population(N, TAKEN, seed=7)
    total = units.y.sum(axis=0)
    found, drawn = [], dict[str, np.ndarray]()
    for rule in RULES:
        method, _, form = rule
        if method not in drawn:
            drawn[method] = samples(units, method, draws if method != "cube" else draws // 5)
        joint = joint_of(units, method, form)
        t = (units.y[drawn[method]] / units.pi[drawn[method], None]).sum(axis=1)
        true = ((t - total) ** 2).mean(axis=0)
        mean = np.mean([estimate(units, method, form, s, joint) for s in drawn[method]], axis=0)
        found.append((rule, mean / true - 1))
    return found


def table(found: list[tuple[Rule, np.ndarray]]) -> list[str]:
    """Lines of a table in Markdown."""
    lines = ["| phương pháp | phương sai | theo quy mô | theo chỗ |", "|---|---|---|---|"]
    for (method, name, _), bias in found:
        shown = " | ".join(f"{number(100 * b + 0.0, 1, sign=True)} %" for b in bias)
        lines.append(f"| {method} | {name} | {shown} |")
    return lines


def main() -> None:
    """Print both tables, and write them where they are asked for in full."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=DRAWS)
    draws = parser.parse_args().draws
    lines = [
        "# Độ chệch tương đối của ước lượng phương sai (giả lập)",
        "",
        "Số liệu giả lập, do `python -m benchmarks.joint` làm ra. Một câu trả lời đi theo quy mô của đơn vị,",
        "một câu theo chỗ của đơn vị; danh sách xếp từ tây sang đông.",
        "",
        f"## {SMALL_TAKEN} trong {SMALL} đơn vị: cộng qua mọi mẫu, không có sai số Monte Carlo",
        "",
        *table(of_all_samples()),
        "",
        f"## {TAKEN} trong {N} đơn vị: {number(draws, 0)} lần rút (cube: một phần năm)",
        "",
        f"Sai số Monte Carlo khoảng {number(100 * np.sqrt(2 / draws), 1)} % (cube: "
        f"{number(100 * np.sqrt(10 / draws), 1)} %).",
        "",
        *table(of_many_draws(draws)),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if draws == DRAWS:
        TABLE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
