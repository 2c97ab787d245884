"""The tartan rug: all of London at once, for a quarter and for the year, for directors.

Puts together its pages, prints, workbook and authorities' pages, counts what is there and what is
missing. Which rows stand where is `rug_sections`' business, what a cell shows is `rug_cells`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from exports.figures import POLARITIES, UNITS
from exports.files import Content, releases_of
from exports.marts import current_set, is_synthetic, product_settings, read_mart
from exports.pages import page, script
from exports.pictures import NO_BROWSER, NoBrowser, printed
from exports.rug_cells import FILLS, symbols_of
from exports.rug_history import history_pages
from exports.rug_sections import Section, figures, of_quarter, of_year
from exports.rug_table import Table, authorities, build
from exports.rug_workbook import workbook
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

PRODUCT = "rug"
MARTS = ("mart_tartan_rug", "dim_local_authority", "fct_indicator")

_PICTURE_WIDTH = 1600
_AREA_COLUMNS = [
    "new_la_code",
    "la_name",
    "short_code",
    "area_level",
    "is_london",
    "sub_region",
    "sub_region_status",
]


@dataclass(frozen=True)
class Rug:
    """One of the two pages. step: the time from one figure to the next."""

    file: str
    stem: str
    title: str
    heading: str
    step: str
    other: tuple[str, str]


QUARTERLY = Rug(
    "index.html",
    "rug_quarterly",
    f"{REGION.name} tartan rug",
    "tartan rug",
    "quarter",
    ("annual.html", "The annual rug: published statistics"),
)
ANNUAL = Rug(
    "annual.html",
    "rug_annual",
    f"{REGION.name} annual tartan rug",
    "annual tartan rug",
    "year",
    ("index.html", "The rug of the quarter: returns and ChAT"),
)


def rug_content(marts: Path, quarter: Quarter) -> Content:
    """Both rugs as pages and on paper, as a workbook, and a page for each authority.

    Same marts, same bytes. Without a Chromium there is no paper, and the content says so.
    """
    las = authorities(read_mart(marts, "dim_local_authority", _AREA_COLUMNS))
    rows = figures(marts, quarter)
    rugs = [(QUARTERLY, of_quarter(rows, quarter)), (ANNUAL, of_year(rows, quarter))]
    tables = [_tables(sections, las, quarter) for _, sections in rugs]
    shared = {
        "quarter": quarter,
        "marking": product_settings(PRODUCT)["marking"],
        "synthetic": is_synthetic(rows["release_id"]),
        "fills": FILLS,
        "polarities": POLARITIES,
    }
    contexts = [
        shared | {"rug": rug} | _context(marts, sections, of_one, las)
        for (rug, sections), of_one in zip(rugs, tables, strict=True)
    ]
    files: dict[str, str | bytes] = {
        rug.file: page("rug.html.j2", **context, paper=False)
        for (rug, _), context in zip(rugs, contexts, strict=True)
    }
    files |= history_pages(rows, las, quarter, shared)
    files["rug.xlsx"] = workbook(
        dict(zip(("Quarterly", "Annual"), tables, strict=True)), las, quarter, shared
    )
    releases = releases_of(rows["release_id"])
    try:
        # Who needs tags has the page itself, of which this is the paper.
        sheets = printed(
            [page("rug.html.j2", **one, paper=True) for one in contexts],
            _PICTURE_WIDTH,
            tagged=False,
        )
    except NoBrowser:
        return Content(files, releases, left_out=(NO_BROWSER,))
    for (rug, _), sheet in zip(rugs, sheets, strict=True):
        files |= {f"{rug.stem}.pdf": sheet.pdf, f"{rug.stem}.png": sheet.png}
    return Content(files, releases)


def _tables(sections: Sequence[Section], las: pd.DataFrame, quarter: Quarter) -> dict[str, Table]:
    """The table of each section that has rows; comments are numbered through the page."""
    tables: dict[str, Table] = {}
    notes = 0
    for section in sections:
        if not section.rows.empty:
            tables[section.id] = build(section.rows, las, current_set(quarter), notes + 1)
            notes += len(tables[section.id].notes)
    return tables


def _context(
    marts: Path, sections: Sequence[Section], tables: dict[str, Table], las: pd.DataFrame
) -> dict[str, Any]:
    """What a page says beside what both say."""
    shown = pd.concat([section.rows for section in sections], ignore_index=True)
    returned = [section.rows for section in sections if section.id == "returns"]
    statuses = [table.frame["value_status"] for table in tables.values()]
    return {
        "sections": sections,
        "tables": tables,
        "themes": list(dict.fromkeys(t for table in tables.values() for t, _ in table.themes)),
        "las": las.to_dict("records"),
        "sub_regions": _sub_regions(las),
        "returns": _returns(returned[0], las) if returned else None,
        "gaps": {key: _gaps(table) for key, table in tables.items()},
        "definitions": _definitions(shown),
        "populations": _populations(marts, shown),
        "symbols": symbols_of(pd.concat(statuses)) if statuses else [],
        "script": script("rug.js"),
    }


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
