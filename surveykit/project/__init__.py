"""A report's settings file, its tables, and the survey design that they describe.

``read_project`` is the one door: it reads the TOML file, checks every key, file, column and code against
each other, and builds the weighted design. What it returns has fixed column names (``id wave commune village
stratum weight responded arm treated satisfied group_1 …``), so that the report never asks what a user called
them.
"""

from __future__ import annotations

from .data import ARMS, Project, read_project
from .settings import SCHEMA, Settings, keys_table, read_settings

__all__ = ["ARMS", "SCHEMA", "Project", "Settings", "keys_table", "read_project", "read_settings"]
