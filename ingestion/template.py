"""The template of the quarterly return: what it says, row by row, and its CSV twin.

Belongs here: the content of one return, from the return contract and the registry. Does not belong
here: the workbook made of the same rows (`template_workbook.py`), where previous figures come from,
and who gets a template.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

import pandas as pd

from ingestion.contract import Table, contract
from ingestion.periods import Quarter
from ingestion.region import REGION
from ingestion.registry import measures_of_set, parts_in_set, return_due
from ingestion.spreadsheet import formula_safe

# The layout issued now, and the first one, which the reader still has to take.
FIRST_VERSION, *_, VERSION = contract("return").table("return_values").versions

_COVER = ("la_name", "la_code", "quarter", "indicator_set", "template_version")
SIGN_OFF = ("completed_by", "signed_off_by", "signed_off_on")
_FIRST_COLUMNS = (
    "measure_code",
    "measure_label",
    "timing",
    "unit",
    "value",
    "comment",
    "previous_value",
)
_TIMINGS = {"flow": "in the quarter", "snapshot": "at quarter end"}
UNITS = {"count": "whole number", "fte": "FTE", "days": "days"}
Cell = str | float | date | None


@dataclass(frozen=True)
class Form:
    """One return to write: whose, which quarter, and what is already known.

    `given` (values), `comments` and `previous` are by measure code, `sign_off` by the contract's
    cover names; what is missing leaves its cell empty. `created` is the time in the file's
    properties and `remark` their comment.
    """

    la_name: str
    la_code: str
    quarter: Quarter
    set_id: str
    title: str
    instructions: Sequence[tuple[str, str]]
    created: datetime
    version: str = VERSION
    remark: str = ""
    previous: Mapping[str, float] = field(default_factory=dict)
    given: Mapping[str, float | str] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    sign_off: Mapping[str, str | date] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The contract's column names in the order of this version."""
        issued = [column.name for column in return_table().columns]
        return [n for n in issued if self.version != FIRST_VERSION or n in _FIRST_COLUMNS]


@dataclass(frozen=True)
class Row:
    """One row of the sheet “Return”; `name` is a cover entry's, the rest is about a measure."""

    kind: Literal["title", "cover", "empty", "header", "measure", "note"]
    cells: tuple[Cell, ...] = ()
    name: str = ""
    unit: str = ""
    is_part: bool = False
    is_whole: bool = False
    opens_theme: bool = False


def file_stem(la_name: str, quarter: Quarter) -> str:
    """`camden_riia_return_2025-26-Q2`: authority and quarter, as the reader finds them in names."""
    snake = re.sub(r"[^a-z0-9]+", "_", la_name.lower()).strip("_")
    return f"{snake}_riia_return_{quarter.slug}"


def instructions(quarter: Quarter, previous: str) -> list[tuple[str, str]]:
    """What the first sheet tells the person who fills it in; `previous` is about that column."""
    start, end, due = _in_words(quarter.start), _in_words(quarter.end), return_due(quarter)
    return [
        (
            "Send it by",
            f"{due:%A} {_in_words(due)}, unless {REGION.alliance} has agreed another day with you.",
        ),
        (
            "What to fill in",
            "On the sheet “Return”, the coloured cells: Value for every measure, Comment where "
            "there is something to say, and the sign-off at the top. The rest is locked (there is "
            "no password). If you paste, paste values only.",
        ),
        ("In the quarter", f"Count what happened from {start} to {end}."),
        ("At quarter end", f"Count what was open on {end}."),
        (
            "Numbers",
            "Whole numbers for counts; FTE and days may have decimals. None at all is 0. Never "
            "percentages or rates: these are worked out centrally.",
        ),
        (
            "Parts and totals",
            "An indented row is a part of the measure in bold above it. The definition in the "
            "bold row says where parts must add up to it.",
        ),
        (
            "No figure",
            "n/a if the measure does not apply to your authority. A dash (-) or an empty cell if "
            "the figure is not available: say why in Comment.",
        ),
        ("Comments", "No names or other details of children, families or staff."),
        ("Previous quarter", previous),
        (
            "Check it",
            "On your own computer: liia check FILE. It lists what is wrong, cell by cell. Nothing "
            "is sent or stored.",
        ),
        (
            "Sign off",
            "At the top of “Return”, say who completed it, who signed it off, and when. Then send "
            "this workbook or the CSV file that came with it, not both.",
        ),
    ]


