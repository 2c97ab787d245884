"""The pan-London page: counts that are the marts', and nobody's words without permission."""

from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from exports.narratives import quoting, summary
from ingestion.periods import Quarter
from tests.unit.exports.conftest import areas

Q2 = Quarter(2025, 2)
MARKING = "LIIA internal: <limited> use"
SECOND = " and more besides" * 60

# Authority, permission, part, item, direction, state, what was written.
_TOLD = [
    # Of the high referrals three are not told by name: there is somebody to hide among.
    ("Ealing", "named", "exception", "referrals", "high", "answered", "EALING-WROTE <b>this</b>"),
    ("Enfield", "unnamed", "exception", "referrals", "high", "answered", "NORTHERN-WROTE agency"),
    ("Barnet", "unnamed", "exception", "referrals", "high", "answered", "SECRET-1 Islingtons too"),
    ("Camden", "none", "exception", "referrals", "high", "answered", "SECRET-2 agency"),
    # Of the low ones two: those of the other side are no cover.
    ("Merton", "unnamed", "exception", "referrals", "low", "answered", "SECRET-3 low"),
    ("Sutton", "none", "exception", "referrals", "low", "answered", "SECRET-4 low"),
    # One alone, and one beside a named one.
    ("Enfield", "unnamed", "exception", "cla", "low", "answered", "SECRET-5 alone"),
    ("Merton", "unnamed", "exception", "contacts", "high", "answered", "SECRET-6"),
    ("Ealing", "named", "exception", "contacts", "high", "answered", "EALING-AGAIN" + SECOND),
    ("Hackney", "named", "exception", "contacts", "high", "set_aside", None),
    ("Hackney", "named", "exception", "cin", "high", "empty", None),
    ("Brent", None, "exception", "cin", "high", "not_returned", None),
    ("Ealing", "named", "self_view", "good", None, "answered", "EALING-GOOD"),
    ("Enfield", "unnamed", "self_view", "good", None, "answered", "NORTHERN-GOOD"),
    ("Camden", "none", "self_view", "good", None, "answered", "SECRET-7"),
    ("Sutton", "none", "self_view", "good", None, "answered", "SECRET-8"),
]
_FIELDS = ["la_name", "quoting", "part", "item", "direction", "state", "answer"]
_NAMES = {"referrals": "Referrals", "cla": "Looked after", "contacts": "Contacts", "cin": "In need"}


def told(quarter: str = "2025-26 Q2") -> pd.DataFrame:
    frame = pd.DataFrame(_TOLD, columns=_FIELDS)
    codes = areas().drop_duplicates("la_name").set_index("la_name")["new_la_code"]
    return frame.assign(
        new_la_code=frame["la_name"].map(codes),
        quarter_label=quarter,
        label=frame["item"].map(_NAMES).fillna("What does good look like here?"),
        theme=frame["item"].map(
            {"referrals": "Front door", "contacts": "Front door", "cla": "Children looked after"}
        ),
    )


