"""fct_comparison, worked out again: each London authority's figure against each of its groups."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import fsum
from statistics import mean, median

from tests.recomputed.methods import (
    INTERVALS,
    Z_998,
    Z,
    between_authorities,
    chance,
    percentile,
    places,
    share_of,
    steadied,
    unsteadied,
)
from tests.recomputed.project import Figure, Group, Indicator, Period, Project

NOT_COMPARED = ("count", "fte")
ENGLAND = "E92000001"


@dataclass(frozen=True)
class Standing:
    """What a group is on one period: the same for all its members but of neighbours."""

    pooled: float | None
    mean: float | None
    median: float | None
    value: float | None
    method: str
    n_members: int
    usable: frozenset[str]
    missing: str | None
    n: int
    highest: dict[float, int]
    lowest: dict[float, int]
    p20: float | None
    p80: float | None
    tau2: float | None


def comparisons(project: Project, figures: Iterable[Figure]) -> list[dict[str, object]]:
    by_period: dict[Period, dict[str, Figure]] = defaultdict(dict)
    for figure in figures:
        by_period[figure.period][figure.series.la] = figure
    rows = []
    for period, here in by_period.items():
        indicator = project.indicators[period.indicator]
        if indicator.unit in NOT_COMPARED:
            continue
        for group in project.groups:
            if period.source not in group.sources:
                continue
            shared: Standing | None = None
            for la in sorted(project.london & here.keys()):
                members = project.members(group, period.end, la)
                if group.members_from == "neighbours":
                    if not members:
                        continue
                    standing = stand(project, indicator, group, here, members, la)
                elif la not in members:
                    continue
                else:
                    shared = shared or stand(project, indicator, group, here, members, None)
                    standing = shared
                rows.append(compared(project, indicator, group, here[la], standing))
    return rows


def stand(
    project: Project,
    indicator: Indicator,
    group: Group,
    here: dict[str, Figure],
    members: frozenset[str],
    authority: str | None,
) -> Standing:
    """`authority` is whose neighbours the members are; None where they are everybody's."""
    if group.key == ENGLAND:  # all authorities in DfE's file
        members = members & here.keys()
    usable = {la: here[la] for la in members if la in here and here[la].value is not None}
    parts = {f.joint or la: f for la, f in usable.items() if f.denominator is not None}
    pooled = None
    if parts:
        numerators = fsum(f.numerator for f in parts.values())
        denominators = fsum(f.denominator for f in parts.values())
        pooled = indicator.multiplier * numerators / denominators
    values = [f.value for la, f in usable.items() if la not in project.left_out]
    average = mean(values) if values else None
    middle = median(values) if values else None
    method = group.method
    value = {"pooled": pooled, "mean": average, "median": middle}[method]
    own = here.get(group.key) if group.members_from == "area" and method == "pooled" else None
    if own and own.series.source == "published" and own.value is not None:
        value, method = own.value, "as published"
    ranked = {la: f for la, f in usable.items() if la not in project.left_out}
    itself = here.get(authority) if authority not in project.left_out else None
    if itself and itself.value is not None:
        ranked[authority] = itself
    highest, lowest = places([f.value for f in ranked.values()])
    missing = sorted(
        f"{project.names[la]} ({status_of(here.get(la))})" for la in members - usable.keys()
    )
    return Standing(
        pooled=pooled,
        mean=average,
        median=middle,
        value=value,
        method="none" if value is None else method,
        n_members=len(members),
        usable=frozenset(usable),
        missing=", ".join(missing) or None,
        n=len(ranked),
        highest=highest,
        lowest=lowest,
        p20=percentile(values, 0.2) if values else None,
        p80=percentile(values, 0.8) if values else None,
        tau2=dispersion(project, indicator, group, value, ranked),
    )


def status_of(figure: Figure | None) -> str:
    return figure.status if figure else "no figure"


