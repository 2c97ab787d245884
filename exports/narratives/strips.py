"""Small charts of the forms: where an authority stands among London's, one strip an exception.

A picture costs the browser much more than what is in it, so many strips are drawn as one and cut
apart. Belongs here: what a strip shows; what stands beside it does not.
"""

import io
from collections.abc import Sequence
from itertools import islice
from typing import Any

from PIL import Image

from exports.charts.look import FONT, INK, OTHERS, OWN, SOFT, TEMPLATE
from exports.narratives.asked import Asked, Strip
from exports.pictures import pictures
from ingestion.region import REGION

WIDTH, HEIGHT = 620, 52
_SCALE = 2
# Room for the lowest and the highest figure beside the line between them.
_RANGE = [-0.2, 1.2]
# How far above and below its line a strip has its words, of its height.
_ASIDE = 0.34
_COLOURS = 32
# Chromium draws no picture higher than 16,384 pixels.
_ON_A_SHEET = 100


def drawn(authorities: Sequence[Asked]) -> dict[str, list[bytes]]:
    """PNGs by authority, in the order of its exceptions, 2 pixels to a point. NoBrowser."""
    strips = [one.strip for asked in authorities for one in asked.exceptions]
    sheets = [strips[first : first + _ON_A_SHEET] for first in range(0, len(strips), _ON_A_SHEET)]
    pages = pictures([figure(sheet) for sheet in sheets], scale=_SCALE)
    cut = (
        strip for page, sheet in zip(pages, sheets, strict=True) for strip in _cut(page, len(sheet))
    )
    return {asked.new_la_code: list(islice(cut, len(asked.exceptions))) for asked in authorities}


def figure(strips: Sequence[Strip]) -> dict[str, Any]:
    """Plotly's JSON form: a row for each strip, the first on top, 0 London's lowest, 1 its highest.

    One pair of axes for all: subplots would cost several times as much.
    """
    rows = [len(strips) - number for number in range(len(strips))]
    others = [
        (_at(strip, value), row)
        for strip, row in zip(strips, rows, strict=True)
        for value in strip.values
    ]
    pairs = list(zip(strips, rows, strict=True))
    lines = [(x, row) for _, row in pairs for x in (0, 1, None)]
    london = [(_at(s, s.london), row) for s, row in pairs if s.london is not None]
    ticks = [
        point for x, row in london for point in ((x, row - 0.16), (x, row + 0.16), (None, row))
    ]
    return {
        "data": [
            _trace(lines, mode="lines", line={"color": "#c9c9c9", "width": 1}),
            _trace(others, mode="markers", marker={"color": OTHERS, "size": 7, "opacity": 0.55}),
            _trace(ticks, mode="lines", line={"color": INK, "width": 2.5}),
            _trace(
                [(_at(strip, strip.own), row) for strip, row in pairs],
                mode="markers",
                marker={"color": OWN, "size": 14, "symbol": "diamond", "line": _WHITE},
            ),
            _texts(
                [(_at(strip, strip.own), row + _ASIDE) for strip, row in pairs],
                [f"<b>{strip.own_text}</b>" for strip in strips],
                "middle center",
                OWN,
            ),
            _texts(
                [(x, row - _ASIDE) for x, row in london],
                [f"{REGION.name} {s.london_text}" for s in strips if s.london is not None],
                "middle center",
                INK,
            ),
            _texts(
                [(-0.035, row) for row in rows],
                [s.lowest_text for s in strips],
                "middle left",
                SOFT,
            ),
            _texts(
                [(1.035, row) for row in rows],
                [s.highest_text for s in strips],
                "middle right",
                SOFT,
            ),
        ],
        "layout": {
            "template": {"layout": TEMPLATE["layout"]},
            "width": WIDTH,
            "height": HEIGHT * len(strips),
            "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
            "xaxis": {"range": _RANGE, "visible": False},
            "yaxis": {"range": [0.5, len(strips) + 0.5], "visible": False},
        },
    }


_WHITE = {"color": "#ffffff", "width": 1}


def _at(strip: Strip, value: float) -> float:
    lowest, highest = strip.values[0], strip.values[-1]
    return (value - lowest) / (highest - lowest) if highest > lowest else 0.5


def _trace(points: Sequence[tuple[float | None, float]], **look: object) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [x for x, _ in points],
        "y": [None if x is None else y for x, y in points],
        "cliponaxis": False,
        **look,
    }


def _texts(
    points: Sequence[tuple[float, float]], texts: Sequence[str], where: str, colour: str
) -> dict[str, Any]:
    font = {"family": FONT, "size": 11, "color": colour}
    return _trace(points, mode="text", text=list(texts), textposition=where, textfont=font)


def _cut(page: bytes, count: int) -> list[bytes]:
    """The page's strips, each a PNG of its own in few colours."""
    with Image.open(io.BytesIO(page)) as whole:
        plain = whole.convert("RGB").quantize(
            _COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE
        )
    # The nearest of few colours to white is not white, and the ground shows it.
    ground = 3 * plain.tobytes()[0]
    palette = list(plain.getpalette() or [])
    plain.putpalette([*palette[:ground], 255, 255, 255, *palette[ground + 3 :]])
    height = plain.height // count
    return [_png(plain.crop((0, n * height, plain.width, (n + 1) * height))) for n in range(count)]


def _png(picture: Image.Image) -> bytes:
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=False)
    return content.getvalue()
