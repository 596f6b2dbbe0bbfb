"""One adult of a household: the Kish grid, the last or next birthday, or a draw from the full list.

Adults are numbered from 1 in the order of the household's list. Every rule returns the number chosen and the
probability with which it was, whose inverse goes into the weight.
"""

from .birthday import Rule, select_birthday
from .kish import (
    KISH_SHARES,
    KISH_TABLES,
    assign_kish_tables,
    kish_grid,
    kish_probabilities,
    kish_select,
    kish_table,
)
from .listed import select_adult

__all__ = [
    "KISH_SHARES",
    "KISH_TABLES",
    "Rule",
    "assign_kish_tables",
    "kish_grid",
    "kish_probabilities",
    "kish_select",
    "kish_table",
    "select_adult",
    "select_birthday",
]
