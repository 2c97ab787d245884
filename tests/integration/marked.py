"""A landing zone in which whatever tells of a child or names anybody carries a mark.

Belongs here: files as careless senders make them, and how the marks would be spelt elsewhere. Does
not belong here: where they may stand.
"""

import base64
import csv
import hashlib
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

from ingestion.contract import Column, Table, contract
from tests.unit.ingestion.builders import Rows, child

# No word of any language, and too long to come about by chance in a compressed file.
MARK = "Zyqxwvkj"
# Letters that are passed over where headers are compared.
FOREIGN = "жщэюяф"
# Of each list a child of its own, who is on no other, and one who is on all of them.
ID = 90817263000
# Days that no table of bank holidays or working days has: those begin in 2008.
BORN, CORRECTED, GROWN_UP = date(2007, 5, 23), date(2007, 5, 24), date(2005, 5, 23)
POSTCODE = "ZQ9A 7WX"
OUTWARD = "ZQ9A"

QUARTER = "2025-26-Q2"
WORKBOOK, CSV = "lists.xlsx", "extract.csv"
# Whose files are read, whose is set aside, and whose came before there was any agreement.
AS_WORKBOOK, AS_CSV, DAMAGED, NOT_AGREED = "CAM", "GRE", "HOU", "NEW"
IN_CSV = "annex_a_list_3"
TABLES = contract("annex_a").tables


def write_landing_zone(landing: Path) -> None:
    """Five deliveries of the same children, the last of nobody knows whom."""
    book = _workbook()
    for place, content, received in (
        (f"{AS_WORKBOOK}/{WORKBOOK}", book, "2025-10-09"),
        (f"{AS_CSV}/{CSV}", _csv(_rows(contract("annex_a").table(IN_CSV))), "2025-10-09"),
        (f"{DAMAGED}/{WORKBOOK}", _workbook(damaged=True), "2025-10-09"),
        (f"{NOT_AGREED}/{WORKBOOK}", book, "2022-05-31"),
        (WORKBOOK, book, "2025-10-09"),
    ):
        path = landing / "annex_a" / QUARTER / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        about = f"extract_date: 2025-10-03\nreceived_at: {received}\n"
        path.with_name(f"{path.name}.yml").write_text(about, encoding="utf-8")


def secrets() -> dict[str, str]:
    """What is to stand nowhere, in each of its spellings, and what it is."""
    ids = [str(ID + number) for number in range(len(TABLES) + 1)]
    found = {
        MARK: "a marked text",
        MARK.encode().hex(): "a marked text in hexadecimal",
        FOREIGN: "a marked text",
        json.dumps(FOREIGN).strip('"'): "a marked text as JSON",
        str(ID)[:-3]: "an id",
        POSTCODE: "a whole postcode",
        POSTCODE.replace(" ", ""): "a whole postcode",
    }
    found |= dict.fromkeys(_in_base64(MARK), "a marked text in base64")
    found |= {
        hashlib.new(kind, text.encode()).hexdigest(): "an id hashed without a key"
        for text in ids
        for kind in ("md5", "sha1", "sha256")
    }
    forms = ["%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%y", "%d %B %Y", "%d %b %Y"]
    forms += [f"%d{sign}%m{sign}%Y" for sign in "/.-"]
    days = (BORN, CORRECTED, GROWN_UP)
    return found | {day.strftime(form): "a date of birth" for day in days for form in forms}


def _in_base64(text: str) -> set[str]:
    """The signs that stand for a text, wherever in what was encoded it begins."""
    encoded = (base64.b64encode(b"?" * before + text.encode()).decode() for before in range(3))
    # The first and last signs also hold bits of what stands around it.
    return {signs[first:].rstrip("=")[:-1] for first, signs in zip((0, 2, 3), encoded, strict=True)}


def _rows(table: Table) -> list[list[Any]]:
    """A list with a title, columns too many, and under its children rows that are none."""
    number = int(table.name.rpartition("_")[2])
    headers = [column.headers[0] for column in table.columns]
    # One is long enough to be known in spite of what somebody wrote behind it.
    headers = [f"{text} {MARK}" if len(text) > 95 else text for text in headers]
    children = [_child(table, 0), _child(table, number)]
    # No cell of the third can be used, so that there is a finding about each.
    children.append([_unusable(column, place) for place, column in enumerate(table.columns)])
    beside = [f"{MARK} extra", f"a) Male {MARK}", f"{MARK} without a header"]
    return [
        [f"{table.title}, for {MARK}"],
        [*headers, f"{MARK} heading", f"Gender {FOREIGN}"],
        *([*row, *beside] for row in children),
        [f"Total of {MARK}", 3],
        [f"{MARK} wrote this list"],
    ]


def _child(table: Table, own: int) -> list[Any]:
    """A row from which figures are counted: of the child on every list, or of this list's own."""
    marked = {
        "identifier": f"{MARK}-{ID + own}",
        "text": f"{MARK} of Hackney",
        "postcode": POSTCODE,
    }
    cells: dict[str, Any] = {
        column.name: marked[column.type] for column in table.columns if column.type in marked
    }
    born = {"annex_a_list_2": CORRECTED, "annex_a_list_9": GROWN_UP}.get(table.name, BORN)
    return child(table.name, **cells | {"child_id": ID + own, "birth_date": born})


def _unusable(column: Column, place: int) -> str:
    if column.name == "birth_date":
        return f"{BORN:%d/%m/%Y} {MARK}"
    return f"{MARK}-{ID}" if column.type == "identifier" else f"{MARK} {place}"


def _workbook(damaged: bool = False) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = book.properties.title = MARK
    for table in TABLES:
        name = table.sheets[0]
        # Some are known by name with somebody's behind it, one by its columns alone.
        sheet = book.create_sheet({"List 3": f"List 3 {MARK}", "List 5": MARK}.get(name, name))
        for row in _rows(table):
            sheet.append(row)
        sheet["A3"].comment = Comment(f"Ask {MARK}", MARK)
        sheet.oddFooter.center.text = MARK
    hidden = book.create_sheet(f"Notes of {MARK}")
    hidden.append([MARK, ID, BORN])
    hidden.sheet_state = "hidden"
    if damaged:
        cell = book.worksheets[0]["A3"]
        cell.value, cell.data_type = f"#{MARK}", "e"
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()


def _csv(rows: Rows) -> bytes:
    sink = io.StringIO()
    csv.writer(sink).writerows(rows)
    return sink.getvalue().encode("utf-8-sig")
