"""Ofsted's outcomes of inspections of children's services (ILACS) as dated judgements.

The file has a row for each authority's latest inspection. It becomes one row per authority,
inspection and judgement area. A row that cannot be used is a finding and is left out; the others go
on. What changed between two inspections is worked out in dbt, over all files.
"""

from datetime import date, timedelta
from functools import lru_cache

import pandas as pd

from ingestion import codes, conform, headers
from ingestion.contract import Table, contract
from ingestion.findings import Finding
from ingestion.headers import normalise
from ingestion.landing import LandedFile
from ingestion.readers import Sheet
from ingestion.registry import seed
from ingestion.sources import Parsed, header_findings

DATASET = "ofsted_ilacs"
TABLE = "ofsted_judgements"
GRADES = "ofsted_grade"
STATUSES = ("ok", "not_applicable", "x", "failed")
DATES = ["inspection_start_date", "inspection_end_date", "publication_date"]
# Other files have places, and Ofsted's others publication dates; with none of these it is another.
_DISTINCTIVE = ("inspection_framework", "inspection_start_date", "inspection_end_date")
_ENOUGH = 4
# The framework before this one began then: an earlier date is a slip of the pen.
_EARLIEST = date(2013, 11, 1)


def _areas(table: Table) -> list[str]:
    """The judgement areas, in the contract's order."""
    return [column.name for column in table.columns if column.codes == GRADES]


def judgement_areas() -> list[str]:
    return _areas(contract("ofsted").table(TABLE))


def recognises(columns: list[str]) -> bool:
    """Whether a file's columns are Ofsted's, also where one of its key columns is missing."""
    table = contract("ofsted").table(TABLE)
    found = set(headers.resolve(columns, table.columns, fuzzy=False).positions)
    return len(found) >= _ENOUGH and bool(found & {*_DISTINCTIVE, *_areas(table)})


def parse(file: LandedFile, sheet: Sheet) -> Parsed:
    """Judgements of one file that `recognises` has told, with what cannot be used as findings."""
    source = contract("ofsted")
    table = source.table(TABLE)
    # Written by a machine: a near header is a suggestion and no more.
    resolution = headers.resolve(sheet.rows[0], table.columns, fuzzy=False)
    parsed = Parsed(dataset=DATASET, publication=table.publication, resolutions={TABLE: resolution})
    parsed.findings += header_findings(table, sheet, resolution, single=_areas(table))
    if not resolution.complete:
        return parsed
    rows = _Rows(conform.table_cells(sheet, resolution), table, resolution, sheet.name)
    stated = _stated(rows.cells.reindex(columns=rows.areas), source.symbols)
    rows.read(stated)
    rows.check_dates(latest=file.received_at.date() + timedelta(days=1))
    rows.place()
    rows.leave_out_repeated(stated)
    judgements = rows.judgements(stated)
    parsed.findings += rows.findings
    if judgements.empty:
        finding = Finding("ofsted.rows.none", "block", "No row of the file can be used")
        parsed.findings.append(finding)
        return parsed
    parsed.tables[TABLE] = judgements
    parsed.last_period = judgements["publication_date"].max().date().isoformat()
    parsed.release = _release(file, parsed)
    return parsed


def _release(file: LandedFile, parsed: Parsed) -> str | None:
    """The day the file speaks of: the sidecar's, else that of its latest report."""
    said = file.sidecar.get("release")
    if said is None:
        return parsed.last_period
    try:
        return date.fromisoformat(str(said)).isoformat()
    except ValueError:
        message = f"release {said!r} is no date such as 2026-06-17; it is left aside"
        parsed.findings.append(Finding("sidecar.unusable", "check", message))
        return parsed.last_period


def _stated(grades: pd.DataFrame, symbols: dict[str, str]) -> pd.DataFrame:
    """The status of each cell that says why there is no grade; NA elsewhere."""
    known = {normalise(symbol): status for symbol, status in symbols.items()}
    return grades.apply(lambda text: text.map(normalise, na_action="ignore").map(known))


@lru_cache(maxsize=1)
def _authorities() -> tuple[dict[str, str], pd.DataFrame]:
    """The GSS code of each of DfE's numbers; and the codes and names that go with a number.

    The second has columns column (new_la_code or la_name), written and number. A name may go with
    two: Dorset has another number since 2019.
    """
    las = seed("reference/local_authorities").sort_values("new_la_code")
    # A county that became a unitary may keep its number; the unitary (E06, before E10) is today's.
    today = las.drop_duplicates("old_la_code").set_index("old_la_code")["new_la_code"]
    numbers = las.set_index("new_la_code")["old_la_code"]
    changes = seed("reference/la_code_changes").set_index("la_code")["new_la_code"]
    codes = pd.concat([numbers, changes.map(numbers)])
    names = las.set_index("old_la_code")["la_name"].str.cat(las["name_aliases"].to_numpy(), sep="|")
    names = names.str.split("|").explode().map(normalise)
    written = pd.concat([codes.index.to_series().str.lower(), names])
    known = pd.DataFrame(
        {
            "column": ["new_la_code"] * len(codes) + ["la_name"] * len(names),
            "written": written.to_numpy(),
            "number": [*codes, *names.index],
        }
    )
    return dict(zip(today.index, today, strict=True)), known