def rows(form: Form) -> list[Row]:
    """The sheet “Return” from its first row to its last, which is also the CSV twin."""
    table = return_table()
    known: dict[str, Cell] = {
        "la_name": form.la_name,
        "la_code": form.la_code,
        "quarter": form.quarter.label,
        "indicator_set": form.set_id,
        "template_version": form.version,
        **form.sign_off,
    }
    cover = _COVER if form.version == FIRST_VERSION else _COVER + SIGN_OFF
    return [
        Row("title", (form.title,)),
        *(Row("cover", (table.cover[name], known.get(name)), name=name) for name in cover),
        Row("empty"),
        Row("header", tuple(table.column(name).headers[0] for name in form.columns)),
        *_measure_rows(form),
    ]


def _measure_rows(form: Form) -> list[Row]:
    found = []
    for measure in _measures(form.set_id, form.version):
        code = measure["measure_code"]
        cells: dict[str, Cell] = {
            "measure_code": code,
            "theme": measure["theme"],
            "measure_label": measure["label"],
            "definition": measure["definition"],
            "timing": measure["timing"],
            "unit": measure["unit"],
            "value": form.given.get(code),
            "comment": form.comments.get(code),
            "previous_value": form.previous.get(code),
        }
        if form.version != FIRST_VERSION:
            # For people; what the file says of timing and unit is not read back.
            cells["timing"], cells["unit"] = _TIMINGS[measure["timing"]], UNITS[measure["unit"]]
        flags = {str(n): bool(measure[n]) for n in ("is_part", "is_whole", "opens_theme")}
        ordered = tuple(cells[name] for name in form.columns)
        found.append(Row("measure", ordered, name=code, unit=measure["unit"], **flags))
    return found


@lru_cache
def _measures(set_id: str, version: str) -> list[dict]:
    """The measures of a set in the order of the sheet; the same for all authorities."""
    measures = measures_of_set(set_id).assign(is_part=False, is_whole=False)
    if version != FIRST_VERSION:
        measures = _explained(measures, set_id)
    opens_theme = measures["theme"] != measures["theme"].shift()
    return measures.assign(opens_theme=opens_theme).to_dict("records")


def _explained(measures: pd.DataFrame, set_id: str) -> pd.DataFrame:
    """Each part right under its whole, those that add up to it first, and both saying so."""
    measures = measures.set_index("measure_code")
    pairs = parts_in_set(set_id).set_index("part")
    pairs = pairs[pairs.index.isin(measures.index) & pairs["whole"].isin(measures.index)]
    adding = pairs.loc[pairs["adds_up"], "whole"].value_counts()
    whole = pairs["whole"].reindex(measures.index)
    place = pd.Series(range(len(measures)), index=measures.index)
    rank = pairs["adds_up"].map({True: 1, False: 2}).reindex(measures.index, fill_value=0)
    part_of = "Part of “" + whole.map(measures["label"]) + "”. "
    total_of = adding.map(". The {} rows below must add up to this figure.".format)
    definition = part_of.fillna("") + measures["definition"]
    return (
        measures.assign(
            is_part=whole.notna(),
            is_whole=measures.index.isin(whole),
            definition=definition + total_of.reindex(measures.index).fillna(""),
            order=whole.map(place).fillna(place),
            rank=rank,
        )
        .sort_values(["order", "rank"], kind="stable")
        .reset_index()
    )


def csv_twin(lines: Sequence[Row]) -> bytes:
    """The rows as CSV with a byte order mark; no text of it can become a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([_plain(cell) for cell in line.cells] for line in lines)
    return text.getvalue().encode("utf-8-sig")


def _plain(cell: Cell) -> str:
    if isinstance(cell, str):
        return formula_safe(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def return_table() -> Table:
    return contract("return").table("return_values")


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
