"""The benchmarking reports: what is read off a page is what the marts say, and nothing more."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exports.reports.content import PLOTLY, reports_content
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.unit.exports.conftest import all_sources, lose
from tests.unit.exports.release.registers import Registers, made_up_registers

__all__ = ["made_up_registers"]

Q2 = Quarter(2025, 2)
CAMDEN, BEXLEY, CITY, HACKNEY = "E09000007", "E09000004", "E09000001", "E09000012"
VOID = ("meta", "br", "link")


class Page(HTMLParser):
    """Words and tables of each indicator's section and of the page, and its charts' figures."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.words: dict[str, str] = {}
        self.tables: dict[str, list[list[list[str]]]] = {}
        self.figures: dict[str, list[dict]] = {}
        self.said: dict[str, list[str]] = {}
        self.place, self.tag, self.cell = "", "", False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list) -> None:
        given = dict(attrs)
        if tag in ("section", "h2", "h3", "h4") and given.get("id"):
            self.place = given["id"]
        if tag == "tr" and given.get("id"):
            self.tables[self.place][-1].append([given["id"]])
        elif tag == "tr":
            self.tables[self.place][-1].append([])
        elif tag == "table":
            self.tables.setdefault(self.place, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.place][-1][-1].append("")
        self.cell = tag in ("td", "th") or (self.cell and tag in ("a", "br", "span"))
        if given.get("role") == "img":
            self.said.setdefault(self.place, []).append(given["aria-label"])
        self.tag = "json" if given.get("type") == "application/json" else tag

    def handle_endtag(self, tag: str) -> None:
        self.cell = self.cell and tag in ("a", "span")
        self.tag = ""

    def handle_data(self, data: str) -> None:
        if self.tag == "json" and '"config"' not in data:
            self.figures.setdefault(self.place, []).append(json.loads(data))
        elif self.tag not in ("json", "script", "style"):
            self.words[self.place] = self.words.get(self.place, "") + " " + data.strip()
            if self.cell:
                self.tables[self.place][-1][-1][-1] += data.strip() + " "

    def rows(self, place: str, table: int) -> list[list[str]]:
        return [[cell.strip() for cell in row] for row in self.tables[place][table]]


@pytest.fixture(scope="module")
def files(marts: Path) -> dict[str, str]:
    return dict(reports_content(marts, Q2).files)  # type: ignore[arg-type]


def page(files: dict[str, str], short: str) -> Page:
    return Page(files[f"{short}.html"])


def test_a_page_for_each_authority_and_one_script_for_all(files: dict[str, str]) -> None:
    las = seed("reference/local_authorities").query("is_london == 'true'")
    of_all = {PLOTLY, "index.html", "london.html"}
    assert set(files) == {f"{short}.html" for short in las["short_code"]} | of_all
    assert max(len(text.encode()) for name, text in files.items() if name != PLOTLY) < 300_000
    assert "plotly" in files[PLOTLY][:500].lower()


def test_same_marts_same_bytes(marts: Path, files: dict[str, str]) -> None:
    assert dict(reports_content(marts, Q2).files) == files


@pytest.mark.parametrize(("short", "la"), [("CAM", CAMDEN), ("HAC", HACKNEY), ("CIT", CITY)])
def test_the_figures_of_a_page_are_those_of_the_marts(
    files: dict[str, str], marts: Path, short: str, la: str
) -> None:
    rug = pd.read_parquet(marts / "mart_tartan_rug.parquet")
    own = rug.query("source == 'return' and new_la_code == @la").set_index("indicator_code")
    told = page(files, short)
    for code in ("contacts", "repeat_referrals_pct", "sw_agency_rate"):
        row = own.loc[code]
        if row["value_status"] != "ok":
            assert "No figure: " in told.words[code]
            continue
        value, london = f"{row['value']:.1f}", f"{row['london_value']:.1f}"
        assert re.search(rf"\b{re.escape(value)}", told.words[code].replace(",", ""))
        compared = {row[0]: row for row in told.rows(code, 0)}
        assert compared["London"][1].rstrip("%").replace(",", "") == london
        assert f"{row['numerator']:,.0f}" in told.words[code]
        assert f"{row['denominator']:,.0f}" in told.words[code]


