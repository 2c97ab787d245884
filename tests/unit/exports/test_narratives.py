"""The narrative forms, read back from what was written: figures, questions, references, words."""

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from exports import pictures
from exports.files import Content
from exports.narratives import asked, content, strips
from exports.narratives.content import narratives_content
from ingestion import landing
from ingestion import narrative_form as form
from ingestion.periods import Quarter
from ingestion.sources import Parsed, narratives, parse_landed

Q2 = Quarter(2025, 2)
CAMDEN = "E09000007"
# Kinds of forms: with exceptions, without a return, with a return and without an exception.
SENT, NOT_SENT, NOT_RANKED = "CAM", "BEX", "CIT"


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "browser", lambda: None)


@pytest.fixture(scope="module")
def written(marts: Path) -> Content:
    """The forms of a machine without a browser: charts are not what most tests are about."""
    with pytest.MonkeyPatch.context() as machine:
        machine.setattr(pictures, "browser", lambda: None)
        return narratives_content(marts, Q2)


def document(made: Content, la: str):
    return Document(io.BytesIO(made.files[f"{la}_narrative.docx"]))


def book(made: Content, la: str) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(made.files[f"{la}_narrative.xlsx"]))


def of_word(made: Content, la: str) -> tuple[str, list[str]]:
    """All text outside the tables, and the references in their order."""
    opened = document(made, la)
    text = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    cells = [cell.text for t in opened.tables for row in t.rows for cell in row.cells[:1]]
    return text, [cell for cell in cells if cell.startswith(f"{la}/")]


def of_excel(made: Content, la: str) -> tuple[str, list[str]]:
    cells = [
        str(cell.value)
        for sheet in book(made, la)
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None
    ]
    return "\n".join(cells), [cell for cell in cells if cell.startswith(f"{la}/")]


READERS: Mapping[str, Callable] = {"docx": of_word, "xlsx": of_excel}


def expected(marts: Path) -> pd.DataFrame:
    """Camden's exceptions of the quarter with their figures, straight from the marts."""
    keys = ["indicator_code", "new_la_code", "period_type", "period_label", "source"]
    found = pd.read_parquet(marts / "fct_exception.parquet")
    found = found.query("new_la_code == @CAMDEN and source == 'return'")
    found = found.drop(columns=["period_end", "release_id", "value"])
    facts = pd.read_parquet(marts / "fct_indicator.parquet")
    return found.merge(facts, on=keys, validate="one_to_one")


@pytest.mark.parametrize("kind", READERS)
def test_every_exception_stands_with_its_figure_and_its_reference(
    written: Content, marts: Path, kind: str
) -> None:
    text, references = READERS[kind](written, SENT)
    rows = expected(marts)
    assert len(rows) > 1
    assert references == [
        str(each)
        for each in form.references(SENT, Q2, [r.split("/")[3] for r in references[: len(rows)]])
    ]
    assert {r.split("/")[3] for r in references if "/exception/" in r} == {*rows["indicator_code"]}
    for row in rows.to_dict("records"):
        figure = f"{row['value']:.{int(row['decimals'])}f}"
        rank = row["rank"] if row["direction"] == "high" else row["rank_from_lowest"]
        end = {"high": "highest", "low": "lowest"}[row["direction"]]
        assert row["label"] in text
        assert figure in text, row["label"]
        assert re.search(
            rf"{'' if rank == 1 else rank}\w* ?{end} of {row['n']}", text, re.IGNORECASE
        )
        compared = row["periods_compared"]
        step = "quarter" if compared == 1 else "quarters"
        assert f"{row['periods_flagged']} of {compared} {step} compared" in text


def test_the_strongest_evidence_comes_first(marts: Path) -> None:
    forms = asked.forms(marts, Q2)
    order = {"strong": 0, "some": 1, "weak": 2}
    for authority in forms.authorities:
        ranks = [order[one.evidence.split(",")[0]] for one in authority.exceptions]
        assert ranks == sorted(ranks)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize(
    ("la", "words"), [(NOT_SENT, "no usable return"), (NOT_RANKED, "shows no exception")]
)
def test_without_exceptions_the_form_says_why_and_asks_the_rest(
    written: Content, kind: str, la: str, words: str
) -> None:
    text, references = READERS[kind](written, la)
    assert words in text
    assert references == [str(each) for each in form.references(la, Q2, [])]
    assert all(question in text for question in form.QUESTIONS.values())


