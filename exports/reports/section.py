"""What a report says of one returned indicator: the figure, its comparisons, changes and charts.

Tables over many indicators are in `tables`.
"""

import json
from collections.abc import Mapping
from typing import Any

from exports.figures import POLARITIES
from exports.reports import lineup, words
from exports.reports.facts import NEIGHBOURS, Facts, Record
from exports.reports.lineup import Lineup, View
from ingestion.region import REGION

_FUNNEL = {
    "inside": "inside the limits",
    "above_95": "above the 95% limit",
    "above_998": "above the 99.8% limit",
    "below_95": "below the 95% limit",
    "below_998": "below the 99.8% limit",
}


def section(
    facts: Facts,
    line: Lineup,
    indicator: Record,
    la: Record,
    view: View,
) -> Record:
    """One indicator: the authority's figure, what it is compared with, and its charts."""
    code, own = indicator["indicator_code"], la["new_la_code"]
    key = ("return", code, own)
    cell = facts.cells.get("return", {}).get(code, {}).get(own)
    groups = facts.groups.get(key, {})
    found = facts.exceptions.get(key)
    quarters = facts.series.get((code, own), [])
    unit = line.unit or indicator["unit"]
    usable = cell is not None and cell["usable"]
    return {
        "id": code,
        "label": indicator["label"],
        "name": indicator["name"],
        "unit": words.UNIT_NAMES[unit],
        "polarity": POLARITIES[indicator["polarity"]][1],
        "value": words.beside(cell["text"], unit) if cell and usable else "",
        "unit_beside": words.unit_beside(unit),
        "symbol": "" if usable else cell["text"] if cell else "x",
        "why": "" if usable else words.status(cell["value_status"] if cell else "not_returned"),
        "period": words.period(cell) if cell else facts.quarter.label,
        "parts": words.parts(cell) if cell else "",
        "joint": bool(cell and cell["joint_code"]),
        "proxy": bool(cell and cell["is_proxy"]),
        "comparisons": _comparisons(cell, line, groups, la),
        "rank": words.rank(groups.get("london")) if usable else "",
        "fifth": words.fifth(cell) if cell else "",
        "changes": _changes(facts.changes.get(key), unit) if usable else [],
        "for_its_size": _for_its_size(line, groups.get("london")) if usable else "",
        "exception": words.exception(found) if found else "",
        "comment": ((cell["comment"] if cell else None) or "").strip(),
        "charts": _charts(facts, line, cell, la, view, quarters),
        "table": lineup.table(line, view),
        "series": [{**row, "signal": words.signal(row["control_signal"])} for row in quarters],
        "limits": _limits(quarters),
    }


def _comparisons(
    cell: Record | None, line: Lineup, groups: Mapping[str, Record], la: Record
) -> list[Record]:
    """London, sub-region and neighbours: their figure, who stands behind it, and the test."""
    if cell is None:
        return []
    if cell["display_unit"] == "number":
        total = words.number(cell["london_count"]) or "none"
        return [{"name": f"{REGION.name} (sum)", "value": total, "of": "", "tested": ""}]
    sub_region = [key for key in groups if key.startswith("sub_region_")]
    wanted = [
        (REGION.name, "london"),
        (f"Sub-region {la['sub_region']}", sub_region[0] if sub_region else ""),
        ("Statistical neighbours", NEIGHBOURS),
    ]
    rows = []
    for name, key in wanted:
        group = groups.get(key)
        text = line.london_text if key == "london" else group["group_value_text"] if group else ""
        tested = bool(group and cell["usable"] and group["significance"] != "not_tested")
        rows.append(
            {
                "name": name,
                "value": words.beside(text, line.unit) if text else "no figure",
                "of": f"{int(group['n_usable'])} of {int(group['n_members'])}" if group else "",
                "tested": words.significance(group["significance"]) if group and tested else "",
            }
        )
    return rows


def _changes(moved: Record | None, unit: str) -> list[Record]:
    """The change on the quarter before and on the same quarter a year before, where both exist."""
    rows = []
    for since, label, before in (
        ("previous", "Quarter before", "previous"),
        ("year", "Year before", "year_ago"),
    ):
        known = moved is not None and moved[f"change_on_{since}_text"] != ""
        rows.append(
            {
                "since": f"{label} ({moved[f'{before}_label']})" if known and moved else label,
                "was": words.beside(moved[f"{before}_value_text"], unit) if known and moved else "",
                "change": words.change(moved[f"change_on_{since}_text"], unit)
                if known and moved
                else "",
                "tested": words.significance(moved[f"{before}_significance"])
                if known and moved
                else "",
            }
        )
    return rows


def _limits(quarters: list[Record]) -> str:
    """The newest control limits as words; '' where there are none."""
    known = [row for row in quarters if row["centre"] is not None]
    if not known:
        return ""
    now = known[-1]
    low, centre, high = (now[f"{name}_text"] for name in ("lower_limit", "centre", "upper_limit"))
    return f"Own mean {centre}, limits {low} to {high}"


def _charts(
    facts: Facts,
    line: Lineup,
    cell: Record | None,
    la: Record,
    view: View,
    quarters: list[Record],
) -> list[Record]:
    """The charts there are, each with the sentence for who cannot see it."""
    own = la["la_name"]
    value = words.measured(cell["text"], line.unit) if cell and cell["usable"] else "no figure"
    group = facts.groups.get(("return", line.code, la["new_la_code"]), {}).get("london")
    london = words.measured(line.london_text, line.unit)
    usable = [c for c in line.cells if c["usable"]]
    charts: list[Record] = []
    if spec := lineup.position(line, view):
        ranked = words.rank(group)
        lowest, highest = usable[-1]["text"], usable[0]["text"]
        said = f"Dots of {len(usable)} authorities from {lowest} to {highest}. {own}: {value}"
        said += f"{', ' + ranked if ranked else ''}. {REGION.start}: {london}."
        charts.append({"kind": "strip", "title": "All authorities", "said": said, "spec": spec})
    if spec := lineup.series(line, quarters):
        signal = words.signal(quarters[-1]["control_signal"])
        known = [row for row in quarters if row["number"] is not None]
        told = [f"{row['text']} in {row['period_label']}" for row in (known[0], known[-1])]
        said = f"Line of {own}: from {told[0]} to {told[1]}. "
        said += f"The newest figure is {signal}." if signal else ""
        charts.append({"kind": "series", "title": "Over time", "said": said.strip(), "spec": spec})
    if spec := lineup.funnel(facts, line, view):
        said = f"Funnel around {REGION}’s {london}. {own}: {value}. {_for_its_size(line, group)}"
        charts.append({"kind": "funnel", "title": "Allowing for size", "said": said, "spec": spec})
    return [{**chart, "spec": _json(chart["spec"])} for chart in charts]


def _for_its_size(line: Lineup, group: Record | None) -> str:
    """Where the figure lies among those of its size, in words; '' where size hardly matters."""
    if not line.has_funnel or group is None or group["funnel_position"] not in _FUNNEL:
        return ""
    low, high = group["funnel_low_95_text"], group["funnel_high_95_text"]
    return f"Allowing for its size: {_FUNNEL[group['funnel_position']]} (95%: {low} to {high})."


def _json(spec: dict[str, Any]) -> str:
    """JSON that may stand inside a script element, whatever a name holds."""
    text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
