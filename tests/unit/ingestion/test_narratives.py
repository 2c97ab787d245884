"""Narrative forms sent back: every answer is found or told, and nothing about a child is kept."""

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from ingestion import narrative_form as form
from ingestion.check import check_file
from ingestion.pipeline import ingest, raw_path
from ingestion.sources import Parsed, narratives, parse_landed
from tests.unit.ingestion.builders import KEY, NOW

IN_CAMDEN = "narratives/2025-26-Q2/CAM/"
GOOD = "CAM/2025-26-Q2/self_view/good"
CLA = "CAM/2025-26-Q2/exception/cla"
QUESTIONS = [[f"CAM/2025-26-Q2/self_view/{code}", ""] for code in form.QUESTIONS]


def docx(tables: Sequence[Sequence[Sequence[str]]], before: str = "") -> bytes:
    document = Document()
    if before:
        document.add_paragraph(before)
    for rows in tables:
        made = document.add_table(len(rows), max(map(len, rows)))
        for line, row in zip(rows, made.rows, strict=True):
            for text, cell in zip(line, row.cells, strict=False):
                cell.text = text
    return saved(document)


def saved(document) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


@pytest.fixture
def parse(land: Callable) -> Callable[..., Parsed]:
    """Lands a document's tables or a workbook's rows, with the questions unless they are there."""

    def go(content, name: str = "form.docx", questions: bool = True) -> Parsed:
        if isinstance(content, bytes):
            return parse_landed(land(IN_CAMDEN + name, content), narratives.parse)
        asked = {row[0] for row in content}
        rows = [*content, *(row for row in QUESTIONS if questions and row[0] not in asked)]
        written = docx([rows]) if name.endswith(".docx") else {"Form": rows}
        path = name if "/" in name else IN_CAMDEN + name
        return parse_landed(land(path, written), narratives.parse)

    return go


def answer(parsed: Parsed, item: str, field: str) -> tuple[str | None, str]:
    frame = parsed.tables["narratives"]
    (row,) = frame[(frame["item"] == item) & (frame["field"] == field)].to_dict("records")
    return (None if pd.isna(row["answer"]) else row["answer"]), row["answer_status"]


def rules(parsed: Parsed) -> set[str]:
    return {finding.rule_id for finding in parsed.findings}


@pytest.mark.parametrize("name", ["form.docx", "form.xlsx"])
def test_answers_come_back_as_they_were_written(parse: Callable, name: str) -> None:
    words = "“Hubs” – we don’t wait\nSecond line"
    plan = ["CAM/2025-26-Q2/plan/2", "Front door", "Review", "Head of service", "June", "Fewer"]
    sharing = ["CAM/2025-26-Q2/sharing/quote", "Without our name"]
    parsed = parse([[GOOD, words], [CLA, "More unaccompanied children"], plan, sharing], name)
    assert (parsed.la_code, parsed.quarter, parsed.findings) == ("E09000007", "2025-26-Q2", [])
    assert answer(parsed, "good", "answer") == (words, "ok")
    assert answer(parsed, "cla", "explanation") == ("More unaccompanied children", "ok")
    assert [answer(parsed, "2", field)[0] for field in form.PLAN] == plan[1:]
    assert answer(parsed, "quote", "quote") == ("unnamed", "ok")
    assert answer(parsed, "worry", "answer") == (None, "empty")


def test_addresses_are_those_that_a_reader_sees(parse: Callable) -> None:
    tables = [[[GOOD, "a"]], [["x", "y"], [CLA, "b"]], QUESTIONS[1:]]
    of_word = parse(docx(tables)).tables["narratives"].set_index("item")["source_address"]
    assert of_word["cla"] == "table 2, row 2"
    of_excel = parse([["", CLA, "b"]], "form.xlsx").tables["narratives"]
    assert of_excel.set_index("item")["source_address"]["cla"] == "Form!B1"


def test_rearranged_and_split_tables_give_the_same_answers(parse: Callable) -> None:
    tables = [[["Our words", CLA, "b"]], [*QUESTIONS[1:], ["", ""], [GOOD, "a"]]]
    parsed = parse(docx(tables))
    assert answer(parsed, "good", "answer")[0] == "a"
    assert answer(parsed, "cla", "explanation")[0] == "b"
    assert parsed.findings == []


def test_tracked_insertions_are_read_and_deletions_are_not(parse: Callable) -> None:
    document = Document(io.BytesIO(docx([[[GOOD, "kept "], *QUESTIONS[1:]]])))
    paragraph = document.tables[0].rows[0].cells[1].paragraphs[0]
    for tag, kind, words in (("w:ins", "w:t", "and added"), ("w:del", "w:delText", "gone")):
        change, run, text = (OxmlElement(name) for name in (tag, "w:r", kind))
        text.text = words
        text.set(qn("xml:space"), "preserve")
        run.append(text)
        change.append(run)
        paragraph._p.append(change)
    assert answer(parse(saved(document)), "good", "answer")[0] == "kept and added"


