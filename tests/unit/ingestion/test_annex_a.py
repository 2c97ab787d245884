"""Annex A: lists found, children made safe, and no extract date taken on trust."""

import json
import zipfile
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from ingestion.contract import contract
from ingestion.sources import Parsed, annex_a
from tests.unit.ingestion.annex_a_lists import LISTS, PLACE, SIDECAR
from tests.unit.ingestion.builders import KEY, annex_a_sheets, child

ASSUMED = "annex_a.agreement.assumed"


@pytest.fixture
def parse(land: Callable) -> Callable[..., Parsed]:
    def run(
        sheets: dict | None = None, path: str = PLACE, sidecar: str = SIDECAR, key: bytes = KEY
    ) -> Parsed:
        """What the pipeline gets, but for the agreement that is assumed of every authority."""
        content = annex_a_sheets() if sheets is None else sheets
        parsed = annex_a.parse(land(path, content, sidecar), key)
        parsed.findings = [found for found in parsed.findings if found.rule_id != ASSUMED]
        return parsed

    return run


def ids(parsed: Parsed) -> list[str]:
    return [finding.rule_id for finding in parsed.findings]


def lists(parsed: Parsed) -> dict[str, pd.DataFrame]:
    return {name: parsed.tables[name] for name in LISTS if name in parsed.tables}


def everything(parsed: Parsed) -> str:
    """All that leaves the parser, as one text."""
    tables = [frame.astype(str).to_dict("list") for frame in parsed.tables.values()]
    return json.dumps(
        [tables, [asdict(finding) for finding in parsed.findings]], ensure_ascii=False
    )


def test_a_tidy_workbook_gives_eleven_lists_and_no_findings(parse: Callable) -> None:
    parsed = parse()
    assert parsed.findings == []
    assert {name: len(frame) for name, frame in lists(parsed).items()} == dict.fromkeys(LISTS, 1)
    assert (parsed.la_code, parsed.quarter) == ("E09000007", "2025-26-Q2")


def test_a_child_is_the_same_child_in_every_list_and_run(parse: Callable) -> None:
    written = (1001, "1001", 1001.0, " 1001", "001001")
    rows = {name: [child(name, child_id=i)] for name, i in zip(LISTS, written, strict=False)}
    first, again = parse(annex_a_sheets(**rows)), parse(annex_a_sheets(**rows))
    seen = {
        lists(parsed)[name]["child_id"].iloc[0] for parsed in (first, again) for name in LISTS[:5]
    }
    assert len(seen) == 1


def test_another_key_or_another_authority_is_another_pseudonym(parse: Callable) -> None:
    seen = {
        parse(key=key, path=path).tables[LISTS[0]]["child_id"].iloc[0]
        for key in (KEY, b"another key")
        for path in (PLACE, PLACE.replace("CAM", "NEW"))
    }
    assert len(seen) == 4


def test_a_blank_id_stays_blank(parse: Callable) -> None:
    parsed = parse(annex_a_sheets(annex_a_list_1=[child("annex_a_list_1", child_id="")]))
    assert parsed.tables["annex_a_list_1"]["child_id"].isna().all()
    assert ids(parsed) == ["annex_a.child_id.present"]


def test_nothing_that_names_a_child_or_worker_leaves_the_parser(parse: Callable) -> None:
    """Every cell of every list holds a secret, and what cannot be used is told without it."""
    columns = [c for table in contract("annex_a").tables for c in table.columns]
    secrets: dict[str, Any] = {c.name: "Secret words" for c in columns if c.type != "date"}
    secrets |= {c.name: "SECRET-ID-77" for c in columns if c.type == "identifier"}
    secrets |= {"birth_date": date(2015, 5, 17), "placement_postcode": "ZZ9A 9SE"}
    sheets = annex_a_sheets(**{name: [child(name, **secrets)] for name in LISTS})
    for rows in sheets.values():
        rows[1].extend(["Secret Header", "Child Unique ID"])
        rows[2].extend(["Secret Extra", "SECRET-ID-77"])
    sheets["Secret Sheet"] = [["Secret note"]]
    found = everything(parse(sheets))
    assert "ecret" not in found.replace("SECRET-ID-77", "Secret")
    assert "2015-05-17" not in found
    assert "2015-05-01" in found
    assert "17/05/2015" not in found
    assert "9SE" not in found
    assert "ZZ9A" in found


