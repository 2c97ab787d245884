"""Reading published marts, and the registry rows every product needs beside them.

Reads only; a figure is never computed or changed here. Nobody opens the warehouse file: marts are
read from the Parquet files that were published together.
"""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, seed

ENGLAND, LONDON = "E92000001", REGION.code  # London for short: the region served
INNER_LONDON, OUTER_LONDON = "E13000001", "E13000002"


class MartError(Exception):
    """A mart is missing or not what this version expects; the message says what to run."""


def read_mart(
    marts: Path, name: str, columns: list[str], filters: list[tuple] | None = None
) -> pd.DataFrame:
    """The named columns of one mart, rows filtered while reading."""
    path = marts / f"{name}.parquet"
    if not path.is_file():
        raise MartError(f"{path} is missing. Build the marts first: liia run --quarter <quarter>")
    absent = [column for column in columns if column not in pq.read_schema(path).names]
    if absent:
        raise MartError(
            f"{path} has no column {', '.join(absent)}. It was built by another version: "
            "build the marts again with liia run"
        )
    return pd.read_parquet(path, columns=columns, filters=filters)


def require_unique(frame: pd.DataFrame, name: str, keys: list[str]) -> None:
    """Refuses rows that would fall on one cell: printing either of them would hide the other."""
    twice = frame[frame.duplicated(keys)]
    if not twice.empty:
        raise MartError(
            f"{name} has more than one row for {', '.join(map(str, twice.iloc[0][keys]))}"
        )


def current_set(quarter: Quarter) -> pd.DataFrame:
    """The RIIA set in force at the quarter's end: `indicator_code`, `position`, in its order."""
    members = seed("registry/indicator_set_members")
    members = members[members["set_id"] == indicator_set_in_force(quarter.end.isoformat())]
    positions = members.assign(position=members["position"].astype(int)).sort_values("position")
    return positions[["indicator_code", "position"]].reset_index(drop=True)


def product_settings(product_id: str) -> dict[str, str]:
    """One row of the registry's products."""
    products = seed("registry/products").set_index("product_id")
    return {str(key): str(value) for key, value in products.loc[product_id].items()}


def value_symbols(status: pd.Series) -> pd.Series:
    """The DfE symbol that stands for a value of each status; '' for `ok`."""
    known = seed("registry/value_statuses").set_index("value_status")["dfe_symbol"]
    unknown = sorted(set(status.dropna()) - set(known.index))
    if unknown:
        raise MartError(
            f"Value status {', '.join(unknown)} is not in seeds/registry/value_statuses.csv"
        )
    return status.map(known)


def is_synthetic(release_id: pd.Series) -> bool:
    """Whether any row comes from the synthetic landing zone, which marks its releases."""
    return bool(release_id.fillna("").str.startswith("SYNTHETIC").any())
