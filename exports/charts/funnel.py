"""Whether an authority lies further from London than figures of its size usually do.

Limits are the mart's at the authorities' own denominators; the lines join them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exports.charts import look
from exports.charts.position import STYLES, markers, trace
from ingestion.region import REGION

_CORNERS = 10  # the limits are smooth: so many of them draw the line


@dataclass(frozen=True)
class Place:
    """One authority: denominator, value and the limits there; who and name as in Dot."""

    size: float
    value: float
    low_95: float
    high_95: float
    low_998: float
    high_998: float
    who: str
    name: int | None


def funnel_template(named: bool) -> dict[str, Any]:
    """270 pixels high."""

    def limit(label: str, dash: str) -> dict[str, Any]:
        line = {"color": look.SOFT, "width": 1.2, "dash": dash}
        shown = {"name": label, "showlegend": bool(label), "hoverinfo": "skip"}
        return {"mode": "lines", "line": line, **shown}

    limits = [
        limit("99.8% limits", "dot"),
        limit("", "dot"),
        limit("95% limits", "dash"),
        limit("", "dash"),
        limit(REGION.name, "solid"),
    ]
    layout = {
        "height": 270,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"t": 8, "r": 16},
        "xaxis": {"rangemode": "tozero", "title": {"font": {"size": 13}}},
        "yaxis": {"rangemode": "tozero"},
    }
    return look.template(layout, [*limits, *markers("%{text}: %{y}" if named else "%{y}")])


def funnel_chart(places: Sequence[Place], london: float, size_title: str) -> dict[str, Any]:
    """The figure without its template; values in the indicator's unit."""
    ordered = sorted(places, key=lambda place: (place.size, place.value))
    step = max(1, -(-len(ordered) // _CORNERS))
    corners = [*ordered[:-1:step], *ordered[-1:]]
    sizes = [_short(place.size) for place in corners]
    limits = [
        [place.high_998 for place in corners],
        [place.low_998 for place in corners],
        [place.high_95 for place in corners],
        [place.low_95 for place in corners],
    ]
    ends = [sizes[0], sizes[-1]] if sizes else []
    dots = [
        trace([(_short(p.size), p.value, p.name) for p in ordered if p.who == who])
        for who in STYLES
    ]
    return {
        "data": [
            *({"x": sizes, "y": values} for values in limits),
            {"x": ends, "y": [london] * len(ends)},
            *dots,
        ],
        "layout": {"xaxis": {"title": {"text": size_title}}},
    }


def _short(size: float) -> float:
    return int(size) if size == int(size) else size
