"""The quarter's RIIA set for DfE, in the Explore Education Statistics data standard: two pairs.

Long: one row per authority and indicator, and London. Wide: one row per authority and a column for
each indicator's value, in the order of the set. An authority that is not to be shared has no row
and is not in London's figures. No free text: comments stay inside LIIA.
"""

from pathlib import Path

import pandas as pd

from exports import riia_set
from exports.files import Content
from exports.protected import quarter_figures
from exports.release.audience import Audience
from ingestion.periods import Quarter
from ingestion.region import REGION

PRODUCT = "dfe"
MARTS = riia_set.MARTS


def dfe_content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """Both pairs, each data file and meta file; nothing where the quarter has no returns."""
    given = quarter_figures(marts, quarter, audience)
    figures = given.rows
    if figures.empty:
        return Content({})
    rows = riia_set.grid(marts, PRODUCT, quarter, figures, audience.authorities)
    text, columns = riia_set.printed(rows), riia_set.columns_of(PRODUCT)
    stem = riia_set.stem_of(f"riia_{REGION.slug}", quarter, figures["release_id"])
    wide, wide_columns = _wide(text, columns)
    return Content(
        {
            **riia_set.open_data_pair(stem, text, columns),
            **riia_set.open_data_pair(f"{stem}_wide", wide, wide_columns),
        },
        given.releases,
        given.for_all(audience),
    )


def _wide(text: pd.DataFrame, columns: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row per place, its values side by side, and the columns that describe them."""
    places = columns[columns["col_type"] == "Standard"]
    keys = places["column_name"].tolist()
    codes = text["indicator_code"].unique().tolist()
    wide = text.pivot(index=keys, columns="indicator_code", values="value")[codes]
    # A pivot sorts its rows; they stand as in the long form.
    wide = wide.reindex(pd.MultiIndex.from_frame(text[keys].drop_duplicates())).reset_index()
    facts = text.drop_duplicates("indicator_code").set_index("indicator_code")
    values = pd.DataFrame(
        {
            "column_name": codes,
            "col_type": "Indicator",
            "label": (facts["label"] + " (" + facts["unit"].str.lower() + ")").to_numpy(),
            "indicator_grouping": "Values",
            "indicator_dp": facts["decimals"].astype(str).to_numpy(),
        }
    )
    described = values.reindex(columns=columns.columns, fill_value="")
    return wide, pd.concat([places, described], ignore_index=True)
