"""The peer-challenge packs: what a cluster reads in them, and why it is asked what it is asked."""

import io
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from docx import Document

from exports.packs import registers as packs_registers
from exports.packs.content import packs_content
from exports.packs.questions import QuestionError
from exports.rounding import fixed, half_up_double
from ingestion.periods import Quarter
from ingestion.registry import seed
from tests.unit.exports.release.registers import Registers, made_up_registers

__all__ = ["made_up_registers"]

Q2 = Quarter(2025, 2)
NORTH = "cluster_north_central"
CAMDEN, BARNET, BEXLEY = "E09000007", "E09000003", "E09000004"
VOID = {"meta", "col", "br", "link"}


@dataclass
class Cell:
    css: str
    text: str = ""
    value: str = ""


@dataclass
class Page(HTMLParser):
    """A page's tables by caption, its sections' text by heading id; fails on tags left open."""

    open: list[str] = field(default_factory=list)
    caption: str = ""
    tables: dict[str, list[list[Cell]]] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)
    section: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self.section = given["aria-labelledby"]
        elif tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.tables.setdefault(self.caption, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.caption][-1].append(Cell(given.get("class", "")))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "caption":
            self.caption += data
        self.sections[self.section] = self.sections.get(self.section, "") + data
        if "tr" in self.open and {"td", "th"} & set(self.open):
            cell = self.tables[self.caption][-1][-1]
            cell.text += data
            cell.value += data if self.open[-1] == "b" else ""

    def side_by_side(self) -> dict[str, dict[str, Cell]]:
        """Cells of the main table by label and column."""
        (rows,) = (rows for caption, rows in self.tables.items() if caption.startswith("Value of"))
        heads = [cell.text for cell in rows[0]]
        return {
            row[0].text.split(" \u0020")[0].split(" %")[0].strip(): dict(
                zip(heads, row, strict=True)
            )
            for row in rows[1:]
            if len(row) == len(heads)
        }


def read(html: str | bytes) -> Page:
    page = Page()
    assert isinstance(html, str)
    page.feed(html)
    assert page.open == []
    return page


