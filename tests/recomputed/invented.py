"""Figures invented to be awkward: ties, gaps, every status, tiny bases, shared rows.

A frame of fct_indicator's columns, the same for the same seed. No figure here is like any real one.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

import pandas as pd

from tests.recomputed.project import Indicator, Project

LONDON, INNER, OUTER, ENGLAND = "E12000007", "E13000001", "E13000002", "E92000001"
AREAS = {
    "return": (LONDON, INNER, OUTER),
    "published": (LONDON, INNER, OUTER, ENGLAND, "E12000008"),
    "chat": (),
}
PERIOD_TYPES = {
    ("return", "flow"): ("quarter", "rolling_4q"),
    ("return", "snapshot"): ("snapshot",),
    ("chat", "flow"): ("quarter",),
    ("chat", "snapshot"): ("snapshot",),
    ("published", "flow"): ("year",),
    ("published", "snapshot"): ("year",),
}
STATUSES = [
    "low",
    "u",
    "not_applicable",
    "z",
    "not_derivable",
    "not_returned",
    "x",
    "failed",
    "c",
]
# Shared rows: within a cluster, across clusters, and with a partner outside London.
JOINT = (("E09000021", "E09000027"), ("E09000020", "E09000033"), ("E09000006", "E10000016"))
SHAPES = (
    ("any", 30),
    ("few ratios", 12),  # ties everywhere
    ("half equal", 8),
    ("nearly all equal", 8),
    ("all equal", 4),
    ("all zero", 3),
    ("all of them", 3),  # numerators are the denominators
    ("tiny", 10),
    ("ten or about", 10),  # so many authorities have a value
    ("hardly any", 6),
    ("none", 2),
)
MIDDLES = [0.1, 0.3, 0.6]
QUARTERS = [
    date(year, month, 30 + (month in (3, 12)))
    for year in range(2023, 2027)
    for month in (3, 6, 9, 12)
][1:-1]
YEARS = [date(year, 3, 31) for year in range(2014, 2026)]
# Each unit, interval method and polarity.
CODES = [
    "repeat_referrals_pct",
    "icpc_15wd_pct",
    "uasc_pct",
    "cl_eet_pct",
    "referrals",
    "cla",
    "adopt_a10_days",
    "sw_absence_rate",
    "care_leavers",
    "sw_establishment",
]


def invented(project: Project, seed: int) -> pd.DataFrame:
    """Current figures, some of their older versions among them, in no order."""
    dice = Random(seed)  # noqa: S311
    rows = []
    for code in CODES:
        indicator = project.indicators[code]
        for (source, timing), period_types in PERIOD_TYPES.items():
            if timing != indicator.timing:
                continue
            for period_type in period_types:
                ends = YEARS if period_type == "year" else QUARTERS
                rows += series(dice, project, indicator, source, period_type, ends)
    frame = pd.DataFrame(rows)
    return frame.sample(frac=1, random_state=seed).reset_index(drop=True)


def series(
    dice: Random,
    project: Project,
    indicator: Indicator,
    source: str,
    period_type: str,
    ends: list[date],
) -> Iterator[dict[str, object]]:
    outside = [la for la in project.names if la not in project.london]
    las = sorted(project.london) + (dice.sample(outside, 30) if source == "published" else [])
    if source == "published":
        las += [la for pair in JOINT for la in pair if la not in las]
    bases = {la: base(dice, indicator, la) for la in las}
    # Half the series are calm, for trends and shifts; in the others anything may come.
    is_calm = dice.random() < 0.5
    usual = dice.choice(MIDDLES)
    drift = {la: dice.gauss(0, 0.06 if is_calm else 0.04) for la in las}
    shapes, weights = zip(*SHAPES, strict=True)
    for step, end in enumerate(ends):
        shape = "any" if is_calm and dice.random() < 0.9 else dice.choices(shapes, weights)[0]
        if dice.random() < 0.04:
            continue  # a period that nobody has
        present = set(las)
        if shape == "ten or about":
            present = set(dice.sample(las, dice.randint(8, 13)))
        elif shape == "hardly any":
            present = set(dice.sample(las, dice.randint(1, 2)))
        elif shape == "none":
            present = set()
        shared_by = {}
        for pair in JOINT:
            if source == "published" and dice.random() < 0.3:
                shared_by |= dict.fromkeys(pair, " / ".join(pair))
        shared: dict[str, dict[str, object]] = {}
        sent: dict[str, dict[str, object]] = {}
        middle = usual if is_calm else dice.choice(MIDDLES)
        for la in las:
            if dice.random() < 0.05:
                continue  # no row at all
            label = shared_by.get(la)
            if label in shared:
                cell = shared[label]
            elif la not in present or dice.random() < 0.04:
                cell = without_value(dice)
            else:
                share = min(0.97, max(0.02, middle * (1 + drift[la] * step) + dice.gauss(0, 0.02)))
                cell = with_value(dice, indicator, shape, bases[la], share)
            if label:
                shared[label] = cell
            sent[label or la] = cell
            yield from versions(dice, indicator, source, period_type, end, la, cell, label, 1)
        for area in AREAS[source]:
            if dice.random() < 0.1:
                continue
            if source == "return":
                members = [la for la in sent if area in project.areas[la]]
                cell = together(indicator, [sent[la] for la in members])
                authorities = sum(sent[la]["value"] is not None for la in members)
            else:  # as a publisher prints them: rounded, and not of the same parts
                cell = (
                    without_value(dice)
                    if dice.random() < 0.1
                    else with_value(dice, indicator, "any", 100_000, middle + dice.gauss(0, 0.02))
                )
                authorities = dice.choice([33, 33, 32, 29])
            yield from versions(
                dice, indicator, source, period_type, end, area, cell, None, authorities
            )


def base(dice: Random, indicator: Indicator, la: str) -> int:
    if indicator.unit == "rate_per_10000":
        return 847 if la == "E09000001" else dice.randint(20_000, 90_000)
    return 12 if la == "E09000001" else dice.choice([45, 150, 600, 2500])


def with_value(
    dice: Random, indicator: Indicator, shape: str, denominator: int, share: float
) -> dict[str, object]:
    share = abs(share)
    if indicator.unit in ("count", "fte"):
        number = float(dice.randint(0, 9) if shape == "few ratios" else dice.randint(0, 900))
        return {"numerator": number, "denominator": None, "value": number, "value_status": "ok"}
    if shape == "tiny":
        denominator = dice.randint(1, 6)
    per_thousand = indicator.unit == "rate_per_10000"
    if per_thousand:
        share /= 30
    numerator: float = round(denominator * share)
    if shape in ("few ratios", "half equal", "nearly all equal", "all equal"):
        parts = 1000 if per_thousand else 20
        chosen = {
            "few ratios": dice.choice([3, 4, 5, 6]),
            "half equal": 4 if dice.random() < 0.5 else dice.randint(1, 12),
            "nearly all equal": 4 if dice.random() < 0.93 else dice.choice([1, 12]),
            "all equal": 4,
        }[shape]
        denominator = parts * max(1, denominator // parts)
        numerator = denominator // parts * chosen
    elif shape == "all zero":
        numerator = 0
    elif shape == "all of them" and not per_thousand:
        numerator = denominator
    elif indicator.interval == "none":
        numerator = round(numerator + dice.choice([0, 0.5]), 1)  # half days and posts
    if indicator.unit == "days":
        numerator *= 400
    return {
        "numerator": float(numerator),
        "denominator": float(denominator),
        "value": indicator.multiplier * numerator / denominator,
        "value_status": "ok",
    }


def together(indicator: Indicator, cells: list[dict[str, object]]) -> dict[str, object]:
    """The sums of numerators and denominators, as fct_indicator has them of returns."""
    usable = [cell for cell in cells if cell["value"] is not None]
    if not usable:
        return dict.fromkeys(["numerator", "denominator", "value"]) | {
            "value_status": "not_returned"
        }
    numerator = sum(cell["numerator"] for cell in usable)
    if usable[0]["denominator"] is None:
        return {
            "numerator": numerator,
            "denominator": None,
            "value": numerator,
            "value_status": "ok",
        }
    denominator = sum(cell["denominator"] for cell in usable)
    return {
        "numerator": numerator,
        "denominator": denominator,
        "value": indicator.multiplier * numerator / denominator,
        "value_status": "ok",
    }


def without_value(dice: Random) -> dict[str, object]:
    """A status, and sometimes a part that is known in spite of it."""
    return {
        "numerator": dice.choice([None, None, 7.0]),
        "denominator": dice.choice([None, None, 40.0]),
        "value": None,
        "value_status": dice.choice(STATUSES),
    }


def versions(
    dice: Random,
    indicator: Indicator,
    source: str,
    period_type: str,
    end: date,
    la: str,
    cell: dict[str, object],
    joint: str | None,
    authorities: int,
) -> Iterator[dict[str, object]]:
    """The current row, and here and there the one before it, which nothing may read."""
    row = {
        "indicator_code": indicator.code,
        "new_la_code": la,
        "period_type": period_type,
        "period_label": label(period_type, end),
        "period_end": end,
        "source": source,
        "release_id": f"{source}-{end.year}",
        **cell,
        "published_value": None,
        "unit": indicator.unit,
        "is_current": True,
        "is_as_published": source == "published",
        "known_from": None,
        "known_until": None,
        "is_proxy": False,
        "population_release": None,
        "population_year": None,
        "is_population_fallback": False,
        "joint_code": joint,
        "n_authorities": authorities,
        "comment": None,
    }
    yield row
    if dice.random() < 0.05:
        older = {"numerator": 1.0, "denominator": 2.0, "value": indicator.multiplier / 2}
        yield {
            **row,
            **older,
            "value_status": "ok",
            "release_id": "older",
            "is_current": False,
        }


def label(period_type: str, end: date) -> str:
    if period_type == "year":
        return str(end.year)
    first = end.year - (end.month == 3)
    quarter = {6: 1, 9: 2, 12: 3, 3: 4}[end.month]
    return f"{first}-{(first + 1) % 100:02} Q{quarter}"


def varied(folder: Path) -> None:
    """Seeds of a copied project as an analyst might have changed them: rules, groups, baselines."""
    registry, reference = folder / "seeds" / "registry", folder / "seeds" / "reference"
    indicators = pd.read_csv(registry / "indicators.csv", dtype=str, keep_default_na=False)
    code = indicators["indicator_code"]
    by_percentile = code.isin(["icpc_15wd_pct", "referrals"])
    indicators.loc[by_percentile, "exception_rule"] = "percentile_fifth"
    indicators.loc[code == "repeat_referrals_pct", "minimum_spread"] = "8"
    indicators.loc[code == "referrals", "minimum_spread"] = "40"
    indicators.to_csv(registry / "indicators.csv", index=False)

    sub_regions = pd.read_csv(reference / "sub_regions.csv", dtype=str, keep_default_na=False)
    moved = sub_regions["new_la_code"] == "E09000012"
    later = sub_regions[moved].assign(sub_region="North/Central", valid_from="2025-01-01")
    sub_regions.loc[moved, "valid_to"] = "2024-12-31"
    pd.concat([sub_regions, later]).to_csv(reference / "sub_regions.csv", index=False)

    append(
        reference / "comparison_groups.csv",
        "own_pair,90,A pair,listed,,pooled,false,return|published,assumed,Ours",
        "own_median,91,Ours by the median,listed,,median,false,return|published|chat,assumed,Ours",
        "own_fifths,92,Ours in fifths,listed,,mean,true,return|published,assumed,Ours",
    )
    append(
        reference / "comparison_group_members.csv",
        "own_pair,E09000001,2019-04-01,,assumed,Ours",
        "own_pair,E09000021,2019-04-01,,assumed,Ours",
        "own_median,E09000007,2019-04-01,2025-06-30,assumed,Ours",
        "own_median,E09000008,2024-07-01,,assumed,Ours",
        "own_median,E09000009,2018-04-01,2019-03-31,assumed,Ours",
        "own_median,E09000009,2024-04-01,,assumed,Ours",
        "own_median,E09000006,2010-04-01,,assumed,Ours",
        "own_median,E10000016,2010-04-01,,assumed,Ours",
        *(f"own_fifths,E090000{i:02},2016-04-01,,assumed,Ours" for i in range(1, 15)),
    )
    why = "Our front door changed on that day; agreed by the board"
    append(
        reference / "control_baselines.csv",
        f"one_la,return,,E09000002,2024-04-01,2025-09-30,2025-04-01,5,{why},us,2026-01-01",
        f"one_indicator,return,repeat_referrals_pct,,2024-01-01,2025-12-31,2024-01-01,7,{why},us,2026-01-01",
        f"both,return,repeat_referrals_pct,E09000002,2023-06-30,2024-09-30,2024-06-30,5,{why},us,2026-01-01",
        f"both_again,return,repeat_referrals_pct,E09000002,2024-06-30,2025-12-31,2025-12-31,5,{why},us,2026-01-01",
        f"london_only,published,,{LONDON},2018-04-01,2024-03-31,2019-03-31,5,{why},us,2026-01-01",
        f"later,published,,,2018-04-01,2024-03-31,2023-04-01,6,{why},us,2026-01-01",
    )


def append(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        file.writelines(f"{line}\n" for line in lines)
