"""The London overview for the alliance team: who is in, what moves, who stands out, what to doubt.

Chooses and words what the marts say of a quarter's returns as a whole. What is said to an authority
about itself is the authority's page's business.
"""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd

from exports.figures import POLARITIES, SHORT_UNITS, own_figure
from exports.marts import (
    LONDON,
    current_set,
    is_synthetic,
    product_settings,
    read_mart,
)
from exports.pages import page
from exports.release import accepted
from exports.reports import words
from exports.returns_status import STATES
from exports.rounding import fixed, grouped, half_up_double
from ingestion.periods import Quarter
from ingestion.registry import seed

MARTS = (
    "dim_indicator",
    "dim_local_authority",
    "fct_change",
    "fct_comparison",
    "fct_exception",
    "fct_indicator",
    "fct_reconciliation",
    "mart_findings",
    "mart_headline",
    "mart_submission_status",
)

_QUARTERLY = ["quarter", "snapshot"]
_QUARTERS_SHOWN = 8
_DIFFERENCES_SHOWN = 20
_HEADLINES_SHOWN = 6
MOVEMENTS = {"up": "▲ up", "down": "▼ down", "mixed": "◆ mixed", "steady": "● steady"}
JUDGEMENTS = {"improving": "improving", "worsening": "worsening"}
EVIDENCE = ("strong", "some", "weak")
_NOT_LIKE_FOR_LIKE = "; not of the same authorities as a year before"
_SEVERITIES = {"block": "to put right", "check": "to check", "note": "notes"}
_RETURNED = ("accepted", "late", "partial")


def london_page(marts: Path, quarter: Quarter) -> str:
    """`london.html` of a quarter: same marts, same bytes."""
    status = _submissions(marts)
    now = status[status["quarter_label"] == quarter.label]
    indicators = _indicators(marts, quarter)
    exceptions = _exceptions(marts, quarter)
    return page(
        "london.html.j2",
        quarter=quarter,
        marking=product_settings("reports")["marking"],
        synthetic=is_synthetic(status["release_id"]),
        states=STATES,
        total=len(now),
        coverage=_coverage(status, quarter),
        returned=int(now["submission_state"].isin(_RETURNED).sum()),
        headlines=_headlines(marts, quarter, indicators),
        kinds=words.KINDS,
        headlines_shown=_HEADLINES_SHOWN,
        themes=_by_theme(indicators, exceptions),
        unlike=int((indicators["is_like_for_like"] == False).sum()),  # noqa: E712 - null is neither
        moving=int(indicators["movement"].isin(["up", "down", "mixed"]).sum()),
        authorities=_authorities(marts, quarter, now, exceptions),
        strong=int((exceptions["evidence"] == "strong").sum()),
        severities=_SEVERITIES,
        evidence=EVIDENCE,
        reconciliation=_reconciliation(marts, quarter),
        accepted=accepted.lines(marts),
    )


def _submissions(marts: Path) -> pd.DataFrame:
    """One row per authority and quarter: the submission that stands."""
    # fmt: off
    columns = [
        "new_la_code", "la_name", "short_code", "quarter_label", "period_end", "submission_state",
        "release_id", "days_late", "measures_asked", "measures_returned", "value_status",
    ]
    # fmt: on
    rows = read_mart(marts, "mart_submission_status", columns, [("is_current", "==", True)])
    keys = ["quarter_label", "new_la_code"]
    unusable = rows.groupby(keys)["value_status"].agg(
        lambda status: int((status == "failed").sum())
    )
    each = rows.drop_duplicates(keys).set_index(keys).assign(unusable=unusable)
    return each.reset_index().sort_values(["period_end", "la_name"], ignore_index=True)


def _coverage(status: pd.DataFrame, quarter: Quarter) -> list[dict[str, Any]]:
    """Each of the last quarters: how many authorities are in each state, and who is missing."""
    known = status[status["period_end"] <= quarter.end]
    lines = []
    for label in sorted(known["quarter_label"].unique())[-_QUARTERS_SHOWN:]:
        of_quarter = known[known["quarter_label"] == label]
        states = of_quarter["submission_state"]
        missing = of_quarter[~states.isin([*_RETURNED, "not_participating"])]
        expected = int((states != "not_participating").sum())
        lines.append(
            {
                "quarter": label,
                "expected": expected,
                "returned": int(states.isin(_RETURNED).sum()),
                "late": int((states == "late").sum()),
                "partial": int((states == "partial").sum()),
                "missing": [
                    f"{name} ({STATES[state].lower()})"
                    for name, state in zip(
                        missing["la_name"], missing["submission_state"], strict=True
                    )
                ],
            }
        )
    return lines[::-1]