def plain(folder: Path) -> Path:
    """Marts to reckon by: six exceptions on either side, all strong and lasting, everything up on
    the year, and Camden's sources moderately apart on one indicator."""

    def changed(name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
        path = folder / f"{name}.parquet"
        change(pd.read_parquet(path)).to_parquet(path)

    changed(
        "fct_exception",
        lambda found: found[(found["rank"] <= 6) | (found["rank_from_lowest"] <= 6)].assign(
            evidence="strong",
            is_lasting=True,
            periods_flagged=3,
            periods_compared=4,
            is_small_base=False,
            significance=found["direction"].map({"high": "higher", "low": "lower"}),
        ),
    )
    # Last year's figure is 1.5 more in these marts: see benchmarks.changes.
    changed(
        "fct_change",
        lambda rows: rows.assign(change_on_year=(rows["year_ago_value"] - 1.5) / 11),
    )
    changed("fct_reconciliation", lambda rows: rows[rows["size_class"] != "large"])
    return folder


@pytest.fixture(scope="module")
def marts(marts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "marts"
    shutil.copytree(marts, folder)
    return plain(folder)


@pytest.fixture(scope="module")
def files(marts: Path) -> dict[str, str | bytes]:
    return dict(packs_content(marts, Q2).files)


@pytest.fixture
def changed(write_marts: Callable[..., Path], rows: pd.DataFrame) -> Callable[..., dict]:
    """The files made of marts of which those named were changed by a function."""

    def make(**changes: Callable[[pd.DataFrame], pd.DataFrame]) -> dict:
        folder = plain(write_marts(rows))
        for name, change in changes.items():
            path = folder / f"{name}.parquet"
            change(pd.read_parquet(path)).to_parquet(path)
        return dict(packs_content(folder, Q2).files)

    return make


def expected(rows: pd.DataFrame, code: str) -> pd.Series:
    """What each authority's figure of the quarter prints, by name."""
    own = rows.query("source == 'return' and indicator_code == @code and value_status == 'ok'")
    names = seed("reference/local_authorities").set_index("new_la_code")["la_name"]
    text = fixed(half_up_double(own["value"], own["decimals"]), own["decimals"])
    return text.set_axis(own["new_la_code"].map(names))


def row_of(page: Page, label: str) -> dict[str, Cell]:
    found = [row for row in page.side_by_side().values() if row["Indicator"].text.startswith(label)]
    (row,) = found
    return row


@pytest.mark.parametrize("cluster", packs_registers.clusters(Q2.end), ids=lambda one: one.code)
def test_figures_of_page_and_form_are_those_of_the_marts(
    cluster: packs_registers.Cluster, files: dict, rows: pd.DataFrame, marts: Path
) -> None:
    page = read(files[f"{cluster.code}.html"])
    registry = seed("registry/indicators").set_index("indicator_code")
    flagged = pd.read_parquet(marts / "fct_exception.parquet")
    flagged = flagged[
        (flagged["source"] == "return") & flagged["new_la_code"].isin(cluster.members)
    ]
    assert len(page.side_by_side()) == flagged["indicator_code"].nunique() > 2
    form = Document(io.BytesIO(files[f"{cluster.code}.docx"])).tables[1]
    in_form = {row.cells[0].text: [cell.text for cell in row.cells] for row in form.rows}
    heads = [cell.text for cell in form.rows[0].cells]
    compared = 0
    for code in flagged["indicator_code"].unique():
        row = row_of(page, registry.loc[code, "label"])
        (line,) = (
            v for k, v in in_form.items() if k.startswith(registry.loc[code, "label"] + " (")
        )
        printed = expected(rows, code)
        for name in set(row) - {"Indicator", "London", "Cluster"}:
            if name in printed:
                assert row[name].value == printed[name]
                assert re.match(r"[\d.]+", line[heads.index(name)]).group() == printed[name]
                compared += 1
        london = rows.query(
            "source == 'return' and indicator_code == @code and new_la_code == 'E12000007'"
        )
        text = fixed(half_up_double(london["value"], london["decimals"]), london["decimals"])
        assert row["London"].text == line[1] == text.iloc[0]
    assert compared > 10


def test_a_cell_says_side_rank_and_change_in_words(files: dict, marts: Path) -> None:
    found = pd.read_parquet(marts / "fct_exception.parquet").query(
        "source == 'return' and indicator_code == 'repeat_referrals_pct'"
    )
    row = found[found["new_la_code"].isin(["E09000003", "E09000007", "E09000010", "E09000014"])]
    row = row.iloc[0]
    name = seed("reference/local_authorities").set_index("new_la_code")["la_name"][row.new_la_code]
    cell = row_of(read(files[f"{NORTH}.html"]), "Repeat Referrals")[name]
    side = {"high": "▲ among the highest", "low": "▼ among the lowest"}[row.direction]
    change = fixed(half_up_double(pd.Series([row.value / 11]), 1), 1).iloc[0]
    place = {
        "high": f"rank {row['rank']:.0f} of {row.n}",
        "low": f"rank {row.rank_from_lowest:.0f} of {row.n} from the lowest",
    }[row.direction]
    for words in (side, f"{row.judgement} than most", place):
        assert words in cell.text
    assert f"+{change} points on 2024-25 Q2" in cell.text
    assert "so in 3 of 4 quarters compared" in cell.text
    assert cell.css == row.judgement


def test_colours_of_judgement_only_where_there_is_polarity(files: dict) -> None:
    for name, html in files.items():
        if name.startswith("cluster") and name.endswith(".html"):
            for label, row in read(html).side_by_side().items():
                judged = {cell.css for cell in row.values()} & {"worse", "better"}
                has_polarity = label.startswith(("Repeat Ref", "Assessments within", "SW Agency"))
                assert has_polarity or not judged


def test_an_authority_without_a_return_is_a_state(files: dict) -> None:
    page = read(files["cluster_south_2.html"])
    cell = row_of(page, "Referrals")["Bexley"]
    assert (cell.value, cell.css) == ("x", "")
    assert "Not returned" in cell.text
    assert "Cannot be said without a return" in page.sections["glance"]
    told = page.sections[BEXLEY]
    assert "No return of Bexley counts for 2025-26 Q2 (not returned)" in told
    assert "Strongest exceptions of the quarter" not in told
    # Bromley does not take part: it is not asked why it sent nothing.
    assert "No return of Bromley" not in page.sections["E09000006"]
    index = read(files["index.html"]).sections["packs"]
    assert "Bexley" in index


def test_a_failed_figure_shows_its_symbol_and_no_number(files: dict) -> None:
    cell = row_of(read(files["cluster_east_1.html"]), "Repeat Referrals")["Newham"]
    assert (cell.value, cell.css) == ("x", "")


def test_an_authority_without_a_row_keeps_its_column(changed: Callable[..., dict]) -> None:
    def without(frame: pd.DataFrame) -> pd.DataFrame:
        gone = (frame["new_la_code"] == CAMDEN) & (frame["indicator_code"] == "cla")
        return frame[~gone | (frame["source"] != "return")]

    files = changed(mart_tartan_rug=without, fct_exception=lambda f: f[f["new_la_code"] != CAMDEN])
    row = row_of(read(files[f"{NORTH}.html"]), "CLA")
    assert (row["Camden"].value, "Not returned" in row["Camden"].text) == ("x", True)
    assert row["Enfield"].value != "x"


def test_members_are_those_of_the_quarters_last_day(marts: Path, registers: Registers) -> None:
    members = "reference/comparison_group_members"
    where = f"comparison_group == '{NORTH}' and new_la_code == '{BARNET}'"
    registers.change(members, where, valid_to="2025-09-29")
    registers.add(
        members, comparison_group="cluster_west_1", new_la_code=BARNET, valid_from="2025-09-30"
    )
    files = packs_content(marts, Q2).files
    assert BARNET not in files[f"{NORTH}.html"]
    assert "Barnet" in row_of(read(files["cluster_west_1.html"]), "Referrals")
    registers.change(members, where, valid_to="2025-09-30")
    assert BARNET in packs_content(marts, Q2).files[f"{NORTH}.html"]


def test_what_is_assumed_is_said_until_it_is_confirmed(
    files: dict, marts: Path, registers: Registers
) -> None:
    assert "is assumed" in read(files[f"{NORTH}.html"]).sections[""]
    for name in ("comparison_groups", "comparison_group_members"):
        registers.change(f"reference/{name}", f"comparison_group == '{NORTH}'", status="confirmed")
    made = packs_content(marts, Q2).files
    assert "is assumed" not in made[f"{NORTH}.html"]
    assert "is assumed" in made["cluster_east_1.html"]


def questions(files: dict, cluster: str = NORTH) -> str:
    page = read(files[f"{cluster}.html"])
    return " ".join(text for key, text in page.sections.items() if key.startswith("E0"))


def one_exception(code: str, **values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Camden's exception on one indicator and nobody else's anything."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        row = frame[(frame["source"] == "return") & (frame["indicator_code"] == code)].head(1)
        return row.assign(new_la_code=CAMDEN, **values)

    return change


TIMELY = {"direction": "low", "judgement": "worse"}
WORSE = "assessments in Camden were done within 45 working days"
ALONE = "Camden alone of its cluster is among the lowest"


@pytest.mark.parametrize(
    ("values", "asked", "not_asked"),
    [
        ({}, WORSE, ALONE),
        ({"is_lasting": False, "evidence": "some"}, ALONE, WORSE),
        ({"is_small_base": True}, "", WORSE),
        ({"direction": "high", "judgement": "better"}, "Camden does better than most", WORSE),
        ({"judgement": "neutral"}, ALONE, WORSE),
    ],
)
def test_a_question_is_asked_where_its_condition_holds(
    changed: Callable[..., dict], values: dict, asked: str, not_asked: str
) -> None:
    told = questions(
        changed(
            fct_exception=one_exception("assessments_45wd_pct", **(TIMELY | values)),
            fct_comparison=lambda frame: frame.assign(significance="lower"),
        )
    )
    assert asked in told
    assert not_asked not in told


def test_alone_is_whom_nobody_joins_and_who_surely_differs(changed: Callable[..., dict]) -> None:
    def low(*codes: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
        only = one_exception("assessments_45wd_pct", **TIMELY | {"is_lasting": False})
        return lambda frame: pd.concat([only(frame).assign(new_la_code=code) for code in codes])

    def told(significance: str, *codes: str) -> str:
        return questions(
            changed(
                fct_exception=low(*codes),
                fct_comparison=lambda frame: frame.assign(significance=significance),
            )
        )

    elsewhere = BEXLEY
    assert ALONE in told("lower", CAMDEN, elsewhere)
    assert ALONE not in told("not_different", CAMDEN)
    assert ALONE not in told("lower", CAMDEN, BARNET)


def test_a_pair_is_asked_about_only_where_it_contradicts(changed: Callable[..., dict]) -> None:
    def both(side: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
        def change(frame: pd.DataFrame) -> pd.DataFrame:
            high = one_exception("contacts", direction="high", judgement="neutral")(frame)
            other = one_exception("referrals", direction=side, judgement="neutral")(frame)
            return pd.concat([high, other])

        return change

    words = "What becomes of the contacts that are not referrals?"
    assert words in questions(changed(fct_exception=both("low")))
    assert words not in questions(changed(fct_exception=both("high")))


def test_own_history_and_other_sources_are_asked_about(changed: Callable[..., dict]) -> None:
    def worsening(frame: pd.DataFrame) -> pd.DataFrame:
        which = (frame["new_la_code"] == CAMDEN) & (frame["indicator_code"] == "cla")
        return frame.assign(judgement=frame["judgement"].mask(which, "worsening"))

    assert "Camden is moving the wrong way" in questions(changed(fct_change=worsening))
    assert "moving the wrong way" not in questions(changed(fct_change=lambda f: f))


def test_two_sources_apart_are_asked_about_with_both_figures(changed: Callable[..., dict]) -> None:
    def nobody(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.head(0)

    told = questions(changed(fct_exception=nobody))
    assert "The return of Camden says 12.3% for" in told
    assert "ChAT / Annex A (2025-26 Q2) says 16.7%" in told
    assert told.count("Which is right") == 1


def test_the_words_are_the_registers(marts: Path, registers: Registers) -> None:
    name = "registry/challenge_questions"
    registers.drop(name, "applies_when != 'not_returned'")
    registers.change(name, "question_id == 'no_return'", question="Why, {la}, in {quarter}?")
    files = packs_content(marts, Q2).files
    assert "Why, Bexley, in 2025-26 Q2?" in files["cluster_south_2.html"]
    assert "The figures suggest none" in files[f"{NORTH}.html"]
    registers.change(name, "question_id == 'no_return'", question="Why, {who}?")
    with pytest.raises(QuestionError, match=r"no_return: nothing stands for \{who\}"):
        packs_content(marts, Q2)
    registers.change(name, "question_id == 'no_return'", applies_when="always")
    with pytest.raises(QuestionError, match="no condition always"):
        packs_content(marts, Q2)


def test_without_clusters_the_themes_stand_alone(marts: Path, registers: Registers) -> None:
    registers.drop("reference/comparison_groups", "members_from == 'listed'")
    files = packs_content(marts, Q2).files
    assert {"index.html", "themes.html"} <= set(files)
    assert not [name for name in files if name.startswith("cluster_")]


def test_nobody_is_asked_too_much(files: dict) -> None:
    for cluster in packs_registers.clusters(Q2.end):
        page = files[f"{cluster.code}.html"]
        lists = re.findall(r'<ol class="asked">(.*?)</ol>', page, flags=re.DOTALL)
        assert lists
        assert max(found.count("<li>") for found in lists) <= 6


def write_narratives(folder: Path) -> None:
    status = {"new_la_code": CAMDEN, "quarter_label": Q2.label, "part": "exception"}
    states = [("cla", "answered"), ("referrals", "empty"), ("contacts", "set_aside")]
    pd.DataFrame([status | {"item": item, "state": state} for item, state in states]).to_parquet(
        folder / "mart_narrative_status.parquet"
    )
    line = status | {"item": "cla", "label": "CLA", "field": "explanation", "is_current": True}
    told = [
        {"answer": "Named <b>words</b>", "quoting": "named"},
        {"answer": "Unnamed words", "quoting": "unnamed"},
        {"answer": "Kept words", "quoting": "none"},
        {"answer": "Earlier words", "quoting": "named", "is_current": False},
        {"answer": "A. Person leads", "quoting": "named", "part": "plan"},
        {"answer": "Old words", "quoting": "named", "quarter_label": "2025-26 Q1"},
        {"answer": "On agency staff", "quoting": "none", "new_la_code": BARNET},
    ]
    pd.DataFrame([line | one for one in told]).to_parquet(folder / "fct_narrative.parquet")
    theme = status | {
        "item": "cla",
        "narrative_theme": "neglect",
        "narrative_theme_label": "Neglect",
    }
    kept = theme | {"new_la_code": BARNET, "narrative_theme_label": "Agency staff"}
    also = theme | {"new_la_code": BARNET}
    rows = [theme, theme, kept, also]
    pd.DataFrame(rows).to_parquet(folder / "mart_narrative_theme.parquet")


def test_only_what_may_be_quoted_by_name_is_quoted(
    write_marts: Callable[..., Path], rows: pd.DataFrame
) -> None:
    folder = write_marts(rows)
    write_narratives(folder)
    files = packs_content(folder, Q2).files
    assert "Named &lt;b&gt;words&lt;/b&gt;" in files[f"{NORTH}.html"]
    text = " ".join(html for name, html in files.items() if name.endswith(".html"))
    for hidden in ("Unnamed words", "Kept words", "Earlier words", "A. Person", "Old words"):
        assert hidden not in text
    told = read(files[f"{NORTH}.html"]).sections[CAMDEN]
    assert "Of 3 asked: 1 answered, 1 left empty, 1 set aside" in told
    about = read(files["themes.html"]).sections["told"]
    assert "Neglect" in about
    assert about.count("Camden") == 1
    # What an answer speaks of that nobody may read is as little told as its words.
    assert "Barnet" not in about and "Agency staff" not in about


def test_marts_of_narratives_without_rows_are_as_none(
    write_marts: Callable[..., Path], rows: pd.DataFrame
) -> None:
    folder = write_marts(rows)
    write_narratives(folder)
    for name in ("mart_narrative_status", "fct_narrative", "mart_narrative_theme"):
        path = folder / f"{name}.parquet"
        pd.read_parquet(path).head(0).to_parquet(path)
    files = packs_content(folder, Q2).files
    assert "Narrative:" not in files[f"{NORTH}.html"]
    assert "told" not in read(files["themes.html"]).sections


def test_without_narratives_nothing_is_said_of_them(files: dict) -> None:
    assert "Narrative:" not in files[f"{NORTH}.html"]
    assert "told" not in read(files["themes.html"]).sections


def test_comments_stand_in_the_pack_as_text(files: dict) -> None:
    told = files["cluster_north_central.html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; typed" in told
    assert "<script" not in told


def test_judgements_of_ofsted_are_the_latest(files: dict) -> None:
    told = read(files[f"{NORTH}.html"]).sections[CAMDEN]
    assert "Outstanding (3 May 2024)" in told
    assert "z: not applicable (3 May 2024)" in told
    assert "Inadequate" not in told


def test_themes_name_who_is_unusual_in_each_sub_region(files: dict, marts: Path) -> None:
    page = read(files["themes.html"])
    (rows,) = (rows for name, rows in page.tables.items() if name.startswith("Workforce:"))
    heads = [cell.text for cell in rows[0]]
    (row,) = (row for row in rows if row[0].text.startswith("SW Agency Rate"))
    found = pd.read_parquet(marts / "fct_exception.parquet")
    found = found.query("source == 'return' and indicator_code == 'sw_agency_rate'")
    areas = pd.read_parquet(marts / "dim_local_authority.parquet")
    found = found.merge(areas, on="new_la_code")
    assert len(found) == 12
    for la in found.itertuples():
        side = {"high": "▲ highest", "low": "▼ lowest"}[la.direction]
        cell = row[heads.index(la.sub_region)].text
        assert re.search(rf"{side}, {la.judgement}: [^▲▼]*{la.la_name}", cell)
    total = sum(int(cell.value.split(" of ")[0]) for cell in rows[1][2:])
    assert total == found["new_la_code"].nunique()


def test_the_year_ahead_follows_from_the_quarter() -> None:
    cycle = {entry.event: entry for entry in packs_registers.cycle(Q2)}
    assert str(cycle["Summit"].starts) == "2025-11-01"
    assert (str(cycle["Peer challenge"].starts), str(cycle["Peer challenge"].ends)) == (
        "2026-06-01",
        "2026-06-30",
    )
    assert str(cycle["Peer reviews"].starts) == "2025-06-01"  # still under way on 28 October
    later = {entry.event: entry for entry in packs_registers.cycle(Quarter(2025, 3))}
    assert str(later["Peer reviews"].starts) == "2026-06-01"
    assert str(later["Summit"].starts) == "2026-11-01"
    assert "Returns for 2025-26 Q2 due" in cycle
    assert "Returns for 2025-26 Q2 due" not in later


def test_reviews_of_the_register_are_listed(files: dict, marts: Path, registers: Registers) -> None:
    assert "None is in the register" in files["index.html"]
    registers.add(
        "reference/peer_reviews",
        review_id="r1",
        kind="review",
        new_la_code=CAMDEN,
        theme_code="workforce",
        starts_on="2026-07-06",
        ends_on="2026-07-08",
        status="planned",
    )
    told = read(packs_content(marts, Q2).files["index.html"]).sections["reviews"]
    for words in ("Peer review", "Camden", "Workforce", "6 Jul 2026", "8 Jul 2026", "planned"):
        assert words in told


def test_no_yearly_comparator_stands_beside_rates_of_a_quarter(files: dict) -> None:
    assert not any("England" in html for name, html in files.items() if name.endswith(".html"))


def test_marked_and_the_same_bytes_twice(
    files: dict, marts: Path, write_marts: Callable[..., Path], rows: pd.DataFrame
) -> None:
    assert dict(packs_content(marts, Q2).files) == files
    assert len(files) == 2 + 2 * 8
    for name, content in files.items():
        if name.endswith(".html"):
            assert '<div class="marking">LIIA internal' in content
            assert "SYNTHETIC" not in content
        else:
            section = Document(io.BytesIO(content)).sections[0]
            assert "LIIA internal" in section.header.paragraphs[0].text
    invented = packs_content(write_marts(rows.assign(release_id="SYNTHETIC-1")), Q2).files
    assert all("SYNTHETIC DATA" in h for n, h in invented.items() if n.endswith(".html"))


def test_the_form_has_room_for_the_day(files: dict) -> None:
    document = Document(io.BytesIO(files[f"{NORTH}.docx"]))
    labels = [row.cells[0].text for table in document.tables for row in table.rows]
    for field_name in ("Date", "Participants"):
        assert labels.count(field_name) == 1
    for field_name in ("Evidence seen", "Strengths", "Areas to explore"):
        assert labels.count(field_name) == 5
    assert labels.count("Agreed action") == 5 + 1
