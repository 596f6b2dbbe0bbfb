"""Draw each plan many times, estimate each time, and gather what came out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pickle import PicklingError
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from sampling.checks import ArgumentError, DataError, check_choice, check_columns, check_frame, listed
from sampling.plan import Plan
from sampling.sample import Sample
from sampling.selection import uniforms
from surveykit.design import Design
from surveykit.estimation import mean, proportion, total
from surveykit.joining import join
from surveykit.rehearsal.result import Rehearsal
from surveykit.result import Estimates

Statistic = Literal["mean", "total", "proportion"]
Weighting = Callable[[Design], Design]
ANSWERED = "answered"
MANY = 400  # draws from which more processes are worth their start


class Question(NamedTuple):
    """What is estimated from each draw."""

    y: str
    statistic: str
    value: Any
    level: float
    weighting: Weighting | None
    response: str | None


class Task(NamedTuple):
    """A few repetitions of one plan."""

    name: str
    plan: Plan
    seeds: tuple[int, ...]


def rehearse(
    plans: Mapping[str, Plan] | Plan,
    population: pd.DataFrame,
    *,
    y: str,
    id: str,
    seed: int,
    statistic: Statistic = "mean",
    value: Any = None,
    repetitions: int = 500,
    level: float = 0.95,
    weighting: Weighting | None = None,
    response: str | None = None,
    cost: Mapping[str, float] | None = None,
    jobs: int | None = None,
    progress: bool = True,
) -> Rehearsal:
    """Run plans on a synthetic population: bias, standard error, coverage and cost side by side.

    Parameters
    ----------
    plans : Plan, or mapping of name to Plan
        Every stage must have its list.
    population : DataFrame
        A row for each unit of the last stage, with its true answer. Synthetic (giả lập), or a census.
    y : column of the population
    id : column of the population, named like the last stage of every plan; each id once
    seed : int
        Repetition r of every plan has the same seed, so that plans differ by design and not by luck.
    statistic : {"mean", "total", "proportion"}
    value : for a proportion, the answer or answers that count
    repetitions : int
    level : float
        Level of the intervals whose coverage is counted.
    weighting : function of a design, optional
        Such as nonresponse adjustment and raking. With several jobs it must be a function of a module.
    response : column of the population, optional
        Probability that a person answers; without it everybody does.
    cost : mapping of stage to cost of one unit drawn there, optional
    jobs : int
        Processes; by default all cores from 400 draws on. 1 keeps everything in this one.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Rehearsal

    Raises
    ------
    ArgumentError, DataError
        A plan that is not complete, ids of the sample that the population lacks, a number out of range.

    Examples
    --------
    >>> import sampling
    >>> villages = pd.DataFrame({"thon": [f"{k:02d}" for k in range(40)], "diem": [k % 7 for k in range(40)]})
    >>> frame = sampling.Frame(villages, id="thon", name="giả lập", as_of="2025-07-01", source="giả lập")
    >>> plans = {"10 thôn": sampling.Plan(frame).stage("thon", n=10)}
    >>> found = rehearse(plans, villages, y="diem", id="thon", seed=1, repetitions=20, jobs=1, progress=False)
    >>> found.table[["truth", "n"]].round(3).values.tolist()
    [[2.875, 10.0]]
    """
    named = {"plan": plans} if isinstance(plans, Plan) else dict(plans)
    check_rehearsal(named, population, y, id, statistic, repetitions, response, cost)
    question = Question(y, statistic, value, level, weighting, response)
    numbers = (uniforms(repetitions, seed) * 2**32).astype(np.int64)
    truth = truth_of(population, question)
    chunk = max(1, min(25, repetitions // 8))
    tasks = [
        Task(name, plan, tuple(map(int, numbers[i : i + chunk])))
        for name, plan in named.items()
        for i in range(0, repetitions, chunk)
    ]
    work = partial(repeat, population=population, id=id, question=question)
    draws = pd.concat(run(work, tasks, jobs, progress, repetitions * len(named)), ignore_index=True)
    return Rehearsal(draws, truth, y, statistic, level, seed, dict(cost or {}))


def check_rehearsal(
    plans: Mapping[str, Plan],
    population: pd.DataFrame,
    y: str,
    id: str,
    statistic: str,
    repetitions: int,
    response: str | None,
    cost: Mapping[str, float] | None,
) -> None:
    """Refuse what cannot be rehearsed."""
    check_frame(population, "population")
    for argument, column in (("y", y), ("id", id), ("response", response)):
        check_columns(population, column, argument)
    check_choice(statistic, ("mean", "total", "proportion"), "statistic")
    if isinstance(repetitions, bool) or not isinstance(repetitions, int) or repetitions < 2:
        raise ArgumentError(f"repetitions={repetitions!r}: pass a whole number of at least 2, such as 500.")
    if not plans:
        raise ArgumentError("plans is empty. Pass a plan, or a mapping of name to plan.")
    if population[y].isna().any():
        raise DataError(
            f"y={y!r} is missing for {int(population[y].isna().sum())} units of the population, so the truth "
            "is not known. Fill it in; let people not answer with response=."
        )
    if response is not None and not pd.to_numeric(population[response], errors="coerce").between(0, 1).all():
        raise DataError(f"response={response!r} must hold probabilities between 0 and 1.")
    for name, plan in plans.items():
        if not isinstance(plan, Plan):
            raise TypeError(f"plans[{name!r}] is a {type(plan).__name__}; pass a sampling.Plan.")
        stages = [stage.name for stage in plan.stages]
        if not stages or stages[-1] != id:
            raise ArgumentError(
                f"plans[{name!r}]: its last stage is {stages[-1] if stages else None!r}, but id={id!r}. "
                "Name the column of the population that lists the units of the last stage like that stage."
            )
        unknown = [stage for stage in cost or {} if stage not in stages]
        if unknown:
            raise ArgumentError(
                f"cost: {listed(unknown)} is no stage of plans[{name!r}]. Its stages are {listed(stages)}."
            )


def truth_of(population: pd.DataFrame, question: Question) -> float:
    """Return the true value, counted over the population."""
    y = population[question.y]
    if question.statistic == "proportion":
        values = question.value if isinstance(question.value, (list, tuple, set)) else [question.value]
        return float(y.isin(values).mean()) if question.value is not None else float(y.astype(float).mean())
    return float(y.sum() if question.statistic == "total" else y.mean())


def run(
    work: Callable[[Task], pd.DataFrame], tasks: list[Task], jobs: int | None, progress: bool, whole: int
) -> list[pd.DataFrame]:
    """Do the tasks in processes, kept in order, with a progress bar.

    The processes are started afresh, on every system alike: a copy of a running notebook may hang.
    """
    from tqdm.auto import tqdm

    cores = jobs or (1 if whole < MANY else os.cpu_count() or 1)
    count = min(cores, len(tasks))
    with tqdm(total=whole, disable=not progress, desc="Diễn tập chọn mẫu", unit="lần") as bar:
        done = []
        if count <= 1:
            for task in tasks:
                done.append(work(task))
                bar.update(len(task.seeds))
            return done
        try:
            with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
                for task, found in zip(tasks, pool.map(work, tasks), strict=True):
                    done.append(found)
                    bar.update(len(task.seeds))
        except (PicklingError, AttributeError) as error:
            raise ArgumentError(
                f"weighting: it cannot be sent to other processes ({error}). Pass jobs=1, or put the "
                "function into a module of its own."
            ) from None
        except BrokenProcessPool:
            raise ArgumentError(
                f"jobs={count}: the other processes did not start or were stopped. In a script put the call "
                "under if __name__ == '__main__':, or pass jobs=1."
            ) from None
    return done


def repeat(task: Task, *, population: pd.DataFrame, id: str, question: Question) -> pd.DataFrame:
    """Draw a plan once for each seed, join the true answers and estimate."""
    rows = [one(task, seed, population, id, question) for seed in task.seeds]
    return pd.DataFrame(rows).assign(design=task.name)


def one(task: Task, seed: int, population: pd.DataFrame, id: str, question: Question) -> dict[str, Any]:
    """One repetition: estimate, standard error, interval, sizes of the sample."""
    sample = task.plan.draw(seed=seed, progress=False)
    if sample.awaiting:
        raise ArgumentError(
            f"plans[{task.name!r}]: stage {sample.awaiting[0]!r} has no list. A rehearsal needs the list of "
            "every stage: pass frame= to that stage."
        )
    design = answered(sample, population, id, question, seed)
    if question.weighting is not None:
        design = question.weighting(design)
    asked = design if question.response is None else design.where(f"`{ANSWERED}`")
    found = estimate(asked, question)
    interval = found.ci(question.level).iloc[0]
    sizes = {stage.name: stage.n for stage in sample.stages}
    return {
        "seed": seed, "estimate": float(found.value.iloc[0]), "se": float(found.se.iloc[0]),
        "ci_low": float(interval.iloc[0]), "ci_high": float(interval.iloc[1]), "df": float(found.df.iloc[0]),
        "n": int(found.n.iloc[0]), **{f"n_{name}": n for name, n in sizes.items()},
    }  # fmt: skip


def answered(sample: Sample, population: pd.DataFrame, id: str, question: Question, seed: int) -> Design:
    """Join the drawn units with their true answers; with response, draw who answers."""
    keys = [stage.name for stage in sample.stages if stage.name in population.columns]
    keep = [c for c in population.columns if c in keys or c not in sample.table.columns]
    people = population[keep].astype(dict.fromkeys(keys, str))
    main = sample.main
    found = main[[*keys]].astype(str).merge(people, on=keys, how="left", validate="many_to_one")
    if found[question.y].isna().any():
        lost = found.loc[found[question.y].isna(), id]
        raise DataError(
            f"id={id!r}: {listed(lost.unique(), 3)} were drawn but are not in the population. Plan and "
            "population must list the same units."
        )
    found.index = main.index
    if question.response is not None:
        chance = uniforms(len(found), (seed, 900))
        found[ANSWERED] = chance < found[question.response].to_numpy(float)
    return join(sample, found.drop(columns=[k for k in keys if k != id]), id=id)


def estimate(design: Design, question: Question) -> Estimates:
    """Return the estimate of one repetition."""
    if question.statistic == "proportion":
        return proportion(design, question.y, value=question.value)
    return (total if question.statistic == "total" else mean)(design, question.y)
