"""mart_headline, worked out again: what is said of an authority or London, and in which order."""

from collections import defaultdict
from collections.abc import Iterable

from tests.recomputed.project import Project

Row = dict[str, object]
LONDON = "E12000007"
KEYS = ("indicator_code", "new_la_code", "period_type", "period_label", "source")
MOVED = ("up", "down", "mixed")


def headlines(project: Project, changed: Iterable[Row], excepted: Iterable[Row]) -> list[Row]:
    """From the rows of fct_change and fct_exception."""
    exception = {tuple(row[key] for key in KEYS): row for row in excepted}
    said: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for change in changed:
        if change["new_la_code"] not in project.london | {LONDON}:
            continue
        if change["period_type"] == "rolling_4q" or change["value"] is None:
            continue
        for row in statements(project, change, exception.get(tuple(change[key] for key in KEYS))):
            place = ("new_la_code", "source", "period_label", "kind")
            said[tuple(row[key] for key in place)].append(row)
    for rows in said.values():
        rows.sort(key=lambda row: (-row["score"], row["indicator_code"], row["period_type"]))
        for position, row in enumerate(rows, start=1):
            row["position"] = position
    return [row for rows in said.values() for row in rows]


def statements(project: Project, change: Row, exception: Row | None) -> list[Row]:
    """One per kind that the figure is of; `improving` and `concern` may both be."""
    indicator = project.indicators[change["indicator_code"]]
    stands_out = exception is not None and exception["evidence"] != "weak"
    if indicator.polarity == "none":
        moves = change["movement"] in MOVED
        is_unusual = moves or (stands_out and exception["evidence"] == "strong")
        kinds = {"unusual": (moves, stands_out)} if is_unusual else {}
    else:
        worse = stands_out and exception["judgement"] == "worse"
        kinds = {
            "improving": (change["judgement"] == "improving", False),
            "concern": (change["judgement"] == "worsening", worse),
        }
    return [
        {
            **{key: change[key] for key in (*KEYS, "period_end", "release_id", "value")},
            "kind": kind,
            "label": indicator.label,
            "theme": indicator.theme,
            "year_ago_value": change["year_ago_value"],
            "previous_value": change["previous_value"],
            "direction": exception["direction"] if exception else None,
            "evidence": exception["evidence"] if exception else None,
            "movement": change["movement"],
            "score": (of_change(change) if by_change else 0.0)
            + (of_exception(exception) if by_exception else 0.0),
        }
        for kind, (by_change, by_exception) in kinds.items()
        if by_change or by_exception
    ]


def of_change(change: Row) -> float:
    has_signal = change["control_signal"] not in ("inside", "no_limits")
    return max(abs(change["yearly_z"] or 0), abs(change["trend_z"] or 0)) + has_signal


def of_exception(exception: Row) -> float:
    return abs(exception["funnel_z"] or 0) + exception["is_lasting"]