def write(folder: Path, told: pd.DataFrame, themes: list[tuple] = ()) -> Path:
    """The four marts: what is told, and of the 33 what else they are asked."""
    london = areas().query("area_level == 'local_authority' and is_london")
    good = london[["new_la_code", "la_name"]].assign(part="self_view", item="good")
    asked = told[told["part"] == "self_view"]["new_la_code"]
    good = good[~good["new_la_code"].isin(asked)].assign(
        quarter_label=told["quarter_label"].iloc[0], label="What does good look like here?"
    )
    returned = told.loc[told["quoting"].notna(), ["new_la_code"]].drop_duplicates()
    came = good["new_la_code"].isin(returned["new_la_code"])
    good = good.assign(state=came.map({True: "empty", False: "not_returned"}))
    status = pd.concat([told, good], ignore_index=True).drop(columns="answer")
    status["theme"] = status["theme"].where(
        status["theme"].notna() | (status["part"] == "self_view"), "Children in need"
    )
    came = status["state"] != "not_returned"
    status = status.assign(
        quoting=status["quoting"].fillna("none"),
        evidence=pd.Series("strong", status.index).where(status["part"] == "exception"),
        file_id=("n-" + status["new_la_code"]).where(came),
        received_at=pd.Series(pd.Timestamp("2025-11-03T23:30Z"), status.index).where(came),
    )
    answers = told[told["quoting"].notna()].assign(
        field="explanation",
        answer_status=told["state"].replace("answered", "ok"),
        is_current=True,
        is_synthetic=False,
    )
    # A development plan is no answer to be quoted: several fields to a row of it.
    plan = answers[answers["state"] == "answered"].head(1).assign(part="plan", item="1")
    plan = plan.merge(pd.DataFrame({"field": ["priority", "action"]}), how="cross")
    plan = plan.drop(columns="field_x").rename(columns={"field_y": "field"})
    answers = pd.concat([answers, plan.assign(answer="SECRET-PLAN", quoting="named")])
    fields = ["la_name", "part", "item", "label", "narrative_theme", "narrative_theme_label"]
    found = pd.DataFrame(themes, columns=[*fields, "keywords_matched"], dtype="str").assign(
        quarter_label="2025-26 Q2"
    )
    found["new_la_code"] = found["la_name"]
    folder.mkdir(parents=True, exist_ok=True)
    answers.to_parquet(folder / "fct_narrative.parquet")
    status.to_parquet(folder / "mart_narrative_status.parquet")
    found.to_parquet(folder / "mart_narrative_theme.parquet")
    releases = pd.DataFrame({"release_id": ["return-1"]})
    releases.to_parquet(folder / "mart_submission_status.parquet")
    return folder


@pytest.fixture(autouse=True)
def _marking(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary, "product_settings", lambda product: {"marking": MARKING})


class Page(HTMLParser):
    """Tables by caption as rows of cells, quotes with whose they are, all words; checks closing."""

    def __init__(self, html: str | None) -> None:
        super().__init__()
        assert html is not None
        self.html = html
        self.open: list[str] = []
        self.rows: dict[str, list[str]] = {}
        self.cells: list[str] = []
        self.quotes: list[list[str]] = []
        self.words = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "tr":
            self.cells = []
        elif tag in ("td", "th"):
            self.cells.append("")
        elif tag == "figure":
            self.quotes.append(["", ""])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "tr":
            self.rows.setdefault(self.cells[0], self.cells[1:])

    def handle_data(self, data: str) -> None:
        if "style" in self.open:
            return
        self.words += data
        if "td" in self.open or "th" in self.open:
            self.cells[-1] = (self.cells[-1] + data).strip()
        for tag, at in (("blockquote", 0), ("figcaption", 1)):
            if tag in self.open:
                self.quotes[-1][at] += data


def shown(marts: Path, quarter: Quarter = Q2) -> Page:
    return Page(summary.summary_page(marts, quarter))


def test_words_stand_only_where_their_authority_allows_it(tmp_path: Path) -> None:
    page = shown(write(tmp_path, told()))
    assert "SECRET" not in page.html
    nobody = "An authority, without its name"
    texts = {(text.split()[0], whose) for text, whose in page.quotes}
    assert texts == {
        ("EALING-WROTE", "Ealing"),
        ("NORTHERN-WROTE", nobody),
        ("EALING-AGAIN", "Ealing"),
        ("EALING-GOOD", "Ealing"),
        ("NORTHERN-GOOD", nobody),
    }


def test_what_may_not_be_read_is_not_handed_on_either() -> None:
    """Neither words that are kept back nor the name beside words that stand without one."""
    left = quoting.quoted(told().query("state == 'answered'"))
    assert left.loc[left["shown"] == "none", "answer"].isna().all()
    assert left.loc[left["shown"] != "named", "la_name"].isna().all()
    assert left["shown"].value_counts().to_dict() == {"none": 8, "named": 3, "unnamed": 2}


