"""The executive and all-London pack: the RIIA set of a quarter by authority and for London.

A workbook to read (about, London, authorities) and an open data pair to reckon with. Every sheet
says whom it is for, on the screen and on paper.
"""

import io
from pathlib import Path

import pandas as pd
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from exports import riia_set
from exports.files import Content
from exports.marts import LONDON, is_synthetic, product_settings, read_mart
from exports.protected import quarter_figures
from exports.release.audience import Audience
from exports.release.register import Authorities
from exports.rounding import rounded_value
from exports.workbook import Styles, about, head, new_workbook
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import seed

PRODUCT = "lscb"
MARTS = (*riia_set.MARTS, "fct_comparison")

_HEADINGS = [
    "Theme",
    "Indicator",
    "Unit",
    REGION.name,
    "Authorities",
    "Lowest",
    "",
    "Middle",
    "Highest",
    "",
]


def lscb_content(marts: Path, quarter: Quarter, audience: Audience) -> Content:
    """Workbook, data file and meta file; nothing where the quarter has no returns."""
    given = quarter_figures(marts, quarter, audience)
    figures = given.rows
    if figures.empty:
        return Content({})
    rows = riia_set.grid(marts, PRODUCT, quarter, figures, audience.authorities)
    text = riia_set.printed(rows)
    stem = riia_set.stem_of(f"riia_{REGION.slug}_pack", quarter, figures["release_id"])
    themes = read_mart(marts, "dim_indicator", ["indicator_code", "theme"])
    # Numbers beside what is printed: a pack is sorted and added up by its readers.
    shown = text.assign(
        theme=text["indicator_code"].map(themes.set_index("indicator_code")["theme"]),
        is_ranked=_is_ranked(rows, marts, quarter),
        number=_rounded(rows),
        code=rows["new_la_code"],
    )
    synthetic = is_synthetic(figures["release_id"])
    book = _workbook(shown, quarter, audience.authorities, synthetic)
    pair = riia_set.open_data_pair(stem, text, riia_set.columns_of(PRODUCT))
    return Content({f"{stem}.xlsx": book, **pair}, given.releases, given.for_all(audience))


def _rounded(rows: pd.DataFrame) -> pd.Series:
    rounded = rounded_value(
        rows["value"], rows["numerator"], rows["denominator"], rows["multiplier"], rows["decimals"]
    )
    return rounded.where(rows["value_status"] == "ok")


def _is_ranked(rows: pd.DataFrame, marts: Path, quarter: Quarter) -> pd.Series:
    """Which figures the comparison with London ranks: no counts, no authority that is too small."""
    ranked = read_mart(
        marts,
        "fct_comparison",
        ["indicator_code", "new_la_code", "rank"],
        [
            ("source", "==", "return"),
            ("comparison_group", "==", "london"),
            ("period_label", "==", quarter.label),
            ("period_type", "in", ["quarter", "snapshot"]),
        ],
    ).dropna(subset="rank")
    keys = ["indicator_code", "new_la_code"]
    index = pd.MultiIndex.from_frame(rows[keys])
    return pd.Series(index.isin(pd.MultiIndex.from_frame(ranked[keys])), rows.index)


def _workbook(
    shown: pd.DataFrame, quarter: Quarter, authorities: Authorities, synthetic: bool
) -> bytes:
    """The same bytes for the same figures: the date inside is the day the returns were due."""
    settings = product_settings(PRODUCT)
    title = f"{settings['title']}, {quarter.label}" + (" - SYNTHETIC" if synthetic else "")
    content = io.BytesIO()
    with new_workbook(content, title, settings["marking"], quarter) as book:
        styles = _Styles(book)
        sheets = {"About": _about, REGION.name: _london, "Authorities": _authorities}
        for name, fill in sheets.items():
            sheet = book.add_worksheet(name)
            head(sheet, styles, title, settings["marking"], across=6)
            fill(sheet, styles, shown, authorities)
    return content.getvalue()


class _Styles(Styles):
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        super().__init__(book)
        self.name = self.made(indent=1)
        self.symbol = self.made(align="right", font_color="#595959")
        self._numbers = {
            (places, bold): self.made(
                num_format="#,##0" + ("." + "0" * places if places else ""), bold=bold
            )
            for places in range(4)
            for bold in (False, True)
        }

    def number(self, decimals: int, bold: bool = False) -> Format:
        return self._numbers[decimals, bold]


