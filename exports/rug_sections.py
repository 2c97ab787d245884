"""Which rows stand on which rug: the quarter's returns and ChAT, the published years and ChAT.

Reads and chooses; sources are never mixed in a row or in a section. How rows are laid out is
`rug_table`'s business.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from exports.marts import (
    ENGLAND,
    INNER_LONDON,
    OUTER_LONDON,
    read_mart,
    require_unique,
)
from ingestion.periods import Quarter

# fmt: off
_COLUMNS = [
    "source", "period_type", "period_label", "period_end", "release_id", "indicator_code",
    "label", "name", "theme", "unit", "display_unit", "multiplier", "decimals", "polarity",
    "new_la_code", "la_name", "numerator", "denominator", "value_status", "display_value",
    "band", "n", "exception_evidence", "is_proxy", "joint_code", "comment", "london_value",
    "inner_value", "outer_value", "england_value", "london_numerator", "london_denominator",
]
# fmt: on
_KEYS = ["source", "period_type", "period_label", "indicator_code"]
_COUNTS = {ENGLAND: "england_count", INNER_LONDON: "inner_count", OUTER_LONDON: "outer_count"}
_IN_QUARTER = ["quarter", "snapshot"]


@dataclass(frozen=True)
class Section:
    """One source's part of a rug; without rows it is one sentence saying why.

    word: what its indicators are, beside their number. short: the source in a word or two.
    """

    id: str
    title: str
    word: str
    short: str
    intro: str
    absent: str
    rows: pd.DataFrame


def figures(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """Every figure up to the quarter's end, with the areas' counts beside their values."""
    rug = read_mart(marts, "mart_tartan_rug", _COLUMNS, [("period_end", "<=", quarter.end)])
    require_unique(rug, "mart_tartan_rug", [*_KEYS, "new_la_code"])
    areas = read_mart(
        marts,
        "fct_indicator",
        [*_KEYS, "new_la_code", "numerator"],
        [("is_current", "==", True), ("new_la_code", "in", list(_COUNTS))],
    )
    counts = areas.pivot(index=_KEYS, columns="new_la_code", values="numerator")
    counts = counts.rename(columns=_COUNTS).reindex(columns=list(_COUNTS.values()))
    return rug.merge(counts.reset_index(), on=_KEYS, how="left")


def of_quarter(rug: pd.DataFrame, quarter: Quarter) -> list[Section]:
    """The quarter's returns, then its ChAT."""
    rows = _rows_in(rug, quarter)
    return [
        Section(
            "returns",
            f"Quarterly returns, {quarter.label}",
            "returned",
            "returns",
            "What the authorities returned for the quarter. Rates are for this quarter alone and "
            "are not annualised, so they cannot be set beside the yearly rates of the annual rug.",
            f"No quarterly return has been loaded for {quarter.label}.",
            rows[rows["source"] == "return"],
        ),
        Section(
            "chat",
            f"Derived from ChAT / Annex A, {quarter.label}",
            "derived",
            "ChAT / Annex A",
            "Worked out from the child-level lists that authorities extracted, not returned by "
            "them as figures. Rates are for this quarter alone.",
            f"No ChAT or Annex A figures have been loaded for {quarter.label}.",
            rows[rows["source"] == "chat"],
        ),
    ]


def of_year(rug: pd.DataFrame, quarter: Quarter) -> list[Section]:
    """The newest published year of each indicator, then ChAT for what nobody publishes."""
    published = rug[rug["source"] == "published"]
    # Each indicator has its own publication month, so each row its own latest year.
    latest = published.groupby("indicator_code")["period_end"].transform("max")
    rows = _rows_in(rug, quarter)
    unpublished = ~rows["indicator_code"].isin(published["indicator_code"])
    return [
        Section(
            "published",
            "Published statistics, latest year",
            "published",
            "published statistics",
            "The newest published year of each indicator up to the end of the quarter; the year "
            "stands in each row.",
            "No published statistics have been loaded for a year that ends by "
            f"{quarter.end.day} {quarter.end:%B %Y}.",
            published[published["period_end"] == latest],
        ),
        Section(
            "chat",
            f"Not published: from ChAT / Annex A, {quarter.label}",
            "from ChAT alone",
            "ChAT / Annex A",
            "Indicators without a published figure, as worked out from the child-level lists that "
            "authorities extracted. These are figures of the quarter, not of a year, and cannot "
            "be set beside the published rows.",
            f"No indicator that nobody publishes has ChAT or Annex A figures for {quarter.label}.",
            rows[(rows["source"] == "chat") & unpublished],
        ),
    ]


def _rows_in(rug: pd.DataFrame, quarter: Quarter) -> pd.DataFrame:
    return rug[(rug["period_label"] == quarter.label) & rug["period_type"].isin(_IN_QUARTER)]
