"""What each authority is asked about: its exceptions of the quarter with their figures, in words.

Chooses and words what `fct_exception` and `fct_indicator` hold. What a form looks like is
`document.py`'s and `workbook.py`'s business.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from exports.figures import SHORT_UNITS, ordinal
from exports.files import releases_of
from exports.marts import LONDON, is_synthetic, read_mart, require_unique
from exports.rounding import fixed, rounded_value
from ingestion.narrative_form import QUOTING_DEFAULT
from ingestion.periods import Quarter
from ingestion.region import REGION

MARTS = (
    "dim_local_authority",
    "dim_indicator",
    "fct_indicator",
    "fct_comparison",
    "fct_exception",
    "fct_narrative",
)

# fmt: off
_EXCEPTION = [
    "source", "new_la_code", "indicator_code", "period_type", "period_label", "direction",
    "judgement", "rank", "rank_from_lowest", "n", "significance", "periods_compared",
    "periods_flagged", "is_lasting", "evidence", "is_small_base",
]
_FIGURE = [
    "indicator_code", "new_la_code", "period_type", "value", "value_status", "numerator",
    "denominator", "release_id",
]
_NARRATIVE = [
    "new_la_code", "quarter_label", "part", "item", "field", "answer", "answer_status", "quoting",
    "is_current",
]
# fmt: on
_KEYS = ["indicator_code", "new_la_code", "period_type"]
_EVIDENCE = {"strong": 0, "some": 1, "weak": 2}
_PERIODS = {"quarter": "this quarter", "snapshot": "at the quarter’s end"}
_ROLLING = "in the last four quarters together"
_SIDES = {"high": "▲ High", "low": "▼ Low"}
_JUDGED = {"better": "judged better", "worse": "judged worse", "neutral": "neither good nor bad"}
_SIGNIFICANT = {
    "higher": f"significantly higher than {REGION}",
    "lower": f"significantly lower than {REGION}",
    "not_different": f"not significantly different from {REGION}",
    "not_tested": f"not tested against {REGION}",
}


@dataclass(frozen=True)
class Strip:
    """What a small chart shows: London's figures, unrounded, and the two that are marked."""

    values: tuple[float, ...]
    own: float
    london: float | None
    own_text: str
    london_text: str
    lowest_text: str
    highest_text: str


@dataclass(frozen=True)
class Asking:
    """One exception of one authority, as it is printed."""

    indicator_code: str
    label: str
    name: str
    theme: str
    figure: str
    period: str
    london: str
    rank: str
    direction: str
    significance: str
    persistence: str
    evidence: str
    strip: Strip


