"""What one authority's report says: its headlines, each indicator, exceptions, and what is missing.

Everything is chosen from the facts and worded here; nothing is read and no HTML is made.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from exports.reports import tables, words
from exports.reports.facts import Facts, Record
from exports.reports.lineup import Lineup, View
from exports.reports.section import section as section_of
from exports.returns_status import STATES
from ingestion.landing import LONDON as LONDON_TIME

_MOST = 5


def report(facts: Facts, lines: list[Lineup], la: Record, named: bool) -> dict[str, Any]:
    """Everything the page of one authority says; named: whether other authorities may be named."""
    code = la["new_la_code"]
    names = {a["new_la_code"]: a["la_name"] for a in facts.authorities if named or a is la}
    view = View(la["la_name"], _who(facts, la), names)
    state = _state(facts, code)
    themes: dict[str, list[Record]] = {}
    by_code = {line.code: line for line in lines}
    for indicator in facts.indicators:
        section = section_of(facts, by_code[indicator["indicator_code"]], indicator, la, view)
        themes.setdefault(indicator["theme"], []).append(section)
    exceptions = {
        source: tables.exceptions(facts, code, source) for source in ("return", "published")
    }
    return {
        "la": la,
        "state": state,
        "headlines": {kind: _headlines(facts, code, kind) for kind in words.KINDS},
        "evidence": {
            level: sum(row["evidence"] == level for row in exceptions["return"])
            for level in tables.STRENGTH
        },
        "themes": themes,
        "exceptions": exceptions,
        "published": tables.published(facts, code),
        "chat": tables.chat(facts, code),
        "findings": facts.findings.get(code, 0),
        "sub_region": [
            names[a["new_la_code"]]
            for a in facts.authorities
            if named and a["sub_region"] == la["sub_region"] and a is not la
        ],
        "neighbours": [n["la_name"] for n in facts.neighbours.get(code, []) if named],
        "names": list(names.values()),
        "joint": _joint(facts, la, names),
        "proxies": _proxies(facts, code),
    }


def _who(facts: Facts, la: Record) -> dict[str, str]:
    """How each authority stands to this one, as the charts' styles have it."""
    near = {row["neighbour_la_code"] for row in facts.neighbours.get(la["new_la_code"], [])}
    found = {}
    for other in facts.authorities:
        same = other["sub_region"] == la["sub_region"]
        alike = other["new_la_code"] in near
        found[other["new_la_code"]] = (
            "both"
            if same and alike
            else "sub_region"
            if same
            else "neighbour"
            if alike
            else "other"
        )
    return found | {la["new_la_code"]: "own"}


def _state(facts: Facts, code: str) -> Record:
    """How the return came, what is missing in it, and what the authority wrote beside it."""
    rows = facts.submissions.get(code, [])
    if not rows:
        return {"state": "not_returned", "title": "Not returned", "lines": [], "missing": []} | {
            "comments": [],
            "is_there": False,
        }
    now = rows[0]
    state, due = now["submission_state"], words.day(now["return_due"])
    title, said = STATES[state], []
    if now["received_at"] is not None and state != "not_returned":
        day = words.day(pd.Timestamp(now["received_at"]).tz_convert(LONDON_TIME))
        late = int(now["days_late"] or 0)
        after = f"{late} {'day' if late == 1 else 'days'} after it was due on {due}"
        said.append(f"Received {day}, {after if late else f'due by {due}'}.")
    if state == "not_returned":
        said.append(f"No return stands for {facts.quarter.label}. It was due by {due}.")
    elif state == "quarantined":
        said.append(f"What was sent could not be used, so no figure of it counts. {_why(now)}")
    else:
        there, asked = int(now["measures_returned"]), int(now["measures_asked"])
        said.append(f"{there} of the {asked} figures asked for are there.")
    if now["is_partial"] and state == "late":
        title += ", incomplete"
    is_there = state in ("accepted", "late", "partial")
    absent = [row for row in rows if row["value_status"] != "ok"] if is_there else []
    return {
        "state": state,
        "title": title,
        "lines": [line.strip() for line in said],
        "is_there": is_there,
        "missing": [
            {
                "measure": row["measure_label"],
                "why": words.status(row["value_status"]),
                "comment": row["comment"] or "",
            }
            for row in absent
        ],
        "comments": [
            {"measure": row["measure_label"], "comment": row["comment"].strip()}
            for row in rows
            if (row["comment"] or "").strip()
        ],
    }


def _why(row: Record) -> str:
    return f"Why: {row['reason']}." if row["reason"] else ""


def _headlines(facts: Facts, code: str, kind: str) -> Record:
    """The first few of a kind: the quarter's returns, or published figures where there are none."""
    of_kind = [row for row in facts.headlines.get(code, []) if row["kind"] == kind]
    for source in ("return", "published"):
        rows = [row for row in of_kind if row["source"] == source]
        if rows:
            break
    else:
        return {"source": "return", "items": [], "more": 0}
    if source == "published":  # their positions are within one year; these may be of several
        rows.sort(key=lambda row: (-row["score"], row["indicator_code"]))
    items = []
    for row in rows[:_MOST]:
        cell = facts.cells[source][row["indicator_code"]][code]
        items.append(
            {
                "href": f"#{'p-' if source == 'published' else ''}{row['indicator_code']}",
                "label": cell["label"],
                "value": words.measured(cell["text"], cell["display_unit"]),
                "period": words.period(cell),
                "why": row["why"],
            }
        )
    return {"source": source, "items": items, "more": max(0, len(rows) - _MOST)}


def _joint(facts: Facts, la: Record, names: Mapping[str, str]) -> list[str]:
    """Which of the authority's figures are one figure with another, and with whom."""
    partners: dict[str, list[str]] = {}
    for by_indicator in facts.cells.values():
        for by_authority in by_indicator.values():
            cell = by_authority.get(la["new_la_code"])
            if cell and cell["joint_code"]:
                codes = [part.strip() for part in cell["joint_code"].split("/")]
                others = [names.get(c, "another authority") for c in codes]
                others = [name for name in others if name != la["la_name"]]
                partners.setdefault(" and ".join(others), []).append(cell["label"])
    return [
        f"One joint figure with {who}: {', '.join(dict.fromkeys(labels))}."
        for who, labels in partners.items()
    ]


def _proxies(facts: Facts, code: str) -> list[str]:
    """Indicators whose figure on this page is only near the definition."""
    labels = [
        by_authority[code]["label"]
        for by_indicator in facts.cells.values()
        for by_authority in by_indicator.values()
        if code in by_authority and by_authority[code]["is_proxy"] and by_authority[code]["usable"]
    ]
    return list(dict.fromkeys(labels))
