"""What a figure of the marts prints, on whichever page, sheet or form it stands.

Rounds and finds the symbol; where it stands and what is said of it is its product's business.
"""

import pandas as pd

from exports.marts import value_symbols
from exports.rounding import fixed, plain, rounded_value

# Short, beside a number in a table, and in full.
UNITS = {
    "percent": ("%", "per cent"),
    "rate_per_10000": ("per 10k", "rate per 10,000 population"),
    "fte": ("FTE", "full-time equivalents"),
    "days": ("days", "days"),
    "count": ("number", "number"),
    "number": ("number", "number: no rate, because the population is not loaded"),
}
SHORT_UNITS = {unit: short for unit, (short, _) in UNITS.items()}
POLARITIES = {
    "high": ("↑", "high is better"),
    "low": ("↓", "low is better"),
    "none": ("·", "neither high nor low is better"),
}


def own_figure(rows: pd.DataFrame) -> pd.DataFrame:
    """`value` rounded half up, `text` as printed, and `has_value`: whether that is a number.

    rows: display_value, display_unit, numerator, denominator, multiplier, decimals, value_status,
    as in `mart_tartan_rug`. A count stands in where a rate has no population: it is shown, though
    the rate is not derivable. What has no value prints the symbol of its status.
    """
    counted = rows["display_unit"] == "number"
    rounded = rounded_value(
        rows["display_value"],
        rows["numerator"],
        rows["denominator"],
        rows["multiplier"],
        rows["decimals"],
    )
    number = fixed(rounded, rows["decimals"]).mask(counted, plain(rows["display_value"]))
    usable = (rows["value_status"] == "ok") | (counted & (rows["value_status"] == "not_derivable"))
    has_value = usable & (number != "")
    symbol = value_symbols(rows["value_status"]).replace("", "x")
    return pd.DataFrame(
        {
            "has_value": has_value,
            "value": rounded.mask(counted, rows["display_value"]).where(has_value),
            "text": number.where(has_value, symbol),
        }
    )


def london_text(rows: pd.DataFrame) -> pd.Series:
    """London's figure beside each row as it prints; its count in a row of counts, '' for none."""
    rounded = rounded_value(
        rows["london_value"],
        rows["london_numerator"],
        rows["london_denominator"],
        rows["multiplier"],
        rows["decimals"],
    )
    counted = rows["display_unit"] == "number"
    return fixed(rounded, rows["decimals"]).mask(counted, plain(rows["london_numerator"]))


def ordinal(place: int) -> str:
    """1st, 2nd, 3rd, 11th."""
    ending = "th" if place % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(place % 10)
    return f"{place}{ending or 'th'}"
