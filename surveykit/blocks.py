"""From the blocks of a drawn sample to a design: strata, stages, fractions, and forms of unequal chances.

The sample says how each unit was drawn, so nothing is told twice. The variance of a stage is by default
exact where the joint probabilities are (Yates–Grundy; the fraction for simple random sampling), and by the
approximation that suits the method elsewhere; `pps=` names another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, listed
from sampling.sample import Block, Sample
from surveykit.chances import NAMES
from surveykit.context import Note
from surveykit.drawn import Drawn
from surveykit.formulas import forms
from surveykit.formulas.arrays import Array

PPS = Literal[
    "auto", "yates_grundy", "horvitz_thompson", "hajek", "brewer", "hartley_rao", "with_replacement"
]
CHOICES = ("auto", "yates_grundy", "horvitz_thompson", "hajek", "brewer", "hartley_rao", "with_replacement")
LARGEST = 2000  # units of a block whose form is still written out
EQUAL = ("srs", "every")
INDEPENDENT = ("poisson", "bernoulli")
CERTAIN = "chắc chắn"
NOTHING = "(trống)"  # ends the id of a row that stands for a unit with nothing below it

#: The rule of a method that goes down a list, draws independently, or balances; of others see `rule_of`.
APPROXIMATE: Mapping[str, str] = {
    "poisson": "poisson",
    "bernoulli": "poisson",
    "systematic": "successive",
    "pps_systematic": "successive",
    "pps_pivotal": "successive",
    "pps_randomised": "hartley_rao",
    "cube": "balanced",
    "local_pivotal": "local",
}


class Part(NamedTuple):
    """What a block gives: fraction of its units drawn by chance, the rule, and the form if it has one.

    The form is a matrix, or the diagonal of one.
    """

    fraction: float
    rule: str
    form: Array | None


def rule_of(block: Block, pps: str) -> str:
    """Return the variance rule of a block of unequal or dependent chances."""
    own = APPROXIMATE.get(block.method)
    if own == "poisson":
        return own
    if pps != "auto":
        return pps
    if own is None and block.kind == "exact" and block.measurable and block.joint is not None:
        return "yates_grundy"
    return own or "hajek"


def part_of(block: Block, pps: str, *, below: bool = False) -> Part:
    """Work out fraction, rule and form of one block; certainty units have rows of 0 in the form.

    ``below``: the block is not of the first stage, where certainty units are strata of their own.
    """
    sure = np.asarray(block.certainty, dtype=bool)
    n, N = int((~sure).sum()), block.N - int(sure.sum())
    mixed = below and bool(sure.any())
    if n == 0 or (n == N and block.method not in INDEPENDENT):
        return Part(1.0, "", None)
    if block.method in EQUAL and not mixed:
        return Part(n / N, "", None)
    rule = "srs" if block.method in EQUAL else rule_of(block, pps)
    if rule == "poisson":
        return Part(n / max(N, n + 1), rule, np.where(sure, 0.0, 1 - block.probability))
    if n < 2 or (n > LARGEST and block.method != "systematic"):
        return Part(0.0, "with_replacement", None)
    if n > LARGEST:  # so many units in steps: near enough to simple random sampling
        rule = "srs"
        if not mixed:
            return Part(n / N, rule, None)
    if rule == "with_replacement" and not mixed:
        return Part(0.0, rule, None)
    form = np.zeros((sure.size, sure.size))
    form[np.ix_(~sure, ~sure)] = _form(block, rule, ~sure)
    return Part(n / N, rule, form)


def _form(block: Block, rule: str, by_chance: Any) -> Array:
    pi = block.probability[by_chance]
    if rule == "srs":
        return forms.srs(pi.size, pi.size / (block.N - int((~by_chance).sum())))
    if rule == "with_replacement":
        return forms.with_replacement(pi.size)
    if rule in ("yates_grundy", "horvitz_thompson"):
        if block.kind == "exact" and not block.measurable:
            raise ArgumentError(
                f"pps={rule!r}: drawn by {block.method!r}, some pairs of units can never be drawn together, "
                "so no variance is unbiased. Choose pps='hajek' or 'with_replacement', or leave pps out."
            )
        if block.joint is None:
            raise ArgumentError(
                f"pps={rule!r}: the sample carries no joint probabilities for units drawn by "
                f"{block.method!r}. Choose pps='hajek' or 'with_replacement'."
            )
        joint = block.joint[np.ix_(by_chance, by_chance)]
        return forms.yates_grundy(joint) if rule == "yates_grundy" else forms.horvitz_thompson(joint)
    if rule == "local":
        return forms.local(pi, _x(block)[by_chance])
    if rule == "balanced":
        return forms.balanced(pi, _x(block)[by_chance])
    simple = {
        "hajek": forms.hajek,
        "brewer": forms.brewer,
        "hartley_rao": forms.hartley_rao,
        "successive": forms.successive,
    }
    return simple[rule](pi)


def _x(block: Block) -> Array:
    if block.x is None:
        raise DataError(
            f"The sample was drawn by {block.method!r} but carries no values of what it was spread over. "
            "Draw it again, or choose pps='hajek'."
        )
    return block.x


class Drawing(NamedTuple):
    """The rows in use, with what :class:`Design` needs: names of columns and the forms of the stages."""

    table: pd.DataFrame
    weights: str
    strata: tuple[str, ...]
    psu: tuple[str, ...]
    fpc: tuple[str, ...]
    drawn: dict[str, Drawn]


def drawing(sample: Sample, pps: str = "auto") -> Drawing:
    """Read a sample as a design.

    Parameters
    ----------
    sample : Sample
        As a plan draws it, reserves released or not.
    pps : {"auto", "yates_grundy", "horvitz_thompson", "hajek", "brewer", "hartley_rao", "with_replacement"}
        Variance of units of unequal chances.

    Returns
    -------
    Drawing; certainty units of the first stage are strata of their own, and the stages end above the first
    of which a unit above holds a single unit drawn by chance.
    """
    check_choice(pps, CHOICES, "pps")
    table = sample.main.reset_index(drop=True)
    stages = tuple(stage.name for stage in sample.stages)
    parts = {key: part_of(block, pps, below=key[0] > 0) for key, block in sample.blocks.items()}
    last = estimable(sample, stages)
    places = {name: sample.place(name) for name in stages}
    table, places = with_empty(sample, table, stages, places)
    keys = parent_keys(table, stages)
    fpc: list[str] = []
    drawn: dict[str, Drawn] = {}
    for s, name in enumerate(stages[: last + 1]):
        blocks = {parent: block for (stage, parent), block in sample.blocks.items() if stage == s}
        located = locate(places[name], name, keys[s], blocks)
        fraction = np.array([1.0, *(parts[s, parent].fraction for parent in blocks)])[located.block + 1]
        if s == 0:
            fraction = np.where(located.sure, 1.0, fraction)
            table = table.assign(**{"design_stratum": own_strata(table, keys[0], located.sure, name)})
        if s == last and (last + 1 < len(stages) or sample.awaiting):
            fraction = np.zeros(len(table))  # what varies below is seen between these units
        else:
            made = forms_of(s, blocks, parts, located)
            drawn |= {name: made} if made is not None else {}
        fpc.append(f"{name}_fraction")
        table = table.assign(**{fpc[-1]: fraction})
    return Drawing(table, "weight", ("design_stratum",), stages[: last + 1], tuple(fpc), drawn)


class Located(NamedTuple):
    """For each row its block (numbered in the order of the blocks), the place of its unit, and certainty.

    ``rank`` is the place among the units of the block that were drawn by chance.
    """

    block: Any
    place: Any
    sure: Any
    rank: Any


def parent_keys(table: pd.DataFrame, stages: tuple[str, ...]) -> list[Any]:
    """Return for each stage the key of the unit above of each row: the stratum, then ids joined by "/"."""
    stratum = table["stratum"].astype(str) if "stratum" in table else pd.Series("", index=table.index)
    keys, path = [stratum], None
    for name in stages[:-1]:
        own = table[name].astype(str)
        path = own if path is None else path + "/" + own
        keys.append(path)
    return keys


def estimable(sample: Sample, stages: tuple[str, ...]) -> int:
    """Return the last stage with a variance: below it, some unit above holds one unit drawn by chance."""
    alone = [
        s
        for (s, _), block in sample.blocks.items()
        if s
        and block.method not in INDEPENDENT
        and int((~np.asarray(block.certainty)).sum()) == 1
        and len(block.ids) < block.N
    ]
    return min(alone) - 1 if alone else len(stages) - 1


def listing_of(blocks: Mapping[str, Block]) -> pd.DataFrame:
    """Return a row for each unit drawn in the blocks of a stage: parent, id, block, place, sure, rank."""
    sizes = [len(block.ids) for block in blocks.values()]
    listing = pd.DataFrame(
        {
            "parent": np.repeat(list(blocks), sizes),
            "id": np.concatenate([np.asarray(block.ids, dtype=object) for block in blocks.values()]),
            "block": np.repeat(np.arange(len(blocks)), sizes),
            "place": np.concatenate([np.arange(size) for size in sizes]),
            "sure": np.concatenate([np.asarray(block.certainty, dtype=bool) for block in blocks.values()]),
        }
    )
    return listing.assign(rank=(~listing["sure"]).groupby(listing["block"]).cumsum() - 1)


def with_empty(
    sample: Sample, table: pd.DataFrame, stages: tuple[str, ...], places: Mapping[str, Any]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Add a row of weight 0 for each unit under which nothing was drawn: in a total it counts as 0.

    Returns
    -------
    The table, and for each stage the units of its rows as they were drawn.
    """
    more = []
    keys = parent_keys(table, stages)
    for s, name in enumerate(stages[:-1]):
        blocks = {parent: block for (stage, parent), block in sample.blocks.items() if stage == s}
        listing = listing_of(blocks)
        there = pd.MultiIndex.from_arrays([keys[s].to_numpy(), places[name].astype(str).to_numpy()])
        lost = ~pd.MultiIndex.from_arrays([listing["parent"], listing["id"]]).isin(there)
        replaced = set(zip(sample.log["stage"], sample.log["parent"], sample.log["lost"], strict=True))
        for parent, own in zip(listing["parent"][lost], listing["id"][lost], strict=True):
            if (name, parent, own) in replaced:
                continue
            row: dict[str, Any] = dict.fromkeys(stages[s + 1 :], f"{parent}/{own} {NOTHING}") | {name: own}
            if s:
                first = np.flatnonzero((keys[s] == parent).to_numpy())
                if not first.size:  # the unit above has nothing below either, and stands for it
                    continue
                row |= table[list(stages[:s])].iloc[first[0]].to_dict()
                row |= {"stratum": table["stratum"].iloc[first[0]]} if "stratum" in table else {}
            elif "stratum" in table:
                row["stratum"] = parent
            more.append(row | {"weight": 0.0, "use": "empty"})
    if not more:
        return table, dict(places)
    added = pd.DataFrame(more)
    grown = pd.concat([table, added], ignore_index=True)
    return grown, {name: pd.concat([places[name], added[name]], ignore_index=True) for name in stages}