def test_all_authorities_stand_in_the_table_highest_first(
    files: dict[str, str], marts: Path
) -> None:
    rug = pd.read_parquet(marts / "mart_tartan_rug.parquet")
    rows = rug.query("source == 'return' and indicator_code == 'cla'").set_index("la_name")
    told = page(files, "CAM").rows("cla", 2)[1:]
    assert len(told) == 33
    values = [float(row[1]) for row in told if row[1][0].isdigit()]
    assert values == sorted(values, reverse=True)
    assert {row[0]: row[1] for row in told} == {
        name: f"{row['value']:.1f}" if row["value_status"] == "ok" else
        {"c": "c", "not_returned": "x"}[row["value_status"]]
        for name, row in rows.iterrows()
    }  # fmt: skip
    assert next(row for row in told if row[0] == "Camden")[2] == "●"


def test_rank_change_and_exception_are_the_marts(files: dict[str, str], marts: Path) -> None:
    ranks = pd.read_parquet(marts / "fct_comparison.parquet").query(
        "comparison_group == 'london' and source == 'return'"
    )
    found = pd.read_parquet(marts / "fct_exception.parquet").query("source == 'return'")
    las = seed("reference/local_authorities").set_index("new_la_code")["short_code"]
    for row in found.to_dict("records"):
        told = page(files, las[row["new_la_code"]])
        code = row["indicator_code"]
        side = "highest" if row["direction"] == "high" else "lowest"
        assert f"Among the {side} fifth of London" in told.words[code]
        flagged, compared = row["periods_flagged"], row["periods_compared"]
        seen = f"in {flagged} of {compared} periods compared" if compared > 1 else "compared once"
        assert seen in told.words[code]
        assert f"Evidence: {row['evidence']}." in told.words[code]
        assert ("Rests on few cases" in told.words[code]) == row["is_small_base"]
        own = ranks.query("new_la_code == @row['new_la_code'] and indicator_code == @code").iloc[0]
        place = int(min(own["rank"], own["rank_from_lowest"]))
        nth = {1: "", 2: "2nd ", 3: "3rd "}.get(place, f"{place}th ").strip()
        assert f"{nth.capitalize()} {side} of {own['n']}".strip().lower() in (
            told.words[code].lower()
        )
    changed = page(files, "CAM").rows("contacts", 1)
    assert [row[0] for row in changed[1:]] == [
        "Quarter before (2025-26 Q1)", "Year before (2024-25 Q2)",
    ]  # fmt: skip
    assert changed[1][2].startswith("+2.0")
    assert changed[2][2].startswith("−1.5")


def test_exceptions_are_counted_by_evidence_and_the_strongest_come_first(
    files: dict[str, str], marts: Path
) -> None:
    found = pd.read_parquet(marts / "fct_exception.parquet").query("source == 'return'")
    busiest = found["new_la_code"].value_counts().idxmax()
    las = seed("reference/local_authorities").set_index("new_la_code")["short_code"]
    told = page(files, las[busiest])
    own = found[found["new_la_code"] == busiest]
    table = told.rows("exceptions", 0)[1:]
    evidence = [row[8].split(";")[0] for row in table]
    assert evidence == sorted(own["evidence"], key=["strong", "some", "weak"].index)
    counts = own["evidence"].value_counts()
    for level in ("strong", "some", "weak"):
        said = re.search(rf"(\d+) +exceptions? +on {level} evidence", told.words["summary-title"])
        assert said is not None
        assert int(said[1]) == counts.get(level, 0)


