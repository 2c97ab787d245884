"""The same lists in every form of file: the same rows, typed the same, with the same findings.

As large as an authority's. What each fault becomes is `test_annex_a_battery`'s.
"""

import csv
import io
from collections import Counter
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from ingestion import landing
from ingestion.contract import contract
from ingestion.sample.annex_a import bench_workbook
from ingestion.sources import Parsed, annex_a
from tests.unit.ingestion.builders import write_book, write_ods

FOLDER = "annex_a/2025-26-Q2/CAM"
SIDECAR = "extract_date: 2025-10-02\nreceived_at: 2025-10-09 10:00:00\n"
ROWS = 15_120
TABLES = contract("annex_a").tables
LISTS = [table.name for table in TABLES]

Sheets = dict[str, list[list[Any]]]


def plainly(path: Path) -> Sheets:
    """The cells of a workbook's sheets, read by nothing of ours."""
    book = CalamineWorkbook.from_path(path)
    return {
        name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in book.sheet_names
    }


def read(path: Path) -> Parsed:
    """What the sender is told of one file of a landing zone."""
    path.with_name(path.name + ".yml").write_text(SIDECAR, encoding="utf-8")
    zone = path.parents[FOLDER.count("/") + 1]
    return annex_a.read_lists(landing.landed(path, zone, "annex_a"))


def place(zone: Path, name: str) -> Path:
    (zone / FOLDER).mkdir(parents=True, exist_ok=True)
    return zone / FOLDER / name


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lists of a mid-size authority, tidy."""
    return bench_workbook(place(tmp_path_factory.mktemp("bench"), "lists.xlsx"), ROWS)


def test_a_large_tidy_workbook_is_read_whole_with_nothing_to_tell(bench: Path) -> None:
    parsed = read(bench)
    written = {name: len(rows) - 1 for name, rows in plainly(bench).items()}
    by_list = {table.sheets[0]: len(parsed.tables[table.name]) for table in TABLES}
    assert by_list == written
    assert sum(by_list.values()) == ROWS
    assert [f for f in parsed.findings if f.severity != "note"] == []
    # No cell was lost on the way either.
    for table in TABLES:
        header, *rows = plainly_of(bench, table.sheets[0])
        filled = {h: sum(str(row[i]).strip() != "" for row in rows) for i, h in enumerate(header)}
        kept = parsed.tables[table.name]
        assert {c.headers[0]: int(kept[c.name].notna().sum()) for c in table.columns} == filled


def plainly_of(path: Path, name: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()


# --- the same cells as workbooks of two kinds, and as a CSV for each list -------------------------

# What stands in one column of every so manieth row, in the place of what belongs there.
FAULTS = [
    ("annex_a_list_1", "contact_source", 40, "Somebody"),
    ("annex_a_list_1", "birth_date", 90, date(2026, 1, 5)),
    ("annex_a_list_2", "child_id", 25, "unknown"),
    ("annex_a_list_3", "gender", 2, "Femail"),  # so many that the rest is a count
    ("annex_a_list_3", "referral_date", 50, "31/11/2025"),
    ("annex_a_list_3", "age_years", 70, 214),
    ("annex_a_list_4", "needs_support", 30, "CS Assessment Updated"),
    ("annex_a_list_5", "icpc_date", 35, "tbc"),
    ("annex_a_list_6", "team", 45, "#N/A"),
    ("annex_a_list_8", "placement_postcode", 15, "nope"),
    ("annex_a_list_8", "placements_last_12_months", 55, 1.5),
    ("annex_a_list_9", "eligibility", 20, "Yes"),
]
KEPT = 900  # rows of each list: a part of it, so that lists do not agree with each other either


@pytest.fixture(scope="module")
def sheets(bench: Path) -> Sheets:
    """A workbook in Ofsted's template, as a hurried person leaves it."""
    lists = {}
    for table, (header, *rows) in zip(TABLES, plainly(bench).values(), strict=True):
        rows = rows[-KEPT:]
        columns = [column.name for column in table.columns]
        for _, column, every, value in (f for f in FAULTS if f[0] == table.name):
            for row in rows[::every]:
                row[columns.index(column)] = value
        number = table.name.rpartition("_")[2]
        lists[f"List_{number}"] = [[table.title], header, *rows]
    lists["List_1"].append(["Total", "", "", "", "", KEPT])
    lists["List_3"].insert(200, [""] * 11)
    lists["List_3"].insert(400, list(lists["List_3"][1]))
    lists["List_5"][1][-1] = "Alocated Worker"
    for row in lists["List_7"][1:]:
        row.append("Ours" if row == lists["List_7"][1] else "x")
    codes = [["Gender", "Ethnicity"], ["a) Male", "a) WBRI"]]
    return {"Front_Sheet": [["Annex A"]], "Codes_used": codes, **lists, "Notes": [["Ask me"]]}


