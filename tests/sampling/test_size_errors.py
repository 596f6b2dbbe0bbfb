"""The sentences a user sees when a size cannot be worked out."""

import pandas as pd
import pytest

from sampling import size
from sampling.size import Earlier

CASES = [
    # percentages in the place of shares
    (lambda: size.size_proportion(0.85, 0.03, level=95),
     "level=95: write it as a share between 0 and 1. Did you mean 0.95?"),
    (lambda: size.size_proportion(0.85, 5),
     "margin=5: write it as a share between 0 and 1. Did you mean 0.05?"),
    (lambda: size.size_proportion(85, 0.03), "p=85: write it as a share between 0 and 1. Did you mean 0.85?"),
    (lambda: size.size_proportion(0.85, 0.03, response=85),
     "response=85: write it as a share between 0 and 1. Did you mean 0.85?"),
    (lambda: size.size_proportion(1.0, 0.03), "p=1: write it as a share between 0 and 1."),
    (lambda: size.size_difference(0.8, 85), "p2=85: write it as a share between 0 and 1. Did you mean 0.85?"),
    (lambda: size.size_difference(0.8, 0.85, power=80),
     "power=80: write it as a share between 0 and 1. Did you mean 0.8?"),
    (lambda: size.yamane(1000, 5), "e=5: write it as a share between 0 and 1. Did you mean 0.05?"),
    (lambda: size.size_threshold(90, 0.95), "p0=90: write it as a share between 0 and 1. Did you mean 0.9?"),
    # the field
    (lambda: size.size_proportion(0.85, 0.03, deff=0.5),
     "deff=0.5 is below 1: a plan should not count on a design that beats simple random "
     "sampling. Use 1 or more; "
     "a gain from strata comes out in the allocation."),
    (lambda: size.size_proportion(0.85, 0.03, deff=float("inf")),
     "deff=inf: it must be above 0 (how many times the variance of an SRS)."),
    (lambda: size.size_proportion(0.85, 0.03, icc=5, take=10),
     "icc=5: the intraclass correlation lies from 0 to 1; 0.02 to 0.1 is usual."),
    (lambda: size.size_proportion(0.85, 0.03, icc=0.05),
     "icc=0.05 needs take, the people per cluster who answer: take=15."),
    (lambda: size.size_proportion(0.85, 0.03, icc=0.05, deff=2),
     "deff=2 and icc=0.05: give one of them; icc with take gives deff."),
    (lambda: size.size_proportion(0.85, 0.03, icc=0.05, take=0),
     "take=0: it must be above 0 (people per cluster who answer)."),
    (lambda: size.size_proportion(0.85, 0.03, population=1), "population=1: it must be 2 or more."),
    (lambda: size.size_proportion(0.85, n=500, population=300), "n=500: the population has only 300 people."),
    (lambda: size.size_proportion(0.5, 0.05, deff=2.5, population=500),
     "margin=0.05: 544 forms would be needed, and the population has 500 people. Ask everyone, "
     "or take a wider "
     "target."),
    # too much, too little
    (lambda: size.size_proportion(0.85), "size_proportion: give one of n, margin, relative_margin, cv."),
    (lambda: size.size_proportion(0.85, 0.03, n=100),
     "n=100 and margin=0.03: one of them follows from the other. Leave one out."),
    (lambda: size.size_proportion(0.85, 0.03, cv=0.1), "margin and cv are given together. Give one target."),
    (lambda: size.size_proportion(0.85, 0.03, method="wlson"),
     "method='wlson' is not known. Did you mean 'wilson'? Choose one of 'wald', 'wilson', "
     "'log-odds', 'exact'."),
    (lambda: size.size_mean(margin=2),
     "sd is missing: give the standard deviation of the people, or cv_population = sd / mean."),
    (lambda: size.size_mean(10, cv=0.05),
     "cv=0.05 needs the mean: give mean, or cv_population in the place of sd."),
    (lambda: size.size_mean(10, relative_margin=0.05),
     "relative_margin=0.05 needs the mean: give mean, or cv_population in the place of sd."),
    (lambda: size.size_mean(10, mean=50, cv_population=0.2, cv=0.01),
     "cv_population=0.2 is given with sd or mean. Give it alone, or sd and mean."),
    (lambda: size.size_mean(10, 2, mean=0), "mean=0: pass a number other than 0; nothing is relative to 0."),
    (lambda: size.size_mean(10, mean=float("nan"), cv=0.05),
     "mean=nan: pass a number other than 0; nothing is relative to 0."),
    (lambda: size.size_mean(margin=1, cv_population=2),
     "margin=1 is in units of y, and cv_population knows no units. Give sd in its place, or a "
     "relative target: relative_margin or cv."),
    (lambda: size.size_total(se=5, cv_population=2, population=100),
     "se=5 is in units of y, and cv_population knows no units. Give sd in its place, or a relative "
     "target: relative_margin or cv."),
    (lambda: size.size_mean(-1, 2), "sd=-1: it must be above 0 (in units of y)."),
    (lambda: size.size_total(10, 100), "size_total needs population, the number of people the total is of."),
    (lambda: size.size_total(10, 100, population=1000, domain=0.5),
     "a total of a domain needs the mean: give mean, or cv_population in the place of sd."),
    # pairs
    (lambda: size.size_difference(0.8),
     "size_difference: two of n, power and effect are needed; n and the effect are not given."),
    (lambda: size.size_difference(),
     "size_difference: give the shares p1 and p2, or sd and effect for means."),
    (lambda: size.size_difference(0.8, 0.85, n=100, power=0.8),
     "n=100, the effect and power=0.8 are all given: one follows from the others. Leave one out."),
    (lambda: size.size_difference(0.8, 0.85, n=100, margin=0.05),
     "margin=0.05 and n=100 are given together. Give one target."),
    (lambda: size.size_difference(0.8, 0.85, power=0.9, margin=0.05),
     "margin=0.05 and power=0.9 are given together. Give one target."),
    (lambda: size.size_difference(0.8, 0.85, sd=10),
     "sd and p1 are given together: give shares p1 and p2, or sd and effect for means."),
    (lambda: size.size_difference(0.8, 0.85, effect=0.05),
     "p2=0.85 and effect=0.05: effect is p2 - p1. Give one of them."),
    (lambda: size.size_difference(0.8, 0.8),
     "p1=0.8 and p2=0.8 are the same: no sample finds a difference that is not there."),
    (lambda: size.size_difference(0.8, effect=0),
     "effect=0: no sample finds a difference that is not there. Give another."),
    (lambda: size.size_difference(0.8, effect=5),
     "effect=5: with p1=0.8 the other share would be 5.8; it must lie between 0 and 1. Write "
     "points as a share: "
     "0.05."),
    (lambda: size.size_difference(0.97, n=50),
     "n=50, power=0.8: no sample reaches it. Take more people, a lower power, or the other direction."),
    (lambda: size.size_difference(0.80, 0.81, population=500, deff=2),
     "power=0.8: no sample reaches it. Take a larger effect, a wider margin or a lower power."),
    (lambda: size.size_difference(0.80, 0.85, n=300, ratio=2, population=500),
     "n=300, ratio=2: the second sample needs 600 people, and the population has only 500."),
    (lambda: size.size_difference(0.8, 0.85, ratio=0),
     "ratio=0: it must be above 0 (size of the second sample over that of the first)."),
    (lambda: size.size_difference(0.8, 0.85, sides="both"),
     "sides='both' is not known. Choose one of 'two', 'one'."),
    (lambda: size.size_difference(sd=(1, 2, 3), effect=1),
     "sd=(1, 2, 3): give one standard deviation, or one of each of the two samples."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5),
     "overlap=0.5 needs rho, the correlation of a person's two answers, or pxy, the share who "
     "are 'yes' in both "
     "waves."),
    (lambda: size.size_change(sd=10, effect=2, overlap=0.5),
     "overlap=0.5 needs rho, the correlation of a person's two answers."),
    (lambda: size.size_change(0.8, 0.85, overlap=50),
     "overlap=50: write it as a share between 0 and 1. Did you mean 0.5?"),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5, rho=0.3, pxy=0.7),
     "rho=0.3 and pxy=0.7: each follows from the other. Give one of them."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5, rho=2), "rho=2: a correlation lies from -1 to 1."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5, rho=-0.9),
     "rho=-0.9: with shares 0.8 and 0.85 the share who are 'yes' in both would be 0.551; it "
     "lies from 0.65 to 0.8. "
     "Take another rho."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5, pxy=0.9),
     "pxy=0.9: with shares 0.8 and 0.85 the share who are 'yes' in both lies from 0.65 to 0.8."),
    (lambda: size.size_change(0.8, n=500, overlap=0.5, pxy=0.7),
     "pxy=0.7 belongs to a known p2. To find the effect give rho instead."),
    (lambda: size.size_change(0.8, n=500, overlap=0.9, rho=0.99),
     "rho=0.99: with shares 0.8 and 0.822973 the share who are 'yes' in both would be 0.810; it "
     "lies from 0.622973 "
     "to 0.8. Take another rho."),
    (lambda: size.size_change(sd=10, effect=2, overlap=0.5, pxy=0.7),
     "pxy=0.7 is for shares. For means give rho."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.8, rho=0.3, ratio=0.5),
     "overlap=0.8, ratio=0.5: the second wave is smaller than what it shares with the first. "
     "Overlap is a share of "
     "the first wave, at most the ratio."),
    (lambda: size.size_change(sd=10, effect=2, overlap=1, rho=1),
     "overlap=1, rho=1: everyone would change alike, so nothing is left to chance. Take a rho below 1."),
    # DiD
    (lambda: size.size_did(0.8, 0.06, take=30),
     "size_did needs icc, how alike people of one commune are; 0.02 to 0.1 is usual."),
    (lambda: size.size_did(0.8, 0.06, icc=0.05),
     "size_did: communes and take are not given, and only one can be found. Give more."),
    (lambda: size.size_did(0.8, 0.06, communes=2, take=30, icc=0.05),
     "communes=2, ratio=1: 2 adopting and 2 comparison communes; an effect needs at least 3 in "
     "each arm. With "
     "fewer, only describe them."),
    (lambda: size.size_did(0.8, 0.06, communes=10, take=30, icc=0.05, power=0.8),
     "communes=10, take=30, the effect and power=0.8 are all given: one follows from the "
     "others. Leave one out."),
    (lambda: size.size_did(0.8, 0.03, communes=10, icc=0.05),
     "communes=10, effect=0.03: however many people are asked, so few communes do not reach "
     "power=0.8, for the "
     "communes themselves vary. Take more communes or a larger effect."),
    (lambda: size.size_did(0.8, communes=3, take=5, icc=0.05),
     "communes=3, take=5, power=0.8: no sample reaches it. Take more communes, a lower power, or the other "
     "direction."),
    (lambda: size.size_did(0.8, 1e-6, take=30, icc=0.05),
     "power=0.8: no number of communes reaches it. Take a larger effect."),
    (lambda: size.size_did(0.8, 0.06, take=30, icc=0.05, stability=60),
     "stability=60: write it as a share between 0 and 1. Did you mean 0.6?"),
    (lambda: size.size_did(0.8, 0.06, take=30, icc=0.05, overlap=0.5),
     "overlap=0.5 needs rho, the correlation of a person's two answers within the commune."),
    (lambda: size.size_did(0.8, 0.06, take=30, icc=0.05, overlap=50, rho=0.4),
     "overlap=50: write it as a share between 0 and 1. Did you mean 0.5?"),
    (lambda: size.size_did(0.8, 0.06, take=30, icc=0.05, overlap=0.5, rho=4),
     "rho=4: a correlation lies from -1 to 1."),
    # threshold
    (lambda: size.size_threshold(0.9, 0.9),
     "p=0.9, p0=0.9: no sample shows that a share is above 0.9 when it is 0.9. Take a true share above the "
     "threshold."),
    (lambda: size.size_threshold(0.1, 0.2, side="below"),
     "p=0.2, p0=0.1: no sample shows that a share is below 0.1 when it is 0.2. Take a true share below the "
     "threshold."),
    (lambda: size.size_threshold(0.9), "size_threshold: give two of n, power and p, the share that is true."),
    (lambda: size.size_threshold(0.9, 0.95, n=100, power=0.8),
     "n=100, p=0.95 and power=0.8 are all given: one follows from the others. Leave one out."),
    (lambda: size.size_threshold(0.9, n=10),
     "n=10, power=0.8: no sample reaches it. Take more people, or a lower power."),
    (lambda: size.size_threshold(0.9, 0.9 + 1e-5),
     "p=0.90001, p0=0.9: more than 20000000 answers would be needed. Take a p further from p0, or "
     "method='normal'."),
    (lambda: size.size_threshold(0.9, 0.92, population=500, deff=2),
     "power=0.8: 733 forms would be needed, and the population has 500 people. Ask everyone, or take a wider "
     "target."),
    # habits, clusters, comparison
    (lambda: size.yamane(1), "N=1: it must be 2 or more."),
    (lambda: size.size_acceptance(0.05, 5, population=100),
     "accept=5: at a rate of 0.05 the population of 100 has 5 errors, so none could be ruled "
     "out. Accept fewer, or "
     "look at all records."),
    (lambda: size.deff_from_icc(0.05, 20, spread=-1), "spread=-1: a coefficient of variation is 0 or more."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0),
     "icc=0: write it as a share between 0 and 1."),
    (lambda: size.optimum_take(cost_cluster=0, cost_person=100, icc=0.05),
     "cost_cluster=0: it must be above 0 (cost of one more cluster)."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, budget=1, cv=0.1),
     "budget=1 and cv=0.1 are given together. Give one of them."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, cost_second=10),
     "cost_second and icc_second belong together: give both for three stages, or neither."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, cost_second=10,
                               icc_second=0.1, clusters=5),
     "clusters=5: a fixed number of clusters is for two stages only."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, clusters=5),
     "clusters=5: give budget or cv as well, or leave the clusters to be found."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, clusters=5, budget=3000),
     "budget=3000: 5 clusters at 750 cost 3750, so nothing is left for people. Take fewer clusters."),
    (lambda: size.optimum_take(cost_cluster=750, cost_person=100, icc=0.05, clusters=5, cv=0.01),
     "cv=0.01: 5 clusters cannot reach it however many people are asked; their own differences leave a CV of "
     "0.1000. Take more clusters."),
    (lambda: size.two_phase(cost_first=1, cost_second=2, budget=10, sizes=[1, 2], sd=[1], means=[1, 2]),
     "sizes, sd and means have 2, 1 and 2 values. Give one a stratum."),
    (lambda: size.two_phase(cost_first=1, cost_second=2, budget=10, sizes=[1, 0], sd=[1, 1], means=[1, 2]),
     "sizes must be above 0 and sd 0 or more in every stratum."),
    (lambda: size.two_phase(cost_first=1, cost_second=2, budget=10, sizes=[1, 2], sd=[1, 1], means=[2, 2]),
     "The means are all the same: strata gain nothing. A two-phase sample has no optimum."),
    (lambda: size.two_phase(cost_first=1, cost_second=2, budget=10, sizes=[1, 2], sd=[0, 0], means=[1, 2]),
     "The sd are all 0: one person a stratum tells all. A two-phase sample has no optimum."),
    (lambda: size.compare_sizes({}), "results is empty: give at least one named result."),
    (lambda: size.size_acceptance(0.05, 1).sensitivity(),
     "a result of kind 'acceptance' cannot be asked again with other assumptions."),
    (lambda: size.size_proportion(0.5, 0.05).again({"def": 2}),
     "changes=['def']: the question has p, margin, n, relative_margin, cv, method, level, deff, icc, take, "
     "response, population, domain, earlier."),
]  # fmt: skip

