"""The tartan rugs as pages: what a director reads from them, by eye and by screen reader."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from exports import pictures
from exports.files import as_bytes
from exports.marts import MartError
from exports.rug import rug_content
from ingestion.periods import Quarter
from tests.unit.exports.written import write_rug

Q2 = Quarter(2025, 2)
VOID = {"meta", "col", "br", "link"}


@dataclass
class Td:
    tag: str
    attrs: dict[str, str]
    text: str = ""


@dataclass
class Page(HTMLParser):
    """Tables by section id, as rows of cells; fails on tags that do not close."""

    open: list[str] = field(default_factory=list)
    section: str = ""
    tables: dict[str, list[list[Td]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = dict(attrs).get("id") or ""
        elif tag == "tr":
            self.tables.setdefault(self.section, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.section][-1].append(Td(tag, {k: v or "" for k, v in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "tr" in self.open and {"td", "th"} & set(self.open):
            self.tables[self.section][-1][-1].text += data

    def cell(self, section: str, label: str, la: str) -> Td:
        """The cell of an indicator's row in the column headed by an authority's code."""
        rows = self.tables[section]
        codes = next(row for row in rows if row and row[0].text.startswith("BAD"))
        body = [row for row in rows if row[0].attrs.get("scope") == "row"]
        row = next(row for row in body if row[0].text.startswith(label))
        at = next(i for i, head in enumerate(codes) if head.text.startswith(la))
        return row[len(row) - len(codes) + at]


@pytest.fixture(scope="module", autouse=True)
def _no_browser() -> Iterator[None]:
    """Pages need none, and paper has a test of its own (test_rug_paper.py)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pictures, "browser", lambda: None)
        yield


def page_of(
    folder: Path, dest: Path, quarter: Quarter = Q2, file: str = "index.html"
) -> tuple[str, Page]:
    write_rug(folder, quarter, dest)
    return read_page(dest / file)


def read_page(path: Path) -> tuple[str, Page]:
    html = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(html)
    assert page.open == []
    return html, page


