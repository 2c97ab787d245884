"""Who has returned what: what LIIA's data team chases by, and what a sender is told."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from exports.marts import MartError
from ingestion.periods import Quarter
from tests.unit.exports.conftest import findings, statuses
from tests.unit.exports.written import write_returns

Q2 = Quarter(2025, 2)


class Tables(HTMLParser):
    """Every table as rows of cell texts; fails on a tag that does not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.words = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "br", "col"):
            self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data
        if {"td", "th"} & set(self.open):
            self.tables[-1][-1][-1] += data

    def row(self, table: int, name: str) -> list[str]:
        return next(
            [" ".join(cell.split()) for cell in row]
            for row in self.tables[table]
            if row[0].strip() == name
        )


def write(folder: Path, status: pd.DataFrame, found: pd.DataFrame) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    status.to_parquet(folder / "mart_submission_status.parquet")
    found.to_parquet(folder / "mart_findings.parquet")
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("returns")
    write_returns(write(folder / "marts", statuses(), findings()), Q2, folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def index(out: Path) -> Tables:
    return Tables((out / "index.html").read_text(encoding="utf-8"))


def page(out: Path, name: str) -> str:
    return " ".join(Tables((out / name).read_text(encoding="utf-8")).words.split())


def test_the_headline_counts_those_who_take_part(index: Tables) -> None:
    words = " ".join(index.words.split())
    for count in (
        "29 of 32 returned",
        "1 of them late",
        "1 of them incomplete",
        "1 set aside, to be put right",
        "2 not returned",
        "1 do not take part",
    ):
        assert count in words


@pytest.mark.parametrize(
    ("la", "state", "received", "late", "version", "figures", "found"),
    [
        ("Hackney", "Returned", "20 Oct 2025, 09:30", "", "1", "6 of 6", "None"),
        # London time: the 20th was still summer time, the 31st no longer.
        (
            *("Barnet", "Returned late Incomplete", "31 Oct 2025, 10:00", "3", "1", "5 of 6"),
            "1 to check, 1 note on the return of Barnet",
        ),
        ("Bexley", "Not returned", "", "", "", "", ""),
        (
            *("Brent", "Set aside", "20 Oct 2025, 09:30", "", "", "0 of 6"),
            "1 to put right on the return of Brent",
        ),
        ("Bromley", "Does not take part", "", "", "", "", ""),
    ],
)
def test_each_authority_has_a_row(
    index: Tables, la: str, state: str, received: str, late: str, version: str, figures: str,
    found: str,
) -> None:  # fmt: skip
    row = index.row(0, la)
    assert [row[i] for i in (1, 2, 3, 4, 5, 7)] == [state, received, late, version, figures, found]


def test_what_was_sent_before_is_kept_and_does_not_count(index: Tables) -> None:
    camden = index.row(0, "Camden")
    assert camden[1] == "Returned"
    assert camden[4].startswith("2 1 before")
    assert "Set aside, received 10 Oct 2025, 09:00: return.no_table" in camden[4]
    croydon = index.row(0, "Croydon")
    assert croydon[1] == "Not returned"
    assert "Withdrawn" in croydon[4]


def test_the_matrix_says_each_figure_in_symbol_and_words(index: Tables) -> None:
    matrix = index.tables[1]
    assert len([row for row in matrix if len(row) == 7]) == 34
    assert index.row(1, "Hackney")[1:] == ["✓returned"] * 6
    assert index.row(1, "Bexley")[1:] == ["–not returned"] * 6
    assert index.row(1, "Brent")[1:] == ["!sent, but not usable"] * 6
    assert index.row(1, "Barnet")[2] == "!sent, but not usable"
    assert "n/anot applicable" in index.row(1, "City of London")
    assert index.row(1, "Authorities with a figure")[1:3] == ["29", "28"]


def test_an_authority_reads_its_findings_and_what_to_do(out: Path) -> None:
    barnet = page(out, "BAR.html")
    for words in ("Returned late, incomplete", "3 days after 28 Oct 2025", "Return E10"):
        assert words in barnet
    assert "What to do: Correct the cell" in barnet
    assert "ReferralsFailed validation<script>alert(1)</script> typed" in barnet
    assert "Camden" not in barnet
    assert "Nothing was found wrong with this return." in page(out, "HAC.html")
    assert "No return of the authority stands for the quarter" in page(out, "BEX.html")


def test_history_rules_say_since_when(out: Path) -> None:
    camden = page(out, "CAM.html")
    assert "Compared with earlier quarters" in camden
    assert "Measure: Referrals" in camden
    assert "also in 2025-26 Q1" in camden
    # What was set aside before is told apart from the return that counts.
    assert camden.index("Also sent, and set aside") < camden.index("No sheet holds the table")


def test_findings_on_childrens_lists_stay_out(out: Path) -> None:
    assert not [path for path in out.iterdir() if "Of a child" in path.read_text(encoding="utf-8")]


def test_the_json_holds_what_the_page_says(out: Path) -> None:
    told = json.loads((out / "BAR.json").read_text(encoding="utf-8"))
    assert (told["la_name"], told["state"], told["synthetic"]) == ("Barnet", "late", False)
    assert [f["cell"] for f in told["findings"]] == ["E10", None]
    assert told["submission"]["received_at"] == "2025-10-31T10:00:00+00:00"
    assert told["figures_without_a_value"][0]["measure_code"] == "referrals"


def test_every_authority_has_page_and_json(out: Path) -> None:
    names = {path.name for path in out.iterdir()}
    assert len(names) == 67
    html = (out / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'href="([^"#]+)"', html)) == {
        name for name in names if name.endswith(".html") and name != "index.html"
    }


