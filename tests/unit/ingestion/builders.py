"""Small files as senders make them, for the ingestion tests."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pandas as pd

from ingestion import landing
from ingestion.aliases import Remembered
from ingestion.contract import contract
from ingestion.registry import indicator_set_in_force, measures_of_set

KEY = b"a key for tests that is 32 bytes"
NOW = datetime(2025, 10, 20, 9, 0, tzinfo=landing.LONDON)

Rows = Sequence[Sequence[Any]]
ASKED = measures_of_set(indicator_set_in_force("2025-09-30"))
MEASURES = list(ASKED["measure_code"])
LABELS = dict(zip(ASKED["measure_code"], ASKED["label"], strict=True))
# Every measure is 10, and what adds up does.
USUAL = dict.fromkeys(MEASURES, 10) | {"referrals": 110, "sw_establishment_fte": 20}
# As in template version 1, which any reader has to take too.
RETURN_HEADER = [
    c.headers[0]
    for c in contract("return").table("return_values").columns
    if c.name not in ("theme", "definition")
]
COVER = [
    ["LIIA quarterly return"],
    ["Local authority", "Camden"],
    ["LA code", "E09000007"],
    ["Quarter", "2025-26 Q2"],
    [],
]


def write_book(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook written by openpyxl: text starting with `=` is a formula never calculated."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def write_ods(sheets: Mapping[str, Rows]) -> bytes:
    """An OpenDocument spreadsheet, as LibreOffice lays one out: text, numbers and dates."""
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for name in ("office", "table", "text")
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        "</manifest:manifest>"
    )
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return sink.getvalue()


def _ods_cell(cell: object) -> str:
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, date):
        kind = f'office:value-type="date" office:date-value="{cell:%Y-%m-%d}"'
    elif isinstance(cell, int | float):
        kind = f'office:value-type="float" office:value="{cell}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(cell))}</text:p></table:table-cell>"


def return_rows(
    values: Mapping[str, Any] | None = None, leave_out: Sequence[str] = ()
) -> list[list]:
    """A full return: every measure of the set has its usual figure, but for `values`."""
    given = USUAL | dict(values or {})
    body = [[*cells_of(code, given[code]).values()] for code in MEASURES if code not in leave_out]
    return [*COVER, list(RETURN_HEADER), *body]


def cells_of(code: str, value: Any) -> dict[str, Any]:
    """One row of a return by the contract's column names."""
    cells = {"measure_code": code, "measure_label": LABELS[code], "value": value}
    columns = contract("return").table("return_values").columns
    return {c.name: cells.get(c.name, "") for c in columns if c.headers[0] in RETURN_HEADER}


def remembered(
    measures: Mapping[str, str] | None = None, columns: Mapping[str, str] | None = None
) -> Remembered:
    """What is remembered for everybody: written names with their meaning."""
    lines = [("", "measure", *pair) for pair in (measures or {}).items()]
    lines += [("", "column", *pair) for pair in (columns or {}).items()]
    return Remembered(pd.DataFrame(lines, columns=["la", "kind", "written", "means"], dtype=str))


def child(table: str, **cells: Any) -> list[Any]:
    """One tidy row of an Annex A list, with single cells changed."""
    usual = {
        "child_id": 1001,
        "gender": "a) Male",
        "ethnicity": "a) WBRI",
        "birth_date": date(2015, 5, 17),
        "age_years": 10,
        "contact_date": date(2025, 9, 29),
        "contact_source": "q) 6: Police",
        "assessment_start_date": date(2025, 9, 1),
        "assessment_end_date": date(2025, 9, 20),
        "organisation": "Family Hub Somewhere",
        "referral_date": date(2025, 9, 30),
        "referral_source": "e) 2A: Schools",
        "no_further_action": "b) No",
        "referrals_last_12_months": 0,
        "team": "Team Nightingale",
        "worker": "Worker Wordsworth",
        "disability": "b) No",
        "s47_start_date": date(2025, 9, 10),
        "icpc_unnecessary": "b) No",
        "icpc_date": date(2025, 9, 24),
        "icpc_led_to_plan": "a) Yes",
        "s47_last_12_months": 1,
        "icpcs_last_12_months": 1,
        "child_seen": "a) Yes",
        "authorisation_date": date(2025, 9, 25),
        "needs_support": "a) Yes",
        "cin_start_date": date(2025, 9, 1),
        "primary_need": "N1 - Abuse or neglect",
        "last_seen_date": date(2025, 9, 29),
        "case_status": "a) Looked after child",
        "plan_start_date": date(2025, 9, 24),
        "initial_category": "a) Neglect",
        "latest_category": "a) Neglect",
        "last_visit_date": date(2025, 9, 26),
        "seen_alone": "a) Yes",
        "emergency_protection": "b) No",
        "previous_plans": 0,
        "uasc": "b) No",
        "care_start_date": date(2025, 9, 5),
        "category_of_need": "N1 - Abuse or neglect",
        "second_period": "b) No",
        "legal_status_start_date": date(2025, 9, 5),
        "legal_status": "C1: ICO",
        "permanence_plan": "a) Return to family",
        "last_health_date": date(2025, 9, 20),
        "placements_last_12_months": 1,
        "placement_start_date": date(2025, 9, 5),
        "placement_type": "f) U6: Foster placement - not FFA",
        "placement_provider": "b) PR1 - Own provision",
        "placement_postcode": "ZZ9 9ZZ",
        "placement_urn": "SC000000",
        "placement_location": "a) In",
        "placement_la": "Camden",
        "missing_episodes": 0,
        "absent_episodes": 0,
        "personal_adviser": "Adviser Austen",
        "eligibility": "b) Former relevant child",
        "in_touch": "a) Yes",
        "accommodation": "U: Independent living",
        "suitability": "a) Suitable",
        "activity": "F2: Full time in education other than higher",
        "family_id": "F100",
        "entered_care_date": date(2024, 1, 10),
        "decision_date": date(2024, 6, 10),
        "adopter_id": "A100",
        "fostering_for_adoption": "b) No",
        "enquiry_date": date(2025, 3, 3),
    }
    if table == "annex_a_list_9":
        usual |= {"child_id": 1900, "birth_date": date(2005, 5, 17), "age_years": 20}
    usual |= cells
    return [usual.get(column.name, "") for column in contract("annex_a").table(table).columns]


def annex_a_sheets(**rows: Rows) -> dict[str, Rows]:
    """The eleven lists with a title row; one child in each, unless `annex_a_list_N` gives rows."""
    return {
        table.sheets[0]: [
            [table.title],
            [column.headers[0] for column in table.columns],
            *rows.get(table.name, [child(table.name)]),
        ]
        for table in contract("annex_a").tables
    }


def ees(columns: Mapping[str, Sequence[Any]], rows: int = 1) -> str:
    """An EES file of figures for England: the shared columns, then those given, a value a row."""
    shared = {
        "time_period": "2024",
        "time_identifier": "Reporting year",
        "geographic_level": "National",
        "country_code": "E92000001",
        "country_name": "England",
        "new_la_code": "",
        "la_name": "",
    }
    every = {name: [value] * rows for name, value in shared.items()} | dict(columns)
    lines = [
        ",".join(every),
        *(",".join(map(str, line)) for line in zip(*every.values(), strict=True)),
    ]
    return "\n".join(lines) + "\n"


REFERRALS = {"Referrals": [630], "Re_referrals": [97], "No_Further_Action": [12]}