def test_without_a_header_row_no_child_is_read_as_one(parse: Callable) -> None:
    sheets = annex_a_sheets()
    sheets["List 1"] = [["Secret Kid", "Secret Road"], ["Gender", "Age", "Secret Kid"]]
    parsed = parse(sheets)
    assert "annex_a_list_1" not in parsed.tables
    assert "ecret" not in everything(parsed)


@pytest.mark.parametrize(
    ("sheet", "kept"),
    [
        ("List 3", True),
        ("3 - Referrals", True),
        ("Annex A List 03_Referrals", True),
        ("List 3 Nightingale", False),
        ("List 3 王小明", False),
        ("List 3 1234567", False),
    ],
)
def test_a_sheet_keeps_the_name_of_a_list_and_no_other(
    parse: Callable, sheet: str, kept: bool
) -> None:
    sheets = annex_a_sheets(annex_a_list_3=[child("annex_a_list_3", gender="?")])
    sheets[sheet] = sheets.pop("List 3")
    parsed = parse(sheets)
    (finding,) = (f for f in parsed.findings if f.rule_id == "annex_a_list_3.gender.type")
    assert finding.sheet == (sheet if kept else None)
    (held,) = parsed.tables["annex_a_list_3"]["sheet"]
    assert (held == sheet) is kept


def test_two_sheets_of_a_list_stay_two_whatever_they_are_called(parse: Callable) -> None:
    sheets = annex_a_sheets()
    header = sheets.pop("List 3")[:2]
    for i, team in enumerate(("Nightingale", "Wordsworth"), start=1):
        sheets[f"List 3 {team}"] = [*header, child("annex_a_list_3", child_id=i)]
    rows = parse(sheets).tables["annex_a_list_3"]
    assert rows["row"].tolist() == [3, 3]
    assert len(set(rows["sheet"])) == 2


def test_what_is_told_of_headers_quotes_none_of_them(parse: Callable) -> None:
    sheets = annex_a_sheets()
    header = sheets["List 8"][1]
    long = next(i for i, text in enumerate(header) if "second or subsequent" in text)
    header[long] += " Secret"
    header += ["Gender 王小明"]
    parsed = parse(sheets)
    told = {f.rule_id: (f.message, f.column) for f in parsed.findings}
    assert told == {
        "headers.fuzzy": (
            "“…” was read as “Is this a second or subsequent period of being a Looked After Child"
            " within the last 12 months (Y/N)” (96% alike)",
            None,
        ),
        "headers.duplicate": (
            "“…” heads another column too; column B was used, AI was not",
            "Gender",
        ),
    }


