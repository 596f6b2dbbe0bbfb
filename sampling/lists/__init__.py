"""A user's own list, an Excel or CSV file of villages, households or transactions, read as it was meant."""

from .condition import meets
from .numbers import as_numbers, read_numbers
from .persons import count_lines, personal
from .reading import Sheet, read_sheet
from .table import read_list

__all__ = [
    "Sheet",
    "as_numbers",
    "count_lines",
    "meets",
    "personal",
    "read_list",
    "read_numbers",
    "read_sheet",
]
