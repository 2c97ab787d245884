"""ChAT values as a long file: figures of authorities that were read off ChAT's pages.

A row names an indicator and gives its numerator and denominator; what is handed over are measures,
as authorities return them, so that the platform computes every rate in one way. Child-level lists
are read by `annex_a`, which lands in the same folder and calls this module.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import pandas as pd
from rapidfuzz import process

from ingestion import conform, headers, landing, readers
from ingestion.contract import contract
from ingestion.findings import Finding
from ingestion.headers import Resolution, normalise
from ingestion.periods import Quarter
from ingestion.readers import Sheet
from ingestion.region import REGION
from ingestion.registry import seed
from ingestion.sources import Parsed, header_findings
from ingestion.sources.annex_a_sheets import find_lists

TABLE = "chat_values"
# What decimal fractions lose in a computer.
_INEXACT = 1e-9


def is_named(path: Path) -> bool:
    """Whether a file's name says that it holds values of ChAT, so that no child is in it."""
    return "chat values" in normalise(path.stem)


def parse(file: landing.LandedFile) -> Parsed:
    """Read a file that is named for values; it need not be one authority's."""
    try:
        sheets = readers.read(file.absolute)
    except readers.UnreadableFile as error:
        return Parsed(findings=[Finding(error.rule_id, "block", str(error))])
    of_values = [(sheet, resolution) for sheet in sheets if (resolution := header_of(sheet))]
    if not of_values:
        message = "This file is named for values of ChAT and has no header row of such a file"
        wanted = ", ".join(c.headers[0] for c in contract("chat").table(TABLE).columns)
        return Parsed(findings=[Finding("chat.no_header", "block", message, expected=wanted)])
    first, resolution = of_values[0]
    others = [sheet for sheet in sheets if sheet is not first and headers.first_rows(sheet.rows)]
    lists, _ = find_lists(others)
    if lists:
        # Nobody has agreed yet that children be read: a sheet's name may be one of theirs.
        message = "This file is named for values of ChAT and holds child-level lists too"
        wanted = "values and lists in files of their own"
        return Parsed(findings=[Finding("chat.holds_lists", "block", message, expected=wanted)])
    parsed = read(file, first, resolution)
    message = "The values were read from another sheet; this one was not read"
    parsed.findings += [
        Finding("chat.sheet.not_read", "check", message, sheet=sheet.name) for sheet in others
    ]
    return parsed


def header_of(sheet: Sheet) -> Resolution | None:
    """The header row of a file of values; none where it is another file."""
    resolution = headers.find_header(sheet.rows, contract("chat").table(TABLE).columns)
    return resolution if resolution and resolution.complete else None


def read(file: landing.LandedFile, sheet: Sheet, resolution: Resolution) -> Parsed:
    """The measures of a file: one submission for each authority, the first with the findings."""
    table = contract("chat").table(TABLE)
    findings = header_findings(table, sheet, resolution)
    cells = conform.table_cells(sheet, resolution)
    frame, found = conform.conform(cells, table, resolution, sheet.name, by_hand=True)
    rows = _Rows(cells, frame, sheet, resolution, findings + found)
    rows.place(file)
    rows.name_indicators()
    rows.hold_windows()
    rows.hold_numbers()
    rows.use_once()
    submissions = [
        _submission(file, sheet, resolution, str(la), of_la)
        for la, of_la in rows.measures().groupby("la_code", sort=False)
    ]
    first, *more = submissions or [Parsed()]
    if not submissions:
        message = "No row of this file can be used"
        rows.findings.append(rows.finding("chat.no_values", "block", message))
    first.findings, first.more = rows.findings, more
    return first


def _submission(
    file: landing.LandedFile, sheet: Sheet, resolution: Resolution, la: str, rows: pd.DataFrame
) -> Parsed:
    quarter = landing.quarter_of(file)
    latest = Quarter.parse(rows["quarter"].max())
    stated = rows["extract_date"].dropna()
    extracted: date | None = None if stated.empty else stated.max().date()
    frame = rows.drop(columns=["la_code", "extract_date"]).reset_index(drop=True)
    return Parsed(
        tables={TABLE: frame},
        resolutions={TABLE: resolution},
        la_code=la,
        quarter=(quarter or latest).slug,
        extract_date=extracted,
        extract_date_basis="column" if extracted else None,
        # Tells the authorities of one file apart.
        sheet=f"{sheet.name} {la}",
    )


