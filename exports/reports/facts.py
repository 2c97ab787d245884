"""What the marts say for a quarter, read once and laid out for all the reports.

Chooses rows, rounds and prints numbers, and keeps back what has no status `ok`. Which of it stands
on which page, and in which words, is decided elsewhere.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from exports.figures import london_text, own_figure
from exports.marts import LONDON, current_set, read_mart, require_unique
from exports.rounding import fixed, half_up_double, plain
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = (
    "mart_tartan_rug",
    "fct_indicator",
    "fct_comparison",
    "fct_change",
    "fct_exception",
    "fct_reconciliation",
    "mart_headline",
    "mart_submission_status",
    "mart_findings",
    "dim_local_authority",
)
NEIGHBOURS, ENGLAND_GROUP = "neighbours_2025", "england"
NEIGHBOUR_MODEL = "2025-05"
Record = dict[str, Any]
Key = tuple[str, str, str]  # source, indicator, authority

_POINT = ["source", "indicator_code", "period_type", "period_label"]
_CELL = [*_POINT, "new_la_code"]
# fmt: off
_RUG = [
    *_CELL, "period_end", "release_id", "label", "name", "theme", "unit", "display_unit",
    "multiplier", "decimals", "polarity", "numerator", "denominator", "value_status",
    "display_value", "band", "is_proxy", "joint_code", "comment", "london_value",
    "london_numerator", "london_denominator", "england_value",
]
_GROUP = [
    *_CELL, "comparison_group", "group_value", "n_members", "n_usable", "n", "rank",
    "rank_from_lowest", "significance", "funnel_position", "funnel_low_95", "funnel_high_95",
    "funnel_low_998", "funnel_high_998",
]
_CHANGE = [
    *_CELL, "previous_label", "previous_value", "change_on_previous", "previous_significance",
    "year_ago_label", "year_ago_value", "change_on_year", "year_ago_significance", "centre",
    "lower_limit", "upper_limit", "control_signal", "trend", "movement", "judgement",
]
_EXCEPTION = [
    *_CELL, "direction", "judgement", "london_value", "n", "rank", "rank_from_lowest",
    "significance", "is_significant", "periods_compared", "periods_flagged", "is_lasting",
    "evidence", "is_small_base",
]
_HEADLINE = [*_CELL, "kind", "position", "score", "why"]
_RECONCILIATION = [
    "indicator_code", "new_la_code", "period_type", "period_label", "base_source",
    "compared_source", "difference", "compared_as", "size_class", "likely_reason", "explanation",
]
_STATE = [
    "new_la_code", "quarter_label", "measure_label", "submission_state", "value_status", "comment",
    "received_at", "return_due", "days_late", "is_late", "is_partial", "measures_asked",
    "measures_returned", "reason", "is_current",
]
_AREAS = [
    "new_la_code", "la_name", "short_code", "area_level", "is_london", "sub_region",
    "sub_region_status", "data_note",
]
# fmt: on
_LIMITS = ["funnel_low_95", "funnel_high_95", "funnel_low_998", "funnel_high_998"]


@dataclass(frozen=True)
class Facts:
    """The marts of a quarter as plain records; None is what is not there.

    cells: source -> indicator -> authority -> its figure, printed: `text` with symbol or number,
        `number` as printed, None without a usable one. The quarter's for returns and ChAT, the
        newest year for published.
    series: (indicator, authority or London) -> its returned figures in order of time.
    groups: -> comparison group -> the comparison. changes, exceptions: of the same figures.
    """

    quarter: Quarter
    authorities: list[Record]
    indicators: list[Record]
    published: list[Record]
    cells: Mapping[str, Mapping[str, Mapping[str, Record]]]
    series: Mapping[tuple[str, str], list[Record]]
    groups: Mapping[Key, Mapping[str, Record]]
    changes: Mapping[Key, Record]
    exceptions: Mapping[Key, Record]
    headlines: Mapping[str, list[Record]]
    reconciliation: Mapping[str, list[Record]]
    submissions: Mapping[str, list[Record]]
    findings: Mapping[str, int]
    neighbours: Mapping[str, list[Record]]
    populations: list[Record]
    releases: pd.Series


def read_facts(marts: Path, quarter: Quarter) -> Facts:
    """Everything the reports of a quarter are made of; MartError for a mart of another version."""
    areas = read_mart(marts, "dim_local_authority", _AREAS)
    las = areas[areas["is_london"].fillna(False) & (areas["area_level"] == "local_authority")]
    las = las.sort_values("la_name", ignore_index=True)
    rug = _printed(read_mart(marts, "mart_tartan_rug", _RUG, [("period_end", "<=", quarter.end)]))
    rug = rug[rug["period_type"] != "rolling_4q"]
    require_unique(rug, "mart_tartan_rug", _CELL)
    now = _now(rug, quarter)
    points = now[_POINT].drop_duplicates()
    decimals = now.drop_duplicates(_POINT)[[*_POINT, "decimals"]]

    groups = _at(marts, "fct_comparison", _GROUP, points)
    groups = _rounded(groups.merge(decimals, on=_POINT), ["group_value", *_LIMITS])
    change = read_mart(marts, "fct_change", _CHANGE, [("period_end", "<=", quarter.end)])
    places = rug.drop_duplicates("indicator_code")[["indicator_code", "decimals"]]
    change = change.merge(places, on="indicator_code")
    moves = ["previous_value", "change_on_previous", "year_ago_value", "change_on_year"]
    limits = ["centre", "lower_limit", "upper_limit"]
    exceptions = _at(marts, "fct_exception", _EXCEPTION, points)
    exceptions = _rounded(exceptions.merge(decimals, on=_POINT), ["london_value"])
    this_quarter = [("period_label", "==", quarter.label)]
    headlines = _at(marts, "mart_headline", _HEADLINE, points)
    status = read_mart(marts, "mart_submission_status", _STATE)
    status = status[(status["quarter_label"] == quarter.label) & status["is_current"]]

    return Facts(
        quarter=quarter,
        authorities=records(las),
        indicators=_indicators(current_set(quarter)),
        published=_indicators(now.loc[now["source"] == "published", ["indicator_code"]]),
        cells=_cells(now),
        series=_series(rug, _rounded(change, limits), quarter),
        groups=_nested(groups),
        changes=_keyed(_rounded(change.merge(points, on=_POINT), moves)),
        exceptions=_keyed(exceptions),
        headlines=_by_authority(headlines.sort_values(["kind", "position"])),
        reconciliation=_by_authority(
            read_mart(marts, "fct_reconciliation", _RECONCILIATION, this_quarter)
        ),
        submissions=_by_authority(status),
        findings=_finding_counts(marts, quarter),
        neighbours=_neighbours(areas),
        populations=_populations(marts, points),
        releases=now["release_id"],
    )


def quarters_to(quarter: Quarter) -> list[str]:
    """The labels of the eight quarters that a series shows, the oldest first."""
    return [quarter.shift(-back).label for back in range(7, -1, -1)]


def records(frame: pd.DataFrame) -> list[Record]:
    """Rows as plain values, None for what is not there."""
    clean = frame.astype(object).where(frame.notna(), None)
    return [{str(key): value for key, value in row.items()} for row in clean.to_dict("records")]


def _printed(rows: pd.DataFrame) -> pd.DataFrame:
    """Adds `number` (rounded), `text` and the parts as text; none where the status is not ok."""
    own = own_figure(rows)
    usable, counted = own["has_value"], rows["display_unit"] == "number"
    london = london_text(rows)
    rate = london.mask(counted | (london == ""))
    return rows.assign(
        number=own["value"],
        text=own["text"],
        usable=usable,
        numerator=plain(rows["numerator"].where(usable)),
        denominator=plain(rows["denominator"].where(usable)),
        london=rate.astype(float),
        london_text=rate.fillna(""),
        london_count=london.where(counted, ""),
        england_text=fixed(
            half_up_double(rows["england_value"], rows["decimals"]), rows["decimals"]
        ),
    )


def _now(rug: pd.DataFrame, quarter: Quarter) -> pd.DataFrame:
    """The quarter's returns and ChAT figures, and the newest published year of each indicator."""
    published = rug["source"] == "published"
    newest = rug.groupby(["source", "indicator_code"])["period_end"].transform("max")
    in_quarter = rug["period_label"] == quarter.label
    return rug[np.where(published, rug["period_end"] == newest, in_quarter)]


