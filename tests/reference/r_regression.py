"""Stored R calls: regression."""

from __future__ import annotations