def test_there_is_a_form_for_each_authority_in_both_kinds(written: Content) -> None:
    assert len(written.files) == 66
    assert {Path(name).suffix for name in written.files} == {".docx", ".xlsx"}


def test_the_same_marts_give_the_same_bytes(
    written: Content, marts: Path, no_browser: None
) -> None:
    assert narratives_content(marts, Q2).files == written.files


def test_without_a_browser_forms_have_no_charts_and_it_is_told(written: Content) -> None:
    assert written.left_out == (pictures.NO_BROWSER,)
    assert not document(written, SENT).inline_shapes
    assert "diamond" not in of_word(written, SENT)[0]


def filled(made: Content, la: str, kind: str, words: Callable[[str, int], str]) -> bytes:
    """The form with `words(reference, number of the cell)` in each of its answer cells."""
    saved = io.BytesIO()
    if kind == "docx":
        opened = document(made, la)
        for row in (row for table in opened.tables for row in table.rows):
            reference = row.cells[0].text
            if reference.startswith(f"{la}/") and "/sharing/" not in reference:
                for number, cell in enumerate(row.cells[1:]):
                    cell.text = words(reference, number)
        opened.save(saved)
        return saved.getvalue()
    opened = book(made, la)
    for sheet in opened:
        for cell in [cell for row in sheet.iter_rows() for cell in row]:
            reference = str(cell.value or "")
            if reference.startswith(f"{la}/") and "/sharing/" not in reference:
                part = reference.split("/")[2]
                for number in range(len(form.FIELDS[part])):
                    target = sheet.cell(cell.row, cell.column + 1 + number)
                    assert target.protection.locked is False
                    target.value = words(reference, number)
    opened.save(saved)
    return saved.getvalue()


def read_back(tmp_path: Path, content: bytes, kind: str) -> Parsed:
    path = tmp_path / "narratives" / Q2.slug / f"form.{kind}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return parse_landed(landing.landed(path, tmp_path, "narrative"), narratives.parse)


@pytest.mark.parametrize("kind", READERS)
def test_what_is_filled_in_is_read_back(written: Content, tmp_path: Path, kind: str) -> None:
    def words(reference: str, number: int) -> str:
        return f"“It’s {reference.rpartition('/')[2]}” – {number}\nand more"

    parsed = read_back(tmp_path, filled(written, SENT, kind, words), kind)
    assert (parsed.la_code, parsed.quarter, parsed.findings) == (CAMDEN, Q2.slug, [])
    assert parsed.template_version == form.VERSION
    answers = parsed.tables["narratives"]
    said = answers[answers["part"] != "sharing"]
    number = said.groupby(["part", "item"]).cumcount()
    assert (
        said["answer"] == "“It’s " + said["item"] + "” – " + number.astype("string") + "\nand more"
    ).all()
    _, references = READERS[kind](written, SENT)
    assert len(answers.drop_duplicates(["part", "item"])) == len(references)
    assert answers.loc[answers["part"] == "sharing", "answer"].tolist() == ["none"]


@pytest.mark.parametrize("kind", READERS)
def test_an_untouched_form_answers_nothing_and_is_no_fault(
    written: Content, tmp_path: Path, kind: str
) -> None:
    parsed = read_back(tmp_path, written.files[f"{SENT}_narrative.{kind}"], kind)
    assert parsed.findings == []
    answers = parsed.tables["narratives"]
    assert set(answers.loc[answers["part"] != "sharing", "answer_status"]) == {"empty"}


def test_text_added_to_a_word_form_is_told(written: Content, tmp_path: Path) -> None:
    opened = document(written, SENT)
    opened.add_paragraph("One more thing")
    saved = io.BytesIO()
    opened.save(saved)
    (finding,) = read_back(tmp_path, saved.getvalue(), "docx").findings
    assert finding.rule_id == "narrative.text.outside"