def dispersion(
    project: Project,
    indicator: Indicator,
    group: Group,
    value: float | None,
    ranked: dict[str, Figure],
) -> float | None:
    """None where there is no funnel: too few make neither fifths nor a funnel."""
    if not group.in_fifths or len(ranked) < project.minimum_authorities:
        return None
    if value is None or indicator.interval == "none":
        return None
    centre = steadied(value / indicator.multiplier, indicator.interval)
    s = [chance(f.denominator) for f in ranked.values()]
    y = [steadied(f.numerator / f.denominator, indicator.interval) for f in ranked.values()]
    return between_authorities([(one - centre) / d for one, d in zip(y, s, strict=True)], s)


def compared(
    project: Project, indicator: Indicator, group: Group, figure: Figure, standing: Standing
) -> dict[str, object]:
    """One row of fct_comparison."""
    value, alone = standing.value, standing.usable == {figure.series.la}
    method = standing.method
    if alone:
        value, method = None, "none"
    row = {
        **figure.keys(),
        "comparison_group": group.code,
        "value": figure.value,
        "value_status": figure.status,
        "group_value": value,
        "method": method,
        "pooled_value": standing.pooled,
        "mean_value": standing.mean,
        "median_value": standing.median,
        "n_members": standing.n_members,
        "n_usable": len(standing.usable),
        "members_missing": standing.missing,
        "n": standing.n,
        "rank": None,
        "rank_from_lowest": None,
        "band": None,
        "p20": standing.p20,
        "p80": standing.p80,
        "difference": None,
        "ci_low": None,
        "ci_high": None,
        "significance": "not_tested",
        "funnel_z": None,
        "funnel_position": "not_tested",
        "funnel_low_95": None,
        "funnel_high_95": None,
        "funnel_low_998": None,
        "funnel_high_998": None,
        "over_dispersion": None,
    }
    if figure.value is None:
        return row
    if figure.series.la not in project.left_out:
        row["rank"] = standing.highest[figure.value]
        row["rank_from_lowest"] = standing.lowest[figure.value]
        if group.in_fifths and standing.n >= project.minimum_authorities:
            row["band"] = band(row["rank"], row["rank_from_lowest"], standing.n)
    if value is not None:
        row["difference"] = figure.value - value
    if indicator.interval != "none":
        ends = INTERVALS[indicator.interval](figure.numerator, figure.denominator)
        row["ci_low"], row["ci_high"] = (indicator.multiplier * end for end in ends)
        row["significance"] = significance(row["ci_low"], row["ci_high"], value)
    if standing.tau2 is not None and value is not None:
        row |= funnel(indicator, figure, value, standing.tau2)
    return row


def band(from_highest: int, from_lowest: int, n: int) -> int:
    """1 lowest fifth to 5 highest; what would be at both ends is in the middle."""
    for share, low, high in ((0.2, 1, 5), (0.4, 2, 4)):
        reach = share_of(n, share)
        if from_lowest <= reach and from_highest <= reach:
            return 3
        if from_lowest <= reach:
            return low
        if from_highest <= reach:
            return high
    return 3


def significance(low: float, high: float, value: float | None) -> str:
    if value is None:
        return "not_tested"
    if low > value:
        return "higher"
    return "lower" if high < value else "not_different"


def funnel(indicator: Indicator, figure: Figure, value: float, tau2: float) -> dict[str, object]:
    """How far from the group's value, and how far figures of that size usually lie."""
    centre = steadied(value / indicator.multiplier, indicator.interval)
    y = steadied(figure.numerator / figure.denominator, indicator.interval)
    deviation = (chance(figure.denominator) ** 2 + tau2) ** 0.5
    z = (y - centre) / deviation

    def limit(times: float) -> float:
        return indicator.multiplier * unsteadied(centre + times * deviation, indicator.interval)

    side = "above" if z > 0 else "below"
    position = f"{side}_998" if abs(z) > Z_998 else f"{side}_95" if abs(z) > Z else "inside"
    return {
        "funnel_z": z,
        "funnel_position": position,
        "funnel_low_95": limit(-Z),
        "funnel_high_95": limit(Z),
        "funnel_low_998": limit(-Z_998),
        "funnel_high_998": limit(Z_998),
        "over_dispersion": tau2,
    }
