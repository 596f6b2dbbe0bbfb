"""Synthetic adults in households in villages in the real communes of a province, and a survey of them.

Everything here is made up (“giả lập”) but the names, codes, types and areas of the communes. Every adult
has an answer in both waves, so the truth is known: it is counted over all adults, not estimated.

>>> population = simulate("Cao Bằng", seed=20261122, items=False)
>>> survey = draw_demo(population, seed=1)
>>> len(survey.forms)
2816
"""

from .answers import Population, simulate
from .lists import adult_list, commune_list, village_list
from .settings import AGES, ARMS, FACTORS, INDICATORS, ITEMS, SEXES, SYNTHETIC, WAVES, Settings
from .structure import Structure, build
from .survey import Survey, draw_demo

__all__ = [
    "AGES",
    "ARMS",
    "FACTORS",
    "INDICATORS",
    "ITEMS",
    "SEXES",
    "SYNTHETIC",
    "WAVES",
    "Population",
    "Settings",
    "Structure",
    "Survey",
    "adult_list",
    "build",
    "commune_list",
    "draw_demo",
    "simulate",
    "village_list",
]
