"""The quarter's first page: what there is, where it stands, and what has changed beneath it.

Leads to the other products by their file names and says what the figures rest on. It shows no
figure of an authority but those that were restated.
"""

import hashlib
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd

from exports.figures import SHORT_UNITS
from exports.marts import is_synthetic, product_settings, read_mart
from exports.pages import page
from exports.release import accepted
from exports.returns_status import STATES
from exports.rounding import fixed, grouped, half_up_double
from exports.rug_table import authorities
from ingestion.periods import Quarter
from ingestion.registry import return_due, seed

MARTS = (
    "dim_indicator",
    "dim_local_authority",
    "dim_release",
    "fct_indicator",
    "mart_narrative_status",
    "mart_restatement",
    "mart_submission_status",
)

_RESTATED_SHOWN = 25
_SHARED = ("dfe", "d2i", "adcs", "lscb")


def index_page(marts: Path, quarter: Quarter) -> str:
    """`index.html` of a quarter: same marts, same bytes."""
    status = read_mart(
        marts,
        "mart_submission_status",
        ["new_la_code", "submission_state", "release_id", "quarter_label"],
        [("is_current", "==", True), ("quarter_label", "==", quarter.label)],
    )
    state = status.drop_duplicates("new_la_code").set_index("new_la_code")["submission_state"]
    counts = state.map(STATES).value_counts().sort_index()
    releases = _releases(marts)
    return page(
        "reports_index.html.j2",
        quarter=quarter,
        marking=product_settings("reports")["marking"],
        synthetic=is_synthetic(pd.concat([status["release_id"], releases["release_id"]])),
        due=_day(return_due(quarter)),
        states=[(words, int(count)) for words, count in counts.items()],
        sub_regions=_sub_regions(marts, state),
        narratives=_narratives_asked(marts, quarter),
        shared=_shared(),
        version=_version(marts),
        releases=releases.to_dict("records"),
        restated=_restated(marts, quarter),
        accepted=accepted.lines(marts),
    )


def _day(day: Any) -> str:  # noqa: ANN401 - a date or a Timestamp
    return f"{day.day} {day:%B %Y}"


def _version(marts: Path) -> str:
    """Twelve characters that are others as soon as any figure, status or release is another."""
    return hashlib.sha256((marts / "fct_indicator.parquet").read_bytes()).hexdigest()[:12]


def _narratives_asked(marts: Path, quarter: Quarter) -> bool:
    """Whether there is a page on what came back: nothing is asked of a quarter without returns."""
    of_quarter = [("quarter_label", "==", quarter.label)]
    return not read_mart(marts, "mart_narrative_status", ["quarter_label"], of_quarter).empty


def _sub_regions(marts: Path, state: pd.Series) -> list[tuple[str, list[dict[Hashable, Any]]]]:
    # fmt: off
    las = authorities(read_mart(marts, "dim_local_authority", [
        "new_la_code", "la_name", "short_code", "area_level", "is_london", "sub_region"]))
    # fmt: on
    las = las.assign(state=las["new_la_code"].map(state).map(STATES).fillna("Not asked"))
    return [(str(name), part.to_dict("records")) for name, part in las.groupby("sub_region")]


def _shared() -> list[dict[Hashable, Any]]:
    """The products that go to others than the authorities."""
    products = seed("registry/products").set_index("product_id").loc[list(_SHARED)]
    return products.reset_index().to_dict("records")


def _releases(marts: Path) -> pd.DataFrame:
    """The published files in force, by publication."""
    columns = ["release_id", "publication", "dataset", "release_label", "last_period"]
    rows = read_mart(marts, "dim_release", [*columns, "received_at", "is_current"])
    rows = rows[rows["is_current"]].sort_values(["publication", "dataset"], ignore_index=True)
    received = pd.to_datetime(rows["received_at"], utc=True).dt.tz_convert("Europe/London")
    return rows.assign(
        received=received.map(_day, na_action="ignore").fillna(""),
        publication=rows["publication"].str.replace("-", " ").str.capitalize(),
        dataset=rows["dataset"].str.replace("_", " "),
    )


def _restated(marts: Path, quarter: Quarter) -> dict[str, Any]:
    """Figures given before that are others now, since the returns of the quarter before were due.

    Populations restate thousands of rates by a little: those are counted, and of the rest the
    largest are listed.
    """
    # fmt: off
    columns = [
        "indicator_code", "la_name", "source", "period_label", "period_end", "reason",
        "unit", "value_before", "value_after", "difference_percent", "restated_at", "column_before",
        "is_latest",
    ]
    # fmt: on
    since = return_due(quarter.shift(-1))
    rows = read_mart(marts, "mart_restatement", columns, [("is_latest", "==", True)])
    day = pd.to_datetime(rows["restated_at"], utc=True).dt.tz_convert("Europe/London").dt.date
    rows = rows[(day >= since) & rows["column_before"].isna()]
    described = read_mart(marts, "dim_indicator", ["indicator_code", "label", "decimals"])
    rows = rows.merge(described, on="indicator_code")
    names = {"return": "Quarterly returns", "published": "Published", "chat": "ChAT / Annex A"}
    rows = rows.assign(source=rows["source"].map(names))
    counts = rows.groupby(["source", "reason"]).agg(
        figures=("indicator_code", "size"),
        indicators=("indicator_code", "nunique"),
        places=("la_name", "nunique"),
        largest=("difference_percent", lambda share: share.abs().max()),
    )
    counts["largest"] = fixed(half_up_double(counts["largest"], 1), 1)
    listed = rows[rows["reason"] != "revised population"]
    listed = listed.assign(size=listed["difference_percent"].abs()).sort_values(
        ["size", "indicator_code", "la_name", "period_end"],
        ascending=[False, True, True, False],
    )
    line = ["la_name", "indicator_code", "source", "reason"]
    listed["periods"] = listed.groupby(line)["period_label"].transform("size")
    largest = listed.drop_duplicates(line)
    shown = largest.head(_RESTATED_SHOWN).reset_index(drop=True)
    for side in ("before", "after"):
        value = half_up_double(shown[f"value_{side}"], shown["decimals"])
        shown[side] = grouped(value, shown["decimals"], missing="no figure")
    shown["unit"] = shown["unit"].map(SHORT_UNITS)
    return {
        "since": _day(since),
        "counts": counts.reset_index().to_dict("records"),
        "listed": shown.to_dict("records"),
        "more": len(largest) - len(shown),
    }
