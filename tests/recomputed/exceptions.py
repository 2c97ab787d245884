"""fct_exception, worked out again: the highest and lowest of London, with the evidence."""

from collections import defaultdict
from collections.abc import Iterable

from tests.recomputed.methods import share_of
from tests.recomputed.project import Figure, Indicator, Project, Rule, Series

Row = dict[str, object]
AS_COMPARED = [
    *("value", "difference", "rank", "rank_from_lowest", "n", "p20", "p80"),
    *("ci_low", "ci_high", "significance", "funnel_z", "funnel_position"),
]
SIDE = {"high": "higher", "low": "lower"}


def exceptions(project: Project, figures: Iterable[Figure], compared: Iterable[Row]) -> list[Row]:
    """`compared` are the rows of fct_comparison."""
    london = {
        (
            Series(*(row[k] for k in ("indicator_code", "new_la_code", "period_type", "source"))),
            row["period_label"],
        ): row
        for row in compared
        if row["comparison_group"] == "london"
    }
    figures = [figure for figure in figures if (figure.series, figure.label) in london]
    comparable: dict[Series, set[int]] = defaultdict(set)
    flagged: dict[tuple[Series, str], set[int]] = defaultdict(set)
    found: dict[Figure, str] = {}
    for figure in figures:
        row = london[figure.series, figure.label]
        indicator = project.indicators[figure.series.indicator]
        if row["rank"] is None or row["n"] < project.minimum_authorities:
            continue
        comparable[figure.series].add(figure.month)
        if row["p80"] - row["p20"] < indicator.minimum_spread:
            continue
        directions = ends(project.rules[indicator.rule], row)
        if len(directions) == 1:  # at both ends, it is not extreme
            (direction,) = directions
            flagged[figure.series, direction].add(figure.month)
            found[figure] = direction
    return [
        exception(
            project,
            figure,
            direction,
            london[figure.series, figure.label],
            comparable[figure.series],
            flagged[figure.series, direction],
        )
        for figure, direction in found.items()
    ]


def ends(rule: Rule, row: Row) -> set[str]:
    """At which ends of London the rule finds the figure: none, one or both."""
    if rule.method == "rank_share":
        reach = share_of(row["n"], rule.share)
        tests = {"low": row["rank_from_lowest"] <= reach, "high": row["rank"] <= reach}
    else:
        tests = {"low": row["value"] <= row["p20"], "high": row["value"] >= row["p80"]}
    return {direction for direction, holds in tests.items() if holds}


def exception(
    project: Project, figure: Figure, direction: str, row: Row, comparable: set, flagged: set
) -> Row:
    indicator = project.indicators[figure.series.indicator]
    rule = project.rules[indicator.rule]
    by_quarter = figure.series.period_type in ("quarter", "snapshot")
    window, needed = rule.quarters if by_quarter else rule.years
    months = {figure.month - i * (3 if by_quarter else 12) for i in range(window)}
    is_significant = row["significance"] == SIDE[direction]
    is_lasting = len(months & flagged) >= needed
    good = {"high": "better", "low": "worse"}
    bad = {"high": "worse", "low": "better"}
    judgement = {"high": good, "low": bad}.get(indicator.polarity, {}).get(direction, "neutral")
    return {
        **figure.keys(),
        **{column: row[column] for column in AS_COMPARED},
        "exception_rule": rule.code,
        "direction": direction,
        "judgement": judgement,
        "london_value": row["group_value"],
        "is_significant": is_significant,
        "window_periods": window,
        "periods_compared": len(months & comparable),
        "periods_flagged": len(months & flagged),
        "is_lasting": is_lasting,
        "evidence": ("weak", "some", "strong")[is_significant + is_lasting],
        "is_small_base": small(project, indicator, figure),
    }


def small(project: Project, indicator: Indicator, figure: Figure) -> bool:
    """Whether one case more or less moves the figure visibly."""
    if indicator.unit == "percent":
        return figure.denominator < project.small_base
    return indicator.unit == "rate_per_10000" and figure.numerator < project.small_count
