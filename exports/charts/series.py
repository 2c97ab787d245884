"""An authority's own figures over time beside London's, with its control limits and signals.

A period without a figure is a gap in the line, never a zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exports.charts import look
from ingestion.region import REGION

SIGNALS = {
    "above_limits": "above its limits",
    "below_limits": "below its limits",
    "shift_up": "one of eight in a row above its mean",
    "shift_down": "one of eight in a row below its mean",
}


@dataclass(frozen=True)
class Moment:
    """One period: figures in the indicator's unit, None where there is none."""

    own: float | None = None
    london: float | None = None
    centre: float | None = None
    lower: float | None = None
    upper: float | None = None
    signal: str = ""


def series_template(periods: Sequence[str], name: str) -> dict[str, Any]:
    """230 pixels high; periods: what stands below the first place, the second, and so on."""
    limits = {"color": look.OTHERS, "width": 1.2, "dash": "dot", "shape": "hvh"}
    london = {"color": look.INK, "width": 1.5, "dash": "dash"}
    ring = {"symbol": "circle-open", "size": 18, "color": look.INK, "line": {"width": 2}}
    said = {"hovertemplate": "%{y} %{fullData.name}<extra></extra>", "mode": "lines"}
    traces: list[dict[str, Any]] = [
        {**said, "name": "Limits", "line": limits},
        {**said, "name": "Lower limit", "line": limits, "showlegend": False},
        {**said, "name": "Own mean", "line": {**limits, "dash": "solid"}},
        {**said, "name": REGION.name, "line": london},
        {
            **said,
            "name": name,
            "mode": "lines+markers",
            "line": {"color": look.OWN, "width": 3},
            "marker": {"color": look.OWN, "size": 8},
        },
        {"name": "Signal", "mode": "markers", "marker": ring, "hoverinfo": "skip"},
    ]
    places = list(range(len(periods)))
    layout = {
        "height": 230,
        "showlegend": True,
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "margin": {"t": 8, "r": 16},
        "xaxis": {
            "tickmode": "array",
            "tickvals": places,
            # 2025-26 Q2 as two short lines, which need no turning on paper.
            "ticktext": [period[2:].replace(" ", "<br>") for period in periods],
            "tickangle": 0,
            "tickfont": {"size": 11},
            "range": [-0.4, len(periods) - 0.6],
        },
    }
    return look.template(layout, traces)


def series_chart(moments: Sequence[Moment]) -> dict[str, Any]:
    """The figure without its template; one place for each of the template's periods."""
    marked = [moment.own if moment.signal in SIGNALS else None for moment in moments]
    lines = [
        [moment.upper for moment in moments],
        [moment.lower for moment in moments],
        [moment.centre for moment in moments],
        [moment.london for moment in moments],
        [moment.own for moment in moments],
        marked,
    ]
    drawn = [values if any(y is not None for y in values) else [] for values in lines]
    return {"data": [{"y": values} for values in drawn], "layout": {}}