TYPES = [
    (lambda: size.size_proportion(0.5, n=10.5), "n=10.5: pass a whole number."),
    (lambda: size.size_proportion(0.5, n=float("nan")), "n=nan: pass a whole number."),
    (lambda: size.size_proportion(0.5, 0.05, population=float("inf")),
     "population=inf: pass a whole number."),
    (lambda: size.size_change(0.8, 0.85, overlap=0.5, rho="x"), "rho='x': pass a number from -1 to 1."),
    (lambda: size.size_proportion("0.5", 0.05), "p='0.5': pass a number between 0 and 1."),
    (lambda: size.size_proportion(0.5, 0.05, deff="2"),
     "deff='2': pass a number (how many times the variance of an SRS)."),
    (lambda: size.size_proportion(0.5, 0.05, icc="x", take=3), "icc='x': pass a number from 0 to 1."),
    (lambda: size.size_proportion(0.5, 0.05, earlier={"p": 1}),
     "earlier is a dict; pass what surveykit.planning.from_design returns, or a sampling.size.Earlier."),
    (lambda: size.size_difference(0.8, effect="big"), "effect='big': pass a number other than 0."),
    (lambda: size.compare_sizes([1]), "results is a list; pass a mapping of names to results: {'a': ...}."),
    (lambda: size.compare_sizes({"a": 1}), "results['a'] is a int; pass what a size function returned."),
]  # fmt: skip


