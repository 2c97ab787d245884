"""How every chart looks: colours, fonts and the layout they share.

The colours are those of the rug. Text keeps 4.5:1 on white, marks 3:1 (WCAG AA), and nothing is
told by colour alone: the authority itself is a larger mark with its name beside it.
"""

from typing import Any

INK, SOFT, LINE, PALE = "#1b1b1b", "#555555", "#c9c9c9", "#eceae4"
OWN = "#55358f"  # the authority whose report it is
OTHERS = "#8a8a8a"
SUB_REGION = "#1c5d8c"
NEIGHBOURS = "#a84e06"
BETTER, WORSE, HIGH_OR_LOW = "#1c5d8c", "#a84e06", "#55358f"
FONT = '"Segoe UI", Arial, "Liberation Sans", Helvetica, sans-serif'

_AXIS = {
    "color": SOFT,
    "gridcolor": PALE,
    "linecolor": LINE,
    "zeroline": False,
    "automargin": True,
    "fixedrange": True,
}
TEMPLATE: dict[str, Any] = {
    "layout": {
        "font": {"family": FONT, "size": 13, "color": INK},
        "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 32},
        "showlegend": False,
        "hovermode": "closest",
        "hoverlabel": {"bgcolor": "#ffffff", "bordercolor": INK, "font": {"color": INK}},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
    }
}
# Nothing to zoom, save or send: a reader looks and reads.
CONFIG: dict[str, Any] = {"displayModeBar": False, "responsive": True}


def template(layout: dict[str, Any], traces: list[dict[str, Any]]) -> dict[str, Any]:
    """The shared look with what one kind of chart adds: its layout, and a style for each trace.

    A page carries each kind's template once; its figures then hold data alone, their traces in the
    template's order. A trace without data stays, empty, and is not drawn.
    """
    shared = TEMPLATE["layout"]
    merged = {
        key: {**shared[key], **value} if isinstance(shared.get(key), dict) else value
        for key, value in layout.items()
    }
    return {"layout": {**shared, **merged}, "data": {"scatter": traces}}
