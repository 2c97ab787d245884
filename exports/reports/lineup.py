"""One indicator over all authorities: the table and the charts that every report has of it.

Ordered once and drawn 33 times, each time with another authority in front. Names of the others
are shown only where the product may name them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from exports.charts.funnel import Place, funnel_chart
from exports.charts.position import Dot, position_chart
from exports.charts.series import Moment, series_chart
from exports.reports import words
from exports.reports.facts import Facts, Record
from ingestion.region import REGION

_COMPARED = ("percent", "rate_per_10000", "days")  # counts of unequal authorities are not
_UNNAMED = "Another authority"


@dataclass(frozen=True)
class Lineup:
    """An indicator's returned figures, highest first and those without one last."""

    code: str
    unit: str
    cells: list[Record]
    london: float | None
    london_text: str
    has_funnel: bool


@dataclass(frozen=True)
class View:
    """Whose report it is: its name, how each authority stands to it, and the names it may give.

    names: authority -> name, in the order of the page's list of names.
    """

    own: str
    who: Mapping[str, str]
    names: Mapping[str, str]

    def place(self, la: str) -> int | None:
        """An authority's place in the page's list of names; None if it may not be named."""
        return self.places.get(la)

    @cached_property
    def places(self) -> dict[str, int]:
        return {code: number for number, code in enumerate(self.names)}


def lineup(facts: Facts, code: str) -> Lineup:
    """What of an indicator is the same in all reports."""
    cells = list(facts.cells.get("return", {}).get(code, {}).values())
    cells.sort(key=lambda c: (not c["usable"], -(c["number"] or 0), c["new_la_code"]))
    first = cells[0] if cells else {"display_unit": "", "london": None, "london_text": ""}
    return Lineup(
        code=code,
        unit=first["display_unit"],
        cells=cells,
        london=first["london"],
        london_text=first["london_text"],
        has_funnel=_is_wide(facts, code, cells),
    )


def _is_wide(facts: Facts, code: str, cells: list[Record]) -> bool:
    """Whether figures of that size usually differ by as much as they are: then size matters.

    So it is where, for most, the 95% limits lie further apart than London's figure is high.
    """
    groups = [facts.groups.get(("return", code, c["new_la_code"]), {}).get("london") for c in cells]
    limits = [g for g in groups if g and g["rank"] is not None and g["funnel_high_95"] is not None]
    if not limits or not limits[0]["group_value"]:
        return False
    widths = [(g["funnel_high_95"] - g["funnel_low_95"]) / g["group_value"] for g in limits]
    return median(widths) > 1


def table(line: Lineup, view: View) -> list[Record]:
    """A row for each authority: name, text, why there is no value, key of charts' STYLES."""
    return [
        {
            "name": view.names.get(cell["new_la_code"], _UNNAMED),
            "text": words.number(cell["text"]),
            "why": "" if cell["usable"] else words.status(cell["value_status"]),
            "joint": bool(cell["joint_code"]),
            "who": view.who[cell["new_la_code"]],
        }
        for cell in line.cells
    ]


def position(line: Lineup, view: View) -> dict[str, Any] | None:
    """The dots of all authorities; None where figures are not compared or there are too few."""
    usable = [cell for cell in line.cells if cell["usable"]]
    if line.unit not in _COMPARED or len(usable) < 2:
        return None
    own = next((cell["text"] for cell in usable if view.who[cell["new_la_code"]] == "own"), "")
    dots = [
        Dot(cell["number"], view.who[cell["new_la_code"]], view.place(cell["new_la_code"]))
        for cell in reversed(usable)
    ]
    return position_chart(
        dots,
        f"{view.own} {words.measured(own, line.unit)}",
        line.london,
        f"{REGION.name} {words.measured(line.london_text, line.unit)}",
    )


def series(line: Lineup, quarters: list[Record]) -> dict[str, Any] | None:
    """An authority's last eight quarters; None where fewer than two have a figure."""
    if sum(row["number"] is not None for row in quarters) < 2:
        return None
    return series_chart(
        [
            Moment(
                own=row["number"],
                london=row["london"] if line.unit in _COMPARED else None,
                centre=row["centre"],
                lower=row["lower_limit"],
                upper=row["upper_limit"],
                signal=row["control_signal"] or "",
            )
            for row in quarters
        ]
    )


def funnel(facts: Facts, line: Lineup, view: View) -> dict[str, Any] | None:
    """Figures by size with their limits; None where they would tell nothing.

    An authority that is not ranked, because it is so small, is in no funnel: its limits are far
    from all others', and a line between them would be guessed.
    """
    if not line.has_funnel or line.london is None:
        return None
    places = []
    for cell in line.cells:
        la = cell["new_la_code"]
        group = facts.groups.get(("return", line.code, la), {}).get("london")
        if not (group and cell["usable"] and group["funnel_high_95"] is not None):
            continue
        if group["rank"] is None:
            continue
        places.append(
            Place(
                size=float(cell["denominator"]),
                value=cell["number"],
                low_95=group["funnel_low_95"],
                high_95=group["funnel_high_95"],
                low_998=group["funnel_low_998"],
                high_998=group["funnel_high_998"],
                who=view.who[la],
                name=view.place(la),
            )
        )
    if not any(place.who == "own" for place in places):
        return None
    title = "Population" if line.unit == "rate_per_10000" else "Cases counted from"
    return funnel_chart(places, line.london, title)
