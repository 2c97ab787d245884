"""The RIIA set of a quarter as it is handed out: its rows, and their open data pair.

Belongs here: which rows there are (authorities that may be in it, and London), what stands in a
cell that has no number, and the CSV and meta pair in DfE's standard that each such product lays out
by its own columns in the registry. Does not belong here: whose figures may be given
(`protected.py`), and what one product adds or leaves away.
"""

from pathlib import Path

import pandas as pd

from exports import protected
from exports.files import csv_text, formula_safe
from exports.marts import (
    ENGLAND,
    LONDON,
    MartError,
    current_set,
    is_synthetic,
    product_settings,
    read_mart,
    value_symbols,
)
from exports.release.register import Authorities
from exports.rounding import fixed, plain, rounded_value
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = (*protected.MARTS, "dim_local_authority")

# Of each column that can be printed, the columns of marts that its content is made of; what the
# quarter alone or the standard says has none. What only settles how a half is rounded is not named.
_STATUS = "fct_indicator.value_status"
ORIGINS: dict[str, tuple[str, ...]] = {
    "time_period": (),
    "time_identifier": (),
    "geographic_level": ("dim_local_authority.new_la_code",),
    "country_code": (),
    "country_name": (),
    "region_code": ("dim_local_authority.inner_outer_code",),
    "region_name": ("dim_local_authority.inner_outer_code", "dim_local_authority.la_name"),
    "old_la_code": ("dim_local_authority.old_la_code",),
    "new_la_code": ("dim_local_authority.new_la_code",),
    "la_name": ("dim_local_authority.la_name",),
    "indicator_code": ("dim_indicator.indicator_code",),
    "indicator": ("dim_indicator.label",),
    "unit": ("dim_indicator.unit",),
    "numerator": ("fct_indicator.numerator", _STATUS),
    "denominator": ("fct_indicator.denominator", "dim_indicator.unit", _STATUS),
    "value": ("fct_indicator.value", "dim_indicator.decimals", _STATUS),
    "authorities": ("fct_indicator.n_authorities",),
}

_KEYS = ["indicator_code", "new_la_code"]
# Where the value may not be shown, neither may the parts it can be computed from.
_HIDES_PARTS = ("c", "failed")
_UNITS = {
    "percent": "Percentage",
    "rate_per_10000": "Rate per 10,000",
    "count": "Number",
    "fte": "Full-time equivalent",
    "days": "Days",
}


