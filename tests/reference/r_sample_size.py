"""Functions of R's PracTools for sample sizes, said in the words of this project, under their own names.

A stored R call is turned into a Python call of these and evaluated, so that any call of the same functions
can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from sampling import size

Numbers = dict[str, Any]


def evaluated(call: str, tables: dict[str, pd.DataFrame] | None = None) -> Any:
    """Evaluate an R call of the functions below.

    Names of arguments lose their dots, `del` and `pow` their clash with words of Python, `list` and `c` are
    containers, `table$column` is a column of a table.
    """
    text = re.sub(r"([A-Za-z0-9_])\.([A-Za-z][A-Za-z0-9_.]*)(?=\s*=)", r"\1_\2", call)
    text = re.sub(r"\bpow\s*=", "power=", re.sub(r"\bdel\s*=", "del_=", text))
    text = re.sub(r"\b(\w+)\$(\w+)", r"column('\1', '\2')", text).replace("NULL", "None")
    names = {"list": lambda **parts: parts, "c": lambda *values: list(values), **FUNCTIONS}
    names["column"] = lambda table, name: (tables or {})[table][name]
    return eval(text, {"__builtins__": {}}, names)


def given(**arguments: Any) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def whole(population: float | None) -> int | None:
    return None if population is None or np.isinf(population) else int(population)


def nCont(
    CV0: Any = None, V0: Any = None, S2: Any = None, ybarU: Any = None, N: Any = None, CVpop: Any = None
) -> float:
    sd = None if S2 is None else S2**0.5
    se = None if V0 is None else V0**0.5
    return size.size_mean(
        **given(cv=CV0, se=se, sd=sd, mean=ybarU, cv_population=CVpop, population=whole(N))
    ).exact


def nContMoe(
    moe_sw: int, e: float, alpha: float = 0.05, CVpop: Any = None, S2: Any = None, ybarU: Any = None,
    N: Any = None,
) -> float:  # fmt: skip
    target = {"margin": e} if moe_sw == 1 else {"relative_margin": e}
    sd = None if S2 is None else S2**0.5
    spread = given(sd=sd, mean=ybarU, cv_population=CVpop, population=whole(N))
    return size.size_mean(**target, **spread, level=1 - alpha).exact


def nProp(CV0: Any = None, V0: Any = None, pU: Any = None, N: Any = None) -> float:
    cv = CV0 if V0 is None else V0**0.5 / pU
    return size.size_proportion(pU, cv=cv, population=whole(N)).exact


def nPropMoe(moe_sw: int, e: float, alpha: float = 0.05, pU: Any = None, N: Any = None) -> float:
    return proportion("wald", moe_sw, e, alpha, pU, N)


def nLogOdds(moe_sw: int, e: float, alpha: float = 0.05, pU: Any = None, N: Any = None) -> float:
    return proportion("log-odds", moe_sw, e, alpha, pU, N)


def nWilson(moe_sw: int, alpha: float = 0.05, pU: Any = None, e: Any = None) -> float:
    return proportion("wilson", moe_sw, e, alpha, pU, None)


def proportion(method: Any, moe_sw: int, e: float, alpha: float, pU: float, N: Any) -> float:
    target = {"margin": e} if moe_sw == 1 else {"relative_margin": e}
    return size.size_proportion(pU, **target, method=method, level=1 - alpha, population=whole(N)).exact


def nDomain(
    CV0d: Any = None, V0d: Any = None, S2d: Any = None, ybarUd: Any = None, N: Any = None, CVpopd: Any = None,
    Pd: float = 1.0, est_type: str = "mean",
) -> float:  # fmt: skip
    function = size.size_total if est_type == "total" else size.size_mean
    population = 10**15 if est_type == "total" and whole(N) is None else whole(N)
    sd = None if S2d is None else S2d**0.5
    se = None if V0d is None else V0d**0.5
    asked = given(cv=CV0d, se=se, sd=sd, mean=ybarUd, cv_population=CVpopd, population=population, domain=Pd)
    return function(**asked).exact


def sides(alt: str) -> Any:
    return "one" if alt.startswith("one") else "two"


def nProp2sam(
    px: float, py: float, pxy: Any = None, g: float = 0, r: float = 1, alt: str = "one.sided",
    sig_level: float = 0.05, power: Any = None,
) -> Numbers:  # fmt: skip
    overlap = given(overlap=g, pxy=pxy) if g else {}
    found = size.size_change(
        px, py, **overlap, ratio=1 / r, sides=sides(alt), level=1 - sig_level, power=power
    )
    return {"n1": found.n, "n2": found.groups[1][1]}


def nDep2sam(
    S2x: float, S2y: float, g: float = 0, r: float = 1, rho: float = 0, alt: str = "one.sided",
    del_: Any = None, sig_level: float = 0.05, power: Any = None,
) -> Numbers:  # fmt: skip
    found = size.size_change(
        sd=(S2x**0.5, S2y**0.5), effect=del_, overlap=g, rho=rho, ratio=1 / r, sides=sides(alt),
        level=1 - sig_level, power=power,
    )  # fmt: skip
    return {"n1": found.n, "n2": found.groups[1][1]}


def nAuditAttr(TolRate: float, AccDev: int, CL: float, N: int = 5000) -> Numbers:
    return {
        "Sample.Size.Hypergeometric": size.size_acceptance(TolRate, AccDev, level=CL, population=N).n,
        "Sample.Size.Binomial": size.size_acceptance(TolRate, AccDev, level=CL).n,
    }


def clusOpt2(
    C1: float, C2: float, delta: float, unit_rv: float, k: float = 1, CV0: Any = None, tot_cost: Any = None,
    cal_sw: int = 1,
) -> Numbers:  # fmt: skip
    plan = size.optimum_take(cost_cluster=C1, cost_person=C2, icc=delta, unit_cv=unit_rv**0.5, k=k,
                             **of_goal(cal_sw, tot_cost, CV0))  # fmt: skip
    return {"m.opt": (plan.clusters, 1), "n.opt": (plan.take, 1), "CV": (plan.cv, 4), "cost": (plan.cost, 0)}


def clusOpt2fixedPSU(
    C1: float, C2: float, m: float, delta: float, unit_rv: float, k: float = 1, CV0: Any = None,
    tot_cost: Any = None, cal_sw: int = 1,
) -> Numbers:  # fmt: skip
    plan = size.optimum_take(cost_cluster=C1, cost_person=C2, icc=delta, unit_cv=unit_rv**0.5, k=k,
                             clusters=m, **of_goal(cal_sw, tot_cost, CV0))  # fmt: skip
    return {"n": (plan.take, 1), "CV": (plan.cv, 4), "cost": (plan.cost, 0)}


def clusOpt3(
    unit_cost: list[float], delta1: float, delta2: float, unit_rv: float, k1: float = 1, k2: float = 1,
    CV0: Any = None, tot_cost: Any = None, cal_sw: int = 1,
) -> Numbers:  # fmt: skip
    plan = size.optimum_take(
        cost_cluster=unit_cost[0], cost_second=unit_cost[1], cost_person=unit_cost[2], icc=delta1,
        icc_second=delta2, unit_cv=unit_rv**0.5, k=k1, k_second=k2, **of_goal(cal_sw, tot_cost, CV0),
    )  # fmt: skip
    return {
        "m.opt": (plan.clusters, 1), "n.opt": (plan.second, 1), "q.opt": (plan.take, 1), "CV": (plan.cv, 4),
        "cost": (plan.cost, 0),
    }  # fmt: skip


def of_goal(cal_sw: int, budget: Any, cv: Any) -> Numbers:
    return {"budget": budget} if cal_sw == 1 else {"cv": cv}


def BW2stageSRS(X: pd.Series, psuID: pd.Series) -> Numbers:
    parts = size.variance_components(pd.DataFrame({"y": X, "cluster": psuID}), "y", cluster="cluster")
    return {
        "B2": parts.between, "W2": parts.within, "unit relvar": parts.unit, "B2+W2": parts.total,
        "k": parts.k, "delta": parts.icc,
    }  # fmt: skip


def dub(c1: float, c2: float, Ctot: float, Nh: list[float], Sh: list[float], Yh_bar: list[float]) -> Numbers:
    plan = size.two_phase(cost_first=c1, cost_second=c2, budget=Ctot, sizes=Nh, sd=Sh, means=Yh_bar)
    return {
        "V1": plan.between, "V2": plan.within, "n1": plan.first, "n2": plan.second,
        "n2/n1": plan.second / plan.first, "ney.alloc": plan.allocation, "Vopt": plan.variance,
        "nsrs": plan.single, "Vsrs": plan.single_variance, "Vratio": (plan.ratio, 2), "Ctot": Ctot,
        "cost.chk": plan.cost,
    }  # fmt: skip


FUNCTIONS: dict[str, Callable[..., Any]] = {
    f.__name__: f
    for f in (nCont, nContMoe, nProp, nPropMoe, nLogOdds, nWilson, nDomain, nProp2sam, nDep2sam, nAuditAttr,
              clusOpt2, clusOpt2fixedPSU, clusOpt3, BW2stageSRS, dub)
}  # fmt: skip


# ---- published cases: op -> numbers by name --------------------------------------------------------


def sample_size_proportion(case: Numbers) -> Numbers:
    s = case["statistic"]
    found = size.size_proportion(s["p"], s["moe"], level=s["level"], deff=s["deff"], population=s["N"],
                                 response=s["response_rate"])  # fmt: skip
    return {"n": found.n}


def sample_size_mean_cv(case: Numbers) -> Numbers:
    s = case["statistic"]
    return {"n": size.size_mean(cv_population=s["cv_pop"], cv=s["cv0"], population=s["N"]).n}


def krejcie_morgan(case: Numbers) -> Numbers:
    return {"n": size.krejcie_morgan(case["statistic"]["N"]).n}


def power_two_proportions(case: Numbers) -> Numbers:
    s = case["statistic"]
    found = size.size_difference(s["p1"], s["p2"], n=s["n_per_group"], level=1 - s["alpha"])
    return {"power": found.power}


OPS: dict[str, Callable[[Numbers], Numbers]] = {
    f.__name__: f
    for f in (sample_size_proportion, sample_size_mean_cv, krejcie_morgan, power_two_proportions)
}
