"""Exact rounding, half up, as the published statistics round.

Marts hold unrounded doubles, and a double may lie just under a tie that the fraction hits exactly
(28.5 % of 1,000 is 28.499999999999996 as a double). Where numerator and denominator are known the
rounding is therefore done on whole numbers. Suppression comes before: no symbols here.
"""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import floor

import numpy as np
import pandas as pd

# FTE are recorded to at most four decimals: on this grid every component is a whole number.
_GRID = 10_000
_INT64_SAFE = 2.0**62


def half_up(
    numerator: pd.Series,
    denominator: pd.Series,
    multiplier: pd.Series | int,
    decimals: pd.Series | int,
) -> pd.Series:
    """`numerator / denominator * multiplier`, rounded half up; NaN without a usable denominator.

    Ties go away from zero, as Decimal's ROUND_HALF_UP has it. Components off the grid and products
    beyond 64 bits take a slower path over exact fractions, with the same answer.
    """
    parts = pd.DataFrame({"n": numerator, "d": denominator, "m": multiplier, "p": decimals})
    parts = parts.dropna().query("d != 0").astype(float)
    grid = (parts[["n", "d"]] * _GRID).round()
    # A sum of FTE carries float noise; within a tenth of a thousandth of a grid step it is noise.
    on_grid = ((parts[["n", "d"]] * _GRID - grid).abs() < 1e-4).all(axis=1)
    factor = parts["m"] * 10 ** parts["p"]
    size = 2 * grid["n"].abs() * factor + grid["d"].abs()
    fast = on_grid & (factor % 1 == 0) & (size < _INT64_SAFE) & (2 * grid["d"].abs() < _INT64_SAFE)

    top, bottom = (grid.loc[fast, side].abs().astype("int64") for side in ("n", "d"))
    steps = (2 * top * factor[fast].astype("int64") + bottom) // (2 * bottom)
    sign = np.sign(parts["n"]) * np.sign(parts["d"])
    slow = [_steps(*row) for row in parts[~fast].itertuples(index=False)]
    steps = pd.concat([steps.astype(float), pd.Series(slow, parts.index[~fast], dtype=float)])
    # Adding zero turns a minus zero into zero, which would print as "-0.0".
    rounded = sign * steps.reindex(parts.index) / 10 ** parts["p"] + 0.0
    return rounded.reindex(numerator.index)


def _steps(n: float, d: float, m: float, p: float) -> int:
    """How many steps of the last decimal the absolute ratio has, on exact fractions."""
    exact_n, exact_d, exact_m = (Fraction(repr(abs(part))) for part in (n, d, m))
    return floor(exact_n * exact_m * 10 ** int(p) / exact_d + Fraction(1, 2))


def half_up_double(value: pd.Series, decimals: pd.Series | int) -> pd.Series:
    """A plain double rounded half up as it prints, so that 2.675 to two decimals is 2.68."""
    parts = pd.DataFrame({"v": value, "p": decimals}).dropna()
    rounded = [
        float(Decimal(repr(v)).quantize(Decimal(1).scaleb(-int(p)), ROUND_HALF_UP)) + 0.0
        for v, p in zip(parts["v"].tolist(), parts["p"].tolist(), strict=True)
    ]
    return pd.Series(rounded, index=parts.index, dtype=float).reindex(value.index)


def rounded_value(
    value: pd.Series,
    numerator: pd.Series,
    denominator: pd.Series,
    multiplier: pd.Series | int,
    decimals: pd.Series | int,
) -> pd.Series:
    """`value` rounded half up: by its fraction where the fraction is the value, else as a double.

    Published figures and figures with a further factor (working days) are not numerator over
    denominator; for those the double is all there is.
    """
    is_fraction = np.isclose(numerator * multiplier / denominator, value, rtol=1e-9, atol=0)
    by_fraction = half_up(numerator.where(is_fraction), denominator, multiplier, decimals)
    return by_fraction.where(is_fraction, half_up_double(value.mask(is_fraction), decimals))


def fixed(value: pd.Series, decimals: pd.Series | int) -> pd.Series:
    """Already rounded values as text with their decimals: 12.0 stays `12.0`; missing is ''."""
    parts = pd.DataFrame({"v": value, "p": decimals})
    pairs = zip(parts["v"].tolist(), parts["p"].tolist(), strict=True)
    texts = ["" if pd.isna(v) else f"{v:.{int(p)}f}" for v, p in pairs]
    return pd.Series(texts, index=value.index, dtype="str")


def plain(value: pd.Series) -> pd.Series:
    """Counts and FTE as text: whole numbers without a point, else up to four decimals."""
    texts = fixed(half_up_double(value, 4), 4)
    return texts.str.rstrip("0").str.rstrip(".")


def grouped(value: pd.Series, decimals: pd.Series | int, missing: str = "–") -> pd.Series:
    """Already rounded values as pages print them: `1,234.5`, and `missing` where there is none."""
    parts = pd.DataFrame({"v": value, "p": decimals})
    pairs = zip(parts["v"].tolist(), parts["p"].tolist(), strict=True)
    texts = [missing if pd.isna(v) else f"{v:,.{int(p)}f}".replace("-", "−") for v, p in pairs]
    return pd.Series(texts, index=value.index, dtype="str")
