"""Invented narrative forms that were sent back, as workbooks with the form's references.

Belongs here: who answers, how much, and what bland things they say. Does not belong here: which
cells a real form has besides its references (`exports/narratives`).
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

import pandas as pd
import xlsxwriter

from ingestion import narrative_form as form
from ingestion.periods import Quarter, add_working_days
from ingestion.region import REGION
from ingestion.registry import return_due, seed
from ingestion.sample.figures import Figures
from ingestion.sample.files import SYNTHETIC, at_nine, describe, properties

# How many authorities have sent the last quarter's form so far, and sent the one before.
_SENT_NOW, _SENT_BEFORE = 5, 20
_WORKING_DAYS_LATER = 15
_INDICATORS = (
    "contacts",
    "referrals",
    "repeat_referrals_pct",
    "assessments_45wd_pct",
    "cla",
    "cin",
    "sw_agency_rate",
    "sw_vacancy_rate",
)
_EXPLAINED = (
    "Demand at the front door rose after schools went back; the figure is in line with our plan.",
    "A known recording issue: a backlog was entered late and the next quarter should be lower.",
    "Recruitment is slow and agency workers fill vacancies.\nA new academy starts in the spring.",
    "More domestic abuse notifications from the police, since a new referral form came in.",
    "Placements are hard to find locally; we use more at a distance than we would like.",
    "Small numbers: two large families change the figure.",
)
_OF_ITSELF = {
    "good": "Children are seen quickly and the same worker stays with them.",
    "share": "Our early help hubs, and how we record the voice of the child.",
    "worry": "The cost of placements, housing, and how long mental health assessments take.",
    "support": "A conversation with an authority that has brought its agency rate down.",
}
_PLANNED = (
    ("Workforce stability", "Grow the academy", "Assistant director", "March", "Agency below 15%"),
    ("Front door", "Review of thresholds", "Head of service", "June", "Fewer repeat referrals"),
)


def write_narratives(root: Path, figures: Figures, span: list[Quarter]) -> list[Path]:
    """The forms of the last quarter and of the one before, with sidecars, under `root`."""
    paths = []
    for quarter, count in ((span[-1].shift(-1), _SENT_BEFORE), (span[-1], _SENT_NOW)):
        if quarter not in span:
            continue
        exceptions = _exceptions(figures, quarter)
        arrived = at_nine(add_working_days(return_due(quarter), _WORKING_DAYS_LATER))
        # Every second authority or so, from a place that differs between the quarters.
        las = figures.authorities.iloc[quarter.number % 2 :: 2].head(count)
        more = figures.authorities.drop(las.index).head(count - len(las))
        for number, la in enumerate(pd.concat([las, more]).to_dict("records")):
            short = str(la["short_code"])
            path = root / quarter.slug / short / f"{short}_narrative_SYNTHETIC.xlsx"
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(
                path, str(la["la_name"]), short, quarter, exceptions.get(short, []), number, arrived
            )
            sent = arrived.isoformat()
            describe(path, arrived, la=short, quarter=quarter.slug, received_at=sent)
            paths.append(path)
    return sorted(paths)


def _exceptions(figures: Figures, quarter: Quarter) -> dict[str, list[str]]:
    """By authority the indicators in the highest or lowest fifth, of a few that are simple."""
    returned = cast(pd.DataFrame, figures.frame.xs((quarter.year, quarter.number)))
    people = figures.authorities.set_index("short_code")["population"]
    terms = seed("registry/indicator_terms")
    measures = terms.groupby(["indicator_code", "role"])["measure_code"].agg(list)

    def counted(code: str, role: str) -> pd.Series:
        return returned[list(measures[code, role])].sum(axis=1)

    rates = pd.DataFrame(
        {
            code: counted(code, "numerator")
            / (counted(code, "denominator") if (code, "denominator") in measures else people)
            for code in _INDICATORS
        }
    )
    names = figures.authorities.set_index("short_code")["la_name"]
    rates = rates.drop(index=names.index[names.isin(REGION.not_ranked)])
    ranks = pd.concat([rates.rank(), rates.rank(ascending=False)]).groupby(level=0).min()
    return {str(la): [*row.index[row <= len(rates) // 5]] for la, row in ranks.iterrows()}


def _rows(
    short: str, quarter: Quarter, exceptions: list[str], number: int
) -> Iterator[tuple[str, list[str]]]:
    """Each reference with its answers; the last exception of each form is left open."""
    for place, reference in enumerate(form.references(short, quarter, exceptions)):
        if reference.part == "exception":
            left_open = reference.item == exceptions[-1] and len(exceptions) > 1
            said = _EXPLAINED[(number + place) % len(_EXPLAINED)]
            yield str(reference), ["" if left_open else f"{said} (Invented.)"]
        elif reference.part == "self_view":
            yield str(reference), [f"{_OF_ITSELF[reference.item]} (Invented.)"]
        elif reference.part == "plan":
            row = int(reference.item) - 1
            yield str(reference), [*_PLANNED[row]] if row < len(_PLANNED) else []
        else:
            yield str(reference), [[*form.QUOTING.values()][number % len(form.QUOTING)]]


def _write(
    path: Path,
    la_name: str,
    short: str,
    quarter: Quarter,
    exceptions: list[str],
    number: int,
    arrived: datetime,
) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        book.set_properties(properties(f"{form.TITLE}: {la_name}, {quarter.label}", arrived))
        sheet = book.add_worksheet("Narrative")
        sheet.set_column(0, 0, 44)
        sheet.set_column(1, 5, 60)
        cover = [("Authority", la_name), ("Quarter", quarter.label)]
        cover += [(form.VERSION_LABEL, form.VERSION), ("SYNTHETIC", SYNTHETIC)]
        asked = _rows(short, quarter, exceptions, number)
        for row, (label, words) in enumerate([*((a, [b]) for a, b in cover), *asked]):
            for column, text in enumerate([label, *words]):
                sheet.write_string(row, column, text)