def _about(
    sheet: Worksheet, styles: _Styles, shown: pd.DataFrame, authorities: Authorities
) -> None:
    las = shown[shown["code"] != LONDON]
    sent = las.groupby("la_name")["number"].count()
    silent = sorted(sent.index[sent == 0])
    symbols = seed("registry/value_statuses").query("dfe_symbol != ''")
    meanings = symbols.groupby("dfe_symbol")["label"].agg("; ".join)
    lines = [
        ("What this is", product_settings(PRODUCT)["description"] + "."),
        (
            "Whose figures",
            f"{len(sent) - len(silent)} of {authorities.total} {REGION.name} authorities. "
            + (f"No figure from: {', '.join(silent)}." if silent else "All of them."),
        ),
        (
            "Not in it",
            ", ".join(sorted(authorities.left_out.values()))
            or "Nobody is left out: every authority shares its figures for this pack.",
        ),
        (
            REGION.name,
            "Sum of numerators over sum of denominators of the authorities that sent both; how "
            "many they are stands beside each figure. Lowest, middle and highest are those of the "
            f"comparison with {REGION}: {_without_the_smallest()}not of numbers, which say how "
            "large an authority is.",
        ),
        ("Rates", "Quarterly rates are for the quarter alone and are not annualised."),
        (
            "Symbols",
            ". ".join(f"{symbol}: {meaning}" for symbol, meaning in meanings.items()) + ".",
        ),
        ("Counts", "Numerators and denominators stand in the CSV file beside this workbook."),
    ]
    about(sheet, styles, lines)


def _without_the_smallest() -> str:
    names = REGION.not_ranked
    be = "is" if len(names) == 1 else "are"
    return f"without {' and '.join(names)}, which {be} too small, and " if names else ""


def _london(
    sheet: Worksheet, styles: _Styles, shown: pd.DataFrame, authorities: Authorities
) -> None:
    """London's figure of each indicator, and between which authorities it lies."""
    for column, width in enumerate([28, 46, 18, 12, 12, 12, 26, 12, 12, 26]):
        sheet.set_column(column, column, width)
    for column, heading in enumerate(_HEADINGS):
        sheet.write_string(3, column, heading, styles.heading)
    sheet.freeze_panes(4, 2)
    sheet.repeat_rows(3)
    codes = shown["indicator_code"].unique()
    for row, code in enumerate(codes, start=4):
        of_one = shown[shown["indicator_code"] == code]
        london = of_one[of_one["code"] == LONDON].iloc[0]
        las = of_one[of_one["is_ranked"]].dropna(subset="number")
        las = las.sort_values("number")
        decimals = int(london["decimals"])
        for column, name in enumerate(("theme", "label", "unit")):
            sheet.write_string(row, column, str(london[name]), styles.text)
        _cell(sheet, styles, row, 3, london, bold=True)
        sheet.write_string(row, 4, f"{london['authorities']} of {authorities.total}", styles.symbol)
        if las.empty:
            continue
        for column, la in ((5, las.iloc[0]), (8, las.iloc[-1])):
            sheet.write_number(row, column, la["number"], styles.number(decimals))
            sheet.write_string(row, column + 1, la["la_name"], styles.name)
        sheet.write_number(row, 7, las["number"].median(), styles.number(decimals))


def _authorities(sheet: Worksheet, styles: _Styles, shown: pd.DataFrame, _: Authorities) -> None:
    """Indicators down, London and the authorities across."""
    places = shown.drop_duplicates("code")
    places = pd.concat([places[places["code"] == LONDON], places[places["code"] != LONDON]])
    column_of = {code: column for column, code in enumerate(places["code"], start=2)}
    sheet.set_column(0, 0, 46)
    sheet.set_column(1, 1, 18)
    sheet.set_column(2, 1 + len(column_of), 7.5)
    sheet.set_row(3, 130)
    for column, heading in enumerate(("Indicator", "Unit")):
        sheet.write_string(3, column, heading, styles.heading)
    for place, name in zip(places["code"], places["la_name"], strict=True):
        heading = REGION.name if place == LONDON else name
        sheet.write_string(3, column_of[place], heading, styles.turned)
    sheet.freeze_panes(4, 3)
    sheet.repeat_rows(3)
    row_of = {code: row for row, code in enumerate(shown["indicator_code"].unique(), start=4)}
    for code, row in row_of.items():
        first = shown[shown["indicator_code"] == code].iloc[0]
        sheet.write_string(row, 0, str(first["label"]), styles.text)
        sheet.write_string(row, 1, str(first["unit"]), styles.text)
    for _index, figure in shown.iterrows():
        row, column = row_of[figure["indicator_code"]], column_of[figure["code"]]
        _cell(sheet, styles, row, column, figure, bold=figure["code"] == LONDON)


def _cell(
    sheet: Worksheet, styles: _Styles, row: int, column: int, figure: pd.Series, bold: bool
) -> None:
    """A number as a number, or the symbol that stands for it."""
    if pd.notna(figure["number"]):
        style = styles.number(int(figure["decimals"]), bold)
        sheet.write_number(row, column, figure["number"], style)
    else:
        sheet.write_string(row, column, str(figure["value"]), styles.symbol)
