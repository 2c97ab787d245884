"""Who sends which quarterly return, when, and with which small mistakes.

Belongs here: the story of the synthetic quarters (missing, late, resubmitted and untidy returns).
Does not belong here: the figures (`figures.py`) and the workbook's layout (`returns.py`).
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from pathlib import Path

from ingestion.periods import Quarter, add_working_days
from ingestion.registry import indicator_set_in_force, measures_of_set
from ingestion.registry import seed as read_seed
from ingestion.sample.figures import Figures
from ingestion.sample.files import LONDON, describe, generator
from ingestion.sample.returns import CLEAN, TEMPLATE_VERSION, Oddities, write_return

MISSING_NOW = ("HAV", "WES")  # in the last quarter
MISSING_BEFORE = "BEX"  # in one older quarter
LATE = "EAL"
RESUBMITTED = "LAM"

_FIRST_VERSION = Oddities(
    factors={
        "contacts": 0.88,
        "assessments_completed": 0.90,
        "assessments_within_45wd": 0.85,
        "sw_days_lost": 1.20,
    }
)
_UNTIDY_NOW = {
    "BRO": Oddities(labels={"contacts": "Inital contacts"}),
    "ENF": Oddities(headers={"value": "Valeu", "comment": "Comments"}),
    "CRO": Oddities(as_text=frozenset({"contacts", "referrals", "cin", "ehc_plans_open"})),
    "KUT": Oddities(
        values={"sw_agency_fte": "n/a"},
        comments={"sw_agency_fte": "Agency posts are held jointly with Richmond upon Thames"},
    ),
    "LEW": Oddities(
        values={"assessments_started": None},
        comments={"assessments_started": "System migration"},
    ),
    "TOW": Oddities(footnote="Notes: figures are provisional until the annual census closes."),
    "SOU": Oddities(rows_above_header=2),
}
_UNTIDY_BEFORE = {
    "RED": Oddities(values={"ehe": None}, comments={"ehe": "System migration"}),
    "WAL": Oddities(headers={"comment": "Comments"}, as_text=frozenset({"contacts"})),
}

TITLE = "LIIA quarterly return - SYNTHETIC, not real data"
_INSTRUCTIONS = (
    "SYNTHETIC: every figure in this workbook is invented for a demonstration.",
    "Fill in the sheet 'Return': one row for each measure, numbers only, in the column 'Value'.",
    "A flow counts what happened in the quarter; a snapshot counts what was open on its last day.",
    "Send counts, FTE and days. Percentages and rates are worked out centrally.",
    "If a figure cannot be given, leave the value empty or write n/a, and say why in 'Comment'.",
    "Do not change the codes in the first column.",
)


@dataclass(frozen=True)
class Delivery:
    la: str
    quarter: Quarter
    received_at: datetime
    version: int = 1
    oddities: Oddities = CLEAN


def return_due(quarter: Quarter) -> date:
    """When a quarter's returns are due; raises ValueError outside the calendar seed."""
    calendar = read_seed("reference/quarters").set_index("quarter_label")["return_due"]
    if quarter.label not in calendar:
        raise ValueError(f"{quarter.label} is not in seeds/reference/quarters.csv")
    return date.fromisoformat(calendar[quarter.label])


def _missing(quarters: list[Quarter]) -> set[tuple[str, Quarter]]:
    missing = {(la, quarters[-1]) for la in MISSING_NOW}
    if len(quarters) > 1:
        missing.add((MISSING_BEFORE, quarters[(len(quarters) - 1) // 2]))
    return missing


def plan(las: list[str], quarters: list[Quarter], seed: int) -> list[Delivery]:
    """Every return that arrives, oldest quarter first."""
    missing = _missing(quarters)
    deliveries = []
    for quarter in quarters:
        last = quarter == quarters[-1]
        untidy = {quarters[-1]: _UNTIDY_NOW, quarters[-1].shift(-1): _UNTIDY_BEFORE}.get(
            quarter, {}
        )
        rng = generator(seed, "received", quarter.slug)
        # The due date is 20 working days after the quarter's end; the fifth is the earliest seen.
        waits = rng.integers(5, 20, len(las))
        minutes = rng.integers(8 * 60 + 30, 17 * 60 + 30, len(las))
        for la, wait, minute in zip(las, waits.tolist(), minutes.tolist(), strict=True):
            if (la, quarter) in missing:
                continue
            clock = time(minute // 60, minute % 60, tzinfo=LONDON)
            arrival = add_working_days(quarter.end, wait)
            sent = Delivery(la, quarter, datetime.combine(arrival, clock), 1, untidy.get(la, CLEAN))
            if last and la == LATE:
                arrival = add_working_days(return_due(quarter), 4)
                sent = replace(sent, received_at=datetime.combine(arrival, clock))
            if last and la == RESUBMITTED:
                early = datetime.combine(add_working_days(quarter.end, 8), clock)
                deliveries.append(replace(sent, received_at=early, oddities=_FIRST_VERSION))
                again = datetime.combine(add_working_days(quarter.end, 15), clock)
                sent = replace(sent, received_at=again, version=2)
            deliveries.append(sent)
    return deliveries


def file_name(la_name: str, delivery: Delivery) -> str:
    snake = re.sub(r"[^a-z0-9]+", "_", la_name.lower()).strip("_")
    version = f"_v{delivery.version}" if delivery.version > 1 else ""
    return f"{snake}_riia_return_{delivery.quarter.slug}{version}_SYNTHETIC.xlsx"


def write_returns(root: Path, figures: Figures, span: list[Quarter], seed: int) -> list[Path]:
    """The workbooks of consecutive quarters, with sidecars, under `root`."""
    authorities = {a["short_code"]: a for a in figures.authorities.to_dict("records")}
    sets = {q: indicator_set_in_force(q.end.isoformat()) for q in span}
    measures = {set_id: measures_of_set(set_id) for set_id in sets.values()}
    # What the template shows as "previous quarter" is what was sent, not what should have been.
    opening = span[0].shift(-1)
    sent = {(la, opening): figures.at(opening, la) for la in authorities}
    paths = []
    for delivery in plan(list(authorities), span, seed):
        la, quarter = delivery.la, delivery.quarter
        authority, set_id = authorities[la], sets[quarter]
        path = root / quarter.slug / la / file_name(authority["la_name"], delivery)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = figures.at(quarter, la)
        write_return(
            path,
            title=TITLE,
            instructions=_INSTRUCTIONS,
            cover={
                "la_name": authority["la_name"],
                "la_code": authority["new_la_code"],
                "quarter": quarter.label,
                "indicator_set": set_id,
                "template_version": TEMPLATE_VERSION,
            },
            measures=measures[set_id],
            values=values,
            previous=sent.get((la, quarter.shift(-1)), {}),
            created=delivery.received_at,
            oddities=delivery.oddities,
        )
        describe(
            path,
            delivery.received_at,
            la=la,
            quarter=quarter.slug,
            received_at=delivery.received_at.isoformat(),
        )
        unsent = delivery.oddities.values
        sent[la, quarter] = {code: v for code, v in values.items() if code not in unsent}
        paths.append(path)
    return paths