def test_headlines_are_of_the_return_first_and_lead_to_their_figure(
    files: dict[str, str],
) -> None:
    told = page(files, "CAM")
    concern = told.words["k-concern"]
    assert concern.count("SW Agency Rate") == 1
    assert "on 30 September 2025" in concern  # the return's, though published has one too
    improving = told.words["k-improving"]
    assert "(published statistics)" in improving
    assert "published for the year to 31 March 2025" in improving
    assert "Referrals" not in improving  # said of a year that a newer one has replaced
    links = re.findall(r'<li><a href="#([\w-]+)">', told.html)
    assert links[:3] == ["p-sw_agency_rate", "sw_agency_rate", "referrals"]
    assert all(f'id="{link}"' in told.html for link in links)


def test_an_authority_without_a_return_is_told_so_at_the_top(files: dict[str, str]) -> None:
    told = page(files, "BEX")
    assert "Not returned" in told.words["summary-title"]
    assert "No return stands for 2025-26 Q2" in told.words["summary-title"]
    assert "No figure: not returned." in told.words["contacts"]
    assert "none can be told without a return" in told.words["exceptions"]
    published = {row[0]: row for row in told.rows("published", 0)[1:]}
    assert re.match(r"\d+\.\d%", published["p-sw_agency_rate"][3])
    assert page(files, "BRE").words["summary-title"].count("could not be used") == 1
    assert "3 days after it was due on 28 October 2025" in page(files, "BAR").words["return"]


def test_published_and_chat_figures_and_the_difference(files: dict[str, str], marts: Path) -> None:
    rug = pd.read_parquet(marts / "mart_tartan_rug.parquet").set_index(
        ["source", "indicator_code", "period_label", "new_la_code"]
    )
    newest = rug.loc["published", "referrals", "2026", CAMDEN]
    assert pd.Timestamp(newest["period_end"]) > pd.Timestamp(Q2.end)  # not known in the quarter
    year = rug.loc["published", "referrals", "2025", CAMDEN]
    told = page(files, "CAM")
    row = next(r for r in told.rows("published", 0) if r[0] == "p-referrals")
    assert row[1:4] == ["Referrals", "year to Mar 2025", f"{year['value']:.1f} per 10,000"]
    assert row[4] == f"{year['london_value']:.1f} per 10,000"
    assert row[6] == f"{year['england_value']:.1f} per 10,000"
    chat = {row[0]: row for row in told.rows("chat", 0)}
    assert chat["Referrals"][3] == "large difference"
    assert chat["Repeat Referrals"][1].startswith("≈")
    assert "England" not in " ".join(told.tables["referrals"][0][0])


def test_what_is_suppressed_is_nowhere_in_a_page(write_marts: Callable[..., Path]) -> None:
    now = all_sources()
    returns = now[now["source"] == "return"]
    before = [
        returns.assign(period_label=q.label, period_end=q.end)
        for q in (Q2.shift(-1), Q2.shift(-2), Q2.shift(-3))
    ]
    rows = pd.concat([now, *before], ignore_index=True)
    hidden = (rows["new_la_code"] == HACKNEY) & (rows["indicator_code"] == "cla")
    hidden &= (rows["source"] == "return") & (rows["period_label"] != Q2.shift(-2).label)
    rows.loc[hidden, "value_status"] = "c"  # and its numbers left in, as no mart should
    rows.loc[hidden, ["numerator", "denominator", "value"]] = [4567.0, 76543.0, 987.6]
    files = reports_content(write_marts(rows), Q2).files
    for short in ("HAC", "CAM"):
        html = str(files[f"{short}.html"])
        assert not re.search(r"4,?567|76,?543|987\.6", html)
        told = {row[0]: row for row in Page(html).rows("cla", -2)}
        assert told["Hackney"][1] == "c"
    assert len(Page(str(files["CAM.html"])).figures["cla"]) == 2


