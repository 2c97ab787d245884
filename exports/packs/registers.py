"""What the registers say of a cycle: clusters with their members, calendar, reviews, priorities.

Dated rows are read as of a day. Nothing here knows a figure.
"""

import calendar
from dataclasses import dataclass
from datetime import date

import pandas as pd

from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import return_due, seed

_KIND = "cluster_"
_MONTHS = {name: number for number, name in enumerate(calendar.month_name) if name}
REVIEW_KINDS = {"challenge": "Peer challenge", "review": "Peer review", "summit": "Summit"}


@dataclass(frozen=True)
class Cluster:
    """One peer-challenge cluster on a day; `assumed` while LIIA has not said who is in it."""

    code: str
    label: str
    members: tuple[str, ...]
    assumed: bool


@dataclass(frozen=True)
class Entry:
    """One line of the calendar."""

    starts: date
    ends: date
    event: str
    status: str
    source: str


def in_force(register: pd.DataFrame, day: date) -> pd.DataFrame:
    """The rows of a dated register that hold on a day."""
    begun = register["valid_from"] <= day.isoformat()
    return register[
        begun & ((register["valid_to"] == "") | (register["valid_to"] >= day.isoformat()))
    ]


def clusters(day: date) -> list[Cluster]:
    """The clusters that have members on a day, in the registry's order."""
    groups = seed("reference/comparison_groups")
    groups = groups[groups["comparison_group"].str.startswith(_KIND)]
    members = in_force(seed("reference/comparison_group_members"), day)
    found = []
    for group in groups.to_dict("records"):
        own = members[members["comparison_group"] == group["comparison_group"]]
        if own.empty:
            continue
        assumed = group["status"] != "confirmed" or (own["status"] != "confirmed").any()
        codes = tuple(sorted(own["new_la_code"]))
        found.append(Cluster(group["comparison_group"], group["label"], codes, bool(assumed)))
    return found


def themes(day: date) -> pd.DataFrame:
    """The priorities on a day, a row for each of their indicators, in order."""
    held = in_force(seed("reference/priority_themes"), day)
    held = held.assign(theme_order=held["theme_order"].astype(int))
    lines = seed("reference/priority_theme_indicators")[["theme_code", "indicator_code"]]
    return held.merge(lines, on="theme_code").sort_values("theme_order", kind="stable")


def cycle(quarter: Quarter) -> list[Entry]:
    """What comes next once the quarter's returns are due: each event and return once, by date."""
    due = return_due(quarter)
    entries = [_next(event, due) for event in seed("reference/annual_events").to_dict("records")]
    calendar_days = seed("reference/quarters")
    coming = calendar_days[calendar_days["return_due"] >= due.isoformat()].sort_values("return_due")
    for line in coming.head(4).to_dict("records"):
        day = date.fromisoformat(line["return_due"])
        words = f"Returns for {line['quarter_label']} due"
        entries.append(Entry(day, day, words, line["return_due_status"], "Calendar of quarters"))
    return sorted(entries, key=lambda entry: (entry.starts, entry.ends, entry.event))


def _next(event: dict, after: date) -> Entry:
    """An event of every year, the next time that it is not over by a day."""
    names = event["months"].split(" to ")
    first, last = _MONTHS[names[0]], _MONTHS[names[-1]]
    year = after.year if last >= after.month else after.year + 1
    ends = date(year, last, calendar.monthrange(year, last)[1])
    starts = date(year - 1 if first > last else year, first, 1)
    words = event["event"].replace("_", " ").capitalize().replace("Dfe ", "DfE: ")
    return Entry(starts, ends, words, event["status"], event["source"])


def reviews() -> list[dict]:
    """The register of challenges, reviews and summits, by date, in words."""
    register = seed("reference/peer_reviews").sort_values(["starts_on", "review_id"])
    names = seed("reference/local_authorities").set_index("new_la_code")["la_name"]
    groups = seed("reference/comparison_groups").set_index("comparison_group")["label"]
    labels = seed("reference/priority_themes").set_index("theme_code")["label"]
    return [
        {
            "kind": REVIEW_KINDS[line["kind"]],
            "whom": names.get(line["new_la_code"], "")
            or groups.get(line["comparison_group"], "")
            or f"All of {REGION}",
            "theme": labels.get(line["theme_code"], ""),
            "starts": date.fromisoformat(line["starts_on"]),
            "ends": date.fromisoformat(line["ends_on"] or line["starts_on"]),
            "status": line["status"],
            "source": line["source"],
        }
        for line in register.to_dict("records")
    ]
