"""The rugs on paper: sheets and pictures, each marked, none too large, the same every time."""

import io
import os
from pathlib import Path

import pypdf
import pytest

from exports import pictures
from exports.files import Content
from exports.rug import rug_content
from ingestion.periods import Quarter

Q2 = Quarter(2025, 2)
MARKING = "LIIA internal: limited use (MoU 2.1)"


@pytest.fixture(scope="module")
def made(marts: Path) -> Content:
    """With a browser; absent, a test is skipped, but never in CI."""
    if pictures.browser() is None:
        if os.environ.get("CI") == "true":
            pytest.fail(pictures.NO_BROWSER)
        pytest.skip(pictures.NO_BROWSER)
    return rug_content(marts, Q2)


@pytest.mark.parametrize("stem", ["rug_quarterly", "rug_annual"])
def test_every_sheet_says_whom_it_is_for_and_has_the_last_authority(
    made: Content, stem: str
) -> None:
    pdf = made.files[f"{stem}.pdf"]
    assert isinstance(pdf, bytes)
    assert len(pdf) < 1_000_000
    sheets = pypdf.PdfReader(io.BytesIO(pdf)).pages
    for sheet in sheets:
        assert (round(sheet.mediabox.width), round(sheet.mediabox.height)) == (1191, 842)
        text = sheet.extract_text()
        assert MARKING in text
        if "Indicator" in text.split("\n"):
            assert "WES" in text
    assert b"file:" not in pdf  # a link from paper would name the machine it was printed on
    assert len(made.files[f"{stem}.png"]) < 1_500_000


def test_without_a_browser_the_rest_is_written(
    marts: Path, made: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "browser", lambda: None)
    without = rug_content(marts, Q2)
    assert without.left_out == (pictures.NO_BROWSER,)
    paper = {f"rug_{rug}.{kind}" for rug in ("quarterly", "annual") for kind in ("pdf", "png")}
    assert set(made.files) - set(without.files) == paper
    assert made.left_out == ()


def test_same_marts_same_paper(marts: Path, made: Content) -> None:
    again = rug_content(marts, Q2).files
    assert {n for n in again if again[n] != made.files[n]} == set()
