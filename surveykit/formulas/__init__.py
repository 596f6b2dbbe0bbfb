"""Formulas: arrays in, arrays out; NumPy and SciPy only. One symbol, one meaning.

``w`` weight, ``y`` value, ``x`` denominator or auxiliary, ``h`` stratum, ``f`` sampling fraction,
``z`` weighted influence, ``u`` unweighted influence, ``T`` totals, ``S`` sums per cell.
"""
