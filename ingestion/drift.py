"""What differs between a release of a published dataset and the one before it, told before loading.

DfE renames columns, drops and splits categories and revises history between releases. Two releases
are compared by what they hold (`drift_content.py`), not by their names alone. What takes a figure
away that the platform uses blocks; what a person must look at is a check; the rest is noted.
Nothing here reads a file. A row that stands twice is told elsewhere (`published.row.twice`).
"""

from dataclasses import replace
from functools import cache

import pandas as pd

from ingestion import drift_content as content
from ingestion.contract import Severity, Table
from ingestion.drift_categories import category_findings
from ingestion.drift_history import history_findings, symbol_findings
from ingestion.drift_pair import Pair, Release, listed
from ingestion.findings import SEVERITIES, Finding
from ingestion.headers import normalise
from ingestion.region import REGION
from ingestion.registry import seed
from ingestion.sources.published_standard import JOINT

__all__ = ["Release", "compare"]


def compare(table: Table, before: Release, after: Release, needed: pd.DataFrame) -> list[Finding]:
    """What differs, worst first. `needed` has column_name and filter_key of each figure used."""
    pair = Pair(before, after, needed)
    split, categories = category_findings(pair)
    findings = [
        *_columns(pair),
        *categories,
        *symbol_findings(pair),
        *_periods(pair),
        *_levels(pair),
        *_areas(pair),
        *history_findings(pair, split),
    ]
    findings = [replace(finding, table=table.name) for finding in findings]
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.rule_id, f.message))


def _columns(pair: Pair) -> list[Finding]:
    """Columns under another header, lost ones with what they are likely to be now, new ones."""
    old, new, label = pair.old, pair.new, pair.after.title
    findings = [
        Finding(
            "drift.column.renamed",
            "note",
            f"“{old[name]}” is “{header}” in {label}; both names are known",
            cell=pair.cell(name),
            column=name,
            value=header,
            expected=old[name],
        )
        for name, header in new.items()
        if header != old.get(name, header)
    ]
    lost = {name: header for name, header in old.items() if name not in new}
    gained = {name: header for name, header in new.items() if name not in old}
    now = _columns_now(pair, lost, gained)
    for name, header in lost.items():
        to, told = now.get(name, ("", ""))
        findings.append(
            Finding(
                "drift.column.lost",
                _worth(pair, name),
                f"“{header}” is not in {label}" + (f": {told}" if told else ""),
                cell=pair.cell(to),
                column=name,
                expected=header,
                suggestion=new.get(to),
            )
        )
    for name in gained.keys() - {to for to, _ in now.values()}:
        # A known filter that is new gives every row another key.
        moved = pair.roles[name] == "filter" and pair.misplaced
        findings.append(
            Finding(
                "drift.column.gained",
                "block" if moved else "note",
                f"“{new[name]}” is new in {label}",
                cell=pair.cell(name),
                column=name,
                value=new[name],
            )
        )
    return findings


def _worth(pair: Pair, name: str) -> Severity:
    """How bad the loss of a column is."""
    role = pair.roles[name]
    if name in set(pair.needed["column_name"]) or (role == "filter" and pair.misplaced):
        return "block"
    return "note" if role in ("ignore", "unknown") else "check"