# The number with a right last digit is one of the NHS's own examples for tests.
PERSONAL = {
    "nhs_number": "Her number is 943 476 5919.",
    "upn": "pupil A123456789012 moved",
    "postcode": "of 4 Any Street, nw1 2db, since May",
    "birth_date": "a boy born on 3 March 2014",
    "email": "ask jo.bloggs@example.gov.uk",
}


@pytest.mark.parametrize(("kind", "words"), PERSONAL.items())
@pytest.mark.parametrize("name", ["form.docx", "form.xlsx"])
def test_what_may_be_about_a_child_is_set_aside_and_not_quoted(
    parse: Callable, kind: str, words: str, name: str
) -> None:
    parsed = parse([[GOOD, words], [CLA, "fine"]], name)
    assert answer(parsed, "good", "answer") == (None, "set_aside")
    assert answer(parsed, "cla", "explanation") == ("fine", "ok")
    (finding,) = parsed.findings
    assert finding.rule_id == f"narrative.personal.{kind}"
    assert finding.severity == "check" and "send the form again" in str(finding.fix)
    assert words not in repr(finding)


@pytest.mark.parametrize(
    "number",
    [
        "943  476\t5919",
        "943–476–5919",
        "943\u2009476\u20095919",
        "943\u200b476\u200b5919",
        "943\n4765919",
    ],
)
def test_a_number_is_found_however_it_is_spaced(parse: Callable, number: str) -> None:
    parsed = parse([[GOOD, f"Her number is {number}."]], "form.xlsx")
    assert answer(parsed, "good", "answer") == (None, "set_aside")


def test_a_long_word_is_searched_once(parse: Callable) -> None:
    # As a picture pasted as text: searched from each letter, it took hours.
    words = "a" * 1_000_000
    assert answer(parse([[GOOD, words]]), "good", "answer") == (words, "ok")


@pytest.mark.parametrize(
    "words",
    [
        "Ring 020 7974 4444; 4500 referrals in Q2; budget 1234567890",
        "Since 1 April 2019 and 03/03/2024 we have 12 hubs in NW1 and SE5.",
        "Children born in the borough; rate 12.4 per 10,000",
    ],
)
def test_ordinary_words_are_kept(parse: Callable, words: str) -> None:
    assert answer(parse([[GOOD, words]]), "good", "answer") == (words, "ok")


def test_nothing_of_a_personal_answer_stays_in_the_home(
    land: Callable, zone: Path, tmp_path: Path
) -> None:
    number = "Her number is 943 476 5919."
    land(IN_CAMDEN + "form.xlsx", {"Form": [[GOOD, number], *QUESTIONS[1:]]})
    ingest("narrative", zone, tmp_path / "home", KEY, NOW)
    frame = pd.read_parquet(raw_path(tmp_path / "home", "narratives"))
    assert frame.set_index("item")["answer_status"]["good"] == "set_aside"
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    told = pd.concat(pd.read_parquet(path) for path in kept if path.suffix == ".parquet")
    assert "5919" not in told.to_csv()
    assert all("5919" not in path.read_text() for path in kept if path.suffix == ".json")
    assert not (tmp_path / "home" / "quarantine").exists()


BATTERY = {
    "narrative.reference.unknown": [["CAM/2025-26-Q2/exception/no_such_thing", "text"]],
    "narrative.reference.twice": [[GOOD, "one"], [GOOD, "two"]],
    "narrative.reference.other": [["BAR/2025-26-Q2/self_view/good", "x"], [GOOD, "y"]],
    "narrative.reference.crowded": [[f"{CLA} {GOOD}", "x"], [GOOD, "y"]],
    "narrative.answer.in_reference": [[f"{GOOD}\nTyped here", ""]],
    "narrative.answer.beyond": [[GOOD, "read", "and not read"]],
    "narrative.sharing.unreadable": [["CAM/2025-26-Q2/sharing/quote", "perhaps"]],
}


@pytest.mark.parametrize(("rule", "rows"), BATTERY.items())
@pytest.mark.parametrize("name", ["form.docx", "form.xlsx"])
def test_what_cannot_be_used_is_told_with_place_and_remedy(
    parse: Callable, rule: str, rows: list, name: str
) -> None:
    parsed = parse(rows, name)
    assert rules(parsed) == {rule}
    (finding,) = parsed.findings
    assert finding.severity == "check" and finding.fix and finding.row and finding.sheet
    assert parsed.accepted


def test_an_answer_in_the_wrong_cell_is_used_where_it_is_clear(parse: Callable) -> None:
    assert answer(parse(BATTERY["narrative.answer.in_reference"]), "good", "answer")[0] == (
        "Typed here"
    )
    assert answer(parse(BATTERY["narrative.reference.twice"]), "good", "answer")[0] == "one"
    unclear = parse(BATTERY["narrative.sharing.unreadable"])
    assert answer(unclear, "quote", "quote") == ("none", "empty")


QUOTE = "CAM/2025-26-Q2/sharing/quote"


