"""What became of the categories of a dataset's filters: lost, renamed, split, new."""

import pandas as pd

from ingestion import drift_content as content
from ingestion.drift_content import Match
from ingestion.drift_pair import Pair, listed
from ingestion.findings import Finding


def category_findings(pair: Pair) -> tuple[list[str], list[Finding]]:
    """Findings on all filters, and the filter keys of what was split and is still there."""
    split: list[str] = []
    findings: list[Finding] = []
    for name in pair.shared("filter"):
        held = pair.keys[[name, "later", "latest"]].drop_duplicates()
        old, new = (_held(held[held["later"] == later], name) for later in (False, True))
        lost = sorted(old[0] - new[0] | old[1] - new[1])
        gained = sorted(new[0] - old[0] | new[1] - old[1])
        if lost or gained:
            kept = sorted(old[1] & new[1]) if gained else []
            found, shrunk = _filter_findings(pair, name, lost, gained, kept)
            findings += found
            split += list(pair.keys["filter_key"][pair.keys[name].isin(shrunk)])
    return split, [*findings, *_keys_lost(pair)]


def _keys_lost(pair: Pair) -> list[Finding]:
    """Needed filter keys that are gone although each of their categories is still there."""
    latest = pair.keys[pair.keys["latest"] & pair.keys["later"]]
    parts = pair.categories(pd.Series(pair.misplaced, dtype="object"))
    if set(parts) != set(pair.shared("filter")):
        return []  # The filter that was lost or is new says it.
    there = parts.apply(lambda held: held.isin(latest[held.name])).all(axis=1)
    return [
        Finding(
            "drift.category.lost",
            "block",
            f"No line has “{key}” in the latest year of {pair.after.title}",
            expected=str(key),
        )
        for key in parts.index[there]
    ]


def _held(keys: pd.DataFrame, name: str) -> tuple[set[str], set[str]]:
    """The categories of a release, and those of its latest period."""
    return set(keys[name].dropna()), set(keys[name][keys["latest"]].dropna())


def _filter_findings(
    pair: Pair, name: str, lost: list[str], gained: list[str], kept: list[str]
) -> tuple[list[Finding], list[str]]:
    """The findings on one filter, and the kept categories from which others were split off."""
    label = pair.after.title
    needed = set(pair.categories(pair.needed["filter_key"].fillna(""))[name])
    cells = _cells(pair, name, {*lost, *gained, *kept})
    renamed = content.matches(
        cells, "category", {one: one for one in lost}, {one: one for one in gained}
    )
    sure = {one: match.to for one, match in renamed.items() if match.sure}
    rest = [one for one in lost if one not in sure]
    splits = _splits(cells, rest, kept, [one for one in gained if one not in sure.values()])
    told: set[str] = set()
    still = set(cells["category"][cells["later"]])
    findings = []
    for category in [*lost, *splits.keys() - set(lost)]:
        parts, match = splits.get(category, ([], renamed.get(category)))
        now = " + ".join(parts) or (match.to if match else None)
        message = f"“{category}” of “{name}” is "
        if parts:
            message += f"split in {label}"
        elif category in still:
            message += f"not in the latest year of {label}"
        else:
            message += f"not in {label} any more"
        told |= {*parts, match.to} if match else set()
        findings.append(
            Finding(
                "drift.category.split" if parts else "drift.category.lost",
                "block" if category in needed else "check",
                message + (f": {match.told(str(now))}" if match else ""),
                cell=pair.cell(name),
                column=name,
                expected=category,
                suggestion=now,
            )
        )
    fresh = [one for one in gained if one not in told]
    if fresh:
        findings.append(
            Finding(
                "drift.category.gained",
                "note",
                f"New in “{name}” of {label}: {listed(fresh)}",
                cell=pair.cell(name),
                column=name,
                value=listed(fresh),
                count=len(fresh),
            )
        )
    return findings, [one for one in splits if one in kept]


def _cells(pair: Pair, name: str, concerned: set[str]) -> pd.DataFrame:
    """Cells of these categories; `line` is what is the same but for this filter."""
    parts = pair.keys.drop_duplicates("filter_key").set_index("filter_key")[name]
    rest = {key: str(key).replace(f"{name}={category}", "") for key, category in parts.items()}
    key = pair.cells["filter_key"].astype("object")
    cells = pair.cells.assign(category=key.map(parts), rest=key.map(rest))
    cells = cells[cells["category"].isin(concerned)]
    return cells.assign(line=content.number(cells, ["period", "level", "area", "rest", "column"]))


def _splits(
    cells: pd.DataFrame, lost: list[str], kept: list[str], gained: list[str]
) -> dict[str, tuple[list[str], Match]]:
    """For each category that was split, what it is now. Only counts add up, not rates."""
    if not gained or not (lost or kept):
        return {}
    printed = cells.groupby("column", observed=True)["value"].agg(content.decimals)
    counts = cells[cells["column"].isin(printed.index[printed == 0])]
    old, new = (
        content.wide(counts[counts["later"] == later], "category", names)
        for later, names in ((False, [*lost, *kept]), (True, [*kept, *gained]))
    )
    old, new = old.align(new, join="inner", axis=0)
    found = {one: content.parts_of(old[one], new[gained], 2) for one in lost}
    for one in kept:
        gap = (old[one] - new[one])[old[one].notna() & new[one].notna()]
        # A split takes from most lines; a revision of a few is none.
        if (gap > 0).sum() > content.MOSTLY * len(gap):
            parts = content.parts_of(gap, new[gained], 1)
            found[one] = ([one, *parts[0]], parts[1]) if parts else None
    return {one: parts for one, parts in found.items() if parts}