class _Rows:
    """The rows of one file on their way to measures; whoever is left out is a finding."""

    def __init__(
        self,
        cells: pd.DataFrame,
        frame: pd.DataFrame,
        sheet: Sheet,
        resolution: Resolution,
        findings: list[Finding],
    ) -> None:
        self.sheet, self.findings = sheet.name, findings
        self.positions = resolution.positions
        # Rows of cells that could not be read: each has its finding already.
        self.unreadable = {
            name: frame["row"][cells[name].notna() & frame[name].isna()]
            for name in frame.columns.intersection(cells.columns)
        }
        if "value" in self.positions:
            frame = _as_shown(frame, cells["value"], sheet, self.positions["value"])
        broken = [conform.violations(rule, frame) for rule in contract("chat").table(TABLE).rules]
        self.frame = frame[~pd.concat(broken, axis=1).any(axis=1)].reset_index(drop=True)

    def finding(self, rule_id: str, severity: str, message: str) -> Finding:
        return Finding(rule_id, severity, message, table=TABLE, sheet=self.sheet)

    def refuse(
        self,
        rule_id: str,
        message: str,
        column: str,
        bad: pd.Series,
        expected: str,
        nearest: Callable[[str | None], str | None] = lambda _: None,
    ) -> None:
        """Leave rows out, with a finding at a column's cell of each."""
        bad = bad.fillna(False).astype(bool)
        self.tell(rule_id, message, column, bad, expected, nearest=nearest)
        self.frame = self.frame[~bad].reset_index(drop=True)

    def tell(
        self,
        rule_id: str,
        message: str,
        column: str,
        bad: pd.Series,
        expected: str,
        severity: str = "check",
        nearest: Callable[[str | None], str | None] = lambda _: None,
    ) -> None:
        """A finding at a column's cell of each row, unless that cell has one already.

        `nearest` gives what a cell's text may mean.
        """
        new = bad & ~self.frame["row"].isin(self.unreadable.get(column, []))
        finding = replace(
            self.finding(rule_id, severity, message), column=column, expected=expected
        )
        rows, text = self.frame["row"][new], conform.shown(self.frame[column][new])
        found = conform.listed(finding, rows, text, self.positions.get(column))
        self.findings += [replace(f, suggestion=nearest(f.value)) for f in found]

    def place(self, file: landing.LandedFile) -> None:
        """Whose each row is, and of which quarter its window is."""
        told = landing.la_of(file)
        said = self.frame["la"]
        known = said.map(landing.la_code, na_action="ignore").astype("string")
        self.frame["la_code"] = known.fillna(told).where(said.isna() | known.notna())
        missing = self.frame["la_code"].isna()
        self.refuse(
            "chat.authority.unknown",
            "This row is of no known authority",
            "la",
            missing,
            f"a {REGION.name} authority, such as {REGION.like}",
        )
        if told is not None:
            self.refuse(
                "chat.authority.differs",
                "This row is of another authority than the folder or name says",
                "la",
                self.frame["la_code"] != told,
                landing.la_name(told),
            )
        ends = self.frame["window_end"].dropna().dt.date.map(Quarter.containing)
        quarters = ends.reindex(self.frame.index)
        self.frame["quarter"] = quarters.map(lambda q: q.slug, na_action="ignore")
        last = pd.to_datetime(quarters.map(lambda q: q.end, na_action="ignore"))
        first = pd.to_datetime(quarters.map(lambda q: q.start, na_action="ignore"))
        self.frame = self.frame.assign(quarter_start=first, quarter_end=last)
        self.refuse(
            "chat.window.no_quarter",
            "The window does not end with a quarter, so the value is of none",
            "window_end",
            self.frame["window_end"] != self.frame["quarter_end"],
            "the last day of a quarter: 30 June, 30 September, 31 December or 31 March",
        )
        early = self.frame["extract_date"] < self.frame["window_end"]
        self.refuse(
            "chat.window.not_over",
            "The extract was taken before the window had ended",
            "window_end",
            early,
            "an extract of the quarter's last day or later",
        )
        said_of_all = landing.quarter_of(file)
        if said_of_all is not None:
            self.tell(
                "chat.quarter.differs",
                "This row is of another quarter than the folder or name says; its window counts",
                "window_end",
                self.frame["quarter"] != said_of_all.slug,
                f"{said_of_all.end:%d/%m/%Y}",
                "note",
            )

    def name_indicators(self) -> None:
        """Which indicator each row names, with what the registry says of it."""
        named = self.frame["indicator"].map(normalise, na_action="ignore").map(_names())
        self.frame["indicator_code"] = named
        self.refuse(
            "chat.indicator.unknown",
            "No indicator has this code or name",
            "indicator",
            named.isna(),
            "a code of the data dictionary, such as repeat_referrals_pct",
            _nearest,
        )
        about = seed("registry/indicators").set_index("indicator_code")
        code = self.frame["indicator_code"]
        self.frame = self.frame.assign(
            is_flow=code.map(about["timing"]) == "flow",
            is_of_year=code.isin(_of_a_year()),
            is_percent=code.map(about["unit"]) == "percent",
            multiplier=code.map(about["multiplier"]).astype("float64"),
        )

    def hold_windows(self) -> None:
        """Whether each row's window is as long as its indicator's; a caseload's may be any."""
        quarterly = self.frame["is_flow"] & ~self.frame["is_of_year"]
        self.refuse(
            "chat.window.not_a_quarter",
            "The window is not one quarter; six months are no quarter's figure",
            "window_start",
            quarterly & ~(self.frame["window_start"] == self.frame["quarter_start"]),
            "the first day of the quarter that the window ends with",
        )
        year_start = self.frame["quarter_start"] - pd.DateOffset(months=9)
        self.refuse(
            "chat.window.not_a_year",
            "The window is not twelve months; fewer have too few adoptions to compare",
            "window_start",
            self.frame["is_of_year"] & ~(self.frame["window_start"] == year_start),
            "the first day of the twelve months that the window ends",
        )

    def hold_numbers(self) -> None:
        """Whether each row has the numbers that its indicator needs, and they make its value."""
        self.refuse(
            "chat.numerator.missing",
            "A value without its numerator cannot be compared with what authorities return",
            "numerator",
            self.frame["numerator"].isna(),
            "the count that the value was made of",
        )
        self.refuse(
            "chat.denominator.missing",
            "A percentage without its denominator cannot be compared with what authorities return",
            "denominator",
            self.frame["is_percent"] & self.frame["denominator"].isna(),
            "the count of which the value is a percentage",
        )
        below = self.frame["denominator"].where(self.frame["denominator"] > 0)
        computed = self.frame["numerator"] * self.frame["multiplier"] / below
        if "rounding" in self.frame:
            away = (computed - self.frame["value"]).abs()
            self.tell(
                "chat.value.differs",
                "The value is not what numerator and denominator make; they were used",
                "value",
                (away > self.frame["rounding"] + _INEXACT).fillna(False).astype(bool),
                "numerator and denominator of the same figure",
            )

    def use_once(self) -> None:
        """One row of each indicator: last, so that six months take nothing from the quarter."""
        self.refuse(
            "chat.indicator.once",
            "Another row gives the same indicator of the same window, and that was used",
            "indicator",
            self.frame.duplicated(["la_code", "indicator_code", "window_end"]),
            "one row for each indicator, authority and window",
        )

    def measures(self) -> pd.DataFrame:
        """A row for each measure that the rows give; a denominator that is one is a measure too."""
        parts = []
        for role in ("numerator", "denominator"):
            part = self.frame.merge(_single_terms(role), on="indicator_code")
            part = part[part[role].notna()]
            is_base = part["measure_code"].isin(_bases()) & (role == "denominator")
            parts.append(part.assign(value=part[role], role=role, is_base=is_base))
        rows = pd.concat(parts, ignore_index=True).sort_values(
            ["role", "row"], ascending=[False, True], kind="stable"
        )
        key = ["la_code", "quarter", "measure_code", "is_base"]
        used = rows.groupby(key)["value"].transform("first")
        others = rows.assign(used=used)[rows["value"] != used]
        for (code, column), of_one in others.groupby(["measure_code", "role"]):
            label, column = _label(str(code)), str(column)
            message = f"Another row gives another figure for “{label}”, and that was used"
            finding = replace(self.finding("chat.measure.differs", "check", message), column=column)
            shown, meant = (of_one[name].map("{:g}".format) for name in ("value", "used"))
            at = self.positions[column]
            self.findings += conform.listed(finding, of_one["row"], shown, at, meant)
        rows = rows.drop_duplicates(key)
        return pd.DataFrame(
            {
                "la_code": rows["la_code"],
                "extract_date": rows["extract_date"],
                "sheet": pd.Series(self.sheet, index=rows.index, dtype="string"),
                "row": rows["row"],
                "quarter": rows["quarter"].astype("string"),
                "indicator_code": rows["indicator_code"].astype("string"),
                "measure_code": rows["measure_code"].astype("string"),
                "is_base": rows["is_base"].astype(bool),
                "value": rows["value"].astype("float64"),
            }
        )