def test_words_without_a_name_have_none_near_them(tmp_path: Path) -> None:
    """Not in a figure of their own, nor as an attribute, nor told by the order they stand in."""
    page = shown(write(tmp_path, told()))
    figure = page.html.split("NORTHERN-WROTE")[0].rsplit("<figure", 1)[1]
    assert "Enfield" not in figure + page.html.split("NORTHERN-WROTE")[1].split("</figure>")[0]
    # Nor by the order: the same page, whichever of two authorities wrote which text.
    both = told()
    camden = (both["la_name"] == "Camden") & (both["item"] == "referrals")
    enfield = (both["la_name"] == "Enfield") & (both["item"] == "referrals")
    both.loc[camden, ["quoting", "answer"]] = ["unnamed", "ALSO-WROTE"]
    turned = both.copy()
    turned.loc[camden, "answer"] = both.loc[enfield, "answer"].item()
    turned.loc[enfield, "answer"] = "ALSO-WROTE"
    pages = [
        summary.summary_page(write(tmp_path / name, frame), Q2)
        for name, frame in (("both", both), ("turned", turned))
    ]
    assert pages[0] is not None
    assert "ALSO-WROTE" in pages[0]
    assert pages[0] == pages[1]


def test_permission_that_is_missing_is_none(tmp_path: Path) -> None:
    silent = told()
    silent.loc[silent["quoting"].notna(), "quoting"] = "none"
    page = shown(write(tmp_path, silent))
    assert page.quotes == []
    assert "WROTE" not in page.html
    assert "Explained by 4 of 4: Barnet, Camden, Ealing, Enfield." in page.words


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We in Tower-Hamlets", True),
        ("our work with KENSINGTON", True),
        ("Camden’s front door", True),
        ("the RBKC way", True),
        ("CAM has a new MASH", True),
        ("The Royal Borough’s hubs", True),
        ("LBHF’s front door", True),
        ("families of the City", True),
        ("life in a city, 12 lbs", False),
        ("webcam and newborn", False),
        ("new families, and bar charts", False),
        ("We are a small borough", False),
        (None, False),
    ],
)
def test_a_name_in_the_words_is_found(text: str | None, names: bool) -> None:
    assert quoting.names_somebody(pd.Series([text], dtype="str")).tolist() == [names]


def test_counts_are_those_of_the_marts(tmp_path: Path) -> None:
    page = shown(write(tmp_path, told()))
    assert "7 of 33" in page.words
    assert "9 of 12" in page.words
    assert "4 of 33" in page.words
    assert page.rows["Hackney"] == ["3 Nov 2025", "0 of 2", "0 of 1", "1"]
    assert page.rows["Ealing"] == ["3 Nov 2025", "2 of 2", "1 of 1", ""]
    assert page.rows["Sutton"] == ["3 Nov 2025", "1 of 1", "1 of 1", ""]
    assert "Brent" not in page.rows
    assert "Nothing from 26: Barking and Dagenham, Bexley, Brent," in page.words
    assert page.rows["Front door"] == ["7", "8 of 9"]
    assert "Explained by 2 of 3: Ealing, Merton." in page.words
    assert "Explained by nobody: In need (▲ 2 among the highest)." in page.words


def test_a_long_text_is_cut_after_a_word_and_marked(tmp_path: Path) -> None:
    page = shown(write(tmp_path, told()))
    long = next(text for text, _ in page.quotes if text.startswith("EALING-AGAIN"))
    assert long.endswith((" and […]", " more […]", " besides […]"))
    assert summary.LONGEST - 10 < len(long) < summary.LONGEST + 10


def test_the_page_stays_small_where_everybody_writes_at_length(tmp_path: Path) -> None:
    """All 33 explain 18 exceptions by name, at length."""
    one = told().query("item == 'contacts' and la_name == 'Ealing'").assign(answer="a word " * 300)
    las = areas().query("area_level == 'local_authority' and is_london")
    many = one.drop(columns=["item", "la_name", "new_la_code"]).merge(
        las[["new_la_code", "la_name"]], how="cross"
    )
    many = many.merge(pd.DataFrame({"item": [f"i{number}" for number in range(18)]}), how="cross")
    page = shown(write(tmp_path, many))
    assert len(page.quotes) == 33 * 18
    assert all(250 < len(text) < 280 for text, _ in page.quotes)
    assert len(page.html.encode()) < 300_000