def test_a_workbook_that_cannot_be_read_is_told_without_what_is_in_it(
    land: Callable, tmp_path: Path
) -> None:
    """The reader's own words may quote a cell, and its message names the sheet."""
    book = openpyxl.Workbook()
    book.active.title = "List 3 Sec”ret"
    cell = book.active["A1"]
    cell.value, cell.data_type = "#SECRET", "e"
    book.save(tmp_path / "error.xlsx")
    cell.value, cell.data_type = 1, "n"
    book.save(tmp_path / "address.xlsx")
    with zipfile.ZipFile(tmp_path / "address.xlsx") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace(b'r="A1" ', b'r="A1B" ')
    with zipfile.ZipFile(tmp_path / "address.xlsx", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    for name, said in (("error", "CalamineError"), ("address", "sheet “…” is damaged")):
        parsed = annex_a.parse(land(PLACE, (tmp_path / f"{name}.xlsx").read_bytes()), KEY)
        assert "file.corrupt" in ids(parsed)
        assert said in everything(parsed)
        assert not any(part in everything(parsed) for part in ("SECRET", "Sec", "ret”"))


def test_ages_and_dates_keep_what_counting_needs(parse: Callable) -> None:
    row = parse().tables["annex_a_list_3"].iloc[0]
    assert (row["age_years"], row["referral_source"], row["no_further_action"]) == (
        10,
        "schools",
        "no",
    )
    assert row["referral_date"] == pd.Timestamp(2025, 9, 30)
    assert "worker" not in row.index


def test_a_header_only_list_is_present_and_empty(parse: Callable) -> None:
    parsed = parse(annex_a_sheets(annex_a_list_2=[]))
    assert len(parsed.tables["annex_a_list_2"]) == 0
    assert parsed.findings == []


def test_a_missing_list_is_found_and_the_others_go_on(parse: Callable) -> None:
    sheets = annex_a_sheets()
    del sheets["List 2"]
    parsed = parse(sheets)
    assert [(f.rule_id, f.table, f.severity) for f in parsed.findings] == [
        ("annex_a.list.missing", "annex_a_list_2", "check")
    ]
    assert set(lists(parsed)) == {*LISTS} - {"annex_a_list_2"}


def test_a_list_that_cannot_be_read_is_not_said_to_be_missing_too(parse: Callable) -> None:
    sheets = annex_a_sheets()
    sheets["List 2"] = [["Early help"], ["x", "y"]]
    parsed = parse(sheets)
    assert [(f.rule_id, f.table) for f in parsed.findings] == [
        ("annex_a.list.no_header", "annex_a_list_2")
    ]


def test_a_column_that_is_not_there_is_told_from_one_that_is_empty(parse: Callable) -> None:
    sheets = annex_a_sheets(annex_a_list_2=[])
    sheets["List 7"] = [[cell for i, cell in enumerate(row) if i != 12] for row in sheets["List 7"]]
    columns = parse(sheets).tables["annex_a_columns"].set_index(["list_name", "column_name"])
    assert columns.loc[("annex_a_list_7", "plan_end_date")].tolist() == [False, 0, 1]
    assert columns.loc[("annex_a_list_7", "plan_start_date")].tolist() == [True, 1, 1]
    assert columns.loc[("annex_a_list_8", "care_end_date")].tolist() == [True, 0, 1]
    assert columns.loc[("annex_a_list_2", "child_id")].tolist() == [True, 0, 0]


def test_a_renamed_sheet_is_known_by_its_columns(parse: Callable) -> None:
    sheets = {f"Tab {i}": rows for i, rows in enumerate(annex_a_sheets().values())}
    parsed = parse(sheets)
    assert (set(lists(parsed)), parsed.findings) == (set(LISTS), [])


def test_a_list_given_twice_is_found_and_read_once(parse: Callable) -> None:
    sheets = annex_a_sheets()
    sheets["List 3 (2)"] = sheets["List 3"]
    parsed = parse(sheets)
    assert [(f.rule_id, f.sheet) for f in parsed.findings] == [("annex_a.list.twice", "List 3 (2)")]
    assert len(parsed.tables["annex_a_list_3"]) == 1


def test_sheets_of_ofsteds_template_are_no_lists(parse: Callable) -> None:
    codes = [["Gender", "Ethnicity", "LA in Touch", "Activity Status"], ["a) Male", "a) WBRI"]]
    others = {
        "Guidance": [["List 1", "Child Unique ID"]],
        "Codes_used": codes,
        "Front_Sheet": codes,
    }
    parsed = parse(annex_a_sheets() | others | {"Notes": [["x"]]})
    # What a sheet of their own is called stays with the sender.
    assert [(f.rule_id, f.sheet) for f in parsed.findings] == [("annex_a.sheet.not_read", None)]


def test_totals_remarks_and_repeated_headers_are_no_children(parse: Callable) -> None:
    name = "annex_a_list_3"
    header = annex_a_sheets()["List 3"][1]
    blank = [""] * len(header)
    rows = [
        child(name),
        header,
        child(name, child_id=1002),
        *[blank] * 143,
        ["Total", "", "", "", "", 2],
        ["", "", "Grand total", "", 19],
        ["Extracted by the data team"],
    ]
    parsed = parse(annex_a_sheets(annex_a_list_3=rows))
    assert len(parsed.tables[name]) == 2
    assert sorted((f.row or 0, f.message.split(" and ")[0]) for f in parsed.findings) == [
        (4, "This row is the header again"),
        (149, "This row is a total"),
        (150, "This row is a total"),
        (151, "This row is a remark"),
    ]


def test_a_workbook_of_no_known_authority_is_blocked(parse: Callable) -> None:
    parsed = parse(path="annex_a/2025-26-Q2/upload/extract.xlsx")
    assert ids(parsed) == ["annex_a.authority.unknown"]
    assert not parsed.accepted


def test_a_workbook_for_no_known_quarter_is_blocked(parse: Callable) -> None:
    parsed = parse(path="annex_a/upload/CAM/extract.xlsx", sidecar="received_at: 2025-10-09\n")
    assert ids(parsed) == ["annex_a.quarter.unknown"]
    assert not parsed.accepted


@pytest.mark.parametrize(
    ("extract_date", "quarter"),
    [("2025-09-30", "2025-26-Q2"), ("2025-10-03", "2025-26-Q2"), ("2025-09-29", "2025-26-Q1")],
)
def test_a_stated_extract_date_tells_the_quarter(
    parse: Callable, extract_date: str, quarter: str
) -> None:
    rows = [child("annex_a_list_3", referral_date=date(2025, 9, 29))]
    sheets = annex_a_sheets(annex_a_list_3=rows)
    parsed = parse(sheets, "annex_a/CAM/x.xlsx", f"extract_date: {extract_date}\n")
    assert parsed.quarter == quarter
    assert ids(parsed) == ["annex_a.quarter.inferred"]
    assert parsed.accepted


def test_a_workbook_without_lists_is_blocked(parse: Callable) -> None:
    parsed = parse({"Sheet1": [["a", "b"]]})
    assert not parsed.accepted
    assert "annex_a.no_lists" in ids(parsed)


def test_an_unreadable_workbook_is_one_blocking_finding(land: Callable) -> None:
    parsed = annex_a.parse(land(PLACE, b"rubbish"), KEY)
    assert ids(parsed) == [ASSUMED, "file.wrong_type"]


@pytest.mark.parametrize(
    ("name", "extracted", "basis"),
    [
        ("annex_a 2025-10-03.xlsx", date(2025, 10, 3), "file name"),
        ("annex_a_20251003.xlsx", date(2025, 10, 3), "file name"),
        ("annex_a 03.10.2025.xlsx", date(2025, 10, 3), "file name"),
        ("annex_a_2025_10.xlsx", date(2025, 9, 30), "inferred from the latest event"),
        ("annex_a Oct 2025.xlsx", date(2025, 9, 30), "inferred from the latest event"),
        ("annex_a 2025-26-Q2.xlsx", date(2025, 9, 30), "inferred from the latest event"),
        ("annex_a 2025-02-30.xlsx", date(2025, 9, 30), "inferred from the latest event"),
    ],
)
def test_the_extract_date_is_a_full_date_in_the_name_else_inferred(
    parse: Callable, name: str, extracted: date, basis: str
) -> None:
    parsed = parse(path=PLACE.replace("annex_a.xlsx", name), sidecar="received_at: 2025-10-09\n")
    assert (parsed.extract_date, parsed.extract_date_basis) == (extracted, basis)


def test_the_sidecar_comes_before_a_labelled_cell_and_that_before_the_name(parse: Callable) -> None:
    path = PLACE.replace("annex_a.xlsx", "annex_a 2025-10-08.xlsx")
    sheets = {
        "Front_Sheet": [["Annex A"], ["Date of extract:", "", "05/10/2025"]],
        **annex_a_sheets(),
    }
    by_cell = parse(sheets, path, "received_at: 2025-10-09\n")
    assert (by_cell.extract_date, by_cell.extract_date_basis) == (
        date(2025, 10, 5),
        "labelled cell",
    )
    by_sidecar = parse(sheets, path)
    assert (by_sidecar.extract_date, by_sidecar.extract_date_basis) == (
        date(2025, 10, 3),
        "sidecar",
    )


@pytest.mark.parametrize(
    "written", [date(2025, 10, 5), 45935, "05/10/25", "5 October 2025", "05.10.2025 at 9 am"]
)
def test_a_labelled_cell_has_a_date_as_any_other_cell(parse: Callable, written: object) -> None:
    sheets = {"Front_Sheet": [["Annex A"], ["Date of extract:", written]], **annex_a_sheets()}
    parsed = parse(sheets, sidecar="received_at: 2025-10-09\n")
    assert parsed.extract_date == date(2025, 10, 5)


@pytest.mark.parametrize(("day", "blocked"), [("2025-10-31", False), ("2025-11-01", True)])
def test_more_than_31_silent_days_block(parse: Callable, day: str, blocked: bool) -> None:
    parsed = parse(sidecar=f"extract_date: {day}\nreceived_at: 2025-11-05\n")
    assert ids(parsed) == ["annex_a.extract_date.silent"] * blocked
    assert parsed.accepted is not blocked


def test_a_mistyped_date_in_the_future_is_no_event(parse: Callable) -> None:
    rows = [child("annex_a_list_3"), child("annex_a_list_3", referral_date=date(2052, 9, 30))]
    parsed = parse(annex_a_sheets(annex_a_list_3=rows), sidecar="received_at: 2025-10-09\n")
    assert parsed.extract_date == date(2025, 9, 30)


def test_lists_without_any_event_have_no_extract_date(parse: Callable) -> None:
    parsed = parse(
        annex_a_sheets(**{name: [] for name in LISTS}), sidecar="received_at: 2025-10-09\n"
    )
    assert parsed.extract_date is None
    assert ids(parsed) == ["annex_a.extract_date.unknown"]


def test_many_bad_cells_are_counted_without_their_content(parse: Callable) -> None:
    rows = [child("annex_a_list_1", child_id=i, gender=f"secret {i}") for i in range(3000)]
    parsed = parse(annex_a_sheets(annex_a_list_1=rows))
    assert len(parsed.findings) < 300
    about = [finding for finding in parsed.findings if finding.column == "Gender"]
    assert sum(finding.count for finding in about) == 3000
    assert "secret" not in everything(parsed)


@pytest.fixture
def unopened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a file fails."""

    def refuse(path: object) -> None:
        raise AssertionError(f"{path} was opened")

    monkeypatch.setattr(annex_a, "read", refuse)


@pytest.mark.usefixtures("unopened")
def test_nothing_is_opened_of_an_authority_without_an_agreement(land: Callable) -> None:
    """The register's agreements begin in June 2022; the file came a day before."""
    parsed = annex_a.parse(land(PLACE, annex_a_sheets(), "received_at: 2022-05-31\n"), KEY)
    assert ids(parsed) == ["annex_a.agreement.missing"]
    assert (parsed.accepted, parsed.tables, parsed.la_code) == (False, {}, "E09000007")


@pytest.mark.usefixtures("unopened")
def test_nothing_is_opened_of_nobody_knows_whom(land: Callable) -> None:
    parsed = annex_a.parse(land("annex_a/2025-26-Q2/x.xlsx", annex_a_sheets(), SIDECAR), KEY)
    assert ids(parsed) == ["annex_a.authority.unknown"]
    assert not parsed.accepted


def test_an_agreement_that_is_only_assumed_is_told(land: Callable) -> None:
    parsed = annex_a.parse(land(PLACE, annex_a_sheets(), SIDECAR), KEY)
    assert [(f.rule_id, f.severity) for f in parsed.findings] == [(ASSUMED, "check")]
    invented = annex_a.parse(land(PLACE, annex_a_sheets(), f"{SIDECAR}synthetic: true\n"), KEY)
    assert invented.findings == []