@pytest.fixture(scope="module")
def folder(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    dest = tmp_path_factory.mktemp("rug") / "out"
    write_rug(marts, Q2, dest)
    return dest


@pytest.fixture(scope="module")
def html_page(folder: Path) -> tuple[str, Page]:
    return read_page(folder / "index.html")


@pytest.fixture(scope="module")
def annual(folder: Path) -> tuple[str, Page]:
    return read_page(folder / "annual.html")


def test_every_section_is_a_table_of_33_authorities(
    html_page: tuple[str, Page], annual: tuple[str, Page]
) -> None:
    assert set(html_page[1].tables) == {"returns", "chat"}
    assert set(annual[1].tables) == {"published", "chat"}
    for rows in [*html_page[1].tables.values(), *annual[1].tables.values()]:
        codes = next(row for row in rows if row and row[0].text.startswith("BAD"))
        assert len(codes) == 33
        assert all(head.attrs["scope"] == "col" for head in codes)
        assert codes[0].text == "BAD Barking and Dagenham"
        body = [row for row in rows if row[0].attrs.get("scope") == "row"]
        assert body
        leading = next(row for row in rows if row and row[0].text == "Indicator")
        heads = [head for head in leading if head.attrs.get("rowspan") == "2"]
        assert all(len(row) == len(heads) + 33 for row in body)


def test_a_cell_prints_the_rounded_value(html_page: tuple[str, Page], rows: pd.DataFrame) -> None:
    _, page = html_page
    fact = rows.query(
        "source == 'return' and indicator_code == 'sw_agency_rate' and new_la_code == 'E09000007'"
    ).iloc[0]
    cell = page.cell("returns", "SW Agency Rate", "CAM")
    assert cell.text.startswith(f"{fact['value']:.1f}")


def set_rug(rug: pd.DataFrame, la: str, code: str, **values: object) -> None:
    which = (
        (rug["new_la_code"] == la) & (rug["indicator_code"] == code) & (rug["source"] == "return")
    )
    assert which.sum() == 1
    for name, value in values.items():
        rug.loc[which, name] = value


@pytest.fixture
def rug(marts: Path) -> pd.DataFrame:
    return pd.read_parquet(marts / "mart_tartan_rug.parquet")


@pytest.mark.parametrize(
    ("code", "label", "band", "css", "words"),
    [
        ("assessments_45wd_pct", "Assessments within 45", 5, "j5", "highest fifth, better"),
        ("assessments_45wd_pct", "Assessments within 45", 1, "j1", "lowest fifth, worse"),
        ("sw_agency_rate", "SW Agency Rate", 5, "j1", "highest fifth, worse"),
        ("sw_agency_rate", "SW Agency Rate", 2, "j4", ""),
        ("referrals", "Referrals", 5, "v5", "highest fifth"),
        ("referrals", "Referrals", 1, "v1", "lowest fifth"),
    ],
)
def test_colour_follows_polarity(
    rows: pd.DataFrame,
    rug: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
    code: str,
    label: str,
    band: int,
    css: str,
    words: str,
) -> None:
    set_rug(rug, "E09000007", code, band=band, exception_evidence=None)
    cell = page_of(write_marts(rows, rug), tmp_path / "out")[1].cell("returns", label, "CAM")
    assert css in cell.attrs["class"].split()
    assert cell.text.endswith(f" {words}" if words else cell.text)
    assert ("fifth" in cell.text) == bool(words)
    assert ("▲" in cell.text, "▼" in cell.text) == (band == 5, band == 1)


@pytest.mark.parametrize(
    ("band", "evidence", "strong"), [(5, "strong", True), (5, "some", False), (3, None, False)]
)
def test_strong_evidence_is_bold_and_said(
    rows: pd.DataFrame,
    rug: pd.DataFrame,
    write_marts: Callable[..., Path],
    tmp_path: Path,
    band: int,
    evidence: str | None,
    strong: bool,
) -> None:
    set_rug(rug, "E09000007", "referrals", band=band, exception_evidence=evidence)
    page = page_of(write_marts(rows, rug), tmp_path / "out")[1]
    cell = page.cell("returns", "Referrals", "CAM")
    assert ("s" in cell.attrs["class"].split()) == strong
    assert cell.text.endswith(", strong evidence") == strong


def test_a_value_not_compared_has_no_colour(
    rows: pd.DataFrame, rug: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    set_rug(rug, "E09000001", "referrals", band=None)
    cell = page_of(write_marts(rows, rug), tmp_path / "out")[1].cell("returns", "Referrals", "CIT")
    assert "class" not in cell.attrs
    assert re.fullmatch(r"\d+\.\d", cell.text)


def test_missing_values_are_symbols_with_their_meaning(html_page: tuple[str, Page]) -> None:
    _, page = html_page
    for label, la, symbol, meaning in [
        ("Referrals", "BEX", "x", "Not returned"),
        ("CLA", "CIT", "c", "Confidential"),
        ("Repeat Referrals", "NEW", "x", "Failed validation"),
        ("Repeat Referrals", "CIT", "z", "Not applicable"),
    ]:
        cell = page.cell("returns", label, la)
        assert cell.text == f"{symbol} {meaning}"
        assert "gap" in cell.attrs["class"].split()


def test_marks_for_joint_and_proxy(html_page: tuple[str, Page], annual: tuple[str, Page]) -> None:
    _, page = html_page
    assert "‡" in annual[1].cell("published", "SW Agency Rate", "KUT").text
    assert "joint figure" in annual[1].cell("published", "SW Agency Rate", "KUT").text
    assert "‡" not in annual[1].cell("published", "SW Agency Rate", "CAM").text
    chat = [row[0].text for row in page.tables["chat"]]
    assert any(text.startswith("Repeat Referrals ≈") for text in chat)
    returns = [row[0].text for row in page.tables["returns"]]
    assert not any("≈" in text for text in returns)


def test_a_comment_is_escaped_and_linked(html_page: tuple[str, Page]) -> None:
    html, page = html_page
    assert html.count("<script") == 1
    assert "New &lt;script&gt;alert(1)&lt;/script&gt; front door from July" in html
    assert 'href="#note-1"' in html
    assert 'id="note-1"' in html
    assert page.cell("returns", "Referrals", "HAC").text.endswith("1")


def test_published_rows_take_the_newest_year_that_has_ended(
    html_page: tuple[str, Page], annual: tuple[str, Page]
) -> None:
    _, page = annual
    row = next(r for r in page.tables["published"] if r[0].text.startswith("Referrals"))
    assert row[2].text == "2025 (Mar)"
    heads = {head.text for head in page.tables["published"][1]}
    assert {"England", "London", "Inner London", "Outer London"} <= heads
    assert "England" not in {head.text for head in html_page[1].tables["returns"][1]}


def test_a_published_year_never_stands_beside_a_single_quarter(
    html_page: tuple[str, Page], annual: tuple[str, Page]
) -> None:
    """Flows of a year are about four times those of a quarter: each section has one kind."""
    periods = {
        section: {row[2].text for row in rows if len(row) > 33 and row[-1].tag == "td"}
        for page in (html_page[1], annual[1])
        for section, rows in page.tables.items()
    }
    year = re.compile(r"20\d\d(-\d\d)? \([A-Z][a-z]{2}\)")
    assert periods["published"]
    assert all(year.fullmatch(period) for period in periods["published"]), periods
    assert periods["returns"]
    assert not any(year.fullmatch(period) for period in periods["returns"] | periods["chat"])


def test_summary_says_who_returned_and_what_is_missing(html_page: tuple[str, Page]) -> None:
    html, _ = html_page
    assert "32 of 33 authorities" in html
    assert "Nothing yet from Bexley." in html
    assert "8 returned, 4 derived" in html
    assert "253 of 264 cells" in html
    assert "8 not returned, 1 confidential, 1 failed validation, 1 not applicable" in html


def test_sections_without_rows_say_so(
    rows: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    published = write_marts(rows[rows["source"] == "published"])
    html, page = page_of(published, tmp_path / "out")
    assert page.tables == {}
    assert "No quarterly return has been loaded for 2025-26 Q2." in html
    assert "No ChAT or Annex A figures have been loaded for 2025-26 Q2." in html
    assert "0 of 33 authorities" in html
    html, page = read_page(tmp_path / "out" / "annual.html")
    assert set(page.tables) == {"published"}
    html, page = page_of(published, tmp_path / "early", Quarter(2023, 1), "annual.html")
    assert page.tables == {}
    assert "No published statistics have been loaded for a year that ends by 30 June 2023." in html


def test_counts_stand_in_where_the_population_is_missing(
    rows: pd.DataFrame, rug: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    which = (rug["indicator_code"] == "referrals") & (rug["source"] == "return")
    rug.loc[which, "display_value"] = rug.loc[which, "numerator"]
    rug.loc[which, ["denominator", "value", "band", "london_value"]] = None
    rug.loc[which, "display_unit"] = "number"
    rug.loc[which & (rug["value_status"] == "ok"), "value_status"] = "not_derivable"
    rug.loc[which, "london_numerator"] = 25_000.0
    set_rug(rug, "E09000007", "referrals", display_value=412.0)
    page = page_of(write_marts(rows, rug), tmp_path / "out")[1]
    assert page.cell("returns", "Referrals", "CAM").text == "412"
    assert page.cell("returns", "Referrals", "BEX").text == "x Not returned"
    row = next(r for r in page.tables["returns"] if r[0].text.startswith("Referrals"))
    assert (row[1].text, row[5].text) == ("number", "25000")


def test_synthetic_figures_carry_a_banner(
    rows: pd.DataFrame,
    write_marts: Callable[..., Path],
    html_page: tuple[str, Page],
    tmp_path: Path,
) -> None:
    assert "SYNTHETIC" not in html_page[0]
    made_up = write_marts(rows.assign(release_id="SYNTHETIC-2025Q2"))
    html, _ = page_of(made_up, tmp_path / "out")
    assert "SYNTHETIC DATA" in html
    assert "<title>SYNTHETIC: London tartan rug, 2025-26 Q2</title>" in html


def test_page_is_marked_and_self_contained(html_page: tuple[str, Page]) -> None:
    html, _ = html_page
    assert "LIIA internal: limited use (MoU 2.1)" in html
    assert not re.search(r"https?://|src=|url\(|@import|<link", html)
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in unescape(html)
    assert 'lang="en-GB"' in html
    assert html.count('role="region"') == html.count('tabindex="0"') == 2
    assert html.count("<caption") == 2


def test_two_rows_for_one_cell_are_refused(
    rows: pd.DataFrame, rug: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    twice = pd.concat([rug, rug.head(1)], ignore_index=True)
    with pytest.raises(MartError, match="mart_tartan_rug has more than one row"):
        write_rug(write_marts(rows, twice), Q2, tmp_path / "out")


def test_populations_are_named(html_page: tuple[str, Page]) -> None:
    assert (
        "Rates use the mid-2024 population estimates (release 2025): "
        "ChAT figures, returns." in html_page[0]
    )


def test_same_marts_same_bytes_in_any_row_order(
    rows: pd.DataFrame,
    rug: pd.DataFrame,
    write_marts: Callable[..., Path],
    folder: Path,
) -> None:
    shuffled = write_marts(rows.sample(frac=1, random_state=1), rug.sample(frac=1, random_state=2))
    written = dict(rug_content(shuffled, Q2).files)
    again = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert {name: as_bytes(content) for name, content in written.items()} == again
    assert len(again) == 33 + len(["index.html", "annual.html", "rug.xlsx"])


def _luminance(hex_colour: str) -> float:
    parts = [int(hex_colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_on_every_fill_meets_wcag_aa(html_page: tuple[str, Page]) -> None:
    fills = re.findall(r"^\.([vj]\d|gap)\{background:(#\w{6});color:(#\w{6})\}", html_page[0], re.M)
    assert len(fills) == 11
    for name, ground, text in fills:
        light, dark = sorted((_luminance(ground), _luminance(text)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, name


def test_the_annual_rug_takes_from_chat_only_what_nobody_publishes(
    annual: tuple[str, Page], rows: pd.DataFrame
) -> None:
    """Referrals are published and in ChAT: their row is the published one, and no other."""
    _, page = annual
    labels = {row[0].text for row in page.tables["chat"] if row[0].attrs.get("scope") == "row"}
    assert labels == {"Initial contacts", "Repeat Referrals ≈ proxy", "Assessments within 45 days"}
    assert "from ChAT alone" in annual[0]
    fact = rows.query(
        "source == 'chat' and indicator_code == 'contacts' and new_la_code == 'E09000007'"
    ).iloc[0]
    cell = page.cell("chat", "Initial contacts", "CAM")
    assert cell.text.startswith(f"{fact['value']:.1f}")


def test_every_value_on_a_page_is_the_marts(
    html_page: tuple[str, Page], annual: tuple[str, Page], rug: pd.DataFrame
) -> None:
    for page, section, which in [
        (html_page[1], "returns", (rug["source"] == "return")),
        (html_page[1], "chat", (rug["source"] == "chat")),
        (annual[1], "published", (rug["source"] == "published") & (rug["period_label"] == "2025")),
    ]:
        figures = rug[which].to_dict("records")
        assert figures
        for figure in figures:
            text = page.cell(section, figure["label"], figure["short_code"]).text
            if figure["value_status"] != "ok":
                assert text[0] in "cxz", text
                assert not re.search(r"\d", text)
                continue
            number = float(re.match(r"≈?(\d+\.?\d*)", text)[1])  # type: ignore[index]
            within = 0.5 / 10 ** figure["decimals"] + 1e-9
            assert number == pytest.approx(figure["value"], rel=0, abs=within)


def test_england_stands_beside_counts_too(
    rows: pd.DataFrame, rug: pd.DataFrame, write_marts: Callable[..., Path], tmp_path: Path
) -> None:
    """A rate without a population shows counts; DfE's own count of England is one of them."""
    which = (rug["indicator_code"] == "referrals") & (rug["source"] == "published")
    rug.loc[which, "display_value"] = rug.loc[which, "numerator"]
    rug.loc[which, ["value", "england_value", "inner_value", "outer_value"]] = None
    rug.loc[which, "display_unit"] = "number"
    published = (rows["source"] == "published") & (rows["period_label"] == "2025")
    england = rows[published & (rows["indicator_code"] == "referrals")].head(1)
    england = england.assign(new_la_code="E92000001", numerator=136_114.0, value=None)
    with_england = pd.concat([rows, england], ignore_index=True)
    page = page_of(write_marts(with_england, rug), tmp_path / "out", file="annual.html")[1]
    heads = [head.text for head in page.tables["published"][1]]
    row = next(r for r in page.tables["published"] if r[0].text.startswith("Referrals"))
    assert row[heads.index("England")].text == "136114"
    assert row[heads.index("Inner London")].text == "–"
