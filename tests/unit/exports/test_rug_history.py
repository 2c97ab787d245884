"""Each authority's page over time: its own figures and fifths of each period, and nobody else's."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exports import pictures
from exports.rug import rug_content
from ingestion.periods import Quarter
from tests.unit.exports.conftest import FEW, all_sources, facts, lose, rug_of, write
from tests.unit.exports.test_rug import Page, Td

Q2 = Quarter(2025, 2)
ENDS = {1: (6, 30), 2: (9, 30), 3: (12, 31), 4: (3, 31)}


@pytest.fixture(scope="module", autouse=True)
def _no_browser() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "browser", lambda: None)
        yield


def quarters_before(number: int) -> list[tuple[str, date]]:
    """Labels and last days of the quarters before 2025-26 Q2, newest first."""
    found, year, quarter = [], 2025, 1
    for _ in range(number):
        month, day = ENDS[quarter]
        ends = date(year + (quarter == 4), month, day)
        found.append((f"{year}-{(year + 1) % 100} Q{quarter}", ends))
        year, quarter = (year, quarter - 1) if quarter > 1 else (year - 1, 4)
    return found


@pytest.fixture(scope="module")
def history() -> pd.DataFrame:
    """Ten quarters of returns: eight are shown. Camden's agency rate was suppressed in one."""
    rng = np.random.default_rng(7)
    earlier = [facts(FEW, "return", *when, rng) for when in quarters_before(9)]
    lose(earlier[1], "c", "E09000007", "sw_agency_rate")
    lose(earlier[2], "not_returned", "E09000007")
    return pd.concat([all_sources(), *earlier], ignore_index=True)


@pytest.fixture(scope="module")
def folder(history: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("marts"), history)


@pytest.fixture(scope="module")
def pages(folder: Path) -> dict[str, str]:
    files = rug_content(folder, Q2).files
    return {name: str(text) for name, text in files.items() if re.fullmatch(r"\w{3}\.html", name)}


def lines(html: str, section: str) -> tuple[list[str], dict[str, list[Td]]]:
    """The columns' heads, and each indicator's cells under them (without the leading ones)."""
    page = Page()
    page.feed(html)
    rows = page.tables[section]
    heads = next([c.text for c in row] for row in rows if row[0].text == "Indicator")
    body = {row[0].text: row[4:] for row in rows if row[0].attrs.get("scope") == "row"}
    return heads[4:], body


def test_every_authority_has_a_page_that_the_rugs_lead_to(
    folder: Path, pages: dict[str, str]
) -> None:
    assert len(pages) == 33
    files = rug_content(folder, Q2).files
    for name in ("index.html", "annual.html"):
        assert {f for f in pages if f'href="{f}"' in str(files[name])} == set(pages)
        assert all(f'href="{name}"' in page for page in pages.values())


def test_eight_quarters_of_values_and_fifths_are_the_marts(
    history: pd.DataFrame, pages: dict[str, str]
) -> None:
    rug = rug_of(history)
    heads, body = lines(pages["CAM.html"], "returns")
    labels = [label for label, _ in reversed(quarters_before(7))] + ["2025-26 Q2"]
    assert heads == [*labels, "London, newest"]
    own = rug[(rug["new_la_code"] == "E09000007") & (rug["source"] == "return")]
    shown = own[own["period_label"].isin(labels)].to_dict("records")
    assert len(shown) == 8 * len(FEW)
    for figure in shown:
        cell = body[figure["label"]][labels.index(figure["period_label"])]
        if figure["value_status"] != "ok":
            assert cell.text[0] in "cxz"
            assert not re.search(r"\d", cell.text)
            continue
        number = float(re.match(r"[\d.]+", cell.text)[0])  # type: ignore[index]
        within = 0.5 / 10 ** figure["decimals"] + 1e-9
        assert number == pytest.approx(figure["value"], rel=0, abs=within)
        assert ("▲" in cell.text, "▼" in cell.text) == (figure["band"] == 5, figure["band"] == 1)
        assert bool(re.search(r"[vj]\d", cell.attrs.get("class", ""))) == pd.notna(figure["band"])


def test_suppressed_and_missing_figures_are_symbols(pages: dict[str, str]) -> None:
    heads, body = lines(pages["CAM.html"], "returns")
    agency = dict(zip(heads, [cell.text for cell in body["SW Agency Rate"]], strict=True))
    assert agency["2024-25 Q4"] == "c Confidential"
    assert agency["2024-25 Q3"] == "x Not returned"


def test_a_year_not_yet_published_says_so(history: pd.DataFrame, tmp_path: Path) -> None:
    of_2025 = (history["source"] == "published") & (history["period_label"] == "2025")
    late = history[~(of_2025 & (history["indicator_code"] == "referrals"))]
    html = str(rug_content(write(tmp_path / "marts", late), Q2).files["CAM.html"])
    _, body = lines(html, "published")
    assert body["Referrals"][1].text == "x Not published for this year"
    assert re.fullmatch(r"[\d.]+ \(2024\)", body["Referrals"][2].text)


def test_london_is_of_the_newest_period_and_says_which_year(
    history: pd.DataFrame, pages: dict[str, str]
) -> None:
    rug = rug_of(history)
    newest = rug[(rug["source"] == "return") & (rug["period_label"] == "2025-26 Q2")]
    _, body = lines(pages["CAM.html"], "returns")
    for figure in newest.drop_duplicates("indicator_code").to_dict("records"):
        within = 0.5 / 10 ** figure["decimals"] + 1e-9
        assert float(body[figure["label"]][-1].text) == pytest.approx(
            figure["london_value"], abs=within
        )
    heads, body = lines(pages["CAM.html"], "published")
    assert heads == ["2024", "2025", "London, newest"]  # 2026 ends after the quarter
    assert re.fullmatch(r"[\d.]+", body["Referrals"][-1].text)


@pytest.mark.parametrize("counted", ["2025-26 Q1", "2025-26 Q2"])
def test_counts_and_rates_do_not_stand_in_one_row(
    history: pd.DataFrame, tmp_path: Path, counted: str
) -> None:
    """Where a population was not loaded there is a count: the row shows what its newest is."""
    rug = rug_of(history)
    which = (rug["indicator_code"] == "referrals") & (rug["period_label"] == counted)
    rug.loc[which, "display_value"] = 123_456.0
    rug.loc[which, ["denominator", "value", "band", "london_value"]] = None
    rug.loc[which, "display_unit"] = "number"
    rug.loc[which & (rug["value_status"] == "ok"), "value_status"] = "not_derivable"
    html = str(rug_content(write(tmp_path / "marts", history, rug), Q2).files["CAM.html"])
    heads, body = lines(html, "returns")
    row = dict(zip(heads, [cell.text for cell in body["Referrals"]], strict=True))
    if counted == "2025-26 Q2":
        assert row["2025-26 Q2"] == "123456"
        assert row["2025-26 Q1"] == "x Not derivable"
    else:
        assert row["2025-26 Q1"] == "x Not derivable"
        assert re.match(r"\d+\.\d", row["2025-26 Q2"])
        assert "123456" not in html


def test_pages_are_small_and_marked(pages: dict[str, str]) -> None:
    for html in pages.values():
        assert len(html.encode()) < 150_000
        assert "LIIA internal: limited use (MoU 2.1)" in html
        assert "<script" not in html
