"""What London's overview and the quarter's first page say is what the marts say."""

import html
import re
from decimal import ROUND_HALF_UP, Decimal
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from exports.reports.index import index_page
from exports.reports.london import london_page
from ingestion.periods import Quarter
from tests.conftest import Run

QUARTER = Quarter(2025, 2)
LONDON = "E12000007"


class _Tables(HTMLParser):
    """Each table as rows of cell texts, under its caption; what is for eyes or ears alone is in."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.ids: dict[str, list[str]] = {}
        self._rows: list[list[str]] = []
        self._inside: list[str] = []
        self._caption = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows, self._caption = [], ""
        elif tag == "tr":
            self._rows.append([])
            if name := dict(attrs).get("id"):
                self.ids[name] = self._rows[-1]
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        if tag in ("td", "th", "caption"):
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "caption"):
            self._inside.pop()
        elif tag == "table":
            self.tables[" ".join(self._caption.split())] = self._rows

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] == "caption":
            self._caption += data
        elif self._inside:
            self._rows[-1][-1] += data


def read(page: str) -> _Tables:
    tables = _Tables()
    tables.feed(page)
    return tables


@pytest.fixture(scope="module")
def london(synthetic_run: Run) -> _Tables:
    return read(london_page(synthetic_run.home / "marts", QUARTER))


@pytest.fixture(scope="module")
def index(synthetic_run: Run) -> str:
    return index_page(synthetic_run.home / "marts", QUARTER)


def of_quarter(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[
        (frame["source"] == "return")
        & (frame["period_label"] == QUARTER.label)
        & frame["period_type"].isin(["quarter", "snapshot"])
    ]


def half_up(value: float, decimals: int) -> str:
    places = Decimal(1).scaleb(-int(decimals))
    return f"{Decimal(repr(value)).quantize(places, ROUND_HALF_UP):,}"


def test_each_indicator_has_the_figures_of_the_marts(synthetic_run: Run, london: _Tables) -> None:
    figures = of_quarter(synthetic_run.mart("fct_indicator"))
    figures = figures[figures["is_current"] & (figures["new_la_code"] == LONDON)]
    changes = of_quarter(synthetic_run.mart("fct_change"))
    changes = changes[changes["new_la_code"] == LONDON].set_index("indicator_code")
    decimals = synthetic_run.mart("dim_indicator").set_index("indicator_code")["decimals"]
    shown = 0
    for row in figures[figures["value_status"] == "ok"].itertuples():
        if row.indicator_code not in london.ids:
            continue
        cells = london.ids[row.indicator_code]
        assert cells[1] == half_up(float(row.value), decimals[row.indicator_code]), (
            row.indicator_code
        )
        assert cells[2] == f"{row.n_authorities} of 33"
        before = changes.loc[row.indicator_code, "previous_value"]
        expected = "–" if pd.isna(before) else half_up(float(before), decimals[row.indicator_code])
        assert cells[3] == expected
        shown += 1
    assert shown > 30


def test_who_stands_out_is_who_the_mart_names_with_strong_evidence(
    synthetic_run: Run, london: _Tables
) -> None:
    names = synthetic_run.mart("dim_local_authority").set_index("new_la_code")["la_name"]
    out = of_quarter(synthetic_run.mart("fct_exception"))
    out = out.assign(la_name=out["new_la_code"].map(names))
    strong = out[out["evidence"] == "strong"]
    assert len(strong) > 20
    for code, cells in london.ids.items():
        own = strong[strong["indicator_code"] == code]
        for direction, cell in (("high", cells[8]), ("low", cells[9])):
            expected = sorted(own.loc[own["direction"] == direction, "la_name"])
            assert cell == (", ".join(expected) or "–"), code
        assert int(cells[7]) == (out["indicator_code"] == code).sum()


def test_who_is_missing_is_named_and_not_counted(synthetic_run: Run, london: _Tables) -> None:
    states = synthetic_run.mart("mart_submission_status")
    states = states[states["is_current"] & (states["quarter_label"] == QUARTER.label)]
    states = states.drop_duplicates("new_la_code")
    missing = states[~states["submission_state"].isin(["accepted", "late", "partial"])]
    assert len(missing)
    newest = london.tables["Returns by quarter, newest first"][1]
    assert newest[0] == QUARTER.label
    assert newest[1] == f"{33 - len(missing)} of 33"
    assert all(name in newest[4] for name in missing["la_name"])
    each = london.tables["The return, what was found in it, and how often the authority stands out"]
    assert len(each) == 34


def test_a_quarter_without_returns_says_so(synthetic_run: Run) -> None:
    page = london_page(synthetic_run.home / "marts", Quarter(2020, 1))
    assert "No return has been loaded for 2020-21 Q1" in page
    assert "Nothing stands out." in page
    assert "No return has been loaded." in index_page(
        synthetic_run.home / "marts", Quarter(2020, 1)
    )


def test_the_first_page_counts_what_was_restated(synthetic_run: Run, index: str) -> None:
    restated = synthetic_run.mart("mart_restatement")
    restated = restated[
        restated["is_latest"]
        & restated["column_before"].isna()
        & (restated["restated_at"] >= pd.Timestamp("2025-07-28", tz="Europe/London"))
    ]
    counted = read(index).tables["How many, and why"][1:]
    assert len(restated) > 0
    assert sum(int(row[2].replace(",", "")) for row in counted) == len(restated)


def test_the_data_version_tells_other_figures(
    synthetic_run: Run, index: str, tmp_path: Path
) -> None:
    def version(page: str) -> str:
        found = re.search(r"Data version <b>([0-9a-f]{12})</b>", page)
        assert found
        return found[1]

    marts = tmp_path / "marts"
    marts.mkdir()
    for mart in (synthetic_run.home / "marts").glob("*.parquet"):
        (marts / mart.name).symlink_to(mart)
    assert version(index_page(marts, QUARTER)) == version(index)
    figures = synthetic_run.mart("fct_indicator")
    figures.loc[figures["value"].notna().idxmax(), "value"] += 1
    (marts / "fct_indicator.parquet").unlink()
    figures.to_parquet(marts / "fct_indicator.parquet")
    assert version(index_page(marts, QUARTER)) != version(index)


def test_every_authority_is_on_the_first_page(index: str, synthetic_run: Run) -> None:
    las = synthetic_run.mart("dim_local_authority").query("is_london")
    for la in las.itertuples():
        assert html.escape(la.la_name) in index
        assert f'href="{la.short_code}.html"' in index
