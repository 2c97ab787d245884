"""The tartan rug: one self-contained page on which a director sees all of London at once.

Chooses the rows of each section, counts what is there and what is missing, and renders the
template. What a cell prints is `rug_table`'s business; figures and fifths are the mart's.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from exports.files import Content, releases_of
from exports.marts import current_set, is_synthetic, product_settings, read_mart, require_unique
from exports.pages import page
from exports.rug_table import POLARITIES, UNITS, Table, authorities, build
from ingestion.periods import Quarter
from ingestion.registry import seed

PRODUCT = "rug"
MARTS = ("mart_tartan_rug", "dim_local_authority", "fct_indicator")

# fmt: off
_COLUMNS = [
    "source", "period_type", "period_label", "period_end", "release_id", "indicator_code",
    "label", "name", "theme", "unit", "display_unit", "multiplier", "decimals", "polarity",
    "new_la_code", "la_name", "numerator", "denominator", "value_status", "display_value",
    "band", "n", "is_proxy", "joint_code", "comment", "london_value", "inner_value",
    "outer_value", "england_value", "london_numerator", "london_denominator",
]
# fmt: on
_AREA_COLUMNS = [
    "new_la_code",
    "la_name",
    "short_code",
    "area_level",
    "is_london",
    "sub_region",
    "sub_region_status",
]
_KEYS = ["source", "period_type", "period_label", "indicator_code", "new_la_code"]
_QUARTERLY = ["quarter", "snapshot"]


@dataclass(frozen=True)
class Section:
    """One source's part of the page; without a table it is one sentence saying why."""

    id: str
    title: str
    intro: str
    absent: str
    rows: pd.DataFrame


def rug_content(marts: Path, quarter: Quarter) -> Content:
    """`index.html` for a quarter: same marts, same bytes."""
    areas = read_mart(marts, "dim_local_authority", _AREA_COLUMNS)
    las = authorities(areas)
    sections = _sections(marts, quarter)
    positions = current_set(quarter)
    tables: dict[str, Table] = {}
    notes = 0
    for section in sections:
        if not section.rows.empty:
            tables[section.id] = build(section.rows, las, positions, first_note=notes + 1)
            notes += len(tables[section.id].notes)
    shown = pd.concat([section.rows for section in sections], ignore_index=True)

    html = page(
        "rug.html.j2",
        quarter=quarter,
        marking=product_settings(PRODUCT)["marking"],
        synthetic=is_synthetic(shown["release_id"]),
        sections=sections,
        tables=tables,
        las=las.to_dict("records"),
        sub_regions=_sub_regions(las),
        returns=_returns(sections[0].rows, las),
        gaps={key: _gaps(table) for key, table in tables.items()},
        definitions=_definitions(shown),
        populations=_populations(marts, shown),
        symbols=_symbols(tables),
        polarities=POLARITIES,
    )
    return Content({"index.html": html}, releases_of(shown["release_id"]))


def _sections(marts: Path, quarter: Quarter) -> list[Section]:
    rug = read_mart(marts, "mart_tartan_rug", _COLUMNS, [("period_end", "<=", quarter.end)])
    require_unique(rug, "mart_tartan_rug", _KEYS)
    of_quarter = (rug["period_label"] == quarter.label) & rug["period_type"].isin(_QUARTERLY)
    published = rug[rug["source"] == "published"]
    # Each indicator has its own publication month, so each row its own latest year.
    latest = published.groupby("indicator_code")["period_end"].transform("max")
    return [
        Section(
            "returns",
            f"Quarterly returns, {quarter.label}",
            "What the authorities returned for the quarter. Rates are for this quarter alone and "
            "are not annualised, so they cannot be set beside the yearly rates below.",
            f"No quarterly return has been loaded for {quarter.label}.",
            rug[of_quarter & (rug["source"] == "return")],
        ),
        Section(
            "published",
            "Published statistics, latest year",
            "The newest published year of each indicator up to the end of the quarter; the year "
            "stands in each row.",
            "No published statistics have been loaded for a year that ends by "
            f"{quarter.end.day} {quarter.end:%B %Y}.",
            published[published["period_end"] == latest],
        ),
        Section(
            "chat",
            f"Derived from ChAT / Annex A, {quarter.label}",
            "Worked out from the child-level lists that authorities extracted, not returned by "
            "them as figures. Rates are for this quarter alone.",
            f"No ChAT or Annex A figures have been loaded for {quarter.label}.",
            rug[of_quarter & (rug["source"] == "chat")],
        ),
    ]


