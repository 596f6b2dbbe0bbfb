"""Corners of the look for separation."""

import numpy as np

from surveykit.formulas import glm


def test_an_information_that_is_no_number_leaves_the_last_step_to_tell():
    X, y = np.column_stack([np.ones(4), [0.0, 1, 2, 3]]), np.array([0.0, 0, 1, 1])
    A = np.full((2, 2), np.inf)
    way = np.array([-1.5, 1.0])
    found = glm.separation(X, y, np.ones(4), A, (way,), False)
    assert found is way
    assert glm.separation(X, y, np.ones(4), A, (np.array([1.0, 0.0]),), True) is None


def test_how_far_the_search_came_tells_where_its_last_step_does_not():
    X, y = np.array([[1.0, 0], [1, 0], [1, 1], [1, 1]]), np.array([0.0, 0, 1, 1])
    lost, far = np.array([np.nan, np.nan]), np.array([-18.0, 40.0])
    assert glm.separation(X, y, np.ones(4), np.zeros((2, 2)), (lost, far), False) is far
    assert glm.separation(X, y, np.ones(4), np.zeros((2, 2)), (lost,), False) is None