def _columns_now(
    pair: Pair, lost: dict[str, str], gained: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """For lost columns the unknown one that each is likely to be, and why."""
    unknown = {name: header for name, header in gained.items() if pair.roles[name] == "unknown"}
    filters = [name for name in lost if pair.roles[name] == "filter"]
    figures = {name: header for name, header in lost.items() if name not in filters}
    found = content.matches(pair.cells, "column", figures, unknown)
    now = {name: (match.to, match.told(unknown[match.to])) for name, match in found.items()}
    return now | _filters_now(pair, filters, unknown)


def _filters_now(
    pair: Pair, lost: list[str], unknown: dict[str, str]
) -> dict[str, tuple[str, str]]:
    """For each lost filter the unknown column that holds most of its categories, and in words."""
    later = pair.cells[pair.cells["later"] & pair.cells["column"].isin(list(unknown))]
    words = later[["column", "text"]].drop_duplicates()
    found = {}
    for name in lost:
        held = pair.keys.loc[~pair.keys["later"], name].dropna().unique()
        same = words["column"][words["text"].isin(held)].value_counts()
        if len(held) and same.max() >= content.SAME * len(held):
            to = str(same.idxmax())
            told = f"“{unknown[to]}” holds {same.max()} of its {len(held)} categories"
            found[name] = (to, told)
    return found


def _periods(pair: Pair) -> list[Finding]:
    """Years lost and new; a year of another kind would be placed wrongly."""
    label, places = pair.after.title, pair.places
    kinds = places.assign(
        kind=places["identifier"].map(normalise), length=places["period"].str.len()
    )
    old, new = (kinds[kinds["later"] == later] for later in (False, True))
    other = new[~new["kind"].isin(old["kind"]) | ~new["length"].isin(old["length"])]
    if len(other):
        was, now = old.iloc[0], other.iloc[0]
        return [
            Finding(
                "drift.identifier.changed",
                "block",
                f"Periods are of another kind in {label}: “{now['identifier']} {now['period']}”, "
                f"before “{was['identifier']} {was['period']}”",
                cell=pair.cell("time_identifier"),
                column="time_identifier",
                value=now["identifier"],
                expected=was["identifier"],
            )
        ]
    return _sets(pair, "period", "time_period", ("drift.period.lost", "drift.period.gained"))


def _levels(pair: Pair) -> list[Finding]:
    rules = ("drift.level.lost", "drift.level.gained")
    return _sets(pair, "level", "geographic_level", rules)


def _sets(pair: Pair, held: str, column: str, rules: tuple[str, str]) -> list[Finding]:
    """What a standard column no longer holds (a check), and what it newly holds (a note)."""
    later = pair.places["later"]
    old, new = set(pair.places[held][~later]), set(pair.places[held][later])
    told = (
        (rules[0], "check", old - new, "Not in {} any more: {}"),
        (rules[1], "note", new - old, "New in {}: {}"),
    )
    return [
        Finding(
            rule_id,
            severity,
            message.format(pair.after.title, listed(sorted(names))),
            cell=pair.cell(column),
            column=column,
            value=listed(sorted(names)),
            count=len(names),
        )
        for rule_id, severity, names, message in told
        if names
    ]


def _areas(pair: Pair) -> list[Finding]:
    """Areas missing in a year that both releases have, or in the newest; areas newly there.

    Authorities come and go elsewhere in England; in the region served one that is missing is an
    error.
    """
    places, label = _apart(pair.places), pair.after.title
    old, new = places[~places["later"]], places[places["later"]]
    old, new = old[old["level"].isin(new["level"])], new[new["level"].isin(old["level"])]
    if old.empty or new.empty:
        return []
    newest, was = (side[side["period"] == side["period"].max()] for side in (new, old))
    due = old[old["period"].isin(new["period"])]
    if not newest["period"].isin(old["period"]).any():
        due = pd.concat([due, was.assign(period=newest["period"].iloc[0])])
    lost = _without(due, new, ["period", "level", "area"])
    gained = _without(newest, was, ["level", "area"])
    findings = []
    if len(lost):
        lost["london"] = lost["area"].isin(_served())
        serious = (lost["london"] | (lost["level"] != content.LOCAL)).any()
        names = _missing(lost, gained, new)
        findings.append(
            Finding(
                "drift.area.lost",
                "check" if serious else "note",
                f"Not in {label} any more: {listed(names)}",
                cell=pair.cell("new_la_code"),
                column="new_la_code",
                value=listed(names),
                count=len(names),
            )
        )
    if len(gained):
        names = sorted(gained["area_name"])
        findings.append(
            Finding(
                "drift.area.gained",
                "note",
                f"New in {label}: {listed(names)}",
                cell=pair.cell("new_la_code"),
                column="new_la_code",
                value=listed(names),
                count=len(names),
            )
        )
    return findings


@cache
def _served() -> frozenset[str]:
    """Codes of the region, of the areas that DfE parts it into, and of its authorities."""
    las, areas = seed("reference/local_authorities"), seed("reference/areas")
    parts = areas.loc[areas["parent_code"] == REGION.code, "area_code"]
    return frozenset([REGION.code, *parts, *las.loc[las["is_london"] == "true", "new_la_code"]])


def _apart(places: pd.DataFrame) -> pd.DataFrame:
    """A joint line is of both its authorities: they are not lost when they share one."""
    both = ["area", "area_name"]
    parted = places.assign(**{name: places[name].str.split(JOINT) for name in both})
    parted = parted[parted["area"].str.len() == parted["area_name"].str.len()].explode(both)
    kept = places.drop(parted.index.unique())
    return pd.concat([parted, kept], ignore_index=True)


def _without(these: pd.DataFrame, others: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows whose keys are not among the others."""
    merged = these.merge(others[keys].drop_duplicates(), how="left", on=keys, indicator="found")
    return merged[merged["found"] == "left_only"].drop(columns="found")


def _missing(lost: pd.DataFrame, gained: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """The names of lost areas, the region’s first, with the years if only some, or the new code."""
    by_area = lost.sort_values("period").groupby(["level", "area"], as_index=False)
    areas = by_area.agg(
        area_name=("area_name", "last"),
        london=("london", "any"),
        years=("period", lambda years: " (" + ", ".join(years) + ")"),
    )
    areas = areas.sort_values(["london", "area"], ascending=[False, True])
    now = gained.drop_duplicates("area_name").set_index("area_name")["area"]
    code = areas["area_name"].map(now).astype("string")
    years = areas["years"].where(areas["area"].isin(new["area"]), "")
    return list(areas["area_name"] + (" (now " + code + ")").fillna(years))
