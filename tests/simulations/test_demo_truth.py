"""The demo from end to end, again and again on fresh synthetic populations (giả lập): is the truth inside?"""

import re

import numpy as np
import pytest
from projects import EXAMPLE, SETTINGS

import surveykit as sv
from surveykit.population import build, draw_demo, simulate
from surveykit.project import read_project

AIM = 0.93  # share of the 95 % intervals that hold the true effect


@pytest.fixture(scope="module")
def settings():
    """The demo's settings without the groups of items and the truth; populations without items are faster."""
    text = (EXAMPLE / SETTINGS).read_text(encoding="utf-8")
    text = re.sub(r"^\[outcome\.groups\].*\n(.+\n)*", "", text, flags=re.MULTILINE)
    return re.sub(r"^truth = .*\n", "", text, flags=re.MULTILINE)


def printed(survey, settings, folder):
    """The interval that the report prints for this survey, from its files on."""
    forms = dict(tuple(survey.forms.groupby("dot")))
    tables = {f"phieu_dot_{wave}.csv": table for wave, table in forms.items()}
    tables |= {"xa.csv": survey.communes, "bien_dan_so.csv": survey.margins}
    for name, table in tables.items():
        table.to_csv(folder / name, index=False, encoding="utf-8-sig")
    (folder / SETTINGS).write_text(settings, encoding="utf-8")
    design = read_project(folder / SETTINGS).design
    effect = sv.did(design, "satisfied", treated="treated", wave="wave", unit="commune")
    return effect.ci().iloc[0]


@pytest.mark.slow
def test_the_true_effect_lies_in_the_printed_interval(repetitions, settings, tmp_path):
    n = repetitions(500, 60)
    place = build("Cao Bằng")
    inside = np.zeros(2)  # the effect counted in this population, and the one it was made from
    for seed in range(1, n + 1):
        population = simulate(place, seed=seed, items=False)
        low, high = printed(draw_demo(population, seed=seed), settings, tmp_path)
        truth = np.array([population.effect()[0], place.settings.effect])
        inside += (low <= truth) & (truth <= high)
    least = AIM - 2 * np.sqrt(AIM * (1 - AIM) / n)
    assert (inside / n >= least).all(), f"{inside / n} of {n}"