def returned(marts: Path, to: Path, quoting: str) -> Path:
    """The marts with what Camden wrote a quarter ago."""
    to.mkdir()
    for path in marts.glob("*.parquet"):
        if path.name != "fct_narrative.parquet":
            (to / path.name).symlink_to(path)
    code = expected(marts)["indicator_code"].iloc[0]
    rows = [
        ("exception", code, "explanation", "Our words on this"),
        ("self_view", "good", "answer", "Hubs =1+1"),
        ("plan", "1", "priority", "Front door"),
    ]
    frame = pd.DataFrame(rows, columns=["part", "item", "field", "answer"]).assign(
        new_la_code=CAMDEN,
        la_name="Camden",
        label="asked",
        is_synthetic=False,
        quarter_label=Q2.shift(-1).label,
        answer_status="ok",
        quoting=quoting,
        is_current=True,
    )
    old = frame.assign(answer="replaced since", is_current=False)
    pd.concat([old, frame]).to_parquet(to / "fct_narrative.parquet")
    return to


@pytest.mark.parametrize("kind", READERS)
def test_last_quarters_words_stand_beside_the_question_where_others_may_read_them(
    marts: Path, tmp_path: Path, no_browser: None, kind: str
) -> None:
    made = narratives_content(returned(marts, tmp_path / "named", "named"), Q2)
    text, _ = READERS[kind](made, SENT)
    assert "Last quarter (2025-26 Q1) you wrote" in text
    assert all(words in text for words in ("Our words on this", "Hubs =1+1", "Front door"))
    assert "replaced since" not in text
    assert "Our words" not in READERS[kind](made, "BAR")[0]


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("quoting", ["none", "unnamed"])
def test_words_that_are_not_for_others_do_not_leave_with_the_forms(
    marts: Path, tmp_path: Path, no_browser: None, kind: str, quoting: str
) -> None:
    made = narratives_content(returned(marts, tmp_path / quoting, quoting), Q2)
    text, _ = READERS[kind](made, SENT)
    assert "Our words" not in text and "Hubs" not in text
    assert "your words are not repeated here" in text


def test_tables_have_headings_and_the_permission_is_a_list(written: Content) -> None:
    opened = document(written, SENT)
    asking = [t for t in opened.tables if t.rows[0].cells[0].text == "Reference"]
    assert len(asking) == len(opened.tables) - 1
    assert all(t.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None for t in asking)
    listed = [item.get(qn("w:displayText")) for item in opened.element.iter(qn("w:listItem"))]
    assert listed == [*form.QUOTING.values()]


def test_a_strip_has_every_ranked_authority_in_its_place() -> None:
    strip = asked.Strip((10.0, 20.0, 30.0), 20.0, 15.0, "20%", "15%", "10%", "30%")
    figure = strips.figure([strip, strip])
    _, others, london, own, *_ = figure["data"]
    assert others["x"] == [0, 0.5, 1] * 2 and others["y"] == [2, 2, 2, 1, 1, 1]
    assert own["x"] == [0.5, 0.5]
    assert london["x"][:2] == [0.25, 0.25]


def test_charts_stand_in_both_kinds_with_words_for_who_does_not_see_them(
    marts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(figures: list[dict], scale: float) -> list[bytes]:
        made = []
        for figure in figures:
            content = io.BytesIO()
            size = (int(figure["layout"]["width"] * scale), int(figure["layout"]["height"] * scale))
            Image.new("RGB", size, "white").save(content, "PNG")
            made.append(content.getvalue())
        return made

    monkeypatch.setattr(strips, "pictures", page)
    made = content.narratives_content(marts, Q2)
    count = len(expected(marts))
    shapes = document(made, SENT).inline_shapes
    assert len(shapes) == count and made.left_out == ()
    assert all("London" in shape._inline.docPr.get("descr") for shape in shapes)
    assert len(book(made, SENT)["Exceptions"]._images) == count
