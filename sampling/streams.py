"""Random numbers that are the same for the same seed everywhere and for ever.

They are the raw 64-bit output of PCG64, a stream that NumPy keeps fixed, cut to 53 bits so that each fits a
float exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import ArgumentError

__all__ = ["TOP", "Seed", "Tape", "raw", "uniforms"]

Array = npt.NDArray[np.float64]
Seed = int | Sequence[int]

#: Random numbers are whole numbers below this.
TOP = 2**53


def uniforms(count: int, seed: Seed) -> Array:
    """Random numbers in [0, 1), the same for the same seed everywhere and for ever.

    Examples
    --------
    >>> uniforms(2, seed=1)
    array([0.51182162, 0.9504637 ])
    """
    return raw(count, seed).astype(np.float64) / TOP


def raw(count: int, seed: Seed) -> npt.NDArray[np.uint64]:
    """Random whole numbers below 2**53."""
    return _cut(_stream(seed).random_raw(count))


class Tape:
    """Random numbers one after another, for draws that cannot say beforehand how many they need.

    Examples
    --------
    >>> tape = Tape(1)
    >>> round(tape.next(), 8), round(tape.next(), 8)
    (0.51182162, 0.9504637)
    """

    def __init__(self, seed: Seed) -> None:
        self._source = _stream(seed)
        self._numbers: list[int] = []
        self._at = 0

    def whole(self) -> int:
        """Return the next number as a whole number below 2**53."""
        if self._at == len(self._numbers):
            self._numbers, self._at = _cut(self._source.random_raw(4096)).tolist(), 0
        self._at += 1
        return self._numbers[self._at - 1]

    def next(self) -> float:
        """Return the next number, in [0, 1)."""
        return self.whole() / TOP


def _stream(seed: Seed) -> np.random.PCG64:
    return np.random.PCG64(np.random.SeedSequence(checked_seed(seed)))


def _cut(numbers: Any) -> npt.NDArray[np.uint64]:
    return np.asarray(numbers, dtype=np.uint64) >> np.uint64(11)


def checked_seed(seed: Any) -> list[int]:
    """Return a seed as a list of whole numbers; refuse none, and one that two draws would share."""
    if seed is None:
        raise ArgumentError(
            "seed=None: a draw needs a seed, so that it can be repeated. Pass a number, e.g. 20261122."
        )
    parts = list(seed) if isinstance(seed, Sequence) and not isinstance(seed, str) else [seed]
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, (int, np.integer)):
            raise TypeError(f"seed={seed!r}: pass a whole number, or a sequence of whole numbers.")
    if not parts or min(parts) < 0 or (len(parts) > 1 and min(parts[1:]) < 1):
        raise ArgumentError(
            f"seed={seed!r}: pass 0 or more, followed by stages numbered from 1, e.g. (2026, 1)."
        )
    return [int(part) for part in parts]
