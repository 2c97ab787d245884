"""Where an authority stands in London: a dot for each authority along one line of values.

Colour and shape both tell who is who; the authority itself has its own row, larger and named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exports.charts import look

_OWN_ROW = -1.4  # below the others, so that none hides it
_BINS = 70  # dots closer than this share of the width are stacked
# Who a dot is: its symbol, fill, outline and size. The last is drawn on top.
STYLES = {
    "other": ("circle", look.OTHERS, look.OTHERS, 8),
    "sub_region": ("square", look.SUB_REGION, look.SUB_REGION, 10),
    "neighbour": ("diamond", look.NEIGHBOURS, look.NEIGHBOURS, 11),
    "both": ("star-square", look.SUB_REGION, look.NEIGHBOURS, 13),
    "own": ("circle", look.OWN, look.INK, 16),
}


@dataclass(frozen=True)
class Dot:
    """One authority: its value as printed, a key of STYLES, its place in the page's list of names.

    name is None where it may not be named.
    """

    value: float
    who: str
    name: int | None


def markers(hover: str) -> list[dict[str, Any]]:
    """A trace of dots for each of STYLES, in their order; hover: what a dot says to a pointer."""
    return [
        {
            "mode": "markers",
            "hovertemplate": f"{hover}<extra></extra>",
            "cliponaxis": False,
            "showlegend": False,
            "marker": {
                "symbol": symbol,
                "color": fill,
                "size": size,
                "line": {"color": outline, "width": 2 if who == "both" else 1},
            },
        }
        for who, (symbol, fill, outline, size) in STYLES.items()
    ]


def position_template(named: bool) -> dict[str, Any]:
    """150 pixels high."""
    traces = markers("%{text}: %{x}" if named else "%{x}")
    traces[-1] |= {
        "mode": "markers+text",
        "textfont": {"size": 14, "color": look.OWN, "weight": 700},
    }
    traces[-1] |= {"hoverinfo": "skip", "hovertemplate": ""}
    line = {"color": look.INK, "width": 1.5, "dash": "dash"}
    layout = {
        "height": 150,
        "margin": {"t": 20},
        "yaxis": {"visible": False},
        "shapedefaults": {"type": "line", "line": line, "layer": "below"},
        "annotationdefaults": {"showarrow": False, "bgcolor": "#ffffff", "borderpad": 0},
    }
    return look.template(layout, traces)


def position_chart(
    dots: Sequence[Dot], own_label: str, london: float | None, london_label: str
) -> dict[str, Any]:
    """The figure without its template; values in the indicator's unit."""
    others = [dot for dot in dots if dot.who != "own"]
    heights = _stacked([dot.value for dot in others])
    placed = list(zip(others, heights, strict=True))
    traces = [
        trace([(dot.value, height, dot.name) for dot, height in placed if dot.who == who])
        for who in STYLES
        if who != "own"
    ]
    values = [dot.value for dot in dots] + ([] if london is None else [london])
    middle = (min(values) + max(values)) / 2 if values else 0
    own = trace([(dot.value, _OWN_ROW, None) for dot in dots if dot.who == "own"])
    notes: list[dict[str, Any]] = []
    for value in own["x"]:
        side, away = ("left", 12) if value <= middle else ("right", -12)
        note = {"x": value, "y": _OWN_ROW, "text": own_label, "xanchor": side, "xshift": away}
        notes.append({**note, "yanchor": "middle", "font": {"color": look.OWN, "weight": 700}})
    layout: dict[str, Any] = {"yaxis": {"range": [-2.2, max(4, *heights, 0) + 0.8]}}
    if london is not None:
        end = {"yref": "paper", "x0": london, "x1": london, "y0": 0, "y1": 1}
        label = {"x": london, "y": 1, "yref": "paper", "text": london_label, "yanchor": "bottom"}
        layout["shapes"] = [end]
        notes.append(label)
    layout["annotations"] = notes
    return {"data": [*traces, own], "layout": layout}


def trace(places: Sequence[tuple[float, float, int | None]]) -> dict[str, Any]:
    """Dots at x and y; `customdata` are their places in the page's list of names."""
    found: dict[str, Any] = {"x": [x for x, _, _ in places], "y": [y for _, y, _ in places]}
    names = [name for _, _, name in places if name is not None]
    return found | ({"customdata": names} if names else {})


def _stacked(values: Sequence[float]) -> list[int]:
    """How high each dot stands so that none hides another."""
    if not values:
        return []
    step = (max(values) - min(values)) / _BINS or 1
    taken: dict[int, int] = {}
    heights = []
    for value in values:
        place = round(value / step)
        heights.append(taken.get(place, 0))
        taken[place] = taken.get(place, 0) + 1
    return heights