def locate(own: Any, name: str, parent: Any, blocks: Mapping[str, Block]) -> Located:
    """Find the block and the place of the unit of each row; `own` the units as they were drawn.

    Rows that stand for an empty unit above have block −1.
    """
    listing = listing_of(blocks)
    at = pd.MultiIndex.from_arrays([listing["parent"], listing["id"]]).get_indexer(
        pd.MultiIndex.from_arrays([parent.to_numpy(), own.astype(str).to_numpy()])
    )
    nothing = own.astype(str).str.endswith(NOTHING).to_numpy()
    lost = np.flatnonzero((at < 0) & ~nothing)
    if lost.size:
        raise DataError(
            f"sample: {name} {listed(own.iloc[lost].unique(), 3)} is in the table but not among the "
            "units drawn. Use the sample as it was drawn or read; release reserves with sample.release()."
        )
    rows = listing.iloc[at]
    block = np.where(nothing, -1, rows["block"].to_numpy())
    return Located(
        block, rows["place"].to_numpy(), rows["sure"].to_numpy() & ~nothing, rows["rank"].to_numpy()
    )


def own_strata(table: pd.DataFrame, stratum: Any, sure: Any, name: str) -> pd.Series[Any]:
    """Return the strata of the variance: those of the plan, each certainty unit apart."""
    own: pd.Series[Any] = stratum.where(~sure, stratum + f" · {CERTAIN} " + table[name].astype(str))
    return own