def frame(**columns):
    return pd.DataFrame({"y": [1.0, 2.0, 3.0], "c": ["a", "a", "b"], **columns})


DATA = [
    (lambda: size.variance_components(frame(y=[1, None, 2]), "y", cluster="c"),
     "y='y' is not a number in row 1. The whole population must have one."),
    (lambda: size.variance_components(frame(c=["a", None, "b"]), "y", cluster="c"),
     "cluster='c' is missing in row 1. Every person needs a cluster."),
    (lambda: size.variance_components(frame(c="a"), "y", cluster="c"),
     "cluster='c' has one value only. Variance relative to the mean cannot be split."),
    (lambda: size.variance_components(frame(y=[-1, 0, 1]), "y", cluster="c"),
     "cluster='c' does not matter: the mean of 'y' is 0. Variance relative to the mean cannot be split."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "message"), CASES + TYPES + DATA, ids=lambda x: x[:60] if isinstance(x, str) else ""
)
def test_the_error_says_what_is_wrong_and_how_to_mend_it(call, message):
    kind = TypeError if (call, message) in TYPES else ValueError
    with pytest.raises(kind) as caught:
        call()
    assert str(caught.value) == message


def test_a_wrong_lang_and_a_missing_column_are_named():
    result = size.size_proportion(0.5, 0.05)
    for method in (result.sentence, result.limits, size.compare_sizes({"a": result}).sentence):
        with pytest.raises(ValueError, match="lang='fr' is not known"):
            method("fr")
    with pytest.raises(KeyError, match="the data have no such column"):
        size.variance_components(frame(), "diem", cluster="c")


def test_an_earlier_survey_without_what_is_needed_is_asked_for_it():
    with pytest.raises(ValueError, match="give the shares p1 and p2, or sd and effect for means"):
        size.size_difference(effect=0.1, earlier=Earlier(deff=2))
    with pytest.raises(ValueError, match="sd is missing"):
        size.size_mean(margin=1, earlier=Earlier(p=0.5))
