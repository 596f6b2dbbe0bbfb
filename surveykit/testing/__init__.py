"""Tests: tables of two columns, given shares, means of groups and pairs, ranks."""

from surveykit.testing.crosstab import Crosstab, crosstab
from surveykit.testing.fit import goodness_of_fit, mcnemar
from surveykit.testing.ranks import rank_test
from surveykit.testing.ttests import t_test

__all__ = ["Crosstab", "crosstab", "goodness_of_fit", "mcnemar", "rank_test", "t_test"]
