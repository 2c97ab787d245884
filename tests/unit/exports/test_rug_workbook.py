"""The rug as a workbook: what a reader sorts, filters and adds up is what the marts say."""

import io
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from exports import pictures
from exports.rug import rug_content
from exports.rug_cells import FILLS
from ingestion.periods import Quarter

Q2 = Quarter(2025, 2)
TOP = 5


@pytest.fixture(scope="module", autouse=True)
def _no_browser() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "browser", lambda: None)
        yield


def book_of(marts: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(rug_content(marts, Q2).files["rug.xlsx"]))


@pytest.fixture(scope="module")
def book(marts: Path) -> openpyxl.Workbook:
    return book_of(marts)


@pytest.fixture(scope="module")
def rug(marts: Path) -> pd.DataFrame:
    return pd.read_parquet(marts / "mart_tartan_rug.parquet")


def cell(sheet: Worksheet, source: str, label: str, head: str) -> openpyxl.cell.Cell:
    column = next(c.column for c in sheet[TOP] if c.value == head)
    row = next(
        row[0].row
        for row in sheet.iter_rows(min_row=TOP + 1)
        if row[0].value == source and str(row[2].value).removesuffix(" ≈") == label
    )
    return sheet.cell(row, column)


@pytest.mark.parametrize(
    ("name", "source", "word", "label"),
    [
        ("Quarterly", "return", "Return", "2025-26 Q2"),
        ("Quarterly", "chat", "ChAT / Annex A", "2025-26 Q2"),
        ("Annual", "published", "Published", "2025"),
    ],
)
def test_numbers_are_the_marts_and_gaps_are_symbols(
    book: openpyxl.Workbook, rug: pd.DataFrame, name: str, source: str, word: str, label: str
) -> None:
    figures = rug[(rug["source"] == source) & (rug["period_label"] == label)].to_dict("records")
    assert figures
    for figure in figures:
        found = cell(book[name], word, figure["label"], figure["la_name"])
        if figure["value_status"] != "ok":
            assert found.value in {"c", "x", "z"}
            assert found.data_type == "s"
            continue
        assert found.data_type == "n"
        within = 0.5 / 10 ** figure["decimals"] + 1e-9
        assert found.value == pytest.approx(figure["value"], abs=within)
        digits = found.number_format.partition(".")[2]
        assert digits.count("0") == figure["decimals"]


def test_fifths_have_the_colours_and_marks_of_the_page(
    book: openpyxl.Workbook, rug: pd.DataFrame
) -> None:
    figures = rug[(rug["source"] == "return") & rug["band"].isin([1, 5])].to_dict("records")
    assert {figure["polarity"] for figure in figures} == {"high", "low", "none"}
    for figure in figures:
        found = cell(book["Quarterly"], "Return", figure["label"], figure["la_name"])
        high = figure["band"] == 5
        fill = {"none": "v5" if high else "v1", "high": "j5" if high else "j1"}.get(
            figure["polarity"], "j1" if high else "j5"
        )
        assert found.fill.start_color.rgb[2:].lower() == FILLS[fill][0][1:]
        assert ("▲" if high else "▼") in found.number_format
        assert bool(found.font.b) == (figure["exception_evidence"] == "strong")
    joint = cell(book["Annual"], "Published", "SW Agency Rate", "Kingston upon Thames")
    assert "‡" in joint.number_format


def test_areas_stand_where_their_source_has_them(
    book: openpyxl.Workbook, rug: pd.DataFrame
) -> None:
    heads = {name: [c.value for c in book[name][TOP]] for name in ("Quarterly", "Annual")}
    assert "London" in heads["Quarterly"]
    assert "England" not in heads["Quarterly"]
    row = rug[(rug["source"] == "published") & (rug["period_label"] == "2025")].iloc[0]
    for head, column in (("England", "england_value"), ("Inner London", "inner_value")):
        found = cell(book["Annual"], "Published", row["label"], head)
        within = 0.5 / 10 ** row["decimals"] + 1e-9
        assert found.value == pytest.approx(row[column], rel=0, abs=within)


def test_every_sheet_is_marked_filtered_and_fits_its_paper(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["About", "Quarterly", "Annual", "Comments"]
    for sheet in book:
        marking = "LIIA internal: limited use (MoU 2.1)"
        assert sheet["A2"].value == marking
        assert marking in sheet.oddFooter.left.text
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 8)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    for name in ("Quarterly", "Annual"):
        assert book[name].freeze_panes == "D6"
        assert book[name].auto_filter.ref.startswith("A5:")
        assert [c.value for c in book[name][TOP]][-33:][0] == "Barking and Dagenham"


def test_text_from_an_authority_is_text(book: openpyxl.Workbook) -> None:
    (found,) = [row for row in book["Comments"].iter_rows(min_row=5, values_only=True) if row[0]]
    assert found == (
        "Hackney",
        "Referrals",
        "New <script>alert(1)</script> front door from July",
    )
    assert not any(c.data_type == "f" for sheet in book for row in sheet.iter_rows() for c in row)


def test_a_comment_that_looks_like_a_formula_stays_text(
    rows: pd.DataFrame, rug: pd.DataFrame, write_marts: object
) -> None:
    which = rug["comment"].notna()
    assert which.sum() == 1
    formula = rug.assign(comment=rug["comment"].mask(which, '=HYPERLINK("http://x","y")'))
    sheet = book_of(write_marts(rows, formula))["Comments"]  # type: ignore[operator]
    found = sheet.cell(5, 3)
    assert (found.data_type, found.value) == ("s", '=HYPERLINK("http://x","y")')


def test_synthetic_figures_are_called_so(rows: pd.DataFrame, write_marts: object) -> None:
    made_up = write_marts(rows.assign(release_id="SYNTHETIC-2025Q2"))  # type: ignore[operator]
    assert all("SYNTHETIC" in sheet["A1"].value for sheet in book_of(made_up))
