"""The quarter's CSV and meta pair for DfE, in the Explore Education Statistics data standard.

Long form: one row per authority and indicator of the RIIA set, and London. Which columns, in which
order and with which labels, stands in the registry (`product_columns`); so does the region under
which authorities are written. An authority that is not to be shared has no row and is not in
London's figures. No free text: comments stay inside LIIA.
"""

from pathlib import Path

import pandas as pd

from exports.files import Content, csv_text, formula_safe, releases_of
from exports.marts import (
    LONDON,
    MartError,
    current_set,
    is_synthetic,
    product_settings,
    read_mart,
    require_unique,
    value_symbols,
)
from exports.pooled import london_of
from exports.release.register import Authorities
from exports.rounding import fixed, plain, rounded_value
from ingestion.periods import Quarter
from ingestion.registry import seed

PRODUCT = "dfe"
MARTS = ("fct_indicator", "dim_indicator", "dim_local_authority")

_KEYS = ["indicator_code", "new_la_code"]
_FIGURES = ["numerator", "denominator", "value", "value_status"]
# Where the value may not be shown, neither may the parts it can be computed from.
_HIDES_PARTS = ("c", "failed")
_UNITS = {
    "percent": "Percentage",
    "rate_per_10000": "Rate per 10,000",
    "count": "Number",
    "fte": "Full-time equivalent",
    "days": "Days",
}


def dfe_content(marts: Path, quarter: Quarter, authorities: Authorities) -> Content:
    """The pair: data file, meta file; nothing where the quarter has no returns."""
    facts = _facts(marts, quarter, authorities)
    if facts.empty:
        return Content({})
    stem = f"riia_london_{quarter.label.lower().replace('-', '').replace(' ', '_')}"
    stem = ("synthetic_" if is_synthetic(facts["release_id"]) else "") + stem
    files = {
        f"{stem}.csv": csv_text(_data(marts, quarter, facts, authorities)),
        f"{stem}.meta.csv": csv_text(_meta()),
    }
    of_las = facts["new_la_code"] != LONDON
    return Content(files, releases_of(facts.loc[of_las, "release_id"]))


def _facts(marts: Path, quarter: Quarter, authorities: Authorities) -> pd.DataFrame:
    """The quarter's figures of the authorities that may be in it, and of London over these."""
    facts = read_mart(
        marts,
        "fct_indicator",
        [*_KEYS, *_FIGURES, "release_id", "n_authorities"],
        [
            ("source", "==", "return"),
            ("is_current", "==", True),
            ("period_label", "==", quarter.label),
            ("period_type", "in", ["quarter", "snapshot"]),
        ],
    )
    require_unique(facts, "fct_indicator", _KEYS)
    return london_of(facts, authorities, _multipliers(marts))


def _multipliers(marts: Path) -> pd.Series:
    columns = ["indicator_code", "multiplier"]
    return read_mart(marts, "dim_indicator", columns).set_index("indicator_code")["multiplier"]


def _data(
    marts: Path, quarter: Quarter, facts: pd.DataFrame, authorities: Authorities
) -> pd.DataFrame:
    """The data file: the full grid, so that an authority without a row is `x` and not absent.

    Only one that is not to be shared is absent.
    """
    places = _places(marts)
    places = places[places["is_region"] | places["new_la_code"].isin(authorities.permitted)]
    grid = current_set(quarter).merge(places, how="cross")
    columns = ["indicator_code", "label", "unit", "multiplier", "decimals"]
    grid = grid.merge(read_mart(marts, "dim_indicator", columns), on="indicator_code", how="left")
    if grid["label"].isna().any():
        unknown = sorted(grid.loc[grid["label"].isna(), "indicator_code"].unique())
        raise MartError(f"dim_indicator lacks {', '.join(unknown)} of the RIIA set")
    rows = grid.merge(facts, on=_KEYS, how="left")
    rows = rows.sort_values(["is_region", "old_la_code", "position"], ignore_index=True)
    rows["value_status"] = rows["value_status"].fillna("not_returned")

    rows = rows.assign(**_cells(rows))
    rows["time_period"] = f"{quarter.year}{(quarter.year + 1) % 100:02d}"
    rows["time_identifier"] = f"Financial year Q{quarter.number}"
    rows["country_code"], rows["country_name"] = "E92000001", "England"
    rows["indicator"], rows["unit"] = rows["label"], rows["unit"].map(_UNITS)
    # A regional row has no authority: the standard wants those cells blank.
    authority = ["old_la_code", "new_la_code", "la_name"]
    rows[authority] = rows[authority].mask(rows["is_region"], "")

    layout = _columns()
    data = rows[layout["column_name"].tolist()]
    text = layout.loc[layout["col_type"] != "Indicator", "column_name"]
    return data.assign(**{name: formula_safe(data[name].astype("str")) for name in text})


def _places(marts: Path) -> pd.DataFrame:
    """The 33 authorities and London, with the region under which the product writes them."""
    names = ["new_la_code", "old_la_code", "la_name"]
    columns = [*names, "area_level", "inner_outer_code", "is_london"]
    areas = read_mart(marts, "dim_local_authority", columns)
    is_region = areas["new_la_code"] == LONDON
    is_la = areas["is_london"].fillna(False) & (areas["area_level"] == "local_authority")
    if product_settings(PRODUCT)["la_region"] == "inner_outer":
        areas["region_code"] = areas["inner_outer_code"]
    else:
        areas["region_code"] = LONDON
    areas.loc[is_region, "region_code"] = LONDON
    areas["region_name"] = areas["region_code"].map(areas.set_index("new_la_code")["la_name"])
    places = areas.assign(geographic_level="Local authority", is_region=is_region)
    places.loc[is_region, "geographic_level"] = "Regional"
    kept = ["geographic_level", "region_code", "region_name", *names, "is_region"]
    return places.loc[is_la | is_region, kept]


def _cells(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Numerator, denominator and value as text: a number or a symbol, never empty."""
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
    return parts


def _columns() -> pd.DataFrame:
    columns = seed("registry/product_columns")
    columns = columns[columns["product_id"] == PRODUCT]
    return columns.assign(position=columns["position"].astype(int)).sort_values("position")


def _meta() -> pd.DataFrame:
    """The meta file: a row for each filter and indicator; the standard's own columns have none."""
    columns = _columns()
    described = columns[columns["col_type"].isin(["Filter", "Indicator"])]
    described = described.rename(columns={"column_name": "col_name"})
    return described.drop(columns=["product_id", "position"])
