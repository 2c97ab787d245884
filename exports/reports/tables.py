"""The tables of a report: exceptions, published figures, and what the child-level lists gave.

Each row is words and printed numbers; a figure that is not there shows its symbol and why.
"""

from exports.reports import words
from exports.reports.facts import ENGLAND_GROUP, NEIGHBOURS, Facts, Record

STRENGTH = ["strong", "some", "weak"]


def exceptions(facts: Facts, code: str, source: str) -> list[Record]:
    """A source's exceptions, the best evidenced first and then in the order of the registry."""
    listed = facts.indicators if source == "return" else facts.published
    rows = []
    for indicator in listed:
        key = (source, indicator["indicator_code"], code)
        found = facts.exceptions.get(key)
        cell = facts.cells.get(source, {}).get(indicator["indicator_code"], {}).get(code)
        if found is None or cell is None:
            continue
        rows.append(
            {
                "href": f"#{'p-' if source == 'published' else ''}{indicator['indicator_code']}",
                "label": indicator["label"],
                "period": _year(cell) if source == "published" else facts.quarter.label,
                "value": words.measured(cell["text"], cell["display_unit"]),
                "london": words.measured(found["london_value_text"], cell["display_unit"]),
                "rank": words.rank(found),
                "direction": words.direction(found),
                "tested": words.significance(found["significance"]),
                "persistence": words.persistence(found),
                "evidence": found["evidence"],
                "small": bool(found["is_small_base"]),
            }
        )
    return sorted(rows, key=lambda row: STRENGTH.index(row["evidence"]))


def published(facts: Facts, code: str) -> list[Record]:
    """A row for each published indicator, in its newest year."""
    rows = []
    for indicator in facts.published:
        key = ("published", indicator["indicator_code"], code)
        cell = facts.cells["published"][indicator["indicator_code"]].get(code)
        if cell is None:
            continue
        unit, moved = cell["display_unit"], facts.changes.get(key)
        near = facts.groups.get(key, {}).get(NEIGHBOURS)
        england = facts.groups.get(key, {}).get(ENGLAND_GROUP)
        counted = unit in ("number", "count", "fte")
        changed = moved["change_on_year_text"] if moved and cell["usable"] else ""
        rows.append(
            {
                "id": f"p-{indicator['indicator_code']}",
                "theme": indicator["theme"],
                "label": indicator["label"],
                "unit": words.UNIT_NAMES[unit],
                "year": _year(cell),
                "value": words.measured(cell["text"], unit)
                if cell["usable"]
                else f"{cell['text']} ({words.status(cell['value_status'])})",
                "joint": bool(cell["joint_code"]),
                "london": "" if counted else words.measured(cell["london_text"], unit),
                "neighbours": words.measured(near["group_value_text"], unit)
                if near and near["group_value_text"] and not counted
                else "",
                "england": words.measured(cell["england_text"], unit)
                if cell["england_text"] and not counted
                else "",
                "beyond": words.significance(england["significance"])
                if england and cell["usable"] and england["significance"] != "not_tested"
                else "",
                "fifth": words.fifth(cell),
                "change": words.change(changed, unit) if changed else "",
                "tested": words.significance(moved["year_ago_significance"])
                if moved and changed
                else "",
            }
        )
    return rows


def chat(facts: Facts, code: str) -> list[Record]:
    """What the child-level lists gave, beside the return and with the class of the difference."""
    cells = facts.cells.get("chat", {})
    compared = {
        row["indicator_code"]: row
        for row in facts.reconciliation.get(code, [])
        if row["base_source"] == "return" and row["compared_source"] == "chat"
    }
    labels = {i["indicator_code"]: i["label"] for i in (*facts.indicators, *facts.published)}
    rows = []
    for indicator, by_authority in cells.items():
        cell = by_authority.get(code)
        if cell is None:
            continue
        returned = facts.cells.get("return", {}).get(indicator, {}).get(code)
        row = compared.get(indicator)
        rows.append(
            {
                "label": labels.get(indicator, cell["label"]),
                "chat": _value(cell),
                "proxy": bool(cell["is_proxy"]),
                "returned": _value(returned) if returned else "",
                "size": words.size(row) if row else "not compared",
                "reason": (row["explanation"] or "") if row else "",
            }
        )
    return rows


def _value(cell: Record) -> str:
    if cell["usable"]:
        return words.measured(cell["text"], cell["display_unit"])
    return f"{cell['text']} ({words.status(cell['value_status'])})"


def _year(cell: Record) -> str:
    """The published year with the month it ends in, since publications differ."""
    return f"year to {cell['period_end']:%b %Y}"
