"""The drawn sample joined with the answers that came back."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import surveykit as sv
from sampling.checks import ArgumentError, ColumnError, DataError

SAMPLE = pd.DataFrame(
    {
        "ma": ["01273-1", "01273-2", "01276-1", "01276-2", "01279-1", "01279-2"],
        "weight": [10.0, 12, 10, 15, 20, 20],
        "xa": ["01273", "01273", "01276", "01276", "01279", "01279"],
        "so_xa": 9,
    }
)
ANSWERS = pd.DataFrame(
    {"ma": ["01279-1", "01273-1", "01276-2", "01273-2"], "diem": [4, 5, 3, 4], "gioi": ["Nam", "Nữ"] * 2}
)


def join(sample: Any = SAMPLE, answers: Any = ANSWERS, **words: Any) -> sv.Design:
    return sv.join(sample, answers, **{"id": "ma", "psu": "xa", **words})


def refused(kind: type[Exception], sentence: str, call: Any) -> None:
    """Fail unless the call is refused with exactly this sentence."""
    with pytest.raises(kind, match=f"^{re.escape(sentence)}$") as error:
        call()
    assert type(error.value) is kind


def test_people_without_answers_stay_as_rows_in_the_order_of_the_sample():
    design = join()
    assert design.data["ma"].tolist() == SAMPLE["ma"].tolist()
    assert design.data["responded"].tolist() == [True, True, False, True, True, False]
    assert design.data["diem"].fillna(0).tolist() == [5, 4, 0, 3, 4, 0]
    assert design.weights.tolist() == SAMPLE["weight"].tolist()


def test_a_joined_sample_is_ready_for_the_nonresponse_step():
    design = join().pipe(sv.adjust_nonresponse, responded="responded")
    assert_allclose(design.weights.sum(), SAMPLE["weight"].sum())
    mean = sv.mean(design, "diem")
    assert mean.context.missing == 0
    assert mean.n.iloc[0] == 4


def test_the_order_of_answers_and_the_indexes_never_matter():
    one = sv.mean(join(), "diem")
    other = sv.mean(join(SAMPLE.set_axis([7] * 6), ANSWERS.iloc[::-1].set_axis([0] * 4)), "diem")
    assert_allclose(other.value, one.value)
    assert_allclose(other.se, one.se)


@pytest.mark.parametrize("dtype", ["category", "string", "string[pyarrow]", "object"])
def test_the_type_of_ids_never_matters(dtype):
    one, other = SAMPLE.astype({"ma": dtype}), ANSWERS.astype({"ma": dtype})
    for sample, answers in ((one, other), (SAMPLE, other), (one, ANSWERS)):
        assert join(sample, answers).data["responded"].sum() == 4


def test_ids_are_known_in_whatever_form_their_marks_are_written():
    sample = SAMPLE.assign(ma=[f"Xã Đàm Thuỷ {k}" for k in range(6)])
    answers = ANSWERS.assign(ma=[unicodedata.normalize("NFD", f" Xã Đàm Thuỷ {k} ") for k in range(4)])
    assert join(sample, answers).data["responded"].tolist() == [True] * 4 + [False] * 2


def test_ids_may_be_numbers():
    design = join(SAMPLE.assign(ma=range(6)), ANSWERS.assign(ma=[4, 0, 3, 1]))
    assert design.data["responded"].sum() == 4


def test_everyone_may_have_answered_and_the_column_may_have_another_name():
    everyone = ANSWERS.merge(SAMPLE[["ma"]], how="right")
    design = join(answers=everyone, responded="co_phieu")
    assert design.data["co_phieu"].all()
    assert "responded" not in design.data


def test_weights_strata_and_sizes_are_columns_of_the_sample():
    design = join(SAMPLE.assign(tang="A"), weights="weight", strata="tang", fpc=None)
    assert design.strata == ("tang",)
    assert join(SAMPLE, fpc="so_xa", weights=None).weights.tolist() == [3.0] * 6


def test_neither_table_is_changed():
    sample, answers = SAMPLE.copy(), ANSWERS.copy()
    join(sample, answers)
    pd.testing.assert_frame_equal(sample, SAMPLE)
    pd.testing.assert_frame_equal(answers, ANSWERS)


def ids(*values: Any) -> pd.DataFrame:
    return ANSWERS.iloc[: len(values)].assign(ma=list(values))


NUMBERS = (
    "differ from those of the sample only by zeros at the start or by '.0': one file was read as numbers. "
    "Read the column as text in both: pd.read_csv(…, dtype={'ma': str})."
)
UNKNOWN = "Correct them, or drop those rows: their chance of selection is not known."


@pytest.mark.parametrize(
    ("kind", "call", "sentence"),
    [
        (
            DataError,
            lambda: join(answers=ids("01273-1", "01999-9")),
            f"id='ma': 1 ids of data are not in the sample ('01999-9'). {UNKNOWN}",
        ),
        (
            DataError,
            lambda: join(answers=ids("x", "y", "z")),
            f"id='ma': 3 ids of data are not in the sample ('x', 'y', 'z'). {UNKNOWN}",
        ),
        (
            DataError,
            lambda: join(SAMPLE.assign(ma=[f"0127{k}" for k in range(6)]), ids(1270, 1274)),
            f"id='ma': ids of data ('1270', '1274') {NUMBERS}",
        ),
        (
            DataError,
            lambda: join(SAMPLE.assign(ma=range(6)), ids(1.0, 2.0)),
            f"id='ma': ids of data ('1.0', '2.0') {NUMBERS}",
        ),
        (
            DataError,
            lambda: join(answers=ids("01273-1", "01273-1")),
            "id='ma': '01273-1' stands more than once in data. Keep one row each.",
        ),
        (
            DataError,
            lambda: join(SAMPLE.assign(ma=["a", "b", "a", "b", "c", "d"])),
            "id='ma': 'a', 'b' stands more than once in sample. Keep one row each.",
        ),
        (
            DataError,
            lambda: join(answers=ids("01273-1", None)),
            "id='ma' is missing in data, row 1. Every row needs its id.",
        ),
        (
            DataError,
            lambda: join(SAMPLE.assign(ma=SAMPLE["ma"].where(SAMPLE.index != 4))),
            "id='ma' is missing in sample, row 4. Every row needs its id.",
        ),
        (
            ColumnError,
            lambda: join(id="mã"),
            "id='mã': the data have no such column. Did you mean 'ma'?",
        ),
        (
            ColumnError,
            lambda: join(answers=ANSWERS.rename(columns={"ma": "ma_phieu"})),
            "id='ma': data has no such column. It has 'ma_phieu', 'diem', 'gioi'.",
        ),
        (TypeError, lambda: join(id=["ma"]), "id=['ma']: name one column."),
        (
            ColumnError,
            lambda: join(weights="quyen_so"),
            "weights='quyen_so': the data have no such column.",
        ),
        (
            ArgumentError,
            lambda: join(answers=ANSWERS.assign(xa="01273", so_xa=9)),
            "Columns 'xa', 'so_xa' stand in sample and in data. Rename or drop one of each.",
        ),
        (
            ArgumentError,
            lambda: join(answers=ANSWERS.assign(responded=1)),
            "responded='responded' is a column already. Give the new column another name.",
        ),
        (
            DataError,
            lambda: join(answers=ANSWERS[:0]),
            "data has no rows. Check the filter or the file it came from.",
        ),
        (TypeError, lambda: join(sample=[1]), "sample is a list; pass a pandas DataFrame."),
        (
            DataError,
            lambda: join(answers=ANSWERS.assign(thon="a"), psu="thon"),
            "psu='thon' is missing in rows 2, 5. Every row needs its stratum and units: fill them in, or "
            "drop rows that were never in the sample.",
        ),
    ],
)
def test_a_join_is_refused(kind, call, sentence):
    refused(kind, sentence, call)


def test_numbers_of_people_who_did_not_answer_are_missing_and_not_zero():
    design = join(answers=ANSWERS.assign(dung=[True, False, True, True]))
    assert np.isnan(sv.mean(design, "diem", by="responded").value[False])
    assert sv.mean(design, "dung").n.iloc[0] == 4
