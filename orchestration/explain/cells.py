"""A cell of a mart as a plain value, None where it is empty."""

from typing import Any

import pandas as pd

from ingestion.landing import LONDON


def text(cell: Any) -> str | None:  # noqa: ANN401 - a cell of any column
    return None if cell is None or pd.isna(cell) or cell == "" else str(cell)


def decimal(cell: Any) -> float | None:  # noqa: ANN401
    return None if cell is None or pd.isna(cell) else float(cell)


def whole(cell: Any) -> int | None:  # noqa: ANN401
    return None if cell is None or pd.isna(cell) else int(cell)


def moment(cell: Any) -> str | None:  # noqa: ANN401
    """A point in time, as the clock in London says it."""
    if cell is None or pd.isna(cell):
        return None
    return pd.Timestamp(cell).tz_convert(LONDON).isoformat(timespec="seconds")


def number(value: float) -> str:
    """1,234; 84.1797: at most four decimals."""
    return f"{value:,.4f}".rstrip("0").rstrip(".")