def test_no_text_of_a_return_runs(out: Path) -> None:
    for path in out.glob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert "<script" not in html
        assert not re.search(r"https?://|src=|url\(|@import|<link", html)
        assert "LIIA internal: limited use (MoU 2.1)" in html


def test_synthetic_submissions_are_marked_on_every_page(out: Path, tmp_path: Path) -> None:
    assert "SYNTHETIC" not in (out / "BEX.html").read_text(encoding="utf-8")
    marts = write(tmp_path / "marts", statuses(release="SYNTHETIC"), findings())
    for path in write_returns(marts, Q2, tmp_path / "out"):
        if path.suffix == ".html":
            assert "SYNTHETIC DATA" in path.read_text(encoding="utf-8"), path.name
        else:
            assert json.loads(path.read_text(encoding="utf-8"))["synthetic"] is True


def test_same_marts_same_bytes_in_any_row_order(out: Path, tmp_path: Path) -> None:
    shuffled = write(
        tmp_path / "marts",
        statuses().sample(frac=1, random_state=1),
        findings().sample(frac=1, random_state=2),
    )
    for path in write_returns(shuffled, Q2, tmp_path / "out"):
        assert path.read_bytes() == (out / path.name).read_bytes(), path.name


def test_a_quarter_nobody_returned_is_said_and_clears_what_stood(out: Path, tmp_path: Path) -> None:
    marts = write(tmp_path / "marts", statuses(), findings())
    write_returns(marts, Q2, tmp_path / "out")
    write_returns(marts, Quarter(2025, 1), tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.html"]
    assert "No authority has sent a return for 2025-26 Q1" in page(tmp_path / "out", "index.html")


def test_a_home_from_before_these_marts_is_told_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(MartError, match=r"mart_submission_status.parquet is missing. Build the"):
        write_returns(tmp_path, Q2, tmp_path / "out")


def test_two_current_rows_for_one_figure_are_refused(tmp_path: Path) -> None:
    twice = statuses()
    twice = pd.concat([twice, twice.head(1)], ignore_index=True)
    with pytest.raises(MartError, match="mart_submission_status has more than one row"):
        write_returns(write(tmp_path / "marts", twice, findings()), Q2, tmp_path / "out")
