"""The statistical methods that docs/figures.md names, each from its formula."""

from collections import Counter
from collections.abc import Sequence
from math import asin, ceil, fsum, pi, sin, sqrt
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)  # 1.96, for 95%
Z_998 = NormalDist().inv_cdf(0.999)  # 3.09, for 99.8%


def wilson(cases: float, base: float) -> tuple[float, float]:
    """Interval of a share (Wilson 1927)."""
    share = cases / base
    middle = share + Z**2 / (2 * base)
    half = Z * sqrt(share * (1 - share) / base + Z**2 / (4 * base**2))
    whole = 1 + Z**2 / base
    # At the ends the formula gives 0 and 1 exactly; floats miss them.
    low = 0.0 if cases == 0 else (middle - half) / whole
    high = 1.0 if cases == base else (middle + half) / whole
    return low, high


def byar(events: float, population: float) -> tuple[float, float]:
    """Interval of events in a population (Byar's approximation)."""
    low = events * (1 - 1 / (9 * events) - Z / (3 * sqrt(events))) ** 3 if events else 0.0
    more = events + 1
    high = more * (1 - 1 / (9 * more) + Z / (3 * sqrt(more))) ** 3
    return low / population, high / population


INTERVALS = {"wilson": wilson, "byar": byar}


def steadied(ratio: float, method: str) -> float:
    """On the scale on which chance has the same deviation at every ratio."""
    return asin(sqrt(ratio)) if method == "wilson" else sqrt(ratio)


def unsteadied(y: float, method: str) -> float:
    """Back to a ratio; no share is below 0 or above 1, no rate below 0."""
    if method == "wilson":
        return sin(min(max(y, 0.0), pi / 2)) ** 2
    return max(y, 0.0) ** 2


def chance(denominator: float) -> float:
    """Standard deviation on the steadied scale."""
    return 1 / (2 * sqrt(denominator))


def percentile(values: Sequence[float], share: float) -> float:
    """Linear between the two nearest."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def between_authorities(z: Sequence[float], s: Sequence[float]) -> float:
    """Variance beyond chance: moments, after the outer tenths are drawn in."""
    low, high = percentile(z, 0.1), percentile(z, 0.9)
    drawn_in = [min(max(one, low), high) for one in z]
    w = [1 / one**2 for one in s]
    total = fsum(w)
    spare = total - fsum(one**2 for one in w) / total
    if len(z) < 2 or spare <= 0:
        return 0.0
    return max(0.0, (fsum(one**2 for one in drawn_in) - (len(z) - 1)) / spare)


def places(values: Sequence[float]) -> tuple[dict[float, int], dict[float, int]]:
    """Rank of each value from the highest and from the lowest; equal values share the better."""
    highest: dict[float, int] = {}
    lowest: dict[float, int] = {}
    for place, value in enumerate(sorted(values), start=1):
        lowest.setdefault(value, place)
    for place, value in enumerate(sorted(values, reverse=True), start=1):
        highest.setdefault(value, place)
    return highest, lowest


def share_of(n: int, share: float) -> int:
    """`share × n`, rounded up; 0.2 is a fifth, not the double next to it."""
    return ceil(round(share * n, 9))


def mann_kendall(values: Sequence[float]) -> float:
    """Standard score, ties allowed for, with the correction for continuity."""
    n = len(values)
    s = sum(
        (later > earlier) - (later < earlier)
        for i, earlier in enumerate(values)
        for later in values[i + 1 :]
    )
    ties = sum(t * (t - 1) * (2 * t + 5) for t in Counter(values).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18
    if s == 0 or variance == 0:
        return 0.0
    return (s - 1 if s > 0 else s + 1) / sqrt(variance)
