"""Rounding half up, exact where binary floating point is not."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

from exports.rounding import fixed, grouped, half_up, half_up_double, plain, rounded_value


def s(*values: float | None) -> pd.Series:
    return pd.Series(values, dtype=float)


@pytest.mark.parametrize(
    ("numerator", "denominator", "multiplier", "decimals", "expected"),
    [
        (1, 8, 100, 1, 12.5),
        (1, 8, 100, 0, 13.0),  # 12.5: banker's rounding would say 12
        (5, 2, 1, 0, 3.0),  # 2.5: banker's rounding would say 2
        (49, 400, 100, 1, 12.3),  # exactly 12.25
        (285, 1000, 100, 0, 29.0),  # exactly 28.5, as a double 28.499999999999996
        (1, 3, 100, 1, 33.3),
        (0, 7, 100, 1, 0.0),
        (-5, 2, 1, 0, -3.0),
        (-1, 1000, 100, 0, 0.0),
        (19.3, 204.5, 100, 1, 9.4),  # Camden's agency rate, FTE
        (0.0005, 1, 1, 3, 0.001),  # four decimals
        (0.000005, 1, 1, 5, 0.00001),  # off the grid: six decimals
        (7e8, 2e9, 10_000_000_000, 1, 3.5e9),  # beyond 64 bits on the grid
    ],
)
def test_ties_go_up(
    numerator: float, denominator: float, multiplier: int, decimals: int, expected: float
) -> None:
    assert half_up(s(numerator), s(denominator), multiplier, decimals)[0] == expected


def test_matches_exact_fractions_for_many_ratios() -> None:
    rng = np.random.default_rng(7)
    n = pd.Series(rng.integers(0, 5_000, 5_000) / rng.choice([1, 10, 20, 100, 10_000], 5_000))
    d = pd.Series(rng.integers(1, 2_000, 5_000) / rng.choice([1, 2, 10, 40], 5_000))
    got = half_up(n, d, 100, 1)
    for a, b, c in zip(n, d, got, strict=True):
        exact = Fraction(repr(a)) / Fraction(repr(b)) * 100
        assert Fraction(repr(c)) == Fraction(int(exact * 10 + Fraction(1, 2)), 10)


def test_noise_of_a_float_sum_does_not_break_a_tie() -> None:
    noisy = sum([0.1] * 3)  # 0.30000000000000004
    assert half_up(s(noisy), s(0.48), 100, 0)[0] == 63  # 62.5 exactly


def test_no_denominator_no_value() -> None:
    assert half_up(s(1, None, 1), s(0, 5, None), 100, 1).isna().all()


def test_doubles_round_as_they_print() -> None:
    got = half_up_double(s(2.675, 0.5, 1.5, 2.5, None, -0.04), pd.Series([2, 0, 0, 0, 1, 1]))
    assert got.tolist()[:4] == [2.68, 1.0, 2.0, 3.0]
    assert np.isnan(got[4])
    assert fixed(got, 1)[5] == "0.0"
    assert half_up_double(s(1e15 + 0.5), 0)[0] == float(
        Decimal(repr(1e15 + 0.5)).quantize(Decimal(1), ROUND_HALF_UP)
    )


def test_the_fraction_is_used_only_where_it_is_the_value() -> None:
    value = s(285 / 1000 * 100, 1.15, 12.34)
    got = rounded_value(value, s(285, 731, None), s(1000, 185.2, None), 100, pd.Series([0, 1, 1]))
    assert got.tolist() == [29.0, 1.2, 12.3]


def test_decimals_may_differ_by_row_and_rows_keep_their_index() -> None:
    index = [5, 9]
    got = half_up(
        pd.Series([1.0, 1.0], index),
        pd.Series([8.0, 8.0], index),
        pd.Series([100, 1], index),
        pd.Series([0, 2], index),
    )
    assert got.to_dict() == {5: 13.0, 9: 0.13}


def test_plain_prints_counts_without_a_point() -> None:
    assert plain(s(12, 185.2, 1852.3000000000002, 100, None)).tolist() == [
        "12",
        "185.2",
        "1852.3",
        "100",
        "",
    ]


def test_grouped_is_for_reading_and_tells_no_figure_from_zero() -> None:
    got = grouped(s(10330, 1234.5, 0, -0.4, None), pd.Series([0, 1, 1, 1, 1]))
    assert got.tolist() == ["10,330", "1,234.5", "0.0", "−0.4", "–"]
    assert grouped(s(None), 0, missing="no figure").tolist() == ["no figure"]