class _Rows:
    """The rows of one file on their way to judgements: what is typed, what is left out, and why."""

    def __init__(
        self, cells: pd.DataFrame, table: Table, resolution: headers.Resolution, sheet: str
    ) -> None:
        self.cells, self.table, self.resolution, self.sheet = cells, table, resolution, sheet
        self.areas = [name for name in _areas(table) if name in resolution.positions]
        self.usable = pd.Series(True, index=cells.index)
        self.frame = pd.DataFrame()
        self.findings: list[Finding] = []

    def find(
        self, rule_id: str, severity: str, message: str, name: str, bad: pd.Series, expected: str
    ) -> None:
        """A finding at the named column's cell of each bad row."""
        finding = Finding(
            rule_id,
            severity,
            message,
            table=TABLE,
            sheet=self.sheet,
            column=self.table.column(name).headers[0],
            expected=expected,
        )
        self.findings += conform.listed(
            finding,
            self.cells["row"][bad] + 1,
            self.cells[name][bad],
            self.resolution.positions[name],
        )

    def read(self, stated: pd.DataFrame) -> None:
        """Dates and grades as such; rows whose dates are not in order are left out."""
        plain = self.cells[self.areas].mask(stated.notna())
        cells = self.cells.assign(**{name: plain[name] for name in self.areas})
        self.frame, found = conform.conform(cells, self.table, self.resolution, self.sheet)
        self.findings += found
        for rule in self.table.rules:
            self.usable &= ~conform.violations(rule, self.frame)
        for name in self.areas:
            blank = self.cells[name].isna()
            message = "No grade stands here; the judgement is shown as not available"
            self.find("ofsted.grade.missing", "note", message, name, blank, "a grade")

    def check_dates(self, latest: date) -> None:
        """A date that cannot be is no date; without a day of publication a row has no place."""
        for name in DATES:
            days = self.frame[name]
            outside = (days < pd.Timestamp(_EARLIEST)) | (days > pd.Timestamp(latest))
            expected = f"a date from {_EARLIEST:%d/%m/%Y} to {latest:%d/%m/%Y}, the file’s own time"
            message = "A date that cannot be was not used"
            self.find("ofsted.date.outside", "check", message, name, outside, expected)
            self.frame[name] = days.mask(outside)
            severity, message = "note", "No date stands here"
            if name == "publication_date":
                severity, message = "check", "Without this date the row was not used"
            missing = self.cells[name].isna()
            self.find("ofsted.date.missing", severity, message, name, missing, "a date, day first")
        self.usable &= self.frame["publication_date"].notna()

    def place(self) -> None:
        """Each row's authority, by DfE's number, if name or GSS code say the same."""
        codes, written = _authorities()
        number = self.frame["la_code"]
        known = number.isin(list(codes))
        agrees = pd.Series(False, index=number.index)
        says = agrees.copy()
        others = {}
        for name in [n for n in ("new_la_code", "la_name") if n in self.resolution.positions]:
            means = written[written["column"] == name]
            text = self.cells[name].map(normalise, na_action="ignore")
            pair = (text + "|" + number).isin(means["written"] + "|" + means["number"])
            others[name] = text.isin(means["written"]) & ~pair
            agrees |= pair
            says |= text.notna()
        doubtful = known & says & ~agrees
        number_of_authority = "DfE’s number of an authority in England, three digits"
        self.find(
            "ofsted.authority.unknown",
            "check",
            "No authority has this number; the row was not used",
            "la_code",
            ~known,
            number_of_authority,
        )
        self.find(
            "ofsted.authority.disagrees",
            "check",
            "The number is another authority’s than name and code say; the row was not used",
            "la_code",
            doubtful,
            "number, name and code of one authority",
        )
        for name, other in others.items():
            self.find(
                "ofsted.authority.disagrees",
                "note",
                "This is another authority’s; the row was used for the one its number says",
                name,
                known & agrees & other,
                "number, name and code of one authority",
            )
        self.usable &= known & ~doubtful
        self.frame["new_la_code"] = number.map(codes)

    def leave_out_repeated(self, stated: pd.DataFrame) -> None:
        """Of equal rows the first counts; of rows that contradict one another none does."""
        told = self.frame.drop(columns=["row", "la_code", "la_name"])
        told = told.join(stated.add_suffix("_status"))
        told["inspection_framework"] = told["inspection_framework"].str.lower()
        told = told[self.usable]
        again = told.duplicated().reindex(self.usable.index, fill_value=False)
        self.find(
            "ofsted.row.twice",
            "check",
            "The same inspection a second time; this row was not used",
            "la_code",
            again,
            "one row for each inspection",
        )
        told = told[~again[self.usable]]
        published = told.duplicated(["new_la_code", "publication_date"], keep=False)
        ended = told.duplicated(["new_la_code", "inspection_end_date"], keep=False)
        differ = published | (ended & told["inspection_end_date"].notna())
        differ = differ.reindex(self.usable.index, fill_value=False)
        self.find(
            "ofsted.row.twice",
            "check",
            "Two rows for one inspection say different things; neither was used",
            "la_code",
            differ,
            "one row for each inspection",
        )
        self.usable &= ~again & ~differ

    def judgements(self, stated: pd.DataFrame) -> pd.DataFrame:
        """One row per usable row and judgement area; a grade, or the status that says why not."""
        order = {grade: place for place, grade in enumerate(codes.code_list(GRADES), 1)}
        keys = ["row", "new_la_code", "la_name", "inspection_framework", *DATES]
        parts = []
        for name in self.areas:
            grade, text = self.frame[name], self.cells[name]
            status = stated[name].mask(grade.notna(), "ok").mask(text.isna(), "x").fillna("failed")
            judged = self.frame[keys].assign(
                judgement_area=name,
                grade=grade,
                grade_order=grade.map(order).astype("Int64"),
                grade_status=status,
                grade_text=text,
            )
            parts.append(judged[self.usable])
        return pd.concat(parts).sort_values("row", kind="stable").reset_index(drop=True)
