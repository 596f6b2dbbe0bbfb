"""Answers sorted and their weights added up once: quantiles against plain loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from surveykit.formulas.quantiles import APART, RULES, sort_answers

few = settings(max_examples=60)


@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.booleans())
def test_the_first_answer_at_which_the_weights_pass_a_share(seed, D, whole):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    y = rng.integers(0, 6, n) * 1.0 if whole else rng.choice([0.25, 1.5, 2.75, 3.1], n)
    domain, inside = rng.integers(0, D, n), rng.random(n) < 0.8
    w = rng.integers(0, 4, n) * 1.0
    p = rng.choice([0.1, 0.3, 0.5, 0.77, 0.95], (D, 2))
    for apart in (False, True):
        order = sort_answers(y, domain, inside, D, apart=apart)
        found = order.cumulated(order.weights(w)).quantiles(p, "math")
        assert_array_equal(found, order.quantiles(order.weights(w), p, "math"))
        for d in range(D):
            here = [(y[i], w[i]) for i in range(n) if inside[i] and domain[i] == d and w[i] > 0]
            for j in range(2):
                if not here:
                    assert np.isnan(found[d, j])
                    continue
                here.sort()
                sums = np.cumsum([weight for _, weight in here])
                wanted = next(
                    v for (v, _), C in zip(here, sums, strict=True) if p[d, j] * sums[-1] - 1e-9 <= C
                )
                assert found[d, j] == wanted


@pytest.mark.parametrize("D", [1, 2])
def test_equal_answers_are_one_point_or_stand_in_the_order_of_rows(D):
    y = np.array([2.5, 1.0, 2.5, 1.0, 2.5])
    domain, inside = np.zeros(5, dtype=np.intp), np.ones(5, dtype=bool)
    one = sort_answers(y, domain, inside, D)
    assert_array_equal(one.value, [1.0, 2.5])
    assert_array_equal(one.group, [1, 0, 1, 0, 1])
    many = sort_answers(y, domain, inside, D, apart=True)
    assert_array_equal(many.group, [2, 0, 3, 1, 4])
    assert_array_equal(many.domain, np.zeros(5))


#: (a, b) of the rules that join points by lines: P_k = (C_k − a w_k) / (C_n + b w_n).
ENDS = {
    "hf4": (0, 0),
    "hf5": (1 / 2, 0),
    "hf6": (0, 1),
    "hf7": (1, -1),
    "hf8": (1 / 3, 1 / 3),
    "hf9": (3 / 8, 1 / 4),
}


def by_hand(points: list[tuple[float, float]], p: float, rule: str) -> float:
    """Quantile of sorted answers with their weights, by the definition of the rule."""
    v, w = (np.array(x) for x in zip(*points, strict=True))
    n, total = len(v), w.sum()
    C = np.cumsum(w)
    if rule in ENDS:
        a, b = ENDS[rule]
        end = total + b * w[-1]
        return float(v[0] if n == 1 else np.interp(p, (C - a * w) / end, v))
    if rule == "shahvaish":
        C = C + (total / n - w) / 2
    k = min(next((k for k in range(n) if C[k] >= p * total - 1e-9), n - 1), n - 1)
    after = min(k + 1, n - 1)
    if abs(C[k] - p * total) < 1e-9:
        if rule in ("school", "hf2"):
            return float(v[k] + v[after]) / 2
        if rule == "hf3" and (k + 1) % 2 == 1:
            return float(v[after])
    return float(v[k])


@pytest.mark.parametrize("rule", RULES)
@few
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.sampled_from([2, 5]))
def test_every_rule_is_what_its_definition_says(rule, seed, D, heavy):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 14))
    y, domain = rng.choice([rng.normal(size=n), rng.integers(0, 4, n) * 1.0]), rng.integers(0, D, n)
    w = rng.integers(0, heavy, n) * 1.0  # many shares are met exactly
    order = sort_answers(y, domain, np.ones(n, dtype=bool), D, apart=rule in APART)
    p = rng.choice([0.0, 0.2, 0.25, 0.5, 0.6, 0.75, 0.9, 1.0], (D, 3))
    found = order.quantiles(order.weights(w), p, rule)
    for d in range(D):
        rows = sorted((y[i], i, w[i]) for i in range(n) if domain[i] == d and w[i] > 0)
        points = [(value, weight) for value, _, weight in rows]
        if rule not in APART:  # equal answers are one
            points = [(v, sum(b for a, b in points if a == v)) for v in sorted({v for v, _ in points})]
        for j in range(3):
            if points:
                assert_allclose(found[d, j], by_hand(points, p[d, j], rule), rtol=1e-9, atol=1e-12)
            else:
                assert np.isnan(found[d, j])
    assert np.isnan(order.quantiles(order.weights(w), np.full((D, 1), np.nan), rule)).all()
