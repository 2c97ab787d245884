"""Who sends which quarterly return, when, and with which small mistakes.

Belongs here: the story of the synthetic quarters (missing, late, resubmitted and untidy returns).
Does not belong here: the figures (`figures.py`), the template (`ingestion/template.py`) and what an
untidy workbook looks like (`returns.py`).
"""

from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path

from ingestion import template
from ingestion.aliases import COLUMNS
from ingestion.landing import la_code
from ingestion.periods import Quarter, add_working_days
from ingestion.region import REGION
from ingestion.registry import indicator_set_in_force, return_due
from ingestion.sample.figures import Figures
from ingestion.sample.files import LONDON, SYNTHETIC, describe, generator
from ingestion.sample.returns import CLEAN, Oddities
from ingestion.template_workbook import workbook

# London's; where another alliance is served, every return comes, in time and tidy.
MISSING_NOW = ("HAV", "WES")  # in the last quarter
MISSING_BEFORE = "BEX"  # in one older quarter
LATE = "EAL"
RESUBMITTED = "LAM"  # twice
SET_ASIDE = "HIL"  # last quarter's cover on this quarter's figures
REMEMBERED = "ISL"  # its own word for a measure, which somebody has explained
OWN_WORD, OWN_MEASURE = "Kids in need", "cin"

_FIRST_VERSION = Oddities(
    factors={
        "contacts": 0.88,
        "assessments_completed": 0.90,
        "assessments_within_45wd": 0.85,
        "sw_days_lost": 1.20,
    }
)
_SECOND_VERSION = Oddities(factors={"sw_days_lost": 1.20})
_UNTIDY_NOW = {
    REMEMBERED: Oddities(codes={OWN_MEASURE: ""}, labels={OWN_MEASURE: OWN_WORD}),
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

TITLE = f"{REGION.alliance} quarterly return - SYNTHETIC, not real data"
_NOTICE = ("SYNTHETIC", "Every figure in this workbook is invented for a demonstration.")
# Older quarters came in the first layout: a reader that knows only one of the two is found out.
_QUARTERS_OF_THIS_VERSION = 4
_PREVIOUS = "What was sent last time, for comparison only."


@dataclass(frozen=True)
class Delivery:
    la: str
    quarter: Quarter
    received_at: datetime
    version: int = 1
    oddities: Oddities = CLEAN


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
                again = datetime.combine(add_working_days(quarter.end, 12), clock)
                second = replace(sent, received_at=again, version=2, oddities=_SECOND_VERSION)
                deliveries.append(second)
                again = datetime.combine(add_working_days(quarter.end, 15), clock)
                sent = replace(sent, received_at=again, version=3)
            if last and la == SET_ASIDE:
                cover = {"quarter": quarter.shift(-1).label}
                sent = replace(sent, oddities=Oddities(cover=cover))
            deliveries.append(sent)
    return deliveries


def file_name(la_name: str, delivery: Delivery) -> str:
    version = f"_v{delivery.version}" if delivery.version > 1 else ""
    return f"{template.file_stem(la_name, delivery.quarter)}{version}_SYNTHETIC.xlsx"


def write_aliases(root: Path) -> None:
    """What somebody at the alliance has noted about an authority's own words."""
    if la_code(REMEMBERED) is None:
        return
    line = f"{REMEMBERED},measure,{OWN_WORD},{OWN_MEASURE},Invented analyst,2025-08-01,by telephone"
    root.mkdir(parents=True)
    (root / "returns_SYNTHETIC.csv").write_text(f"{','.join(COLUMNS)}\n{line}\n", encoding="utf-8")


def write_returns(root: Path, figures: Figures, span: list[Quarter], seed: int) -> list[Path]:
    """The workbooks of consecutive quarters, with sidecars, under `root`."""
    authorities = {a["short_code"]: a for a in figures.authorities.to_dict("records")}
    sets = {q: indicator_set_in_force(q.end.isoformat()) for q in span}
    first_of_version = span[-1].shift(1 - _QUARTERS_OF_THIS_VERSION)
    # What the template shows as "previous quarter" is what was sent, not what should have been.
    opening = span[0].shift(-1)
    sent = {(la, opening): figures.at(opening, la) for la in authorities}
    paths = []
    for delivery in plan(list(authorities), span, seed):
        la, quarter = delivery.la, delivery.quarter
        authority, oddities = authorities[la], delivery.oddities
        path = root / quarter.slug / la / file_name(authority["la_name"], delivery)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = figures.at(quarter, la)
        form = template.Form(
            la_name=authority["la_name"],
            la_code=authority["new_la_code"],
            quarter=quarter,
            set_id=sets[quarter],
            title=TITLE,
            instructions=[_NOTICE, *template.instructions(quarter, _PREVIOUS)],
            created=delivery.received_at,
            version=template.VERSION if quarter >= first_of_version else template.FIRST_VERSION,
            remark=SYNTHETIC,
            previous=sent.get((la, quarter.shift(-1)), {}),
            given=oddities.typed(values),
            comments=oddities.comments,
            sign_off={
                "completed_by": "Invented data lead",
                "signed_off_by": "Invented director",
                "signed_off_on": delivery.received_at.date(),
            },
        )
        path.write_bytes(workbook(form, oddities.applied(template.rows(form))))
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