def _at(marts: Path, name: str, columns: list[str], points: pd.DataFrame) -> pd.DataFrame:
    """The rows of a mart that speak of the given figures."""
    return read_mart(marts, name, columns).merge(points, on=_POINT)


def _rounded(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Rounded in place, with the printed text beside each as `<column>_text`."""
    rounded = {name: half_up_double(frame[name], frame["decimals"]) for name in columns}
    texts = {f"{name}_text": fixed(values, frame["decimals"]) for name, values in rounded.items()}
    return frame.assign(**rounded, **texts)


def _indicators(codes: pd.DataFrame) -> list[Record]:
    """The registry's rows for the codes, theme by theme and in the set's order within each."""
    wanted = codes.drop_duplicates("indicator_code")
    themes = seed("registry/themes").astype({"theme_order": int})
    registry = seed("registry/indicators")
    registry = registry.assign(rank=range(len(registry)))
    rows = registry.merge(wanted, on="indicator_code").merge(themes, on="theme")
    order = ["theme_order", *(["position"] if "position" in rows else []), "rank"]
    return records(rows.sort_values(order))


def _cells(now: pd.DataFrame) -> dict[str, dict[str, dict[str, Record]]]:
    found: dict[str, dict[str, dict[str, Record]]] = defaultdict(lambda: defaultdict(dict))
    for row in records(now):
        found[row["source"]][row["indicator_code"]][row["new_la_code"]] = row
    return found


def _series(
    rug: pd.DataFrame, change: pd.DataFrame, quarter: Quarter
) -> dict[tuple[str, str], list[Record]]:
    """The last eight quarters of each authority, with its control limits."""
    returned = rug[(rug["source"] == "return") & rug["period_label"].isin(quarters_to(quarter))]
    limits = ["centre", "lower_limit", "upper_limit", "control_signal"]
    limits += ["centre_text", "lower_limit_text", "upper_limit_text"]
    rows = returned.merge(change[[*_CELL, *limits]], on=_CELL, how="left")
    columns = ["indicator_code", "new_la_code", "period_label", "number", "text", "value_status"]
    found: dict[tuple[str, str], dict[str, Record]] = defaultdict(dict)
    for row in records(rows[[*columns, "london", "london_text", *limits]]):
        found[row["indicator_code"], row["new_la_code"]][row["period_label"]] = row
    # A quarter that nobody has rows for keeps its place.
    nothing = dict.fromkeys([*limits, "number", "london"]) | {"london_text": ""}
    nothing |= {"value_status": "not_returned", "text": "–"}
    return {
        key: [
            of_quarter.get(label, {**nothing, "period_label": label})
            for label in quarters_to(quarter)
        ]
        for key, of_quarter in found.items()
    }


def _keyed(frame: pd.DataFrame) -> dict[Key, Record]:
    return {
        (row["source"], row["indicator_code"], row["new_la_code"]): row for row in records(frame)
    }


def _nested(groups: pd.DataFrame) -> dict[Key, dict[str, Record]]:
    found: dict[Key, dict[str, Record]] = defaultdict(dict)
    wanted = groups["comparison_group"].isin(["london", NEIGHBOURS, ENGLAND_GROUP])
    wanted |= groups["comparison_group"].str.startswith("sub_region_")
    for row in records(groups[wanted]):
        key = row["source"], row["indicator_code"], row["new_la_code"]
        found[key][row["comparison_group"]] = row
    return found


def _by_authority(frame: pd.DataFrame) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for row in records(frame):
        found[row["new_la_code"]].append(row)
    return found


def _finding_counts(marts: Path, quarter: Quarter) -> dict[str, int]:
    """How many findings on returns of the quarter count still, by authority."""
    columns = ["new_la_code", "is_current", "finding_count"]
    of_quarter = [("source", "==", "return"), ("quarter_label", "==", quarter.label)]
    rows = read_mart(marts, "mart_findings", columns, of_quarter)
    rows = rows[rows["is_current"].fillna(False).astype(bool)]
    return {str(key): int(n) for key, n in rows.groupby("new_la_code").size().items()}


def _neighbours(areas: pd.DataFrame) -> dict[str, list[Record]]:
    """The statistical neighbours of each authority, the closest first."""
    pairs = seed("reference/statistical_neighbours")
    pairs = pairs[pairs["model_version"] == NEIGHBOUR_MODEL].astype({"neighbour_rank": int})
    names = areas.set_index("new_la_code")["la_name"]
    pairs = pairs.assign(la_name=pairs["neighbour_la_code"].map(names)).sort_values(
        ["new_la_code", "neighbour_rank"]
    )
    return _by_authority(pairs[["new_la_code", "neighbour_la_code", "la_name"]])


def _populations(marts: Path, points: pd.DataFrame) -> list[Record]:
    """Which population estimates stand under the rates: source, year, release, fallback."""
    columns = [*_CELL, "population_year", "population_release", "is_population_fallback"]
    facts = read_mart(marts, "fct_indicator", columns, [("is_current", "==", True)])
    used = facts.dropna(subset=["population_year"]).merge(points, on=_POINT)
    used = used[used["new_la_code"] != LONDON].drop(columns=[*_POINT[1:], "new_la_code"])
    return records(used.drop_duplicates().sort_values(["source", "population_year"]))