def _returns(rows: pd.DataFrame, las: pd.DataFrame) -> dict:
    """Who has sent at least one usable figure this quarter, and whose file was set aside whole."""
    statuses = rows["value_status"]
    sent = set(rows.loc[~statuses.isin(["not_returned", "failed"]), "new_la_code"])
    failed = set(rows.loc[statuses == "failed", "new_la_code"]) - sent
    aside = las.loc[las["new_la_code"].isin(failed), "la_name"].tolist()
    missing = las.loc[~las["new_la_code"].isin(sent | failed), "la_name"].tolist()
    received = len(las) - len(missing) - len(aside)
    return {"expected": len(las), "received": received, "missing": missing, "aside": aside}


def _gaps(table: Table) -> dict:
    """Cells without a value: how many, why, and the rows and authorities with most of them."""
    cells = table.frame
    missing = cells[~cells["has_value"]]
    # An authority that sent nothing is named once, not counted against every indicator.
    sending = cells.groupby("la_name")["has_value"].transform("any")
    return {
        "cells": len(cells),
        "indicators": cells["row"].nunique(),
        "missing": len(missing),
        "reasons": _most(missing["meaning"], 5),
        "rows": _most(missing.loc[sending, "label"], 3),
        "las": _most(missing.loc[sending, "la_name"], 3),
    }


def _most(names: pd.Series, count: int) -> list[tuple[str, int]]:
    """The most frequent names with their counts; equals in alphabetical order."""
    counts = names.value_counts().rename_axis("name").reset_index(name="count")
    counts = counts.sort_values(["count", "name"], ascending=[False, True]).head(count)
    return list(counts.itertuples(index=False, name=None))


def _sub_regions(las: pd.DataFrame) -> list[dict]:
    return [
        {
            "name": name,
            "las": part.to_dict("records"),
            "inferred": bool((part["sub_region_status"] == "inferred").any()),
        }
        for name, part in las.groupby("sub_region")
    ]


def _definitions(shown: pd.DataFrame) -> list[dict]:
    """Each shown indicator once, in registry order, with its full name."""
    order = seed("registry/indicators")["indicator_code"]
    known = shown.drop_duplicates("indicator_code").set_index("indicator_code")
    known = known.reindex(order).dropna(subset=["label"])
    return [
        {
            "label": row["label"],
            "name": row["name"],
            "unit": UNITS.get(row["unit"], (row["unit"], row["unit"]))[1],
            "polarity": POLARITIES[row["polarity"]],
        }
        for row in known.to_dict("records")
    ]


def _populations(marts: Path, shown: pd.DataFrame) -> list[str]:
    """Which mid-year estimates stand under the rates on the page, in words."""
    keys = ["source", "indicator_code", "period_label", "new_la_code"]
    columns = [*keys, "population_year", "population_release", "is_population_fallback"]
    facts = read_mart(marts, "fct_indicator", columns, [("is_current", "==", True)])
    used = facts.dropna(subset=["population_year"]).merge(shown[keys], on=keys)
    used["is_population_fallback"] = used["is_population_fallback"].fillna(False)
    names = {"return": "returns", "published": "published statistics", "chat": "ChAT figures"}
    used["source"] = used["source"].map(names)
    sentences = []
    used["population_year"] = used["population_year"].astype(int).astype(str)
    for (year, release), part in used.groupby(["population_year", "population_release"]):
        fallback = ", the newest there are" if part["is_population_fallback"].any() else ""
        sentences.append(
            f"Rates use the mid-{year} population estimates (release {release}{fallback}): "
            f"{', '.join(sorted(part['source'].unique()))}."
        )
    return sentences


def _symbols(tables: dict[str, Table]) -> list[dict]:
    """The symbols on this page, with every meaning each has on it."""
    used = {s for table in tables.values() for s in table.frame["value_status"]} - {"ok"}
    statuses = seed("registry/value_statuses")
    return statuses[statuses["value_status"].isin(used)].to_dict("records")