def _as_shown(frame: pd.DataFrame, text: pd.Series, sheet: Sheet, position: int) -> pd.DataFrame:
    """Values as a reader of the sheet sees them, and how far rounding may have taken each.

    That is half of the last decimal written: 33 may be 32.5. A cell of 0.333 may show 33.3%.
    """
    percent = pd.Series([(row - 1, position) in sheet.percents for row in frame["row"]], text.index)
    # Excel drops noughts at the end: of 0.3 nobody knows whether it showed 30% or 30.0%.
    parts = text.str.extract(r"(?:\.(\d+))?(?:[eE]([+-]?\d+))?$")
    written = parts[0].str.len().fillna(0) - pd.to_numeric(parts[1]).fillna(0)
    decimals = (written.astype("float64") - 2 * percent).clip(lower=0)
    value = frame["value"].mask(percent, (frame["value"] * 100).round(9))
    return frame.assign(value=value, rounding=0.5 * 10.0**-decimals)


def _single_terms(role: str) -> pd.DataFrame:
    """Indicators with exactly one measure above (or below) the line, with that measure."""
    terms = seed("registry/indicator_terms")
    terms = terms[terms["role"] == role]
    alone = ~terms["indicator_code"].duplicated(keep=False)
    return terms.loc[alone, ["indicator_code", "measure_code"]]


@lru_cache
def _of_a_year() -> set[str]:
    """Indicators of the twelve months that end with the quarter."""
    counted = seed("registry/annex_a_measures")
    of_year = counted.loc[counted["counted_over"] == "year", "measure_code"]
    terms = seed("registry/indicator_terms")
    return set(terms.loc[terms["measure_code"].isin(of_year), "indicator_code"])


@lru_cache
def _bases() -> set[str]:
    """Measures that are counted in another way where they stand below the line."""
    counted = seed("registry/annex_a_measures")
    return set(counted.loc[counted["use"] == "base", "measure_code"])


@lru_cache
def _names() -> dict[str, str]:
    """Indicators by code, name and label, as headers are compared."""
    indicators = seed("registry/indicators")
    return {
        normalise(name): code
        for column in ("name", "label", "indicator_code")
        for name, code in zip(indicators[column], indicators["indicator_code"], strict=True)
    }


def _nearest(value: str | None) -> str | None:
    best = process.extractOne(normalise(value or ""), list(_names()), score_cutoff=60)
    return _names()[best[0]] if best else None


def _label(measure: str) -> str:
    measures = seed("registry/measures").set_index("measure_code")["label"]
    return str(measures[measure])