def test_charts_hold_the_figures_of_all_that_have_one(files: dict[str, str], marts: Path) -> None:
    rug = pd.read_parquet(marts / "mart_tartan_rug.parquet")
    told = page(files, "CAM")
    names = json.loads(re.search(r'id="look"[^>]*>(.*?)</script>', told.html)[1])["names"]  # type: ignore[index]
    for code in ("contacts", "assessments_45wd_pct"):
        rows = rug.query("source == 'return' and indicator_code == @code and value_status == 'ok'")
        (figure,) = told.figures[code]
        drawn = {
            names[place]: x
            for trace in figure["data"][:-1]
            for place, x in zip(trace.get("customdata", []), trace["x"], strict=True)
        }
        drawn["Camden"] = figure["data"][-1]["x"][0]
        assert drawn == pytest.approx(
            dict(zip(rows["la_name"], rows["value"], strict=True)), abs=0.06
        )
        assert f"Camden: {drawn['Camden']}" in told.said[code][0]
    # Counts of unequal authorities are not set side by side; a funnel only where size matters.
    assert "sw_establishment" not in told.figures
    assert len(told.figures["repeat_referrals_pct"]) == 2
    assert "Funnel" in told.said["repeat_referrals_pct"][1]


def test_others_are_not_named_where_the_register_says_so(marts: Path, registers: Registers) -> None:
    registers.change("registry/products", "product_id == 'reports'", names_authorities="false")
    files = reports_content(marts, Q2).files
    las = seed("reference/local_authorities").query("is_london == 'true'")
    for short, own in (("CAM", "Camden"), ("BEX", "Bexley")):
        html = str(files[f"{short}.html"])
        assert own in html
        assert not [name for name in las["la_name"] if name != own and name in html]
        assert len(Page(html).rows("contacts", -2)) == 34
    assert "Hackney" in str(reports_content(marts, Q2).files["HAC.html"])


def test_text_of_authorities_is_text(files: dict[str, str]) -> None:
    assert "<script>alert" not in "".join(v for k, v in files.items() if k != PLOTLY)
    assert "front door from July" in page(files, "HAC").words["referrals"]
    assert "typed" in page(files, "BAR").words["return"]


def test_joint_figures_and_small_authorities_are_explained(files: dict[str, str]) -> None:
    assert (
        "One joint figure with Richmond upon Thames: SW Agency Rate"
        in (page(files, "KUT").words["notes"])
    )
    assert "Very small population" in page(files, "CIT").words["notes"]
    assert "Not ranked" in page(files, "CIT").words["contacts"]


def test_a_quarter_without_returns_still_has_pages(
    write_marts: Callable[..., Path], rows: pd.DataFrame
) -> None:
    files = reports_content(write_marts(rows[rows["source"] == "published"]), Q2).files
    told = Page(str(files["CAM.html"]))
    assert "No figure: not returned." in told.words["contacts"]
    assert told.figures == {}
    assert len(told.rows("published", 0)) == 3


def test_the_series_keeps_its_gaps(write_marts: Callable[..., Path]) -> None:
    now = all_sources()
    returns = now[now["source"] == "return"]
    before = [
        returns.assign(period_label=q.label, period_end=q.end, value=returns["value"] * factor)
        for q, factor in ((Q2.shift(-1), 0.9), (Q2.shift(-3), 1.2))
    ]
    lose(before[0], "c", CAMDEN, "cla")
    told = Page(str(reports_content(write_marts(pd.concat([now, *before])), Q2).files["CAM.html"]))
    own = returns.query("new_la_code == @CAMDEN and indicator_code == 'cla'")["value"].iloc[0]
    figure = told.figures["cla"][1]
    values = figure["data"][4]["y"]
    assert [value is None for value in values] == [True] * 4 + [False, True, True, False]
    assert values[4] == pytest.approx(own * 1.2, abs=0.06)
    quarters = {row[0]: row[1] for row in told.rows("cla", 3)[1:]}
    assert quarters["2025-26 Q1"] == "c"
    assert quarters["2024-25 Q4"] == "–"
    assert np.isclose(float(quarters["2025-26 Q2"]), own, atol=0.06)
    assert "above its limits" in told.said["cla"][1]


def test_the_policy_allows_the_page_its_own_script_alone(files: dict[str, str]) -> None:
    html = files["CAM.html"]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    assert re.search(r"script-src 'self' 'sha256-[\w+/=]{44}'$", policy[1])
    assert "SYNTHETIC" not in html  # these marts are not from the synthetic landing zone
    assert "LIIA internal: limited use (MoU 2.1)" in html