@pytest.fixture(scope="module")
def workbook(sheets: Sheets, tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return read(write_book(place(tmp_path_factory.mktemp("xlsx"), "lists.xlsx"), sheets))


def findings(parsed: Parsed) -> Counter[tuple]:
    return Counter(tuple(asdict(finding).values()) for finding in parsed.findings)


def test_the_workbook_has_all_its_rows_and_all_its_faults(workbook: Parsed, sheets: Sheets) -> None:
    for table in TABLES:
        rows = sheets[f"List_{table.name.rpartition('_')[2]}"][2:]
        nobody = {"", "Total", table.columns[0].headers[0]}
        children = [i for i, row in enumerate(rows, 3) if row[0] not in nobody]
        assert workbook.tables[table.name]["row"].tolist() == children, table.name
    told: Counter[str] = Counter()
    for finding in workbook.findings:
        told[finding.rule_id] += finding.count
    made = {
        f"{name}.{column}.type": -(-len(workbook.tables[name]) // every)
        for name, column, every, value in FAULTS
        if isinstance(value, str)
    }
    # 31 November is no day; a heading or a blank row moves nothing.
    assert {rule: told[rule] for rule in made} == made
    assert made["annex_a_list_3.gender.type"] > 200
    assert told["annex_a.row.no_child"] == 2
    for rule in ("headers.fuzzy", "headers.unknown", "annex_a.sheet.not_read"):
        assert told[rule] == 1, rule
    for rule in ("annex_a.age.plausible", "annex_a.birth_date.not_future"):
        assert told[rule] > 0, rule
    assert any(rule.startswith("annex_a.lists.") for rule in told)


def test_an_opendocument_workbook_is_read_alike(
    workbook: Parsed, sheets: Sheets, tmp_path: Path
) -> None:
    path = place(tmp_path, "lists.ods")
    path.write_bytes(write_ods(sheets))
    other = read(path)
    for name in LISTS:
        pd.testing.assert_frame_equal(other.tables[name], workbook.tables[name])
    assert findings(other) == findings(workbook)
    assert (other.extract_date, other.la_code) == (workbook.extract_date, workbook.la_code)


def test_a_csv_for_each_list_is_read_alike(
    workbook: Parsed, sheets: Sheets, tmp_path: Path
) -> None:
    """But for what the lists say of each other, which no file tells that holds one."""
    total: Counter[tuple] = Counter()
    for name, rows in sheets.items():
        if not name.startswith("List_"):
            continue
        path = place(tmp_path, f"{name}.csv")
        path.write_text(as_excel_saves(rows), encoding="utf-8-sig")
        one = read(path)
        (table,) = set(one.tables) - {annex_a.COLUMNS}
        assert table == f"annex_a_{name.lower()}"
        pd.testing.assert_frame_equal(one.tables[table], workbook.tables[table])
        total += findings(one)
    of_one_list = Parsed(
        findings=[
            finding
            for finding in workbook.findings
            if finding.sheet and not finding.rule_id.startswith("annex_a.lists.")
        ]
    )
    expected = findings(of_one_list)
    assert total == Counter({k: n for k, n in expected.items() if k[0] != "annex_a.sheet.not_read"})


def as_excel_saves(rows: list[list[Any]]) -> str:
    """A sheet saved as CSV: dates as they are shown, whole numbers without a decimal."""
    sink = io.StringIO()
    csv.writer(sink).writerows([map(_shown, row) for row in rows])
    return sink.getvalue()


def _shown(cell: Any) -> str:
    if isinstance(cell, datetime | date):
        return f"{cell:%d/%m/%Y}"
    return str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell)


def test_an_xls_is_read_like_its_cells_in_another_form(shared: Path, tmp_path: Path) -> None:
    """Nothing here writes .xls: a real one is compared with what a plain reading finds in it."""
    source = shared / "annex_a" / "ofsted_template_a.xls"
    old = place(tmp_path, source.name)
    old.write_bytes(source.read_bytes())
    sheets = plainly(source)
    new = write_book(place(tmp_path, "lists.xlsx"), sheets)
    odf = place(tmp_path, "lists.ods")
    odf.write_bytes(write_ods(sheets))
    first, *others = map(read, (old, new, odf))
    assert sum(len(first.tables[name]) for name in LISTS) == 13
    for other in others:
        for name in LISTS:
            pd.testing.assert_frame_equal(other.tables[name], first.tables[name])
        assert findings(other) == findings(first)
