"""fct_change, worked out again: each current figure beside its own past."""

from collections import defaultdict
from collections.abc import Iterable
from math import sqrt
from statistics import mean

from tests.recomputed.methods import Z, chance, mann_kendall, steadied
from tests.recomputed.project import STEP, Baseline, Figure, Indicator, Project, Series

Row = dict[str, object]
Past = dict[int, Figure]  # the figures of one series by their month
TREND_WINDOW = 8
UP = {"above_limits", "shift_up", "rising", "higher"}
DOWN = {"below_limits", "shift_down", "falling", "lower"}
UNTESTED = {"no_limits", "too_few_points", "not_tested"}


def changes(project: Project, figures: Iterable[Figure]) -> list[Row]:
    by_series: dict[Series, Past] = defaultdict(dict)
    for figure in figures:
        by_series[figure.series][figure.month] = figure
    rows = []
    for series, past in by_series.items():
        limits = {month: limits_of(project, figure, past) for month, figure in past.items()}
        sides = {
            (limits[month]["baseline"], month): side(figure, limits[month])
            for month, figure in past.items()
        }
        for month, figure in past.items():
            signal = control_signal(project, figure, limits[month], sides, STEP[series.period_type])
            rows.append(changed(project, figure, past, limits[month], signal))
    return rows


def changed(project: Project, figure: Figure, past: Past, limits: Row, signal: str) -> Row:
    indicator = project.indicators[figure.series.indicator]
    step = STEP[figure.series.period_type]
    previous = past.get(figure.month - step)
    year_ago = past.get(figure.month - 12)
    z = score(indicator, figure, year_ago)
    window = [past.get(figure.month - i * step) for i in reversed(range(TREND_WINDOW))]
    points = [one.value for one in window if one and one.value is not None]
    trend_z, trend = None, "too_few_points"
    has_trend = figure.value is not None and not overlaps(figure)
    if has_trend and len(points) >= project.trend_minimum:
        trend_z = mann_kendall(points)
        trend = "rising" if trend_z > Z else "falling" if trend_z < -Z else "none"
    signs = {signal, trend, tested(z)}
    movement = moved(signs)
    return {
        **figure.keys(),
        "value": figure.value,
        "value_status": figure.status,
        "n_authorities": figure.n_authorities,
        **beside("previous", "change_on_previous", figure, previous),
        "previous_significance": tested(
            None if overlaps(figure) else score(indicator, figure, previous)
        ),
        **beside("year_ago", "change_on_year", figure, year_ago),
        "year_ago_significance": tested(z),
        "yearly_z": z,
        "is_like_for_like": year_ago is not None and year_ago.n_authorities == figure.n_authorities,
        **limits,
        "control_signal": signal,
        "trend_points": len(points) if has_trend else None,
        "trend_z": trend_z,
        "trend": trend,
        "movement": movement,
        "judgement": {
            ("high", "up"): "improving",
            ("low", "down"): "improving",
            ("high", "down"): "worsening",
            ("low", "up"): "worsening",
        }.get((indicator.polarity, movement), "none"),
    }


def overlaps(figure: Figure) -> bool:
    """Whether it shares quarters with its neighbours in time: only the year before is tested."""
    return figure.series.period_type == "rolling_4q"


def beside(prefix: str, change: str, figure: Figure, earlier: Figure | None) -> Row:
    known = earlier and None not in (earlier.value, figure.value)
    return {
        f"{prefix}_label": earlier.label if earlier else None,
        f"{prefix}_value": earlier.value if earlier else None,
        change: figure.value - earlier.value if known else None,
    }


def score(indicator: Indicator, figure: Figure, earlier: Figure | None) -> float | None:
    """Standard deviations of chance between two figures of a series."""
    if indicator.interval == "none" or not earlier or None in (earlier.value, figure.value):
        return None
    now, then = (
        steadied(one.numerator / one.denominator, indicator.interval) for one in (figure, earlier)
    )
    return (now - then) / sqrt(chance(figure.denominator) ** 2 + chance(earlier.denominator) ** 2)


def tested(z: float | None) -> str:
    if z is None:
        return "not_tested"
    return "higher" if z > Z else "lower" if z < -Z else "not_different"


def moved(signs: set[str]) -> str:
    if signs <= UNTESTED:
        return "not_known"
    up, down = signs & UP, signs & DOWN
    if up and down:
        return "mixed"
    return "up" if up else "down" if down else "steady"


def baseline_of(project: Project, figure: Figure) -> Baseline | None:
    """That which names most; of those, the one that applies from last."""
    series = figure.series
    fits = [
        baseline
        for baseline in project.baselines
        if baseline.source == series.source
        and baseline.indicator in ("", series.indicator)
        and baseline.la in ("", series.la)
        and baseline.applies_from <= figure.end
    ]
    return max(
        fits,
        key=lambda one: (one.la != "", one.indicator != "", one.applies_from),
        default=None,
    )


def limits_of(project: Project, figure: Figure, past: Past) -> Row:
    none = dict.fromkeys(["baseline", "baseline_points", "centre", "lower_limit", "upper_limit"])
    baseline = baseline_of(project, figure)
    if baseline is None or figure.value is None or overlaps(figure):
        return none
    points = {
        month: one.value
        for month, one in past.items()
        if one.value is not None and baseline.first <= one.end <= baseline.last
    }
    step = STEP[figure.series.period_type]
    ranges = [
        abs(value - points[month - step])
        for month, value in points.items()
        if month - step in points
    ]
    if len(points) < baseline.minimum_points or not ranges:
        return none
    centre = mean(points.values())  # exact: of equal values it is that value
    reach = 2.66 * mean(ranges)
    top = 100.0 if project.indicators[figure.series.indicator].unit == "percent" else None
    return {
        "baseline": baseline.name,
        "baseline_points": len(points),
        "centre": centre,
        "lower_limit": max(0.0, centre - reach),
        "upper_limit": centre + reach if top is None else min(top, centre + reach),
    }


def side(figure: Figure, limits: Row) -> int:
    """+1 above the centre, -1 below, 0 on it or not known."""
    if limits["centre"] is None:
        return 0
    return (figure.value > limits["centre"]) - (figure.value < limits["centre"])


def control_signal(
    project: Project,
    figure: Figure,
    limits: Row,
    sides: dict[tuple[object, int], int],
    step: int,
) -> str:
    """A run is of one mean: it does not begin before the baseline applies."""
    if limits["centre"] is None:
        return "no_limits"
    if figure.value > limits["upper_limit"]:
        return "above_limits"
    if figure.value < limits["lower_limit"]:
        return "below_limits"
    months = [figure.month - i * step for i in range(project.shift_points)]
    last = [sides.get((limits["baseline"], month), 0) for month in months]
    if set(last) == {1}:
        return "shift_up"
    return "shift_down" if set(last) == {-1} else "inside"