def _indicators(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """The set in force: London's figure, its change and how many authorities stand behind it."""
    of_quarter = [
        ("source", "==", "return"),
        ("period_label", "==", quarter.label),
        ("period_type", "in", _QUARTERLY),
    ]
    keys = ["indicator_code", "period_type"]
    # fmt: off
    described = read_mart(marts, "dim_indicator", [
        "indicator_code", "label", "name", "theme", "unit", "multiplier", "decimals", "polarity"])
    figures = read_mart(marts, "fct_indicator", [
        *keys, "new_la_code", "numerator", "denominator", "value", "value_status", "is_current",
        "n_authorities"], of_quarter)
    changes = read_mart(marts, "fct_change", [
        *keys, "new_la_code", "previous_value", "year_ago_value", "is_like_for_like", "movement",
        "judgement"], of_quarter)
    spread = read_mart(marts, "fct_comparison", [
        *keys, "comparison_group", "n", "p20", "p80", "median_value"], of_quarter)
    # fmt: on
    of_london = figures[(figures["new_la_code"] == LONDON) & figures["is_current"]]
    changes = changes[changes["new_la_code"] == LONDON].drop(columns="new_la_code")
    spread = spread[(spread["comparison_group"] == "london") & spread["n"].notna()]
    rows = current_set(quarter).merge(described, on="indicator_code")
    rows = rows.merge(of_london.drop(columns="new_la_code"), on="indicator_code", how="left")
    rows = rows.merge(changes, on=keys, how="left")
    rows = rows.merge(spread.drop_duplicates(keys), on=keys, how="left")
    return _printed(rows)


def _printed(rows: pd.DataFrame) -> pd.DataFrame:
    """Adds what each figure prints: rounded half up, or the symbol of its status."""
    decimals = rows["decimals"]
    status = rows["value_status"].fillna("not_returned")
    # As in mart_tartan_rug, which has no row of London's own.
    counted = (status == "not_derivable") & rows["numerator"].notna()
    shown = rows.assign(
        value_status=status,
        display_unit=rows["unit"].mask(counted, "number"),
        display_value=rows["value"].mask(counted, rows["numerator"]),
    )
    return rows.assign(
        text=own_figure(shown)["text"].map(words.number),
        unit_text=shown["display_unit"].map(SHORT_UNITS),
        movement=rows["movement"].fillna(""),
        **{
            f"{name}_text": grouped(half_up_double(rows[name], decimals), decimals)
            for name in ("previous_value", "year_ago_value", "p20", "p80", "median_value")
        },
    )


def _exceptions(marts: Path, quarter: Quarter) -> pd.DataFrame:
    columns = ["indicator_code", "new_la_code", "direction", "judgement", "evidence", "is_lasting"]
    of_quarter = [
        ("source", "==", "return"),
        ("period_label", "==", quarter.label),
        ("period_type", "in", _QUARTERLY),
    ]
    rows = read_mart(marts, "fct_exception", columns, of_quarter)
    names = read_mart(marts, "dim_local_authority", ["new_la_code", "la_name", "short_code"])
    rows = rows.merge(names, on="new_la_code")
    return rows.sort_values(["indicator_code", "la_name"], ignore_index=True)


def _headlines(
    marts: Path, quarter: Quarter, indicators: pd.DataFrame
) -> dict[str, list[dict[Hashable, Any]]]:
    """What to say first of London, by kind, in the order of the mart."""
    columns = ["new_la_code", "source", "kind", "position", "indicator_code", "label", "why"]
    rows = read_mart(
        marts,
        "mart_headline",
        columns,
        [("source", "==", "return"), ("period_label", "==", quarter.label)],
    )
    rows = rows[rows["new_la_code"] == LONDON].sort_values("position")
    figures = indicators[["indicator_code", "text", "unit_text", "year_ago_value_text"]]
    rows = rows.merge(figures, on="indicator_code")
    # Said once above the table, not in every sentence.
    rows["why"] = rows["why"].str.removesuffix(_NOT_LIKE_FOR_LIKE)
    return {kind: rows[rows["kind"] == kind].to_dict("records") for kind in words.KINDS}


def _by_theme(
    indicators: pd.DataFrame, exceptions: pd.DataFrame
) -> list[tuple[str, list[dict[Hashable, Any]]]]:
    """The table of indicators: theme by theme, each with the authorities that stand out."""
    strong = exceptions[exceptions["evidence"] == "strong"]
    named = {
        (code, direction): part["la_name"].tolist()
        for (code, direction), part in strong.groupby(["indicator_code", "direction"])
    }
    counted = exceptions.groupby("indicator_code").size()
    rows = indicators.assign(exceptions=indicators["indicator_code"].map(counted).fillna(0))
    themes: dict[str, list[dict[Hashable, Any]]] = {}
    for row in rows.to_dict("records"):
        row |= {
            "high": named.get((row["indicator_code"], "high"), []),
            "low": named.get((row["indicator_code"], "low"), []),
            "exceptions": int(row["exceptions"]),
            "authorities": 0 if pd.isna(row["n_authorities"]) else int(row["n_authorities"]),
            "polarity_words": POLARITIES[row["polarity"]],
            "movement_words": MOVEMENTS.get(row["movement"], "not compared"),
            "judgement_words": JUDGEMENTS.get(row["judgement"], ""),
            "like_for_like": row["is_like_for_like"] is not False,
        }
        themes.setdefault(str(row["theme"]), []).append(row)
    order = seed("registry/themes")["theme"]
    return [(theme, themes[theme]) for theme in order if theme in themes]


def _authorities(
    marts: Path, quarter: Quarter, now: pd.DataFrame, exceptions: pd.DataFrame
) -> list[dict[Hashable, Any]]:
    """Each authority: its return, what was found in it, and how often it stands out."""
    findings = read_mart(
        marts,
        "mart_findings",
        ["new_la_code", "severity", "is_current", "finding_count"],
        [("quarter_label", "==", quarter.label), ("source", "==", "return")],
    )
    findings = findings[findings["is_current"].fillna(False).astype(bool)]
    found = findings.groupby(["new_la_code", "severity"])["finding_count"].sum().unstack()
    found = found.reindex(columns=list(_SEVERITIES)).add_prefix("found_")
    out = exceptions.groupby(["new_la_code", "evidence"]).size().unstack()
    out = out.reindex(columns=list(EVIDENCE)).add_prefix("evidence_")
    worse = exceptions[exceptions["judgement"] == "worse"].groupby("new_la_code").size()
    rows = now.merge(found, on="new_la_code", how="left").merge(out, on="new_la_code", how="left")
    rows["worse"] = rows["new_la_code"].map(worse)
    counts = [f"found_{severity}" for severity in _SEVERITIES]
    counts += [f"evidence_{evidence}" for evidence in EVIDENCE]
    counts += ["worse", "days_late", "measures_asked", "measures_returned", "unusable"]
    rows[counts] = rows[counts].fillna(0).astype(int)
    return rows.sort_values("la_name").to_dict("records")


def _reconciliation(marts: Path, quarter: Quarter) -> dict[str, Any]:
    """How far return, ChAT and published figures agree: counts by size, and what to ask about."""
    # fmt: off
    columns = [
        "indicator_code", "indicator_label", "la_name", "period_type", "period_label", "period_end",
        "base_source", "compared_source", "unit", "compared_as", "return_value", "chat_value",
        "return_numerator", "chat_numerator", "size_class", "size_order", "likely_reason",
        "explanation",
    ]
    # fmt: on
    rows = read_mart(marts, "fct_reconciliation", columns, [("period_end", "<=", quarter.end)])
    rows = rows[rows["base_source"] == "return"]
    classes = seed("registry/reconciliation_classes")["size_class"].unique()
    pairs = {}
    for compared, name in (("chat", "ChAT / Annex A"), ("published", "Published by DfE")):
        pair = rows[rows["compared_source"] == compared]
        newest = pair[pair["period_end"] == pair["period_end"].max()]
        sizes = newest["size_class"].value_counts()
        pairs[name] = {
            "period": newest["period_label"].iloc[0] if len(newest) else "",
            "authorities": int(newest["la_name"].nunique()),
            "sizes": [(size, int(sizes.get(size, 0))) for size in classes],
            "not_compared": int(newest["size_class"].isna().sum()),
        }
    asked = rows[
        (rows["compared_source"] == "chat")
        & (rows["period_label"] == quarter.label)
        & rows["size_class"].isin(["moderate", "large"])
    ].sort_values(["size_order", "la_name", "indicator_label"], ascending=[False, True, True])
    counted = asked["compared_as"] == "count"
    decimals = seed("registry/indicators").set_index("indicator_code")["decimals"].astype(int)
    places = asked["indicator_code"].map(decimals).mask(counted, 0)
    for source in ("return", "chat"):
        shown = asked[f"{source}_value"].mask(counted, asked[f"{source}_numerator"])
        asked[f"{source}_text"] = fixed(half_up_double(shown, places), places)
    asked["unit_text"] = asked["unit"].map(SHORT_UNITS)
    asked["unit_text"] = asked["unit_text"].mask(counted, "number")
    return {
        "pairs": pairs,
        "asked": asked.head(_DIFFERENCES_SHOWN).to_dict("records"),
        "more": max(len(asked) - _DIFFERENCES_SHOWN, 0),
    }