@pytest.mark.parametrize(
    "rows",
    [
        [[QUOTE, "with our name"], [QUOTE, "not at all"]],
        [[QUOTE, "with our name", "but not the second answer"]],
        [[f"{QUOTE} ask us first", "with our name"]],
        [[f"{QUOTE} with our name", ""]],
    ],
)
@pytest.mark.parametrize("name", ["form.docx", "form.xlsx"])
def test_a_permission_with_words_against_it_is_none(parse: Callable, rows: list, name: str) -> None:
    width = max(map(len, rows))
    parsed = parse([[*row, *[""] * (width - len(row))] for row in rows], name)
    assert answer(parsed, "quote", "quote") == ("none", "empty")
    assert "narrative.sharing.unreadable" in rules(parsed)


def test_a_quarter_that_is_none_is_told_and_holds_up_no_other_answer(parse: Callable) -> None:
    parsed = parse([["CAM/2025-99-Q2/plan/1", "x"], [GOOD, "y"]], "narratives/form.xlsx")
    assert (parsed.accepted, rules(parsed)) == (True, {"narrative.reference.other"})
    alone = [[reference.replace("2025-26", "2025-99"), ""] for reference, _ in QUESTIONS]
    assert "narrative.quarter.disagrees" in rules(parse(alone, questions=False))


def test_words_where_the_form_asks_nothing_are_told(parse: Callable) -> None:
    parsed = parse(docx([QUESTIONS, [["Our own table", "1"]]], before="And another thing"))
    assert rules(parsed) == {"narrative.text.outside", "narrative.sheet.other"}
    assert "another thing" not in repr(parsed.findings)


def test_a_question_that_was_deleted_is_told(parse: Callable) -> None:
    parsed = parse([[GOOD, "x"]], questions=False)
    assert [f.rule_id for f in parsed.findings] == ["narrative.question.missing"] * 3


@pytest.mark.parametrize(
    ("name", "rows", "rule"),
    [
        ("form.docx", [["no", "reference"]], "narrative.no_reference"),
        ("narratives/2025-26-Q2/BAR/a.docx", [[GOOD, "x"]], "narrative.authority.disagrees"),
        ("narratives/2025-26-Q1/CAM/a.xlsx", [[GOOD, "x"]], "narrative.quarter.disagrees"),
    ],
)
def test_a_form_in_the_wrong_place_is_set_aside(
    parse: Callable, name: str, rows: list, rule: str
) -> None:
    parsed = parse(rows, name, questions=False)
    assert not parsed.accepted and parsed.tables == {}
    assert rules(parsed) >= {rule}


def test_references_alone_tell_whose_form_it_is(parse: Callable) -> None:
    parsed = parse([[GOOD, "x"]], "narratives/form.docx")
    assert (parsed.la_code, parsed.quarter) == ("E09000007", "2025-26-Q2")


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\x00")


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("word/document.xml", b" " * 60 * 1024 * 1024)
    return content.getvalue()


def entities() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as parts:
        parts.writestr("word/document.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')
    return content.getvalue()


def nested() -> bytes:
    opened, closed = "<w:sdt><w:sdtContent>" * 3000, "</w:sdtContent></w:sdt>" * 3000
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as parts:
        space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        xml = f'<w:document xmlns:w="{space}">{opened}<w:p/>{closed}</w:document>'
        parts.writestr("word/document.xml", xml)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le").ljust(128, b"\x00"), "file.encrypted"),
        (OLE + "WordDocument".encode("utf-16-le").ljust(128, b"\x00"), "file.wrong_type"),
        (b"%PDF-1.7 x", "file.wrong_type"),
        (docx([QUESTIONS])[:-400], "file.corrupt"),
        (bomb(), "file.too_large"),
        (entities(), "file.unsafe"),
        (nested(), "file.corrupt"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(
    parse: Callable, content: bytes, rule: str
) -> None:
    parsed = parse(content)
    (finding,) = parsed.findings
    assert (finding.rule_id, finding.severity) == (rule, "block")
    assert finding.fix and "workbook" not in finding.message


def test_the_newest_form_counts(land: Callable, zone: Path, tmp_path: Path) -> None:
    for day, words in ((1, "first"), (2, "second")):
        path = f"{IN_CAMDEN}v{day}.xlsx"
        land(path, {"Form": [[GOOD, words], *QUESTIONS[1:]]}, f"received_at: 2025-11-0{day}\n")
    home = tmp_path / "home"
    ingest("narrative", zone, home, KEY, NOW)
    files = pd.read_parquet(home / "raw" / "narrative_files.parquet")
    answers = pd.read_parquet(raw_path(home, "narratives")).merge(files, on="file_id")
    current = answers[answers["is_current"] & (answers["item"] == "good")]
    assert current["answer"].tolist() == ["second"]
    assert current["release_id"].tolist() == ["narrative-CAM-2025-26-Q2-v2"]


def test_the_dry_run_knows_a_form(land: Callable) -> None:
    landed = land(IN_CAMDEN + "form.docx", docx([[[GOOD, "x"], *QUESTIONS[1:]]]))
    result = check_file(landed.absolute)
    assert (result["kind"], result["accepted"], result["la"]) == ("narrative", True, "Camden")
    assert result["tables"]["narratives"]["rows"] == len(form.QUESTIONS)
    json.dumps(result)