@dataclass(frozen=True)
class Asked:
    """One authority's form: `returned` says whether any figure of its return is usable.

    previous: what it wrote the quarter before, by part, item and field.
    """

    new_la_code: str
    la_name: str
    short_code: str
    returned: bool
    exceptions: tuple[Asking, ...]
    previous: Mapping[tuple[str, str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Forms:
    """What all forms of a quarter are made of."""

    quarter: Quarter
    synthetic: bool
    releases: tuple[str, ...]
    authorities: tuple[Asked, ...]


def forms(marts: Path, quarter: Quarter) -> Forms:
    """The forms of a quarter, by the authorities' names."""
    areas = read_mart(
        marts, "dim_local_authority", ["new_la_code", "la_name", "short_code", "is_london"]
    )
    las = areas[areas["is_london"]].sort_values("la_name")
    figures = _figures(marts, quarter)
    exceptions = _exceptions(marts, quarter, figures)
    usable = figures[figures["value_status"] == "ok"]
    sent = set(usable["new_la_code"])
    strips = _strips(marts, quarter, usable, exceptions)
    by_la = dict(list(exceptions.groupby("new_la_code")))
    previous = _previous(marts, quarter)
    authorities = []
    for la in las.to_dict("records"):
        code = la["new_la_code"]
        rows = by_la[code].to_dict("records") if code in by_la else []
        authorities.append(
            Asked(
                new_la_code=code,
                la_name=la["la_name"],
                short_code=la["short_code"],
                returned=code in sent,
                exceptions=tuple(_worded(row, strips) for row in rows),
                previous=previous.get(code, {}),
            )
        )
    return Forms(
        quarter,
        is_synthetic(figures["release_id"]),
        releases_of(figures["release_id"]),
        tuple(authorities),
    )


def _figures(marts: Path, quarter: Quarter) -> pd.DataFrame:
    """Returned figures of the quarter, with label, unit and the rounded figure as text."""
    of_quarter = [
        ("source", "==", "return"),
        ("period_label", "==", quarter.label),
        ("is_current", "==", True),
    ]
    figures = read_mart(marts, "fct_indicator", _FIGURE, of_quarter)
    require_unique(figures, "fct_indicator", _KEYS)
    about = ["indicator_code", "label", "name", "theme", "unit", "multiplier", "decimals"]
    figures = figures.merge(read_mart(marts, "dim_indicator", about), on="indicator_code")
    parts = [figures[c] for c in ("value", "numerator", "denominator", "multiplier", "decimals")]
    unit = figures["unit"].map(SHORT_UNITS)
    text = fixed(rounded_value(*parts), figures["decimals"])
    joined = text + unit.where(unit == "%", " " + unit).mask(unit == "number", "")
    return figures.assign(text=joined.where(figures["value_status"] == "ok"))


def _exceptions(marts: Path, quarter: Quarter, figures: pd.DataFrame) -> pd.DataFrame:
    """Each indicator once, the strongest evidence first.

    The year that ends with the quarter is asked about only where the quarter itself is no
    exception: one explanation answers both.
    """
    rows = read_mart(marts, "fct_exception", _EXCEPTION, [("period_label", "==", quarter.label)])
    rows = rows[rows["source"] == "return"]
    require_unique(rows, "fct_exception", _KEYS)
    rows = rows.assign(is_year=rows["period_type"] == "rolling_4q").sort_values(
        "is_year", kind="stable"
    )
    rows = rows.drop_duplicates(["new_la_code", "indicator_code"])
    shown = ["label", "name", "theme", "text", "value", "unit"]
    rows = rows.merge(figures[[*_KEYS, *shown]], on=_KEYS, validate="one_to_one")
    london = figures.loc[
        figures["new_la_code"] == LONDON, ["indicator_code", "period_type", "text", "value"]
    ]
    rows = rows.merge(
        london, on=["indicator_code", "period_type"], how="left", suffixes=("", "_london")
    )
    order = pd.DataFrame(
        {
            "la": rows["new_la_code"],
            "evidence": rows["evidence"].map(_EVIDENCE),
            "worse": rows["judgement"] != "worse",
            "flagged": -rows["periods_flagged"],
            "code": rows["indicator_code"],
        }
    )
    return rows.loc[order.sort_values(list(order.columns)).index]


def _strips(
    marts: Path, quarter: Quarter, usable: pd.DataFrame, exceptions: pd.DataFrame
) -> dict[tuple[str, str], pd.DataFrame]:
    """The ranked figures of each indicator that is an exception somewhere, lowest first."""
    keys = ["indicator_code", "period_type"]
    wanted = exceptions[keys].drop_duplicates()
    # The City is returned and not ranked: its dot would be the lowest or highest of most charts.
    in_london = [
        ("comparison_group", "==", "london"),
        ("source", "==", "return"),
        ("period_label", "==", quarter.label),
    ]
    ranked = read_mart(marts, "fct_comparison", [*_KEYS, "rank"], in_london).dropna()
    shown = usable.merge(ranked[_KEYS], on=_KEYS).merge(wanted, on=keys)
    shown = shown.sort_values(["value", "new_la_code"])
    return {(str(code), str(kind)): part for (code, kind), part in shown.groupby(keys)}


def _worded(row: dict, strips: dict[tuple[str, str], pd.DataFrame]) -> Asking:
    others = strips[row["indicator_code"], row["period_type"]]
    london = row["text_london"] if pd.notna(row["text_london"]) else ""
    from_top = row["direction"] == "high"
    rank, end = (row["rank"], "highest") if from_top else (row["rank_from_lowest"], "lowest")
    flagged, compared = int(row["periods_flagged"]), int(row["periods_compared"])
    unit = "quarter" if row["period_type"] in _PERIODS else "year"
    unit += "" if compared == 1 else "s"
    nth = "" if rank == 1 else f"{ordinal(int(rank))} "
    lasting = "lasting" if row["is_lasting"] else "not lasting"
    evidence = str(row["evidence"]) + (", from small numbers" if row["is_small_base"] else "")
    return Asking(
        indicator_code=row["indicator_code"],
        label=row["label"],
        name=row["name"],
        theme=row["theme"],
        figure=row["text"],
        period=_PERIODS.get(row["period_type"], _ROLLING),
        london=london,
        rank=f"{nth}{end} of {int(row['n'])}",
        direction=f"{_SIDES[row['direction']]}, {_JUDGED[row['judgement']]}",
        significance=_SIGNIFICANT[row["significance"]],
        persistence=f"{flagged} of {compared} {unit} compared, {lasting}",
        evidence=evidence,
        strip=Strip(
            values=tuple(others["value"].astype(float)),
            own=float(row["value"]),
            london=None if pd.isna(row["value_london"]) else float(row["value_london"]),
            own_text=row["text"],
            london_text=london,
            lowest_text=str(others["text"].iloc[0]),
            highest_text=str(others["text"].iloc[-1]),
        ),
    )


def _previous(marts: Path, quarter: Quarter) -> dict[str, dict[tuple[str, str, str], str]]:
    """What each authority wrote a quarter ago, to stand beside the same question.

    The forms go to all authorities together, so words stand there only where their authority let
    others read them with its name; of other answers only that there was one.
    """
    before = [("quarter_label", "==", quarter.shift(-1).label)]
    rows = read_mart(marts, "fct_narrative", _NARRATIVE, before)
    rows = rows[rows["is_current"] & rows["answer_status"].isin(["ok", "set_aside"])]
    rows = rows[rows["part"] != "sharing"]
    open_ = (rows["quoting"].fillna(QUOTING_DEFAULT) == "named") & (rows["answer_status"] == "ok")
    rows = rows.assign(answer=rows["answer"].where(open_, _NOT_REPEATED))
    return {
        str(code): {
            (part, item, name): answer
            for part, item, name, answer in part_of[["part", "item", "field", "answer"]].itertuples(
                index=False
            )
        }
        for code, part_of in rows.groupby("new_la_code")
    }


_NOT_REPEATED = (
    "(answered; your words are not repeated here, because they are not for others to read)"
)
