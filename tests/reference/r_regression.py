"""Stored R calls: regression."""

from __future__ import annotations

import re

import numpy as np
from reference import shapes
from reference.designs import r_case_design
from reference.r_registry import Case, call
from reference.shapes import Tree

import surveykit as sv
