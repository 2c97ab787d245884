"""Pictures and paper, drawn by a real Chromium."""

import io
import re

import pytest
from PIL import Image
from pypdf import PdfReader

from exports import pictures
from tests.browser import needs_chromium

FIGURE = {
    "data": [{"type": "scatter", "x": [1, 2, 3], "y": [4, 5, 6]}],
    "layout": {"width": 300, "height": 120},
}
PAGE = """<!DOCTYPE html><title>t</title><style>@page{{size:A4 landscape}}
body{{margin:0}}div{{height:{height}px;background:#a84e06;color:#fff}}</style><div>{text}</div>"""


@needs_chromium
def test_each_figure_becomes_a_picture_of_its_size() -> None:
    drawn = pictures.pictures([FIGURE, FIGURE | {"layout": {"width": 200, "height": 50}}], scale=2)
    sizes = [Image.open(io.BytesIO(png)).size for png in drawn]
    assert sizes == [(600, 240), (400, 100)]


@needs_chromium
def test_a_page_is_printed_on_its_paper_and_pictured_whole() -> None:
    short, long = pictures.printed(
        [PAGE.format(height=300, text="Camden"), PAGE.format(height=2500, text="Barnet")], width=500
    )
    assert Image.open(io.BytesIO(short.png)).size == (500, 1000)
    assert Image.open(io.BytesIO(long.png)).size == (500, 2500)
    paper = PdfReader(io.BytesIO(short.pdf)).pages[0]
    assert round(paper.mediabox.width) == 842
    assert round(paper.mediabox.height) == 595
    assert "Camden" in paper.extract_text()
    assert len(PdfReader(io.BytesIO(long.pdf)).pages) > 1


@needs_chromium
def test_the_same_page_is_the_same_bytes_whenever_it_is_printed() -> None:
    page = PAGE.format(height=300, text="Camden")
    once, again = pictures.printed([page], 500), pictures.printed([page], 500)
    assert once == again
    dates = re.findall(rb"Date \(D:([0-9]+)", once[0].pdf)
    assert dates
    assert {date.strip(b"0") for date in dates} == {b""}


def test_without_a_chromium_it_says_what_is_missing_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "browser", lambda: None)
    for draw in (lambda: pictures.pictures([FIGURE]), lambda: pictures.printed(["<p>"], 500)):
        with pytest.raises(pictures.NoBrowser, match="apt install chromium"):
            draw()
