import unicodedata

import numpy as np
import pandas as pd
import pytest

from sampling import checks
from sampling.checks import (
    ArgumentError,
    ColumnError,
    DataError,
    LonelyPSUError,
    MarginError,
    SurveyWarning,
    check_choice,
    check_columns,
    check_fraction,
    check_frame,
    check_spellings,
    column_names,
    listed,
    near,
    nfc,
    plain,
)

DATA = pd.DataFrame({"commune": ["01273"], "weight": [1.0], "Khảo sát": [1]})


@pytest.mark.parametrize(
    ("ours", "parent"),
    [
        (ColumnError, KeyError),
        (ArgumentError, ValueError),
        (DataError, ValueError),
        (LonelyPSUError, ValueError),
        (MarginError, ValueError),
        (SurveyWarning, UserWarning),
    ],
)
def test_errors_have_built_in_parents(ours, parent):
    assert issubclass(ours, parent)


def test_a_column_error_reads_as_a_sentence_and_not_as_a_quoted_key():
    assert str(ColumnError("no such column")) == "no such column"
    assert str(ColumnError()) == ""


def test_every_public_name_exists():
    assert all(hasattr(checks, name) for name in checks.__all__)


def test_names_are_composed_and_stripped():
    assert nfc(unicodedata.normalize("NFD", "  Cao Bằng ")) == "Cao Bằng"


def test_two_levels_of_one_spelling_are_refused_though_neither_is_plain():
    for pair in (["Nữ ", " Nữ"], [" Nữ", unicodedata.normalize("NFD", "Nữ")]):
        with pytest.raises(DataError, match="would count as two"):
            check_spellings([1, "Nam", *pair], "gioi")
    check_spellings([1, None, "Nam ", unicodedata.normalize("NFD", "Nữ")], "gioi")


def test_plain_text_has_no_marks_and_no_capitals():
    assert plain("Đắk Lắk") == "dak lak"
    assert plain(unicodedata.normalize("NFD", "Thuỷ")) == plain("Thủy") == "thuy"


def test_near_finds_the_likely_name_with_or_without_marks():
    assert near("comune", ["commune", "village"]) == " Did you mean 'commune'?"
    assert near("khao sat", ["Khảo sát"]) == " Did you mean 'Khảo sát'?"
    assert near("xyz", ["commune"]) == ""
    assert near(2, [1, 22]) == " Did you mean 22?"


def test_listed_shows_the_first_values_and_counts_the_rest():
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed(range(7)) == "0, 1, 2, 3, 4 and 2 more"
    assert listed([np.float64(0.5), np.int64(3)]) == "0.5, 3"
    assert listed([]) == ""


def test_a_frame_is_a_dataframe_with_rows_and_unique_names():
    assert check_frame(DATA) is DATA
    with pytest.raises(TypeError) as kind:
        check_frame({"a": [1]})
    assert str(kind.value) == "data is a dict; pass a pandas DataFrame."
    with pytest.raises(ColumnError) as twice:
        check_frame(pd.DataFrame([[1, 2]], columns=["a", "a"]), "sample")
    assert str(twice.value) == (
        "sample has columns of the same name: 'a'. "
        "Rename or drop one of each, so that a name means one column."
    )
    with pytest.raises(DataError) as empty:
        check_frame(DATA.iloc[:0])
    assert str(empty.value) == "data has no rows. Check the filter or the file it came from."


def test_names_are_text_or_a_list_of_text():
    assert column_names(None, "by") == ()
    assert column_names("a", "by") == ("a",)
    assert column_names(["a", "b"], "by") == ("a", "b")


@pytest.mark.parametrize("values", [pd.Series([1]), np.array([1]), pd.Index(["a"]), DATA])
def test_values_instead_of_names_are_refused(values):
    with pytest.raises(TypeError) as error:
        column_names(values, "y")
    assert str(error.value) == (
        f"y is a {type(values).__name__}; pass the name of a column as text. "
        "Add the values to the data first if they are not there yet."
    )


@pytest.mark.parametrize("names", [5, ["a", 1], {"a"}])
def test_other_kinds_of_names_are_refused(names):
    with pytest.raises(TypeError) as error:
        column_names(names, "by")
    assert str(error.value) == f"by={names!r}: pass the name of a column, or a list of names."


def test_an_absent_column_is_named_with_the_likely_one():
    assert check_columns(DATA, ["commune", "weight"], "by") == ("commune", "weight")
    with pytest.raises(ColumnError) as error:
        check_columns(DATA, "comune", "psu")
    assert str(error.value) == "psu='comune': the data have no such column. Did you mean 'commune'?"


def test_a_choice_is_one_of_the_words():
    assert check_choice("t", ["t", "logit"], "method") == "t"
    with pytest.raises(ArgumentError) as error:
        check_choice("logitt", ["t", "logit"], "method")
    assert (
        str(error.value) == "method='logitt' is not known. Did you mean 'logit'? Choose one of 't', 'logit'."
    )
    with pytest.raises(ArgumentError, match=r"^method=\['t'\] is not known\. "):
        check_choice(["t"], ["t", "logit"], "method")


def test_a_level_is_a_share_and_not_a_percentage():
    assert check_fraction(np.float64(0.9)) == 0.9
    with pytest.raises(ArgumentError) as percent:
        check_fraction(95)
    assert str(percent.value) == "level=95: write it as a share between 0 and 1. Did you mean 0.95?"
    for value, shown in ((0, "0"), (1, "1"), (-2, "-2"), (400, "400"), (float("nan"), "nan")):
        with pytest.raises(ArgumentError) as error:
            check_fraction(value)
        assert str(error.value) == f"level={shown}: write it as a share between 0 and 1."


@pytest.mark.parametrize("value", ["0,95", None, True])
def test_a_level_is_a_number(value):
    with pytest.raises(TypeError) as error:
        check_fraction(value, "share")
    assert str(error.value) == f"share={value!r}: pass a number between 0 and 1."