def test_text_and_marking_are_escaped(tmp_path: Path) -> None:
    page = shown(write(tmp_path, told()))
    assert "EALING-WROTE &lt;b&gt;this&lt;/b&gt;" in page.html
    assert "<limited>" not in page.html


def test_themes_of_few_are_not_told_apart(tmp_path: Path) -> None:
    three = [
        (la, "exception", "referrals", "Referrals", "workforce", "Workforce", "agency, vacanc")
        for la in ("A", "B", "C")
    ]
    two = [
        (la, "exception", "cla", "SECRET-INDICATOR", "neglect", "Neglect", "SECRET-WORD")
        for la in ("A", "B")
    ]
    beside = [("A", "exception", "cin", "SECRET-BESIDE", "workforce", "Workforce", "recruit")]
    page = shown(write(tmp_path, told(), three + two + beside))
    found = page.rows["Workforce and agency staff"]
    assert found == ["3 of 7", "Referrals (3); and 1 other", "agency, recruit, vacanc"]
    assert page.rows["Neglect"] == ["fewer than 3", "", ""]
    assert page.rows["Mental health"] == ["none", "", ""]
    assert "SECRET" not in page.html


def test_an_answer_nobody_asked_for_is_told_without_its_words(tmp_path: Path) -> None:
    marts = write(tmp_path, told())
    path = marts / "mart_narrative_status.parquet"
    status = pd.read_parquet(path)
    status[status["item"] != "contacts"].to_parquet(path)
    page = shown(marts)
    assert "no exception in the figures as they stand now: Contacts." in page.words
    assert "EALING-AGAIN" not in page.html


def test_where_nothing_has_come_the_page_says_what_is_missing(tmp_path: Path) -> None:
    nothing = told().assign(state="not_returned", quoting=None)
    page = shown(write(tmp_path, nothing))
    assert "No narrative has come back for 2025-26 Q2" in page.words
    assert "0 of 33" in page.words
    assert "No earlier narrative is held either. Returned forms" in " ".join(page.words.split())
    assert "narratives/2025-26-Q2" in page.words
    assert page.rows["Front door"] == ["7", "0 of 9"]
    assert page.quotes == []


def test_the_newest_quarter_with_narratives_is_named(tmp_path: Path) -> None:
    marts = write(tmp_path, told("2025-26 Q1"))
    path = marts / "mart_narrative_status.parquet"
    earlier = pd.read_parquet(path)
    now = earlier.assign(quarter_label="2025-26 Q2", state="not_returned", file_id=None)
    pd.concat([earlier, now]).to_parquet(path)
    page = shown(marts)
    assert "Narratives were last returned for 2025-26 Q1, by 7 of 33." in page.words
    assert "WROTE" not in page.html


def test_a_quarter_of_which_nothing_was_asked_has_no_page(tmp_path: Path) -> None:
    assert summary.summary_page(write(tmp_path, told()), Quarter(2024, 1)) is None


def test_marts_without_any_narrative_have_no_page(marts: Path) -> None:
    assert summary.summary_page(marts, Q2) is None


def test_invented_answers_are_marked_and_the_same_marts_give_the_same_page(tmp_path: Path) -> None:
    marts = write(tmp_path, told())
    assert "SYNTHETIC" not in shown(marts).html
    path = marts / "fct_narrative.parquet"
    pd.read_parquet(path).sample(frac=1, random_state=1).assign(is_synthetic=True).to_parquet(path)
    first = summary.summary_page(marts, Q2)
    assert Page(first).words.count("SYNTHETIC") == 2
    status = marts / "mart_narrative_status.parquet"
    pd.read_parquet(status).sample(frac=1, random_state=1).to_parquet(status)
    assert summary.summary_page(marts, Q2) == first