def grid(
    marts: Path,
    product_id: str,
    quarter: Quarter,
    figures: pd.DataFrame,
    authorities: Authorities,
    indicators: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every indicator for every place, in the order of the authorities' numbers and the set.

    A place without a row among `figures` is `not_returned`, not absent: only an authority that is
    not to be shared is absent. `indicators`, with `indicator_code` and `position`, is the set in
    force unless given.
    """
    places = _places(marts, product_id)
    places = places[places["is_region"] | places["new_la_code"].isin(authorities.permitted)]
    chosen = current_set(quarter) if indicators is None else indicators
    rows = chosen.merge(places, how="cross")
    columns = ["indicator_code", "label", "unit", "multiplier", "decimals"]
    rows = rows.merge(read_mart(marts, "dim_indicator", columns), on="indicator_code", how="left")
    if rows["label"].isna().any():
        unknown = sorted(rows.loc[rows["label"].isna(), "indicator_code"].unique())
        raise MartError(f"dim_indicator lacks {', '.join(unknown)} of the RIIA set")
    rows = rows.merge(figures, on=_KEYS, how="left")
    rows = rows.sort_values(["is_region", "old_la_code", "position"], ignore_index=True)
    rows["value_status"] = rows["value_status"].fillna("not_returned")
    rows["time_period"] = f"{quarter.year}{(quarter.year + 1) % 100:02d}"
    rows["time_identifier"] = f"Financial year Q{quarter.number}"
    rows["country_code"], rows["country_name"] = ENGLAND, "England"
    return rows


def _places(marts: Path, product_id: str) -> pd.DataFrame:
    """The 33 authorities and London, with the region under which the product writes them."""
    names = ["new_la_code", "old_la_code", "la_name"]
    columns = [*names, "area_level", "inner_outer_code", "is_london"]
    areas = read_mart(marts, "dim_local_authority", columns)
    is_region = areas["new_la_code"] == LONDON
    is_la = areas["is_london"].fillna(False) & (areas["area_level"] == "local_authority")
    if product_settings(product_id)["la_region"] == "inner_outer":
        areas["region_code"] = areas["inner_outer_code"]
    else:
        areas["region_code"] = LONDON
    areas.loc[is_region, "region_code"] = LONDON
    areas["region_name"] = areas["region_code"].map(areas.set_index("new_la_code")["la_name"])
    places = areas.assign(geographic_level="Local authority", is_region=is_region)
    places.loc[is_region, "geographic_level"] = "Regional"
    kept = ["geographic_level", "region_code", "region_name", *names, "is_region"]
    return places.loc[is_la | is_region, kept]


def printed(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a `grid` with their figures as text: a number or a symbol, never empty.

    Regional rows have no authority, as the standard wants it.
    """
    ok = rows["value_status"] == "ok"
    symbol = value_symbols(rows["value_status"]).replace("", "x")
    rounded = rounded_value(
        rows["value"], rows["numerator"], rows["denominator"], rows["multiplier"], rows["decimals"]
    )
    shown = ok & rounded.notna()
    hidden = rows["value_status"].isin(_HIDES_PARTS)
    no_denominator = rows["unit"].isin(["count", "fte"])
    parts = {}
    for part in ("numerator", "denominator"):
        number = plain(rows[part])
        # A part that is simply not there takes the status of the value it was needed for.
        parts[part] = number.where((number != "") & ~hidden, symbol)
    parts["denominator"] = parts["denominator"].mask(no_denominator, "z")
    parts["value"] = fixed(rounded, rows["decimals"]).where(shown, symbol)
    # London's row says over how many it is; the row of an authority is its own.
    parts["authorities"] = plain(rows["n_authorities"]).replace("", "x")
    parts["authorities"] = parts["authorities"].where(rows["is_region"], "z")
    parts["indicator"], parts["unit"] = rows["label"], rows["unit"].map(_UNITS)
    text = rows.assign(**parts)
    authority = ["old_la_code", "new_la_code", "la_name"]
    text[authority] = text[authority].mask(rows["is_region"], "")
    return text


def columns_of(product_id: str) -> pd.DataFrame:
    """The product's columns in order, as the registry describes them."""
    columns = seed("registry/product_columns")
    columns = columns[columns["product_id"] == product_id]
    return columns.assign(position=columns["position"].astype(int)).sort_values("position")


def open_data_pair(stem: str, text: pd.DataFrame, columns: pd.DataFrame) -> dict[str, str]:
    """Data file and meta file, from printed rows and the columns that describe them."""
    data = text[columns["column_name"].tolist()]
    words = columns.loc[columns["col_type"] != "Indicator", "column_name"]
    data = data.assign(**{name: formula_safe(data[name].astype("str")) for name in words})
    # The meta file has a row for each filter and indicator; the standard's own columns have none.
    described = columns[columns["col_type"].isin(["Filter", "Indicator"])]
    described = described.rename(columns={"column_name": "col_name"})
    meta = described.drop(columns=["product_id", "position"])
    return {f"{stem}.csv": csv_text(data), f"{stem}.meta.csv": csv_text(meta)}


def stem_of(name: str, quarter: Quarter, release_id: pd.Series) -> str:
    """A file name without its ending: invented figures say so at its head."""
    stem = f"{name}_{quarter.label.lower().replace('-', '').replace(' ', '_')}"
    return ("synthetic_" if is_synthetic(release_id) else "") + stem