def forms_of(
    s: int, blocks: Mapping[str, Block], parts: Mapping[tuple[int, str], Part], located: Located
) -> Drawn | None:
    """Put the forms of a stage together; None where fractions tell all."""
    own = [parts[s, parent] for parent in blocks]
    with_form = [b for b, part in enumerate(own) if part.form is not None]
    rules = list(dict.fromkeys(part.rule for part in own if part.rule))
    if not rules:
        return None
    number = np.full(len(own) + 1, -1)
    number[with_form] = np.arange(len(with_form))
    note = Note(*("; ".join(NAMES[rule][lang] for rule in rules) for lang in (0, 1)))
    block, place = number[located.block], located.place
    all_of_them = list(blocks.values())
    forms_kept, chances = [], []
    for b in with_form:
        form, pi = own[b].form, all_of_them[b].probability
        assert form is not None
        sure = np.asarray(all_of_them[b].certainty)
        if own[b].rule == "with_replacement":  # what varies below units drawn by chance is in it
            pi = np.where(sure, 1.0, 0.0)
        if s == 0:  # certainty units are strata of their own: the others move up
            keep = np.flatnonzero(~sure)
            form, pi = form[keep] if form.ndim == 1 else form[np.ix_(keep, keep)], pi[keep]
        forms_kept.append(form)
        chances.append(pi)
    if s == 0:
        block, place = np.where(located.sure, -1, block), np.where(located.sure, 0, located.rank)
    return Drawn(block, place, tuple(forms_kept), tuple(chances), note, tuple(rules))
