"""Rounding in exact arithmetic, written apart from exports/rounding.py, which it tests."""

from fractions import Fraction
from math import floor


def exact(number: float | str) -> Fraction:
    """The decimal that was printed, not the double next to it."""
    return Fraction(str(number))


def half_up(value: Fraction, decimals: int) -> Fraction:
    """Rounded half up; every figure here is positive or zero."""
    return Fraction(floor(value * 10**decimals + Fraction(1, 2)), 10**decimals)


def rate(numerator: float, denominator: float, multiplier: float, decimals: int) -> Fraction:
    """`numerator / denominator * multiplier`, half up, from the decimals that DfE printed."""
    return half_up(exact(numerator) * exact(multiplier) / exact(denominator), decimals)
