"""Taking a part of a frame, what a notebook shows of persons, and the column of multiplicity."""

import pandas as pd
import pytest

from sampling import Frame
from sampling.checks import ArgumentError, ColumnError, DataError


def frame(units, **changes):
    about = {"id": "ma", "name": "Thôn giả lập", "as_of": "2025-07-01", "source": "giả lập"}
    return Frame(pd.DataFrame(units), **(about | changes))


UNITS = {
    "ma": ["001", "002", "003", "004"],
    "loai": ["thôn", "tổ", None, "thôn"],
    "so_ho": [40, 120, 200, 300],
    "so_lan": [1, 1, 2, 2],
}


def test_select_keeps_everything_but_the_units_left_out():
    whole = frame(UNITS, strata="loai", size="so_ho", multiplicity="so_lan", meanings={"x": ("x", "x", "x")})
    part = whole.select("loai == 'thôn' and so_ho > 100")
    assert part.units["ma"].tolist() == ["004"]
    assert part.units.index.tolist() == [0]
    assert part.name == "Thôn giả lập (loai == 'thôn' and so_ho > 100)"
    assert whole.select("so_ho > 0", name="Tất cả").name == "Tất cả"
    for field in ("id", "strata", "size", "multiplicity", "meanings", "as_of", "source"):
        assert getattr(part, field) == getattr(whole, field)
    assert len(whole) == 4
    assert part.hash != whole.hash == whole.select("so_ho > 0").hash


def test_a_missing_value_meets_no_condition():
    assert frame(UNITS).select("loai == 'thôn'").units["ma"].tolist() == ["001", "004"]
    nullable = pd.DataFrame(UNITS).assign(seen=pd.array([True, None, False, True], dtype="boolean"))
    assert frame(nullable).select("seen").units["ma"].tolist() == ["001", "004"]


@pytest.mark.parametrize(
    ("condition", "kind", "said"),
    [
        (
            "so_hoo > 3",
            ColumnError,
            "condition='so_hoo > 3': the data have no column 'so_hoo'. Did you mean 'so_ho'? "
            "(Text values need quotation marks.)",
        ),
        (
            "so_ho >",
            ArgumentError,
            "condition='so_ho >' cannot be read (invalid syntax (<unknown>, line 1)). "
            "Write it like \"type == 'xã' and so_ho > 100\".",
        ),
        (
            "so_ho + 1",
            ArgumentError,
            "condition='so_ho + 1' gives no yes or no for each unit. "
            'Write a comparison, as in "so_ho > 100".',
        ),
        (
            "so_ho > @k",
            ArgumentError,
            "condition='so_ho > @k': it may name columns and values only, without '@' and '__'.",
        ),
        (
            "so_ho > 1000",
            DataError,
            "condition='so_ho > 1000': none of the 4 units meets it. Check the values.",
        ),
        (3, TypeError, "condition is a int; write it as text, as in \"type == 'xã'\"."),
    ],
)
def test_conditions_that_cannot_be_used(condition, kind, said):
    with pytest.raises(kind) as error:
        frame(UNITS).select(condition)
    assert str(error.value) == said


def test_a_notebook_does_not_show_who_a_person_is():
    people = frame(
        UNITS | {"ten_chu_ho": ["Lê A", "Lê B", "Lê C", "Lê D"], "SĐT": ["0912"] * 4}, size="so_ho"
    )
    html = people._repr_html_()
    assert "Lê A" not in html
    assert "0912" not in html
    assert "Không hiện ở đây vì có thể là dữ liệu cá nhân: ten_chu_ho, SĐT." in html
    assert "dữ liệu cá nhân" not in frame(UNITS, size="so_ho")._repr_html_()


def test_the_column_of_multiplicity_must_be_there_and_hold_whole_numbers_from_one():
    with pytest.raises(ColumnError) as error:
        frame(UNITS, multiplicity="so_lam")
    assert str(error.value) == "multiplicity='so_lam': the data have no such column. Did you mean 'so_lan'?"
    assert frame(UNITS, size="so_ho", multiplicity="so_lan").problems().empty
    wrong = frame(UNITS | {"so_lan": [1, 0, None, 1.5]}, size="so_ho", multiplicity="so_lan").problems()
    assert wrong[["check", "level", "n", "where"]].to_numpy().tolist() == [
        ["số lần có tên không hợp lệ", "lỗi", 3, "002; 003; 004"]
    ]
