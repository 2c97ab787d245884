"""The priorities across sub-regions, for their meetings and the summit.

Counts authorities and names them; every figure is one of `figures`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from exports.packs import registers
from exports.packs.narrative import Narratives
from ingestion.registry import seed


@dataclass(frozen=True)
class Row:
    """One indicator of a priority: London, and a cell for each sub-region."""

    code: str
    label: str
    name: str
    unit: str
    london: str
    compared: bool
    cells: list[dict[str, Any]]


@dataclass(frozen=True)
class Theme:
    """One priority: per sub-region how much is flagged, then its indicators."""

    code: str
    label: str
    assumed: bool
    summary: list[dict[str, int]]
    rows: list[Row]


def sub_regions(figures: pd.DataFrame) -> list[str]:
    """Names of the sub-regions, in alphabetical order."""
    return sorted(figures["sub_region"].dropna().unique())


def themes(figures: pd.DataFrame, groups: pd.DataFrame, day: date) -> list[Theme]:
    """The priorities of a day with their exceptions; an indicator without figures is left out.

    figures: `figures.of_quarter`; groups: `figures.group_values` of sub-regions.
    """
    regions = sub_regions(figures)
    keys = seed("reference/comparison_groups").set_index("members_key")["comparison_group"]
    values = groups[groups["group_text"] != ""].drop_duplicates(
        ["comparison_group", "indicator_code"]
    )
    texts = values.set_index(["comparison_group", "indicator_code"])["group_text"].to_dict()
    found = []
    for code, lines in registers.themes(day).groupby("theme_code", sort=False):
        own = figures[figures["indicator_code"].isin(lines["indicator_code"])]
        rows = []
        for indicator in lines["indicator_code"]:
            part = own[own["indicator_code"] == indicator]
            if part.empty:
                continue
            head = part.iloc[0]
            cells = [
                _cell(part[part["sub_region"] == region])
                | {"value": texts.get((keys.get(region), indicator), "–")}
                for region in regions
            ]
            compared = bool((part["rank_words"] != "").any())
            london = part["london_text"].max() or "–"
            rows.append(
                Row(
                    indicator,
                    head["label"],
                    head["name"],
                    head["unit_words"],
                    london,
                    compared,
                    cells,
                )
            )
        summary = [_summary(own[own["sub_region"] == region]) for region in regions]
        first = lines.iloc[0]
        assumed = first["status"] != "confirmed"
        found.append(Theme(str(code), first["label"], bool(assumed), summary, rows))
    return found


def told(narratives: Narratives | None, figures: pd.DataFrame) -> list[tuple[str, list[list[str]]]]:
    """Themes of what may be quoted by name: who wrote of each, by sub-region; most often first."""
    if narratives is None or narratives.themes.empty:
        return []
    places = figures.drop_duplicates("new_la_code")[["new_la_code", "la_name", "sub_region"]]
    lines = narratives.themes.rename(columns={"narrative_theme_label": "theme_label"})
    lines = lines.merge(places, on="new_la_code")
    counts = lines.groupby("theme_label").size().rename("count").reset_index()
    counts = counts.sort_values(["count", "theme_label"], ascending=[False, True])
    return [
        (
            str(label),
            [
                sorted(
                    lines.loc[
                        (lines["theme_label"] == label) & (lines["sub_region"] == region), "la_name"
                    ]
                )
                for region in sub_regions(figures)
            ],
        )
        for label in counts["theme_label"]
    ]


def _cell(part: pd.DataFrame) -> dict[str, Any]:
    """Who is an exception on which side, and how many moved, of one sub-region."""
    names = {
        side: [
            {"name": name, "judgement": judgement}
            for name, judgement in zip(rows["la_name"], rows["judgement"], strict=True)
        ]
        for side, rows in (
            ("high", part[part["direction"] == "high"]),
            ("low", part[part["direction"] == "low"]),
        )
    }
    moved = part[part["has_value"]]
    return {
        **names,
        "with_figure": int(part["has_value"].sum()),
        "up": int((moved["movement"] == "up").sum()),
        "down": int((moved["movement"] == "down").sum()),
        "improving": int((moved["course"] == "improving").sum()),
        "worsening": int((moved["course"] == "worsening").sum()),
    }


def _summary(own: pd.DataFrame) -> dict[str, int]:
    flagged = own[own["is_exception"]]
    return {
        "authorities": int(own["new_la_code"].nunique()),
        "flagged": int(flagged["new_la_code"].nunique()),
        "exceptions": len(flagged),
        "worse": int((flagged["judgement"] == "worse").sum()),
        "better": int((flagged["judgement"] == "better").sum()),
        "improving": int((own["course"] == "improving").sum()),
        "worsening": int((own["course"] == "worsening").sum()),
    }
