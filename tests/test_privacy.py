import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.checks import ArgumentError, ColumnError, DataError
from surveykit.privacy import SmallCells, feasible_range, hide_counts, hide_estimates, mark, with_totals


@pytest.mark.parametrize(
    ("n", "shown"),
    [(0, "hidden"), (9, "hidden"), (10, "star"), (29, "star"), (30, ""), (float("nan"), "hidden")],
)
def test_an_estimate_is_hidden_below_10_answers_and_starred_below_30(n, shown):
    assert SmallCells().mark(n) == shown


def test_limits_can_be_changed_but_not_contradict_each_other():
    assert mark(pd.Series([15, 60]), SmallCells(suppress=20, star=50)).tolist() == ["hidden", ""]
    with pytest.raises(ArgumentError, match=r"suppress=40.*between 0 and star"):
        SmallCells(suppress=40)


def test_hidden_rows_lose_estimate_and_interval_and_the_frame_given_stays_as_it_was():
    frame = pd.DataFrame({"p": [0.4, 0.5], "low": [0.1, 0.2], "n": [9, 10], "name": ["a", "b"]})
    before = frame.copy()
    out = hide_estimates(frame, ["p", "low"], n="n")
    assert out["p"].isna().tolist() == [True, False]
    assert out["low"].isna().tolist() == [True, False]
    assert out["name"].tolist() == ["a", "b"]
    assert out["mark"].tolist() == ["hidden", "star"]
    pd.testing.assert_frame_equal(frame, before)


def test_hiding_an_unknown_column_names_the_likely_one():
    with pytest.raises(ColumnError, match="Did you mean 'low'"):
        hide_estimates(pd.DataFrame({"low": [0.1], "n": [5]}), ["lowe"], n="n")


def test_a_table_without_small_cells_is_printed_whole_with_its_totals():
    out = hide_counts(pd.DataFrame({"a": [10, 20], "b": [30, 40]}), total="all")
    assert out.loc["all"].tolist() == [30, 70, 100]
    assert out["all"].tolist() == [40, 60, 100]
    assert not out.isna().any(axis=None)


def test_a_small_cell_alone_would_be_the_difference_of_the_totals_so_others_go_with_it():
    counts = pd.DataFrame({"a": [40, 3, 60], "b": [35, 30, 50]})
    out = hide_counts(counts, total="all")
    assert pd.isna(out.loc[1, "a"])
    assert out.isna().sum().sum() == 4
    assert out.loc["all"].notna().all()
    assert out["all"].notna().all()


def test_zero_is_a_small_count_too():
    assert pd.isna(hide_counts(pd.DataFrame({"a": [0, 40], "b": [30, 20]}), total="all").loc[0, "a"])


def test_a_table_of_one_column_hides_a_second_cell():
    out = hide_counts(pd.DataFrame({"a": [3, 40, 50]}), total="all")
    assert out["a"].isna().sum() >= 2


def test_a_table_that_cannot_be_protected_is_hidden_whole():
    assert hide_counts(pd.DataFrame({"a": [1]}), total="all").isna().all(axis=None)


@pytest.mark.parametrize("cell", [-1, np.nan, np.inf])
def test_counts_must_be_whole_numbers(cell):
    with pytest.raises(DataError, match="whole numbers"):
        hide_counts(pd.DataFrame({"a": [5.0, cell]}), total="all")


def test_the_range_of_a_hidden_cell_is_what_the_totals_leave_open():
    table = with_totals(np.array([[3.0, 7.0], [9.0, 11.0]]))
    hidden = np.zeros_like(table, dtype=bool)
    hidden[0, 0] = True
    assert feasible_range(table, hidden, (0, 0)) == (3, 3)
    hidden[:2, :2] = True
    assert feasible_range(table, hidden, (0, 0)) == (0, 10)


@settings(max_examples=40)
@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(0, 30), min_size=width, max_size=width), min_size=2, max_size=6
        )
    )
)
def test_law_no_small_count_can_be_told_from_what_is_printed(rows):
    rules = SmallCells()
    out = hide_counts(pd.DataFrame(rows), total="all", rules=rules)
    table, hidden = with_totals(np.array(rows, dtype=float)), out.isna().to_numpy()
    printed = out.to_numpy(dtype=float, na_value=np.nan)
    assert (printed[~hidden] == table[~hidden]).all()
    assert (table[~hidden] >= rules.cell).all()
    if not hidden.all():
        for i, j in np.argwhere(table < rules.cell):
            low, high = feasible_range(table, hidden, (int(i), int(j)))
            assert low <= table[i, j] <= high
            assert high - low >= rules.cell - 1 - 1e-6
