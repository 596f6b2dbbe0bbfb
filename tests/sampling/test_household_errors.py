"""What the selection within a household refuses, in the words that a user reads."""

import pandas as pd
import pytest

from sampling.checks import ArgumentError, DataError
from sampling.household import (
    assign_kish_tables,
    kish_probabilities,
    kish_select,
    kish_table,
    select_adult,
    select_birthday,
)

FAMILY = ["1961-11-03", "1964-02-29", "1990-07-15"]


@pytest.mark.parametrize(
    ("kind", "call", "message"),
    [
        (
            ArgumentError,
            lambda: kish_table("G"),
            "name='G' is not known. Choose one of 'A', 'B1', 'B2', 'C', 'D', 'E1', 'E2', 'F'.",
        ),
        (
            ArgumentError,
            lambda: kish_select(["A", "G"], [2, 2]),
            "table='G' is not known. Choose one of 'A', 'B1', 'B2', 'C', 'D', 'E1', 'E2', 'F'.",
        ),
        (
            ArgumentError,
            lambda: kish_select(["A", "C"], [2, 0]),
            "adults=0 for 1: pass a whole number from 1 to 999.",
        ),
        (ArgumentError, lambda: kish_probabilities(2.5), "adults=2.5: pass a whole number from 1 to 999."),
        (ArgumentError, lambda: kish_probabilities(True), "adults=True: pass a whole number from 1 to 999."),
        (
            ArgumentError,
            lambda: kish_select(["A", "C"], [2, 1, 3]),
            "table has 2 values and adults has 3. Pass one of each for a household.",
        ),
        (
            ArgumentError,
            lambda: kish_select(pd.Series({"H1": "A"}), pd.Series({"H2": 3})),
            "table and adults are Series of different households. Give both one value for each household.",
        ),
        (
            ArgumentError,
            lambda: assign_kish_tables(5, seed=None),
            "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122.",
        ),
        (
            ArgumentError,
            lambda: assign_kish_tables(0, seed=1),
            "questionnaires=0: pass a number of 1 or more, or their ids.",
        ),
        (
            DataError,
            lambda: assign_kish_tables(["P1", "P2", "P1"], seed=1),
            "questionnaires: 'P1' is there more than once. Give each an id of its own, or drop the "
            "repeated rows.",
        ),
        (
            DataError,
            lambda: assign_kish_tables(["P1", None], seed=1),
            "questionnaires has no id for 1 of 2, first in row 1. Fill it in, or drop the row.",
        ),
        (
            DataError,
            lambda: select_adult([], [], seed=1),
            "households has no values. Check the filter or the file it came from.",
        ),
        (
            ArgumentError,
            lambda: select_adult(["H1", "H2"], [2], seed=1),
            "adults has 1 values for 2 households. Pass one for each, in their order.",
        ),
        (
            ArgumentError,
            lambda: select_adult(["H1", "H2"], [2, 1000], seed=1),
            "adults=1000 for 'H2': pass a whole number from 1 to 999.",
        ),
        (
            DataError,
            lambda: select_adult(["H1", "H2"], [2, None], seed=1),
            "adults is missing for 'H2'. Count them, or leave the household out.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(FAMILY, "2026-11-22", rule="lats"),
            "rule='lats' is not known. Did you mean 'last'? Choose one of 'last', 'next'.",
        ),
        (
            DataError,
            lambda: select_birthday([], "2026-11-22"),
            "birthdays has no values. Check the filter or the file it came from.",
        ),
        (
            DataError,
            lambda: select_birthday(["05-01", None], "2026-11-22"),
            "birthdays is missing for adult 2. Ask again, or draw from the full list with select_adult, "
            "which "
            "needs no birthdays.",
        ),
        (
            DataError,
            lambda: select_birthday(["05-01", None, None], "2026-11-22", household=["H1", "H2", "H2"]),
            "birthdays is missing for adult 1 of household 'H2' and 1 more. Ask again, or draw from the "
            "full list "
            "with select_adult, which needs no birthdays.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(["05-01", "1990-02-29"], "2026-11-22"),
            "birthdays: '1990-02-29' of adult 2 is not a day. Write it as 'yyyy-mm-dd' or 'mm-dd'.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(["15/07/1990"], "2026-11-22"),
            "birthdays: '15/07/1990' of adult 1 is not a day. Write it as 'yyyy-mm-dd' or 'mm-dd'.",
        ),
        (
            TypeError,
            lambda: select_birthday([1990], "2026-11-22"),
            "birthdays holds 1990 for adult 1. Pass a date, or text such as '1990-07-15'.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(["05-01", "05-09", "1970-05-09"], "2026-05-10"),
            "birthdays: adults 2, 3 share the birthday that decides. "
            "Pass seed=..., and one of them is drawn by lot.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(["05-01", "05-09", "05-09"], "2026-05-10", household=["H1", "H2", "H2"]),
            "birthdays: adults 1, 2 of household 'H2' share the birthday that decides. "
            "Pass seed=..., and one of them is drawn by lot.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(FAMILY, "22/11/2026"),
            "day='22/11/2026' is not a day. Write it as 'yyyy-mm-dd'.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(FAMILY, ["2026-11-22", "2026-11-23"]),
            "day has 2 values for 3 birthdays. Pass one for all, or one for each adult.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(FAMILY, ["2026-11-22", "2026-11-22", "2026-11-23"]),
            "day differs for adult 3 from the adult before. Pass one day for a household.",
        ),
        (
            ArgumentError,
            lambda: select_birthday(FAMILY, "2026-11-22", household=["H1"]),
            "household has 1 values for 3 birthdays. Pass the household of each adult.",
        ),
        (
            DataError,
            lambda: select_birthday(FAMILY, "2026-11-22", household=["H1", None, "H1"]),
            "household is missing in row 1. Fill it in, or drop the row.",
        ),
    ],
)
def test_what_cannot_be_selected_is_refused(kind, call, message):
    with pytest.raises(kind) as error:
        call()
    assert str(error.value) == message
